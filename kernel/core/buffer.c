// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers, see buffer.h. A buffer keeps its device and the backend's module;
 * nothing of the process that asked for it.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "size.h"
#include "trace.h"

static struct kmem_cache *buffer_cache;

/* Whether what the backend returned is what its documentation asks for. */
static bool shm_is_sound(const struct tee_shm *shm, u64 size)
{
	phys_addr_t last = shm->paddr + (shm->size - 1);

	if (shm->size < size || !PAGE_ALIGNED(shm->size))
		return false;
	if (shm->pages)
		return shm->num_pages == shm->size >> PAGE_SHIFT;
	return PAGE_ALIGNED(shm->paddr) && last >= shm->paddr;
}

/*
 * Of an object in the cache, once. What is set here is so again when a buffer is
 * freed; all else is set when one is allocated.
 */
static void buffer_construct(void *object)
{
	struct rstmem_buffer *buf = object;

	memset(buf, 0, sizeof(*buf));
	dma_resv_init(&buf->resv);
	INIT_LIST_HEAD(&buf->attachments);
}

static void buffer_init(struct rstmem_buffer *buf,
			struct rstmem_account *account,
			const struct rstmem_request *req)
{
	kref_init(&buf->ref);
	buf->shm = (struct tee_shm){ .id = -1, .flags = TEE_SHM_RESTRICTED };
	buf->rdev = account->rdev;
	buf->account = account;
	buf->use_case = req->use_case;
	buf->flags = req->flags;
	buf->ino = 0;
	buf->born = get_jiffies_64();
	buf->pid = task_tgid_nr(current);
	/* May be changing, but what is last is always the end. */
	memcpy(buf->comm, current->group_leader->comm, sizeof(buf->comm));
}

static void buffer_free(struct rstmem_buffer *buf)
{
	/* Fences of an importer may be left. */
	if (unlikely(rcu_access_pointer(buf->resv.fences))) {
		dma_resv_fini(&buf->resv);
		dma_resv_init(&buf->resv);
	}
	kmem_cache_free(buffer_cache, buf);
}

/* Has the backend allocate; charged for already. */
static int buffer_fill(struct rstmem_buffer *buf,
		       struct tee_rstmem_device *rdev, u64 size)
{
	int rc;

	rc = rdev->ops->rstmem_alloc(&rdev->ctx, &buf->shm, buf->flags,
				     buf->use_case, size);
	if (rc) {
		rstmem_account_failed(buf->account, rc == -ENOMEM ?
				      RSTMEM_FAILURE_NO_MEMORY :
				      RSTMEM_FAILURE_BACKEND);
		return rc;
	}
	if (!shm_is_sound(&buf->shm, size)) {
		dev_err(&rdev->ctx.teedev->dev,
			"backend returned a malformed buffer\n");
		rstmem_account_failed(buf->account, RSTMEM_FAILURE_BACKEND);
		rc = -EIO;
		goto err_free;
	}
	if (buf->shm.size == size)
		return 0;
	rc = rstmem_account_adjust(buf->account, &buf->charge, buf->shm.size);
	if (rc) {
		rstmem_account_failed(buf->account, RSTMEM_FAILURE_LIMIT);
		goto err_free;
	}
	return 0;

err_free:
	rdev->ops->rstmem_free(&rdev->ctx, &buf->shm);
	return rc;
}

/**
 * rstmem_buffer_alloc() - allocate restricted memory
 * @rdev:	where from
 * @req:	what is wanted
 *
 * Called between rstmem_device_call_begin() and rstmem_device_call_end(). May sleep.
 *
 * Return: the buffer with one reference, or ERR_PTR: -EINVAL for arguments that
 * TEE_IOC_RSTMEM_ALLOC documents as such, -EOPNOTSUPP when the device offers
 * nothing, -ENODEV when it is being removed, -EDQUOT when a limit does not allow
 * it, -ENOMEM, -EIO when the backend misbehaves, and what else it returns.
 */
