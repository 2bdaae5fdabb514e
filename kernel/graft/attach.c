// SPDX-License-Identifier: GPL-2.0-only
/*
 * The graft's file operations, and attaching the graft to a TEE device and detaching it.
 */
#include <linux/build_bug.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kconfig.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat/tee_core.h"
#include "../core/buffer.h"
#include "../core/device.h"
#include "../front/ioctl.h"
#include "../front/plug.h"
#include "graft.h"

static_assert(!(TEE_SHM_RESTRICTED &
		(TEE_SHM_DYNAMIC | TEE_SHM_USER_MAPPED | TEE_SHM_POOL |
		 TEE_SHM_PRIV | TEE_SHM_DMA_BUF | TEE_SHM_DMA_MEM)));

/* Seconds that detaching waits for calls: before it logs a notice, and at most. */
#define DETACH_NOTICE	1
#define DETACH_WAIT	10

/* Guards stock_fops and the initialization of graft_fops, and serialises attaching. */
static DEFINE_MUTEX(graft_lock);
static const struct file_operations *stock_fops;
/*
 * One copy serves every device, since all have the same stock operations. The copy is never
 * freed: the kernel reads the operations of a file once more after the release operation,
 * when the file holds a reference only to the module.
 */
static struct file_operations graft_fops;

/* Answer like the stock core, and add a capability. */
static long ioctl_version(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
#ifdef TEE_GEN_CAP_RSTMEM
	struct tee_ioctl_version_data __user *vers = (void __user *)arg;
	struct tee_context *ctx = filp->private_data;
	u64 use_cases;
	u32 gen_caps;
	long rc;

	rc = stock_fops->unlocked_ioctl(filp, cmd, arg);
	if (rc)
		return rc;

	rstmem_device_exists(ctx->teedev, &use_cases);
	if (!use_cases)
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
	long rc;

	if (cmd == TEE_IOC_VERSION)
		return ioctl_version(filp, cmd, arg);
	if (!rstmem_ioctl_handles(cmd))
		return stock_fops->unlocked_ioctl(filp, cmd, arg);

	rc = rstmem_ioctl(filp->private_data, cmd, (void __user *)arg);
	if (rc != -ENOIOCTLCMD)
		return rc;
	/* A dma-buf, but not of restricted memory. */
	if (!TEE_HAS_REGISTER_FD)
		return -EOPNOTSUPP;
	return stock_fops->unlocked_ioctl(filp, cmd, arg);
}

static int graft_release(struct inode *inode, struct file *filp)
{
	/* End the ids first: they would keep the context and its sessions alive. */
	rstmem_ids_end_ctx(filp->private_data);
	return stock_fops->release(inode, filp);
}

/* Copy @stock to graft_fops, or check that it was copied before. */
static int fops_prepare(const struct file_operations *stock)
{
	lockdep_assert_held(&graft_lock);

	if (!stock || !stock->open || !stock->release || !stock->unlocked_ioctl)
		return -EOPNOTSUPP;
	if (stock_fops)
		return stock == stock_fops ? 0 : -EOPNOTSUPP;
	graft_fops = *stock;
	graft_fops.owner = THIS_MODULE;
	graft_fops.unlocked_ioctl = graft_ioctl;
	graft_fops.release = graft_release;
	stock_fops = stock;
	return 0;
}

static struct graft *to_graft(struct rstmem_ids *ids)
{
	return container_of(ids, struct graft, ids);
}

static void id_op_release(void *id_data)
{
	struct graft *graft = to_graft(id_data);

	kfree_rcu(graft, rcu);
}

static const struct rstmem_id_ops graft_id_ops = {
	.create = rstmem_id_create,
	.register_file = rstmem_id_register_file,
	.end = rstmem_id_end,
	.release = id_op_release,
};

/* Make the restricted memory of a device, without plugging it. */
static struct graft *graft_create(struct tee_device *teedev,
				  const struct tee_rstmem_desc *desc, void *data)
{
	struct tee_rstmem_device *rdev;
	struct graft *graft;

	graft = kzalloc(sizeof(*graft), GFP_KERNEL);
	if (!graft)
		return ERR_PTR(-ENOMEM);
	rdev = rstmem_device_create(teedev, desc, data);
	if (IS_ERR(rdev)) {
		kfree(graft);
		return ERR_CAST(rdev);
	}
	graft->rdev = rdev;
	rstmem_ids_init(&graft->ids, teedev);
	return graft;
}

