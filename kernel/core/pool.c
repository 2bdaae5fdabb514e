// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools of a fixed range of physical memory: carveouts.
 *
 * A pool knows addresses only. It needs no struct page, and nothing here maps
 * the memory. The range is claimed exclusively, which keeps other drivers and,
 * with CONFIG_STRICT_DEVMEM, /dev/mem away from it.
 */
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tee_rstmem.h>

#include "buffer.h"
#include "extent.h"
#include "pool.h"
#include "size.h"

/**
 * struct rstmem_gen_pool - a carveout
 * @pool:	what backends see
 * @paddr:	its first byte; the claim in /proc/iomem starts here
 * @lock:	guards @space
 * @space:	extents of the range
 */
struct rstmem_gen_pool {
	struct tee_rstmem_pool pool;
	phys_addr_t paddr;
	spinlock_t lock;	/* guards space */
	struct rstmem_space space;
};

static struct kmem_cache *extent_cache;

static struct rstmem_gen_pool *to_gen_pool(struct tee_rstmem_pool *pool)
{
	return container_of(pool, struct rstmem_gen_pool, pool);
}

static void spares_free(struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES])
{
	int n;

	for (n = 0; n < RSTMEM_EXTENT_SPARES; n++)
		if (spares[n])
			kmem_cache_free(extent_cache, spares[n]);
}

static int gen_pool_op_alloc(struct tee_rstmem_pool *pool, struct tee_shm *shm,
			     size_t size, size_t align)
{
	struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES] = {};
	struct rstmem_gen_pool *gp = to_gen_pool(pool);
	struct rstmem_extent *ext = NULL;
	u64 rounded;
	int n, rc;

	if (align & (align - 1))
		return -EINVAL;
	rc = rstmem_size_round(size, gp->space.granule, SIZE_MAX, &rounded);
	if (rc)
		return rc;

	rc = -ENOMEM;
	for (n = 0; n < RSTMEM_EXTENT_SPARES; n++) {
		spares[n] = kmem_cache_alloc(extent_cache, GFP_KERNEL);
		if (!spares[n])
			goto out;
	}

	spin_lock(&gp->lock);
	ext = rstmem_extent_take(&gp->space, rounded, align, spares);
	spin_unlock(&gp->lock);
	if (!ext)
		goto out;

	shm->paddr = ext->start;
	shm->size = ext->size;
	shm_to_buffer(shm)->extent = ext;
	rc = 0;
out:
	spares_free(spares);
	return rc;
}

static void gen_pool_op_free(struct tee_rstmem_pool *pool, struct tee_shm *shm)
{
	struct rstmem_extent *spares[RSTMEM_EXTENT_SPARES] = {};
	struct rstmem_buffer *buf = shm_to_buffer(shm);
	struct rstmem_gen_pool *gp = to_gen_pool(pool);

	if (WARN_ON(!buf->extent))
		return;

	spin_lock(&gp->lock);
	rstmem_extent_give(&gp->space, buf->extent, spares);
	spin_unlock(&gp->lock);
	buf->extent = NULL;
	spares_free(spares);
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
	struct rstmem_extent *ext, *next;

	WARN_ON(gp->space.taken);
	list_for_each_entry_safe(ext, next, &gp->space.by_addr, by_addr)
		kmem_cache_free(extent_cache, ext);
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
 *
 * Claims the range. May sleep. Destroyed with tee_rstmem_pool_free().
 *
 * Return: the pool, or ERR_PTR: -EINVAL for arguments that do not fit the
 * above or a range that ends beyond the address space, -EBUSY when any of the
 * range is in use (System RAM is), -ENOMEM.
 */
struct tee_rstmem_pool *tee_rstmem_gen_pool_create(phys_addr_t paddr, u64 size,
						   u64 granule)
{
	phys_addr_t last = paddr + (size - 1);
	struct rstmem_gen_pool *gp;
	struct rstmem_extent *all;
	int rc;

	if (granule < PAGE_SIZE || !is_power_of_2(granule) || !size ||
	    (paddr | size) & (granule - 1) || last < paddr ||
	    last - paddr != size - 1 || last >> RSTMEM_ADDRESS_BITS)
		return ERR_PTR(-EINVAL);

	gp = kzalloc(sizeof(*gp), GFP_KERNEL);
	if (!gp)
		return ERR_PTR(-ENOMEM);
	all = kmem_cache_alloc(extent_cache, GFP_KERNEL);
	if (!all) {
		rc = -ENOMEM;
		goto err_free_pool;
	}
	if (!request_mem_region_exclusive(paddr, size, "rstmem")) {
		rc = -EBUSY;
		goto err_free_extent;
	}

	gp->pool.ops = &gen_pool_ops;
	gp->paddr = paddr;
	spin_lock_init(&gp->lock);
	rstmem_space_init(&gp->space, all, paddr, size, granule);
	return &gp->pool;

err_free_extent:
	kmem_cache_free(extent_cache, all);
err_free_pool:
	kfree(gp);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(tee_rstmem_gen_pool_create);

/**
 * rstmem_pool_init() - once, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int rstmem_pool_init(void)
{
	/* A cache of its own, so that an extent left over is noticed. */
	extent_cache = kmem_cache_create("rstmem_extent",
					 sizeof(struct rstmem_extent), 0,
					 SLAB_NO_MERGE | SLAB_ACCOUNT, NULL);
	return extent_cache ? 0 : -ENOMEM;
}

/**
 * rstmem_pool_exit() - once, when the module is unloaded; no pool is left
 */
void rstmem_pool_exit(void)
{
	kmem_cache_destroy(extent_cache);
}
