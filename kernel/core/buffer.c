// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: allocations of restricted memory, and their lifetime.
 *
 * A buffer holds references to its device and to the backend's module, but to nothing of
 * the process that allocated it.
 *
 * A buffer whose memory could not be cleared stays until reboot, with its device and the
 * module. So the memory stays taken in its pool.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "buffer.h"
#include "size.h"
#include "trace.h"

static struct kmem_cache *buffer_cache;
static LLIST_HEAD(buffers_to_free);

static unsigned int wait_ms = 20000;
module_param(wait_ms, uint, 0644);
MODULE_PARM_DESC(wait_ms, "How long an allocation waits for a pool to grow, in ms (20000)");

/* Check the backend's result against the documentation of the op. */
static bool shm_is_valid(const struct tee_shm *shm, u64 size)
{
	phys_addr_t last = shm->paddr + (shm->size - 1);

	if (shm->size != size)
		return false;
	if (shm->pages)
		return shm->num_pages == size >> PAGE_SHIFT;
	return PAGE_ALIGNED(shm->paddr) && last >= shm->paddr;
}

static struct rstmem_buffer *buffer_create(struct rstmem_offer *offer, u32 flags)
{
	struct rstmem_buffer *buf = kmem_cache_zalloc(buffer_cache, GFP_KERNEL);

	if (!buf)
		return NULL;
	kref_init(&buf->ref);
	buf->shm.id = -1;
	buf->shm.flags = TEE_SHM_RESTRICTED;
	buf->offer = offer;
	buf->flags = flags;
	buf->pid = task_tgid_nr(current);
	buf->alloc_time = get_jiffies_64();
	INIT_LIST_HEAD(&buf->attachments);
	/* The name may change during the copy, but its last byte is always 0. */
	memcpy(buf->comm, current->group_leader->comm, sizeof(buf->comm));
	return buf;
}

/* Give the memory back. Returns false when it is lost. */
static bool buffer_free_memory(struct rstmem_buffer *buf)
{
	struct tee_rstmem_device *rdev = buf->offer->rdev;
	phys_addr_t paddr;
	bool lost;

	/* A pool that has the extent points into the buffer. */
	lost = rdev->ops->rstmem_free(&rdev->ctx, &buf->shm) || buf->extent.size;
	if (lost) {
		rstmem_buffer_run(buf, 0, &paddr);
		dev_err(&rdev->ctx.teedev->dev,
			"%zu bytes of %s at %pa could not be cleared and are out of use until reboot\n",
			buf->shm.size, rstmem_buffer_name(buf), &paddr);
	}
	rstmem_account_uncharge(&buf->charge, lost);
	return !lost;
}

/* Charge the buffer, then allocate its memory. Called inside rstmem_device_enter(). */
static int buffer_alloc_memory(struct rstmem_buffer *buf, u64 size, bool for_user)
{
	struct rstmem_offer *offer = buf->offer;
	struct tee_rstmem_device *rdev = offer->rdev;
	int rc;

	rc = rstmem_account_charge(&offer->tally, &buf->charge, size, for_user);
	if (rc)
		return rc;
	rc = rdev->ops->rstmem_alloc(&rdev->ctx, &buf->shm, buf->flags,
				     offer->use_case, size);
	if (rc)
		rstmem_account_uncharge(&buf->charge, buf->extent.size);
	return rc;
}

/* End a buffer. If its memory is lost, keep the buffer, its device and the module. */
static void buffer_destroy(struct rstmem_buffer *buf, bool lost)
{
	struct tee_rstmem_device *rdev = buf->offer->rdev;
	struct module *owner = rdev->ops->owner;

	if (lost) {
		kmemleak_not_leak(buf);
		return;
	}
	kmem_cache_free(buffer_cache, buf);
	rstmem_device_put(rdev);
	/* Put the module last: the lines above run its code. */
	module_put(owner);
}

/* Free a buffer. If @late, the device's member freeing counts the buffer. */
static void buffer_free(struct rstmem_buffer *buf, bool late)
{
	struct tee_rstmem_device *rdev = buf->offer->rdev;
	bool lost;

	trace_rstmem_free(rstmem_buffer_name(buf), buf->ino, buf->shm.size);
	lost = !buffer_free_memory(buf);
	if (late)
		atomic_dec(&rdev->freeing);
	if (late || buf->offer->elastic)
		tee_rstmem_room_changed();
	buffer_destroy(buf, lost);
}

