// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids: restricted buffers in TEE contexts.
 *
 * Whoever allocates a buffer gets an id for it, and often never uses it. So that is
 * a number at first, which the stock TEE core does not know. The numbers are beyond
 * those that the core gives out, which takes the smallest it has. Before a context's
 * call goes to the core, all of its ids are made known there, by handles.
 *
 * A handle is a struct tee_shm in the device's idr. It has a reference to its
 * buffer. Being in the list of its context is worth one reference to the handle,
 * taken back when the context's file is closed, the device goes away, or what the id
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
#include <linux/spinlock.h>

#include "../compat/tee_core.h"
#include "../core/buffer.h"
#include "../core/device.h"
#include "graft.h"

/*
 * The stock core's ids are below, those given out with a buffer are not. Of these
 * each shard has 2^27, for 512 GiB in the smallest of buffers.
 */
#define FIRST_NUMBER	0x40000000
#define SHARD_NUMBERS	((INT_MAX - FIRST_NUMBER + 1U) / RSTMEM_SHARDS)

/* How many are taken back without a pause. */
#define END_AT_ONCE	256

/**
 * struct waiting - ids of a context that the stock core does not know yet
 * @list:	of one shard, guarded by the lock of that
 */
struct waiting {
	struct hlist_head list;
} ____cacheline_aligned_in_smp;

/**
 * struct owner - a context that has ids
 * @by_ctx:	in the graft's table
 * @rcu:	frees it, since who looks for another may be here
 * @ctx:	the context
 * @handles:	ids that the stock core knows, guarded by the graft's lock
 * @waiting:	the others, by shard
 */
struct owner {
	struct hlist_node by_ctx;
	struct rcu_head rcu;
	const struct tee_context *ctx;
	struct list_head handles;
	struct waiting waiting[RSTMEM_SHARDS];
};

/**
 * struct handle - an id of a buffer in a context, as the stock core knows it
 * @shm:	for the stock core, which kfree()s it: must be first
 * @buf:	the buffer, referenced, with its backend's module
 * @graft:	of the device
 * @list:	in the context's list, guarded by the graft's lock as all below
 * @id:		the id, if it ends with the dma-buf
 * @reg:	the registration, if it ends with that
 */
struct handle {
	struct tee_shm shm;
	struct rstmem_buffer *buf;
	struct graft *graft;
	struct list_head list;
	struct rstmem_id *id;
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

/* Where a number is from. */
static struct graft_ids *ids_of(struct graft *graft, int number)
{
	return &graft->ids[(number - FIRST_NUMBER) / SHARD_NUMBERS];
}

/* Called with the graft's lock, or under RCU. */
static struct owner *owner_find(struct graft *graft,
				const struct tee_context *ctx)
{
	struct owner *owner;

	hash_for_each_possible_rcu(graft->owners, owner, by_ctx,
				   (unsigned long)ctx,
				   lockdep_is_held(&graft->lock))
		if (owner->ctx == ctx)
			return owner;
	return NULL;
}

/* Of a context that may be about to get its first id, or ERR_PTR. */
static struct owner *owner_get(struct graft *graft,
			       const struct tee_context *ctx)
{
	struct owner *owner;
	unsigned int n;

	lockdep_assert_held(&graft->lock);

	if (graft->stopped)
		return ERR_PTR(-ENODEV);
	owner = owner_find(graft, ctx);
	if (owner)
		return owner;

	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return ERR_PTR(-ENOMEM);
	owner->ctx = ctx;
	for (n = 0; n < RSTMEM_SHARDS; n++)
		INIT_HLIST_HEAD(&owner->waiting[n].list);
	INIT_LIST_HEAD(&owner->handles);
	hash_add_rcu(graft->owners, &owner->by_ctx, (unsigned long)ctx);
	return owner;
}

/* The caller has something that keeps the graft. */
static void handle_uncount(struct graft *graft)
{
	if (atomic_dec_and_test(&graft->count))
		wake_up(&graft->drained);
}

/*
 * Makes a handle for @buf in @ctx, with a number from @first to below @end, or any if
 * that is 0. Returns it with the reference that being in a list is worth, or ERR_PTR.
 */
static struct handle *handle_create(struct graft *graft, struct tee_context *ctx,
				    struct rstmem_buffer *buf, int first, int end)
{
	struct tee_device *teedev = graft->teedev;
	struct module *owner = buf->rdev->ops->owner;
	const struct tee_shm *from = &buf->shm;
	struct handle *handle;
	int id;

