// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of extents. Every step of every case is followed by a check of all
 * that must hold of a space, and of what was taken against a bitmap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/core/extent.h"
#include "../lib/ktap.h"

#define GRANULE		4096ULL
#define MAX_GRANULES	512

/* A space, and beside it what the test believes is in it. */
struct world {
	struct rstmem_space space;
	u64 start, granules, granule;
	bool taken[MAX_GRANULES];
	const char *fault;
};

static void fault(struct world *w, const char *what)
{
	if (!w->fault)
		w->fault = what;
}

static u64 count_taken(const struct world *w)
{
	u64 n, sum = 0;

	for (n = 0; n < w->granules; n++)
		sum += w->taken[n];
	return sum * w->granule;
}

/* In the tree: in order, all free, as many as in the list. */
static void check_tree(struct world *w, unsigned int free_extents)
{
	struct rb_node *node = w->space.by_size.rb_node;
	struct rstmem_extent *ext, *prev = NULL;

	while (node && node->rb_left)
		node = node->rb_left;
	for (; node; node = rb_next(node)) {
		ext = rb_entry(node, struct rstmem_extent, by_size);
		if (!ext->free)
			fault(w, "a taken extent is among the free");
		if (prev && (prev->size > ext->size ||
			     (prev->size == ext->size &&
			      prev->start > ext->start)))
			fault(w, "the free extents are out of order");
		prev = ext;
		free_extents--;
	}
	if (free_extents)
		fault(w, "the free extents are not those in the list");
	if (rstmem_space_largest_free(&w->space) != (prev ? prev->size : 0))
		fault(w, "the largest free extent is wrong");
}

static void check_world(struct world *w)
{
	unsigned int taken = 0, free_extents = 0;
	struct list_head *pos;
	u64 addr = w->start, n;
	bool was_free = false;

	for (pos = w->space.by_addr.next; pos != &w->space.by_addr;
	     pos = pos->next) {
		struct rstmem_extent *ext =
			container_of(pos, struct rstmem_extent, by_addr);

		if (pos->next->prev != pos)
			fault(w, "the list is broken");
		if (ext->start != addr || !ext->size)
			fault(w, "extents do not tile the space");
		if ((ext->start - w->start) % w->granule ||
		    ext->size % w->granule)
			fault(w, "an extent is not whole granules");
		if (ext->free && was_free)
			fault(w, "two free extents are neighbours");
		for (n = 0; n < ext->size / w->granule; n++)
			if (w->taken[(addr - w->start) / w->granule + n] ==
			    ext->free)
				fault(w, "taken and free disagree");
		was_free = ext->free;
		taken += !ext->free;
		free_extents += ext->free;
		addr += ext->size;
	}
	if (addr - w->start != w->granules * w->granule ||
	    w->space.total != w->granules * w->granule)
		fault(w, "the space has another size");
	if (w->space.taken != taken || w->space.used != count_taken(w))
		fault(w, "the sums are wrong");
	check_tree(w, free_extents);
}

static void world_init(struct world *w, u64 start, u64 granules, u64 granule)
{
	memset(w, 0, sizeof(*w));
	w->start = start;
	w->granules = granules;
	w->granule = granule;
	rstmem_space_init(&w->space, malloc(sizeof(struct rstmem_extent)),
			  start, granules * granule, granule);
	check_world(w);
}

static struct rstmem_extent *take(struct world *w, u64 granules, u64 align)
{
	struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES], *ext;
	u64 n, first;
	int s;

	for (s = 0; s < RSTMEM_EXTENT_SPARES; s++)
		spares[s] = malloc(sizeof(struct rstmem_extent));
	ext = rstmem_extent_take(&w->space, granules * w->granule, align,
				 spares);
	for (s = 0; s < RSTMEM_EXTENT_SPARES; s++)
		free(spares[s]);

	if (ext) {
		first = (ext->start - w->start) / w->granule;
		if (ext->size != granules * w->granule)
			fault(w, "took another size than asked for");
		if (align && ext->start % align)
			fault(w, "took an unaligned extent");
		if (ext->start < w->start ||
		    first + granules > w->granules)
			fault(w, "took what is not in the space");
		else
			for (n = first; n < first + granules; n++) {
				if (w->taken[n])
					fault(w, "took what was taken");
				w->taken[n] = true;
			}
	}
	check_world(w);
	return ext;
}