struct rstmem_buffer *rstmem_buffer_alloc(struct tee_rstmem_device *rdev,
					  const struct rstmem_request *req)
{
	const u64 max = min_t(u64, BIT_ULL(RSTMEM_ADDRESS_BITS),
			      rounddown(SIZE_MAX, PAGE_SIZE));
	struct rstmem_account *account;
	struct rstmem_buffer *buf;
	u64 size;
	int rc;

	rc = rstmem_device_check(rdev, req->use_case);
	if (rc)
		return ERR_PTR(rc);
	account = rdev->accounts[req->use_case];
	if (req->flags || rstmem_size_round(req->size, PAGE_SIZE, max, &size))
		return ERR_PTR(-EINVAL);

	buf = kmem_cache_alloc(buffer_cache, GFP_KERNEL);
	if (!buf) {
		rstmem_account_failed(account, RSTMEM_FAILURE_NO_MEMORY);
		return ERR_PTR(-ENOMEM);
	}
	buffer_init(buf, account, req);

	if (rstmem_device_gone(rdev)) {
		rc = -ENODEV;
		goto err_free;
	}
	rc = rstmem_account_charge(account, &buf->charge, size, req->for_user);
	if (rc) {
		rstmem_account_failed(account, rc == -EDQUOT ?
				      RSTMEM_FAILURE_LIMIT :
				      RSTMEM_FAILURE_NO_MEMORY);
		goto err_free;
	}
	rc = buffer_fill(buf, rdev, size);
	if (rc)
		goto err_uncharge;

	return buf;

err_uncharge:
	rstmem_account_uncharge(&buf->charge);
err_free:
	buffer_free(buf);
	trace_rstmem_alloc_refuse(account, req->size, rc);
	return ERR_PTR(rc);
}

static void buffer_release(struct kref *ref)
{
	struct rstmem_buffer *buf = container_of(ref, struct rstmem_buffer, ref);
	struct tee_rstmem_device *rdev = buf->rdev;
	bool referenced;

	trace_rstmem_free(buf);
	rdev->ops->rstmem_free(&rdev->ctx, &buf->shm);
	referenced = rstmem_account_leave(buf);
	buffer_free(buf);
	if (unlikely(referenced))
		rstmem_device_put(rdev);
}

/**
 * rstmem_buffer_put() - drop a reference
 * @buf:	the buffer; the last reference gives its memory back
 *
 * Whoever has one pins the backend's module, whose code this may run, until after
 * it returned. May sleep.
 */
void rstmem_buffer_put(struct rstmem_buffer *buf)
{
	kref_put(&buf->ref, buffer_release);
}

/**
 * rstmem_buffer_abandon() - the dma-buf is being released
 * @buf:	the buffer; drops the dma-buf's reference
 *
 * May sleep.
 */
void rstmem_buffer_abandon(struct rstmem_buffer *buf)
{
	/*
	 * If this is the last reference nobody can take another, and those who
	 * find the buffer in its account may look at the dma-buf up to the end.
	 */
	if (kref_read(&buf->ref) > 1)
		rstmem_account_hide(buf);
	rstmem_buffer_put(buf);
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
	info->use_case = buf->use_case;
	info->flags = buf->flags;
	info->teedev = buf->rdev->ctx.teedev;
}

/**
 * rstmem_buffer_run() - the longest contiguous piece of a buffer
 * @buf:	the buffer
 * @offset:	where the piece starts, bytes, a multiple of PAGE_SIZE below the
 *		buffer's size
 * @paddr:	out: its physical address
 *
 * Return: bytes up to where contiguity ends, a multiple of PAGE_SIZE.
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
 * rstmem_buffer_init() - once, when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int rstmem_buffer_init(void)
{
	/* A cache of its own, so that a buffer left over is noticed. */
	buffer_cache = kmem_cache_create("rstmem_buffer",
					 sizeof(struct rstmem_buffer),
					 __alignof__(struct rstmem_buffer),
					 SLAB_NO_MERGE | SLAB_ACCOUNT,
					 buffer_construct);
	return buffer_cache ? 0 : -ENOMEM;
}

/**
 * rstmem_buffer_exit() - once, when the module is unloaded; no buffer is left
 */
void rstmem_buffer_exit(void)
{
	kmem_cache_destroy(buffer_cache);
}
