// SPDX-License-Identifier: GPL-2.0-only
/*
 * optee_rstmem: restricted memory of OP-TEE, on the stock driver.
 *
 * OP-TEE's secure data path reserves a range of memory that the firewall hides from the
 * normal world. Or OP-TEE protects ranges that this kernel lends, see lend.c. This module
 * allocates buffers in such a range. It attaches to the device of the stock optee.ko. That
 * driver passes a buffer on as a temporary memory reference with its physical address, and
 * OP-TEE recognises the range. So the stock driver and OP-TEE need no change.
 *
 * The normal world cannot clear a freed buffer. A trusted application can, see scrub.c.
 *
 * The stock driver may be bound and unbound at any time. The driver core notifies this
 * module, with the lock of the platform device held.
 */
#define pr_fmt(fmt) "optee_rstmem: " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>

#include "optee.h"

static char *pool;
module_param(pool, charp, 0444);
MODULE_PARM_DESC(pool, "Where the memory is, SIZE@ADDRESS, if OP-TEE is too old to tell; or a part of it");

static char *dynamic;
module_param(dynamic, charp, 0444);
MODULE_PARM_DESC(dynamic, "Memory to lend to OP-TEE, SIZE@ADDRESS, set aside at boot. It is RAM while it is not needed");

static char *use_cases = "secure-video";
module_param(use_cases, charp, 0444);
MODULE_PARM_DESC(use_cases, "Use cases of the memory: secure-video (default), trusted-ui, secure-video-record, with commas between them. All share it");

static char *importers;
module_param(importers, charp, 0444);
MODULE_PARM_DESC(importers, "Devices that may import restricted memory, as in sysfs; any device if not given");

static bool scrub = true;
module_param(scrub, bool, 0444);
MODULE_PARM_DESC(scrub, "Have OP-TEE clear memory before it is given to the next owner (Y); N: give it uncleared");

/**
 * struct optee_memory - the memory of an attached device, data of the core's context
 * @ref:	held by the core until the last buffer is gone, and by the attachment
 * @pool:	the pool
 * @lender:	state of lending the memory, with the parameter dynamic
 * @scrub:	state of clearing the memory, with the parameter scrub
 */
struct optee_memory {
	struct kref ref;
	struct tee_rstmem_pool *pool;
	struct optee_lender lender;
	struct optee_scrub scrub;
};

/* The parameters pool and dynamic. They do not change after the module is loaded. */
static struct optee_range given, lent;

/* The parameter use_cases as a bit mask. It does not change after the module is loaded. */
static u64 use_case_mask;

/*
 * Guards all variables below. Taken inside the lock of the stock driver's device, which
 * the driver core holds when it binds and unbinds.
 */
static DEFINE_MUTEX(optee_lock);
/* The stock driver's device, referenced, while attached to it. */
static struct device *optee_dev;
static struct tee_rstmem_device *rdev;
/* The memory of rdev. */
static struct optee_memory *memory;
/* The module is being unloaded and attaches to no device. */
static bool leaving;

static int optee_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
		       u32 use_case, size_t size)
{
	struct optee_memory *mem = ctx->data;
	int rc;

	if (scrub) {
		rc = optee_scrub_start(&mem->scrub);
		if (rc)
			return rc;
	}
	return mem->pool->ops->alloc(mem->pool, shm, size);
}

static int optee_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct optee_memory *mem = ctx->data;
	int rc;

	if (scrub) {
		rc = optee_scrub_clear(&mem->scrub, shm->paddr, shm->size);
		if (rc)
			return rc;
	}
	mem->pool->ops->free(mem->pool, shm);
	return 0;
}

static void optee_query(struct tee_context *ctx, u32 use_case,
			struct tee_rstmem_usage *usage)
{
	struct optee_memory *mem = ctx->data;

	mem->pool->ops->usage(mem->pool, usage);
	usage->caps = TEE_RSTMEM_CAP_PROTECTED;
	if (scrub)
		usage->caps |= TEE_RSTMEM_CAP_SCRUBS;
}

/* sysfs shows a pool that can grow. */
static struct tee_rstmem_pool *optee_elastic(struct tee_context *ctx, u32 use_case)
{
	struct optee_memory *mem = ctx->data;

	return mem->pool;
}

static void memory_free(struct kref *ref)
{
	struct optee_memory *mem = container_of(ref, struct optee_memory, ref);

	optee_scrub_deinit(&mem->scrub);
	kfree(mem);
}

static void optee_release(struct tee_context *ctx)
{
	struct optee_memory *mem = ctx->data;

	tee_rstmem_pool_free(mem->pool);
	kref_put(&mem->ref, memory_free);
}

