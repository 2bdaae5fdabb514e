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
	{ "0 is refused", 0, 4096, ADDRESS_MAX, 0, -EINVAL },
	{ "1 rounds up to a granule", 1, 4096, ADDRESS_MAX, 4096, 0 },
	{ "a granule less 1 rounds up to a granule",
	  4095, 4096, ADDRESS_MAX, 4096, 0 },
	{ "a granule stays", 4096, 4096, ADDRESS_MAX, 4096, 0 },
	{ "a granule and 1 round up to two", 4097, 4096, ADDRESS_MAX, 8192, 0 },
	{ "64 KiB and 1 round up to two granules of 64 KiB",
	  65537, 65536, ADDRESS_MAX, 131072, 0 },
	{ "4 GiB and 1 are rounded without loss",
	  0x100000001ULL, 4096, ADDRESS_MAX, 0x100001000ULL, 0 },
	{ "the maximum stays", ADDRESS_MAX, 4096, ADDRESS_MAX, ADDRESS_MAX, 0 },
	{ "the maximum less 1 rounds up to it",
	  ADDRESS_MAX - 1, 4096, ADDRESS_MAX, ADDRESS_MAX, 0 },
	{ "the maximum and 1 are refused",
	  ADDRESS_MAX + 1, 4096, ADDRESS_MAX, 0, -EINVAL },
	{ "UINT64_MAX overflows and is refused",
	  UINT64_MAX, 4096, UINT64_MAX, 0, -EINVAL },
	{ "UINT64_MAX - 4094 overflows and is refused",
	  UINT64_MAX - 4094, 4096, UINT64_MAX, 0, -EINVAL },
	{ "UINT64_MAX - 4095 is above the maximum and refused",
	  UINT64_MAX - 4095, 4096, ADDRESS_MAX, 0, -EINVAL },
	{ "UINT64_MAX - 4095 stays without a maximum",
	  UINT64_MAX - 4095, 4096, UINT64_MAX, UINT64_MAX - 4095, 0 },
	{ "the maximum of a 32-bit kernel stays",
	  0xfffff000, 4096, 0xfffff000, 0xfffff000, 0 },
	{ "a size that rounds above 32 bits is refused on a 32-bit kernel",
	  0xfffff001, 4096, 0xfffff000, 0, -EINVAL },
	{ "a size above 32 bits is refused on a 32-bit kernel",
	  0x100001000ULL, 4096, 0xfffff000, 0, -EINVAL },
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
