// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents, see extent.h.
 *
 * Best fit, and of equal fits the lowest: what is taken leaves the larger free
 * extents whole. Finding one is logarithmic in the number of free extents;
 * giving one back finds its neighbours through the list, in constant time, and
 * merges with them.
 */
#include "extent.h"

#define extent_of_size(node)	rb_entry(node, struct rstmem_extent, by_size)

static bool extent_less(struct rb_node *a, const struct rb_node *b)
{
	const struct rstmem_extent *x = extent_of_size(a);
	const struct rstmem_extent *y = extent_of_size(b);

	if (x->size != y->size)
		return x->size < y->size;
	return x->start < y->start;
}

static void free_add(struct rstmem_space *space, struct rstmem_extent *ext)
{
	ext->free = true;
	rb_add(&ext->by_size, &space->by_size, extent_less);
}

static void free_del(struct rstmem_space *space, struct rstmem_extent *ext)
{
	rb_erase(&ext->by_size, &space->by_size);
	ext->free = false;
}

/* The smallest free extent of at least @size bytes, the lowest among equals. */
static struct rb_node *free_at_least(struct rstmem_space *space, u64 size)
{
	struct rb_node *node = space->by_size.rb_node;
	struct rb_node *best = NULL;

	while (node) {
		if (extent_of_size(node)->size >= size) {
			best = node;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/*
 * Bytes to skip at the start of @ext so that @size bytes begin on a multiple of
 * @align, or @ext->size when they do not fit.
 */
static u64 head_gap(const struct rstmem_extent *ext, u64 size, u64 align)
{
	u64 gap = -ext->start & (align - 1);

	if (gap > ext->size || ext->size - gap < size)
		return ext->size;
	return gap;
}

static struct rstmem_extent *
spare_get(struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES])
{
	struct rstmem_extent *ext;
	int n;

	for (n = 0; n < RSTMEM_EXTENT_SPARES; n++) {
		ext = spares[n];
		if (ext) {
			spares[n] = NULL;
			return ext;
		}
	}
	return NULL;
}

static void spare_put(struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES],
		      struct rstmem_extent *ext)
{
	int n;

	for (n = 0; n < RSTMEM_EXTENT_SPARES; n++) {
		if (!spares[n]) {
			spares[n] = ext;
			return;
		}
	}
}

/* Makes @rest of what @ext has beyond its first @size bytes. */
static void extent_split(struct rstmem_extent *ext, u64 size,
			 struct rstmem_extent *rest)
{
	rest->start = ext->start + size;
	rest->size = ext->size - size;
	ext->size = size;
	list_add(&rest->by_addr, &ext->by_addr);
}

/**
 * rstmem_space_init() - start with one free extent
 * @space:	what to initialise
 * @all:	becomes that extent
 * @start:	first address, a multiple of @granule; may be 0
 * @size:	bytes, a multiple of @granule, not 0; @start + @size - 1 does not
 *		overflow
 * @granule:	power of two
 */
void rstmem_space_init(struct rstmem_space *space, struct rstmem_extent *all,
		       u64 start, u64 size, u64 granule)
{
	INIT_LIST_HEAD(&space->by_addr);
	space->by_size = RB_ROOT;
	space->granule = granule;
	space->total = size;
	space->used = 0;
	space->taken = 0;

	all->start = start;
	all->size = size;
	list_add(&all->by_addr, &space->by_addr);
	free_add(space, all);
}

/**
 * rstmem_extent_take() - take a range
 * @space:	where from
 * @size:	bytes, a multiple of the granule, not 0
 * @align:	what the first address is to be a multiple of: a power of two, or
 *		0 for the granule
 * @spares:	two extents that the space may keep; a slot it used is NULL
 *		afterwards, and what is left stays the caller's
 *
 * Return: the extent, or NULL when no free one is large enough.
 */
struct rstmem_extent *
rstmem_extent_take(struct rstmem_space *space, u64 size, u64 align,
		   struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES])
{
	struct rstmem_extent *ext = NULL, *rest;
	struct rb_node *node;
	u64 gap = 0;

	if (align < space->granule)
		align = space->granule;

	/*
	 * Goes beyond the first candidate only for an alignment coarser than
	 * the granule.
	 */
	for (node = free_at_least(space, size); node; node = rb_next(node)) {
		ext = extent_of_size(node);
		gap = head_gap(ext, size, align);
		if (gap < ext->size)
			break;
	}
	if (!node)
		return NULL;

	free_del(space, ext);
	if (gap) {
		rest = spare_get(spares);
		extent_split(ext, gap, rest);
		free_add(space, ext);
		ext = rest;
		ext->free = false;
	}
	if (ext->size > size) {
		rest = spare_get(spares);
		extent_split(ext, size, rest);
		free_add(space, rest);
	}

	space->used += ext->size;
	space->taken++;
	return ext;
}

/**
 * rstmem_extent_give() - give a range back
 * @space:	where it was taken from
 * @ext:	what rstmem_extent_take() returned; no longer the caller's
 * @spares:	two empty slots (NULL); receives extents that the space has no
 *		more use for
 */
void rstmem_extent_give(struct rstmem_space *space, struct rstmem_extent *ext,
			struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES])
{
	struct rstmem_extent *other;

	space->used -= ext->size;
	space->taken--;

	if (!list_is_last(&ext->by_addr, &space->by_addr)) {
		other = list_next_entry(ext, by_addr);
		if (other->free) {
			free_del(space, other);
			ext->size += other->size;
			list_del(&other->by_addr);
			spare_put(spares, other);
		}
	}
	if (!list_is_first(&ext->by_addr, &space->by_addr)) {
		other = list_prev_entry(ext, by_addr);
		if (other->free) {
			free_del(space, other);
			other->size += ext->size;
			list_del(&ext->by_addr);
			spare_put(spares, ext);
			ext = other;
		}
	}
	free_add(space, ext);
}

/**
 * rstmem_space_largest_free() - size of the largest range that is free
 * @space:	the space
 *
 * Return: bytes, 0 when all is taken.
 */
u64 rstmem_space_largest_free(const struct rstmem_space *space)
{
	struct rb_node *node = rb_last(&space->by_size);

	return node ? extent_of_size(node)->size : 0;
}
