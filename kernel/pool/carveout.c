// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carveouts: pools of a fixed range of physical memory.
 *
 * A carveout knows addresses only. It needs no struct pages, and nothing here maps
 * the memory. The range is claimed exclusively, which keeps other drivers and, with
 * CONFIG_STRICT_DEVMEM, /dev/mem away from it.
 */
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tee_rstmem.h>

#include "../core/buffer.h"
#include "../core/size.h"

/**
 * struct carveout - a pool of a fixed range
 * @pool:	the part that backends see
 * @paddr:	first byte; the claim in /proc/iomem starts here
 * @granule:	bytes; sizes of buffers are multiples
 * @lock:	guards @space
 * @space:	extents of the range
 */
struct carveout {
	struct tee_rstmem_pool pool;
	phys_addr_t paddr;
	u64 granule;
	spinlock_t lock;	/* guards space */
	struct rstmem_space space;
};

static struct carveout *to_carveout(struct tee_rstmem_pool *pool)
{
	return container_of(pool, struct carveout, pool);
}

static int carveout_op_alloc(struct tee_rstmem_pool *pool, struct tee_shm *shm,
			     size_t size)
{
	struct carveout *carveout = to_carveout(pool);
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;
	bool fits;

	if (!size || size & (carveout->granule - 1))
		return -EINVAL;

	spin_lock(&carveout->lock);
	fits = rstmem_extent_alloc(&carveout->space, ext, size);
	spin_unlock(&carveout->lock);
	if (!fits)
		return -ENOMEM;

	shm->paddr = ext->start;
	shm->size = ext->size;
	return 0;
}

static void carveout_op_free(struct tee_rstmem_pool *pool, struct tee_shm *shm)
{
	struct carveout *carveout = to_carveout(pool);
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;

	/* Not allocated, or freed before. */
	if (WARN_ON(!ext->size))
		return;

	spin_lock(&carveout->lock);
	rstmem_extent_free(&carveout->space, ext);
	ext->size = 0;
	spin_unlock(&carveout->lock);
}

static void carveout_op_usage(struct tee_rstmem_pool *pool,
			      struct tee_rstmem_usage *usage)
{
	struct carveout *carveout = to_carveout(pool);

	spin_lock(&carveout->lock);
	usage->granule = carveout->granule;
	usage->floor = carveout->space.total;
	usage->total = carveout->space.total;
	usage->most = carveout->space.total;
	usage->used = carveout->space.used;
	usage->largest_free = rstmem_space_largest_free(&carveout->space);
	usage->buffers = carveout->space.taken;
	spin_unlock(&carveout->lock);
}

static void carveout_op_destroy(struct tee_rstmem_pool *pool)
{
	struct carveout *carveout = to_carveout(pool);

	WARN_ON(carveout->space.taken);
	release_mem_region(carveout->paddr, carveout->space.total);
	kfree(carveout);
}

static const struct tee_rstmem_pool_ops carveout_ops = {
	.alloc = carveout_op_alloc,
	.free = carveout_op_free,
	.usage = carveout_op_usage,
	.destroy_pool = carveout_op_destroy,
};

/**
 * tee_rstmem_carveout_create() - make a pool of a fixed range
 * @paddr:	physical address of its first byte, a multiple of @granule; may be
 *		beyond 4 GiB and needs no struct pages. May be 0, but devices behind an
 *		IOMMU cannot map the buffer at address 0
 * @size:	bytes, a multiple of @granule
 * @granule:	the smallest unit that can be protected, bytes: a power of two,
 *		at least PAGE_SIZE; buffers are multiples of it and aligned to it
 *
 * Claims the range. May sleep. Destroyed with tee_rstmem_pool_free().
 *
 * Return: the pool, or ERR_PTR: -EINVAL for arguments that do not meet these conditions or
 * a range that ends beyond the address space, -EBUSY when part of the range is in use, for
 * example System RAM, -ENOMEM.
 */
struct tee_rstmem_pool *tee_rstmem_carveout_create(phys_addr_t paddr, u64 size,
						   u64 granule)
{
	phys_addr_t last = paddr + (size - 1);
	struct carveout *carveout;

	if (granule < PAGE_SIZE || !is_power_of_2(granule) || !size ||
	    (paddr | size) & (granule - 1) || last < paddr ||
	    last - paddr != size - 1 || last >> RSTMEM_ADDRESS_BITS)
		return ERR_PTR(-EINVAL);

	carveout = kzalloc(sizeof(*carveout), GFP_KERNEL);
	if (!carveout)
		return ERR_PTR(-ENOMEM);
	if (!request_mem_region_exclusive(paddr, size, "rstmem")) {
		kfree(carveout);
		return ERR_PTR(-EBUSY);
	}

	carveout->pool.ops = &carveout_ops;
	carveout->paddr = paddr;
	spin_lock_init(&carveout->lock);
	carveout->granule = granule;
	rstmem_space_init(&carveout->space, paddr, size);
	return &carveout->pool;
}
EXPORT_SYMBOL_GPL(tee_rstmem_carveout_create);
