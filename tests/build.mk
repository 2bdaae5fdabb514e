# SPDX-License-Identifier: GPL-2.0-only
# Test programs. Unit tests run on the host, under the sanitizers; those in guest/
# run in a virtual machine, those of the ABI and of the library as 64-bit and as
# 32-bit programs.

tests-cppflags := $(user-warnings) -Iinclude/uapi -D_GNU_SOURCE
unit-cflags := -g -O1 -Wall -Wextra -Wno-sign-compare -fno-sanitize-recover=all \
	-fsanitize=address,undefined

unit-bin := $(patsubst tests/unit/%.c,$(B)/tests/unit-%,$(wildcard tests/unit/*.c))
guest-bin := $(patsubst tests/guest/%.c,$(B)/tests/%,\
	$(filter-out tests/guest/librstmem.c tests/guest/drm.c,\
	$(wildcard tests/guest/*.c)))
guest-lib := $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))

.PHONY: tests guest-tests
tests: guest-tests $(unit-bin) $(B)/tests/abi32 $(B)/tests/heap32 \
	$(B)/tests/librstmem32 $(B)/tests/drm

# Programs for every architecture.
guest-tests: user $(guest-bin) $(B)/tests/librstmem $(B)/tests/decrypt

# And where the TEE client library is: Debian has it for arm64 only.
ifdef LIBTEEC
guest-tests: $(B)/tests/handover-libteec
endif

$(B)/tests/unit-size: tests/unit/size.c kernel/core/size.h
$(B)/tests/unit-limits: tests/unit/limits.c kernel/core/limits.h
$(B)/tests/unit-importers: tests/unit/importers.c kernel/core/importers.c \
	kernel/core/importers.h
unit-ta-bin := $(B)/tests/unit-ta $(B)/tests/unit-ta_cipher
$(unit-ta-bin): ta/cipher/cipher.c ta/cipher/licence.c ta/common/call.c \
	$(wildcard ta/*/*.h tests/unit/shim/*.h) \
	include/uapi/linux/tee_rstmem_services.h
$(unit-ta-bin): unit-cflags += -idirafter include/uapi
$(B)/tests/unit-ta_cipher: unit-libs := -lcrypto
$(B)/tests/unit-fwht $(B)/tests/unit-fwht_fuzz: kernel/softtee/fwht.c film/fwht_encode.c film/fwht_encode.h \
	$(wildcard kernel/softtee/fwht*.h)
$(B)/tests/unit-mp4: film/mp4_read.c film/mp4_write.c film/mp4.h
$(B)/tests/unit-mp4: unit-cflags += -D_GNU_SOURCE
$(B)/tests/unit-extent: tests/unit/extent.c kernel/core/extent.c \
	kernel/core/extent.h $(B)/kernel/rbtree.o
$(B)/tests/unit-block: tests/unit/block.c kernel/pool/block.c kernel/core/extent.c \
	kernel/pool/block.h kernel/core/extent.h $(B)/kernel/rbtree.o
$(unit-bin): $(B)/tests/unit-%: tests/unit/%.c
$(unit-bin): tests/support/ktap.c tests/support/ktap.h tests/unit/unit.h $(wildcard tests/unit/shim/linux/*)
	@mkdir -p $(@D)
	$(CC) $(unit-cflags) -Itests/unit/shim -isystem $(B)/kernel -o $@ $(filter %.c %.o,$^) \
		$(unit-libs)

# The kernel's own trees, for programs: as they are but for three includes, which
# the shims stand in for.
$(B)/kernel/rbtree.o: lab/source tests/unit/shim/linux/compiler.h
	@mkdir -p $(@D)/linux
	source=$$(lab/source $(KERNEL))/tools && \
	sed '/<linux\/stddef.h>/d; s/<linux\/kernel.h>/<linux\/compiler.h>/' \
		$$source/include/linux/rbtree.h >$(@D)/linux/rbtree.h && \
	cp $$source/include/linux/rbtree_augmented.h $(@D)/linux/ && \
	sed '/<linux\/export.h>/d' $$source/lib/rbtree.c >$(@D)/rbtree.c
	$(CC) $(unit-cflags) -w -Itests/unit/shim -I$(@D) -c -o $@ $(@D)/rbtree.c

$(guest-lib): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(tests-cppflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(guest-bin): $(B)/tests/%: tests/guest/%.c $(guest-lib)
	@mkdir -p $(@D)
	$(CC) $(tests-cppflags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ \
		$(filter %.c %.o,$^) -lcrypto -lpthread

$(B)/tests/handover: tests/decoder/ioctl.c tests/decoder/decoder.h

$(B)/tests/fuzz: $(wildcard tests/fuzz/*.c)

$(B)/tests/decoder $(B)/tests/vdec: kernel/softtee/fwht.c film/fwht_encode.c

$(B)/tests/fail: $(wildcard tests/fail/*.c)
$(B)/tests/findings: tests/fail/inject.c

$(B)/tests/elastic: $(wildcard tests/elastic/*.c)

$(B)/tests/lent $(B)/tests/successor $(B)/tests/crash: tests/elastic/pool.c

$(B)/tests/handover-libteec: tests/guest/handover.c tests/decoder/libteec.c \
		tests/decoder/decoder.h $(guest-lib)
	@mkdir -p $(@D)
	$(CC) $(tests-cppflags) $(CFLAGS) -o $@ $(filter %.c %.o,$^) -lcrypto \
		-lpthread $(LIBTEEC)

# All in one command, so that nothing of 64 bits gets in.
$(B)/tests/abi32: tests/guest/abi.c tests/support/tee.c tests/support/target.c tests/support/guest.c \
		tests/support/ktap.c $(wildcard tests/support/*.h) include/uapi/linux/tee_rstmem.h \
		conform/cases.h
	@mkdir -p $(@D)
	$(CC) -m32 $(tests-cppflags) $(CFLAGS) -o $@ $(filter %.c,$^)

$(B)/tests/heap32: tests/guest/heap.c tests/support/target.c tests/support/tee.c \
		tests/support/guest.c tests/support/ktap.c \
		$(wildcard tests/support/*.h) conform/cases.h
	@mkdir -p $(@D)
	$(CC) -m32 $(tests-cppflags) $(CFLAGS) -o $@ $(filter %.c,$^)

# DRM's ioctls are in no header of the C library's; these are of the kernel's source.
$(B)/tests/drm: tests/guest/drm.c film/card.c film/card.h $(guest-lib)
	@mkdir -p $(@D)
	source=$$(lab/source $(KERNEL)) && \
	$(CC) $(tests-cppflags) -D__user= -isystem $$source/include/uapi $(CFLAGS) -o $@ \
		$(filter %.c %.o,$^) -lcrypto -lpthread

# The module rstmem in a guest: Debian's interpreter, the files that it loads, and the test.
python-files := $(addprefix $(B)/tests/,python3 python.zip _ctypes.so mmap.so)
tests: $(python-files)

$(B)/tests/python3: /usr/bin/python3
	@mkdir -p $(@D)
	cp -L $< $@

$(B)/tests/_ctypes.so $(B)/tests/mmap.so: $(B)/tests/%.so: /usr/bin/python3
	@mkdir -p $(@D)
	cp "$$($< -c 'import $*; print($*.__file__)')" $@

$(B)/tests/python.zip: tests/python-zip tests/guest/python.py python/rstmem.py \
		/usr/bin/python3 $(lib-link)
	@mkdir -p $(@D)
	PYTHONPATH=python /usr/bin/python3 -B tests/python-zip $@ tests/guest/python.py

librstmem-src := tests/guest/librstmem.c $(wildcard tests/guest/librstmem/*.c)

# As users build it.
$(B)/tests/decrypt: examples/decrypt/decrypt.c lib/rstmem.h $(lib-link)
	@mkdir -p $(@D)
	$(CC) $(user-warnings) -Iinclude/uapi -Ilib $(CFLAGS) -o $@ $< -L$(B)/lib -lrstmem

# Built with the files that programs get: the header and the shared library.
$(B)/tests/librstmem: $(librstmem-src) tests/guest/librstmem/common.h lib/rstmem.h \
		$(guest-lib) $(lib-link)
	@mkdir -p $(@D)
	$(CC) $(tests-cppflags) -Ilib $(CFLAGS) -o $@ $(librstmem-src) \
		$(guest-lib) -L$(B)/lib -lrstmem -lcrypto -lpthread

$(B)/tests/librstmem32: $(librstmem-src) tests/guest/librstmem/common.h \
		tests/support/tee.c tests/support/guest.c tests/support/ktap.c \
		tests/support/account.c $(lib-src) lib/rstmem.h lib/internal.h \
		$(wildcard tests/support/*.h) include/uapi/linux/tee_rstmem.h
	@mkdir -p $(@D)
	$(CC) -m32 $(tests-cppflags) -Ilib -DRSTMEM_VERSION='"$(VERSION)"' \
		$(CFLAGS) -o $@ $(filter %.c,$^) -lpthread

# For the package rstmem-tests: programs that need the modules and no more of the lab.
installed-tests := $(addprefix $(B)/tests/,abi heap ended)
testsdir ?= $(prefix)/libexec/rstmem-tests

.PHONY: installed-tests install-tests
installed-tests: $(installed-tests)
install-tests: $(installed-tests)
	install -D -m 755 -t $(DESTDIR)$(testsdir) tests/run-installed $(installed-tests)

-include $(guest-lib:.o=.d) $(guest-bin:=.d)