static void give(struct world *w, struct rstmem_extent *ext)
{
	struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES] = { NULL };
	u64 n;
	int s;

	for (n = 0; n < ext->size / w->granule; n++)
		w->taken[(ext->start - w->start) / w->granule + n] = false;
	rstmem_extent_give(&w->space, ext, spares);
	for (s = 0; s < RSTMEM_EXTENT_SPARES; s++)
		free(spares[s]);
	check_world(w);
}

/* Ends a case: frees the world, reports. */
static void world_end(struct world *w, const char *name)
{
	struct list_head *pos, *next;

	for (pos = w->space.by_addr.next; pos != &w->space.by_addr; pos = next) {
		next = pos->next;
		free(container_of(pos, struct rstmem_extent, by_addr));
	}
	if (w->fault)
		ktap_note("%s", w->fault);
	ktap(!w->fault, "extent: %s", name);
}

static void expect(struct world *w, bool ok, const char *what)
{
	if (!ok)
		fault(w, what);
}

static void test_whole(u64 start, const char *name)
{
	struct rstmem_extent *ext;
	struct world w;

	world_init(&w, start, 16, GRANULE);
	ext = take(&w, 16, 0);
	expect(&w, ext && ext->start == start, "the whole space is not there");
	expect(&w, !take(&w, 1, 0), "a full space gave something");
	expect(&w, !rstmem_space_largest_free(&w.space), "something is free");
	give(&w, ext);
	ext = take(&w, 16, 0);
	expect(&w, ext, "the whole space did not come back");
	give(&w, ext);
	expect(&w, !take(&w, 17, 0), "gave more than there is");
	world_end(&w, name);
}

static void test_merge(void)
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
			ext[n] = take(&w, 3, 0);
		for (n = 0; n < 3; n++)
			give(&w, ext[orders[o][n]]);
		expect(&w, rstmem_space_largest_free(&w.space) == 9 * GRANULE,
		       "what came back was not merged");
		world_end(&w, "gives back in any order and merges");
	}
}

static void test_best_fit(void)
{
	struct rstmem_extent *a, *b, *c, *d, *e;
	struct world w;
	u64 start;

	world_init(&w, 0, 64, GRANULE);
	a = take(&w, 8, 0);
	b = take(&w, 1, 0);
	c = take(&w, 4, 0);
	d = take(&w, 1, 0);
	expect(&w, a && b && c && d, "no room");
	start = c->start;
	give(&w, a);
	give(&w, c);
	/* Free now: 8, 4 and the large rest. */
	e = take(&w, 4, 0);
	expect(&w, e->start == start, "did not take the hole that fits");
	give(&w, e);
	e = take(&w, 3, 0);
	expect(&w, e->start == start, "did not take the smallest hole");
	give(&w, e);
	e = take(&w, 5, 0);
	expect(&w, e->start == 0, "did not take the next larger hole");
	give(&w, e);
	expect(&w, rstmem_space_largest_free(&w.space) == 50 * GRANULE,
	       "the large rest was cut");
	give(&w, b);
	give(&w, d);
	world_end(&w, "takes the smallest hole that fits");
}

static void test_lowest(void)
{
	struct rstmem_extent *ext[8], *again;
	struct world w;
	int n;

	world_init(&w, 0, 16, GRANULE);
	for (n = 0; n < 8; n++)
		ext[n] = take(&w, 2, 0);
	for (n = 6; n >= 0; n -= 2)
		give(&w, ext[n]);
	again = take(&w, 2, 0);
	expect(&w, again->start == 0, "of equal holes, not the lowest");
	world_end(&w, "of equal holes takes the lowest");
}

