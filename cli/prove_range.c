// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's list of physical ranges, /proc/iomem. A range that lies within another one
 * follows it, and is indented.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "prove.h"

struct range {
	uint64_t start, end;
	char name[64];
};

/*
 * Call @fn for each range until it returns true. Return: that, or false at the end. For other
 * users than root all addresses are 0.
 */
static bool each_range(bool (*fn)(const struct range *range, void *arg), void *arg)
{
	FILE *f = fopen("/proc/iomem", "re");
	struct range range;
	bool done = false;
	char line[256];

	if (!f)
		return false;
	while (!done && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63[^\n]", &range.start,
			   &range.end, range.name) == 3)
			done = fn(&range, arg);
	}
	fclose(f);
	return done;
}

struct search {
	uint64_t addr;
	const char *name;
	struct range found;
};

static bool is_named(const struct range *range, void *arg)
{
	struct search *search = arg;

	if (search->addr < range->start || search->addr > range->end ||
	    strcmp(range->name, search->name))
		return false;
	search->found = *range;
	return true;
}

/* Return: true when @addr is within a range of that name; @start and @end may be NULL. */
bool range_of(uint64_t addr, const char *name, uint64_t *start, uint64_t *end)
{
	struct search search = { .addr = addr, .name = name };

	if (!each_range(is_named, &search))
		return false;
	if (start)
		*start = search.found.start;
	if (end)
		*end = search.found.end;
	return true;
}

/* The innermost range is the last one that has the address. */
static bool remember(const struct range *range, void *arg)
{
	struct search *search = arg;

	if (search->addr >= range->start && search->addr <= range->end)
		search->found = *range;
	return false;
}

/*
 * Return: true when the kernel knows something else than memory there. Loads from registers may
 * have effects.
 */
bool range_is_device(uint64_t addr)
{
	static const char *const memory[] = {
		RANGE_RAM, RANGE_CLAIM, "reserved", "Reserved", "System ROM",
	};
	struct search search = { .addr = addr };
	size_t i;

	each_range(remember, &search);
	if (!*search.found.name || range_of(addr, RANGE_RAM, NULL, NULL))
		return false;
	for (i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
		if (!strcmp(search.found.name, memory[i]))
			return false;
	}
	return true;
}

static bool has_name(const struct range *range, void *arg)
{
	struct search *search = arg;

	search->found = *range;
	return !strcmp(range->name, search->name);
}

/* Return: true, and where the first range of that name begins, when there is one. */
bool range_find(const char *name, uint64_t *start)
{
	struct search search = { .name = name };

	if (!each_range(has_name, &search))
		return false;
	*start = search.found.start;
	return true;
}
