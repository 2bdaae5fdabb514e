// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_protmem: the dynamic pool of the kernel's driver for OP-TEE, with a TEE that a test
 * directs in place of OP-TEE.
 *
 * drivers/tee/optee/protmem.c is compiled as it is in the kernel's source. It asks a TEE for
 * its needs, allocates a chunk of memory with the first buffer, lends it, and reclaims it
 * after the last. The TEE here only takes notes. Its content of a chunk is a pattern.
 */
/* As protmem.c has it. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee_core.h>

static unsigned int lock_ms;
module_param(lock_ms, uint, 0644);
MODULE_PARM_DESC(lock_ms, "The pool takes its lock after a random time below that, in ms");

static unsigned long min_size = 1 << 20;
module_param(min_size, ulong, 0444);
MODULE_PARM_DESC(min_size, "The least size that the TEE protects");

static unsigned long align = PAGE_SIZE;
module_param(align, ulong, 0444);
MODULE_PARM_DESC(align, "The alignment that it requires of address and size");

static unsigned int attributes;
module_param(attributes, uint, 0444);
MODULE_PARM_DESC(attributes, "How many attributes of memory it has");

static int reclaim_result;
module_param(reclaim_result, int, 0644);
MODULE_PARM_DESC(reclaim_result, "What it answers when a chunk is to be reclaimed");

static unsigned long before;
module_param(before, ulong, 0444);
MODULE_PARM_DESC(before, "Bytes that are taken before the first chunk, so that it is elsewhere");

static unsigned long long lent;
module_param(lent, ullong, 0444);
MODULE_PARM_DESC(lent, "Address of the last chunk");

static unsigned long lent_size;
module_param(lent_size, ulong, 0444);
MODULE_PARM_DESC(lent_size, "Its size");

static unsigned int lent_count;
module_param(lent_count, uint, 0444);
MODULE_PARM_DESC(lent_count, "How many chunks there were");

/*
 * The race is between the last free and the first allocation. The stock code has its lock in
 * between, the patched code puts the last reference there.
 */
static inline void be_late(void)
{
	if (lock_ms)
		fsleep(get_random_u32_below(lock_ms * USEC_PER_MSEC));
}

static inline void lock_late(struct mutex *lock)
{
	be_late();
	mutex_lock(lock);
}

static inline bool put_late(refcount_t *refcount, struct mutex *lock)
{
	be_late();
	return refcount_dec_and_mutex_lock(refcount, lock);
}

#undef mutex_lock
#define mutex_lock(lock) lock_late(lock)
#define refcount_dec_and_mutex_lock(refcount, lock) put_late(refcount, lock)
#include "protmem.c"

static struct optee optee;
static struct page *before_pages;
static dma_addr_t before_addr;
static size_t answer_room;
static union {
	struct optee_msg_arg arg;
	u8 room[OPTEE_MSG_GET_ARG_SIZE(2)];
} message;

/* True if the last chunk is the kernel's again. */
static int get_is_free(char *text, const struct kernel_param *param)
{
	struct page *page = lent ? phys_to_page(lent) : NULL;

	return sysfs_emit(text, "%d\n", page && !page_count(page));
}

static const struct kernel_param_ops is_free_ops = {
	.get = get_is_free,
};

module_param_cb(is_free, &is_free_ops, NULL, 0444);
MODULE_PARM_DESC(is_free, "Whether the last chunk is the kernel's again");

struct optee_msg_arg *optee_get_msg_arg(struct tee_context *ctx, size_t num_params,
					struct optee_shm_arg_entry **entry,
					struct tee_shm **shm, u_int *offs)
{
	memset(&message, 0, sizeof(message));
	return &message.arg;
}

void optee_free_msg_arg(struct tee_context *ctx, struct optee_shm_arg_entry *entry, u_int offs)
{
}

int optee_set_dma_mask(struct optee *o, u_int pa_width)
{
	return dma_coerce_mask_and_coherent(&o->teedev->dev, DMA_BIT_MASK(64));
}

static int to_msg_param(struct optee *o, struct optee_msg_param *msg, size_t count,
			const struct tee_param *params)
{
	answer_room = params[1].u.memref.size;
	return 0;
}

static int do_call(struct tee_context *ctx, struct tee_shm *shm, u_int offs, bool is_system)
{
	if (answer_room < attributes * sizeof(u32))
		message.arg.ret = TEEC_ERROR_SHORT_BUFFER;
	return 0;
}

