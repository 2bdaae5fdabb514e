# SPDX-License-Identifier: GPL-2.0-only
# Files for a distribution: the rule for device nodes, the group it needs, examples
# of configuration, and headers for kernel modules. Needs DESTDIR and prefix from the top Makefile.

udevrulesdir ?= $(prefix)/lib/udev/rules.d
exampledir ?= $(prefix)/share/doc/rstmem/examples
sysusersdir ?= $(prefix)/lib/sysusers.d
kernelincludedir ?= $(prefix)/src/rstmem/include

install-targets += install-packaging

.PHONY: install-packaging
install-packaging:
	install -D -m 644 -t $(DESTDIR)$(udevrulesdir) \
		packaging/udev/60-rstmem.rules
	install -D -m 644 -t $(DESTDIR)$(sysusersdir) \
		packaging/sysusers/rstmem.conf
	install -D -m 644 -t $(DESTDIR)$(exampledir) packaging/examples/*
	install -D -m 644 -t $(DESTDIR)$(kernelincludedir)/linux \
		include/linux/tee_rstmem.h
	install -D -m 644 -t $(DESTDIR)$(kernelincludedir)/uapi/linux \
		include/uapi/linux/tee_rstmem.h
