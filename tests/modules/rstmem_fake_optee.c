// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_fake_optee: a driver and a device with the names of OP-TEE's, and a TEE device
 * that says that it is OP-TEE's. Nothing is behind it. For tests of optee_rstmem with
 * drivers that come and go.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/tee.h>
#include <linux/tee_core.h>

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

static int fake_probe(struct platform_device *pdev)
{
	struct tee_device *teedev;
	int rc;

	teedev = tee_device_alloc(&fake_desc, &pdev->dev, &fake_pool, NULL);
	if (IS_ERR(teedev))
		return PTR_ERR(teedev);
	rc = tee_device_register(teedev);
	if (rc) {
		tee_device_unregister(teedev);
		return rc;
	}
	platform_set_drvdata(pdev, teedev);
	return 0;
}

static void fake_remove(struct platform_device *pdev)
{
	tee_device_unregister(platform_get_drvdata(pdev));
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
