// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_fake: a backend that does as it is told, for tests.
 *
 * It hands out addresses without memory behind them, scattered pages, malformed
 * buffers or errors, as its parameters say at the time; nothing reads or writes
 * what it hands out, except pages. The TEE behind it has no services.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>

#define FAKE_IMPL_ID	0x6661
/* The longest time that an allocation is held, so that a deadlock ends. */
#define HOLD_TIME	(60 * HZ)

static char mode[16] = "range";
module_param_string(mode, mode, sizeof(mode), 0644);
MODULE_PARM_DESC(mode, "what an allocation gets: range, pages, pool, kept (pool, and an error), short, unaligned, wraps, error");

static unsigned long long paddr;
module_param(paddr, ullong, 0644);
MODULE_PARM_DESC(paddr, "address of a range; of the pool, when loaded");

static unsigned long long pool_size;
module_param(pool_size, ullong, 0444);
MODULE_PARM_DESC(pool_size, "bytes of the pool, 0 for none");

static unsigned long long granule = PAGE_SIZE;
module_param(granule, ullong, 0444);
MODULE_PARM_DESC(granule, "of the pool, bytes");

static bool lose;
module_param(lose, bool, 0644);
MODULE_PARM_DESC(lose, "what is freed cannot be cleared, and stays in the pool");

static bool forget;
module_param(forget, bool, 0644);
MODULE_PARM_DESC(forget, "what is freed stays in the pool, although the backend reports success");

static bool shared;
module_param(shared, bool, 0444);
MODULE_PARM_DESC(shared, "all use cases share the memory");

static int error = -EDQUOT;
module_param(error, int, 0644);
MODULE_PARM_DESC(error, "what an allocation returns in mode error");

static bool restless;
module_param(restless, bool, 0644);
MODULE_PARM_DESC(restless, "an allocation that fails says that the room has changed");

static int hold;
module_param(hold, int, 0644);
MODULE_PARM_DESC(hold, "if not 0, an allocation waits for a signal, a minute at most, but not a second one");

static int held;
module_param(held, int, 0444);
MODULE_PARM_DESC(held, "1 while an allocation waits");

static int tries;
module_param(tries, int, 0444);
MODULE_PARM_DESC(tries, "number of calls of the allocation");

static unsigned long long use_cases = BIT(TEE_IOC_UC_SECURE_VIDEO_PLAY);
module_param(use_cases, ullong, 0444);
MODULE_PARM_DESC(use_cases, "bit mask of the use cases offered");

static unsigned int ranges;
module_param(ranges, uint, 0444);
MODULE_PARM_DESC(ranges, "if not 0, the pool is RAM that stays mapped, lent as so many ranges at a time");

static unsigned long least;
module_param(least, ulong, 0444);
MODULE_PARM_DESC(least, "bytes of the smallest range that is lent");

static unsigned long align;
module_param(align, ulong, 0444);
MODULE_PARM_DESC(align, "alignment of ranges that are lent, bytes");

static char *importers;
module_param(importers, charp, 0444);
MODULE_PARM_DESC(importers, "list of importers, as in sysfs");

static unsigned int attach_to;
module_param(attach_to, uint, 0444);
MODULE_PARM_DESC(attach_to, "implementation id of another driver's device to attach to");

static atomic_t live = ATOMIC_INIT(0);

static int live_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&live));
}

static const struct kernel_param_ops live_ops = { .get = live_get };
module_param_cb(live, &live_ops, NULL, 0444);
MODULE_PARM_DESC(live, "allocations not yet freed");

static struct tee_rstmem_pool *pool;
static struct tee_device *teedev;
/* NULL once removed; guarded by the lock of the module's parameters. */
static struct tee_rstmem_device *rdev;

static int is_wanted(struct tee_ioctl_version_data *vers, const void *data)
{
	return vers->impl_id == *(const u32 *)data;
}

static void remove(struct tee_rstmem_device *gone)
{
	if (attach_to)
		tee_rstmem_detach(gone);
	else
		tee_rstmem_unregister(gone);
}

static int removed_set(const char *val, const struct kernel_param *kp)
{
	struct tee_rstmem_device *gone = rdev;

	if (!gone)
		return -ENODEV;
	rdev = NULL;
	remove(gone);
	return 0;
}

static int removed_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", !rdev);
}

static const struct kernel_param_ops removed_ops = {
	.set = removed_set,
	.get = removed_get,
};
module_param_cb(removed, &removed_ops, NULL, 0644);
MODULE_PARM_DESC(removed, "writing takes the device away; waits for its open files, or calls");

static void pages_free(struct tee_shm *shm, size_t n)
{
	while (n)
		__free_page(shm->pages[--n]);
	kvfree(shm->pages);
}

/* In an order in which no page follows its physical neighbour. */
static int pages_alloc(struct tee_shm *shm, size_t size)
{
	size_t n, nr = size >> PAGE_SHIFT;

	shm->pages = kvcalloc(nr, sizeof(*shm->pages), GFP_KERNEL);
	if (!shm->pages)
		return -ENOMEM;
	for (n = 0; n < nr; n++) {
		shm->pages[n] = alloc_page(GFP_DMA32 | __GFP_ZERO);
		if (!shm->pages[n]) {
			pages_free(shm, n);
			return -ENOMEM;
		}
	}
	for (n = 1; n < nr; n++)
		if (page_to_pfn(shm->pages[n]) ==
		    page_to_pfn(shm->pages[n - 1]) + 1)
			swap(shm->pages[n], shm->pages[n - 1]);
	shm->num_pages = nr;
	shm->size = size;
	return 0;
}

