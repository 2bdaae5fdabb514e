// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids: restricted buffers in TEE contexts.
 *
 * An id is a struct tee_shm in the idr of the TEE core, with a reference to its buffer. It
 * ends at the first of these events: the release of its dma-buf or of the file of its
 * registration, the release of the context's file, the removal of the device. Then the id
 * leaves the idr, so that no new call finds it, and loses its initial reference. Calls that
 * found it before have references of their own. The last reference frees it.
 *
 * An id holds a reference to its context, like any struct tee_shm. The release of the
 * context's file ends the id. So the id does not keep the context longer than the file.
 *
 * The id of a kernel client has no number and is not in the idr. So only the client can use
 * the id, and the id ends with the client's reference.
 */
#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/tee_rstmem.h>

#include "../core/buffer.h"
#include "../core/device.h"
#include "../core/dmabuf.h"
#include "ids.h"

/**
 * struct id_shm - an id
 * @shm:	the object of the TEE core; first, because the core kfree()s it
 * @buf:	the buffer, referenced
 * @ids:	of the device; @buf keeps them alive
 * @holder:	where the buffer or registration points to this id; guarded by the
 *		device's mutex. NULL once the id has ended, and for a kernel client
 * @ended:	in the list of ids that ids_end() has ended and not yet put
 */
struct id_shm {
	struct tee_shm shm;
	struct rstmem_buffer *buf;
	struct rstmem_ids *ids;
	void **holder;
	struct list_head ended;
};

/**
 * struct registration - private data of the file of a registration
 * @teedev:	the device, referenced
 * @id:		the id, or NULL once it has ended; guarded by the device's mutex. It is
 *		not a reference: a reference would keep the context and its sessions
 *		alive while the file is open
 */
struct registration {
	struct tee_device *teedev;
	void *id;
};

static_assert(offsetof(struct id_shm, shm) == 0);

static struct id_shm *to_id(const struct tee_shm *shm)
{
	return container_of(shm, struct id_shm, shm);
}

/*
 * Give @buf an id in @ctx, and make *@holder point to the id. The caller owns an id that is
 * not @numbered. Returns the number, 0 if not @numbered, or -errno.
 */
static int id_create(struct tee_context *ctx, struct rstmem_buffer *buf,
		     void **holder, bool numbered)
{
	struct rstmem_ids *ids = buf->offer->rdev->id_data;
	struct tee_device *teedev = ids->teedev;
	struct id_shm *id;
	int rc = -ENODEV;

	id = kzalloc(sizeof(*id), GFP_KERNEL_ACCOUNT);
	if (!id)
		return -ENOMEM;
	id->shm = buf->shm;
	id->shm.ctx = ctx;
	id->shm.flags = TEE_SHM_RESTRICTED | TEE_SHM_POOL;
	refcount_set(&id->shm.refcount, 1);
	id->buf = buf;
	id->ids = ids;
	id->holder = numbered ? holder : NULL;

	/*
	 * Add a user of the device and a reference to the context; tee_shm_put() drops
	 * both. The caller's open context holds both, so neither count is 0.
	 */
	mutex_lock(&teedev->mutex);
	/* Allocate cyclically: the number of an ended id is not soon used again. */
	if (!ids->stopped)
		rc = numbered ? idr_alloc_cyclic(&teedev->idr, &id->shm, 1, 0, GFP_KERNEL) : 0;
	if (rc >= 0) {
		id->shm.id = numbered ? rc : -1;
		rstmem_buffer_get(buf);
		kref_get(&ctx->refcount);
		teedev->num_users++;
		atomic_inc(&ids->count);
		WRITE_ONCE(*holder, id);
	}
	mutex_unlock(&teedev->mutex);
	if (rc < 0)
		kfree(id);
	return rc == -ENOSPC ? -ENOMEM : rc;
}

/*
 * End an id: remove it from the idr and from its holder. The initial reference of the id
 * passes to the caller, which drops it with tee_shm_put() after it unlocks the mutex.
 */
