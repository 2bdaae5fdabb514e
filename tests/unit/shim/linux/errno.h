/* SPDX-License-Identifier: GPL-2.0-only */
/* Not <errno.h>, which includes this name. */
#include <asm/errno.h>