static int from_msg_param(struct optee *o, struct tee_param *params, size_t count,
			  const struct optee_msg_param *msg)
{
	params[0].u.value.a = min_size;
	params[0].u.value.b = align;
	params[0].u.value.c = 48;
	params[1].u.memref.size = attributes * sizeof(u32);
	return 0;
}

static int lend(struct optee *o, struct tee_shm *chunk, u32 *attrs, unsigned int count,
		u32 use_case)
{
	char *text = kmap_local_page(phys_to_page(chunk->paddr));

	strscpy(text, "lent to the TEE", PAGE_SIZE);
	kunmap_local(text);
	lent = chunk->paddr;
	lent_size = chunk->size;
	lent_count++;
	return 0;
}

static int reclaim(struct optee *o, struct tee_shm *chunk)
{
	return reclaim_result;
}

static const struct optee_ops ops = {
	.do_call_with_arg = do_call,
	.to_msg_param = to_msg_param,
	.from_msg_param = from_msg_param,
	.lend_protmem = lend,
	.reclaim_protmem = reclaim,
};

static int pool_alloc(struct tee_shm_pool *pool, struct tee_shm *shm, size_t size,
		      size_t alignment)
{
	return tee_dyn_shm_alloc_helper(shm, size, alignment, NULL);
}

static void pool_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	tee_dyn_shm_free_helper(shm, NULL);
}

static void pool_destroy(struct tee_shm_pool *pool)
{
}

static const struct tee_shm_pool_ops pool_ops = {
	.alloc = pool_alloc,
	.free = pool_free,
	.destroy_pool = pool_destroy,
};

static struct tee_shm_pool shm_pool = {
	.ops = &pool_ops,
};

static void get_version(struct tee_device *tee, struct tee_ioctl_version_data *version)
{
	*version = (struct tee_ioctl_version_data){ .impl_id = 0x1ab };
}

static int context_open(struct tee_context *ctx)
{
	return 0;
}

static void context_release(struct tee_context *ctx)
{
}

static const struct tee_driver_ops driver_ops = {
	.get_version = get_version,
	.open = context_open,
	.release = context_release,
};

static const struct tee_desc desc = {
	.name = "lab_protmem",
	.ops = &driver_ops,
	.owner = THIS_MODULE,
};

static void before_free(void)
{
	if (before_pages)
		dma_free_pages(&optee.teedev->dev, before, before_pages, before_addr,
			       DMA_BIDIRECTIONAL);
}

static int __init lab_protmem_init(void)
{
	struct tee_protmem_pool *pool;
	int rc;

	optee.ops = &ops;
	optee.teedev = tee_device_alloc(&desc, NULL, &shm_pool, &optee);
	if (IS_ERR(optee.teedev))
		return PTR_ERR(optee.teedev);
	rc = tee_device_register(optee.teedev);
	if (rc)
		goto err_unregister;
	optee.ctx = teedev_open(optee.teedev);
	if (IS_ERR(optee.ctx)) {
		rc = PTR_ERR(optee.ctx);
		goto err_unregister;
	}
	pool = optee_protmem_alloc_dyn_pool(&optee, TEE_DMA_HEAP_SECURE_VIDEO_PLAY);
	if (IS_ERR(pool)) {
		rc = PTR_ERR(pool);
		goto err_close;
	}
	/* The pool has set the device's mask. */
	if (before)
		before_pages = dma_alloc_pages(&optee.teedev->dev, before, &before_addr,
					       DMA_BIDIRECTIONAL, GFP_KERNEL);
	rc = tee_device_register_dma_heap(optee.teedev, TEE_DMA_HEAP_SECURE_VIDEO_PLAY, pool);
	if (rc) {
		before_free();
		pool->ops->destroy_pool(pool);
		goto err_close;
	}
	return 0;

err_close:
	teedev_close_context(optee.ctx);
err_unregister:
	tee_device_unregister(optee.teedev);
	return rc;
}

static void __exit lab_protmem_exit(void)
{
	before_free();
	teedev_close_context(optee.ctx);
	tee_device_unregister(optee.teedev);
}

module_init(lab_protmem_init);
module_exit(lab_protmem_exit);

MODULE_DESCRIPTION("The dynamic pool of the kernel's driver for OP-TEE, under test");
MODULE_LICENSE("GPL");
