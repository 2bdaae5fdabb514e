// SPDX-License-Identifier: GPL-2.0-only
/*
 * softtee: a software TEE for development. It offers restricted memory from ranges that
 * the administrator sets aside, and a few services that work on that memory. softtee
 * protects nothing: the kernel plays the secure world.
 *
 * This file: the module, its platform device and driver, and the TEE device. Unbinding
 * the platform device in sysfs removes the TEE like a removal of hardware; binding brings
 * it back.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "softtee.h"

/* Largest shared memory of TEE_IOC_SHM_ALLOC: at most a block of the page allocator */
#define SHM_MAX		min_t(size_t, SZ_4M, PAGE_SIZE << MAX_PAGE_ORDER)

/**
 * struct softtee - an instance, from probe to remove
 * @teedev:	the TEE device
 * @rdev:	its restricted memory
 *
 * The pools are not here, because buffers outlive the instance. The pools belong to @rdev,
 * which ends them with the release op.
 */
struct softtee {
	struct tee_device *teedev;
	struct tee_rstmem_device *rdev;
};

static char *pool;
module_param(pool, charp, 0444);
MODULE_PARM_DESC(pool, "Restricted memory: SIZE@ADDRESS[:USE-CASE][,...]; USE-CASE is secure-video (default), trusted-ui or secure-video-record");

static char *elastic;
module_param(elastic, charp, 0444);
MODULE_PARM_DESC(elastic, "Memory that is RAM while it is not needed, as in pool; for each use case one range");

/* Settings of elastic pools. sysfs can change the last two later. */
bool softtee_boot_ram;
module_param_named(elastic_boot_ram, softtee_boot_ram, bool, 0444);
MODULE_PARM_DESC(elastic_boot_ram, "elastic may name RAM that was not set aside at boot (0)");

bool softtee_keep_mapping;
module_param_named(elastic_keep_mapping, softtee_keep_mapping, bool, 0444);
MODULE_PARM_DESC(elastic_keep_mapping, "elastic names RAM that stays mapped, in blocks of elastic_block (0)");

ulong softtee_block = SZ_32M;
module_param_named(elastic_block, softtee_block, ulong, 0444);
MODULE_PARM_DESC(elastic_block, "Bytes of the smallest block that is lent; the kernel's unit may be larger (33554432)");

ulong softtee_warm = SZ_16M;
module_param_named(elastic_warm, softtee_warm, ulong, 0444);
MODULE_PARM_DESC(elastic_warm, "Bytes that an elastic pool keeps free while a buffer lives (16777216)");

uint softtee_idle_ms = 10000;
module_param_named(elastic_idle_ms, softtee_idle_ms, uint, 0444);
MODULE_PARM_DESC(elastic_idle_ms, "Time before memory that is not needed is RAM again, in ms (10000)");

static char *importers;
module_param(importers, charp, 0444);
MODULE_PARM_DESC(importers, "Devices that may import restricted memory, as in sysfs; any device if not given");

/*
 * The result of the last probe, for insmod. Registering a platform device does not return
 * this result. The probe writes it, and softtee_init() waits for the probe.
 */
static int probe_result = -ENODEV;

static int shm_op_alloc(struct tee_shm_pool *shm_pool, struct tee_shm *shm,
			size_t size, size_t align)
{
	if (!size)
		return -EINVAL;
	if (size > SHM_MAX)
		return -ENOMEM;

	size = PAGE_ALIGN(size);
	shm->kaddr = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO |
					     __GFP_NOWARN);
	if (!shm->kaddr)
		return -ENOMEM;
	shm->paddr = virt_to_phys(shm->kaddr);
	shm->size = size;
	return 0;
}

static void shm_op_free(struct tee_shm_pool *shm_pool, struct tee_shm *shm)
{
	free_pages_exact(shm->kaddr, shm->size);
	shm->kaddr = NULL;
}

static void shm_op_destroy_pool(struct tee_shm_pool *shm_pool)
{
}

static const struct tee_shm_pool_ops shm_pool_ops = {
	.alloc = shm_op_alloc,
	.free = shm_op_free,
	.destroy_pool = shm_op_destroy_pool,
};

/* The pool has no state, so all instances share it. */
static struct tee_shm_pool shm_pool = {
	.ops = &shm_pool_ops,
};

static void softtee_get_version(struct tee_device *teedev,
				struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){
		.impl_id = SOFTTEE_IMPL_ID,
		.gen_caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM |
			    TEE_GEN_CAP_MEMREF_NULL,
	};
}

