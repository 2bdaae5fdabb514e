# SPDX-License-Identifier: GPL-2.0-only
# Files for a distribution: the rule for device nodes, the group it needs, and examples
# of configuration. Needs DESTDIR and prefix from the top Makefile.

udevrulesdir ?= $(prefix)/lib/udev/rules.d
exampledir ?= $(prefix)/share/doc/rstmem/examples
sysusersdir ?= $(prefix)/lib/sysusers.d

install-targets += install-packaging

.PHONY: install-packaging
install-packaging:
	install -D -m 644 -t $(DESTDIR)$(udevrulesdir) \
		packaging/udev/60-rstmem.rules
	install -D -m 644 -t $(DESTDIR)$(sysusersdir) \
		packaging/sysusers/rstmem.conf
	install -D -m 644 -t $(DESTDIR)$(exampledir) packaging/examples/*
