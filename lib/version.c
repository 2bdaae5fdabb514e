// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

const char *rstmem_version(void)
{
	return RSTMEM_VERSION;
}
