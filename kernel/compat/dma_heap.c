// SPDX-License-Identifier: GPL-2.0-only
/* The dma-heap framework, for kernels where a module cannot use it. See dma_heap.h. */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "dma_heap.h"

/**
 * dma_heap_exists() - check whether the kernel has a heap
 * @name:	name of the heap
 *
 * The framework has no function for this. But a heap is a device of the class
 * "dma_heap", and all devices are in one kset.
 *
 * Return: true when the framework has the heap. Heaps of dma_heap_add() below do not count.
 */
bool dma_heap_exists(const char *name)
{
	const struct class *class;
	struct kobject *kobj;
	bool exists;

	kobj = kset_find_obj(platform_bus.kobj.kset, name);
	if (!kobj)
		return false;
	class = kobj_to_dev(kobj)->class;
	exists = class && !strcmp(class->name, "dma_heap");
	kobject_put(kobj);
	return exists;
}

#ifndef HAVE_DMA_HEAP

#include <linux/cdev.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#define MAX_HEAPS	64

/**
 * struct dma_heap - a heap and its character device
 * @name:	the caller's string
 * @ops:	its allocator
 * @priv:	for @ops
 * @dev:	its device, whose last reference frees the heap
 * @cdev:	its node
 */
struct dma_heap {
	const char *name;
	const struct dma_heap_ops *ops;
	void *priv;
	struct device dev;
	struct cdev cdev;
};

static DEFINE_IDA(minors);
static dev_t first_devt;

static char *heap_devnode(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "dma_heap/%s", dev_name(dev));
}

/* The name "dma_heap" may be taken by the class of the framework. */
static const struct class heap_class = {
	.name = "rstmem_heap",
	.devnode = heap_devnode,
};

static int heap_open(struct inode *inode, struct file *filp)
{
	filp->private_data = container_of(inode->i_cdev, struct dma_heap, cdev);
	return nonseekable_open(inode, filp);
}

static int heap_alloc(struct dma_heap *heap,
		      struct dma_heap_allocation_data *data,
		      void __user *arg, size_t size)
{
	struct dma_buf *dmabuf;
	u64 len = data->len;
	int fd, rc;

	if (data->fd || data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS ||
	    data->heap_flags & ~DMA_HEAP_VALID_HEAP_FLAGS)
		return -EINVAL;
	if (len > SIZE_MAX)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	if (!len || len > SIZE_MAX)
		return -EINVAL;

	dmabuf = heap->ops->allocate(heap, len, data->fd_flags,
				     data->heap_flags);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	fd = get_unused_fd_flags(data->fd_flags);
	if (fd < 0) {
		rc = fd;
		goto err_put_dmabuf;
	}

	data->fd = fd;
	if (copy_to_user(arg, data, size)) {
		rc = -EFAULT;
		goto err_put_fd;
	}
	fd_install(fd, dmabuf->file);
	return 0;

err_put_fd:
	put_unused_fd(fd);
err_put_dmabuf:
	dma_buf_put(dmabuf);
	return rc;
}

/*
 * As in the framework, only the number of the command must match. The structure may have
 * any size. The direction bits of the command say whether the structure is copied in, out
 * or both. Members that a smaller structure lacks are 0. The additional part of a larger
 * structure is ignored.
 */
static long heap_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct dma_heap_allocation_data data = {};
	void __user *uarg = (void __user *)arg;
	size_t size = min(_IOC_SIZE(cmd), sizeof(data));

	if (_IOC_NR(cmd) != _IOC_NR(DMA_HEAP_IOCTL_ALLOC))
		return -EINVAL;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&data, uarg, size))
		return -EFAULT;
	if (!(_IOC_DIR(cmd) & _IOC_READ))
		size = 0;
	return heap_alloc(filp->private_data, &data, uarg, size);
}

static const struct file_operations heap_fops = {
	.owner = THIS_MODULE,
	.open = heap_open,
	.unlocked_ioctl = heap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static void heap_free(struct device *dev)
{
	struct dma_heap *heap = container_of(dev, struct dma_heap, dev);

	ida_free(&minors, MINOR(dev->devt) - MINOR(first_devt));
	kfree(heap);
}

/**
 * dma_heap_get_drvdata() - get the data of a heap, as in the framework
 * @heap:	a heap
 *
 * Return: the data that the heap was added with.
 */
void *dma_heap_get_drvdata(struct dma_heap *heap)
{
	return heap->priv;
}

/**
 * dma_heap_get_name() - get the name of a heap, as in the framework
 * @heap:	a heap
 *
 * Return: the name that the heap was added with.
 */
const char *dma_heap_get_name(struct dma_heap *heap)
{
	return heap->name;
}

/**
 * dma_heap_add() - add a heap and its node, as in the framework
 * @exp_info:	name, ops and data; the caller keeps the name until dma_heap_remove()
 *
 * Return: the heap, for dma_heap_remove(), or ERR_PTR: -ENOSPC when there are
 * too many, -ENOMEM, and errors of device_add().
 */
struct dma_heap *dma_heap_add(const struct dma_heap_export_info *exp_info)
{
	struct dma_heap *heap;
	int minor, rc;

	heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	minor = ida_alloc_max(&minors, MAX_HEAPS - 1, GFP_KERNEL);
	if (minor < 0) {
		kfree(heap);
		return ERR_PTR(minor);
	}

	heap->name = exp_info->name;
	heap->ops = exp_info->ops;
	heap->priv = exp_info->priv;
	heap->dev.class = &heap_class;
	heap->dev.devt = first_devt + minor;
	heap->dev.release = heap_free;
	device_initialize(&heap->dev);
	cdev_init(&heap->cdev, &heap_fops);
	heap->cdev.owner = THIS_MODULE;

	rc = dev_set_name(&heap->dev, "%s", heap->name);
	if (!rc)
		rc = cdev_device_add(&heap->cdev, &heap->dev);
	if (rc) {
		put_device(&heap->dev);
		return ERR_PTR(rc);
	}
	return heap;
}

/**
 * dma_heap_remove() - remove a heap and its node
 * @heap:	from dma_heap_add(); no file of it is open
 */
void dma_heap_remove(struct dma_heap *heap)
{
	cdev_device_del(&heap->cdev, &heap->dev);
	put_device(&heap->dev);
}

/**
 * dma_heap_compat_init() - prepare for dma_heap_add()
 *
 * Return: 0 or -errno.
 */
int dma_heap_compat_init(void)
{
	int rc;

	rc = alloc_chrdev_region(&first_devt, 0, MAX_HEAPS, "rstmem_heap");
	if (rc)
		return rc;
	rc = class_register(&heap_class);
	if (rc)
		unregister_chrdev_region(first_devt, MAX_HEAPS);
	return rc;
}

/**
 * dma_heap_compat_exit() - undo dma_heap_compat_init(); no heap is left
 */
void dma_heap_compat_exit(void)
{
	class_unregister(&heap_class);
	unregister_chrdev_region(first_devt, MAX_HEAPS);
	ida_destroy(&minors);
}

#endif /* !HAVE_DMA_HEAP */
