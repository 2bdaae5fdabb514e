// SPDX-License-Identifier: GPL-2.0-only
/*
 * Example of a backend: a TEE device that offers a carveout as restricted memory. It
 * protects nothing, and its TEE has no trusted application. See docs/backend.md.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>

#define EXAMPLE_IMPL_ID		0x6578
/* Results of the GlobalPlatform API: no such trusted application, said by the TEE. */
#define TEE_ITEM_NOT_FOUND	0xffff0008
#define TEE_ORIGIN_TEE		3

static char *range = "";
module_param(range, charp, 0444);
MODULE_PARM_DESC(range, "restricted memory: SIZE@ADDRESS");

static struct tee_rstmem_device *rdev;

/* A driver with a firewall also admits the devices of @use_case to the range. */
static int example_rstmem_alloc(struct tee_context *ctx, struct tee_shm *shm,
				u32 flags, u32 use_case, size_t size)
{
	struct tee_rstmem_pool *pool = ctx->data;

	return pool->ops->alloc(pool, shm, size);
}

/* A driver whose TEE clears memory returns an error here if that fails. */
static int example_rstmem_free(struct tee_context *ctx, struct tee_shm *shm)
{
	struct tee_rstmem_pool *pool = ctx->data;

	pool->ops->free(pool, shm);
	return 0;
}

static void example_rstmem_query(struct tee_context *ctx, u32 use_case,
				 struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_pool *pool = ctx->data;

	pool->ops->usage(pool, usage);
}

static void example_rstmem_release(struct tee_context *ctx)
{
	tee_rstmem_pool_free(ctx->data);
}

static const struct tee_rstmem_ops example_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = example_rstmem_alloc,
	.rstmem_free = example_rstmem_free,
	.rstmem_query = example_rstmem_query,
	.release = example_rstmem_release,
};

static void example_get_version(struct tee_device *teedev,
				struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){ .impl_id = EXAMPLE_IMPL_ID };
}

static int example_open(struct tee_context *ctx)
{
	return 0;
}

static void example_release(struct tee_context *ctx)
{
}

/* The core has looked up the ids in @param. There is nothing to open a session with. */
static int example_open_session(struct tee_context *ctx,
				struct tee_ioctl_open_session_arg *arg,
				struct tee_param *param)
{
	arg->ret = TEE_ITEM_NOT_FOUND;
	arg->ret_origin = TEE_ORIGIN_TEE;
	return 0;
}

static const struct tee_driver_ops example_ops = {
	.get_version = example_get_version,
	.open = example_open,
	.release = example_release,
	.open_session = example_open_session,
};

static const struct tee_desc example_desc = {
	.name = "rstmem_example",
	.ops = &example_ops,
	.owner = THIS_MODULE,
};

static int __init example_init(void)
{
	const struct tee_rstmem_desc desc = {
		.ops = &example_rstmem_ops,
		.use_cases = BIT_ULL(TEE_IOC_UC_SECURE_VIDEO_PLAY),
	};
	struct tee_rstmem_pool *pool;
	struct tee_device *teedev;
	phys_addr_t start;
	const char *why;
	u64 size;
	int rc;

	why = tee_rstmem_parse_range(range, strlen(range), &start, &size);
	if (why) {
		pr_err("rstmem_example: range \"%s\": %s\n", range, why);
		return -EINVAL;
	}
	pool = tee_rstmem_carveout_create(start, size, PAGE_SIZE);
	if (IS_ERR(pool))
		return PTR_ERR(pool);

	teedev = tee_device_alloc(&example_desc, NULL, NULL, NULL);
	rc = PTR_ERR_OR_ZERO(teedev);
	if (rc)
		goto err_free_pool;
	rdev = tee_rstmem_register(teedev, &desc, pool);
	rc = PTR_ERR_OR_ZERO(rdev);
	if (rc)
		goto err_unregister_tee;
	rc = tee_device_register(teedev);
	/* This calls the release op, which frees the pool. */
	if (rc)
		tee_rstmem_unregister(rdev);
	return rc;

err_unregister_tee:
	tee_device_unregister(teedev);
err_free_pool:
	tee_rstmem_pool_free(pool);
	return rc;
}
module_init(example_init);

static void __exit example_exit(void)
{
	tee_rstmem_unregister(rdev);
}
module_exit(example_exit);

MODULE_DESCRIPTION("Example of a backend of restricted memory, without protection");
MODULE_LICENSE("GPL");
