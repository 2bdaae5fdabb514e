# SPDX-License-Identifier: GPL-2.0-only
version := $(shell sed -n 's/^version[[:space:]]*//p' ../../META)
srcs-y += copy.c ../common/call.c ../common/entry.c
global-incdirs-y += . ../../include/uapi
cppflags-y += -DRSTMEM_VERSION='"$(version)"'
