# SPDX-License-Identifier: GPL-2.0-only
# Files for a distribution: the rule for device nodes, the group it needs, examples
# of configuration, and headers for kernel modules. Needs DESTDIR and prefix from the top Makefile.

udevrulesdir ?= $(prefix)/lib/udev/rules.d
exampledir ?= $(prefix)/share/doc/rstmem/examples
sysusersdir ?= $(prefix)/lib/sysusers.d
kernelincludedir ?= $(prefix)/src/rstmem/include

examples := $(wildcard packaging/examples/*)
install-targets += install-packaging
installed-files += $(udevrulesdir)/60-rstmem.rules $(sysusersdir)/rstmem.conf \
	$(patsubst packaging/examples/%,$(exampledir)/%,$(examples:.in=)) \
	$(kernelincludedir)/linux/tee_rstmem.h $(kernelincludedir)/linux/tee_rstmem_prove.h \
	$(kernelincludedir)/uapi/linux/tee_rstmem.h
installed-directories += $(exampledir) $(patsubst %/,%,$(dir $(exampledir))) \
	$(kernelincludedir)/uapi/linux $(kernelincludedir)/uapi $(kernelincludedir)/linux \
	$(kernelincludedir) $(patsubst %/,%,$(dir $(kernelincludedir)))

.PHONY: install-packaging
install-packaging:
	install -D -m 644 -t $(DESTDIR)$(udevrulesdir) \
		packaging/udev/60-rstmem.rules
	install -D -m 644 -t $(DESTDIR)$(sysusersdir) \
		packaging/sysusers/rstmem.conf
	install -D -m 644 -t $(DESTDIR)$(exampledir) $(filter-out %.in,$(examples))
	for example in $(patsubst packaging/examples/%.in,%,$(filter %.in,$(examples))); do \
		sed 's|@bindir@|$(bindir)|' packaging/examples/$$example.in | \
			install -m 644 /dev/stdin $(DESTDIR)$(exampledir)/$$example || exit; \
	done
	install -D -m 644 -t $(DESTDIR)$(kernelincludedir)/linux \
		include/linux/tee_rstmem.h include/linux/tee_rstmem_prove.h
	install -D -m 644 -t $(DESTDIR)$(kernelincludedir)/uapi/linux \
		include/uapi/linux/tee_rstmem.h
