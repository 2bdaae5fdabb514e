// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of extents. After each step a case checks all invariants of the space. A
 * bitmap of taken granules gives the expected place of an extent.
 */
#include "../../kernel/core/extent.h"
#include "unit.h"

#define GRANULE		4096ULL
#define MAX_GRANULES	1024

/* A space, and its expected content. */
struct world {
	struct rstmem_space space;
	u64 start, granules, granule;
	bool taken[MAX_GRANULES];
	u64 used, squares;
	const char *fault;
};

static void fault(struct world *w, const char *what)
{
	if (!w->fault)
		w->fault = what;
}

static void expect(struct world *w, bool ok, const char *what)
{
	if (!ok)
		fault(w, what);
}

static struct rstmem_extent *of(const struct rb_node *rb)
{
	return rb_entry(rb, struct rstmem_extent, node);
}

/* Finds the depth of a tree and the number of its nodes. */
static void check_depth(const struct rb_node *rb, int *depth, unsigned int *nodes)
{
	int dl, dr;

	if (!rb) {
		*depth = 0;
		return;
	}
	check_depth(rb->rb_left, &dl, nodes);
	check_depth(rb->rb_right, &dr, nodes);
	*depth = 1 + (dl > dr ? dl : dr);
	++*nodes;
}

/* The tree has each gap once, in the order of size, then of address. */
static void check_order(struct world *w, unsigned int gaps)
{
	const struct rstmem_extent *last = NULL, *ext;
	const struct rb_node *rb;
	u64 at, last_at = 0;

	for (rb = rb_first(&w->space.gaps); rb; rb = rb_next(rb)) {
		ext = of(rb);
		at = ext->start - ext->gap - w->start;
		expect(w, ext->gap, "the tree has a gap of size 0");
		expect(w, !last || last->gap < ext->gap ||
			  (last->gap == ext->gap && last_at < at),
		       "the gaps in the tree are not in order");
		last = ext;
		last_at = at;
		gaps--;
	}
	expect(w, !gaps, "the number of gaps in the tree is wrong");
}

static void check_granules(struct world *w, u64 from, u64 size, bool taken)
{
	u64 n, first = (from - w->start) / w->granule;

	if ((from - w->start) % w->granule || size % w->granule ||
	    first + size / w->granule > w->granules) {
		fault(w, "an extent does not consist of granules of the space");
		return;
	}
	for (n = first; n < first + size / w->granule; n++)
		expect(w, w->taken[n] == taken, "space and bitmap differ");
}

static void check_world(struct world *w)
{
	struct rstmem_space *space = &w->space;
	u64 used = 0, squares = 0, addr = w->start;
	unsigned int taken = 0, gaps = 0, nodes = 0;
	const struct hlist_node *pos = space->by_addr.first;
	struct hlist_node *const *from = &space->by_addr.first;
	struct rstmem_extent *ext;
	u64 largest = 0;
	int depth, bits;

	do {
		ext = hlist_entry(pos, struct rstmem_extent, by_addr);
		expect(w, ext->start - ext->gap == addr,
		       "extents and gaps do not cover the space");
		expect(w, ext == &space->tail ? !ext->size : ext->size,
		       "an extent is empty, or the tail is not");
		check_granules(w, addr, ext->gap, false);
		check_granules(w, ext->start, ext->size, true);
		if (ext->gap)
			gaps++;
		if (ext->gap > largest)
			largest = ext->gap;
		expect(w, pos->pprev == from && !pos->next == (ext == &space->tail),
		       "the list is broken");
		if (w->fault)
			return;
		taken += ext != &space->tail;
		used += ext->size;
		squares += (ext->size >> space->unit) *
			   (ext->size >> space->unit);
		addr = ext->start + ext->size;
		from = &pos->next;
		pos = pos->next;
	} while (ext != &space->tail);
	expect(w, addr - w->start == w->granules * w->granule &&
		  space->total == w->granules * w->granule,
	       "the space has another size");
	expect(w, space->taken == taken, "the number of extents is wrong");
	expect(w, space->used == used && space->squares == squares,
	       "the sums are wrong");
	w->used = used;
	w->squares = squares;

	check_depth(space->gaps.rb_node, &depth, &nodes);
	expect(w, nodes == gaps, "the tree has a node that is no gap");
	check_order(w, gaps);
	expect(w, rstmem_space_largest_free(space) == largest,
	       "the largest free range is wrong");
	/* The depth of a red-black tree makes every step logarithmic. */
	for (bits = 0; nodes + 1 > 1U << bits;)
		bits++;
	expect(w, depth <= 2 * bits, "the tree is out of balance");
}

