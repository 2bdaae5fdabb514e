// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_fake_optee: a driver and a device with the names of OP-TEE's, and two TEE devices
 * that say that they are OP-TEE's, for clients and for supplicants. Nothing is behind them.
 * For tests of optee_rstmem with drivers that come and go.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/tee.h>
#include <linux/tee_core.h>

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "The device for clients cannot be opened");

static bool supplicant;
module_param(supplicant, bool, 0644);
MODULE_PARM_DESC(supplicant, "The device for supplicants was opened");

/* A device that is attached to must have a pool. Nothing is allocated. */
static int fake_pool_alloc(struct tee_shm_pool *pool, struct tee_shm *shm,
			   size_t size, size_t align)
{
	return -ENOMEM;
}

static void fake_pool_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
}

static void fake_pool_destroy(struct tee_shm_pool *pool)
{
}

static const struct tee_shm_pool_ops fake_pool_ops = {
	.alloc = fake_pool_alloc,
	.free = fake_pool_free,
	.destroy_pool = fake_pool_destroy,
};

static struct tee_shm_pool fake_pool = { .ops = &fake_pool_ops };

static void fake_get_version(struct tee_device *tee,
			     struct tee_ioctl_version_data *vers)
{
	*vers = (struct tee_ioctl_version_data){ .impl_id = TEE_IMPL_ID_OPTEE };
}

static int fake_open(struct tee_context *ctx)
{
	if (ctx->teedev->desc->flags & TEE_DESC_PRIVILEGED)
		supplicant = true;
	else if (refuse)
		return -EIO;
	return 0;
}

static void fake_close(struct tee_context *ctx)
{
}

static const struct tee_driver_ops fake_ops = {
	.get_version = fake_get_version,
	.open = fake_open,
	.release = fake_close,
};

static const struct tee_desc fake_desc = {
	.name = "fake-optee",
	.ops = &fake_ops,
	.owner = THIS_MODULE,
};

static const struct tee_desc fake_supp_desc = {
	.name = "fake-optee-supp",
	.ops = &fake_ops,
	.owner = THIS_MODULE,
	.flags = TEE_DESC_PRIVILEGED,
};

/* The devices, in the order in which OP-TEE's driver registers its own. */
static const struct tee_desc *const descs[] = { &fake_desc, &fake_supp_desc };
static struct tee_device *teedevs[ARRAY_SIZE(descs)];

static void fake_remove(struct platform_device *pdev)
{
	int n;

	for (n = ARRAY_SIZE(teedevs) - 1; n >= 0; n--) {
		tee_device_unregister(teedevs[n]);
		teedevs[n] = NULL;
	}
}

static int fake_probe(struct platform_device *pdev)
{
	struct tee_device *teedev;
	int n, rc;

	for (n = 0; n < ARRAY_SIZE(descs); n++) {
		teedev = tee_device_alloc(descs[n], &pdev->dev, &fake_pool, NULL);
		rc = PTR_ERR_OR_ZERO(teedev);
		if (rc)
			goto err_remove;
		teedevs[n] = teedev;
		rc = tee_device_register(teedev);
		if (rc)
			goto err_remove;
	}
	return 0;

err_remove:
	fake_remove(pdev);
	return rc;
}

static struct platform_driver fake_driver = {
	.probe = fake_probe,
	.remove = fake_remove,
	.driver.name = "optee",
};

/* QEMU answers calls that it does not know. */
static const struct property_entry properties[] = {
	PROPERTY_ENTRY_STRING("method", "hvc"),
	{}
};

static struct platform_device *device;

static int __init fake_optee_init(void)
{
	const struct platform_device_info info = {
		.name = "optee",
		.id = PLATFORM_DEVID_NONE,
		.properties = properties,
	};
	int rc;

	rc = platform_driver_register(&fake_driver);
	if (rc)
		return rc;
	device = platform_device_register_full(&info);
	if (IS_ERR(device)) {
		platform_driver_unregister(&fake_driver);
		return PTR_ERR(device);
	}
	return 0;
}
module_init(fake_optee_init);

static void __exit fake_optee_exit(void)
{
	platform_device_unregister(device);
	platform_driver_unregister(&fake_driver);
}
module_exit(fake_optee_exit);

MODULE_DESCRIPTION("A driver that says that it is OP-TEE's, for tests");
MODULE_LICENSE("GPL");