/* Undo graft_create(). Does not call the backend, which still owns its data. */
static void graft_destroy(struct graft *graft)
{
	graft->rdev->id_ops = NULL;
	rstmem_device_put(graft->rdev);
	kfree(graft);
}

/* Attach a graft to a device, and plug its restricted memory. */
static struct tee_rstmem_device *graft_attach(struct tee_device *teedev,
					      const struct tee_rstmem_desc *desc,
					      void *data, bool live)
{
	struct tee_rstmem_device *rdev;
	struct graft *graft;
	int rc;

	lockdep_assert_held(&graft_lock);

	if (graft_pool_is_ours(teedev))
		return ERR_PTR(-EBUSY);
	rc = fops_prepare(teedev->cdev.ops);
	if (rc) {
		dev_err(&teedev->dev,
			"the TEE core of this kernel is not one that rstmem knows\n");
		return ERR_PTR(rc);
	}
	graft = graft_create(teedev, desc, data);
	if (IS_ERR(graft))
		return ERR_CAST(graft);
	graft->live = live;
	rdev = graft->rdev;
	rdev->id_ops = &graft_id_ops;
	rdev->id_data = &graft->ids;

	/* Attach the pool first: files of an earlier attachment may create ids. */
	graft_pool_attach(graft);
	rc = rstmem_plug(rdev);
	if (rc) {
		graft_pool_detach(graft);
		graft_pool_quiesce();
		graft_destroy(graft);
		return ERR_PTR(rc);
	}
	/* Tasks that open the device see a complete pool and complete fops. */
	smp_store_release(&teedev->cdev.ops, &graft_fops);
	return rdev;
}

/* Stop allocations, and end all ids. */
static void graft_stop(struct graft *graft)
{
	rstmem_unplug(graft->rdev);
	/* Buffers that are queued to be freed would hold the device's name and memory longer. */
	rstmem_buffer_flush();
	rstmem_ids_stop(&graft->ids);
}

/**
 * tee_rstmem_register() - give a TEE device restricted memory
 * @teedev:	the device, from tee_device_alloc(), not yet registered
 * @desc:	what the backend offers
 * @data:	for the backend, as ctx->data in its ops
 *
 * For a driver's own device. The driver must not replace the device's pool afterwards.
 * tee_rstmem_unregister() undoes this together with tee_device_alloc() and
 * tee_device_register(). On failure the caller keeps @teedev and @data. May sleep.
 *
 * Return: a handle for tee_rstmem_unregister(), or ERR_PTR: -EINVAL for a bad @desc,
 * -E2BIG for a list of importers that is too long, -EBUSY when the device is registered
 * or has restricted memory already, -EOPNOTSUPP when the stock TEE core is not as expected,
 * -ENOMEM, and errors of adding devices to sysfs.
 */
struct tee_rstmem_device *
tee_rstmem_register(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		    void *data)
{
	struct tee_rstmem_device *rdev;

	if (teedev->flags & TEE_DEVICE_FLAG_REGISTERED) {
		dev_err(&teedev->dev,
			"restricted memory must be registered before the device\n");
		return ERR_PTR(-EBUSY);
	}
	mutex_lock(&graft_lock);
	rdev = graft_attach(teedev, desc, data, false);
	mutex_unlock(&graft_lock);
	return rdev;
}
EXPORT_SYMBOL_GPL(tee_rstmem_register);

/**
 * tee_rstmem_unregister() - remove a TEE device and its restricted memory
 * @rdev:	from tee_rstmem_register()
 *
 * First makes new allocations fail with -ENODEV and ends all ids. Running calls with an id
 * go on. Then calls tee_device_unregister(), even if the device is not registered. That
 * function waits for open contexts. Does not wait for buffers: the backend's rstmem_free is
 * called for them later, and the backend's release after the last buffer. May sleep.
 */
void tee_rstmem_unregister(struct tee_rstmem_device *rdev)
{
	struct graft *graft = to_graft(rdev->id_data);

	if (WARN_ON(graft->live))
		return;
	graft_stop(graft);
	rstmem_ids_report_users(&graft->ids);
	tee_device_unregister(graft->ids.teedev);
	rstmem_device_put(rdev);
}
EXPORT_SYMBOL_GPL(tee_rstmem_unregister);

