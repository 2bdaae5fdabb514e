// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restricted memory of softtee: the pool= parameter, the pools made of it, and
 * the backend that allocates from them.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "softtee.h"

#define MAX_CARVEOUTS		16

/**
 * struct carveout - an item of the pool= parameter
 * @start:	physical address, a multiple of PAGE_SIZE
 * @size:	bytes, a multiple of PAGE_SIZE, not 0
 * @use_case:	TEE_IOC_UC_*
 */
struct carveout {
	phys_addr_t start;
	u64 size;
	u32 use_case;
};

/**
 * struct softtee_pool - a carveout in use
 * @carveout:	where it is
 * @pool:	hands out extents of it
 */
struct softtee_pool {
	struct carveout carveout;
	struct tee_rstmem_pool *pool;
};

/**
 * struct softtee_pools - all pools of an instance, in the order given
 * @count:	number of pools
 * @pool:	the pools; constant while a buffer may exist
 */
struct softtee_pools {
	unsigned int count;
	struct softtee_pool pool[] __counted_by(count);
};

/* The parsed parameter pool. It does not change after the module is loaded. */
static struct carveout carveouts[MAX_CARVEOUTS];
static unsigned int carveout_count;

static phys_addr_t carveout_last(const struct carveout *c)
{
	return c->start + (c->size - 1);
}

/* Parse SIZE@ADDRESS[:USE-CASE]. Returns NULL, or a message about the error. */
static const char *parse_item(const char *item, size_t len, struct carveout *c)
{
	const char *use_case = memchr(item, ':', len);
	size_t range = use_case ? use_case - item : len;
	const char *why;

	if (!memchr(item, '@', range))
		return "not of the form SIZE@ADDRESS[:USE-CASE]";
	why = tee_rstmem_parse_range(item, range, &c->start, &c->size);
	if (why)
		return why;
	c->use_case = TEE_IOC_UC_SECURE_VIDEO_PLAY;
	if (use_case &&
	    tee_rstmem_parse_use_case(use_case + 1, len - range - 1,
				      &c->use_case))
		return "use case is not secure-video, trusted-ui or secure-video-record";
	return NULL;
}

static bool overlaps_earlier(const struct carveout *c)
{
	const struct carveout *o;

	for (o = carveouts; o < c; o++)
		if (c->start <= carveout_last(o) && o->start <= carveout_last(c))
			return true;
	return false;
}

