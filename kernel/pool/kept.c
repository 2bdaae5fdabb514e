// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source of memory: the kernel's allocation of a range by its address.
 *
 * The kernel keeps its mapping and the page structures of a range that was taken. So this
 * is only for TEEs whose firewall holds although the CPU has a mapping. STRICT_DEVMEM
 * keeps /dev/mem away from the range, since it is System RAM all the time.
 */
#include <linux/gfp.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "../compat/contig.h"
#include "memory.h"

static u64 kept_unit(void)
{
	return (u64)pageblock_nr_pages << PAGE_SHIFT;
}

static enum rstmem_memory kept_at(u64 start, u64 size)
{
	u64 at;

	for (at = start; at < start + size; at += kept_unit())
		if (!pfn_to_online_page(PHYS_PFN(at)))
			return RSTMEM_MEMORY_OTHER;
	return RSTMEM_MEMORY_BOOT_RAM;
}

/* kept_at() reports no range as absent, so no range can be claimed. */
static bool kept_claim(u64 start, u64 size)
{
	return false;
}

static void kept_unclaim(u64 start, u64 size)
{
}

static int kept_take(u64 start, u64 size)
{
	return alloc_contig_range(PHYS_PFN(start), PHYS_PFN(start + size), ACR_FLAGS_NONE,
				  GFP_KERNEL | __GFP_NOWARN);
}

static int kept_give(u64 start, u64 size)
{
	free_contig_range(PHYS_PFN(start), PHYS_PFN(size));
	return 0;
}

/* The zone of boot RAM does not change. */
static void *kept_guard(u64 start, u64 size)
{
	return NULL;
}

static void kept_unguard(void *guard)
{
}

const struct rstmem_source rstmem_kept = {
	.unit = kept_unit,
	.at = kept_at,
	.claim = kept_claim,
	.unclaim = kept_unclaim,
	.take = kept_take,
	.give = kept_give,
	.keep_movable = kept_guard,
	.end_keep = kept_unguard,
};