/**
 * tee_rstmem_attach() - give another driver's TEE device restricted memory
 * @teedev:	the device, registered; it may be in use
 * @desc:	what the backend offers
 * @data:	for the backend, as ctx->data in its ops
 *
 * The caller keeps the device registered until tee_rstmem_detach(). Files that are open
 * already get no restricted memory, unless they were opened during an earlier attachment.
 * On failure the caller keeps @data. May sleep.
 *
 * Return: a handle for tee_rstmem_detach(), or ERR_PTR: -EBUSY when the device has
 * restricted memory already, or still runs calls with ids of an earlier attachment;
 * -EOPNOTSUPP when the stock TEE core or the device is not as expected; other errors
 * of tee_rstmem_register().
 */
struct tee_rstmem_device *
tee_rstmem_attach(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		  void *data)
{
	struct tee_rstmem_device *rdev;

	if (IS_ENABLED(CONFIG_PREEMPTION) && !IS_ENABLED(CONFIG_TASKS_RCU)) {
		dev_err(&teedev->dev,
			"a kernel that preempts needs CONFIG_TASKS_RCU for this; CONFIG_KPROBES selects it\n");
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (!(teedev->flags & TEE_DEVICE_FLAG_REGISTERED) ||
	    !graft_pool_is_complete(teedev)) {
		dev_err(&teedev->dev,
			"this TEE device is not one that rstmem can attach to\n");
		return ERR_PTR(-EOPNOTSUPP);
	}
	mutex_lock(&graft_lock);
	rdev = graft_attach(teedev, desc, data, true);
	mutex_unlock(&graft_lock);
	return rdev;
}
EXPORT_SYMBOL_GPL(tee_rstmem_attach);

/* Give the device its own pool and operations back. No id is left. */
static void graft_take_off(struct graft *graft)
{
	struct tee_device *teedev = graft->ids.teedev;

	cmpxchg(&teedev->cdev.ops, &graft_fops, stock_fops);
	graft_pool_detach(graft);
	graft_pool_quiesce();
	rstmem_device_put(graft->rdev);
}

/* Detach the graft when the last call has ended. */
static int take_off_later(void *data)
{
	struct graft *graft = data;
	struct module *owner = graft->rdev->ops->owner;

	wait_event_idle(graft->ids.drained, !atomic_read(&graft->ids.count));
	graft_take_off(graft);
	module_put(owner);
	module_put_and_kthread_exit(0);
}

static bool wait_for_calls(struct graft *graft)
{
	const long rest = (DETACH_WAIT - DETACH_NOTICE) * HZ;

	if (wait_event_timeout(graft->ids.drained, !atomic_read(&graft->ids.count),
			       DETACH_NOTICE * HZ))
		return true;
	dev_notice(&graft->ids.teedev->dev,
		   "detaching waits for %d ids that calls still use, %d seconds at most; fuser /dev/%s lists the processes\n",
		   atomic_read(&graft->ids.count), DETACH_WAIT,
		   dev_name(&graft->ids.teedev->dev));
	return wait_event_timeout(graft->ids.drained, !atomic_read(&graft->ids.count),
				  rest);
}

/**
 * tee_rstmem_detach() - restore another driver's TEE device
 * @rdev:	from tee_rstmem_attach()
 *
 * First makes new allocations fail with -ENODEV and ends the ids of user space. Waits at
 * most 10 seconds for running calls with an id, and for kernel clients to drop their ids.
 * If ids are left then, the graft stays until all are gone, and passes everything on. Does
 * not wait for buffers, see
 * tee_rstmem_unregister(). Open files hold a reference to this module, but to nothing of
 * the backend. May sleep.
 */
void tee_rstmem_detach(struct tee_rstmem_device *rdev)
{
	struct graft *graft = to_graft(rdev->id_data);
	struct module *owner = rdev->ops->owner;
	struct task_struct *task;

	if (WARN_ON(!graft->live))
		return;
	graft_stop(graft);
	if (wait_for_calls(graft)) {
		graft_take_off(graft);
		return;
	}

	dev_warn(&graft->ids.teedev->dev,
		 "calls still use restricted memory; the device is left as it was when they end\n");
	__module_get(THIS_MODULE);
	__module_get(owner);
	task = kthread_run(take_off_later, graft, "rstmem-detach");
	if (!IS_ERR(task))
		return;
	/* Without a thread, wait here. */
	wait_event_idle(graft->ids.drained, !atomic_read(&graft->ids.count));
	graft_take_off(graft);
	module_put(owner);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(tee_rstmem_detach);
