// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restricted memory of softtee: the parameters pool= and elastic=, the pools made of
 * them, and the backend that allocates from them.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "softtee.h"

#define MAX_POOLS		16

/**
 * struct carveout - a range of the parameters
 * @start:	physical address, a multiple of PAGE_SIZE
 * @size:	bytes, a multiple of PAGE_SIZE; 0 for no range
 */
struct carveout {
	phys_addr_t start;
	u64 size;
};

/**
 * struct softtee_pool - a pool
 * @floor:	the range of pool=
 * @blocks:	the range of elastic=
 * @use_case:	TEE_IOC_UC_*
 * @pool:	hands out extents of both
 */
struct softtee_pool {
	struct carveout floor;
	struct carveout blocks;
	u32 use_case;
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

/* The parsed parameters. They do not change after the module is loaded. */
static struct softtee_pool items[MAX_POOLS];
static unsigned int item_count;

static phys_addr_t carveout_last(const struct carveout *c)
{
	return c->start + (c->size - 1);
}

/* Parse SIZE@ADDRESS[:USE-CASE]. Returns NULL, or a message about the error. */
static const char *parse_item(const char *item, size_t len, struct carveout *c,
			      u32 *use_case_nr)
{
	const char *use_case = memchr(item, ':', len);
	size_t range = use_case ? use_case - item : len;
	const char *why;

	if (!memchr(item, '@', range))
		return "not of the form SIZE@ADDRESS[:USE-CASE]";
	why = tee_rstmem_parse_range(item, range, &c->start, &c->size);
	if (why)
		return why;
	*use_case_nr = TEE_IOC_UC_SECURE_VIDEO_PLAY;
	if (use_case &&
	    tee_rstmem_parse_use_case(use_case + 1, len - range - 1,
				      use_case_nr))
		return "use case is not secure-video, trusted-ui or secure-video-record";
	return NULL;
}

static bool overlap(const struct carveout *a, const struct carveout *b)
{
	return a->size && b->size && a->start <= carveout_last(b) &&
	       b->start <= carveout_last(a);
}

static bool overlaps_earlier(const struct carveout *c)
{
	const struct softtee_pool *p;

	for (p = items; p < items + item_count; p++)
		if (overlap(c, &p->floor) || overlap(c, &p->blocks))
			return true;
	return false;
}

/* Find or add the pool for the blocks of a use case. NULL if it has blocks already. */
static struct softtee_pool *item_for_blocks(u32 use_case)
{
	struct softtee_pool *p;

