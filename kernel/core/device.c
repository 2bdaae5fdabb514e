// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: a backend as the core sees it, and the use cases that it offers.
 *
 * Removal does not wait for buffers. rstmem_device_unplug() makes new calls fail and
 * waits for calls inside the backend, which do not take long. Each buffer holds a
 * reference to the device. The last reference calls the backend's release.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "device.h"

static DEFINE_MUTEX(devices_lock);	/* guards changes of devices */
static LIST_HEAD(devices);

/* Calls of backends, and searches in devices: removal waits for both. */
DEFINE_STATIC_SRCU(device_calls);

/* Allocations that wait until a pool has grown, and the number of changes of pools. */
static DECLARE_WAIT_QUEUE_HEAD(room_wait);
static atomic_t room_changes = ATOMIC_INIT(0);

static void offer_release(struct device *dev)
{
	struct rstmem_offer *offer = container_of(dev, struct rstmem_offer, dev);

	rstmem_policy_deinit(&offer->policy);
	kfree(offer);
}

static void offer_destroy(struct rstmem_offer *offer)
{
	rstmem_account_stop(&offer->own);
	rstmem_account_deinit(&offer->own);
	put_device(&offer->dev);
}

/* Read the backend's figures, and give the offer an account: its own, or @shared's. */
static int offer_open(struct rstmem_offer *offer, struct rstmem_offer *shared)
{
	struct tee_rstmem_device *rdev = offer->rdev;
	struct tee_rstmem_usage usage;

	rstmem_device_usage(rdev, offer->use_case, &usage);
	if (rdev->ops->rstmem_elastic)
		offer->elastic = rdev->ops->rstmem_elastic(&rdev->ctx,
							   offer->use_case);
	offer->granule = max_t(u64, usage.granule, PAGE_SIZE);
	if (shared) {
		offer->tally.account = shared->tally.account;
		return 0;
	}
	offer->tally.account = &offer->own;
	return rstmem_account_start(offer->tally.account, dev_name(&offer->dev),
				    usage.most);
}

static struct rstmem_offer *offer_create(struct tee_rstmem_device *rdev,
					 u32 use_case, const char *importers,
					 struct rstmem_offer *shared)
{
	const char *known = tee_rstmem_use_case_name(use_case);
	struct rstmem_offer *offer;
	char name[24];
	int rc;

	offer = kzalloc(sizeof(*offer), GFP_KERNEL);
	if (!offer)
		return ERR_PTR(-ENOMEM);
	offer->rdev = rdev;
	offer->use_case = use_case;
	rstmem_account_init(&offer->own);
	device_initialize(&offer->dev);
	device_set_pm_not_required(&offer->dev);
	offer->dev.release = offer_release;

	if (known)
		strscpy(name, known);
	else
		snprintf(name, sizeof(name), "%u", use_case);
	snprintf(offer->exporter, sizeof(offer->exporter), "rstmem,%s", name);
	rc = dev_set_name(&offer->dev, "%s,%s", rdev->ctx.teedev->name, name);
	if (!rc && importers)
		rc = rstmem_policy_set(&offer->policy, importers);
	if (!rc)
		rc = offer_open(offer, shared);
	if (rc) {
		offer_destroy(offer);
		return ERR_PTR(rc);
	}
	return offer;
}

static void offers_destroy(struct tee_rstmem_device *rdev)
{
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++)
		if (rdev->offers[uc])
			offer_destroy(rdev->offers[uc]);
}

static int offers_create(struct tee_rstmem_device *rdev,
			 const struct tee_rstmem_desc *desc)
{
	struct rstmem_offer *offer, *shared = NULL;
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		if (!(desc->use_cases & BIT_ULL(uc)))
			continue;
		offer = offer_create(rdev, uc, desc->importers, shared);
		if (IS_ERR(offer)) {
			offers_destroy(rdev);
			return PTR_ERR(offer);
		}
		rdev->offers[uc] = offer;
		if (desc->shared)
			shared = offer;
	}
	return 0;
}

