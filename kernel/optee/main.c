// SPDX-License-Identifier: GPL-2.0-only
/*
 * optee_rstmem: restricted memory of OP-TEE, on the stock driver.
 *
 * OP-TEE's secure data path keeps a range of memory that the firewall hides from the
 * normal world. This module hands out pieces of it. It attaches to the device of the
 * stock optee.ko, which passes a buffer on as a temporary memory reference with its
 * physical address, and OP-TEE recognises its own range. Neither is told anything
 * else, so neither needs to know.
 *
 * The stock driver may be bound and unbound at any time. The driver core says when,
 * holding the lock of the platform device, which therefore guards what is here.
 */
#define pr_fmt(fmt) "optee_rstmem: " fmt

#include <linux/device.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/tee.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>

#include "optee.h"

static char *pool;
module_param(pool, charp, 0444);
MODULE_PARM_DESC(pool, "Where the memory is, SIZE@ADDRESS, if OP-TEE is too old to tell; or a part of it");

static char *use_cases = "secure-video";
module_param(use_cases, charp, 0444);
MODULE_PARM_DESC(use_cases, "What the memory is for: secure-video (default), trusted-ui, secure-video-record, with commas between them. All share it");

/* Of use_cases=; constant once the module is loaded. */
static u64 use_case_mask;

/* Of the stock driver, while attached to it; guarded by its device lock. */
static struct device *optee_dev;
static struct tee_rstmem_device *rdev;

/* The core's context of a backend is the pool. */

static int optee_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
		       u32 use_case, size_t size)
{
	struct tee_rstmem_pool *p = ctx->data;

	return p->ops->alloc(p, shm, size, 0);
}

static void optee_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct tee_rstmem_pool *p = ctx->data;

	p->ops->free(p, shm);
}

static void optee_query(struct tee_context *ctx, u32 use_case,
			struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_pool *p = ctx->data;

	p->ops->usage(p, usage);
	/* The normal world cannot scrub it, and OP-TEE is not told of a free. */
	usage->caps = TEE_RSTMEM_CAP_PROTECTED;
}

static void optee_release(struct tee_context *ctx)
{
	tee_rstmem_pool_free(ctx->data);
}

static const struct tee_rstmem_ops optee_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = optee_alloc,
	.rstmem_free = optee_free,
	.rstmem_query = optee_query,
	.release = optee_release,
};

static int is_optee(struct tee_ioctl_version_data *vers, const void *data)
{
	return vers->impl_id == TEE_IMPL_ID_OPTEE;
}

static bool is_optee_dev(struct device *dev)
{
	return dev->driver && !strcmp(dev->driver->name, "optee");
}

/* A pool of what OP-TEE has, or ERR_PTR; says why not. */
static struct tee_rstmem_pool *pool_create(struct device *dev)
{
	struct tee_rstmem_pool *p;
	struct optee_range range;
	phys_addr_t last;
	int rc;

	rc = optee_range_find(dev, &range);
	if (rc)
		return ERR_PTR(rc);
	last = range.start + (range.size - 1);
	p = tee_rstmem_gen_pool_create(range.start, range.size, PAGE_SIZE, 0);
	if (!IS_ERR(p))
		pr_info("%llu KiB at %pa-%pa\n", range.size >> 10, &range.start,
			&last);
	else if (p == ERR_PTR(-EBUSY))
		pr_err("%pa-%pa: busy, another driver or a buffer still alive holds it, see /proc/iomem\n",
		       &range.start, &last);
	else
		pr_err("%pa-%pa: error %ld\n", &range.start, &last, PTR_ERR(p));
	return p;
}

static int optee_attach(struct device *dev)
{
	struct tee_rstmem_device *attached;
	struct tee_rstmem_pool *p;
	struct tee_context *ctx;
	int rc;

	device_lock_assert(dev);

	/* Keeps the TEE device; from then on the lock on @dev does. */
	ctx = tee_client_open_context(NULL, is_optee, NULL, NULL);
	if (IS_ERR(ctx)) {
		pr_err("no TEE device of OP-TEE's: error %ld\n", PTR_ERR(ctx));
		return PTR_ERR(ctx);
	}
	p = pool_create(dev);
	rc = PTR_ERR_OR_ZERO(p);
	if (rc)
		goto out_close;
	attached = tee_rstmem_attach(ctx->teedev, &optee_rstmem_ops,
				     use_case_mask, p);
	rc = PTR_ERR_OR_ZERO(attached);
	if (rc) {
		pr_err("cannot attach to OP-TEE's device: error %d\n", rc);
		tee_rstmem_pool_free(p);
		goto out_close;
	}
	rdev = attached;
	optee_dev = dev;
out_close:
	tee_client_close_context(ctx);
	return rc;
}

static void optee_detach(struct device *dev)
{
	device_lock_assert(dev);

	if (dev != optee_dev)
		return;
	tee_rstmem_detach(rdev);
	rdev = NULL;
	optee_dev = NULL;
}

/* Called with the device's lock held. */
static int optee_notify(struct notifier_block *nb, unsigned long action,
			void *data)
{
	struct device *dev = data;

	if (!is_optee_dev(dev))
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_BOUND_DRIVER && !optee_dev)
		optee_attach(dev);
	else if (action == BUS_NOTIFY_UNBIND_DRIVER)
		optee_detach(dev);
	return NOTIFY_OK;
}

static struct notifier_block optee_nb = {
	.notifier_call = optee_notify,
};

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

static int match_optee_dev(struct device *dev, const void *data)
{
	return is_optee_dev(dev);
}

static int __init optee_rstmem_init(void)
{
	struct device *dev;
	int rc;

	rc = parse_use_cases();
	if (rc)
		return rc;
	rc = optee_range_parse(pool);
	if (rc)
		return rc;

	rc = bus_register_notifier(&platform_bus_type, &optee_nb);
	if (rc)
		return rc;
	dev = bus_find_device(&platform_bus_type, NULL, NULL, match_optee_dev);
	if (!dev) {
		pr_info("attaches to OP-TEE when its driver is there\n");
		return 0;
	}

	/* It may have gone meanwhile, or the notifier may have been here. */
	device_lock(dev);
	if (is_optee_dev(dev) && !optee_dev)
		rc = optee_attach(dev);
	device_unlock(dev);
	put_device(dev);
	if (rc)
		bus_unregister_notifier(&platform_bus_type, &optee_nb);
	return rc;
}
module_init(optee_rstmem_init);

static void __exit optee_rstmem_exit(void)
{
	struct device *dev;

	bus_unregister_notifier(&platform_bus_type, &optee_nb);
	dev = bus_find_device(&platform_bus_type, NULL, NULL, match_optee_dev);
	if (!dev)
		return;
	device_lock(dev);
	optee_detach(dev);
	device_unlock(dev);
	put_device(dev);
}
module_exit(optee_rstmem_exit);

MODULE_DESCRIPTION("Restricted memory of OP-TEE");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
MODULE_SOFTDEP("pre: optee");
