// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_rival: a dma-heap of the kernel's own, as far as its name is concerned, for
 * tests. Modules cannot add heaps to most kernels, so it puts a device of that name
 * into the class of the heap "system". There is nothing behind its node.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static char *name = "protected,secure-video";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "of the heap");

static const struct file_operations rival_fops = {
	.owner = THIS_MODULE,
};

static struct device *rival;
static int major;

static int __init rival_init(void)
{
	struct kobject *system;
	int rc;

	major = register_chrdev(0, "rstmem_rival", &rival_fops);
	if (major < 0)
		return major;
	system = kset_find_obj(platform_bus.kobj.kset, "system");
	if (!system) {
		rc = -ENODEV;
		goto err_unregister;
	}
	rival = device_create(kobj_to_dev(system)->class, NULL, MKDEV(major, 0),
			      NULL, "%s", name);
	kobject_put(system);
	if (IS_ERR(rival)) {
		rc = PTR_ERR(rival);
		goto err_unregister;
	}
	return 0;

err_unregister:
	unregister_chrdev(major, "rstmem_rival");
	return rc;
}
module_init(rival_init);

static void __exit rival_exit(void)
{
	device_unregister(rival);
	unregister_chrdev(major, "rstmem_rival");
}
module_exit(rival_exit);

MODULE_DESCRIPTION("Takes the name of a protected dma-heap, for tests");
MODULE_LICENSE("GPL");
