// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks: calls of the TEE core that concern restricted memory, and the registration of
 * devices that have it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/tee_rstmem.h>

#include "buffer.h"
#include "device.h"
#include "hooks.h"
#include "ids.h"
#include "ioctl.h"
#include "plug.h"

/**
 * struct hooks - the TEE core's side of a device with restricted memory
 * @ids:	its ids
 * @ops:	the backend
 * @attached:	by tee_rstmem_attach()
 *
 * The device's last reference frees it.
 */
struct hooks {
	struct rstmem_ids ids;
	struct tee_rstmem_ops ops;
	bool attached;
};

static DEFINE_MUTEX(register_lock);	/* serialises registering */

static struct hooks *to_hooks(struct rstmem_ids *ids)
{
	return container_of(ids, struct hooks, ids);
}

static void id_op_release(void *id_data)
{
	kfree(to_hooks(id_data));
}

static const struct rstmem_id_ops id_ops = {
	.create = rstmem_id_create,
	.register_file = rstmem_id_register_file,
	.end = rstmem_id_end,
	.release = id_op_release,
};

static struct tee_rstmem_device *hooks_create(struct tee_device *teedev,
					      const struct tee_rstmem_desc *desc,
					      void *data, bool attached)
{
	struct tee_rstmem_desc own = *desc;
	struct tee_rstmem_device *rdev;
	struct hooks *hooks;
	u64 use_cases;
	int rc;

	lockdep_assert_held(&register_lock);

	if (!desc->ops)
		return ERR_PTR(-EINVAL);
	if (rstmem_device_exists(teedev, &use_cases))
		return ERR_PTR(-EBUSY);
	hooks = kzalloc(sizeof(*hooks), GFP_KERNEL);
	if (!hooks)
		return ERR_PTR(-ENOMEM);
	rstmem_ids_init(&hooks->ids, teedev);
	hooks->attached = attached;
	hooks->ops = *desc->ops;
	if (!hooks->ops.rstmem_alloc && !hooks->ops.rstmem_free) {
		hooks->ops.rstmem_alloc = teedev->desc->ops->rstmem_alloc;
		hooks->ops.rstmem_free = teedev->desc->ops->rstmem_free;
	}
	own.ops = &hooks->ops;

	rdev = rstmem_device_create(teedev, &own, data);
	if (IS_ERR(rdev)) {
		kfree(hooks);
		return rdev;
	}
	rdev->id_ops = &id_ops;
	rdev->id_data = &hooks->ids;
	/* A program may use the device as soon as it is plugged. */
	teedev->flags |= TEE_DEVICE_FLAG_RSTMEM;
	rc = rstmem_plug(rdev);
	if (rc) {
		/* The caller keeps @data, so do not call the backend. */
		rdev->id_ops = NULL;
		rstmem_device_put(rdev);
		kfree(hooks);
		return ERR_PTR(rc);
	}
	return rdev;
}

/* Stop allocations, and end all ids. */
static void hooks_stop(struct tee_rstmem_device *rdev)
{
	rstmem_unplug(rdev);
	/* Otherwise they would hold the device's name and memory for a moment. */
	rstmem_buffer_flush();
	rstmem_ids_stop(rdev->id_data);
}

/**
 * tee_rstmem_register() - give a TEE device restricted memory
 * @teedev:	the device, from tee_device_alloc(), not yet registered
 * @desc:	what the driver offers
 * @data:	for the driver, as ctx->data in the operations
 *
 * If @desc->ops has neither rstmem_alloc nor rstmem_free, those of the device's struct
 * tee_driver_ops are used. tee_rstmem_unregister() undoes this together with
 * tee_device_alloc() and tee_device_register(). On failure the caller keeps @teedev and
 * @data. May sleep.
 *
 * Return: a handle for tee_rstmem_unregister(), or ERR_PTR: -EINVAL for a bad @desc,
 * -E2BIG for a list of importers that is too long, -EBUSY when the device is registered
 * or has restricted memory already, -ENOMEM, and errors of adding devices to sysfs.
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
	mutex_lock(&register_lock);
	rdev = hooks_create(teedev, desc, data, false);
	mutex_unlock(&register_lock);
	return rdev;
}
EXPORT_SYMBOL_GPL(tee_rstmem_register);

/**
 * tee_rstmem_unregister() - take a TEE device and its restricted memory away
 * @rdev:	from tee_rstmem_register()
 *
 * New allocations fail with -ENODEV from the start and all ids end, but running calls
 * with an id go on. Then this calls tee_device_unregister(), also for a device that is not
 * registered, and waits for open contexts, as every TEE device does. It does not wait for
 * buffers: rstmem_free, and release after the last buffer, are called later. May sleep.
 */
void tee_rstmem_unregister(struct tee_rstmem_device *rdev)
{
	struct rstmem_ids *ids = rdev->id_data;

	if (WARN_ON(to_hooks(ids)->attached))
		return;
	hooks_stop(rdev);
	rstmem_ids_report_users(ids);
	tee_device_unregister(ids->teedev);
	rstmem_device_put(rdev);
}
EXPORT_SYMBOL_GPL(tee_rstmem_unregister);

