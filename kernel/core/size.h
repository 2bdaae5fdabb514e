/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes: rounding and limits of the size of a buffer. Pure. */
#ifndef _RSTMEM_SIZE_H
#define _RSTMEM_SIZE_H

#include <linux/errno.h>
#include <linux/types.h>

/*
 * No buffer can be larger than the physical address space. 52 bits are the
 * most that x86-64 (Intel SDM vol. 3A, 4.1.4) and arm64 (FEAT_LPA) have.
 */
#define RSTMEM_ADDRESS_BITS	52

/**
 * rstmem_size_round() - round a size up to whole granules
 * @size:	bytes asked for
 * @granule:	bytes, a power of two
 * @max:	largest result allowed, bytes
 * @rounded:	out: multiple of @granule, not less than @size
 *
 * Return: 0, or -EINVAL when @size is 0, overflows, or exceeds @max when rounded.
 */
static inline int rstmem_size_round(u64 size, u64 granule, u64 max,
				    u64 *rounded)
{
	u64 up = (size + granule - 1) & ~(granule - 1);

	if (!size || up < size || up > max)
		return -EINVAL;
	*rounded = up;
	return 0;
}

#endif /* _RSTMEM_SIZE_H */
