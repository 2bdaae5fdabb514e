// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching the graft to a TEE device and taking it off, and the file operations
 * it puts there. See graft.h.
 */
#include <linux/build_bug.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat/tee_core.h"
#include "../core/device.h"
#include "../core/ioctl.h"
#include "graft.h"

static DEFINE_MUTEX(fops_lock);	/* guards filling in the next two */
static const struct file_operations *stock_fops;
/*
 * One copy serves every device, since the stock core has one. It is never
 * freed: a file keeps the module, and nothing but the module, until after its
 * release.
 */
static struct file_operations graft_fops;

/*
 * The device's restricted memory, or NULL. Called, and what it returns is valid, in an
 * RCU read section, or between rstmem_device_call_begin() and
 * rstmem_device_call_end().
 */
static struct tee_rstmem_device *rdev_find(const struct tee_device *teedev)
{
	const struct graft *graft = graft_find(teedev);

	if (!graft)
		return NULL;
	return rcu_dereference_check(graft->rdev,
				     srcu_read_lock_held(&rstmem_calls));
}

/* The same with a reference. */
static struct tee_rstmem_device *rdev_get(const struct tee_device *teedev)
{
	struct tee_rstmem_device *rdev;

	rcu_read_lock();
	rdev = rdev_find(teedev);
	if (rdev && !kref_get_unless_zero(&rdev->ref))
		rdev = NULL;
	rcu_read_unlock();
	return rdev;
}

/* The stock answer, and one capability more. */
static long ioctl_version(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
#ifdef TEE_GEN_CAP_RSTMEM
	struct tee_ioctl_version_data __user *vers = (void __user *)arg;
	struct tee_context *ctx = filp->private_data;
	struct tee_rstmem_device *rdev;
	u32 gen_caps;
	bool has;
	long rc;

	rc = stock_fops->unlocked_ioctl(filp, cmd, arg);
	if (rc)
		return rc;

	rdev = rdev_get(ctx->teedev);
	if (!rdev)
		return 0;
	has = rdev->use_cases && !rstmem_device_gone(rdev);
	rstmem_device_put(rdev);
	if (!has)
		return 0;
	if (get_user(gen_caps, &vers->gen_caps) ||
	    put_user(gen_caps | TEE_GEN_CAP_RSTMEM, &vers->gen_caps))
		return -EFAULT;
	return 0;
#else
	return stock_fops->unlocked_ioctl(filp, cmd, arg);
#endif
}

/* Passes a call on, which may use any id that its context was given. */
static long stock_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct tee_context *ctx = filp->private_data;
	struct graft *graft;
	int rc = 0;

	if (graft_waiting(ctx->teedev)) {
		graft = graft_get(ctx->teedev);
		if (graft) {
			rc = graft_ids_publish(graft, ctx);
			graft_put(graft);
		}
	}
	return rc ?: stock_fops->unlocked_ioctl(filp, cmd, arg);
}

static long graft_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct tee_context *ctx = filp->private_data;
	struct tee_rstmem_device *rdev;
	long rc;

	if (cmd == TEE_IOC_RSTMEM_ALLOC)
		return rstmem_ioctl_alloc(ctx, (void __user *)arg, rdev_find);
	if (cmd == TEE_IOC_VERSION)
		return ioctl_version(filp, cmd, arg);
	if (!rstmem_ioctl_is_ours(cmd))
		return stock_ioctl(filp, cmd, arg);

	rdev = rdev_get(ctx->teedev);
	rc = rstmem_ioctl(rdev, ctx, cmd, (void __user *)arg);
	if (rdev)
		rstmem_device_put(rdev);
	if (rc != -ENOIOCTLCMD)
		return rc;
	/* A dma-buf, but not of restricted memory. */
	if (!TEE_HAS_REGISTER_FD)
		return -EOPNOTSUPP;
	return stock_ioctl(filp, cmd, arg);
}

static int graft_release(struct inode *inode, struct file *filp)
{
	struct tee_context *ctx = filp->private_data;
	struct graft *graft = graft_get(ctx->teedev);

	/* Ids end here, or they would keep the context, and its sessions. */
	if (graft) {
		graft_ids_drop_ctx(graft, ctx);
		graft_put(graft);
	}
	return stock_fops->release(inode, filp);
}

