/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extents: which ranges of an address space are taken. Pure bookkeeping on
 * numbers, without locks, allocation or a look at the memory itself, so that it
 * runs in unit tests outside the kernel too.
 */
#ifndef _RSTMEM_EXTENT_H
#define _RSTMEM_EXTENT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct rstmem_extent - a range, taken or free
 * @start:	first address
 * @size:	bytes, a multiple of the space's granule, never 0
 * @by_addr:	all extents of the space, in the order of their addresses
 * @by_size:	free extents only, smallest first, then lowest first
 * @free:	whether it is in @by_size
 */
struct rstmem_extent {
	u64 start;
	u64 size;
	struct list_head by_addr;
	struct rb_node by_size;
	bool free;
};

/**
 * struct rstmem_space - a range and the extents that tile it
 * @by_addr:	extents without gap or overlap; no two neighbours are both free
 * @by_size:	the free ones
 * @granule:	bytes, a power of two
 * @total:	bytes
 * @used:	bytes taken
 * @taken:	number of extents taken
 *
 * The owner locks; all functions below change or read all fields.
 */
struct rstmem_space {
	struct list_head by_addr;
	struct rb_root by_size;
	u64 granule;
	u64 total;
	u64 used;
	u32 taken;
};

/*
 * Extents that rstmem_extent_take() may need beyond those in the space, and
 * that rstmem_extent_give() may have no more use for.
 */
#define RSTMEM_EXTENT_SPARES	2

void rstmem_space_init(struct rstmem_space *space, struct rstmem_extent *all,
		       u64 start, u64 size, u64 granule);
struct rstmem_extent *
rstmem_extent_take(struct rstmem_space *space, u64 size, u64 align,
		   struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES]);
void rstmem_extent_give(struct rstmem_space *space, struct rstmem_extent *ext,
			struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES]);
u64 rstmem_space_largest_free(const struct rstmem_space *space);

#endif /* _RSTMEM_EXTENT_H */
