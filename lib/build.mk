# SPDX-License-Identifier: LGPL-2.1-or-later
# librstmem, shared and static, and its pkg-config file. Needs B, CC, AR,
# user-cc, CFLAGS, LDFLAGS, VERSION, SONAME, DESTDIR, prefix, libdir and
# includedir from the top Makefile.

lib-src := $(wildcard lib/*.c)
lib-obj := $(lib-src:%.c=$(B)/%.o)
lib-shared := $(B)/lib/$(SONAME)
lib-link := $(B)/lib/librstmem.so
lib-static := $(B)/lib/librstmem.a
lib-pc := $(B)/lib/pkgconfig/rstmem.pc

user-targets += $(lib-shared) $(lib-link) $(lib-static) $(lib-pc)
install-targets += install-lib
installed-files += $(libdir)/$(SONAME) $(libdir)/librstmem.so $(libdir)/librstmem.a \
	$(libdir)/pkgconfig/rstmem.pc $(includedir)/rstmem.h $(includedir)/tee_gp.h \
	$(includedir)/linux/tee_rstmem.h $(includedir)/linux/tee_rstmem_services.h

# One set of objects serves both libraries. Where they were built is not told.
$(lib-obj): $(B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(user-cc) -ffile-prefix-map=$(CURDIR)=. -fPIC -MMD -MP -c -o $@ $<

$(B)/lib/version.o: user-flags += -DRSTMEM_VERSION='"$(VERSION)"'
$(B)/lib/version.o: META

$(lib-shared): $(lib-obj) lib/librstmem.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs \
		-Wl,--version-script=lib/librstmem.map -o $@ $(lib-obj)

$(lib-link): $(lib-shared)
	ln -sf $(SONAME) $@

$(lib-static): $(lib-obj)
	rm -f $@
	$(AR) rcs $@ $(lib-obj)

# Holds the directories, which may change from one call of make to the next:
# made every time, touched only when it differs.
$(lib-pc): lib/rstmem.pc.in META FORCE
	@mkdir -p $(@D)
	@sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' \
		-e 's|@includedir@|$(includedir)|' -e 's|@version@|$(VERSION)|' \
		lib/rstmem.pc.in >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The loader's cache has to know the libraries of this system. A shell of su may lack the
# directory of ldconfig.
ldconfig = if [ -z '$(DESTDIR)' ] && [ "$$(id -u)" = 0 ]; then \
	PATH=$$PATH:/usr/sbin:/sbin ldconfig || :; fi

.PHONY: FORCE install-lib
FORCE:

install-lib: $(lib-shared) $(lib-static) $(lib-pc)
	install -D -m 755 $(lib-shared) $(DESTDIR)$(libdir)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(libdir)/librstmem.so
	install -D -m 644 $(lib-static) $(DESTDIR)$(libdir)/librstmem.a
	install -D -m 644 $(lib-pc) $(DESTDIR)$(libdir)/pkgconfig/rstmem.pc
	install -D -m 644 -t $(DESTDIR)$(includedir) lib/rstmem.h include/tee_gp.h
	install -D -m 644 -t $(DESTDIR)$(includedir)/linux \
		include/uapi/linux/tee_rstmem.h \
		include/uapi/linux/tee_rstmem_services.h
	$(ldconfig)

# The ABI that programs rely on, which the test lib-abi compares with. A release has it
# written anew, and so does a change that gives a reserved member its name.
.PHONY: abi
abi: $(lib-shared)
	abidw --headers-dir lib --drop-private-types --short-locs --no-comp-dir-path \
		--no-corpus-path --no-elf-needed --type-id-style hash $(lib-shared) | \
		sed '1a <!-- SPDX-License-Identifier: LGPL-2.1-or-later -->' >lib/$(SONAME).abi

-include $(lib-obj:.o=.d)
