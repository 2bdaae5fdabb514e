// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents: the ranges of an address space that are taken.
 *
 * Extents are in a list by address. Each extent knows the gap before it. Extents with
 * a gap are in a tree by the size of the gap, and by address where sizes are equal.
 * Free ranges need no storage of their own. Every operation is logarithmic in the
 * number of gaps.
 *
 * Placement is best fit: the smallest gap that is large enough, and the lowest of
 * equal gaps. This keeps large gaps whole. An extent that is large compared with the
 * others goes to the lower end of its gap, a small extent to the upper end. So the gap
 * that a freed large extent leaves fits the next large extent.
 */
#include "extent.h"

#define to_extent(rb)	rb_entry(rb, struct rstmem_extent, node)

/* Bits of a size in units, so that rstmem_space.squares does not overflow. */
#define UNITS_BITS	31

static bool gap_less(struct rb_node *rb, const struct rb_node *other)
{
	const struct rstmem_extent *a = to_extent(rb), *b = to_extent(other);

	if (a->gap != b->gap)
		return a->gap < b->gap;
	/* Compare the last addresses of gaps: the address after a gap may wrap to 0. */
	return a->start - 1 < b->start - 1;
}

/* Set the gap before @ext to @size bytes. 0 means no gap. */
static void gap_set(struct rstmem_space *space, struct rstmem_extent *ext,
		    u64 size)
{
	if (ext->gap)
		rb_erase(&ext->node, &space->gaps);
	ext->gap = size;
	if (size)
		rb_add(&ext->node, &space->gaps, gap_less);
}

/* Find the extent after the smallest gap of at least @size bytes, or NULL. */
static struct rstmem_extent *gap_find(const struct rstmem_space *space, u64 size)
{
	const struct rb_node *rb = space->gaps.rb_node;
	struct rstmem_extent *found = NULL;

	while (rb) {
		if (to_extent(rb)->gap >= size) {
			found = to_extent(rb);
			rb = rb->rb_left;
		} else {
			rb = rb->rb_right;
		}
	}
	return found;
}

/*
 * Compare @size with the weighted mean of the extents that are taken: the sum of their
 * squared sizes divided by the sum of their sizes.
 */
static bool is_small(const struct rstmem_space *space, u64 size)
{
	return (size >> space->unit) * (space->used >> space->unit) <
	       space->squares;
}

static u64 square(const struct rstmem_space *space, u64 size)
{
	u64 units = size >> space->unit;

	return units * units;
}

/**
 * rstmem_space_init() - start with nothing taken
 * @space:	the space, filled in
 * @start:	first address; may be 0
 * @size:	bytes, not 0; @start + @size - 1 does not overflow
 */
void rstmem_space_init(struct rstmem_space *space, u64 start, u64 size)
{
	space->gaps = RB_ROOT;
	space->total = size;
	space->used = 0;
	space->taken = 0;
	space->squares = 0;
	space->unit = 0;
	while (size >> space->unit >> UNITS_BITS)
		space->unit++;

	INIT_HLIST_HEAD(&space->by_addr);
	hlist_add_head(&space->tail.by_addr, &space->by_addr);
	space->tail.start = start + size;
	space->tail.size = 0;
	space->tail.gap = 0;
	gap_set(space, &space->tail, size);
}

/**
 * rstmem_extent_alloc() - allocate a range
 * @space:	the space
 * @ext:	filled in; stays in the space until rstmem_extent_free()
 * @size:	bytes, not 0
 *
 * Return: false when no gap is large enough.
 */
bool rstmem_extent_alloc(struct rstmem_space *space, struct rstmem_extent *ext,
			 u64 size)
{
	struct rstmem_extent *next = gap_find(space, size);
	u64 left;

	if (!next)
		return false;

	left = next->gap - size;
	ext->size = size;
	ext->gap = 0;
	hlist_add_before(&ext->by_addr, &next->by_addr);
	if (is_small(space, size)) {
		ext->start = next->start - size;
		gap_set(space, next, 0);
		gap_set(space, ext, left);
	} else {
		ext->start = next->start - next->gap;
		gap_set(space, next, left);
	}

	space->used += size;
	space->taken++;
	space->squares += square(space, size);
	return true;
}

/**
 * rstmem_extent_free() - free a range
 * @space:	the space that it was allocated in
 * @ext:	filled in by rstmem_extent_alloc(); no longer in the space
 */
void rstmem_extent_free(struct rstmem_space *space, struct rstmem_extent *ext)
{
	struct rstmem_extent *next = hlist_entry(ext->by_addr.next,
						 struct rstmem_extent, by_addr);
	u64 size = ext->gap + ext->size + next->gap;

	hlist_del(&ext->by_addr);
	gap_set(space, ext, 0);
	gap_set(space, next, size);

	space->used -= ext->size;
	space->taken--;
	space->squares -= square(space, ext->size);
}

/**
 * rstmem_space_largest_free() - get the size of the largest gap
 * @space:	the space
 *
 * Return: bytes, 0 when everything is taken.
 */
u64 rstmem_space_largest_free(const struct rstmem_space *space)
{
	const struct rb_node *rb = rb_last(&space->gaps);

	return rb ? to_extent(rb)->gap : 0;
}