static void buffers_free(struct work_struct *work)
{
	struct rstmem_buffer *buf, *next;

	llist_for_each_entry_safe(buf, next, llist_del_all(&buffers_to_free),
				  freeing)
		buffer_free(buf, true);
}

static DECLARE_WORK(free_work, buffers_free);

static void buffer_release(struct kref *ref)
{
	struct rstmem_buffer *buf = container_of(ref, struct rstmem_buffer, ref);
	struct tee_rstmem_device *rdev = buf->offer->rdev;

	/* Removal waits for the queue, so free buffers of a removed device at once. */
	if (!rdev->free_later || rstmem_device_is_unplugged(rdev)) {
		buffer_free(buf, false);
		return;
	}
	atomic_inc(&rdev->freeing);
	llist_add(&buf->freeing, &buffers_to_free);
	queue_work(system_freezable_wq, &free_work);
}

static void buffer_refused(struct rstmem_offer *offer,
			   const struct rstmem_request *req, int error)
{
	rstmem_offer_refused(offer, error);
	trace_rstmem_alloc_refuse(dev_name(&offer->dev), req->size, error);
}

/*
 * Allocate from a device, inside rstmem_device_enter(). -EAGAIN becomes -ETIMEDOUT in the
 * last attempt.
 */
static struct rstmem_buffer *buffer_alloc_from(struct tee_rstmem_device *rdev,
					       const struct rstmem_request *req,
					       bool last)
{
	struct rstmem_offer *offer = rstmem_device_offer(rdev, req->use_case);
	/* Read this first: the memory may come back after the attempt has failed. */
	bool freeing = atomic_read(&rdev->freeing);
	struct rstmem_buffer *buf;
	u64 size;
	int rc;

	if (IS_ERR(offer))
		return ERR_CAST(offer);
	if (req->flags ||
	    rstmem_size_round(req->size, offer->granule,
			      min_t(u64, BIT_ULL(RSTMEM_ADDRESS_BITS),
				    rounddown(SIZE_MAX, PAGE_SIZE)), &size))
		return ERR_PTR(-EINVAL);

	rc = -ENOMEM;
	buf = buffer_create(offer, req->flags);
	if (!buf)
		goto err_refuse;
	/* The module's exit first removes the device, and removal waits for the caller. */
	rc = -ENODEV;
	if (!try_module_get(rdev->ops->owner))
		goto err_free_buf;
	kref_get(&rdev->ref);
	rc = buffer_alloc_memory(buf, size, req->for_user);
	if (!rc)
		return buf;
	if (buf->extent.size)
		dev_err(&rdev->ctx.teedev->dev,
			"backend failed with %d, but its pool has the memory, which is out of use until reboot\n",
			rc);
	buffer_destroy(buf, buf->extent.size);
	if (freeing && !last && (rc == -ENOMEM || rc == -EDQUOT))
		rc = -EAGAIN;
	goto err_refuse;

err_free_buf:
	kmem_cache_free(buffer_cache, buf);
err_refuse:
	if (rc == -EAGAIN && last)
		rc = -ETIMEDOUT;
	if (rc != -EAGAIN)
		buffer_refused(offer, req, rc);
	return ERR_PTR(rc);
}

/* Make an attempt. Returns -EAGAIN if it is not the last and room may come soon. */
static struct rstmem_buffer *buffer_try(const struct tee_device *teedev,
					const struct rstmem_request *req, bool last)
{
	struct tee_rstmem_device *rdev;
	struct rstmem_buffer *buf;
	int idx;

	rdev = rstmem_device_enter(teedev, req->use_case, &idx);
	if (!rdev)
		return ERR_PTR(-ENODEV);
	buf = buffer_alloc_from(rdev, req, last);
	rstmem_device_exit(idx);
	if (IS_ERR(buf) || shm_is_valid(&buf->shm, buf->charge.size))
		return buf;

	dev_err(&rdev->ctx.teedev->dev, "backend returned a malformed buffer\n");
	buffer_refused(buf->offer, req, -EIO);
	rstmem_buffer_put(buf);
	return ERR_PTR(-EIO);
}

