/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Logs a line on a kernel that is newer than the kernels that the tests cover.
 * kernel/Kbuild compares the kernel with META, and defines NEWEST_KERNEL on a newer one.
 */
#ifndef _RSTMEM_COMPAT_NEWEST_H
#define _RSTMEM_COMPAT_NEWEST_H

#include <linux/printk.h>

static inline void newest_kernel_warn(void)
{
#ifdef NEWEST_KERNEL
	pr_warn("rstmem: this kernel is newer than Linux " NEWEST_KERNEL
		", the newest that rstmem " RSTMEM_VERSION
		" was tested on; check it with \"rstmem conform\"\n");
#endif
}

#endif /* _RSTMEM_COMPAT_NEWEST_H */
