// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents, see extent.h.
 *
 * What is taken is in a list by address. Free is what lies between: each extent
 * knows the gap before it, and those that have one are in a tree by size, those of
 * one size by address. So nothing has to be stored for what is free, and all that
 * follows is logarithmic in the number of gaps, whatever their pattern and the size
 * of the space. A gap that shrinks or grows moves in the tree only when it passes
 * another one in this order, which the largest hardly ever does.
 *
 * In a space that has an alignment each node knows also what the tree below has
 * room for at most once aligned. Others do without that.
 *
 * Placement: into the smallest gap that holds it, the lowest of that size, which
 * leaves the large ones whole. What is larger than most is put at the lower end of
 * the gap, the rest at the upper one, so that in a large gap large ones come and go
 * without small ones in between, which is what leaves room for the next.
 */
#include <linux/rbtree_augmented.h>

#include "extent.h"

#define to_extent(rb)	rb_entry(rb, struct rstmem_extent, node)

/* Bits of a size in units, so that rstmem_space.squares does not overflow. */
#define UNITS_BITS	31

/* Bytes from @addr up to the next multiple of @align. */
static u64 skip_to(u64 addr, u64 align)
{
	return -addr & (align - 1);
}

static bool has_align(const struct rstmem_space *space)
{
	return space->align > space->granule;
}

/* Sets @ext->max_room. Returns true if @exit and it was right already. */
static bool update_room(struct rstmem_extent *ext, bool exit)
{
	const struct rb_node *left = ext->node.rb_left;
	const struct rb_node *right = ext->node.rb_right;
	u64 room = ext->room;

	if (left && to_extent(left)->max_room > room)
		room = to_extent(left)->max_room;
	if (right && to_extent(right)->max_room > room)
		room = to_extent(right)->max_room;
	if (exit && ext->max_room == room)
		return true;
	ext->max_room = room;
	return false;
}

RB_DECLARE_CALLBACKS(static, augment_room, struct rstmem_extent, node, max_room,
		     update_room)

/* Whether the gap before @a is before that before @b in the order of the tree. */
static bool gap_less(const struct rstmem_extent *a, const struct rstmem_extent *b)
{
	if (a->gap != b->gap)
		return a->gap < b->gap;
	/* By the last address of the gap: what follows may wrap to 0. */
	return a->start - 1 < b->start - 1;
}

static void gap_insert(struct rstmem_space *space, struct rstmem_extent *ext)
{
	struct rb_node **link = &space->gaps.rb_node, *parent = NULL;
	const bool aligned = has_align(space);

	if (aligned)
		ext->max_room = ext->room;
	while (*link) {
		parent = *link;
		/* All above have it below them, before the tree is balanced. */
		if (aligned && to_extent(parent)->max_room < ext->max_room)
			to_extent(parent)->max_room = ext->max_room;
		link = gap_less(ext, to_extent(parent)) ? &parent->rb_left :
							  &parent->rb_right;
	}
	rb_link_node(&ext->node, parent, link);
	if (aligned)
		rb_insert_augmented(&ext->node, &space->gaps, &augment_room);
	else
		rb_insert_color(&ext->node, &space->gaps);
}

static void gap_erase(struct rstmem_space *space, struct rstmem_extent *ext)
{
	if (has_align(space))
		rb_erase_augmented(&ext->node, &space->gaps, &augment_room);
	else
		rb_erase(&ext->node, &space->gaps);
}

static void gap_write(const struct rstmem_space *space,
		      struct rstmem_extent *ext, u64 size)
{
	u64 skip;

	ext->gap = size;
	if (has_align(space)) {
		skip = skip_to(ext->start - size, space->align);
		ext->room = size > skip ? size - skip : 0;
	}
}

/* The gap before @ext, which is in the tree, had @was bytes. */
static void gap_resized(struct rstmem_space *space, struct rstmem_extent *ext,
			u64 was)
{
	const struct rb_node *rb;
	bool less;

	/* It may have passed those on one side of it only. */
	if (ext->gap < was) {
		rb = rb_prev(&ext->node);
		less = rb && gap_less(ext, to_extent(rb));
	} else {
		rb = rb_next(&ext->node);
		less = rb && gap_less(to_extent(rb), ext);
	}
	if (less) {
		gap_erase(space, ext);
		gap_insert(space, ext);
	} else if (has_align(space)) {
		augment_room.propagate(&ext->node, NULL);
	}
}

/* Makes the gap before @ext one of @size bytes, which may be none. */
static void gap_set(struct rstmem_space *space, struct rstmem_extent *ext,
		    u64 size)
{
	u64 was = ext->gap;

	gap_write(space, ext, size);
	if (was && size)
		gap_resized(space, ext, was);
	else if (was)
		gap_erase(space, ext);
	else if (size)
		gap_insert(space, ext);
}

/*
 * The gap before @from is now before its neighbour @to, which had none, and has
 * @size bytes.
 */
static void gap_move(struct rstmem_space *space, struct rstmem_extent *from,
		     struct rstmem_extent *to, u64 size)
{
	u64 was = from->gap;

	rb_replace_node(&from->node, &to->node, &space->gaps);
	if (has_align(space))
		to->max_room = from->max_room;
	gap_write(space, from, 0);
	gap_write(space, to, size);
	gap_resized(space, to, was);
}

/* The extent after the first gap in the tree of at least @size bytes, or NULL. */
static struct rstmem_extent *first_of_size(const struct rstmem_space *space,
					   u64 size)
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