/**
 * rstmem_buffer_alloc() - allocate restricted memory
 * @teedev:	the TEE device, or NULL for the first that offers the use case
 * @req:	arguments
 *
 * May sleep. Waits if the pool can grow or buffers are being freed. Removal does not wait.
 *
 * Return: the buffer with one reference, or ERR_PTR: -EINVAL for arguments that are
 * EINVAL for TEE_IOC_RSTMEM_ALLOC, -EOPNOTSUPP when the device offers nothing, -ENODEV
 * when no device fits or the device is being removed, -EDQUOT when a limit does not
 * allow the buffer, -ENOMEM, -ETIMEDOUT when the pool did not grow in time, -EINTR when
 * the task is killed during the wait, -EIO when the backend misbehaves, and other errors
 * of the backend.
 */
struct rstmem_buffer *rstmem_buffer_alloc(const struct tee_device *teedev,
					  const struct rstmem_request *req)
{
	unsigned long end = jiffies + msecs_to_jiffies(READ_ONCE(wait_ms));
	struct rstmem_buffer *buf;
	int seen;

	for (;;) {
		seen = rstmem_room();
		buf = buffer_try(teedev, req, time_after_eq(jiffies, end));
		if (buf != ERR_PTR(-EAGAIN))
			return buf;
		if (rstmem_room_wait(seen, end, req->for_user))
			return ERR_PTR(-EINTR);
	}
}

/**
 * rstmem_buffer_put() - drop a reference
 * @buf:	the buffer; the last reference gives its memory back
 *
 * May sleep.
 */
void rstmem_buffer_put(struct rstmem_buffer *buf)
{
	kref_put(&buf->ref, buffer_release);
}

/**
 * rstmem_buffer_info() - describe a buffer
 * @buf:	the buffer
 * @info:	out: all fields
 */
void rstmem_buffer_info(const struct rstmem_buffer *buf,
			struct tee_rstmem_info *info)
{
	info->size = buf->shm.size;
	info->use_case = buf->offer->use_case;
	info->flags = buf->flags;
	info->teedev = buf->offer->rdev->ctx.teedev;
}

/**
 * rstmem_buffer_run() - find the contiguous piece of a buffer at an offset
 * @buf:	the buffer
 * @offset:	start of the piece, bytes, a multiple of PAGE_SIZE below the buffer's
 *		size
 * @paddr:	out: its physical address
 *
 * Return: bytes of the piece, a multiple of PAGE_SIZE.
 */
size_t rstmem_buffer_run(const struct rstmem_buffer *buf, size_t offset,
			 phys_addr_t *paddr)
{
	const struct tee_shm *shm = &buf->shm;
	size_t first = offset >> PAGE_SHIFT, n;

	if (!shm->pages) {
		*paddr = shm->paddr + offset;
		return shm->size - offset;
	}

	*paddr = page_to_phys(shm->pages[first]);
	for (n = 1; first + n < shm->num_pages; n++)
		if (page_to_phys(shm->pages[first + n]) !=
		    *paddr + ((phys_addr_t)n << PAGE_SHIFT))
			break;
	return n << PAGE_SHIFT;
}

/**
 * rstmem_buffer_flush() - wait until the work queue has freed the buffers that it has
 *
 * Does not wait for user space if the devices of the buffers are unplugged. May sleep.
 */
void rstmem_buffer_flush(void)
{
	flush_work(&free_work);
}

/**
 * rstmem_buffer_init() - prepare, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int rstmem_buffer_init(void)
{
	/* The destruction of an unmerged cache reports leaked buffers. */
	buffer_cache = KMEM_CACHE(rstmem_buffer, SLAB_NO_MERGE | SLAB_ACCOUNT);
	return buffer_cache ? 0 : -ENOMEM;
}

/**
 * rstmem_buffer_exit() - undo rstmem_buffer_init(); no buffer is left
 */
void rstmem_buffer_exit(void)
{
	/* The work may still run after it dropped the reference to a backend's module. */
	rstmem_buffer_flush();
	kmem_cache_destroy(buffer_cache);
}