static int add_item(const char *s, int len)
{
	struct carveout *c = &carveouts[carveout_count];
	const char *why;
	int rc = -EINVAL;

	if (carveout_count == MAX_CARVEOUTS) {
		why = "too many pools";
		goto err;
	}
	why = parse_item(s, len, c);
	if (why)
		goto err;
	if (overlaps_earlier(c)) {
		why = "overlaps another pool";
		goto err;
	}
	if (region_intersects(c->start, c->size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		why = "is System RAM; set it aside with memmap= or as reserved memory";
		rc = -EBUSY;
		goto err;
	}

	carveout_count++;
	return 0;
err:
	pr_err("pool \"%*pE\": %s\n", len, s, why);
	return rc;
}

/**
 * softtee_pools_parse() - read the pool= parameter
 * @list:	its value; NULL or empty for no pools
 *
 * Called once, when the module is loaded. Claims nothing. Logs errors.
 *
 * Return: 0, -EINVAL, or -EBUSY when a range holds System RAM.
 */
int softtee_pools_parse(const char *list)
{
	int len, rc;

	if (!list || !*list)
		return 0;

	for (;;) {
		len = strcspn(list, ",");
		rc = add_item(list, len);
		if (rc || !list[len])
			return rc;
		list += len + 1;
	}
}

static int pool_init(struct softtee_pool *p, const struct carveout *c)
{
	const phys_addr_t last = carveout_last(c);
	int rc;

	p->carveout = *c;
	p->pool = tee_rstmem_carveout_create(c->start, c->size, PAGE_SIZE);
	if (IS_ERR(p->pool)) {
		rc = PTR_ERR(p->pool);
		if (rc == -EBUSY)
			pr_err("pool %pa-%pa: busy, another driver or a buffer still alive holds it, see /proc/iomem\n",
			       &c->start, &last);
		else
			pr_err("pool %pa-%pa: error %d\n", &c->start, &last,
			       rc);
		return rc;
	}

	/* The first owner must not see old contents. */
	rc = softtee_mem_clear_range(c->start, c->size);
	if (rc) {
		pr_err("pool %pa-%pa: cannot be mapped as memory\n", &c->start,
		       &last);
		tee_rstmem_pool_free(p->pool);
		return rc;
	}

	pr_info("pool %pa-%pa: %llu KiB for %s\n", &c->start, &last,
		c->size >> 10, tee_rstmem_use_case_name(c->use_case));
	return 0;
}

/**
 * softtee_pools_create() - claim the ranges of the pool= parameter
 *
 * Logs errors.
 *
 * Return: the pools, perhaps none, or ERR_PTR: -EBUSY when a range
 * is in use, -ENOMEM, -EINVAL for a range that cannot be a pool.
 */
struct softtee_pools *softtee_pools_create(void)
{
	struct softtee_pools *pools;
	unsigned int n;
	int rc;

	if (!carveout_count)
		pr_info("no pool given, so no restricted memory\n");

	pools = kzalloc(struct_size(pools, pool, carveout_count), GFP_KERNEL);
	if (!pools)
		return ERR_PTR(-ENOMEM);

	for (n = 0; n < carveout_count; n++) {
		pools->count = n + 1;
		rc = pool_init(&pools->pool[n], &carveouts[n]);
		if (rc) {
			pools->count = n;
			softtee_pools_destroy(pools);
			return ERR_PTR(rc);
		}
	}
	return pools;
}

/**
 * softtee_pools_destroy() - release the ranges
 * @pools:	the pools; no buffer is left
 */
void softtee_pools_destroy(struct softtee_pools *pools)
{
	unsigned int n;

	for (n = pools->count; n-- > 0;)
		tee_rstmem_pool_free(pools->pool[n].pool);
	kfree(pools);
}

/**
 * softtee_pools_use_cases() - get the use cases that have a pool
 * @pools:	the pools
 *
 * Return: bit N is set for use case N.
 */
u64 softtee_pools_use_cases(const struct softtee_pools *pools)
{
	u64 use_cases = 0;
	unsigned int n;

	for (n = 0; n < pools->count; n++)
		use_cases |= BIT_ULL(pools->pool[n].carveout.use_case);
	return use_cases;
}

static int softtee_rstmem_alloc(struct tee_context *ctx, struct tee_shm *shm,
				u32 flags, u32 use_case, size_t size)
{
	struct softtee_pools *pools = ctx->data;
	struct softtee_pool *p;
	unsigned int n;
	int rc;

	for (n = 0; n < pools->count; n++) {
		p = &pools->pool[n];
		if (p->carveout.use_case != use_case)
			continue;
		rc = p->pool->ops->alloc(p->pool, shm, size);
		if (rc != -ENOMEM)
			return rc;
	}
	return -ENOMEM;
}

static struct softtee_pool *pool_of(struct softtee_pools *pools,
				    phys_addr_t paddr)
{
	struct carveout *c;
	unsigned int n;

	for (n = 0; n < pools->count; n++) {
		c = &pools->pool[n].carveout;
		if (paddr >= c->start && paddr <= carveout_last(c))
			return &pools->pool[n];
	}
	return NULL;
}

static int softtee_rstmem_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct softtee_pool *p = pool_of(ctx->data, shm->paddr);
	int rc;

	if (WARN_ON(!p))
		return -EINVAL;

	rc = softtee_mem_clear(shm);
	if (!rc)
		p->pool->ops->free(p->pool, shm);
	return rc;
}

static void softtee_rstmem_query(struct tee_context *ctx, u32 use_case,
				 struct tee_rstmem_usage *usage)
{
	struct softtee_pools *pools = ctx->data;
	unsigned int n;

	usage->caps = TEE_RSTMEM_CAP_SCRUBS;
	usage->granule = PAGE_SIZE;
	for (n = 0; n < pools->count; n++) {
		struct softtee_pool *p = &pools->pool[n];
		struct tee_rstmem_usage one = {};

		if (p->carveout.use_case != use_case)
			continue;
		p->pool->ops->usage(p->pool, &one);
		usage->total += one.total;
		usage->used += one.used;
		usage->largest_free = max(usage->largest_free,
					  one.largest_free);
		usage->buffers += one.buffers;
	}
}

static void softtee_rstmem_release(struct tee_context *ctx)
{
	softtee_pools_destroy(ctx->data);
}

const struct tee_rstmem_ops softtee_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = softtee_rstmem_alloc,
	.rstmem_free = softtee_rstmem_free,
	.rstmem_query = softtee_rstmem_query,
	.release = softtee_rstmem_release,
};
