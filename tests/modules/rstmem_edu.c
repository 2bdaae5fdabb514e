// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_edu: an importer with a real bus master, for tests. The interface is
 * in rstmem_edu.h; the device's registers are in docs/specs/edu.rst of QEMU.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/iopoll.h>
#include <linux/iosys-map.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/tee_rstmem.h>
#include <linux/uaccess.h>

#include "rstmem_edu.h"

#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_CMD_START		BIT(0)
#define EDU_CMD_TO_RAM		BIT(1)
/* The device's own memory, as its DMA engine sees it. */
#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		4096
/* One transfer. QEMU ends when one touches the last byte of that memory. */
#define EDU_CHUNK		(EDU_BUFFER_SIZE - 8)

#define EDU_TIMEOUT_US		(5 * USEC_PER_SEC)

/**
 * struct edu - the device
 * @pdev:	on the bus
 * @misc:	/dev/rstmem_edu
 * @regs:	BAR 0
 * @lock:	guards the DMA engine and @page
 * @page:	normal memory that bytes pass through
 * @page_addr:	its DMA address
 */
struct edu {
	struct pci_dev *pdev;
	struct miscdevice misc;
	void __iomem *regs;
	struct mutex lock;	/* guards the DMA engine and page */
	void *page;
	dma_addr_t page_addr;
};

/**
 * struct edu_file - an open file
 * @edu:	the device
 * @lock:	guards all below
 * @attach:	of the dma-buf that is mapped, or NULL
 * @sgt:	its mapping
 * @dir:	and its direction
 */
struct edu_file {
	struct edu *edu;
	struct mutex lock;	/* guards attach, sgt and dir */
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	enum dma_data_direction dir;
};

/* One transfer between RAM and the device's memory. */
static int edu_dma(struct edu *edu, u64 src, u64 dst, size_t size, u64 cmd)
{
	u64 val;

	lockdep_assert_held(&edu->lock);

	writeq(src, edu->regs + EDU_DMA_SRC);
	writeq(dst, edu->regs + EDU_DMA_DST);
	writeq(size, edu->regs + EDU_DMA_COUNT);
	writeq(cmd | EDU_CMD_START, edu->regs + EDU_DMA_CMD);
	return readq_poll_timeout(edu->regs + EDU_DMA_CMD, val,
				  !(val & EDU_CMD_START), 1000, EDU_TIMEOUT_US);
}

/* The device that is there, for the functions below. */
static struct edu *edu_present;

/**
 * rstmem_edu_device() - get the device, for DMA mapping
 *
 * Return: the device, which stays while this module is loaded, or NULL.
 */
struct device *rstmem_edu_device(void)
{
	return edu_present ? &edu_present->pdev->dev : NULL;
}
EXPORT_SYMBOL_GPL(rstmem_edu_device);

/**
 * rstmem_edu_copy() - have the device copy
 * @src:	DMA address, which is a physical address without an IOMMU
 * @dst:	the same
 * @size:	bytes
 *
 * May sleep.
 *
 * Return: 0; -ENODEV without a device; -ETIMEDOUT when the device does not answer.
 */
int rstmem_edu_copy(u64 src, u64 dst, size_t size)
{
	struct edu *edu = edu_present;
	size_t done, n;
	int rc = 0;

	if (!edu)
		return -ENODEV;
	mutex_lock(&edu->lock);
	for (done = 0; !rc && done < size; done += n) {
		n = min_t(size_t, size - done, EDU_CHUNK);
		rc = edu_dma(edu, src + done, EDU_BUFFER, n, 0) ?:
		     edu_dma(edu, EDU_BUFFER, dst + done, n, EDU_CMD_TO_RAM);
	}
	mutex_unlock(&edu->lock);
	return rc;
}
EXPORT_SYMBOL_GPL(rstmem_edu_copy);

/* Up to EDU_CHUNK bytes between a DMA address and user memory. */
static int edu_move(struct edu *edu, dma_addr_t addr, void __user *ptr,
		    size_t size, bool out)
{
	int rc = -EFAULT;

	mutex_lock(&edu->lock);
	if (!out && copy_from_user(edu->page, ptr, size))
		goto out_unlock;
	rc = edu_dma(edu, out ? addr : edu->page_addr, EDU_BUFFER, size, 0);
	if (rc)
		goto out_unlock;
	rc = edu_dma(edu, EDU_BUFFER, out ? edu->page_addr : addr, size,
		     EDU_CMD_TO_RAM);
	if (rc)
		goto out_unlock;
	if (out && copy_to_user(ptr, edu->page, size))
		rc = -EFAULT;
out_unlock:
	mutex_unlock(&edu->lock);
	return rc;
}

static int edu_move_raw(struct edu *edu, const struct rstmem_edu_copy *copy)
{
	void __user *ptr = u64_to_user_ptr(copy->ptr);
	u64 done;
	int rc;

	for (done = 0; done < copy->size; done += EDU_CHUNK) {
		size_t n = min_t(u64, copy->size - done, EDU_CHUNK);

		if (fatal_signal_pending(current))
			return -EINTR;
		rc = edu_move(edu, copy->offset + done, ptr + done, n, true);
		if (rc)
			return rc;
	}
	return 0;
}