static bool has_room(const struct rb_node *rb, u64 size)
{
	return rb && to_extent(rb)->max_room >= size;
}

/* After the first gap in the tree with room for @size once aligned, or NULL. */
static struct rstmem_extent *first_of_room(const struct rstmem_space *space,
					   u64 size)
{
	const struct rb_node *rb = space->gaps.rb_node;

	if (!has_room(rb, size))
		return NULL;
	for (;;) {
		if (has_room(rb->rb_left, size)) {
			rb = rb->rb_left;
			continue;
		}
		if (to_extent(rb)->room >= size)
			return to_extent(rb);
		rb = rb->rb_right;
	}
}

/*
 * How far into the gap before @ext @size bytes can start, at its lower or its upper
 * end. Returns false when alignment leaves no room.
 */
static bool gap_place(const struct rstmem_extent *ext, u64 size, u64 align,
		      bool high, u64 *below)
{
	u64 skip = skip_to(ext->start - ext->gap, align);

	if (skip > ext->gap || ext->gap - skip < size)
		return false;
	*below = skip;
	if (high)
		*below += (ext->gap - skip - size) & ~(align - 1);
	return true;
}

/*
 * Finds the gap to take @size bytes from, @below bytes into it, for an alignment
 * coarser than the granule. Returns the extent after the gap, or NULL.
 */
static struct rstmem_extent *find_aligned(const struct rstmem_space *space,
					  u64 size, u64 align, bool high,
					  u64 *below)
{
	struct rstmem_extent *ext;
	u64 more;

	ext = align == space->align ? first_of_room(space, size) :
				      first_of_size(space, size);
	if (!ext || gap_place(ext, size, align, high, below))
		return ext;

	/*
	 * An alignment that the space was not made for. A gap that is larger by
	 * it will do; failing that, one that the coarser alignment allows for.
	 */
	more = size + (align - space->granule);
	ext = more < size ? NULL : first_of_size(space, more);
	if (!ext && align < space->align)
		ext = first_of_room(space, size);
	if (ext)
		gap_place(ext, size, align, high, below);
	return ext;
}

/*
 * Whether an extent is small beside those taken: beside the one that a byte is
 * in on average, which is the sum of the squares over the sum of the sizes.
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
 * @space:	what to initialise
 * @start:	first address, a multiple of @granule; may be 0
 * @size:	bytes, a multiple of @granule, not 0; @start + @size - 1 does not
 *		overflow
 * @granule:	power of two
 * @align:	power of two, at least @granule: the coarser alignment that this
 *		space is made for, or @granule when there is none
 */
void rstmem_space_init(struct rstmem_space *space, u64 start, u64 size,
		       u64 granule, u64 align)
{
	space->gaps = RB_ROOT;
	space->granule = granule;
	space->align = align;
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
 * rstmem_extent_take() - take a range
 * @space:	where from
 * @ext:	filled in, and kept in the space until it is given back
 * @size:	bytes, a multiple of the granule, not 0
 * @align:	what the first address is to be a multiple of: a power of two, or
 *		0 for the granule
 *
 * For the granule and for the alignment that the space was made for, this fails
 * only if there is no such range. For another alignment it may do so unless a
 * gap is larger by that than @size.
 *
 * Return: whether there was one.
 */
bool rstmem_extent_take(struct rstmem_space *space, struct rstmem_extent *ext,
			u64 size, u64 align)
{
	bool high = is_small(space, size);
	struct rstmem_extent *next;
	u64 below = 0, above;

	if (align > space->granule)
		next = find_aligned(space, size, align, high, &below);
	else
		next = first_of_size(space, size);
	if (!next)
		return false;
	if (high && align <= space->granule)
		below = next->gap - size;

	/* What is left of the gap: below the extent, and above it. */
	above = next->gap - below - size;
	ext->start = next->start - above - size;
	ext->size = size;
	gap_write(space, ext, 0);
	hlist_add_before(&ext->by_addr, &next->by_addr);
	if (below && !above) {
		gap_move(space, next, ext, below);
	} else {
		gap_set(space, next, above);
		if (below)
			gap_set(space, ext, below);
	}

	space->used += size;
	space->taken++;
	space->squares += square(space, size);
	return true;
}

/**
 * rstmem_extent_give() - give a range back
 * @space:	where it was taken from
 * @ext:	what was passed to rstmem_extent_take(); the caller's again
 */
void rstmem_extent_give(struct rstmem_space *space, struct rstmem_extent *ext)
{
	struct rstmem_extent *next = hlist_entry(ext->by_addr.next,
						 struct rstmem_extent, by_addr);
	u64 size = ext->gap + ext->size + next->gap;

	hlist_del(&ext->by_addr);
	if (ext->gap && !next->gap) {
		gap_move(space, ext, next, size);
	} else {
		gap_set(space, next, size);
		if (ext->gap)
			gap_set(space, ext, 0);
	}

	space->used -= ext->size;
	space->taken--;
	space->squares -= square(space, ext->size);
}

/**
 * rstmem_space_largest_free() - size of the largest range that is free
 * @space:	the space
 *
 * Return: bytes, 0 when all is taken.
 */
u64 rstmem_space_largest_free(const struct rstmem_space *space)
{
	const struct rb_node *rb = rb_last(&space->gaps);

	return rb ? to_extent(rb)->gap : 0;
}