/**
 * rstmem_device_create() - make the core's side of a backend
 * @teedev:	its TEE device, referenced until the last buffer is gone
 * @desc:	what the backend offers
 * @data:	for the backend, as ctx->data in its ops
 *
 * Calls rstmem_query and rstmem_elastic of the backend. The caller sets id_ops and id_data
 * before rstmem_device_plug(). From then on, rstmem_device_enter()
 * finds the device. Without id_ops, rstmem_device_put() does not call the backend's release.
 * May sleep.
 *
 * Return: the device with one reference, for the registration, or ERR_PTR:
 * -EINVAL for ops without alloc or free, bad use cases or a bad list of importers,
 * -E2BIG for a list that is too long, -ENOMEM.
 */
struct tee_rstmem_device *
rstmem_device_create(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		     void *data)
{
	struct tee_rstmem_device *rdev;
	int rc;

	if (!desc->ops || !desc->ops->rstmem_alloc || !desc->ops->rstmem_free ||
	    desc->use_cases & BIT_ULL(TEE_IOC_UC_RESERVED))
		return ERR_PTR(-EINVAL);

	rdev = kzalloc(sizeof(*rdev), GFP_KERNEL);
	if (!rdev)
		return ERR_PTR(-ENOMEM);

	kref_init(&rdev->ref);
	rdev->ops = desc->ops;
	rdev->use_cases = desc->use_cases;
	rdev->free_later = desc->free_later;
	rdev->ctx.teedev = teedev;
	rdev->ctx.data = data;
	kref_init(&rdev->ctx.refcount);
	INIT_LIST_HEAD(&rdev->node);
	rc = offers_create(rdev, desc);
	if (rc) {
		kfree(rdev);
		return ERR_PTR(rc);
	}
	get_device(&teedev->dev);
	return rdev;
}

