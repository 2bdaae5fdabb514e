/* SPDX-License-Identifier: GPL-2.0-only */
/* Allocating a range of pages by address. */
#ifndef _COMPAT_CONTIG_H
#define _COMPAT_CONTIG_H

#include <linux/gfp.h>
#include <linux/mmzone.h>

/**
 * compat_alloc_contig_range() - allocate a range of pages
 * @start:	first page frame
 * @end:	page frame after the last
 * @gfp:	flags
 *
 * The third argument of alloc_contig_range() was a migrate type, before it became a set
 * of flags.
 *
 * Return: 0 or -errno.
 */
static inline int compat_alloc_contig_range(unsigned long start, unsigned long end,
					    gfp_t gfp)
{
#ifdef HAVE_ACR_FLAGS
	return alloc_contig_range(start, end, ACR_FLAGS_NONE, gfp);
#else
	return alloc_contig_range(start, end, MIGRATE_MOVABLE, gfp);
#endif
}

#endif /* _COMPAT_CONTIG_H */
