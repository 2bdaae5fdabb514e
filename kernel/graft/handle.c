// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: restricted buffers as the stock TEE core knows shared memory.
 *
 * A handle is a struct tee_shm in the device's idr. It has a reference to its
 * buffer. Being in the graft's table is worth one reference to the handle, taken
 * back when the context's file is closed, the device goes away, or what the id
 * stands for ends, whichever is first: the dma-buf, or a registration, which is a
 * file of its own. Until then it keeps the context, as any struct tee_shm does,
 * but never beyond the file's release, which drops it. A running TEE call has a
 * reference of its own.
 */
#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../compat/tee_core.h"
#include "../core/buffer.h"
#include "../core/device.h"
#include "graft.h"

/**
 * struct handle - an id of a buffer in a context
 * @shm:	for the stock core, which kfree()s it: must be first
 * @buf:	the buffer, referenced
 * @graft:	of the device
 * @by_ctx:	in the graft's table, guarded by its lock; unhashed means that
 *		the table's reference is taken back
 * @by_buf:	in the buffer's list, if the id ends with the dma-buf; guarded by
 *		the graft's lock
 * @reg:	the registration, if the id ends with that; guarded by the same
 */
struct handle {
	struct tee_shm shm;
	struct rstmem_buffer *buf;
	struct graft *graft;
	struct hlist_node by_ctx;
	struct list_head by_buf;
	struct registration *reg;
};

/**
 * struct registration - private data of a registration's file
 * @graft:	of the device, referenced
 * @handle:	what was registered, NULL once it has been taken back; guarded by
 *		the graft's lock. Not a reference, which would keep the context,
 *		and its sessions, as long as somebody has the file
 */
struct registration {
	struct graft *graft;
	struct handle *handle;
};

static_assert(offsetof(struct handle, shm) == 0);
static_assert(!(TEE_SHM_RESTRICTED &
		(TEE_SHM_DYNAMIC | TEE_SHM_USER_MAPPED | TEE_SHM_POOL |
		 TEE_SHM_PRIV | TEE_SHM_DMA_BUF | TEE_SHM_DMA_MEM)));

static struct handle *to_handle(const struct tee_shm *shm)
{
	return container_of(shm, struct handle, shm);
}

/* Unlinks a handle; its table reference goes to @doomed. */
static void handle_unlink(struct handle *handle, struct hlist_head *doomed)
{
	lockdep_assert_held(&handle->graft->lock);

	hash_del(&handle->by_ctx);
	list_del_init(&handle->by_buf);
	if (handle->reg)
		handle->reg->handle = NULL;
	hlist_add_head(&handle->by_ctx, doomed);
}

static void handles_put(struct hlist_head *doomed)
{
	struct hlist_node *next;
	struct handle *handle;

	hlist_for_each_entry_safe(handle, next, doomed, by_ctx) {
		hlist_del_init(&handle->by_ctx);
		tee_shm_put(&handle->shm);
	}
}

/**
 * graft_handles_drop_ctx() - a context's file is being released
 * @graft:	of its device
 * @ctx:	the context; no call of it is running
 */