static void id_end(struct tee_device *teedev, struct id_shm *id)
{
	lockdep_assert_held(&teedev->mutex);

	idr_remove(&teedev->idr, id->shm.id);
	id->shm.id = -1;
	WRITE_ONCE(*id->holder, NULL);
	id->holder = NULL;
}

/* End the id that *@holder points to, if it has not ended. */
static void id_end_of(struct tee_device *teedev, void **holder)
{
	struct id_shm *id;

	mutex_lock(&teedev->mutex);
	id = *holder;
	if (id)
		id_end(teedev, id);
	mutex_unlock(&teedev->mutex);
	if (id)
		tee_shm_put(&id->shm);
}

/* End all ids of @ctx, or of the device if @ctx is NULL. */
static void ids_end(struct tee_device *teedev, const struct tee_context *ctx)
{
	struct id_shm *id, *next;
	struct tee_shm *shm;
	LIST_HEAD(ended);
	int n;

	mutex_lock(&teedev->mutex);
	idr_for_each_entry(&teedev->idr, shm, n) {
		if (!(shm->flags & TEE_SHM_RESTRICTED) || (ctx && shm->ctx != ctx))
			continue;
		id_end(teedev, to_id(shm));
		list_add_tail(&to_id(shm)->ended, &ended);
	}
	mutex_unlock(&teedev->mutex);

	list_for_each_entry_safe(id, next, &ended, ended)
		tee_shm_put(&id->shm);
}

/**
 * rstmem_ids_init() - start without ids
 * @ids:	filled in
 * @teedev:	the device
 */
void rstmem_ids_init(struct rstmem_ids *ids, struct tee_device *teedev)
{
	ids->teedev = teedev;
	ids->stopped = false;
	atomic_set(&ids->count, 0);
	init_waitqueue_head(&ids->drained);
}

/**
 * rstmem_ids_end_ctx() - end the ids of a context whose file is being released
 * @ctx:	the context; no call of it is running
 */
void rstmem_ids_end_ctx(struct tee_context *ctx)
{
	ids_end(ctx->teedev, ctx);
}

/**
 * rstmem_ids_stop() - end all ids of a device
 * @ids:	of the device
 *
 * No id is created from now on.
 */
void rstmem_ids_stop(struct rstmem_ids *ids)
{
	mutex_lock(&ids->teedev->mutex);
	ids->stopped = true;
	mutex_unlock(&ids->teedev->mutex);
	ids_end(ids->teedev, NULL);
}

/**
 * rstmem_ids_report_users() - log how many users tee_device_unregister() waits for
 * @ids:	of the device
 *
 * The TEE core waits without a message.
 */
void rstmem_ids_report_users(struct rstmem_ids *ids)
{
	struct tee_device *teedev = ids->teedev;
	size_t users;

	mutex_lock(&teedev->mutex);
	users = teedev->num_users - 1;
	mutex_unlock(&teedev->mutex);
	if (users)
		dev_notice(&teedev->dev,
			   "removal waits until %zu open files and shared memory objects are closed; fuser /dev/%s lists the processes\n",
			   users, dev_name(&teedev->dev));
}

/**
 * rstmem_id_free() - drop the buffer of an id that the TEE core frees
 * @shm:	the struct tee_shm in the id, with TEE_SHM_RESTRICTED; the core frees it
 */
void rstmem_id_free(struct tee_shm *shm)
{
	struct id_shm *id = to_id(shm);
	struct rstmem_ids *ids = id->ids;

	/* rstmem_buffer_put() may free the ids, so update the count first. */
	if (atomic_dec_and_test(&ids->count))
		wake_up(&ids->drained);
	rstmem_buffer_put(id->buf);
}

/**
 * rstmem_id_create() - &rstmem_id_ops.create
 * @ctx:	an open context of the buffer's device
 * @buf:	the buffer
 *
 * May sleep.
 *
 * Return: the id, or -errno: -ENODEV after rstmem_ids_stop(), -ENOMEM.
 */