static void world_init(struct world *w, u64 start, u64 granules, u64 granule)
{
	memset(w, 0, sizeof(*w));
	w->start = start;
	w->granules = granules;
	w->granule = granule;
	rstmem_space_init(&w->space, start, granules * granule);
	check_world(w);
}

/*
 * Finds the expected place of @granules in the bitmap: at the lower or the upper end of
 * the smallest gap that has room, and of the lowest of equal gaps. Returns false without
 * such a gap.
 */
static bool place(const struct world *w, u64 granules, bool high, u64 *start)
{
	u64 n, from, first, smallest = 0;

	for (n = 0; n < w->granules; n++) {
		if (w->taken[n])
			continue;
		for (from = n; n < w->granules && !w->taken[n]; n++)
			;
		if (n - from < granules || (smallest && n - from >= smallest))
			continue;
		smallest = n - from;
		first = high ? n - granules : from;
		*start = w->start + first * w->granule;
	}
	return smallest;
}

static struct rstmem_extent *world_alloc(struct world *w, u64 granules)
{
	struct rstmem_extent *ext = unit_alloc(sizeof(*ext));
	u64 size = granules * w->granule, n, first, where = 0;
	bool ok, can;
	bool high = (size >> w->space.unit) * (w->used >> w->space.unit) <
		    w->squares;

	/* The function must not read the extent that it fills in. */
	memset(ext, 0xa5, sizeof(*ext));
	can = place(w, granules, high, &where);
	ok = rstmem_extent_alloc(&w->space, ext, size);

	expect(w, ok == can, can ? "allocation fails with room" : "allocation succeeds without room");
	if (!ok) {
		unit_free(ext);
		check_world(w);
		return NULL;
	}

	expect(w, ext->size == size, "the extent has another size");
	expect(w, ext->start == where, "the extent is at another place");
	first = (ext->start - w->start) / w->granule;
	if (first > w->granules || granules > w->granules - first) {
		fault(w, "the extent is outside the space");
		return ext;
	}
	for (n = first; n < first + granules; n++) {
		expect(w, !w->taken[n], "the extent overlaps another");
		w->taken[n] = true;
	}
	check_world(w);
	return ext;
}

static void world_free(struct world *w, struct rstmem_extent *ext)
{
	u64 n;

	for (n = 0; n < ext->size / w->granule; n++)
		w->taken[(ext->start - w->start) / w->granule + n] = false;
	rstmem_extent_free(&w->space, ext);
	unit_free(ext);
	check_world(w);
}

/* Ends a case: frees the remaining extents and prints the result. */
static void world_end(struct world *w, const char *name)
{
	while (!w->fault && w->space.taken)
		world_free(w, hlist_entry(w->space.by_addr.first,
					  struct rstmem_extent, by_addr));
	expect(w, w->fault || rstmem_space_largest_free(&w->space) ==
			      w->granules * w->granule, "a range is lost");
	if (w->fault)
		ktap_note("%s", w->fault);
	ktap(!w->fault, "extent: %s", name);
}

static void whole(u64 start, const char *name)
{
	struct rstmem_extent *ext;
	struct world w;

	world_init(&w, start, 16, GRANULE);
	ext = world_alloc(&w, 16);
	expect(&w, ext && ext->start == start, "the whole space cannot be allocated");
	expect(&w, !world_alloc(&w, 1), "allocation succeeds in a full space");
	expect(&w, !rstmem_space_largest_free(&w.space), "a full space has a free range");
	world_free(&w, ext);
	ext = world_alloc(&w, 16);
	expect(&w, ext, "the whole space cannot be allocated again");
	world_free(&w, ext);
	expect(&w, !world_alloc(&w, 17), "allocation exceeds the space");
	world_end(&w, name);
}