/**
 * tee_rstmem_attach() - give another driver's TEE device restricted memory
 * @teedev:	the device, registered; it may be in use
 * @desc:	what the caller offers
 * @data:	for the caller, as ctx->data in the operations
 *
 * For a platform's driver that knows the memory of a generic TEE. The caller keeps the
 * device registered until tee_rstmem_detach(). On failure the caller keeps @data. May
 * sleep.
 *
 * Return: a handle for tee_rstmem_detach(), or ERR_PTR: -EOPNOTSUPP when the device is not
 * registered, and the errors of tee_rstmem_register().
 */
struct tee_rstmem_device *
tee_rstmem_attach(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		  void *data)
{
	struct tee_rstmem_device *rdev;

	if (!(teedev->flags & TEE_DEVICE_FLAG_REGISTERED))
		return ERR_PTR(-EOPNOTSUPP);
	mutex_lock(&register_lock);
	rdev = hooks_create(teedev, desc, data, true);
	mutex_unlock(&register_lock);
	return rdev;
}
EXPORT_SYMBOL_GPL(tee_rstmem_attach);

/**
 * tee_rstmem_detach() - take restricted memory from another driver's TEE device
 * @rdev:	from tee_rstmem_attach()
 *
 * New allocations fail with -ENODEV from the start and all ids end. This waits neither
 * for running calls with an id nor for buffers, see tee_rstmem_unregister(). May sleep.
 */
void tee_rstmem_detach(struct tee_rstmem_device *rdev)
{
	struct rstmem_ids *ids = rdev->id_data;
	int count;

	if (WARN_ON(!to_hooks(ids)->attached))
		return;
	hooks_stop(rdev);
	count = atomic_read(&ids->count);
	if (count)
		dev_notice(&ids->teedev->dev,
			   "calls still use restricted memory by %d ids, and keep it until they end\n",
			   count);
	rstmem_device_put(rdev);
}
EXPORT_SYMBOL_GPL(tee_rstmem_detach);

/**
 * tee_rstmem_ioctl() - serve a command that concerns restricted memory
 * @ctx:	the context of the open file
 * @cmd:	any command
 * @arg:	user pointer to the command's structure
 *
 * Return: as <linux/tee_rstmem.h> says; -ENOIOCTLCMD for any other command, on a device
 * that never had restricted memory, and for a dma-buf that is not restricted memory, if
 * the TEE core may know it.
 */
long tee_rstmem_ioctl(struct tee_context *ctx, unsigned int cmd, void __user *arg)
{
	long rc;

	if (!rstmem_ioctl_handles(cmd) || !(ctx->teedev->flags & TEE_DEVICE_FLAG_RSTMEM))
		return -ENOIOCTLCMD;
	rc = rstmem_ioctl(ctx, cmd, arg);
#ifdef TEE_RSTMEM_DEFINES_REGISTER_FD
	/* A dma-buf, but not of restricted memory. The TEE core takes no others. */
	if (rc == -ENOIOCTLCMD)
		return -EOPNOTSUPP;
#endif
	return rc;
}

#ifdef TEE_GEN_CAP_RSTMEM
/**
 * tee_rstmem_gen_caps() - get the capabilities that restricted memory adds
 * @teedev:	a TEE device
 *
 * Return: TEE_GEN_CAP_RSTMEM if the device offers a use case, else 0.
 */
u32 tee_rstmem_gen_caps(const struct tee_device *teedev)
{
	u64 use_cases;

	rstmem_device_exists(teedev, &use_cases);
	return use_cases ? TEE_GEN_CAP_RSTMEM : 0;
}
#endif

/**
 * tee_rstmem_close() - end the ids of a context, before its file is released
 * @ctx:	the context
 *
 * Otherwise they would keep the context and its sessions alive.
 */
void tee_rstmem_close(struct tee_context *ctx)
{
	rstmem_ids_end_ctx(ctx);
}

/**
 * tee_rstmem_shm_release() - drop the buffer of an id
 * @shm:	has TEE_SHM_RESTRICTED, and no reference is left; the TEE core frees it
 */
void tee_rstmem_shm_release(struct tee_shm *shm)
{
	rstmem_id_free(shm);
}

/**
 * tee_rstmem_init() - prepare, when the TEE core is loaded
 *
 * Return: 0 or -errno.
 */
int __init tee_rstmem_init(void)
{
	return rstmem_init();
}

/**
 * tee_rstmem_exit() - undo tee_rstmem_init(); no device is left
 */
void tee_rstmem_exit(void)
{
	rstmem_exit();
}

#ifdef TEE_RSTMEM_DEFINES_REGISTER_FD
/* Since protected memory, tee_core.c says so. */
MODULE_INFO(import_ns, "DMA_BUF");
#endif
