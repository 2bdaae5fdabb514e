// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_import: an importer inside the kernel that looks at the clock. Its device
 * reaches all addresses, and does nothing with them. QEMU's edu can be that device,
 * since it may be behind an IOMMU.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "bench.h"

static bool edu;
module_param(edu, bool, 0444);
MODULE_PARM_DESC(edu, "QEMU's edu is the device");

static struct platform_device *pdev;
static struct device *importer;

/* The same clock as that of the program. */
static u64 now(void)
{
	return IS_ENABLED(CONFIG_X86) ? get_cycles() : ktime_get_ns();
}

static int import_all(struct dma_buf *dmabuf, u64 *least)
{
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	u64 begin = now();

	attach = dma_buf_attach(dmabuf, importer);
	if (IS_ERR(attach))
		return PTR_ERR(attach);
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (!IS_ERR(sgt))
		dma_buf_unmap_attachment_unlocked(attach, sgt,
						  DMA_BIDIRECTIONAL);
	dma_buf_detach(dmabuf, attach);
	*least = min(*least, now() - begin);
	return PTR_ERR_OR_ZERO(sgt);
}

static int import_map(struct dma_buf_attachment *attach,
		      struct bench_import *import)
{
	u64 begin = now(), mapped;
	struct sg_table *sgt;

	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	mapped = now();
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
	import->unmap = min(import->unmap, now() - mapped);
	import->map = min(import->map, mapped - begin);
	return 0;
}

static int import(struct dma_buf *dmabuf, struct bench_import *import)
{
	struct dma_buf_attachment *attach;
	u32 n;
	int rc;

	import->all = U64_MAX;
	import->map = U64_MAX;
	import->unmap = U64_MAX;
	for (n = 0; n < import->rounds; n++) {
		rc = import_all(dmabuf, &import->all);
		if (rc)
			return rc;
	}

	attach = dma_buf_attach(dmabuf, importer);
	if (IS_ERR(attach))
		return PTR_ERR(attach);
	/* The first map of an attachment is in import_all(). */
	rc = import_map(attach, import);
	import->map = U64_MAX;
	import->unmap = U64_MAX;
	for (n = 0; !rc && n < import->rounds; n++)
		rc = import_map(attach, import);
	dma_buf_detach(dmabuf, attach);
	return rc;
}

static long import_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct bench_import data;
	struct dma_buf *dmabuf;
	int rc;

	if (cmd != BENCH_IMPORT)
		return -ENOTTY;
	if (copy_from_user(&data, (void __user *)arg, sizeof(data)))
		return -EFAULT;
	dmabuf = dma_buf_get(data.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	rc = import(dmabuf, &data);
	dma_buf_put(dmabuf);
	if (!rc && copy_to_user((void __user *)arg, &data, sizeof(data)))
		rc = -EFAULT;
	return rc;
}

static const struct file_operations import_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = import_ioctl,
};

static struct miscdevice import_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_import",
	.fops = &import_fops,
};

static int edu_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	importer = &pci->dev;
	return 0;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};

static struct pci_driver edu_driver = {
	.name = "bench_import",
	.id_table = edu_ids,
	.probe = edu_probe,
	.driver.suppress_bind_attrs = true,
};

static int device_get(void)
{
	int rc;

	if (edu) {
		rc = pci_register_driver(&edu_driver);
		if (rc || importer)
			return rc;
		pci_unregister_driver(&edu_driver);
		return -ENODEV;
	}
	pdev = platform_device_register_simple("bench_import", -1, NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	importer = &pdev->dev;
	return 0;
}

static void device_put_back(void)
{
	if (edu)
		pci_unregister_driver(&edu_driver);
	else
		platform_device_unregister(pdev);
}

static int __init import_init(void)
{
	int rc;

	rc = device_get();
	if (rc)
		return rc;
	/* Mainline's exporter makes one segment, whatever the device allows. */
	dma_set_max_seg_size(importer, UINT_MAX);
	rc = dma_set_mask_and_coherent(importer, DMA_BIT_MASK(64));
	if (!rc)
		rc = misc_register(&import_misc);
	if (rc)
		device_put_back();
	return rc;
}

static void __exit import_exit(void)
{
	misc_deregister(&import_misc);
	device_put_back();
}

module_init(import_init);
module_exit(import_exit);

MODULE_DESCRIPTION("Imports dma-bufs and looks at the clock");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
