/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the needs of its rbtree, which is used as it is. */
#ifndef _SHIM_LINUX_COMPILER_H
#define _SHIM_LINUX_COMPILER_H

#include <linux/types.h>

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
#ifndef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#endif
#define unlikely(x)		__builtin_expect(!!(x), 0)

#endif
