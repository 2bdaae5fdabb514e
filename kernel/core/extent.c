// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents, see extent.h.
 *
 * What is taken is in a list by address. Free is what lies between: each extent
 * knows the gap before it, and those that have one are in a tree by address, in
 * which each node knows the largest gap of the tree below. So nothing has to be
 * stored for what is free, and all that follows is logarithmic in the number of
 * gaps, whatever their pattern and the size of the space. A gap that something is
 * put into at its lower end, as is the rule, stays where it is in the tree.
 *
 * Placement: what is larger than most is put into the lowest gap that holds it,
 * the rest into the highest one, at its upper end. Long runs of large buffers
 * then come and go at one end without small ones in between, which is what
 * leaves room for the next.
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

static u64 max_size(const struct rb_node *rb)
{
	return rb ? to_extent(rb)->max.size : 0;
}

static u64 max_room(const struct rb_node *rb)
{
	return rb ? to_extent(rb)->max.room : 0;
}

static u64 larger(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* Sets @ext->max.size. Returns true if @exit and it was right already. */
static bool update_size(struct rstmem_extent *ext, bool exit)
{
	u64 size = larger(larger(max_size(ext->node.rb_left),
				 max_size(ext->node.rb_right)), ext->gap.size);

	if (exit && ext->max.size == size)
		return true;
	ext->max.size = size;
	return false;
}

/* The same for both, where the space has an alignment. */
static bool update_both(struct rstmem_extent *ext, bool exit)
{
	u64 room = larger(larger(max_room(ext->node.rb_left),
				 max_room(ext->node.rb_right)), ext->gap.room);
	bool same = update_size(ext, exit) && ext->max.room == room;

	ext->max.room = room;
	return same;
}

RB_DECLARE_CALLBACKS(static, augment_size, struct rstmem_extent, node, max.size,
		     update_size)
RB_DECLARE_CALLBACKS(static, augment_both, struct rstmem_extent, node, max,
		     update_both)

/* The gap before @ext shrank: all above may have to look again. */
static void gap_shrank(struct rstmem_space *space, struct rstmem_extent *ext)
{
	if (has_align(space))
		augment_both.propagate(&ext->node, NULL);
	else
		augment_size.propagate(&ext->node, NULL);
}

/* The gap before @ext grew, which is less work. */
static void gap_grew(const struct rstmem_space *space, struct rstmem_extent *ext)
{
	const struct rstmem_gap gap = ext->gap;
	struct rb_node *rb;

	for (rb = &ext->node; rb && to_extent(rb)->max.size < gap.size;
	     rb = rb_parent(rb))
		to_extent(rb)->max.size = gap.size;
	if (!has_align(space))
		return;
	for (rb = &ext->node; rb && to_extent(rb)->max.room < gap.room;
	     rb = rb_parent(rb))
		to_extent(rb)->max.room = gap.room;
}

static void gap_insert(struct rstmem_space *space, struct rstmem_extent *ext)
{
	struct rb_node **link = &space->gaps.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		/* By the last address of the gap: what follows may wrap to 0. */
		link = ext->start - 1 < to_extent(parent)->start - 1 ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&ext->node, parent, link);
	ext->max = (struct rstmem_gap){};
	gap_grew(space, ext);
	if (has_align(space))
		rb_insert_augmented(&ext->node, &space->gaps, &augment_both);
	else
		rb_insert_augmented(&ext->node, &space->gaps, &augment_size);
}

static void gap_erase(struct rstmem_space *space, struct rstmem_extent *ext)
{
	if (has_align(space))
		rb_erase_augmented(&ext->node, &space->gaps, &augment_both);
	else
		rb_erase_augmented(&ext->node, &space->gaps, &augment_size);
}

static void gap_write(const struct rstmem_space *space,
		      struct rstmem_extent *ext, u64 size)
{
	u64 skip;

	ext->gap.size = size;
	ext->gap.room = 0;
	if (has_align(space)) {
		skip = skip_to(ext->start - size, space->align);
		if (size > skip)
			ext->gap.room = size - skip;
	}
}

/* Makes the gap before @ext one of @size bytes, which may be none. */
static void gap_set(struct rstmem_space *space, struct rstmem_extent *ext,
		    u64 size)
{
	u64 was = ext->gap.size;

	gap_write(space, ext, size);
	if (was && size > was)
		gap_grew(space, ext);
	else if (was && size)
		gap_shrank(space, ext);
	else if (was)
		gap_erase(space, ext);
	else if (size)
		gap_insert(space, ext);
}

