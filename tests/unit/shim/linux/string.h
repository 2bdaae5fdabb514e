/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the C library's has all that is used. */
#include <string.h>
