/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the C library's has all that the decoder uses. */
#include <string.h>
