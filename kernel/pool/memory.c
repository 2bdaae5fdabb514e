// SPDX-License-Identifier: GPL-2.0-only
/* What the sources of memory share. */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

#include "memory.h"

/**
 * rstmem_memory_busy() - count the pages of a range that are in use
 * @start:	physical address
 * @size:	bytes
 * @first:	out: physical address of the first of them, if there is one
 *
 * Return: number of pages, a snapshot.
 */
u64 rstmem_memory_busy(u64 start, u64 size, u64 *first)
{
	struct page *page;
	u64 at, busy = 0;

	for (at = start; at < start + size; at += PAGE_SIZE) {
		page = pfn_to_online_page(PHYS_PFN(at));
		if (!page || !page_count(page))
			continue;
		if (!busy++)
			*first = at;
	}
	return busy;
}
