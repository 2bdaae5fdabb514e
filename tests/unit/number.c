// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of numbers, against a table of what is in use. */
#include "../../kernel/core/number.h"
#include "unit.h"

#define FIRST	1000
#define MOST	64

struct world {
	struct rstmem_numbers numbers;
	struct rstmem_number number[MOST];
	bool used[MOST];	/* by value */
	bool held[MOST];	/* by place in @number */
	int count;
	const char *fault;
};

static void fault(struct world *w, const char *what)
{
	if (!w->fault)
		w->fault = what;
}

static void check(struct world *w)
{
	struct hlist_node *pos;
	int last = 0, count = 0;

	for (pos = w->numbers.list.first; pos; pos = pos->next) {
		int value = hlist_entry(pos, struct rstmem_number, node)->value;

		if (value <= last)
			fault(w, "out of order");
		if (value < FIRST || value >= FIRST + w->count)
			fault(w, "out of range");
		else if (!w->used[value - FIRST])
			fault(w, "nobody has it");
		last = value;
		count++;
	}
	for (int n = 0; n < MOST; n++)
		count -= w->used[n];
	if (count)
		fault(w, "one is missing");
}

static void world_init(struct world *w, int count)
{
	memset(w, 0, sizeof(*w));
	w->count = count;
	rstmem_numbers_init(&w->numbers, FIRST, FIRST + count - 1);
}

static int take(struct world *w, int n)
{
	int value;

	rstmem_number_take(&w->numbers, &w->number[n]);
	value = w->number[n].value;
	if (value < FIRST || value >= FIRST + w->count || w->used[value - FIRST])
		fault(w, "somebody has it");
	else
		w->used[value - FIRST] = true;
	w->held[n] = true;
	check(w);
	return value;
}

static void give(struct world *w, int n)
{
	w->used[w->number[n].value - FIRST] = false;
	w->held[n] = false;
	rstmem_number_give(&w->numbers, &w->number[n]);
	check(w);
}

static void world_end(struct world *w, const char *name)
{
	if (w->fault)
		ktap_note("%s", w->fault);
	ktap(!w->fault, "number: %s", name);
}

static void test_turn(UNIT_ARG)
{
	struct world w;
	int n;

	world_init(&w, 8);
	for (n = 0; n < 20; n++) {
		if (take(&w, 0) != FIRST + n % 8)
			fault(&w, "not in turn");
		give(&w, 0);
	}
	world_end(&w, "one comes back last");
}

static void test_full(UNIT_ARG)
{
	struct world w;
	int n, round;

	world_init(&w, 8);
	for (n = 0; n < 7; n++)
		take(&w, n);
	for (round = 0; round < 30; round++) {
		int gone = round * 3 % 7;

		take(&w, 7);
		give(&w, gone);
		take(&w, gone);
		give(&w, 7);
	}
	world_end(&w, "the only one that is free is found");
}

static void random_steps(unsigned int seed)
{
	char name[32];
	struct world w;
	int step, n;

	unit_seed(seed);
	world_init(&w, MOST);
	for (step = 0; step < 20000; step++) {
		n = unit_random() % (MOST - 1);
		if (w.held[n])
			give(&w, n);
		else
			take(&w, n);
	}
	snprintf(name, sizeof(name), "20000 random steps, seed %u", seed);
	world_end(&w, name);
}

static void test_random(UNIT_ARG)
{
	unsigned int seed;

	for (seed = 1; seed <= 4; seed++)
		random_steps(seed);
}

UNIT_SUITE(number, UNIT_CASE(test_turn), UNIT_CASE(test_full),
	   UNIT_CASE(test_random));
