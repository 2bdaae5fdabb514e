# SPDX-License-Identifier: GPL-2.0-only
srcs-y += cipher.c licence.c ../common/call.c ../common/entry.c
global-incdirs-y += . ../../include/uapi
