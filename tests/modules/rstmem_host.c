// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_host: an ordinary TEE device of an ordinary driver, for tests of attaching
 * to one that is in use. Its only service sleeps. It knows nothing of restricted
 * memory, not even that it is handed some.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/tee_core.h>
#include <linux/tee_drv.h>

#define HOST_IMPL_ID	0x686f

/* Shared memory that is allocated, and that was ever: nothing may get lost. */
static atomic_t shm_live = ATOMIC_INIT(0);

static int shm_live_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&shm_live));
}

static const struct kernel_param_ops shm_live_ops = { .get = shm_live_get };
module_param_cb(shm_live, &shm_live_ops, NULL, 0444);
MODULE_PARM_DESC(shm_live, "shared memory not yet freed");

static struct tee_device *teedev;

/* Private data of the pool, to see that the driver's operations get it. */
static int cookie;

static int shm_op_alloc(struct tee_shm_pool *pool, struct tee_shm *shm,
			size_t size, size_t align)
{
	if (WARN_ON(pool->private_data != &cookie))
		return -EIO;
	size = PAGE_ALIGN(size);
	shm->kaddr = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);
	if (!shm->kaddr)
		return -ENOMEM;
	shm->paddr = virt_to_phys(shm->kaddr);
	shm->size = size;
	atomic_inc(&shm_live);
	return 0;
}

static void shm_op_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	WARN_ON(pool->private_data != &cookie);
	free_pages_exact(shm->kaddr, shm->size);
	shm->kaddr = NULL;
	atomic_dec(&shm_live);
}

static void shm_op_destroy_pool(struct tee_shm_pool *pool)
{
}

static const struct tee_shm_pool_ops shm_pool_ops = {
	.alloc = shm_op_alloc,
	.free = shm_op_free,
	.destroy_pool = shm_op_destroy_pool,
};

static struct tee_shm_pool shm_pool = {
	.ops = &shm_pool_ops,
	.private_data = &cookie,
};

static void host_get_version(struct tee_device *tee,
			     struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){
		.impl_id = HOST_IMPL_ID,
		.gen_caps = TEE_GEN_CAP_GP,
	};
}

static int host_open(struct tee_context *ctx)
{
	return 0;
}

static void host_release(struct tee_context *ctx)
{
}

static int host_open_session(struct tee_context *ctx,
			     struct tee_ioctl_open_session_arg *arg,
			     struct tee_param *param)
{
	arg->session = 1;
	arg->ret = 0;
	return 0;
}

static int host_close_session(struct tee_context *ctx, u32 session)
{
	return 0;
}

/* Sleeps as many milliseconds as the command's number says. */
static int host_invoke(struct tee_context *ctx,
		       struct tee_ioctl_invoke_arg *arg,
		       struct tee_param *param)
{
	msleep(arg->func);
	arg->ret = 0;
	return 0;
}

static const struct tee_driver_ops host_ops = {
	.get_version = host_get_version,
	.open = host_open,
	.release = host_release,
	.open_session = host_open_session,
	.close_session = host_close_session,
	.invoke_func = host_invoke,
};

static const struct tee_desc host_desc = {
	.name = "rstmem_host",
	.ops = &host_ops,
	.owner = THIS_MODULE,
};

static int __init host_init(void)
{
	int rc;

	teedev = tee_device_alloc(&host_desc, NULL, &shm_pool, NULL);
	if (IS_ERR(teedev))
		return PTR_ERR(teedev);
	rc = tee_device_register(teedev);
	if (rc)
		tee_device_unregister(teedev);
	return rc;
}
module_init(host_init);

static void __exit host_exit(void)
{
	tee_device_unregister(teedev);
}
module_exit(host_exit);

MODULE_DESCRIPTION("An ordinary TEE device, for tests");
MODULE_LICENSE("GPL");
