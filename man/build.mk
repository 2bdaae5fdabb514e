# SPDX-License-Identifier: GPL-2.0-only
# Manual pages. Needs DESTDIR and mandir from the top Makefile.

man-pages := $(wildcard man/*.[1-9])
install-targets += install-man
installed-files += $(foreach page,$(notdir $(man-pages)),$(mandir)/man$(subst .,,$(suffix $(page)))/$(page))
style-targets += style-man

.PHONY: install-man style-man
install-man: $(man-pages)
	for page in $(man-pages); do \
		install -D -m 644 -t $(DESTDIR)$(mandir)/man$${page##*.} \
			$$page || exit; \
	done

style-man: $(man-pages)
	mandoc -T lint -W warning $(man-pages)
