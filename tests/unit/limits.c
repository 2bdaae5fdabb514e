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
	{ "max allows every size",
	  { NONE, NONE, NONE, 0 }, { MOST, MOST, 0 }, MOST, true },

	{ "user_bytes allows bytes up to the limit",
	  { 100, NONE, NONE, 0 }, { 60, 1, NONE }, 40, true },
	{ "user_bytes refuses one byte over the limit",
	  { 100, NONE, NONE, 0 }, { 60, 1, NONE }, 41, false },
	{ "user_bytes refuses a size whose sum overflows",
	  { 100, NONE, NONE, 0 }, { 60, 1, NONE }, MOST, false },
	{ "user_bytes refuses when lowered below what is used",
	  { 100, NONE, NONE, 0 }, { 200, 1, NONE }, 1, false },
	{ "user_bytes of 0 refuses a byte",
	  { 0, NONE, NONE, 0 }, { 0, 0, NONE }, 1, false },
	{ "user_bytes, the largest, refuses a byte more",
	  { MOST, NONE, NONE, 0 }, { 1, 1, NONE }, MOST, false },
	{ "user_bytes, the largest, allows its last byte",
	  { MOST, NONE, NONE, 0 }, { 1, 1, NONE }, MOST - 1, true },

	{ "user_buffers allows a buffer below the limit",
	  { NONE, 3, NONE, 0 }, { 0, 2, NONE }, 1, true },
	{ "user_buffers refuses a buffer at the limit",
	  { NONE, 3, NONE, 0 }, { 0, 3, NONE }, 1, false },
	{ "user_buffers refuses a buffer over the limit",
	  { NONE, 3, NONE, 0 }, { 0, 4, NONE }, 1, false },
	{ "user_buffers of 0 refuses a buffer",
	  { NONE, 0, NONE, 0 }, { 0, 0, NONE }, 1, false },

	{ "buffer_bytes allows a buffer of the limit",
	  { NONE, NONE, 50, 0 }, { 0, 0, NONE }, 50, true },
	{ "buffer_bytes refuses a buffer one byte larger",
	  { NONE, NONE, 50, 0 }, { 0, 0, NONE }, 51, false },

	{ "reserve allows all but the reserve",
	  { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 70, true },
	{ "reserve refuses its first byte",
	  { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 71, false },
	{ "reserve refuses all free memory",
	  { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 100, false },
	{ "reserve leaves a size above the free memory to the pool",
	  { NONE, NONE, NONE, 30 }, { 0, 0, 100 }, 101, true },
	{ "reserve refuses when only the reserve is free",
	  { NONE, NONE, NONE, 30 }, { 0, 0, 20 }, 1, false },
	{ "reserve larger than the pool refuses a byte",
	  { NONE, NONE, NONE, MOST }, { 0, 0, 100 }, 1, false },
	{ "reserve allows every size when the free memory is unknown",
	  { NONE, NONE, NONE, 30 }, { 0, 0, NONE }, MOST, true },
	{ "reserve of 0 allows all free memory",
	  { NONE, NONE, NONE, 0 }, { 0, 0, 100 }, 100, true },

	{ "one exceeded limit of several refuses a buffer",
	  { 100, 3, 50, 30 }, { 10, 1, 60 }, 31, false },
	{ "all of several limits allow a buffer within each",
	  { 100, 3, 50, 30 }, { 10, 1, 60 }, 30, true },
};

static void test_limits(UNIT_ARG)
{
	size_t n;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++)
		ktap_eq(rstmem_limits_allow(&cases[n].limits, &cases[n].load,
					    cases[n].size), cases[n].allowed,
			"limits: %s", cases[n].name);
}

UNIT_SUITE(limits, UNIT_CASE(test_limits));
