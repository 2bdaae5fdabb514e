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
 * struct rstmem_gap - how much room there is
 * @size:	bytes free
 * @room:	what is left of them beyond the first multiple of the space's
 *		alignment; kept only by spaces that have one
 */
struct rstmem_gap {
	u64 size;
	u64 room;
};

/**
 * struct rstmem_extent - a range that is taken, and the gap before it
 * @by_addr:	in the order of addresses
 * @start:	first address
 * @size:	bytes, a multiple of the space's granule
 * @gap:	from the extent before, or from the start of the space
 * @node:	in the tree of gaps, if there is one
 * @max_room:	the largest @gap.room among this one and those below @node
 *
 * Storage is the caller's, and may be inside what the range is for.
 */
struct rstmem_extent {
	struct list_head by_addr;
	u64 start;
	u64 size;
	struct rstmem_gap gap;
	struct rb_node node;
	u64 max_room;
};

/**
 * struct rstmem_space - a range, and what is taken of it
 * @tail:	takes nothing, at the end of the space, so that an extent follows
 *		every gap; its @by_addr is the list of those taken
 * @gaps:	extents with a gap before them, by its size, and those of one size by
 *		address
 * @granule:	bytes, a power of two
 * @align:	bytes, a power of two, at least @granule; see rstmem_space_init()
 * @total:	bytes
 * @used:	bytes taken
 * @taken:	number of extents taken
 * @unit:	shift that makes a size small enough to be squared
 * @squares:	sum of the squares of the sizes taken, in such units
 *
 * The owner locks; all functions below change or read all fields.
 */
struct rstmem_space {
	struct rstmem_extent tail;
	struct rb_root gaps;
	u64 granule;
	u64 align;
	u64 total;
	u64 used;
	u32 taken;
	u32 unit;
	u64 squares;
};

void rstmem_space_init(struct rstmem_space *space, u64 start, u64 size,
		       u64 granule, u64 align);
bool rstmem_extent_take(struct rstmem_space *space, struct rstmem_extent *ext,
			u64 size, u64 align);
void rstmem_extent_give(struct rstmem_space *space, struct rstmem_extent *ext);
u64 rstmem_space_largest_free(const struct rstmem_space *space);

#endif /* _RSTMEM_EXTENT_H */