static const struct tee_rstmem_ops optee_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = optee_alloc,
	.rstmem_free = optee_free,
	.rstmem_query = optee_query,
	.rstmem_elastic = optee_elastic,
	.release = optee_release,
};

/*
 * Match OP-TEE's first device, which is for clients. Opening the second one, which is for
 * supplicants, would keep tee-supplicant out. @data is a bool, false at first.
 */
static int is_optee(struct tee_ioctl_version_data *vers, const void *data)
{
	bool *found = (bool *)data;
	bool first = vers->impl_id == TEE_IMPL_ID_OPTEE && !*found;

	*found |= first;
	return first;
}

static bool is_bound_to_optee(struct device *dev)
{
	device_lock_assert(dev);

	return dev->driver && !strcmp(dev->driver->name, "optee");
}

/* Make a pool of OP-TEE's own memory, or log why not and return ERR_PTR. */
static struct tee_rstmem_pool *carveout_create(const struct optee_range *range)
{
	phys_addr_t last = range->start + (range->size - 1);
	struct tee_rstmem_pool *p;

	p = tee_rstmem_carveout_create(range->start, range->size, PAGE_SIZE);
	if (!IS_ERR(p))
		pr_info("%llu KiB at %pa-%pa\n", range->size >> 10, &range->start,
			&last);
	else if (p == ERR_PTR(-EBUSY))
		pr_err("%pa-%pa: busy, another driver or a buffer still alive holds it, see /proc/iomem\n",
		       &range->start, &last);
	else
		pr_err("%pa-%pa: error %ld\n", &range->start, &last, PTR_ERR(p));
	return p;
}

/* Find the memory. On success takes over @ctx, which optee_scrub_end() closes. */
static struct optee_memory *memory_create(struct device *dev,
					  struct tee_context *ctx)
{
	struct optee_range range = {};
	struct optee_memory *mem;
	int rc;

	rc = lent.size ? 0 : optee_range_find(dev, &given, &range);
	if (rc)
		return ERR_PTR(rc);
	mem = kzalloc(sizeof(*mem), GFP_KERNEL);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	kref_init(&mem->ref);
	optee_scrub_init(&mem->scrub, ctx, &range);
	mem->lender.scrub = &mem->scrub;
	mem->lender.use_case = ilog2(use_case_mask);
	mem->pool = lent.size ? optee_lender_pool(&mem->lender, dev, &lent) :
				carveout_create(&range);
	if (IS_ERR(mem->pool)) {
		rc = PTR_ERR(mem->pool);
		memory_free(&mem->ref);
		return ERR_PTR(rc);
	}
	return mem;
}

/* Attach to a device that the stock driver is bound to, unless attached to one. */
static int optee_attach(struct device *dev)
{
	const struct tee_rstmem_desc desc = {
		.ops = &optee_rstmem_ops,
		.use_cases = use_case_mask,
		.shared = true,
		.free_later = scrub,
		.importers = importers,
	};
	struct tee_rstmem_device *new;
	struct optee_memory *mem;
	struct tee_context *ctx;
	bool found = false;

	device_lock_assert(dev);
	lockdep_assert_held(&optee_lock);

	if (optee_dev || leaving)
		return 0;
	/* An open context keeps the TEE device. optee_detach() closes the context. */
	ctx = tee_client_open_context(NULL, is_optee, &found, NULL);
	if (IS_ERR(ctx)) {
		pr_err("no TEE device of OP-TEE's: error %ld\n", PTR_ERR(ctx));
		return PTR_ERR(ctx);
	}
	mem = memory_create(dev, ctx);
	if (IS_ERR(mem)) {
		tee_client_close_context(ctx);
		return PTR_ERR(mem);
	}
	new = tee_rstmem_attach(ctx->teedev, &desc, mem);
	if (IS_ERR(new)) {
		pr_err("cannot attach to OP-TEE's device: error %ld\n", PTR_ERR(new));
		tee_rstmem_pool_free(mem->pool);
		optee_scrub_end(&mem->scrub);
		memory_free(&mem->ref);
		return PTR_ERR(new);
	}
	kref_get(&mem->ref);
	rdev = new;
	memory = mem;
	optee_dev = get_device(dev);
	return 0;
}

