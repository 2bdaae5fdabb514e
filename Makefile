# SPDX-License-Identifier: GPL-2.0-only
# One target for each intent. `make help` lists the targets. Results go to build/:
# user space to build/host, that of guests of another architecture to build/ARCH
# (lab/build-user), the modules for a kernel to build/KERNEL.

export LC_ALL := C

meta = $(shell sed -n 's/^$(1)[[:space:]]*//p' META)
VERSION := $(call meta,version)
SONAME := $(call meta,soname)
KERNEL ?= $(call meta,default_kernel)

B := build/host

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
# The build directory of the kernel that runs here, for modules_install.
KDIR ?= /lib/modules/$(shell uname -r)/build

# A directory of its own for another architecture, as with kbuild's prefix of compilers.
ifneq ($(CROSS_COMPILE),)
B := build/$(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
endif
# make has cc and ar in them.
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
CFLAGS ?= -O2 -g
# Apart from CPPFLAGS and CFLAGS: those given to make replace what stands here.
# Sizes, offsets and inode numbers may need 64 bits in a 32-bit program, too.
user-flags := -Iinclude/uapi -Ilib -D_FILE_OFFSET_BITS=64
user-warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
user-cc = $(CC) $(user-flags) $(CPPFLAGS) $(user-warnings) $(CFLAGS)

.PHONY: all
all: deps user modules

user-targets :=
install-targets :=
# Files that they install, below DESTDIR, and the directories that are the project's own, the
# innermost first.
installed-files :=
installed-directories :=
style-targets :=
include lib/build.mk python/build.mk cli/build.mk man/build.mk packaging/build.mk \
	film/build.mk tests/build.mk demo/build.mk bench/build.mk docs/build.mk

.PHONY: help
help:
	@echo 'make            install what building needs, build everything'
	@echo 'make demo       show restricted memory at work, in a virtual machine'
	@echo 'make demo-film  play an encrypted film out of restricted memory, and compare what'
	@echo '                the display shows: two minutes'
	@echo 'make film-gst   build the plugin for GStreamer that plays the film; docs/film.md'
	@echo 'make check      test every behaviour once, the kernel in virtual machines: ten'
	@echo '                minutes on two cores'
	@echo 'make check-all  run these and more: other kernels, OP-TEE, 32 bits, and what'
	@echo '                takes long; a kernel for debugging is built first, once'
	@echo 'make check-debug'
	@echo '                run some of them on a kernel with every check there is, which'
	@echo '                is built first, once: ten minutes'
	@echo 'make check-optee'
	@echo '                run those of OP-TEE, under emulated TrustZone, and where OP-TEE'
	@echo '                protects memory at run time; write the table of'
	@echo '                docs/threat-model.md: a quarter of an hour'
	@echo 'make check-kernels'
	@echo '                run tests on every kernel of Debian in META, fetched first: those'
	@echo '                above, the generic ones with drivers for displays and video,'
	@echo '                PREEMPT_RT, and 16 KiB pages; write docs/support.md from the results'
	@echo 'make check-intree'
	@echo '                build kernels with the patches of make patch, once, and run tests on'
	@echo '                them: 6.12, also with every check, and the newest mainline; an hour'
	@echo 'make check-findings'
	@echo '                show the faults of the protected memory of the newest mainline, and that'
	@echo '                our patches mend them, also under KASAN and KCSAN on kernels that are'
	@echo '                built first, once: a quarter of an hour; docs/findings.md'
	@echo 'make check-elastic'
	@echo '                a million times last free against first allocation under KASAN and'
	@echo '                KCSAN, and a thousand times a block under kmemleak: hours'
	@echo 'make check-packages'
	@echo '                install packages on Debian 12 and 13, with systemd and DKMS, and under'
	@echo '                Secure Boot; write times into docs/first-minutes.md: an hour'
	@echo 'make bench      measure, beside mainline, and write docs/performance.md anew:'
	@echo '                an hour and a half on two cores'
	@echo 'make mutate     break the kernel code in every way of tests/mutations, and see'
	@echo '                that the tests notice'
	@echo 'make torture    fuzz, and all of these once more on debugging kernels: an hour'
	@echo 'make fuzz-fwht  decode ten million hostile frames under the sanitizers: minutes'
	@echo 'make style      check the style of code, scripts and manual pages'
	@echo
	@echo 'make abi        write the ABI of the library to lib/, for a release'
	@echo 'make docs       draw the figures of docs/ from their text sources'
	@echo 'make user       build the library and the command line'
	@echo 'make modules    build the modules for KERNEL ($(KERNEL))'
	@echo 'make compile-commands'
	@echo '                write compile_commands.json, for editors and clangd'
	@echo 'make install    install library, Python module, command line, headers, manual'
	@echo '                pages, a udev rule and examples below prefix ($(prefix)), in'
	@echo '                DESTDIR'
	@echo 'make uninstall  remove what make install installed, with the same variables'
	@echo 'make modules_install'
	@echo '                build and install the modules for the kernel of KDIR'
	@echo '                ($(KDIR)), below'
	@echo '                INSTALL_MOD_PATH or DESTDIR; ARCH and CROSS_COMPILE as for a kernel'
	@echo 'make modules_uninstall'
	@echo '                remove them'
	@echo 'make patch      write the project as a patch series against the source of KERNEL to'
	@echo '                build/patch; docs/upstream.md'
	@echo 'make deb        build Debian packages into build/deb, those of another release'
	@echo '                with SUITE=trixie'
	@echo 'make clean      remove what was built; downloads stay in'
	@echo '                $${XDG_CACHE_HOME:-~/.cache}/rstmem'
	@echo
	@echo 'make check-NAME run one of the tests of tests/list; make check-@KERNEL'
	@echo '                those of another kernel'
	@echo 'lab/vm -- CMD   run CMD on a real kernel; lab/vm --help'

# Everything else can be built and run once this has passed.
.PHONY: deps
deps:
	@lab/deps

.PHONY: user
user: $(user-targets)

.PHONY: modules
modules: deps
	@lab/build $(KERNEL)

# A series against the source of KERNEL.
.PHONY: patch
patch: deps
	@upstream/make $(KERNEL)

# For editors and clangd.
.PHONY: compile-commands
compile-commands: deps
	@lab/compile-commands $(KERNEL)

.PHONY: demo
demo: deps
	@demo/run

.PHONY: demo-film
demo-film: deps
	@film/run

.PHONY: check
check: deps
	@tests/run

.PHONY: check-all
check-all: deps
	@lab/build-kernel debug >/dev/null
	@tests/run --all

# Runs the tests that @debug of tests/list names.
.PHONY: check-debug
check-debug: deps
	@tests/run @debug

# Runs the tests that @trixie-optee and @trixie-backports-optee name, and the short ones of the
# board with RME. Writes the table of docs/threat-model.md.
rme-tests := lent lent-poison lent-params kernel-load protected kexec
.PHONY: check-optee
check-optee: deps
	@tests/run @trixie-optee @trixie-backports-optee $(rme-tests:%=%@trixie-optee-rme)
	@tests/proven

# Writes docs/support.md.
.PHONY: check-kernels
check-kernels: deps
	@tests/kernels

# The series of make patch as a part of kernels. They have no modules of the graft.
.PHONY: check-intree
check-intree: deps
	@for kernel in intree intree-debug intree-next; do lab/build-kernel $$kernel >/dev/null || exit; done
	@tests/run patch patch@trixie-backports @intree @intree-debug @intree-next

# Mainline's own protected memory.
.PHONY: check-findings
check-findings: deps
	@for kernel in next-debug next-kcsan; do lab/build-kernel $$kernel >/dev/null || exit; done
	@tests/run findings@trixie-backports-generic findings@next-debug findings@next-kcsan

# The packages on installed systems. Writes docs/first-minutes.md.
.PHONY: check-packages
check-packages: deps
	@tests/first-minutes

# Long races of elastic pools.
.PHONY: check-elastic
check-elastic: deps
	@for kernel in kasan kcsan debug; do lab/build-kernel $$kernel >/dev/null || exit; done
	@tests/run elastic-million-kasan elastic-million-kcsan elastic-thousand-debug

check-%: deps
	@tests/run $*

.PHONY: bench
bench: deps
	@bench/run
	@bench/table

.PHONY: mutate
mutate: deps
	@tests/mutate

.PHONY: torture
torture: deps
	@tests/torture

.PHONY: fuzz-fwht
fuzz-fwht: deps
	@$(MAKE) -s $(B)/tests/unit-fwht_fuzz
	@$(B)/tests/unit-fwht_fuzz 10000000 $(SEED)

.PHONY: style
style: deps
	@tests/style

.PHONY: install
install: $(install-targets)

.PHONY: uninstall
uninstall:
	rm -f $(addprefix $(DESTDIR),$(installed-files))
	$(ldconfig)
	for directory in $(addprefix $(DESTDIR),$(installed-directories)); do \
		[ ! -d $$directory ] || rmdir --ignore-fail-on-non-empty $$directory; \
	done

.PHONY: modules_install modules_uninstall
modules_install modules_uninstall:
	+@packaging/modules $(@:modules_%=%) $(KDIR)

.PHONY: deb
deb:
	@packaging/deb

.PHONY: clean
clean:
	rm -rf build