/*
 * The gap before @from is now before its neighbour @to, which had none, and has
 * @size bytes. Its place in the order is the same.
 */
static void gap_move(struct rstmem_space *space, struct rstmem_extent *from,
		     struct rstmem_extent *to, u64 size)
{
	bool grows = size > from->gap.size;

	rb_replace_node(&from->node, &to->node, &space->gaps);
	to->max = from->max;
	gap_write(space, from, 0);
	gap_write(space, to, size);
	if (grows)
		gap_grew(space, to);
	else
		gap_shrank(space, to);
}

/* Whether @gap is large enough, by its aligned room or by its size. */
static __always_inline bool gap_holds(const struct rstmem_gap *gap, u64 size,
				      bool aligned)
{
	return (aligned ? gap->room : gap->size) >= size;
}

static __always_inline bool subtree_holds(const struct rb_node *rb, u64 size,
					  bool aligned)
{
	return rb && gap_holds(&to_extent(rb)->max, size, aligned);
}

/*
 * The extent after the lowest or the highest gap that holds @size, or NULL. Each
 * of the four kinds gets code of its own.
 */
static __always_inline struct rstmem_extent *
gap_search(const struct rb_node *rb, u64 size, bool aligned, bool high)
{
	const struct rb_node *near;

	if (!subtree_holds(rb, size, aligned))
		return NULL;
	for (;;) {
		near = high ? rb->rb_right : rb->rb_left;
		if (subtree_holds(near, size, aligned)) {
			rb = near;
			continue;
		}
		if (gap_holds(&to_extent(rb)->gap, size, aligned))
			return to_extent(rb);
		rb = high ? rb->rb_left : rb->rb_right;
	}
}

static struct rstmem_extent *gap_find(const struct rstmem_space *space, u64 size,
				      bool aligned, bool high)
{
	const struct rb_node *rb = space->gaps.rb_node;

	if (aligned)
		return high ? gap_search(rb, size, true, true) :
			      gap_search(rb, size, true, false);
	return high ? gap_search(rb, size, false, true) :
		      gap_search(rb, size, false, false);
}

/*
 * How far into the gap before @ext @size bytes can start, at its lower or its upper
 * end. Returns false when alignment leaves no room.
 */
static bool gap_place(const struct rstmem_extent *ext, u64 size, u64 align,
		      bool high, u64 *below)
{
	u64 skip = skip_to(ext->start - ext->gap.size, align);

	if (skip > ext->gap.size || ext->gap.size - skip < size)
		return false;
	*below = skip;
	if (high)
		*below += (ext->gap.size - skip - size) & ~(align - 1);
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

	ext = gap_find(space, size, align == space->align, high);
	if (!ext || gap_place(ext, size, align, high, below))
		return ext;

	/*
	 * An alignment that the space was not made for. A gap that is larger by
	 * it will do; failing that, one that the coarser alignment allows for.
	 */
	more = size + (align - space->granule);
	ext = more < size ? NULL : gap_find(space, more, false, high);
	if (!ext && align < space->align)
		ext = gap_find(space, size, true, high);
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

	INIT_LIST_HEAD(&space->tail.by_addr);
	space->tail.start = start + size;
	space->tail.size = 0;
	space->tail.gap.size = 0;
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
		next = gap_find(space, size, false, high);
	if (!next)
		return false;
	if (high && align <= space->granule)
		below = next->gap.size - size;

	/* What is left of the gap: below the extent, and above it. */
	above = next->gap.size - below - size;
	ext->start = next->start - above - size;
	ext->size = size;
	ext->gap.size = 0;
	ext->gap.room = 0;
	list_add_tail(&ext->by_addr, &next->by_addr);
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
	struct rstmem_extent *next = list_next_entry(ext, by_addr);
	u64 size = ext->gap.size + ext->size + next->gap.size;

	list_del(&ext->by_addr);
	if (ext->gap.size && !next->gap.size) {
		gap_move(space, ext, next, size);
	} else {
		/* In this order: what grew hides from the tree what goes. */
		gap_set(space, next, size);
		if (ext->gap.size)
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
	return max_size(space->gaps.rb_node);
}
