// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions on ranges of memory, for elastic pools and backends.
 *
 * A device that is not coherent reads memory, not the CPU's caches. So clearing writes the
 * caches back, with the kernel's function for persistent memory. On an architecture
 * without this function, devices must be coherent.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/libnvdimm.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>

#include "memory.h"

/* The largest window to memory without a mapping. */
#define WINDOW		SZ_64K
/* Attempts to map a page when the window cannot be mapped. */
#define CLEAR_TRIES	10

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

/**
 * tee_rstmem_clear() - zero memory that the kernel does not use
 * @start:	physical address, a multiple of PAGE_SIZE
 * @size:	bytes, a multiple of PAGE_SIZE, not in use
 *
 * The CPU can reach the memory now. Devices see the zeros. May sleep.
 *
 * Return: 0, or -ENOMEM when part of the memory cannot be mapped and is not cleared.
 */
int tee_rstmem_clear(phys_addr_t start, u64 size)
{
	unsigned int tries;
	size_t n;
	void *va;

	for (; size; start += n, size -= n) {
		n = min_t(u64, size, WINDOW);
		va = memremap(start, n, MEMREMAP_WB);
		/* Without a mapping the memory is lost, so wait and try again. */
		for (tries = 0; !va && tries < CLEAR_TRIES; tries++) {
			if (tries)
				msleep(20);
			n = PAGE_SIZE;
			va = memremap(start, n, MEMREMAP_WB);
		}
		if (!va)
			return -ENOMEM;
		memset(va, 0, n);
		arch_wb_cache_pmem(va, n);
		/* Complete the write-backs before a device can be told to read. */
		wmb();
		memunmap(va);
		cond_resched();
	}
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_clear);
