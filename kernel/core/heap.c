// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dma-heap front end: a heap for each use case that has a name, served as
 * long as some device offers it. Like callers inside the kernel it allocates
 * from the first device that does.
 */
#define pr_fmt(fmt) "rstmem: " fmt

#include <linux/bits.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/tee_rstmem.h>

#include "../heap/node.h"
#include "buffer.h"
#include "dmabuf.h"
#include "heap.h"
#include "use_case.h"

/**
 * struct front - the heap of a use case
 * @source:	what the heap node calls
 * @devices:	how many offer the use case, guarded by fronts_lock
 * @connected:	the node has @source, guarded by fronts_lock
 */
struct front {
	struct rstmem_heap_source source;
	unsigned int devices;
	bool connected;
};

static DEFINE_MUTEX(fronts_lock);	/* guards the two members of each */
static struct front fronts[TEE_IOC_UC_MAX + 1];

static struct dma_buf *front_allocate(const struct rstmem_heap_source *source,
				      size_t size, unsigned int file_flags)
{
	const struct front *front =
		container_of_const(source, struct front, source);
	const struct rstmem_request req = {
		.use_case = front - fronts,
		.size = size,
		.file_flags = file_flags,
		.for_user = true,
	};
	struct tee_rstmem_device *rdev;

	rdev = rstmem_device_find(NULL, req.use_case);
	/* The last one is about to go, and the source with it. */
	return IS_ERR(rdev) ? ERR_PTR(-ENODEV) : rstmem_dmabuf_create(rdev, &req);
}

static void front_connect(struct front *front, const char *name)
{
	int rc;

	front->source.name = name;
	front->source.allocate = front_allocate;
	rc = rstmem_heap_connect(&front->source);
	front->connected = !rc;
	if (rc == -EEXIST)
		pr_notice("the kernel has a dma-heap \"%s\" already, so there is none of that name here; TEE devices serve the use case\n",
			  name);
	else if (rc)
		pr_warn("no dma-heap \"%s\": error %d; TEE devices serve the use case\n",
			name, rc);
}

/**
 * rstmem_heap_start() - a device offers use cases
 * @use_cases:	bit N: use case N
 *
 * Not being able to is no failure of the device's; the log says why. May sleep.
 */
void rstmem_heap_start(u64 use_cases)
{
	const char *name;
	u32 uc;

	mutex_lock(&fronts_lock);
	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		name = rstmem_use_case_heap(uc);
		if (name && use_cases & BIT_ULL(uc) && !fronts[uc].devices++)
			front_connect(&fronts[uc], name);
	}
	mutex_unlock(&fronts_lock);
}

/**
 * rstmem_heap_stop() - a device no longer offers them
 * @use_cases:	as given to rstmem_heap_start()
 *
 * Waits for allocations under way when it is the last device. May sleep.
 */
void rstmem_heap_stop(u64 use_cases)
{
	u32 uc;

	mutex_lock(&fronts_lock);
	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		if (!rstmem_use_case_heap(uc) || !(use_cases & BIT_ULL(uc)) ||
		    --fronts[uc].devices || !fronts[uc].connected)
			continue;
		rstmem_heap_disconnect(&fronts[uc].source);
		fronts[uc].connected = false;
	}
	mutex_unlock(&fronts_lock);
}
