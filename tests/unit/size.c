// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the size rules, as a table. */
#include "../../kernel/core/size.h"
#include "unit.h"

#define ADDRESS_MAX	(1ULL << RSTMEM_ADDRESS_BITS)
#define UNTOUCHED	0x1234567ULL

static const struct {
	const char *name;
	u64 size, granule, max, rounded;
	int rc;
} cases[] = {
	{ "0", 0, 4096, ADDRESS_MAX, 0, -EINVAL },
	{ "1", 1, 4096, ADDRESS_MAX, 4096, 0 },
	{ "one less than a granule", 4095, 4096, ADDRESS_MAX, 4096, 0 },
	{ "a granule", 4096, 4096, ADDRESS_MAX, 4096, 0 },
	{ "one more than a granule", 4097, 4096, ADDRESS_MAX, 8192, 0 },
	{ "64 KiB granule", 65537, 65536, ADDRESS_MAX, 131072, 0 },
	{ "more than 32 bits", 0x100000001ULL, 4096, ADDRESS_MAX,
	  0x100001000ULL, 0 },
	{ "the maximum", ADDRESS_MAX, 4096, ADDRESS_MAX, ADDRESS_MAX, 0 },
	{ "just below the maximum", ADDRESS_MAX - 1, 4096, ADDRESS_MAX,
	  ADDRESS_MAX, 0 },
	{ "just above the maximum", ADDRESS_MAX + 1, 4096, ADDRESS_MAX, 0,
	  -EINVAL },
	{ "UINT64_MAX overflows", UINT64_MAX, 4096, UINT64_MAX, 0, -EINVAL },
	{ "UINT64_MAX - 4094 overflows", UINT64_MAX - 4094, 4096, UINT64_MAX, 0,
	  -EINVAL },
	{ "UINT64_MAX - 4095 does not, but is too large", UINT64_MAX - 4095,
	  4096, ADDRESS_MAX, 0, -EINVAL },
	{ "nor when nothing is", UINT64_MAX - 4095, 4096, UINT64_MAX,
	  UINT64_MAX - 4095, 0 },
	{ "32-bit kernel, fits", 0xfffff000, 4096, 0xfffff000, 0xfffff000, 0 },
	{ "32-bit kernel, rounds beyond", 0xfffff001, 4096, 0xfffff000, 0,
	  -EINVAL },
	{ "32-bit kernel, would be cut", 0x100001000ULL, 4096, 0xfffff000, 0,
	  -EINVAL },
};

static void test_size(UNIT_ARG)
{
	size_t n;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		u64 rounded = UNTOUCHED;
		int rc = rstmem_size_round(cases[n].size, cases[n].granule,
					   cases[n].max, &rounded);

		ktap(rc == cases[n].rc &&
		     rounded == (rc ? UNTOUCHED : cases[n].rounded),
		     "size: %s", cases[n].name);
	}
}

UNIT_SUITE(size, UNIT_CASE(test_size));