static int edu_move_mapped(struct edu_file *ef,
			   const struct rstmem_edu_copy *copy, bool out)
{
	void __user *ptr = u64_to_user_ptr(copy->ptr);
	u64 skip = copy->offset, left = copy->size;
	struct scatterlist *sg;
	unsigned int i;
	int rc;

	lockdep_assert_held(&ef->lock);

	if (!ef->attach)
		return -ENXIO;
	if (skip > ef->attach->dmabuf->size ||
	    left > ef->attach->dmabuf->size - skip)
		return -EINVAL;

	for_each_sgtable_dma_sg(ef->sgt, sg, i) {
		u64 pos = min_t(u64, skip, sg_dma_len(sg));

		skip -= pos;
		while (left && pos < sg_dma_len(sg)) {
			size_t n = min3((u64)EDU_CHUNK, left,
					sg_dma_len(sg) - pos);

			if (fatal_signal_pending(current))
				return -EINTR;
			rc = edu_move(ef->edu, sg_dma_address(sg) + pos, ptr, n,
				      out);
			if (rc)
				return rc;
			pos += n;
			ptr += n;
			left -= n;
		}
	}
	return 0;
}

static void edu_unmap(struct edu_file *ef)
{
	struct dma_buf_attachment *attach = ef->attach;
	struct dma_buf *dmabuf = attach->dmabuf;

	lockdep_assert_held(&ef->lock);

	dma_buf_unmap_attachment_unlocked(attach, ef->sgt, ef->dir);
	dma_buf_detach(dmabuf, attach);
	dma_buf_put(dmabuf);
	ef->attach = NULL;
}

static int edu_map(struct edu_file *ef, struct rstmem_edu_map *map)
{
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf;
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;
	int rc;

	lockdep_assert_held(&ef->lock);

	if (ef->attach)
		return -EBUSY;
	switch (map->dir) {
	case RSTMEM_EDU_TO_DEVICE:
		ef->dir = DMA_TO_DEVICE;
		break;
	case RSTMEM_EDU_FROM_DEVICE:
		ef->dir = DMA_FROM_DEVICE;
		break;
	case RSTMEM_EDU_TO_DEVICE | RSTMEM_EDU_FROM_DEVICE:
		ef->dir = DMA_BIDIRECTIONAL;
		break;
	default:
		return -EINVAL;
	}

	dmabuf = dma_buf_get(map->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	attach = dma_buf_attach(dmabuf, &ef->edu->pdev->dev);
	if (IS_ERR(attach)) {
		rc = PTR_ERR(attach);
		goto err_put;
	}
	sgt = dma_buf_map_attachment_unlocked(attach, ef->dir);
	if (IS_ERR(sgt)) {
		rc = PTR_ERR(sgt);
		goto err_detach;
	}

	ef->attach = attach;
	ef->sgt = sgt;
	map->addr = sg_dma_address(sgt->sgl);
	map->size = 0;
	map->segments = sgt->nents;
	map->cpu_bytes = 0;
	for_each_sgtable_dma_sg(sgt, sg, i)
		map->size += sg_dma_len(sg);
	for_each_sgtable_sg(sgt, sg, i)
		map->cpu_bytes += sg->length;
	return 0;

err_detach:
	dma_buf_detach(dmabuf, attach);
err_put:
	dma_buf_put(dmabuf);
	return rc;
}

static int edu_info(struct rstmem_edu_info *info)
{
	struct tee_rstmem_info what;
	struct dma_buf *dmabuf;
	int rc;

	dmabuf = dma_buf_get(info->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	rc = tee_rstmem_dma_buf_info(dmabuf, &what);
	if (!rc) {
		info->use_case = what.use_case;
		info->size = what.size;
	}
	dma_buf_put(dmabuf);
	return rc;
}

static int edu_vmap(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);
	struct iosys_map map;
	int rc;

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	rc = dma_buf_vmap_unlocked(dmabuf, &map);
	if (!rc)
		dma_buf_vunmap_unlocked(dmabuf, &map);
	dma_buf_put(dmabuf);
	return !rc;
}

/* The edu device has no node in a device tree, others have. */
static int edu_map_of(struct rstmem_edu_of *as)
{
	struct dma_buf_attachment *attach;
	struct platform_device *pdev;
	struct device_node *node;
	struct dma_buf *dmabuf;
	struct sg_table *sgt;
	int rc = 0;

	as->compatible[sizeof(as->compatible) - 1] = '\0';
	node = of_find_compatible_node(NULL, NULL, as->compatible);
	pdev = of_find_device_by_node(node);
	of_node_put(node);
	if (!pdev)
		return -ENODEV;
	dmabuf = dma_buf_get(as->fd);
	if (IS_ERR(dmabuf)) {
		rc = PTR_ERR(dmabuf);
		goto out_put_device;
	}
	attach = dma_buf_attach(dmabuf, &pdev->dev);
	if (IS_ERR(attach)) {
		rc = PTR_ERR(attach);
		goto out_put_dmabuf;
	}
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_TO_DEVICE);
	if (IS_ERR(sgt))
		rc = PTR_ERR(sgt);
	else
		dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_TO_DEVICE);
	dma_buf_detach(dmabuf, attach);
