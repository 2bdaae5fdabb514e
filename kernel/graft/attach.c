// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching the graft to a TEE device, and the file operations it puts there.
 * See graft.h.
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

/* The device's restricted memory with a reference, or NULL. */
static struct tee_rstmem_device *rdev_get(struct graft *graft)
{
	struct tee_rstmem_device *rdev;

	if (!graft)
		return NULL;
	rcu_read_lock();
	rdev = rcu_dereference(graft->rdev);
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

	rdev = rdev_get(graft_of(ctx->teedev));
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

static long graft_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct tee_context *ctx = filp->private_data;
	struct tee_rstmem_device *rdev;
	long rc;

	if (cmd == TEE_IOC_VERSION)
		return ioctl_version(filp, cmd, arg);
	if (!rstmem_ioctl_is_ours(cmd))
		return stock_fops->unlocked_ioctl(filp, cmd, arg);

	rdev = rdev_get(graft_of(ctx->teedev));
	rc = rstmem_ioctl(rdev, ctx, cmd, (void __user *)arg);
	if (rdev)
		rstmem_device_put(rdev);
	if (rc != -ENOIOCTLCMD)
		return rc;
	/* A dma-buf, but not of restricted memory. */
	if (!TEE_HAS_REGISTER_FD)
		return -EOPNOTSUPP;
	return stock_fops->unlocked_ioctl(filp, cmd, arg);
}

static int graft_release(struct inode *inode, struct file *filp)
{
	struct tee_context *ctx = filp->private_data;

	/* Ids end here, or they would keep the context, and its sessions. */
	graft_handles_drop_ctx(graft_of(ctx->teedev), ctx);
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

/**
 * tee_rstmem_register() - give a TEE device restricted memory
 * @teedev:	the device, from tee_device_alloc(), not yet registered
 * @ops:	what the backend does; must outlive its module's last buffer, as a
 *		static structure does
 * @use_cases:	bit N: use case N is offered; bit TEE_IOC_UC_RESERVED is clear;
 *		0 makes allocations fail with -EOPNOTSUPP
 * @data:	for the backend, as ctx->data in @ops
 *
 * The device's pool must not be replaced afterwards. Undone, together with
 * tee_device_alloc() and tee_device_register(), by tee_rstmem_unregister(). May
 * sleep.
 *
 * Return: a handle for that, or ERR_PTR: -EINVAL for bad arguments, -EBUSY when
 * the device is registered or has been here before, -EOPNOTSUPP when the stock
 * TEE core is not as expected, -ENOMEM, and what adding devices to sysfs returns.
 */
struct tee_rstmem_device *
tee_rstmem_register(struct tee_device *teedev, const struct tee_rstmem_ops *ops,
		    u64 use_cases, void *data)
{
	struct tee_rstmem_device *rdev;
	struct graft *graft;
	int rc;

	if (teedev->flags & TEE_DEVICE_FLAG_REGISTERED) {
		dev_err(&teedev->dev,
			"restricted memory must be registered before the device\n");
		return ERR_PTR(-EBUSY);
	}
	if (graft_of(teedev))
		return ERR_PTR(-EBUSY);
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
		return rdev;
	}

	kref_init(&graft->ref);
	kref_get(&graft->ref);
	rdev->id_ops = &graft_id_ops;
	rdev->id_data = graft;

	mutex_init(&graft->lock);
	hash_init(graft->handles);
	graft->teedev = teedev;
	rc = rstmem_device_start(rdev);
	if (rc) {
		rstmem_device_destroy(rdev);
		kfree(graft);
		return ERR_PTR(rc);
	}
	rcu_assign_pointer(graft->rdev, rdev);
	graft_pool_attach(graft);
	teedev->cdev.ops = &graft_fops;
	return rdev;
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

	rstmem_device_stop(rdev);
	rcu_assign_pointer(graft->rdev, NULL);
	graft_handles_stop(graft);

	report_users(graft->teedev);
	tee_device_unregister(graft->teedev);

	rstmem_device_put(rdev);
	graft_put(graft);
}
EXPORT_SYMBOL_GPL(tee_rstmem_unregister);

static void graft_free(struct kref *ref)
{
	kfree(container_of(ref, struct graft, ref));
}

/**
 * graft_put() - drop a reference
 * @graft:	the graft
 */
void graft_put(struct graft *graft)
{
	kref_put(&graft->ref, graft_free);
}
