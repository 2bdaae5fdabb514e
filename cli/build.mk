# SPDX-License-Identifier: GPL-2.0-only
# rstmem(1), linked with the static library so that the program can be copied to
# a guest or a board, where it needs ncurses. The conformance suite of conform/ is
# part of it. Needs the variables of lib/build.mk, bindir and prefix.

cli-src := $(wildcard cli/*.c cli/common/*.c conform/*.c conform/checks/*.c)
cli-obj := $(cli-src:%.c=$(B)/%.o)
cli-bin := $(B)/bin/rstmem
NCURSES ?= -lncursesw -ltinfo
completionsdir ?= $(prefix)/share/bash-completion/completions
zshcompletionsdir ?= $(prefix)/share/zsh/site-functions
fishcompletionsdir ?= $(prefix)/share/fish/vendor_completions.d

user-targets += $(cli-bin)
install-targets += install-cli
installed-files += $(bindir)/rstmem $(completionsdir)/rstmem $(zshcompletionsdir)/_rstmem \
	$(fishcompletionsdir)/rstmem.fish

$(cli-obj): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(user-cc) -Icli/common -Iconform -ffile-prefix-map=$(CURDIR)=. -MMD -MP -c -o $@ $<

$(B)/cli/doctor.o: user-flags += -DOLDEST_KERNEL='"$(call meta,oldest_kernel)"' \
	-DRSTMEM_VERSION='"$(VERSION)"'
$(B)/cli/doctor.o: META

$(cli-bin): $(cli-obj) $(B)/lib/librstmem.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(NCURSES)

.PHONY: install-cli
install-cli: $(cli-bin)
	install -D -m 755 $(cli-bin) $(DESTDIR)$(bindir)/rstmem
	install -D -m 644 cli/rstmem.bash \
		$(DESTDIR)$(completionsdir)/rstmem
	install -D -m 644 cli/rstmem.zsh $(DESTDIR)$(zshcompletionsdir)/_rstmem
	install -D -m 644 cli/rstmem.fish \
		$(DESTDIR)$(fishcompletionsdir)/rstmem.fish

-include $(cli-obj:.o=.d)
