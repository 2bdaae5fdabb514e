// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools of a fixed range of physical memory: carveouts.
 *
 * A pool knows addresses only. It needs no struct page, and nothing here maps
 * the memory. The range is claimed exclusively, which keeps other drivers and,
 * with CONFIG_STRICT_DEVMEM, /dev/mem away from it.
 */
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tee_rstmem.h>

#include "buffer.h"
#include "extent.h"
#include "size.h"

/**
 * struct rstmem_gen_pool - a carveout
 * @lock:	guards @space, whose members are placed for what is before them
 * @space:	extents of the range
 * @pool:	what backends see
 * @paddr:	its first byte; the claim in /proc/iomem starts here
 */
struct rstmem_gen_pool {
	spinlock_t lock;	/* guards space */
	struct rstmem_space space;
	struct tee_rstmem_pool pool;
	phys_addr_t paddr;
} ____cacheline_aligned_in_smp;

static struct rstmem_gen_pool *to_gen_pool(struct tee_rstmem_pool *pool)
{
	return container_of(pool, struct rstmem_gen_pool, pool);
}

static int gen_pool_op_alloc(struct tee_rstmem_pool *pool, struct tee_shm *shm,
			     size_t size, size_t align)
{
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;
	struct rstmem_gen_pool *gp = to_gen_pool(pool);
	u64 rounded;
	bool taken;
	int rc;

	if (align & (align - 1))
		return -EINVAL;
	rc = rstmem_size_round(size, gp->space.granule, SIZE_MAX, &rounded);
	if (rc)
		return rc;

	spin_lock(&gp->lock);
	taken = rstmem_extent_take(&gp->space, ext, rounded, align);
	spin_unlock(&gp->lock);
	if (!taken)
		return -ENOMEM;

	shm->paddr = ext->start;
	shm->size = ext->size;
	return 0;
}

static void gen_pool_op_free(struct tee_rstmem_pool *pool, struct tee_shm *shm)
{
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;
	struct rstmem_gen_pool *gp = to_gen_pool(pool);

	/* Not taken, or given back before. */
	if (WARN_ON(!ext->size))
		return;

	spin_lock(&gp->lock);
	rstmem_extent_give(&gp->space, ext);
	spin_unlock(&gp->lock);
	ext->size = 0;
}

static void gen_pool_op_usage(struct tee_rstmem_pool *pool,
			      struct tee_rstmem_usage *usage)
{
	struct rstmem_gen_pool *gp = to_gen_pool(pool);

	spin_lock(&gp->lock);
	usage->granule = gp->space.granule;
	usage->total = gp->space.total;
	usage->used = gp->space.used;
	usage->largest_free = rstmem_space_largest_free(&gp->space);
	usage->buffers = gp->space.taken;
	spin_unlock(&gp->lock);
}

static void gen_pool_op_destroy(struct tee_rstmem_pool *pool)
{
	struct rstmem_gen_pool *gp = to_gen_pool(pool);

	WARN_ON(gp->space.taken);
	release_mem_region(gp->paddr, gp->space.total);
	kfree(gp);
}

static const struct tee_rstmem_pool_ops gen_pool_ops = {
	.alloc = gen_pool_op_alloc,
	.free = gen_pool_op_free,
	.usage = gen_pool_op_usage,
	.destroy_pool = gen_pool_op_destroy,
};

/**
 * tee_rstmem_gen_pool_create() - make a pool of a carveout
 * @paddr:	physical address of its first byte, a multiple of @granule; may
 *		be 0, may be beyond 4 GiB, needs no struct pages
 * @size:	bytes, a multiple of @granule
 * @granule:	the smallest unit that can be protected, bytes: a power of two,
 *		at least PAGE_SIZE; buffers are multiples of it and aligned to it
 * @align:	a coarser alignment that the backend will ask for, bytes: a power
 *		of two, or 0 for none. Others are honoured too, but an allocation
 *		may then fail unless there is more room by that alignment.
 *
 * Claims the range. May sleep. Destroyed with tee_rstmem_pool_free().
 *
 * Return: the pool, or ERR_PTR: -EINVAL for arguments that do not fit the
 * above or a range that ends beyond the address space, -EBUSY when any of the
 * range is in use (System RAM is), -ENOMEM.
 */
struct tee_rstmem_pool *tee_rstmem_gen_pool_create(phys_addr_t paddr, u64 size,
						   u64 granule, u64 align)
{
	phys_addr_t last = paddr + (size - 1);
	struct rstmem_gen_pool *gp;

	if (granule < PAGE_SIZE || !is_power_of_2(granule) || !size ||
	    align & (align - 1) || (paddr | size) & (granule - 1) || last < paddr ||
	    last - paddr != size - 1 || last >> RSTMEM_ADDRESS_BITS)
		return ERR_PTR(-EINVAL);

	gp = kzalloc(sizeof(*gp), GFP_KERNEL);
	if (!gp)
		return ERR_PTR(-ENOMEM);
	if (!request_mem_region_exclusive(paddr, size, "rstmem")) {
		kfree(gp);
		return ERR_PTR(-EBUSY);
	}

	gp->pool.ops = &gen_pool_ops;
	gp->paddr = paddr;
	spin_lock_init(&gp->lock);
	rstmem_space_init(&gp->space, paddr, size, granule, max(granule, align));
	return &gp->pool;
}
EXPORT_SYMBOL_GPL(tee_rstmem_gen_pool_create);
