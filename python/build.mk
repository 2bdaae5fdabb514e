# SPDX-License-Identifier: LGPL-2.1-or-later
# The Python module. Needs DESTDIR and prefix from the top Makefile.

# Where Debian's Python looks for modules below /usr/local.
pythondir ?= $(prefix)/lib/python$(shell python3 -c \
	'import sys; print("%d.%d" % sys.version_info[:2])')/dist-packages

install-targets += install-python
installed-files += $(pythondir)/rstmem.py

.PHONY: install-python
install-python:
	install -D -m 644 -t $(DESTDIR)$(pythondir) python/rstmem.py