out_put_dmabuf:
	dma_buf_put(dmabuf);
out_put_device:
	put_device(&pdev->dev);
	return rc;
}

static long edu_ioctl_locked(struct edu_file *ef, unsigned int cmd,
			     void __user *arg)
{
	struct rstmem_edu_of as;
	struct rstmem_edu_info info;
	struct rstmem_edu_copy copy;
	struct rstmem_edu_map map;
	s32 fd;
	u32 bits;
	int rc;

	switch (cmd) {
	case RSTMEM_EDU_SET_MASK:
		if (copy_from_user(&bits, arg, sizeof(bits)))
			return -EFAULT;
		if (bits < 24 || bits > 64)
			return -EINVAL;
		return dma_set_mask(&ef->edu->pdev->dev, DMA_BIT_MASK(bits));
	case RSTMEM_EDU_MAP:
		if (copy_from_user(&map, arg, sizeof(map)))
			return -EFAULT;
		rc = edu_map(ef, &map);
		if (!rc && copy_to_user(arg, &map, sizeof(map))) {
			edu_unmap(ef);
			rc = -EFAULT;
		}
		return rc;
	case RSTMEM_EDU_UNMAP:
		if (!ef->attach)
			return -ENXIO;
		edu_unmap(ef);
		return 0;
	case RSTMEM_EDU_READ:
	case RSTMEM_EDU_WRITE:
		if (copy_from_user(&copy, arg, sizeof(copy)))
			return -EFAULT;
		return edu_move_mapped(ef, &copy, cmd == RSTMEM_EDU_READ);
	case RSTMEM_EDU_READ_RAW:
		if (copy_from_user(&copy, arg, sizeof(copy)))
			return -EFAULT;
		return edu_move_raw(ef->edu, &copy);
	case RSTMEM_EDU_INFO:
		if (copy_from_user(&info, arg, sizeof(info)))
			return -EFAULT;
		rc = edu_info(&info);
		if (!rc && copy_to_user(arg, &info, sizeof(info)))
			rc = -EFAULT;
		return rc;
	case RSTMEM_EDU_VMAP:
		if (copy_from_user(&fd, arg, sizeof(fd)))
			return -EFAULT;
		return edu_vmap(fd);
	case RSTMEM_EDU_MAP_OF:
		if (copy_from_user(&as, arg, sizeof(as)))
			return -EFAULT;
		return edu_map_of(&as);
	default:
		return -ENOTTY;
	}
}

static long edu_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct edu_file *ef = filp->private_data;
	long rc;

	mutex_lock(&ef->lock);
	rc = edu_ioctl_locked(ef, cmd, (void __user *)arg);
	mutex_unlock(&ef->lock);
	return rc;
}

static int edu_open(struct inode *inode, struct file *filp)
{
	struct edu *edu = container_of(filp->private_data, struct edu, misc);
	struct edu_file *ef;

	ef = kzalloc(sizeof(*ef), GFP_KERNEL);
	if (!ef)
		return -ENOMEM;
	ef->edu = edu;
	mutex_init(&ef->lock);
	filp->private_data = ef;
	return 0;
}

static int edu_release(struct inode *inode, struct file *filp)
{
	struct edu_file *ef = filp->private_data;

	mutex_lock(&ef->lock);
	if (ef->attach)
		edu_unmap(ef);
	mutex_unlock(&ef->lock);
	kfree(ef);
	return 0;
}

static const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_release,
	.unlocked_ioctl = edu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	unsigned int bits = 28;
	struct edu *edu;
	int rc;

	edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	rc = pcim_iomap_regions(pdev, BIT(0), "rstmem_edu");
	if (rc)
		return rc;
	/* The device's default mask, unless memory begins beyond that. */
	do {
		rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
	} while (rc && bits++ < 64);
	if (rc)
		return rc;
	edu->page = dmam_alloc_coherent(&pdev->dev, EDU_BUFFER_SIZE,
					&edu->page_addr, GFP_KERNEL);
	if (!edu->page)
		return -ENOMEM;
	pci_set_master(pdev);
	/* A transfer is of one page at most, from any address. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	edu->pdev = pdev;
	edu->regs = pcim_iomap_table(pdev)[0];
	mutex_init(&edu->lock);
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = "rstmem_edu";
	edu->misc.fops = &edu_fops;
	pci_set_drvdata(pdev, edu);
	edu_present = edu;
	return misc_register(&edu->misc);
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	edu_present = NULL;
	misc_deregister(&edu->misc);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "rstmem_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	/* Open files would outlive the device: only the module may go. */
	.driver.suppress_bind_attrs = true,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Imports dma-bufs into QEMU's edu device, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
