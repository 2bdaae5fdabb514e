/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem_heap.ko: dma-heaps whose allocator may come and go.
 *
 * The dma-heap framework cannot remove a heap, so a module that adds heaps can never be
 * unloaded. Only this small module adds heaps, so the other modules can be unloaded.
 * Where compat/dma_heap.c replaces the framework, this module can be unloaded too.
 * Allocations fail with ENODEV while no allocator is connected to the heap.
 */
#ifndef _RSTMEM_HEAP_NODE_H
#define _RSTMEM_HEAP_NODE_H

#include <linux/types.h>

struct dma_buf;
struct module;

/**
 * struct rstmem_heap_ops - an allocator behind a heap
 * @owner:	its module, pinned during allocations
 * @name:	name of the heap and of its node in /dev/dma_heap; copied
 * @allocate:	returns a dma-buf or ERR_PTR. @size is not 0 and a multiple of
 *		PAGE_SIZE; @file_flags is an access mode, with O_CLOEXEC or without.
 *		May sleep. Called without a lock, also by several tasks at once.
 *
 * The allocator embeds this in a static structure, which it finds with container_of().
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
