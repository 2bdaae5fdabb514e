/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem_heap.ko: dma-heaps whose allocator may come and go.
 *
 * The dma-heap framework cannot take a heap away, so the code behind a heap can never
 * be unloaded. This module is that code. A heap, once added, stays. While no
 * allocator is connected to it, allocations fail with ENODEV.
 */
#ifndef _RSTMEM_HEAP_NODE_H
#define _RSTMEM_HEAP_NODE_H

#include <linux/types.h>

struct dma_buf;
struct module;

/**
 * struct rstmem_heap_ops - an allocator behind a heap
 * @owner:	its module, pinned during allocations
 * @name:	of the heap and, in /dev/dma_heap, of its node; copied
 * @allocate:	returns a dma-buf or ERR_PTR. @size is not 0 and a multiple of
 *		PAGE_SIZE, @file_flags are O_CLOEXEC and an access mode at most.
 *		May sleep; called with no lock held, several at a time.
 *
 * The allocator embeds it in static memory, and finds itself by it.
 */
struct rstmem_heap_ops {
	struct module *owner;
	const char *name;
	struct dma_buf *(*allocate)(const struct rstmem_heap_ops *ops,
				    size_t size, unsigned int file_flags);
};

int rstmem_heap_connect(const struct rstmem_heap_ops *ops);
void rstmem_heap_disconnect(const struct rstmem_heap_ops *ops);

#endif /* _RSTMEM_HEAP_NODE_H */
