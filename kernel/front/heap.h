/* SPDX-License-Identifier: GPL-2.0-only */
/* The dma-heap front end. */
#ifndef _RSTMEM_HEAP_H
#define _RSTMEM_HEAP_H

#include <linux/types.h>

void rstmem_heap_plug(u64 use_cases);
void rstmem_heap_unplug(u64 use_cases);

#endif /* _RSTMEM_HEAP_H */
