// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_ramfb: a display that shows restricted memory on QEMU's ramfb, for demonstration
 * and for tests.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "ramfb.h"

static struct platform_device *display;

static int __init display_init(void)
{
	struct device *dev;
	int rc;

	display = platform_device_register_simple("rstmem_ramfb",
						  PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(display))
		return PTR_ERR(display);
	dev = &display->dev;
	/* QEMU reads all of the guest's memory. */
	dma_set_max_seg_size(dev, UINT_MAX);
	rc = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (rc)
		goto err_unregister;
	rc = ramfb_init(dev);
	if (rc)
		goto err_unregister;
	rc = ramfb_front_init(dev);
	if (rc)
		goto err_deinit;
	return 0;

err_deinit:
	ramfb_deinit(dev);
err_unregister:
	platform_device_unregister(display);
	return rc;
}
module_init(display_init);

static void __exit display_exit(void)
{
	ramfb_front_deinit(&display->dev);
	ramfb_deinit(&display->dev);
	platform_device_unregister(display);
}
module_exit(display_exit);

MODULE_DESCRIPTION("Display of restricted memory on QEMU's ramfb");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
