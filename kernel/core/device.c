// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that have restricted memory: registration, removal, lookup.
 *
 * Removal does not wait for buffers. rstmem_device_stop() makes new allocations
 * fail and waits for those that are inside the backend at that moment, which is
 * short. Each buffer keeps the device and the backend's module; the last one
 * calls the backend's release.
 */
#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "account.h"
#include "device.h"
#include "heap.h"

static DEFINE_MUTEX(devices_lock);	/* guards changes of devices */
static LIST_HEAD(devices);

static void accounts_put(struct tee_rstmem_device *rdev)
{
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++)
		rstmem_account_put(rdev->accounts[uc]);
}

/* Of use cases below @end. */
static void accounts_stop(struct tee_rstmem_device *rdev, u32 end)
{
	while (end--)
		if (rdev->accounts[end])
			rstmem_account_stop(rdev->accounts[end]);
}

static int accounts_start(struct tee_rstmem_device *rdev)
{
	u32 uc;
	int rc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		if (!rdev->accounts[uc])
			continue;
		rc = rstmem_account_start(rdev->accounts[uc]);
		if (rc) {
			accounts_stop(rdev, uc);
			return rc;
		}
	}
	return 0;
}

/**
 * rstmem_device_create() - make the core's side of a backend
 * @teedev:	its TEE device, kept until the last buffer is gone
 * @ops:	the backend
 * @use_cases:	bit N: use case N is offered; bit 0 is clear; may be 0
 * @data:	for the backend, in the context its ops are given
 *
 * Not to be found by anybody before rstmem_device_start(). The caller sets id_ops
 * and id_data before that.
 *
 * Return: the device with one reference, for the registration, or ERR_PTR:
 * -EINVAL for ops without alloc and free or bad @use_cases, -ENOMEM.
 */
struct tee_rstmem_device *
rstmem_device_create(struct tee_device *teedev, const struct tee_rstmem_ops *ops,
		     u64 use_cases, void *data)
{
	struct tee_rstmem_device *rdev;
	u32 uc;

	if (!ops || !ops->rstmem_alloc || !ops->rstmem_free ||
	    use_cases & BIT_ULL(TEE_IOC_UC_RESERVED))
		return ERR_PTR(-EINVAL);

	rdev = kzalloc(sizeof(*rdev), GFP_KERNEL);
	if (!rdev)
		return ERR_PTR(-ENOMEM);

	kref_init(&rdev->ref);
	rdev->ops = ops;
	rdev->use_cases = use_cases;
	rdev->ctx.teedev = teedev;
	rdev->ctx.data = data;
	kref_init(&rdev->ctx.refcount);
	INIT_LIST_HEAD(&rdev->node);
	get_device(&teedev->dev);
	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		if (!(use_cases & BIT_ULL(uc)))
			continue;
		rdev->accounts[uc] = rstmem_account_create(rdev, uc);
		if (!rdev->accounts[uc]) {
			rstmem_device_destroy(rdev);
			return ERR_PTR(-ENOMEM);
		}
	}
	return rdev;
}

/**
 * rstmem_device_destroy() - undo rstmem_device_create()
 * @rdev:	a device that was never started; its backend is not called
 */
void rstmem_device_destroy(struct tee_rstmem_device *rdev)
{
	accounts_put(rdev);
	put_device(&rdev->ctx.teedev->dev);
	kfree(rdev);
}

static void device_release(struct kref *ref)
{
	struct tee_rstmem_device *rdev =
		container_of(ref, struct tee_rstmem_device, ref);
	struct tee_device *teedev = rdev->ctx.teedev;

	if (rdev->ops->release)
		rdev->ops->release(&rdev->ctx);
	accounts_put(rdev);
	rdev->id_ops->release(rdev->id_data);
	kfree_rcu(rdev, rcu);
	put_device(&teedev->dev);
}

/**
 * rstmem_device_put() - drop a reference
 * @rdev:	the device; the last reference calls the backend's release
 *
 * May sleep.
 */
void rstmem_device_put(struct tee_rstmem_device *rdev)
{
	kref_put(&rdev->ref, device_release);
}

/**
 * rstmem_device_start() - let sysfs, rstmem_device_find() and heaps see a device
 * @rdev:	the device
 *
 * Calls the backend. May sleep.
 *
 * Return: 0 or -errno; nobody has seen it then.
 */
int rstmem_device_start(struct tee_rstmem_device *rdev)
{
	int rc;

	rc = accounts_start(rdev);
	if (rc)
		return rc;
	mutex_lock(&devices_lock);
	list_add_tail_rcu(&rdev->node, &devices);
	mutex_unlock(&devices_lock);
	rstmem_heap_start(rdev->use_cases);
	return 0;
}

/**
 * rstmem_device_stop() - no allocation from now on
 * @rdev:	the device, started
 *
 * When it returns, the backend is not inside rstmem_alloc or rstmem_query and
 * will not be called for these again, and nobody has @rdev who found it between
 * rstmem_device_call_begin() and rstmem_device_call_end() and took no reference.
 */
void rstmem_device_stop(struct tee_rstmem_device *rdev)
{
	mutex_lock(&devices_lock);
	list_del_rcu(&rdev->node);
	mutex_unlock(&devices_lock);

	WRITE_ONCE(rdev->gone, true);
	rstmem_device_wait();
	rstmem_heap_stop(rdev->use_cases);
	accounts_stop(rdev, ARRAY_SIZE(rdev->accounts));
}

/**
 * rstmem_device_wait() - wait for who is between call_begin and call_end
 *
 * May sleep.
 */
void rstmem_device_wait(void)
{
	synchronize_srcu(&rstmem_calls);
}

/**
 * rstmem_device_find() - find a device to allocate from
 * @teedev:	which, or NULL for the first that offers @use_case
 * @use_case:	any number
 *
 * Called between rstmem_device_call_begin() and rstmem_device_call_end(), and what
 * it returns is valid up to there.
 *
 * Return: the device, or ERR_PTR(-EOPNOTSUPP) when @teedev has no restricted memory
 * or, with NULL, no device offers the use case.
 */
struct tee_rstmem_device *rstmem_device_find(const struct tee_device *teedev,
					     u32 use_case)
{
	struct tee_rstmem_device *rdev;

	list_for_each_entry_srcu(rdev, &devices, node,
				 srcu_read_lock_held(&rstmem_calls))
		if (teedev ? rdev->ctx.teedev == teedev :
			     !rstmem_device_check(rdev, use_case))
			return rdev;
	return ERR_PTR(-EOPNOTSUPP);
}
