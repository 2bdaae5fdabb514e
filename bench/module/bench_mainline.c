// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_mainline: the kernel's own protected dma-heap, to be measured.
 *
 * A TEE device without services registers a static pool of the kernel's. That
 * needs struct pages, so the range comes from CMA (cma= on the command line). Its
 * use case is the trusted user interface's: the heap of secure video is left to
 * rstmem.
 *
 * The kernel's dynamic pool is part of the driver for OP-TEE. It takes a chunk of memory
 * with its first buffer, and gives it back after the last. Both steps are measured here,
 * without the work of OP-TEE.
 *
 * Idle pools are there to be weighed. They start at the same address, which is all
 * that the kernel looks at, and nothing is ever allocated from them.
 */
#include <linux/cma.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/tee_core.h>
#include <linux/timex.h>

#include "bench.h"

static unsigned long size;
module_param(size, ulong, 0444);
MODULE_PARM_DESC(size, "bytes of the pool");

static unsigned long idle_size;
module_param(idle_size, ulong, 0444);
MODULE_PARM_DESC(idle_size, "bytes of an idle pool");

static unsigned int idle_count;
module_param(idle_count, uint, 0444);
MODULE_PARM_DESC(idle_count, "how many idle pools");

static unsigned long chunk_size;
module_param(chunk_size, ulong, 0444);
MODULE_PARM_DESC(chunk_size, "bytes of a chunk");

static unsigned long long chunk_take;
module_param(chunk_take, ullong, 0444);
MODULE_PARM_DESC(chunk_take, "what taking it took, read only");

static unsigned long long chunk_give;
module_param(chunk_give, ullong, 0444);
MODULE_PARM_DESC(chunk_give, "what giving it back took, read only");

static struct page *pages;
static struct tee_device *teedev;
static struct tee_protmem_pool **idle;

static void get_version(struct tee_device *tee,
			struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){ .impl_id = BENCH_MAINLINE_IMPL_ID };
}

static int context_open(struct tee_context *ctx)
{
	return 0;
}

static void context_release(struct tee_context *ctx)
{
}

static const struct tee_driver_ops driver_ops = {
	.get_version = get_version,
	.open = context_open,
	.release = context_release,
};

static const struct tee_desc desc = {
	.name = "bench_mainline",
	.ops = &driver_ops,
	.owner = THIS_MODULE,
};

static void idle_free(void)
{
	while (idle_count)
		if (idle[--idle_count])
			idle[idle_count]->ops->destroy_pool(idle[idle_count]);
	kfree(idle);
}

static int idle_alloc(void)
{
	unsigned int n;

	idle = kcalloc(idle_count, sizeof(*idle), GFP_KERNEL);
	if (!idle)
		return -ENOMEM;
	for (n = 0; n < idle_count; n++) {
		idle[n] = tee_protmem_static_pool_alloc(page_to_phys(pages),
							idle_size);
		if (IS_ERR(idle[n])) {
			int rc = PTR_ERR(idle[n]);

			idle_count = n;
			idle_free();
			return rc;
		}
	}
	return 0;
}

/* Takes a chunk and gives it back like drivers/tee/optee/protmem.c, but does not call OP-TEE. */
static int chunk_measure(void)
{
	struct tee_context *ctx;
	struct tee_shm *chunk;
	u64 begin;
	int rc;

	rc = dma_coerce_mask_and_coherent(&teedev->dev, DMA_BIT_MASK(64));
	if (rc)
		return rc;
	ctx = teedev_open(teedev);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	begin = get_cycles();
	chunk = tee_shm_alloc_dma_mem(ctx, chunk_size >> PAGE_SHIFT);
	chunk_take = get_cycles() - begin;
	if (!IS_ERR(chunk)) {
		begin = get_cycles();
		tee_shm_put(chunk);
		chunk_give = get_cycles() - begin;
	}
	teedev_close_context(ctx);
	return PTR_ERR_OR_ZERO(chunk);
}

static int __init mainline_init(void)
{
	struct tee_protmem_pool *pool;
	int rc;

	pages = cma_alloc(dev_get_cma_area(NULL), size >> PAGE_SHIFT, 0, false);
	if (!pages)
		return -ENOMEM;
	if (idle_count) {
		rc = idle_alloc();
		if (rc)
			goto err_free_pages;
		return 0;
	}
	pool = tee_protmem_static_pool_alloc(page_to_phys(pages), size);
	if (IS_ERR(pool)) {
		rc = PTR_ERR(pool);
		goto err_free_pages;
	}
	teedev = tee_device_alloc(&desc, NULL, NULL, NULL);
	if (IS_ERR(teedev)) {
		rc = PTR_ERR(teedev);
		goto err_free_pool;
	}
	rc = tee_device_register_dma_heap(teedev, TEE_DMA_HEAP_TRUSTED_UI,
					  pool);
	if (rc)
		goto err_unregister;
	rc = tee_device_register(teedev);
	if (!rc && chunk_size)
		rc = chunk_measure();
	if (rc) {
		/* The heap, and with it the pool, goes with its last buffer. */
		tee_device_put_all_dma_heaps(teedev);
		pool = NULL;
		goto err_unregister;
	}
	return 0;

err_unregister:
	tee_device_unregister(teedev);
err_free_pool:
	if (pool)
		pool->ops->destroy_pool(pool);
err_free_pages:
	cma_release(dev_get_cma_area(NULL), pages, size >> PAGE_SHIFT);
	return rc;
}

static void __exit mainline_exit(void)
{
	if (idle) {
		idle_free();
	} else {
		tee_device_put_all_dma_heaps(teedev);
		tee_device_unregister(teedev);
	}
	cma_release(dev_get_cma_area(NULL), pages, size >> PAGE_SHIFT);
}

module_init(mainline_init);
module_exit(mainline_exit);

MODULE_DESCRIPTION("The kernel's own protected dma-heap, to be measured");
MODULE_LICENSE("GPL");
