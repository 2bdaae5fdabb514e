// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_rstmem: pools of ours, to be measured.
 *
 * A TEE device without services, and a pool behind each of its use cases: of
 * address space only, since nobody looks into a buffer here. The first is behind
 * secure video, which has a dma-heap too; the others behind BENCH_USE_CASE and
 * the use cases after it. Memory that comes and goes may be added to the last.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/tee_rstmem.h>

#include "bench.h"

#define MAX_POOLS	8

static unsigned long long paddr = 1ULL << 38;
module_param(paddr, ullong, 0444);
MODULE_PARM_DESC(paddr, "address of the first pool; nothing else may be there");

static unsigned long long size[MAX_POOLS];
static int nr_pools;
module_param_array(size, ullong, &nr_pools, 0444);
MODULE_PARM_DESC(size, "bytes of each pool");

static unsigned long long elastic_start;
module_param(elastic_start, ullong, 0444);
MODULE_PARM_DESC(elastic_start, "address of memory that comes and goes, set aside at boot");

static unsigned long long elastic_size;
module_param(elastic_size, ullong, 0444);
MODULE_PARM_DESC(elastic_size, "bytes of it");

static unsigned int elastic_idle_ms = 10000;
module_param(elastic_idle_ms, uint, 0444);
MODULE_PARM_DESC(elastic_idle_ms, "time before it goes back, ms");

static unsigned long long idle_size;
module_param(idle_size, ullong, 0444);
MODULE_PARM_DESC(idle_size, "bytes of an idle pool, which nothing is behind");

static unsigned int idle_count;
module_param(idle_count, uint, 0444);
MODULE_PARM_DESC(idle_count, "how many idle pools");

static struct tee_rstmem_pool *pools[MAX_POOLS];
static struct tee_rstmem_pool *pool_of[TEE_IOC_UC_MAX + 1];
static struct tee_rstmem_pool **idle;
static struct tee_device *teedev;
static struct tee_rstmem_device *rdev;

static u32 use_case_of(unsigned int n)
{
	return n ? BENCH_USE_CASE + n - 1 : TEE_IOC_UC_SECURE_VIDEO_PLAY;
}

static int bench_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
		       u32 use_case, size_t bytes)
{
	struct tee_rstmem_pool *pool = pool_of[use_case];

	shm->sec_world_id = use_case;
	return pool->ops->alloc(pool, shm, bytes);
}

static int bench_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct tee_rstmem_pool *pool = pool_of[shm->sec_world_id];

	pool->ops->free(pool, shm);
	return 0;
}

static void bench_query(struct tee_context *ctx, u32 use_case,
			struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_pool *pool = pool_of[use_case];

	pool->ops->usage(pool, usage);
}

static struct tee_rstmem_pool *bench_elastic(struct tee_context *ctx, u32 use_case)
{
	return pool_of[use_case];
}

/* Nothing reads or writes the memory, so there is nothing to clear. */
static int bench_lend(void *data, phys_addr_t start, u64 bytes)
{
	return 0;
}

static int bench_reclaim(void *data, phys_addr_t start, u64 bytes)
{
	return 0;
}

static const struct tee_rstmem_lend_ops lend_ops = {
	.adopt = bench_reclaim,
	.lend = bench_lend,
	.reclaim = bench_reclaim,
};

static struct tee_rstmem_pool *elastic_create(struct tee_rstmem_pool *floor)
{
	const struct tee_rstmem_elastic_desc elastic = {
		.ops = &lend_ops,
		.floor = floor,
		.start = elastic_start,
		.size = elastic_size,
		.granule = PAGE_SIZE,
		.warm = SZ_16M,
		.idle_ms = elastic_idle_ms,
	};

	return tee_rstmem_elastic_create(&elastic);
}

static void pools_free(struct tee_rstmem_pool **array, unsigned int n)
{
	while (n)
		tee_rstmem_pool_free(array[--n]);
}

static void bench_release(struct tee_context *ctx)
{
	pools_free(pools, nr_pools);
}

static const struct tee_rstmem_ops rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = bench_alloc,
	.rstmem_free = bench_free,
	.rstmem_query = bench_query,
	.rstmem_elastic = bench_elastic,
	.release = bench_release,
};

static void get_version(struct tee_device *tee,
			struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){ .impl_id = BENCH_IMPL_ID };
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
	.name = "bench_rstmem",
	.ops = &driver_ops,
	.owner = THIS_MODULE,
};

static int idle_alloc(void)
{
	unsigned int n;

	idle = kcalloc(idle_count, sizeof(*idle), GFP_KERNEL);
	if (!idle)
		return -ENOMEM;
	for (n = 0; n < idle_count; n++) {
		idle[n] = tee_rstmem_carveout_create(paddr + n * idle_size,
						     idle_size, PAGE_SIZE);
		if (IS_ERR(idle[n])) {
			int rc = PTR_ERR(idle[n]);

			pools_free(idle, n);
			kfree(idle);
			return rc;
		}
	}
	return 0;
}

static struct tee_rstmem_pool *pool_create(unsigned long long addr, int n)
{
	struct tee_rstmem_pool *pool, *elastic;

	pool = tee_rstmem_carveout_create(addr, size[n], PAGE_SIZE);
	if (IS_ERR(pool) || n < nr_pools - 1 || !elastic_size)
		return pool;
	elastic = elastic_create(pool);
	if (IS_ERR(elastic))
		tee_rstmem_pool_free(pool);
	return elastic;
}

static int __init bench_init(void)
{
	struct tee_rstmem_desc offered = { .ops = &rstmem_ops };
	unsigned long long addr = paddr;
	int n, rc;

	if (idle_count)
		return idle_alloc();

	for (n = 0; n < nr_pools; n++) {
		pools[n] = pool_create(addr, n);
		if (IS_ERR(pools[n])) {
			rc = PTR_ERR(pools[n]);
			goto err_free_pools;
		}
		addr += size[n];
		pool_of[use_case_of(n)] = pools[n];
		offered.use_cases |= BIT_ULL(use_case_of(n));
	}
	teedev = tee_device_alloc(&desc, NULL, NULL, NULL);
	if (IS_ERR(teedev)) {
		rc = PTR_ERR(teedev);
		goto err_free_pools;
	}
	rdev = tee_rstmem_register(teedev, &offered, NULL);
	if (IS_ERR(rdev)) {
		rc = PTR_ERR(rdev);
		goto err_unregister_tee;
	}
	rc = tee_device_register(teedev);
	if (rc)
		tee_rstmem_unregister(rdev);
	return rc;

err_unregister_tee:
	tee_device_unregister(teedev);
err_free_pools:
	pools_free(pools, n);
	return rc;
}

static void __exit bench_exit(void)
{
	if (idle) {
		pools_free(idle, idle_count);
		kfree(idle);
	} else {
		tee_rstmem_unregister(rdev);
	}
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Pools of restricted memory, to be measured");
MODULE_LICENSE("GPL");