	lockdep_assert_held(&graft->lock);

	if (!try_module_get(owner))
		return ERR_PTR(-ENODEV);
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle) {
		module_put(owner);
		return ERR_PTR(-ENOMEM);
	}
	handle->graft = graft;
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
	id = idr_alloc(&teedev->idr, &handle->shm, first, end, GFP_KERNEL);
	if (id > 0) {
		handle->shm.id = id;
		handle->buf = rstmem_buffer_get(buf);
		kref_get(&ctx->refcount);
		teedev->num_users++;
	}
	mutex_unlock(&teedev->mutex);
	if (id < 0) {
		kfree(handle);
		module_put(owner);
		return ERR_PTR(id == -ENOSPC ? -ENOMEM : id);
	}
	/* Those who wait for all handles to go see this one before they start. */
	atomic_inc(&graft->count);
	return handle;
}

/* Takes the id of a buffer back, which may be gone as soon as this returns. */
static void id_end(struct graft_ids *ids, struct rstmem_id *id)
{
	lockdep_assert_held(&ids->lock);

	rstmem_number_give(&ids->numbers, &id->number);
	/* For id_op_drop(), which does not take the lock when it sees this. */
	smp_store_release(&id->number.value, 0);
}

/* The stock core does not know it yet. */
static inline int id_link(struct graft_ids *ids, struct waiting *waiting,
			  struct rstmem_id *id)
{
	lockdep_assert_held(&ids->lock);

	rstmem_number_take(&ids->numbers, &id->number);
	id->handle = NULL;
	hlist_add_head(&id->node, &waiting->list);
	WRITE_ONCE(ids->waiting, ids->waiting + 1);
	return id->number.value;
}

/* It need not know it any more, or knows it now. */
static void id_unlink(struct graft_ids *ids, struct rstmem_id *id)
{
	lockdep_assert_held(&ids->lock);

	hlist_del(&id->node);
	WRITE_ONCE(ids->waiting, ids->waiting - 1);
}

/* Takes a handle out of its list; the reference that is worth is the caller's. */
static void handle_unlink(struct handle *handle)
{
	struct graft_ids *ids;

	lockdep_assert_held(&handle->graft->lock);

	list_del(&handle->list);
	if (handle->reg)
		handle->reg->handle = NULL;
	if (handle->id) {
		ids = ids_of(handle->graft, handle->shm.id);
		spin_lock(&ids->lock);
		id_end(ids, handle->id);
		spin_unlock(&ids->lock);
	}
	handle->id = NULL;
}

static void handles_put(struct list_head *doomed)
{
	struct handle *handle, *next;

	list_for_each_entry_safe(handle, next, doomed, list)
		tee_shm_put(&handle->shm);
}

/* Takes some of them back. Returns whether there are more. */
static bool end_some(struct graft_ids *ids, struct waiting *waiting)
{
	struct rstmem_id *id;
	unsigned int n;

	spin_lock(&ids->lock);
	for (n = 0; n < END_AT_ONCE && waiting->list.first; n++) {
		id = hlist_entry(waiting->list.first, struct rstmem_id, node);
		id_unlink(ids, id);
		id_end(ids, id);
	}
	spin_unlock(&ids->lock);
	return n == END_AT_ONCE;
}

/* Takes all ids of a context back. */
static void owner_end(struct graft *graft, struct owner *owner,
		      struct list_head *doomed)
{
	struct handle *handle, *next;
	unsigned int n;

	lockdep_assert_held(&graft->lock);

	/* Nobody adds one: the context is being closed, or the graft stopped. */
	hash_del_rcu(&owner->by_ctx);
	for (n = 0; n < RSTMEM_SHARDS; n++)
		while (end_some(&graft->ids[n], &owner->waiting[n]))
			cond_resched();
	list_for_each_entry_safe(handle, next, &owner->handles, list) {
		handle_unlink(handle);
		list_add_tail(&handle->list, doomed);
	}
	kfree_rcu(owner, rcu);
}

/**
 * graft_ids_init() - start without ids
 * @graft:	of the device
 */
