/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: nobody shares cache lines. */
#ifndef _SHIM_LINUX_CACHE_H
#define _SHIM_LINUX_CACHE_H

#define ____cacheline_aligned_in_smp

#endif
