/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dma-heap framework, for kernels where a module cannot use it.
 *
 * Modules can call dma_heap_add() and its relatives since 6.18 ("dma-buf: dma-heap: export
 * declared functions"). A kernel may be built without them. kernel/Kbuild looks into
 * Module.symvers and defines HAVE_DMA_HEAP if vmlinux exports them. Otherwise dma_heap.c
 * implements <linux/dma-heap.h>, with nodes of its own that have the framework's ABI.
 *
 * dma_heap.c also has dma_heap_exists() and dma_heap_remove(), which no kernel has.
 */
#ifndef _RSTMEM_COMPAT_DMA_HEAP_H
#define _RSTMEM_COMPAT_DMA_HEAP_H

#include <linux/build_bug.h>
#include <linux/dma-heap.h>
#include <linux/types.h>

bool dma_heap_exists(const char *name);

#ifdef HAVE_DMA_HEAP

#define DMA_HEAP_CAN_REMOVE	0

static inline void dma_heap_remove(struct dma_heap *heap)
{
}

static inline int dma_heap_compat_init(void)
{
	return 0;
}

static inline void dma_heap_compat_exit(void)
{
}

#else

#define DMA_HEAP_CAN_REMOVE	1

void dma_heap_remove(struct dma_heap *heap);
int dma_heap_compat_init(void);
void dma_heap_compat_exit(void);

#endif

#endif /* _RSTMEM_COMPAT_DMA_HEAP_H */