void graft_ids_init(struct graft *graft)
{
	int first = FIRST_NUMBER;
	unsigned int n;

	mutex_init(&graft->lock);
	hash_init(graft->owners);
	for (n = 0; n < RSTMEM_SHARDS; n++) {
		spin_lock_init(&graft->ids[n].lock);
		rstmem_numbers_init(&graft->ids[n].numbers, first,
				    first + (SHARD_NUMBERS - 1));
		first += SHARD_NUMBERS;
	}
	init_waitqueue_head(&graft->drained);
}

/**
 * graft_ids_drop_ctx() - a context's file is being released
 * @graft:	of its device
 * @ctx:	the context; no call of it is running
 */
void graft_ids_drop_ctx(struct graft *graft, const struct tee_context *ctx)
{
	struct owner *owner;
	LIST_HEAD(doomed);

	mutex_lock(&graft->lock);
	owner = owner_find(graft, ctx);
	if (owner)
		owner_end(graft, owner, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
}

/**
 * graft_ids_stop() - the device's restricted memory goes away
 * @graft:	of the device
 *
 * Takes all ids back and gives out none from now on.
 */
void graft_ids_stop(struct graft *graft)
{
	struct hlist_node *next;
	struct owner *owner;
	LIST_HEAD(doomed);
	unsigned int n;
	int bucket;

	mutex_lock(&graft->lock);
	WRITE_ONCE(graft->stopped, true);
	/* Who has not seen that is done. */
	for (n = 0; n < RSTMEM_SHARDS; n++) {
		spin_lock(&graft->ids[n].lock);
		spin_unlock(&graft->ids[n].lock);
	}
	hash_for_each_safe(graft->owners, bucket, next, owner, by_ctx)
		owner_end(graft, owner, &doomed);
	mutex_unlock(&graft->lock);

	handles_put(&doomed);
}

/* An id of a context that is to be made known, or NULL. */
static struct rstmem_id *publish_begin(struct graft *graft, struct owner *owner)
{
	struct rstmem_id *id;
	unsigned int n;

	lockdep_assert_held(&graft->lock);

	for (n = 0; n < RSTMEM_SHARDS; n++) {
		struct graft_ids *ids = &graft->ids[n];

		/* Whoever releases its dma-buf meanwhile waits for us. */
		spin_lock(&ids->lock);
		id = hlist_entry_safe(owner->waiting[n].list.first,
				      struct rstmem_id, node);
		ids->publishing = id;
		spin_unlock(&ids->lock);
		if (id)
			return id;
	}
	return NULL;
}

/* Makes one id of a context known, if there is one. Returns whether, or -ENOMEM. */
static int id_publish(struct graft *graft, struct tee_context *ctx,
		      struct owner *owner)
{
	struct rstmem_id *id = publish_begin(graft, owner);
	struct graft_ids *ids;
	struct handle *handle;
	int number;

	lockdep_assert_held(&graft->lock);

	if (!id)
		return 0;

	number = id->number.value;
	handle = handle_create(graft, ctx,
			       container_of(id, struct rstmem_buffer, id),
			       number, number == INT_MAX ? 0 : number + 1);

	ids = ids_of(graft, number);
	spin_lock(&ids->lock);
	ids->publishing = NULL;
	if (!IS_ERR(handle)) {
		id_unlink(ids, id);
		id->handle = handle;
	}
	spin_unlock(&ids->lock);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	handle->id = id;
	list_add_tail(&handle->list, &owner->handles);
	return 1;
}

/**
 * graft_ids_publish() - let the stock core know all ids of a context
 * @graft:	of its device
 * @ctx:	the context of an open file
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int graft_ids_publish(struct graft *graft, struct tee_context *ctx)
{
	struct owner *owner;
	int rc;

	/* One by one, since there may be many. */
	do {
		mutex_lock(&graft->lock);
		owner = owner_find(graft, ctx);
		rc = owner ? id_publish(graft, ctx, owner) : 0;
		mutex_unlock(&graft->lock);
		cond_resched();
	} while (rc > 0);
	return rc;
}

/* The first id of a context. */
static int bind_first(struct graft *graft, struct tee_context *ctx,
		      unsigned int shard, struct rstmem_id *id)
{
	struct graft_ids *ids = &graft->ids[shard];
	struct owner *owner;
	int number;

	mutex_lock(&graft->lock);
	owner = owner_get(graft, ctx);
	if (IS_ERR(owner)) {
		number = PTR_ERR(owner);
	} else {
		spin_lock(&ids->lock);
		number = id_link(ids, &owner->waiting[shard], id);
		spin_unlock(&ids->lock);
	}
	mutex_unlock(&graft->lock);
	return number;
}