/* Fills in graft_fops from @stock, or checks that it is what was copied. */
static int fops_prepare(const struct file_operations *stock)
{
	int rc = 0;

	if (!stock || !stock->open || !stock->release || !stock->unlocked_ioctl)
		return -EOPNOTSUPP;

	mutex_lock(&fops_lock);
	if (!stock_fops) {
		graft_fops = *stock;
		graft_fops.owner = THIS_MODULE;
		graft_fops.unlocked_ioctl = graft_ioctl;
		graft_fops.release = graft_release;
		stock_fops = stock;
	} else if (stock != stock_fops) {
		rc = -EOPNOTSUPP;
	}
	mutex_unlock(&fops_lock);
	return rc;
}

/* The graft of a device and its restricted memory, not yet to be found by anybody. */
static struct graft *graft_create(struct tee_device *teedev,
				  const struct tee_rstmem_ops *ops,
				  u64 use_cases, void *data)
{
	struct tee_rstmem_device *rdev;
	struct graft *graft;
	int rc;

	graft = graft_get(teedev);
	if (graft) {
		graft_put(graft);
		return ERR_PTR(-EBUSY);
	}
	rc = fops_prepare(teedev->cdev.ops);
	if (rc) {
		dev_err(&teedev->dev,
			"the TEE core of this kernel is not one that rstmem knows\n");
		return ERR_PTR(rc);
	}

	graft = kzalloc(sizeof(*graft), GFP_KERNEL);
	if (!graft)
		return ERR_PTR(-ENOMEM);
	rdev = rstmem_device_create(teedev, ops, use_cases, data);
	if (IS_ERR(rdev)) {
		kfree(graft);
		return ERR_CAST(rdev);
	}

	kref_init(&graft->ref);
	kref_get(&graft->ref);
	rdev->id_ops = &graft_id_ops;
	rdev->id_data = graft;

	graft_ids_init(graft);
	graft->teedev = teedev;
	rc = rstmem_device_start(rdev);
	if (rc) {
		rstmem_device_destroy(rdev);
		kfree(graft);
		return ERR_PTR(rc);
	}
	rcu_assign_pointer(graft->rdev, rdev);
	return graft;
}

/* From here on callers find it: ioctls answer, ids are given out. */
static struct tee_rstmem_device *graft_attach(struct graft *graft)
{
	graft_pool_attach(graft);
	/* Whoever opens the device finds the pool above. */
	smp_store_release(&graft->teedev->cdev.ops, &graft_fops);
	return rcu_access_pointer(graft->rdev);
}

/* No allocation and no id from now on. */
static void graft_stop(struct graft *graft, struct tee_rstmem_device *rdev)
{
	/* In this order: the next waits for those who found it here. */
	rcu_assign_pointer(graft->rdev, NULL);
	rstmem_device_stop(rdev);
	graft_ids_stop(graft);
}

/**
 * tee_rstmem_register() - give a TEE device restricted memory
 * @teedev:	the device, from tee_device_alloc(), not yet registered
 * @ops:	what the backend does; must outlive its module's last buffer, as a
 *		static structure does
 * @use_cases:	bit N: use case N is offered; bit TEE_IOC_UC_RESERVED is clear;
 *		0 makes allocations fail with -EOPNOTSUPP
 * @data:	for the backend, as ctx->data in @ops
 *
 * For a driver's own device. The device's pool must not be replaced afterwards.
 * Undone, together with tee_device_alloc() and tee_device_register(), by
 * tee_rstmem_unregister(). May sleep.
 *
 * Return: a handle for that, or ERR_PTR: -EINVAL for bad arguments, -EBUSY when
 * the device is registered or has been here before, -EOPNOTSUPP when the stock
 * TEE core is not as expected, -ENOMEM, and what adding devices to sysfs returns.
 */
struct tee_rstmem_device *
tee_rstmem_register(struct tee_device *teedev, const struct tee_rstmem_ops *ops,
		    u64 use_cases, void *data)
{
	struct graft *graft;

	if (teedev->flags & TEE_DEVICE_FLAG_REGISTERED) {
		dev_err(&teedev->dev,
			"restricted memory must be registered before the device\n");
		return ERR_PTR(-EBUSY);
	}
	graft = graft_create(teedev, ops, use_cases, data);
	return IS_ERR(graft) ? ERR_CAST(graft) : graft_attach(graft);
}
EXPORT_SYMBOL_GPL(tee_rstmem_register);

/* tee_device_unregister() waits for users and does not say so. */
static void report_users(struct tee_device *teedev)
{
	size_t users;

	mutex_lock(&teedev->mutex);
	users = teedev->num_users - 1;
	mutex_unlock(&teedev->mutex);
	if (users)
		dev_notice(&teedev->dev,
			   "removal waits until %zu open files and shared memory objects are closed\n",
			   users);
}