void graft_handles_drop_ctx(struct graft *graft, const struct tee_context *ctx)
{
	HLIST_HEAD(doomed);
	struct hlist_node *next;
	struct handle *handle;

	mutex_lock(&graft->lock);
	hash_for_each_possible_safe(graft->handles, handle, next, by_ctx,
				    (unsigned long)ctx)
		if (handle->shm.ctx == ctx)
			handle_unlink(handle, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
}

/**
 * graft_handles_stop() - the device's restricted memory goes away
 * @graft:	of the device
 *
 * Takes all ids back and gives out none from now on.
 */
void graft_handles_stop(struct graft *graft)
{
	HLIST_HEAD(doomed);
	struct hlist_node *next;
	struct handle *handle;
	int bucket;

	mutex_lock(&graft->lock);
	graft->stopped = true;
	hash_for_each_safe(graft->handles, bucket, next, handle, by_ctx)
		handle_unlink(handle, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
}

/* The buffer's dma-buf is being released. */
static void handle_op_drop(struct rstmem_buffer *buf)
{
	struct graft *graft = buf->rdev->id_data;
	struct handle *handle, *next;
	HLIST_HEAD(doomed);

	mutex_lock(&graft->lock);
	list_for_each_entry_safe(handle, next, &buf->ids, by_buf)
		handle_unlink(handle, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
}

/*
 * Counts a handle that is about to be made: once ids are no longer given out, those
 * who wait for all handles to go see every one there will be.
 */
static bool handle_count(struct graft *graft)
{
	bool counted;

	mutex_lock(&graft->lock);
	counted = !graft->stopped;
	if (counted)
		atomic_inc(&graft->count);
	mutex_unlock(&graft->lock);
	return counted;
}

/* The caller has something that keeps the graft. */
static void handle_uncount(struct graft *graft)
{
	if (atomic_dec_and_test(&graft->count))
		wake_up(&graft->drained);
}

/*
 * Makes an id of @buf in @ctx that ends with the dma-buf, or with @reg if that is
 * not NULL. Returns the id or -errno.
 */
static int handle_create(struct graft *graft, struct tee_context *ctx,
			 struct rstmem_buffer *buf, struct registration *reg)
{
	struct tee_device *teedev = graft->teedev;
	const struct tee_shm *from = &buf->shm;
	struct handle *handle;
	bool stopped;
	int id;

	if (!handle_count(graft))
		return -ENODEV;
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle) {
		handle_uncount(graft);
		return -ENOMEM;
	}
	handle->graft = graft;
	INIT_LIST_HEAD(&handle->by_buf);
	handle->shm.ctx = ctx;
	handle->shm.paddr = from->paddr;
	handle->shm.size = from->size;
	handle->shm.pages = from->pages;
	handle->shm.num_pages = from->num_pages;
	handle->shm.sec_world_id = from->sec_world_id;
	handle->shm.flags = TEE_SHM_RESTRICTED | TEE_SHM_POOL;
	refcount_set(&handle->shm.refcount, 1);

	/*
	 * What tee_shm_put() will take back. The caller's open file has a user of
	 * the device and a reference to the context, so both can be added to.
	 */
	mutex_lock(&teedev->mutex);
	id = idr_alloc(&teedev->idr, &handle->shm, 1, 0, GFP_KERNEL);
	if (id > 0) {
		handle->shm.id = id;
		handle->buf = rstmem_buffer_get(buf);
		kref_get(&ctx->refcount);
		teedev->num_users++;
	}
	mutex_unlock(&teedev->mutex);
	if (id < 0) {
		handle_uncount(graft);
		kfree(handle);
		return id == -ENOSPC ? -ENOMEM : id;
	}

	mutex_lock(&graft->lock);
	stopped = graft->stopped;
	if (!stopped) {
		hash_add(graft->handles, &handle->by_ctx, (unsigned long)ctx);
		handle->reg = reg;
		if (reg)
			reg->handle = handle;
		else
			list_add(&handle->by_buf, &buf->ids);
	}
	mutex_unlock(&graft->lock);
	if (stopped) {
		tee_shm_put(&handle->shm);
		return -ENODEV;
	}
	return id;
}

/* A context asked for the buffer and is to have an id for it. */
static int handle_op_bind(struct tee_context *ctx, struct rstmem_buffer *buf)
{
	return handle_create(buf->rdev->id_data, ctx, buf, NULL);
}

static int registration_release(struct inode *inode, struct file *filp)
{
	struct registration *reg = filp->private_data;
	struct graft *graft = reg->graft;
	HLIST_HEAD(doomed);

	mutex_lock(&graft->lock);
	if (reg->handle)
		handle_unlink(reg->handle, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
	graft_put(graft);
	kfree(reg);
	return 0;
}

/* Unlike the stock core's shared memory it cannot be mapped. */
static const struct file_operations registration_fops = {
	.owner = THIS_MODULE,
	.release = registration_release,
};

/* A context has been given the buffer and registers it. */
static struct file *handle_op_register_file(struct tee_context *ctx,
					    struct rstmem_buffer *buf, int *id)
{
	struct graft *graft = buf->rdev->id_data;
	struct registration *reg;
	struct file *filp;
	int rc;

	reg = kzalloc(sizeof(*reg), GFP_KERNEL_ACCOUNT);
	if (!reg)
		return ERR_PTR(-ENOMEM);
	reg->graft = graft;
	filp = anon_inode_getfile("rstmem_id", &registration_fops, reg, O_RDWR);
	if (IS_ERR(filp)) {
		kfree(reg);
		return filp;
	}
	kref_get(&graft->ref);

	rc = handle_create(graft, ctx, buf, reg);
	if (rc < 0) {
		fput(filp);
		return ERR_PTR(rc);
	}
	*id = rc;
	return filp;
}

/**
 * graft_handle_free() - the stock core frees a handle
 * @shm:	the struct tee_shm in it, which stays the core's
 */
void graft_handle_free(struct tee_shm *shm)
{
	struct handle *handle = to_handle(shm);

	/* In this order: the buffer keeps the graft. */
	handle_uncount(handle->graft);
	rstmem_buffer_put(handle->buf);
}

static void handle_op_release(void *id_data)
{
	graft_put(id_data);
}

const struct rstmem_id_ops graft_id_ops = {
	.bind = handle_op_bind,
	.register_file = handle_op_register_file,
	.drop = handle_op_drop,
	.release = handle_op_release,
};

/**
 * tee_rstmem_shm_info() - describe restricted memory in a TEE call
 * @shm:	a memory reference's struct tee_shm
 * @info:	out: all fields
 *
 * Return: 0, or -EINVAL when it is not restricted memory.
 */
int tee_rstmem_shm_info(const struct tee_shm *shm, struct tee_rstmem_info *info)
{
	if (!(shm->flags & TEE_SHM_RESTRICTED))
		return -EINVAL;
	rstmem_buffer_info(to_handle(shm)->buf, info);
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_shm_info);