static int fake_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
		      u32 use_case, size_t size)
{
	int rc = 0;

	if (READ_ONCE(hold) && !xchg(&held, 1)) {
		schedule_timeout_interruptible(HOLD_TIME);
		WRITE_ONCE(held, 0);
	}

	WRITE_ONCE(tries, tries + 1);
	shm->paddr = paddr;
	shm->size = size;
	if (sysfs_streq(mode, "pages"))
		rc = pages_alloc(shm, size);
	else if (sysfs_streq(mode, "pool"))
		rc = pool ? pool->ops->alloc(pool, shm, size) : -ENOMEM;
	else if (sysfs_streq(mode, "kept"))
		rc = pool->ops->alloc(pool, shm, size) ?: error;
	else if (sysfs_streq(mode, "short"))
		shm->size = size - PAGE_SIZE;
	else if (sysfs_streq(mode, "unaligned"))
		shm->paddr += 512;
	else if (sysfs_streq(mode, "wraps"))
		shm->paddr = -(phys_addr_t)PAGE_SIZE;
	else if (sysfs_streq(mode, "error"))
		rc = error;
	if (rc && restless)
		tee_rstmem_room_changed();
	if (!rc) {
		/* Which kind it is, for fake_free(). */
		shm->sec_world_id = sysfs_streq(mode, "pool");
		atomic_inc(&live);
	}
	return rc;
}

static int fake_free(struct tee_context *ctx, struct tee_shm *shm)
{
	if (lose)
		return -EIO;
	if (shm->pages)
		pages_free(shm, shm->num_pages);
	else if (shm->sec_world_id && !forget)
		pool->ops->free(pool, shm);
	atomic_dec(&live);
	return 0;
}

static void fake_query(struct tee_context *ctx, u32 use_case,
		       struct tee_rstmem_usage *usage)
{
	if (pool)
		pool->ops->usage(pool, usage);
}

static struct tee_rstmem_pool *fake_elastic(struct tee_context *ctx, u32 use_case)
{
	return ranges ? pool : NULL;
}

static void fake_release(struct tee_context *ctx)
{
	if (pool)
		tee_rstmem_pool_free(pool);
}

static const struct tee_rstmem_ops fake_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = fake_alloc,
	.rstmem_free = fake_free,
	.rstmem_query = fake_query,
	.rstmem_elastic = fake_elastic,
	.release = fake_release,
};

static void fake_get_version(struct tee_device *tee,
			     struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){ .impl_id = FAKE_IMPL_ID };
}

static int fake_open(struct tee_context *ctx)
{
	return 0;
}

static void fake_close(struct tee_context *ctx)
{
}

static const struct tee_driver_ops fake_ops = {
	.get_version = fake_get_version,
	.open = fake_open,
	.release = fake_close,
};

static const struct tee_desc fake_desc = {
	.name = "rstmem_fake",
	.ops = &fake_ops,
	.owner = THIS_MODULE,
};

/* The context keeps the device until it is closed, and by then it is attached to. */
static int attach(const struct tee_rstmem_desc *desc)
{
	struct tee_context *ctx;

	ctx = tee_client_open_context(NULL, is_wanted, &attach_to, NULL);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	rdev = tee_rstmem_attach(ctx->teedev, desc, NULL);
	/* A second attachment is refused. */
	if (!IS_ERR(rdev))
		WARN_ON(tee_rstmem_attach(ctx->teedev, desc, NULL) !=
			ERR_PTR(-EBUSY));
	tee_client_close_context(ctx);
	return PTR_ERR_OR_ZERO(rdev);
}

static int lend_nothing(void *data, phys_addr_t start, u64 size)
{
	return 0;
}

static const struct tee_rstmem_lend_ops lend_ops = {
	.adopt = lend_nothing,
	.lend = lend_nothing,
	.reclaim = lend_nothing,
};

static struct tee_rstmem_pool *pool_create(void)
{
	const struct tee_rstmem_elastic_desc elastic = {
		.ops = &lend_ops,
		.start = paddr,
		.size = pool_size,
		.keep_mapping = true,
		.granule = PAGE_SIZE,
		.least = least,
		.align = align,
		.ranges = ranges,
	};

	if (ranges)
		return tee_rstmem_elastic_create(&elastic);
	return tee_rstmem_carveout_create(paddr, pool_size, granule);
}

static int __init fake_init(void)
{
	const struct tee_rstmem_desc desc = {
		.ops = &fake_rstmem_ops,
		.use_cases = use_cases,
		.shared = shared,
		.importers = importers,
	};
	int rc;

	if (pool_size) {
		pool = pool_create();
		if (IS_ERR(pool))
			return PTR_ERR(pool);
	}
	if (attach_to) {
		rc = attach(&desc);
		if (rc)
			goto err_free_pool;
		return 0;
	}
	teedev = tee_device_alloc(&fake_desc, NULL, NULL, NULL);
	if (IS_ERR(teedev)) {
		rc = PTR_ERR(teedev);
		goto err_free_pool;
	}
	rdev = tee_rstmem_register(teedev, &desc, NULL);
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
err_free_pool:
	if (pool)
		tee_rstmem_pool_free(pool);
	return rc;
}

static void __exit fake_exit(void)
{
	if (rdev)
		remove(rdev);
}

module_init(fake_init);
module_exit(fake_exit);

MODULE_DESCRIPTION("A restricted memory backend that does as it is told, for tests");
MODULE_LICENSE("GPL");
