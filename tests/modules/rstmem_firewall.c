// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_firewall: a TEE whose memory is behind a firewall, or behind one with a flaw, for
 * tests of "rstmem doctor --prove".
 *
 * The pool is a range that reads as zeros. Data that the service "cipher" writes to the
 * protected part of it goes nowhere, so all others read zeros there, as behind a firewall.
 * Data that it writes to the part that flaw= leaves open goes to the memory.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#define FIREWALL_IMPL_ID	0x6677

static unsigned long long start;
module_param(start, ullong, 0444);
MODULE_PARM_DESC(start, "physical address of the pool");

static unsigned long long size;
module_param(size, ullong, 0444);
MODULE_PARM_DESC(size, "bytes of the pool");

static char *flaw = "none";
module_param(flaw, charp, 0444);
MODULE_PARM_DESC(flaw, "none; edges: the first and the last page are open; beyond: the last page shows behind the pool");

static struct tee_rstmem_pool *pool;
static struct tee_device *teedev;
static struct tee_rstmem_device *rdev;

static int memory_write(phys_addr_t addr, const void *data, size_t len)
{
	void *va = memremap(addr, len, MEMREMAP_WB);

	if (!va)
		return -ENOMEM;
	memcpy(va, data, len);
	memunmap(va);
	return 0;
}

static int memory_clear(phys_addr_t addr)
{
	static const u8 zeros[PAGE_SIZE];

	return memory_write(addr, zeros, sizeof(zeros));
}

/* A write that the TEE makes, in one page. */
static int secure_write(phys_addr_t addr, const void *data, size_t len)
{
	u64 at = addr - start, last = size - PAGE_SIZE;

	if (!strcmp(flaw, "edges") && (at < PAGE_SIZE || at >= last))
		return memory_write(addr, data, len);
	if (!strcmp(flaw, "beyond") && at >= last)
		return memory_write(addr + PAGE_SIZE, data, len);
	return 0;
}

static u32 sample(struct tee_param *param, u32 num_params)
{
	struct tee_param_memref *in, *out;
	void *data;

	if (num_params < 2)
		return TEEC_ERROR_BAD_PARAMETERS;
	in = &param[0].u.memref;
	out = &param[1].u.memref;
	if (!in->shm || !out->shm || out->size < in->size ||
	    !(out->shm->flags & TEE_SHM_RESTRICTED))
		return TEEC_ERROR_BAD_PARAMETERS;
	data = tee_shm_get_va(in->shm, in->shm_offs);
	if (IS_ERR(data) ||
	    secure_write(out->shm->paddr + out->shm_offs, data, in->size))
		return TEEC_ERROR_GENERIC;
	out->size = in->size;
	return TEEC_SUCCESS;
}

static int firewall_open_session(struct tee_context *ctx,
				 struct tee_ioctl_open_session_arg *arg,
				 struct tee_param *param)
{
	static const u8 cipher[] = RSTMEM_SVC_CIPHER_UUID;
	bool known = !memcmp(arg->uuid, cipher, sizeof(cipher));

	arg->session = 1;
	arg->ret = known ? TEEC_SUCCESS : TEEC_ERROR_ITEM_NOT_FOUND;
	arg->ret_origin = TEEC_ORIGIN_TEE;
	return 0;
}

static int firewall_close_session(struct tee_context *ctx, u32 session)
{
	return 0;
}

/* There is nothing to encrypt: a sample with clear bytes only is enough. */
static int firewall_invoke(struct tee_context *ctx, struct tee_ioctl_invoke_arg *arg,
			   struct tee_param *param)
{
	switch (arg->func) {
	case RSTMEM_SVC_CIPHER_SET_KEY:
		arg->ret = TEEC_SUCCESS;
		break;
	case RSTMEM_SVC_CIPHER_SAMPLE:
		arg->ret = sample(param, arg->num_params);
		break;
	default:
		arg->ret = TEEC_ERROR_NOT_SUPPORTED;
	}
	arg->ret_origin = TEEC_ORIGIN_TRUSTED_APP;
	return 0;
}

