# SPDX-License-Identifier: GPL-2.0-only
srcs-y += decoder.c ../../kernel/softtee/fwht.c ../common/call.c ../common/entry.c
global-incdirs-y += . ../../include/uapi