/* A context asked for the buffer and is to have an id for it. */
static int id_op_bind(struct tee_context *ctx, struct rstmem_buffer *buf)
{
	struct graft *graft = buf->rdev->id_data;
	unsigned int shard = rstmem_shard();
	struct graft_ids *ids = &graft->ids[shard];
	struct owner *owner = NULL;
	int number = 0;

	/* Under RCU as well, as whoever holds a spinlock is. */
	spin_lock(&ids->lock);
	if (!READ_ONCE(graft->stopped))
		owner = owner_find(graft, ctx);
	if (owner)
		number = id_link(ids, &owner->waiting[shard], &buf->id);
	spin_unlock(&ids->lock);
	return owner ? number : bind_first(graft, ctx, shard, &buf->id);
}

/* Takes an id back that the stock core does not know. Returns false if it may. */
static inline bool drop_unknown(struct graft_ids *ids, struct rstmem_id *id)
{
	bool unknown;

	spin_lock(&ids->lock);
	/* Or somebody else has taken it back meanwhile. */
	unknown = !id->number.value ||
		  (!id->handle && ids->publishing != id);
	if (unknown && id->number.value) {
		id_unlink(ids, id);
		id_end(ids, id);
	}
	spin_unlock(&ids->lock);
	return unknown;
}

/* The buffer's dma-buf is being released. */
static void id_op_drop(struct rstmem_buffer *buf)
{
	struct graft *graft = buf->rdev->id_data;
	struct rstmem_id *id = &buf->id;
	struct handle *handle = NULL;
	struct graft_ids *ids;
	int number;

	/* Whoever took it back before is done with it: pairs with id_end(). */
	number = smp_load_acquire(&id->number.value);
	if (!number)
		return;
	ids = ids_of(graft, number);
	if (drop_unknown(ids, id))
		return;

	mutex_lock(&graft->lock);
	/* Publishing may have failed. */
	if (!drop_unknown(ids, id)) {
		handle = id->handle;
		handle_unlink(handle);
	}
	mutex_unlock(&graft->lock);

	if (handle)
		tee_shm_put(&handle->shm);
}

static int registration_release(struct inode *inode, struct file *filp)
{
	struct registration *reg = filp->private_data;
	struct graft *graft = reg->graft;
	struct handle *handle;

	mutex_lock(&graft->lock);
	handle = reg->handle;
	if (handle)
		handle_unlink(handle);
	mutex_unlock(&graft->lock);

	if (handle)
		tee_shm_put(&handle->shm);
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
static struct file *id_op_register_file(struct tee_context *ctx,
					struct rstmem_buffer *buf, int *id)
{
	struct graft *graft = buf->rdev->id_data;
	struct registration *reg;
	struct handle *handle;
	struct owner *owner;
	struct file *filp;

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

	mutex_lock(&graft->lock);
	owner = owner_get(graft, ctx);
	handle = IS_ERR(owner) ? ERR_CAST(owner) :
				 handle_create(graft, ctx, buf, 1, FIRST_NUMBER);
	if (!IS_ERR(handle)) {
		*id = handle->shm.id;
		handle->reg = reg;
		reg->handle = handle;
		list_add_tail(&handle->list, &owner->handles);
	}
	mutex_unlock(&graft->lock);
	if (IS_ERR(handle)) {
		fput(filp);
		return ERR_CAST(handle);
	}
	return filp;
}

/**
 * graft_handle_free() - the stock core frees a handle
 * @shm:	the struct tee_shm in it, which stays the core's
 */
void graft_handle_free(struct tee_shm *shm)
{
	struct handle *handle = to_handle(shm);
	struct module *owner = handle->buf->rdev->ops->owner;

	/* In this order: the buffer keeps the graft. */
	handle_uncount(handle->graft);
	rstmem_buffer_put(handle->buf);
	/* Last, since the line above runs code of the backend. */
	module_put(owner);
}

static void id_op_release(void *id_data)
{
	graft_put(id_data);
}

const struct rstmem_id_ops graft_id_ops = {
	.bind = id_op_bind,
	.register_file = id_op_register_file,
	.drop = id_op_drop,
	.release = id_op_release,
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