/**
 * tee_rstmem_unregister() - take a TEE device and its restricted memory away
 * @rdev:	from tee_rstmem_register()
 *
 * Calls tee_device_unregister(), registered or not, because of the order of
 * things: new allocations fail with -ENODEV from the start and ids are no longer
 * valid, but calls that were given one run to their end; then the device waits for
 * open contexts, as every TEE device does. Buffers are not waited for. They live
 * on until their users let go of them; the backend's rstmem_free and, after the
 * last of them, release are called later. May sleep.
 */
void tee_rstmem_unregister(struct tee_rstmem_device *rdev)
{
	struct graft *graft = rdev->id_data;

	if (WARN_ON(graft->live))
		return;
	graft_stop(graft, rdev);
	report_users(graft->teedev);
	tee_device_unregister(graft->teedev);

	rstmem_device_put(rdev);
	graft_put(graft);
}
EXPORT_SYMBOL_GPL(tee_rstmem_unregister);

/**
 * tee_rstmem_attach() - give another driver's TEE device restricted memory
 * @teedev:	the device, registered; it may be in use
 * @ops:	as for tee_rstmem_register(), and so are all that follow
 * @use_cases:	bit N: use case N is offered
 * @data:	for the backend
 *
 * The caller sees to it that the device stays registered until
 * tee_rstmem_detach(). Files opened before stay without restricted memory. May
 * sleep.
 *
 * Return: a handle for tee_rstmem_detach(), or ERR_PTR: -EINVAL for bad arguments,
 * -EBUSY when somebody has attached to the device already, -EOPNOTSUPP when the
 * stock TEE core or the device is not as expected, -ENOMEM, and what adding devices
 * to sysfs returns.
 */
struct tee_rstmem_device *
tee_rstmem_attach(struct tee_device *teedev, const struct tee_rstmem_ops *ops,
		  u64 use_cases, void *data)
{
	const struct tee_shm_pool *pool = teedev->pool;
	struct graft *graft;

	if (!(teedev->flags & TEE_DEVICE_FLAG_REGISTERED) || !pool ||
	    !pool->ops || !pool->ops->alloc || !pool->ops->free) {
		dev_err(&teedev->dev,
			"this TEE device is not one that rstmem can attach to\n");
		return ERR_PTR(-EOPNOTSUPP);
	}
	graft = graft_create(teedev, ops, use_cases, data);
	if (IS_ERR(graft))
		return ERR_CAST(graft);
	graft->live = true;
	return graft_attach(graft);
}
EXPORT_SYMBOL_GPL(tee_rstmem_attach);

/**
 * tee_rstmem_detach() - leave another driver's TEE device as it was
 * @rdev:	from tee_rstmem_attach()
 *
 * New allocations fail with -ENODEV from the start and ids are no longer valid.
 * Waits for calls that were given one to end, as the device's own removal would.
 * Buffers are not waited for, as for tee_rstmem_unregister(). Nothing of the
 * device leads here any more when it returns but files that are open, which keep
 * this module and nothing of the backend. May sleep.
 */
void tee_rstmem_detach(struct tee_rstmem_device *rdev)
{
	struct graft *graft = rdev->id_data;
	struct tee_device *teedev = graft->teedev;

	if (WARN_ON(!graft->live))
		return;
	graft_stop(graft, rdev);
	if (!wait_event_timeout(graft->drained, !atomic_read(&graft->count),
				HZ)) {
		dev_notice(&teedev->dev,
			   "detaching waits until %d calls end that use restricted memory\n",
			   atomic_read(&graft->count));
		wait_event(graft->drained, !atomic_read(&graft->count));
	}

	WRITE_ONCE(teedev->cdev.ops, stock_fops);
	graft_pool_detach(graft);
	graft_pool_quiesce();
	/* Allocations that are about to find that there is nothing any more. */
	rstmem_device_wait();

	rstmem_device_put(rdev);
	graft_put(graft);
}
EXPORT_SYMBOL_GPL(tee_rstmem_detach);

static void graft_free(struct kref *ref)
{
	kfree_rcu(container_of(ref, struct graft, ref), rcu);
}

/**
 * graft_put() - drop a reference
 * @graft:	the graft
 */
void graft_put(struct graft *graft)
{
	kref_put(&graft->ref, graft_free);
}
