// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dma-heap front end: a heap for each use case that has a name. The heap works while
 * a device offers the use case, and allocates from the first such device.
 */
#define pr_fmt(fmt) "rstmem: " fmt

#include <linux/bits.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/tee_rstmem.h>

#include "../core/buffer.h"
#include "../core/dmabuf.h"
#include "../heap_node/heap_node.h"
#include "heap.h"

/**
 * struct use_case_heap - the heap of a use case
 * @ops:	the allocator for the heap node
 * @name:	name of the heap
 * @devices:	number of devices that offer the use case
 * @connected:	the node has @ops
 */
struct use_case_heap {
	struct rstmem_heap_ops ops;
	char name[48];
	unsigned int devices;
	bool connected;
};

static DEFINE_MUTEX(heaps_lock);	/* guards heaps */
static struct use_case_heap heaps[TEE_IOC_UC_MAX + 1];

static struct dma_buf *heap_op_allocate(const struct rstmem_heap_ops *ops,
					size_t size, unsigned int file_flags)
{
	const struct rstmem_request req = {
		.use_case = container_of_const(ops, struct use_case_heap, ops) - heaps,
		.size = size,
		.for_user = true,
	};

	return rstmem_dmabuf_create(NULL, &req, file_flags);
}

static void heap_connect(struct use_case_heap *heap, const char *use_case)
{
	int rc;

	/* The name of mainline's heap. */
	snprintf(heap->name, sizeof(heap->name), "protected,%s", use_case);
	heap->ops.owner = THIS_MODULE;
	heap->ops.name = heap->name;
	heap->ops.allocate = heap_op_allocate;
	rc = rstmem_heap_connect(&heap->ops);
	heap->connected = !rc;
	if (rc == -EEXIST)
		pr_notice("the kernel has a dma-heap \"%s\" already, so there is none of that name here; TEE devices serve the use case\n",
			  heap->name);
	else if (rc)
		pr_warn("no dma-heap \"%s\": error %d; TEE devices serve the use case\n",
			heap->name, rc);
}

/**
 * rstmem_heap_plug() - count a device that offers use cases
 * @use_cases:	bit N: use case N
 *
 * Connects the heap of a use case when the first device offers it. If a heap cannot be
 * added, the device works without the heap, and the log says why. May sleep.
 */
void rstmem_heap_plug(u64 use_cases)
{
	const char *name;
	u32 uc;

	mutex_lock(&heaps_lock);
	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		name = tee_rstmem_use_case_name(uc);
		if (name && use_cases & BIT_ULL(uc) && !heaps[uc].devices++)
			heap_connect(&heaps[uc], name);
	}
	mutex_unlock(&heaps_lock);
}

/**
 * rstmem_heap_unplug() - undo rstmem_heap_plug()
 * @use_cases:	as given to rstmem_heap_plug()
 *
 * Disconnects the heap of a use case when the last device that offers it goes. May sleep.
 */
void rstmem_heap_unplug(u64 use_cases)
{
	u32 uc;

	mutex_lock(&heaps_lock);
	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		if (!tee_rstmem_use_case_name(uc) || !(use_cases & BIT_ULL(uc)) ||
		    --heaps[uc].devices || !heaps[uc].connected)
			continue;
		rstmem_heap_disconnect(&heaps[uc].ops);
		heaps[uc].connected = false;
	}
	mutex_unlock(&heaps_lock);
}
