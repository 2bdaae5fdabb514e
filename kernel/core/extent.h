/* SPDX-License-Identifier: GPL-2.0-only */
/* Extents: the ranges of an address space that are taken. Pure: numbers, no locks. */
#ifndef _RSTMEM_EXTENT_H
#define _RSTMEM_EXTENT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct rstmem_extent - a taken range, and the gap before it
 * @by_addr:	in the order of addresses
 * @start:	first address
 * @size:	bytes
 * @gap:	free bytes after the previous extent, or after the start of the space
 * @node:	in the tree of gaps, if @gap is not 0
 *
 * The caller provides the storage and keeps it until rstmem_extent_free().
 */
struct rstmem_extent {
	struct hlist_node by_addr;
	u64 start;
	u64 size;
	u64 gap;
	struct rb_node node;
};

/**
 * struct rstmem_space - a range, and its extents
 * @gaps:	extents with a gap before them, by the size of the gap, then by
 *		address
 * @by_addr:	all extents, @tail last
 * @tail:	an empty extent at the end of the space, so that an extent follows every
 *		gap
 * @total:	bytes
 * @used:	bytes taken
 * @taken:	number of extents taken
 * @squares:	sum of the squares of the sizes taken, in units
 * @unit:	shift from bytes to units, which makes squares fit in 64 bits
 *
 * The caller serialises all calls.
 */
struct rstmem_space {
	struct rb_root gaps;
	struct hlist_head by_addr;
	struct rstmem_extent tail;
	u64 total;
	u64 used;
	u32 taken;
	u32 unit;
	u64 squares;
};

void rstmem_space_init(struct rstmem_space *space, u64 start, u64 size);
bool rstmem_extent_alloc(struct rstmem_space *space, struct rstmem_extent *ext,
			 u64 size);
void rstmem_extent_free(struct rstmem_space *space, struct rstmem_extent *ext);
u64 rstmem_space_largest_free(const struct rstmem_space *space);

#endif /* _RSTMEM_EXTENT_H */