static void test_align(void)
{
	struct rstmem_extent *a, *b;
	struct world w;

	world_init(&w, 3 * GRANULE, 40, GRANULE);
	a = take(&w, 2, 8 * GRANULE);
	expect(&w, a && a->start == 8 * GRANULE, "not the first aligned");
	b = take(&w, 5, 0);
	expect(&w, b && b->start == 3 * GRANULE, "the gap before is lost");
	give(&w, a);
	give(&w, b);
	a = take(&w, 8, 16 * GRANULE);
	expect(&w, a && a->start == 16 * GRANULE, "not the first aligned");
	give(&w, a);
	expect(&w, !take(&w, 40, 8 * GRANULE), "aligned, but it cannot fit");
	expect(&w, !take(&w, 1, 64 * GRANULE), "aligned beyond the end");
	expect(&w, !take(&w, 1, 1ULL << 63), "aligned beyond everything");
	a = take(&w, 1, 1);
	expect(&w, a && !(a->start % GRANULE), "alignment below the granule");
	world_end(&w, "honours alignment");
}

static void test_align_later_hole(void)
{
	struct rstmem_extent *hold[3], *ext;
	struct world w;

	/* Holes at 1..5 (the better fit, unaligned) and 8..15. */
	world_init(&w, 0, 16, GRANULE);
	hold[0] = take(&w, 1, 0);
	hold[1] = take(&w, 4, 0);
	hold[2] = take(&w, 3, 0);
	give(&w, hold[1]);
	ext = take(&w, 4, 8 * GRANULE);
	expect(&w, ext && ext->start == 8 * GRANULE,
	       "gave up at the best fit, which is not aligned");
	world_end(&w, "looks past holes that alignment spoils");
}

static void test_granule(void)
{
	struct rstmem_extent *ext;
	struct world w;

	world_init(&w, 1ULL << 32, 32, 65536);
	ext = take(&w, 1, 4096);
	expect(&w, ext && ext->start == 1ULL << 32, "not at the start");
	ext = take(&w, 3, 0);
	expect(&w, ext && ext->start == (1ULL << 32) + 65536, "not next to it");
	world_end(&w, "works in granules of 64 KiB");
}

static void test_top(void)
{
	struct rstmem_extent *ext;
	struct world w;

	/* Up to the very last address: nothing may wrap to 0. */
	world_init(&w, -8 * GRANULE, 8, GRANULE);
	ext = take(&w, 8, 0);
	expect(&w, ext && ext->start == -8 * GRANULE, "no room");
	give(&w, ext);
	expect(&w, !take(&w, 8, 16 * GRANULE), "aligned past the last address");
	world_end(&w, "works at the end of the address space");
}

static void test_random(unsigned int seed)
{
	struct rstmem_extent *held[MAX_GRANULES];
	unsigned int nr = 0, step;
	struct world w;
	char name[64];

	srand(seed);
	world_init(&w, (u64)(rand() % 100) * GRANULE, MAX_GRANULES, GRANULE);
	for (step = 0; step < 20000 && !w.fault; step++) {
		/* In long waves, so that it is full and empty at times. */
		bool grow = rand() % 100 < ((step / 2000) % 2 ? 30 : 70);

		if (grow && nr < MAX_GRANULES) {
			u64 align = rand() % 4 ? 0 : GRANULE << rand() % 7;

			held[nr] = take(&w, 1 + rand() % (1 << rand() % 7),
					align);
			if (held[nr])
				nr++;
		} else if (nr) {
			unsigned int n = rand() % nr;

			give(&w, held[n]);
			held[n] = held[--nr];
		}
	}
	while (nr)
		give(&w, held[--nr]);
	expect(&w, rstmem_space_largest_free(&w.space) ==
	       MAX_GRANULES * GRANULE, "something was lost");
	snprintf(name, sizeof(name), "20000 random steps, seed %u", seed);
	world_end(&w, name);
}

int main(void)
{
	unsigned int seed;

	ktap_start();
	test_whole(0, "takes and gives all, from address 0");
	test_whole(GRANULE, "takes and gives all");
	test_whole(1ULL << 40, "takes and gives all, beyond 4 GiB");
	test_merge();
	test_best_fit();
	test_lowest();
	test_align();
	test_align_later_hole();
	test_granule();
	test_top();
	for (seed = 1; seed <= 8; seed++)
		test_random(seed);
	return ktap_end();
}