static void test_merge(UNIT_ARG)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct rstmem_extent *ext[3];
	struct world w;
	size_t o;
	int n;

	for (o = 0; o < sizeof(orders) / sizeof(*orders); o++) {
		world_init(&w, 7 * GRANULE, 9, GRANULE);
		for (n = 0; n < 3; n++)
			ext[n] = world_alloc(&w, 3);
		for (n = 0; n < 3; n++)
			world_free(&w, ext[orders[o][n]]);
		expect(&w, rstmem_space_largest_free(&w.space) == 9 * GRANULE,
		       "freed extents are not merged");
		world_end(&w, "merges extents freed in any order");
	}
}

static void test_ends(UNIT_ARG)
{
	struct rstmem_extent *a, *b, *c, *d;
	struct world w;

	world_init(&w, 0, 64, GRANULE);
	a = world_alloc(&w, 8);
	b = world_alloc(&w, 1);
	c = world_alloc(&w, 8);
	d = world_alloc(&w, 2);
	expect(&w, a && b && c && d, "allocation fails with room");
	expect(&w, a->start == 0 && c->start == 8 * GRANULE,
	       "a large extent is not at the lower end");
	expect(&w, b->start == 63 * GRANULE && d->start == 61 * GRANULE,
	       "a small extent is not at the upper end");
	world_free(&w, a);
	a = world_alloc(&w, 3);
	expect(&w, a && a->start == 5 * GRANULE, "3 granules count as large beside 8");
	world_end(&w,
		  "puts large extents at the lower end, small ones at the upper");
}

static void test_lowest(UNIT_ARG)
{
	struct rstmem_extent *ext[8], *again;
	struct world w;
	int n;

	world_init(&w, 0, 16, GRANULE);
	for (n = 0; n < 8; n++)
		ext[n] = world_alloc(&w, 2);
	for (n = 6; n >= 0; n -= 2)
		world_free(&w, ext[n]);
	again = world_alloc(&w, 2);
	expect(&w, again && again->start == 0, "2 granules are not in the lowest gap");
	again = world_alloc(&w, 1);
	expect(&w, again && again->start == 5 * GRANULE,
	       "1 granule is not in the lowest gap");
	world_end(&w, "allocates from the lowest of equal gaps");
}

/* Fills the space with extents of one granule, and frees those at a '.' of @map. */
static void carve(struct world *w, const char *map)
{
	/* Too large for the kernel's stack. */
	static struct rstmem_extent *ext[MAX_GRANULES];
	struct rstmem_extent *one;
	u64 n;

	memset(ext, 0, sizeof(ext));
	while (!w->fault && (one = world_alloc(w, 1)))
		ext[(one->start - w->start) / w->granule] = one;
	for (n = 0; map[n]; n++)
		if (map[n] == '.' && ext[n])
			world_free(w, ext[n]);
}

/* Allocates @granules, which must be at granule @at. */
static void world_alloc_at(struct world *w, u64 granules, u64 at)
{
	struct rstmem_extent *ext = world_alloc(w, granules);

	expect(w, ext && ext->start == w->start + at * w->granule,
	       "the extent is not in the smallest gap, or at the wrong end");
}

static void test_best(UNIT_ARG)
{
	struct world w;

	/* Gaps of 6, 5, 4, 4, 5, 6 at 0, 7, 13, 18, 23, 29. */
	world_init(&w, 0, 35, GRANULE);
	carve(&w, "......1.....1....1....1.....1......");
	world_alloc_at(&w, 4, 13);
	world_alloc_at(&w, 4, 18);
	world_alloc_at(&w, 4, 7);
	world_alloc_at(&w, 1, 11);
	world_alloc_at(&w, 2, 26);
	world_alloc_at(&w, 3, 23);
	world_alloc_at(&w, 2, 4);
	world_alloc_at(&w, 6, 29);
	world_alloc_at(&w, 4, 0);
	expect(&w, !rstmem_space_largest_free(&w.space), "the space is not full");
	world_end(&w, "allocates from the smallest gap");
}

