/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem_heap.ko: dma-heaps whose allocator may come and go.
 *
 * The dma-heap framework has no way to take a heap away, so code that stands
 * behind one can never be unloaded. This module stands there instead. A heap, once
 * added, stays; while nothing is connected to it, allocations fail with ENODEV.
 */
#ifndef _RSTMEM_HEAP_NODE_H
#define _RSTMEM_HEAP_NODE_H

#include <linux/srcu.h>
#include <linux/types.h>

struct dma_buf;

/**
 * struct rstmem_heap_source - what allocates for a heap
 * @name:	of the heap and, in /dev/dma_heap, of its node; copied
 * @allocate:	returns a dma-buf or ERR_PTR. @size is not 0 and a multiple of
 *		PAGE_SIZE, @file_flags are O_CLOEXEC and an access mode at most.
 *		May sleep; called under rstmem_calls, with no lock held, several at
 *		a time.
 */
struct rstmem_heap_source {
	const char *name;
	struct dma_buf *(*allocate)(const struct rstmem_heap_source *source,
				    size_t size, unsigned int file_flags);
};

/*
 * Allocations under way, through a heap or not, which removal must wait for. It is
 * here so that one section serves a heap's source and what that looks up.
 */
extern struct srcu_struct rstmem_calls;

int rstmem_heap_connect(const struct rstmem_heap_source *source);
void rstmem_heap_disconnect(const struct rstmem_heap_source *source);

#endif /* _RSTMEM_HEAP_NODE_H */