/* The TEE core has pinned the pages, and softtee has no secure world to inform. */
static int softtee_shm_register(struct tee_context *ctx, struct tee_shm *shm,
				struct page **pages, size_t num_pages,
				unsigned long start)
{
	return pages && num_pages ? 0 : -EINVAL;
}

static int softtee_shm_unregister(struct tee_context *ctx, struct tee_shm *shm)
{
	return 0;
}

static const struct tee_driver_ops softtee_ops = {
	.get_version = softtee_get_version,
	.open = softtee_context_open,
	.release = softtee_context_release,
	.open_session = softtee_session_open,
	.close_session = softtee_session_close,
	.invoke_func = softtee_session_invoke,
	.cancel_req = softtee_session_cancel,
	.shm_register = softtee_shm_register,
	.shm_unregister = softtee_shm_unregister,
};

static const struct tee_desc softtee_desc = {
	.name = "softtee",
	.ops = &softtee_ops,
	.owner = THIS_MODULE,
};

static int register_pools(struct softtee *softtee)
{
	struct tee_rstmem_desc desc = {
		.ops = &softtee_rstmem_ops,
		.importers = importers,
	};
	struct softtee_pools *pools;
	int rc;

	pools = softtee_pools_create();
	if (IS_ERR(pools))
		return PTR_ERR(pools);
	desc.use_cases = softtee_pools_use_cases(pools);

	softtee->rdev = tee_rstmem_register(softtee->teedev, &desc, pools);
	if (IS_ERR(softtee->rdev)) {
		rc = PTR_ERR(softtee->rdev);
		if (importers && (rc == -EINVAL || rc == -E2BIG))
			pr_err("importers \"%*pE\": not a list of importers, see tee_rstmem(7)\n",
			       (int)strlen(importers), importers);
		else
			pr_err("cannot offer restricted memory: error %d\n", rc);
		softtee_pools_destroy(pools);
		return rc;
	}
	return 0;
}

static int softtee_setup(struct platform_device *pdev)
{
	struct softtee *softtee;
	int rc;

	softtee = devm_kzalloc(&pdev->dev, sizeof(*softtee), GFP_KERNEL);
	if (!softtee)
		return -ENOMEM;

	softtee->teedev = tee_device_alloc(&softtee_desc, &pdev->dev, &shm_pool,
					   NULL);
	if (IS_ERR(softtee->teedev))
		return PTR_ERR(softtee->teedev);

	rc = register_pools(softtee);
	if (rc) {
		tee_device_unregister(softtee->teedev);
		return rc;
	}
	rc = tee_device_register(softtee->teedev);
	if (rc) {
		tee_rstmem_unregister(softtee->rdev);
		return rc;
	}

	platform_set_drvdata(pdev, softtee);
	pr_warn("NO PROTECTION: this software TEE is for development only, the kernel can read everything\n");
	return 0;
}

static int softtee_probe(struct platform_device *pdev)
{
	probe_result = softtee_setup(pdev);
	return probe_result;
}

static void softtee_remove(struct platform_device *pdev)
{
	struct softtee *softtee = platform_get_drvdata(pdev);

	tee_rstmem_unregister(softtee->rdev);
}

static struct platform_driver softtee_driver = {
	.probe = softtee_probe,
	.remove = softtee_remove,
	.driver = {
		.name = "softtee",
		/* softtee_init() reads the outcome. */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

static struct platform_device *softtee_pdev;

static int __init softtee_init(void)
{
	int rc;

	rc = softtee_pools_parse(pool, elastic);
	if (rc)
		return rc;

	rc = platform_driver_register(&softtee_driver);
	if (rc)
		return rc;

	softtee_pdev = platform_device_register_simple("softtee",
						       PLATFORM_DEVID_NONE,
						       NULL, 0);
	if (IS_ERR(softtee_pdev)) {
		rc = PTR_ERR(softtee_pdev);
		goto err_unregister_driver;
	}

	rc = probe_result;
	if (rc)
		goto err_unregister_device;
	return 0;

err_unregister_device:
	platform_device_unregister(softtee_pdev);
err_unregister_driver:
	platform_driver_unregister(&softtee_driver);
	return rc;
}
module_init(softtee_init);

static void __exit softtee_exit(void)
{
	platform_device_unregister(softtee_pdev);
	platform_driver_unregister(&softtee_driver);
}
module_exit(softtee_exit);

MODULE_DESCRIPTION("Software TEE for development, without protection");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: crypto-ctr crypto-ecb crypto-aes crypto-sha256");