static void test_granule(UNIT_ARG)
{
	struct rstmem_extent *ext;
	struct world w;

	world_init(&w, 1ULL << 32, 32, 65536);
	ext = world_alloc(&w, 1);
	expect(&w, ext && ext->start == 1ULL << 32, "the first extent is not at the start");
	ext = world_alloc(&w, 3);
	expect(&w, ext && ext->start == (1ULL << 32) + 65536, "the second extent is not beside the first");
	world_end(&w, "works in granules of 64 KiB");
}

static void test_top(UNIT_ARG)
{
	struct rstmem_extent *ext;
	struct world w;

	/* The space ends at the last address: no sum may wrap to 0. */
	world_init(&w, -8 * GRANULE, 8, GRANULE);
	ext = world_alloc(&w, 8);
	expect(&w, ext && ext->start == -8 * GRANULE, "allocation fails with room");
	world_free(&w, ext);
	ext = world_alloc(&w, 4);
	expect(&w, ext && world_alloc(&w, 1), "allocation at the top fails");
	expect(&w, world_alloc(&w, 3) && !world_alloc(&w, 1), "the space is not full");
	world_end(&w, "works at the end of the address space");

	/* The last gap ends at 0, but is not the lowest. */
	world_init(&w, -8 * GRANULE, 8, GRANULE);
	carve(&w, "..1..1..");
	world_alloc_at(&w, 2, 0);
	world_alloc_at(&w, 1, 4);
	world_alloc_at(&w, 1, 3);
	world_alloc_at(&w, 2, 6);
	world_end(&w, "allocates from the lowest gap at the end of the address space");
}

static void test_huge(UNIT_ARG)
{
	struct rstmem_extent *ext;
	struct world w;

	/* The largest space that 52 bits address: the sums of squares must fit. */
	world_init(&w, 0, MAX_GRANULES, 1ULL << 42);
	ext = world_alloc(&w, MAX_GRANULES);
	expect(&w, ext, "allocation fails with room");
	world_free(&w, ext);
	expect(&w, world_alloc(&w, 1) && world_alloc(&w, 900) && world_alloc(&w, 2),
	       "allocation fails with room");
	world_end(&w, "works in a space of 2^52 bytes");
}

static void random_steps(unsigned int seed)
{
	static const u64 granules[] = { 4096, 65536, 1 << 20 };
	static struct rstmem_extent *held[MAX_GRANULES];
	unsigned int nr = 0, step, spread;
	u64 granule = granules[seed % 3];
	struct world w;
	char name[64];

	unit_seed(seed);
	spread = 2 + seed % 6;
	world_init(&w, (u64)(unit_random() % 100) * granule,
		   1 + unit_random() % MAX_GRANULES, granule);
	for (step = 0; step < 4000 && !w.fault; step++) {
		/* In long waves, so that the space is full at times, and empty at times. */
		bool grow = unit_random() % 100 < ((step / 500) % 2 ? 30 : 70);

		if (grow && nr < MAX_GRANULES) {
			held[nr] = world_alloc(&w, 1 + unit_random() % (1 << unit_random() % spread));
			if (held[nr])
				nr++;
		} else if (nr) {
			unsigned int n = unit_random() % nr;

			world_free(&w, held[n]);
			held[n] = held[--nr];
		}
	}
	snprintf(name, sizeof(name),
		 "is consistent after 4000 random steps, seed %u", seed);
	world_end(&w, name);
}

static void test_whole(UNIT_ARG)
{
	whole(0, "allocates and frees a whole space at address 0");
	whole(GRANULE, "allocates and frees a whole space");
	whole(1ULL << 40, "allocates and frees a whole space beyond 4 GiB");
}

static void test_random(UNIT_ARG)
{
	unsigned int seed;

	for (seed = 1; seed <= 30; seed++)
		random_steps(seed);
}

UNIT_SUITE(extent, UNIT_CASE(test_whole),
	   UNIT_CASE(test_merge),
	   UNIT_CASE(test_ends),
	   UNIT_CASE(test_lowest),
	   UNIT_CASE(test_best),
	   UNIT_CASE(test_granule),
	   UNIT_CASE(test_top),
	   UNIT_CASE(test_huge),
	   UNIT_CASE(test_random));