static int firewall_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
			  u32 use_case, size_t bytes)
{
	return pool->ops->alloc(pool, shm, bytes);
}

static int firewall_free(struct tee_context *ctx, struct tee_shm *shm)
{
	pool->ops->free(pool, shm);
	return 0;
}

static void firewall_query(struct tee_context *ctx, u32 use_case,
			   struct tee_rstmem_usage *usage)
{
	pool->ops->usage(pool, usage);
	usage->caps = TEE_RSTMEM_CAP_PROTECTED;
}

/* The pages that a flaw opens are left as they were found: as zeros. */
static void firewall_release(struct tee_context *ctx)
{
	memory_clear(start);
	memory_clear(start + size - PAGE_SIZE);
	memory_clear(start + size);
	tee_rstmem_pool_free(pool);
}

static const struct tee_rstmem_ops firewall_rstmem_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = firewall_alloc,
	.rstmem_free = firewall_free,
	.rstmem_query = firewall_query,
	.release = firewall_release,
};

static void firewall_get_version(struct tee_device *tee,
				 struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){
		.impl_id = FIREWALL_IMPL_ID,
		.gen_caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM,
	};
}

static int firewall_open(struct tee_context *ctx)
{
	return 0;
}

static void firewall_close(struct tee_context *ctx)
{
}

static int shm_alloc(struct tee_shm_pool *shm_pool, struct tee_shm *shm, size_t bytes,
		     size_t align)
{
	shm->size = PAGE_ALIGN(bytes);
	shm->kaddr = alloc_pages_exact(shm->size, GFP_KERNEL | __GFP_ZERO);
	if (!shm->kaddr)
		return -ENOMEM;
	shm->paddr = virt_to_phys(shm->kaddr);
	return 0;
}

static void shm_free(struct tee_shm_pool *shm_pool, struct tee_shm *shm)
{
	free_pages_exact(shm->kaddr, shm->size);
}

static void shm_destroy_pool(struct tee_shm_pool *shm_pool)
{
}

static const struct tee_shm_pool_ops shm_pool_ops = {
	.alloc = shm_alloc,
	.free = shm_free,
	.destroy_pool = shm_destroy_pool,
};

static struct tee_shm_pool shm_pool = { .ops = &shm_pool_ops };

static const struct tee_driver_ops firewall_ops = {
	.get_version = firewall_get_version,
	.open = firewall_open,
	.release = firewall_close,
	.open_session = firewall_open_session,
	.close_session = firewall_close_session,
	.invoke_func = firewall_invoke,
};

static const struct tee_desc firewall_desc = {
	.name = "rstmem_firewall",
	.ops = &firewall_ops,
	.owner = THIS_MODULE,
};

static int __init firewall_init(void)
{
	const struct tee_rstmem_desc desc = {
		.ops = &firewall_rstmem_ops,
		.use_cases = BIT(TEE_IOC_UC_SECURE_VIDEO_PLAY),
	};
	int rc;

	pool = tee_rstmem_carveout_create(start, size, PAGE_SIZE);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	teedev = tee_device_alloc(&firewall_desc, NULL, &shm_pool, NULL);
	if (IS_ERR(teedev)) {
		rc = PTR_ERR(teedev);
		goto err_free_pool;
	}
	rdev = tee_rstmem_register(teedev, &desc, NULL);
	if (IS_ERR(rdev)) {
		rc = PTR_ERR(rdev);
		goto err_unregister_tee;
	}
	rc = tee_device_register(teedev);
	if (rc)
		tee_rstmem_unregister(rdev);
	return rc;

err_unregister_tee:
	tee_device_unregister(teedev);
err_free_pool:
	tee_rstmem_pool_free(pool);
	return rc;
}
module_init(firewall_init);

static void __exit firewall_exit(void)
{
	tee_rstmem_unregister(rdev);
}
module_exit(firewall_exit);

MODULE_DESCRIPTION("A TEE with a firewall that has a flaw, for tests");
MODULE_LICENSE("GPL");