int rstmem_id_create(struct tee_context *ctx, struct rstmem_buffer *buf)
{
	return id_create(ctx, buf, &buf->id, true);
}

/**
 * rstmem_id_end() - &rstmem_id_ops.end
 * @buf:	the buffer
 */
void rstmem_id_end(struct rstmem_buffer *buf)
{
	id_end_of(buf->offer->rdev->ctx.teedev, &buf->id);
}

static int registration_release(struct inode *inode, struct file *filp)
{
	struct registration *reg = filp->private_data;

	id_end_of(reg->teedev, &reg->id);
	put_device(&reg->teedev->dev);
	kfree(reg);
	return 0;
}

/* There is no mmap, unlike for shared memory of the TEE core. */
static const struct file_operations registration_fops = {
	.owner = THIS_MODULE,
	.release = registration_release,
};

/**
 * rstmem_id_register_file() - &rstmem_id_ops.register_file
 * @ctx:	an open context of the buffer's device
 * @buf:	the buffer
 * @id:		out: the id
 *
 * May sleep.
 *
 * Return: the file, or ERR_PTR: the errors of rstmem_id_create(), and of making a file.
 */
struct file *rstmem_id_register_file(struct tee_context *ctx,
				     struct rstmem_buffer *buf, int *id)
{
	struct registration *reg;
	struct file *filp;
	int rc;

	reg = kzalloc(sizeof(*reg), GFP_KERNEL_ACCOUNT);
	if (!reg)
		return ERR_PTR(-ENOMEM);
	filp = anon_inode_getfile("rstmem_id", &registration_fops, reg, O_RDWR);
	if (IS_ERR(filp)) {
		kfree(reg);
		return filp;
	}
	reg->teedev = ctx->teedev;
	get_device(&reg->teedev->dev);

	rc = id_create(ctx, buf, &reg->id, true);
	if (rc < 0) {
		fput(filp);
		return ERR_PTR(rc);
	}
	*id = rc;
	return filp;
}

/**
 * tee_rstmem_shm_info() - describe restricted memory in a TEE call
 * @shm:	the struct tee_shm of a memory reference
 * @info:	out: all fields
 *
 * Return: 0, or -EINVAL when it is not restricted memory.
 */
int tee_rstmem_shm_info(const struct tee_shm *shm, struct tee_rstmem_info *info)
{
	if (!(shm->flags & TEE_SHM_RESTRICTED))
		return -EINVAL;
	rstmem_buffer_info(to_id(shm)->buf, info);
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_shm_info);

/**
 * tee_rstmem_shm_get() - get a struct tee_shm of restricted memory, for a kernel client
 * @ctx:	from tee_client_open_context()
 * @dmabuf:	any dma-buf
 *
 * The result is for memory references of tee_client_invoke_func(). It keeps the memory
 * allocated, also when the dma-buf is released. The caller gives it back with
 * tee_shm_free(), before tee_client_close_context(). May sleep.
 *
 * Return: the struct tee_shm, or ERR_PTR: -EINVAL when the dma-buf is not restricted memory,
 * -EXDEV when another TEE device has the memory, -ENODEV when the device is being removed,
 * -ENOMEM.
 */
struct tee_shm *tee_rstmem_shm_get(struct tee_context *ctx, struct dma_buf *dmabuf)
{
	struct rstmem_buffer *buf = rstmem_dmabuf_buffer(dmabuf);
	void *id;
	int rc;

	if (!buf)
		return ERR_PTR(-EINVAL);
	if (buf->offer->rdev->ctx.teedev != ctx->teedev)
		return ERR_PTR(-EXDEV);
	rc = id_create(ctx, buf, &id, false);
	return rc ? ERR_PTR(rc) : &((struct id_shm *)id)->shm;
}
EXPORT_SYMBOL_GPL(tee_rstmem_shm_get);
