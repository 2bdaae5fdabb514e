/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dma-heap framework, for kernels where a module cannot use it.
 *
 * dma_heap_add() and its like are for modules since 6.18 ("dma-buf: heaps:
 * export dma_heap_add() et al"), and a kernel may be built without them. Where
 * vmlinux does not export them (kernel/Kbuild asks its Module.symvers and defines
 * HAVE_DMA_HEAP), dma_heap.c implements what <linux/dma-heap.h> declares, with
 * nodes of its own that have the framework's ABI.
 *
 * The two do in addition what no kernel has: dma_heap_exists(), and
 * dma_heap_remove(), of which the framework is not capable.
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