static void optee_detach(struct device *dev)
{
	device_lock_assert(dev);
	lockdep_assert_held(&optee_lock);

	if (dev != optee_dev)
		return;
	/*
	 * Nothing is allocated from now on. If no buffer is left, OP-TEE gives lent memory
	 * back. Otherwise OP-TEE's own memory is freed with the last buffer, and lent
	 * memory stays lent until reboot.
	 */
	tee_rstmem_detach(rdev);
	/* The next attachment clears OP-TEE's own memory that is freed from now on. */
	optee_scrub_end(&memory->scrub);
	kref_put(&memory->ref, memory_free);
	memory = NULL;
	rdev = NULL;
	put_device(optee_dev);
	optee_dev = NULL;
}

/* Called with the device's lock held. */
static int optee_notify(struct notifier_block *nb, unsigned long action,
			void *data)
{
	struct device *dev = data;

	if (action != BUS_NOTIFY_BOUND_DRIVER &&
	    action != BUS_NOTIFY_UNBIND_DRIVER)
		return NOTIFY_DONE;
	if (!is_bound_to_optee(dev))
		return NOTIFY_DONE;
	mutex_lock(&optee_lock);
	if (action == BUS_NOTIFY_BOUND_DRIVER)
		optee_attach(dev);
	else
		optee_detach(dev);
	mutex_unlock(&optee_lock);
	return NOTIFY_OK;
}

static struct notifier_block optee_nb = {
	.notifier_call = optee_notify,
};

/*
 * Stop attaching, detach, and only then drop the notifier, which detaches from a device
 * that is unbound meanwhile.
 */
static void optee_leave(void)
{
	struct device *dev;

	mutex_lock(&optee_lock);
	leaving = true;
	dev = get_device(optee_dev);
	mutex_unlock(&optee_lock);
	if (dev) {
		device_lock(dev);
		mutex_lock(&optee_lock);
		optee_detach(dev);
		mutex_unlock(&optee_lock);
		device_unlock(dev);
		put_device(dev);
	}
	bus_unregister_notifier(&platform_bus_type, &optee_nb);
}

static int parse_use_cases(void)
{
	const char *list = use_cases;
	size_t len;
	u32 uc;

	for (;;) {
		len = strcspn(list, ",");
		if (tee_rstmem_parse_use_case(list, len, &uc)) {
			pr_err("use_cases: \"%*pE\" is not secure-video, trusted-ui or secure-video-record\n",
			       (int)len, list);
			return -EINVAL;
		}
		use_case_mask |= BIT_ULL(uc);
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

/*
 * Attach to a device that is bound already. Reading its driver needs the device's lock.
 * Lock only devices with OP-TEE's name: other devices may be in a probe that waits for
 * this module.
 */
static int attach_if_bound(struct device *dev, void *data)
{
	int rc = 0;

	if (!strstr(dev_name(dev), "optee"))
		return 0;
	device_lock(dev);
	if (is_bound_to_optee(dev)) {
		mutex_lock(&optee_lock);
		rc = optee_attach(dev);
		mutex_unlock(&optee_lock);
	}
	device_unlock(dev);
	return rc;
}

static int parse_ranges(void)
{
	int rc;

	rc = optee_range_parse("pool", pool, &given) ?:
	     optee_range_parse("dynamic", dynamic, &lent);
	if (rc || !lent.size)
		return rc;
	if (given.size) {
		pr_err("pool= and dynamic=: OP-TEE has memory of its own, or protects what is lent; give one of them\n");
		return -EINVAL;
	}
	if (!is_power_of_2(use_case_mask)) {
		pr_err("dynamic=: OP-TEE protects a range for one use case; give one in use_cases=\n");
		return -EINVAL;
	}
	if (!scrub) {
		pr_err("dynamic=: not with scrub=0, because memory that becomes RAM again must be clear\n");
		return -EINVAL;
	}
	return 0;
}

static int __init optee_rstmem_init(void)
{
	int rc;

	rc = parse_use_cases();
	if (rc)
		return rc;
	rc = parse_ranges();
	if (rc)
		return rc;

	rc = bus_register_notifier(&platform_bus_type, &optee_nb);
	if (rc)
		return rc;
	rc = bus_for_each_dev(&platform_bus_type, NULL, NULL, attach_if_bound);
	if (rc) {
		optee_leave();
		return rc;
	}
	mutex_lock(&optee_lock);
	if (!optee_dev)
		pr_info("attaches to OP-TEE when its driver is there\n");
	mutex_unlock(&optee_lock);
	return 0;
}
module_init(optee_rstmem_init);

static void __exit optee_rstmem_exit(void)
{
	optee_leave();
}
module_exit(optee_rstmem_exit);

MODULE_DESCRIPTION("Restricted memory of OP-TEE");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
MODULE_SOFTDEP("pre: optee");