static void device_release(struct kref *ref)
{
	struct tee_rstmem_device *rdev =
		container_of(ref, struct tee_rstmem_device, ref);
	struct tee_device *teedev = rdev->ctx.teedev;

	offers_destroy(rdev);
	if (rdev->id_ops) {
		if (rdev->ops->release)
			rdev->ops->release(&rdev->ctx);
		rdev->id_ops->release(rdev->id_data);
	}
	kfree(rdev);
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
 * rstmem_device_plug() - let rstmem_device_enter() find a device
 * @rdev:	the device, complete
 *
 * May sleep.
 */
void rstmem_device_plug(struct tee_rstmem_device *rdev)
{
	mutex_lock(&devices_lock);
	list_add_tail_rcu(&rdev->node, &devices);
	mutex_unlock(&devices_lock);
}

/**
 * rstmem_device_unplug() - stop calls of the backend
 * @rdev:	the device, plugged
 *
 * After this returns, no task runs an operation of the backend and no task can start one.
 * The exceptions are rstmem_free and release. May sleep; user space cannot prolong a wait.
 */
void rstmem_device_unplug(struct tee_rstmem_device *rdev)
{
	mutex_lock(&devices_lock);
	list_del_rcu(&rdev->node);
	mutex_unlock(&devices_lock);

	WRITE_ONCE(rdev->unplugged, true);
	tee_rstmem_room_changed();
	synchronize_srcu(&device_calls);
}

/**
 * rstmem_device_enter() - find a device, and begin a call of its backend
 * @teedev:	the TEE device, or NULL for the first that offers @use_case
 * @use_case:	any number; ignored if @teedev is not NULL
 * @idx:	out: for rstmem_device_exit()
 *
 * Removal waits until rstmem_device_exit(), so user space must not be able to prolong the
 * call. A call of rstmem_free does not need this function.
 *
 * Return: the device, which is valid until rstmem_device_exit(), or NULL. After NULL the
 * caller must not call rstmem_device_exit().
 */
struct tee_rstmem_device *rstmem_device_enter(const struct tee_device *teedev,
					      u32 use_case, int *idx)
{
	struct tee_rstmem_device *rdev;

	*idx = srcu_read_lock(&device_calls);
	list_for_each_entry_srcu(rdev, &devices, node,
				 srcu_read_lock_held(&device_calls))
		if (teedev ? rdev->ctx.teedev == teedev :
			     !IS_ERR(rstmem_device_offer(rdev, use_case)))
			goto found;
	srcu_read_unlock(&device_calls, *idx);
	return NULL;

found:
	/* For sparse, which cannot follow a conditional lock. */
	__release(&device_calls);
	return rdev;
}

/**
 * rstmem_device_exit() - end a call of the backend
 * @idx:	from rstmem_device_enter()
 */
void rstmem_device_exit(int idx)
{
	__acquire(&device_calls);
	srcu_read_unlock(&device_calls, idx);
}

/**
 * rstmem_device_exists() - check whether a TEE device has restricted memory
 * @teedev:	the TEE device
 * @use_cases:	out: bit mask of the use cases that it offers, 0 if it offers none
 *
 * Return: true when rstmem_device_enter() finds it.
 */
bool rstmem_device_exists(const struct tee_device *teedev, u64 *use_cases)
{
	struct tee_rstmem_device *rdev;
	int idx;

	*use_cases = 0;
	rdev = rstmem_device_enter(teedev, TEE_IOC_UC_RESERVED, &idx);
	if (!rdev)
		return false;
	*use_cases = rdev->use_cases;
	rstmem_device_exit(idx);
	return true;
}

/**
 * rstmem_room() - get the number of changes of pools, for rstmem_room_wait()
 *
 * Return: the number, which may overflow.
 */
int rstmem_room(void)
{
	return atomic_read_acquire(&room_changes);
}

/**
 * tee_rstmem_room_changed() - wake allocations that wait for room
 *
 * Called after a pool has changed, or after the cause of an -EAGAIN of
 * &tee_rstmem_ops.rstmem_alloc has gone. Does not sleep.
 */
void tee_rstmem_room_changed(void)
{
	atomic_inc(&room_changes);
	if (wq_has_sleeper(&room_wait))
		wake_up_all(&room_wait);
}
EXPORT_SYMBOL_GPL(tee_rstmem_room_changed);

/**
 * rstmem_room_wait() - wait until a pool has changed, or a device is being removed
 * @seen:	result of rstmem_room() from before the failed attempt
 * @end:	end of the wait, in jiffies, not yet over
 * @freezable:	true: the task can be frozen, so it must hold no lock
 *
 * The wait may end early. The caller is not between rstmem_device_enter() and
 * rstmem_device_exit().
 *
 * Return: 0, or -EINTR when the task is being killed.
 */
int rstmem_room_wait(int seen, unsigned long end, bool freezable)
{
	long left = end - jiffies;
	DEFINE_WAIT(wait);

	prepare_to_wait(&room_wait, &wait,
			TASK_KILLABLE | (freezable ? TASK_FREEZABLE : 0));
	if (rstmem_room() == seen && left > 0)
		schedule_timeout(left);
	finish_wait(&room_wait, &wait);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * rstmem_device_usage() - ask the backend for its figures
 * @rdev:	the device, inside rstmem_device_enter() or not yet plugged
 * @use_case:	a use case that is offered
 * @usage:	out: all fields; 0 for figures that the backend does not report
 *
 * May sleep.
 */
void rstmem_device_usage(struct tee_rstmem_device *rdev, u32 use_case,
			 struct tee_rstmem_usage *usage)
{
	memset(usage, 0, sizeof(*usage));
	if (rdev->ops->rstmem_query)
		rdev->ops->rstmem_query(&rdev->ctx, use_case, usage);
	if (!usage->most) {
		usage->floor = usage->total;
		usage->most = usage->total;
	}
}

/**
 * rstmem_device_offer() - look up a use case
 * @rdev:	the device
 * @use_case:	any number
 *
 * Return: the offer; ERR_PTR(-EINVAL) when the device does not offer the use case,
 * ERR_PTR(-EOPNOTSUPP) when it offers none.
 */
struct rstmem_offer *rstmem_device_offer(const struct tee_rstmem_device *rdev,
					 u32 use_case)
{
	if (!rdev->use_cases)
		return ERR_PTR(-EOPNOTSUPP);
	if (use_case > TEE_IOC_UC_MAX || !rdev->offers[use_case])
		return ERR_PTR(-EINVAL);
	return rdev->offers[use_case];
}

/**
 * rstmem_offer_refused() - count a refused allocation
 * @offer:	the use case
 * @error:	-errno; -ENODEV and -EINTR do not count
 */
void rstmem_offer_refused(struct rstmem_offer *offer, int error)
{
	enum rstmem_failure why = RSTMEM_FAILURE_BACKEND;

	if (error == -ENODEV || error == -EINTR)
		return;
	if (error == -ENOMEM || error == -ETIMEDOUT)
		why = RSTMEM_FAILURE_NO_MEMORY;
	else if (error == -EDQUOT)
		why = RSTMEM_FAILURE_LIMIT;
	atomic64_inc(&offer->failures[why]);
}