	for (p = items; p < items + item_count; p++)
		if (p->use_case == use_case)
			return p->blocks.size ? NULL : p;
	return p;
}

static bool is_ram(const struct carveout *c)
{
	return region_intersects(c->start, c->size, IORESOURCE_SYSTEM_RAM,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

static int add_item(const char *s, int len, bool elastic)
{
	const char *parameter = elastic ? "elastic" : "pool", *why;
	struct softtee_pool *p = &items[item_count];
	struct carveout c;
	int rc = -EINVAL;
	u32 use_case;

	why = parse_item(s, len, &c, &use_case);
	if (why)
		goto err;
	if (overlaps_earlier(&c)) {
		why = "overlaps another pool";
		goto err;
	}
	if (!elastic && is_ram(&c)) {
		why = "is System RAM; set it aside with memmap= or as reserved memory";
		rc = -EBUSY;
		goto err;
	}
	if (elastic)
		p = item_for_blocks(use_case);
	if (!p) {
		why = "there is an elastic pool of that use case already";
		goto err;
	}
	if (p == &items[MAX_POOLS]) {
		why = "too many pools";
		goto err;
	}

	if (p == &items[item_count])
		item_count++;
	p->use_case = use_case;
	*(elastic ? &p->blocks : &p->floor) = c;
	return 0;
err:
	pr_err("%s \"%*pE\": %s\n", parameter, len, s, why);
	return rc;
}

static int parse_list(const char *list, bool elastic)
{
	int len, rc;

	if (!list || !*list)
		return 0;

	for (;;) {
		len = strcspn(list, ",");
		rc = add_item(list, len, elastic);
		if (rc || !list[len])
			return rc;
		list += len + 1;
	}
}

/**
 * softtee_pools_parse() - read the parameters pool= and elastic=
 * @list:	value of pool=; NULL or empty for no pools
 * @elastic:	value of elastic=; NULL or empty for no blocks
 *
 * Called once, when the module is loaded. Claims nothing. Logs errors.
 *
 * Return: 0, -EINVAL, or -EBUSY when a range of @list holds System RAM.
 */
int softtee_pools_parse(const char *list, const char *elastic)
{
	return parse_list(list, false) ?: parse_list(elastic, true);
}

/* Claim the range that always stays. */
static struct tee_rstmem_pool *floor_create(const struct carveout *c, u32 use_case)
{
	const phys_addr_t last = carveout_last(c);
	struct tee_rstmem_pool *pool;
	int rc;

	pool = tee_rstmem_carveout_create(c->start, c->size, PAGE_SIZE);
	if (IS_ERR(pool)) {
		if (PTR_ERR(pool) == -EBUSY)
			pr_err("pool %pa-%pa: busy, another driver or a buffer still alive holds it, see /proc/iomem\n",
			       &c->start, &last);
		else
			pr_err("pool %pa-%pa: error %ld\n", &c->start, &last,
			       PTR_ERR(pool));
		return pool;
	}

	/* The first owner must not see old contents. */
	rc = tee_rstmem_clear(c->start, c->size);
	if (rc) {
		pr_err("pool %pa-%pa: cannot be mapped as memory\n", &c->start,
		       &last);
		tee_rstmem_pool_free(pool);
		return ERR_PTR(rc);
	}

	pr_info("pool %pa-%pa: %llu KiB for %s\n", &c->start, &last,
		c->size >> 10, tee_rstmem_use_case_name(use_case));
	return pool;
}

static int softtee_lend(void *data, phys_addr_t start, u64 size)
{
	return tee_rstmem_clear(start, size);
}

/* Each buffer was cleared when it was freed, so nothing is left to clear. */
static int softtee_reclaim(void *data, phys_addr_t start, u64 size)
{
	return 0;
}

static const struct tee_rstmem_lend_ops lend_ops = {
	.adopt = softtee_lend,
	.lend = softtee_lend,
	.reclaim = softtee_reclaim,
};

static const char *why_no_blocks(long error)
{
	switch (error) {
	case -EBUSY:
		return "in use, or System RAM; set it aside with memmap= or mem=";
	case -EINVAL:
		return "not whole blocks; elastic_block or /sys/devices/system/memory has the size";
	case -E2BIG:
		return "more than 64 blocks";
	case -EOPNOTSUPP:
		return "this kernel cannot take memory that way";
	default:
		return "cannot be an elastic pool";
	}
}

/* Make an elastic pool of a range of blocks and of @floor, which may be NULL. */
static struct tee_rstmem_pool *blocks_create(const struct carveout *c, u32 use_case,
					     struct tee_rstmem_pool *floor)
{
	struct tee_rstmem_elastic_desc desc = {
		.ops = &lend_ops,
		.floor = floor,
		.start = c->start,
		.size = c->size,
		.boot_ram = softtee_boot_ram,
		.keep_mapping = softtee_keep_mapping,
		.least = softtee_block,
		.granule = PAGE_SIZE,
		.warm = softtee_warm,
		.idle_ms = softtee_idle_ms,
	};
	const phys_addr_t last = carveout_last(c);
	struct tee_rstmem_pool *pool = tee_rstmem_elastic_create(&desc);

	if (IS_ERR(pool))
		pr_err("elastic %pa-%pa: %s (error %ld)\n", &c->start, &last,
		       why_no_blocks(PTR_ERR(pool)), PTR_ERR(pool));
	else
		pr_info("elastic %pa-%pa: up to %llu KiB more for %s\n", &c->start,
			&last, c->size >> 10, tee_rstmem_use_case_name(use_case));
	return pool;
}

static int pool_init(struct softtee_pool *p, const struct softtee_pool *item)
{
	struct tee_rstmem_pool *floor = NULL;

	*p = *item;
	if (p->floor.size) {
		floor = floor_create(&p->floor, p->use_case);
		if (IS_ERR(floor))
			return PTR_ERR(floor);
	}
	p->pool = floor;
	if (!p->blocks.size)
		return 0;
	p->pool = blocks_create(&p->blocks, p->use_case, floor);
	if (IS_ERR(p->pool) && floor)
		tee_rstmem_pool_free(floor);
	return PTR_ERR_OR_ZERO(p->pool);
}

/**
 * softtee_pools_create() - claim the ranges of the parameters
 *
 * Logs errors.
 *
 * Return: the pools, perhaps none, or ERR_PTR: -EBUSY when a range is in use, -ENOMEM,
 * -EINVAL for a range that cannot be a pool, other errors of tee_rstmem_elastic_create().
 */
struct softtee_pools *softtee_pools_create(void)
{
	struct softtee_pools *pools;
	unsigned int n;
	int rc;

	if (!item_count)
		pr_info("no pool given, so no restricted memory\n");

	pools = kzalloc(struct_size(pools, pool, item_count), GFP_KERNEL);
	if (!pools)
		return ERR_PTR(-ENOMEM);

	for (n = 0; n < item_count; n++) {
		pools->count = n + 1;
		rc = pool_init(&pools->pool[n], &items[n]);
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
		use_cases |= BIT_ULL(pools->pool[n].use_case);
	return use_cases;
}

static int softtee_rstmem_alloc(struct tee_context *ctx, struct tee_shm *shm,
				u32 flags, u32 use_case, size_t size)
{
	struct softtee_pools *pools = ctx->data;
	struct softtee_pool *p;
	int rc, result = -ENOMEM;
	unsigned int n;

	for (n = 0; n < pools->count; n++) {
		p = &pools->pool[n];
		if (p->use_case != use_case)
			continue;
		rc = p->pool->ops->alloc(p->pool, shm, size);
		if (rc != -ENOMEM && rc != -EAGAIN)
			return rc;
		/* Another pool may have room now. */
		if (rc == -EAGAIN)
			result = rc;
	}
	return result;
}

static struct softtee_pool *pool_of(struct softtee_pools *pools,
				    phys_addr_t paddr)
{
	struct softtee_pool *p;
	unsigned int n;

	for (n = 0; n < pools->count; n++) {
		p = &pools->pool[n];
		if (paddr - p->floor.start < p->floor.size ||
		    paddr - p->blocks.start < p->blocks.size)
			return p;
	}
	return NULL;
}

static int softtee_rstmem_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct softtee_pool *p = pool_of(ctx->data, shm->paddr);
	int rc;

	if (WARN_ON(!p))
		return -EINVAL;

	rc = tee_rstmem_clear(shm->paddr, shm->size);
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

		if (p->use_case != use_case)
			continue;
		p->pool->ops->usage(p->pool, &one);
		if (p->blocks.size && softtee_keep_mapping)
			usage->caps |= TEE_RSTMEM_CAP_KEEPS_MAPPING;
		usage->floor += one.floor;
		usage->total += one.total;
		usage->most += one.most;
		usage->used += one.used;
		usage->largest_free = max(usage->largest_free,
					  one.largest_free);
		usage->buffers += one.buffers;
	}
}

/* Only the first pool of a use case can have blocks. */
static struct tee_rstmem_pool *softtee_rstmem_elastic(struct tee_context *ctx,
						      u32 use_case)
{
	struct softtee_pools *pools = ctx->data;
	unsigned int n;

	for (n = 0; n < pools->count; n++)
		if (pools->pool[n].use_case == use_case)
			return pools->pool[n].pool;
	return NULL;
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
	.rstmem_elastic = softtee_rstmem_elastic,
	.release = softtee_rstmem_release,
};
