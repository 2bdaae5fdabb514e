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
 * struct rstmem_extent - a range that is taken, and the gap before it
 * @by_addr:	in the order of addresses
 * @start:	first address
 * @size:	bytes, a multiple of the space's granule
 * @gap:	bytes free from the extent before, or from the start of the space
 * @node:	in the tree of gaps, if there is one
 * @room:	what is left of @gap beyond the first multiple of the space's
 *		alignment
 * @max_room:	the largest @room among this one and those below @node
 *
 * Storage is the caller's, and may be inside what the range is for. The last two are
 * kept only by spaces that have an alignment; all else is in one cache line if the
 * whole starts at one, since neighbours are often another CPU's.
 */
struct rstmem_extent {
	struct hlist_node by_addr;
	u64 start;
	u64 size;
	u64 gap;
	struct rb_node node;
	u64 room;
	u64 max_room;
};

/**
 * struct rstmem_space - a range, and what is taken of it
 * @taken:	number of extents taken
 * @unit:	shift that makes a size small enough to be squared
 * @used:	bytes taken
 * @squares:	sum of the squares of the sizes taken, in units
 * @gaps:	extents with a gap before them, by its size, and those of one size by
 *		address
 * @by_addr:	those taken, and @tail as the last
 * @total:	bytes
 * @align:	bytes, a power of two, at least @granule; see rstmem_space_init()
 * @tail:	takes nothing, at the end of the space, so that an extent follows
 *		every gap
 * @granule:	bytes, a power of two
 *
 * The owner locks; all functions below change or read all fields, but @unit, @total,
 * @align and @granule are constant. With a lock in eight bytes before @taken, what
 * changes is in two cache lines, the second from @tail on, and @granule in a third.
 */
struct rstmem_space {
	u32 taken;
	u32 unit;
	u64 used;
	u64 squares;
	struct rb_root gaps;
	struct hlist_head by_addr;
	u64 total;
	u64 align;
	struct rstmem_extent tail;
	u64 granule;
};

void rstmem_space_init(struct rstmem_space *space, u64 start, u64 size,
		       u64 granule, u64 align);
bool rstmem_extent_take(struct rstmem_space *space, struct rstmem_extent *ext,
			u64 size, u64 align);
void rstmem_extent_give(struct rstmem_space *space, struct rstmem_extent *ext);
u64 rstmem_space_largest_free(const struct rstmem_space *space);

#endif /* _RSTMEM_EXTENT_H */
