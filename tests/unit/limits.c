// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the limits, as a table. */
#include "../../kernel/core/limits.h"
#include "unit.h"

#define NONE	RSTMEM_UNLIMITED
#define MOST	(NONE - 1)

static const struct {
	const char *name;
	struct rstmem_limits limits;
	struct rstmem_load load;
	u64 size;
	bool allowed;
} cases[] = {
	{ "no limit", { NONE, NONE, NONE, 0 }, { MOST, MOST, 0 }, MOST, true },

	{ "user's bytes, up to the limit", { 100, NONE, NONE, 0 },
	  { 60, 1, NONE }, 40, true },
	{ "one more", { 100, NONE, NONE, 0 }, { 60, 1, NONE }, 41, false },
	{ "the sum would overflow", { 100, NONE, NONE, 0 }, { 60, 1, NONE },
	  MOST, false },
	{ "over the limit already, which was lowered", { 100, NONE, NONE, 0 },
	  { 200, 1, NONE }, 1, false },
	{ "a limit of 0", { 0, NONE, NONE, 0 }, { 0, 0, NONE }, 1, false },
	{ "the largest limit that is one", { MOST, NONE, NONE, 0 },
	  { 1, 1, NONE }, MOST, false },
	{ "and just below it", { MOST, NONE, NONE, 0 }, { 1, 1, NONE }, MOST - 1,
	  true },

	{ "user's buffers, one below the limit", { NONE, 3, NONE, 0 },
	  { 0, 2, NONE }, 1, true },
	{ "at the limit", { NONE, 3, NONE, 0 }, { 0, 3, NONE }, 1, false },
	{ "beyond it", { NONE, 3, NONE, 0 }, { 0, 4, NONE }, 1, false },
	{ "no buffers at all", { NONE, 0, NONE, 0 }, { 0, 0, NONE }, 1, false },

	{ "the largest buffer", { NONE, NONE, 50, 0 }, { 0, 0, NONE }, 50,
	  true },
	{ "one byte larger", { NONE, NONE, 50, 0 }, { 0, 0, NONE }, 51, false },

	{ "leaves the reserve", { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 70,
	  true },
	{ "takes a byte of it", { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 71,
	  false },
	{ "takes all of it", { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 100,
	  false },
	{ "more than is free is the pool's affair", { NONE, NONE, NONE, 30 },
	  { 0, 0, 100 }, 101, true },
	{ "nothing but the reserve is left", { NONE, NONE, NONE, 30 },
	  { 0, 0, 20 }, 1, false },
	{ "a reserve larger than all", { NONE, NONE, NONE, MOST },
	  { 0, 0, 100 }, 1, false },
	{ "a reserve of what is not known", { NONE, NONE, NONE, 30 },
	  { 0, 0, NONE }, MOST, true },
	{ "no reserve", { NONE, NONE, NONE, 0 }, { 0, 0, 100 }, 100, true },

	{ "one limit of several", { 100, 3, 50, 30 }, { 10, 1, 60 }, 31,
	  false },
	{ "within all of them", { 100, 3, 50, 30 }, { 10, 1, 60 }, 30, true },
};

static void test_limits(UNIT_ARG)
{
	size_t n;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++)
		ktap_eq(rstmem_limits_allow(&cases[n].limits, &cases[n].load,
					    cases[n].size), cases[n].allowed,
			"%s", cases[n].name);
}

UNIT_SUITE(limits, UNIT_CASE(test_limits));
