// SPDX-License-Identifier: GPL-2.0-only
/*
 * Example of a driver that imports restricted memory: a display that shows one
 * buffer at a time. It has no hardware: it logs the values that a real driver would
 * write to registers. docs/importers.md explains it.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/tee_rstmem.h>
#include <linux/uaccess.h>

#include "rstmem_display.h"

/**
 * struct frame - a buffer on the screen
 * @dmabuf:	the buffer, NULL if nothing is shown
 * @attach:	this device's attachment to it
 * @sgt:	its addresses for the device
 * @use_case:	TEE_IOC_UC_*, 0 for memory that is not restricted
 */
struct frame {
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	u32 use_case;
};

static DEFINE_MUTEX(display_lock);	/* guards shown and users */
static struct frame shown;
static unsigned int users;
static struct platform_device *display;

/* Refuse restricted memory that is not meant for a screen. */
static int display_use_case(struct dma_buf *dmabuf, u32 *use_case)
{
	struct tee_rstmem_info info;

	*use_case = 0;
	if (tee_rstmem_dma_buf_info(dmabuf, &info))
		return 0;
	if (info.use_case != TEE_IOC_UC_SECURE_VIDEO_PLAY &&
	    info.use_case != TEE_IOC_UC_TRUSTED_UI)
		return -EACCES;
	*use_case = info.use_case;
	return 0;
}

static int frame_init(struct frame *frame, struct dma_buf *dmabuf)
{
	int rc;

	rc = display_use_case(dmabuf, &frame->use_case);
	if (rc)
		return rc;

	frame->attach = dma_buf_attach(dmabuf, &display->dev);
	if (IS_ERR(frame->attach))
		return PTR_ERR(frame->attach);
	/* Mapping is the only access: no vmap, no sg_page(). */
	frame->sgt = dma_buf_map_attachment_unlocked(frame->attach,
						     DMA_TO_DEVICE);
	if (IS_ERR(frame->sgt)) {
		dma_buf_detach(dmabuf, frame->attach);
		return PTR_ERR(frame->sgt);
	}
	frame->dmabuf = dmabuf;
	get_dma_buf(dmabuf);
	return 0;
}

static void frame_deinit(struct frame *frame)
{
	if (!frame->dmabuf)
		return;
	dma_buf_unmap_attachment_unlocked(frame->attach, frame->sgt,
					  DMA_TO_DEVICE);
	dma_buf_detach(frame->dmabuf, frame->attach);
	dma_buf_put(frame->dmabuf);
	frame->dmabuf = NULL;
}

/* Replace the shown buffer; keep it if this fails. */
static int display_show(struct dma_buf *dmabuf)
{
	struct frame frame = {};
	dma_addr_t addr;
	int rc;

	lockdep_assert_held(&display_lock);

	rc = frame_init(&frame, dmabuf);
	if (rc)
		return rc;
	addr = sg_dma_address(frame.sgt->sgl);
	dev_info(&display->dev, "scans out from %pad: %s\n", &addr,
		 frame.use_case ? tee_rstmem_use_case_name(frame.use_case) :
				  "not restricted");
	frame_deinit(&shown);
	shown = frame;
	return 0;
}

static long display_ioctl_locked(unsigned int cmd, void __user *arg)
{
	struct dma_buf *dmabuf;
	u64 size;
	s32 fd;
	int rc;

	switch (cmd) {
	case RSTMEM_DISPLAY_SHOW:
		if (copy_from_user(&fd, arg, sizeof(fd)))
			return -EFAULT;
		dmabuf = dma_buf_get(fd);
		break;
	case RSTMEM_DISPLAY_BLANK:
		if (copy_from_user(&size, arg, sizeof(size)))
			return -EFAULT;
		dmabuf = tee_rstmem_alloc(NULL, 0, TEE_IOC_UC_SECURE_VIDEO_PLAY,
					  size);
		break;
	case RSTMEM_DISPLAY_SHOWN:
		if (!shown.dmabuf)
			return -ENODATA;
		return put_user(shown.use_case, (u32 __user *)arg);
	default:
		return -ENOTTY;
	}
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	rc = display_show(dmabuf);
	/* The shown frame has its own reference. */
	dma_buf_put(dmabuf);
	return rc;
}

static long display_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	long rc;

	mutex_lock(&display_lock);
	rc = display_ioctl_locked(cmd, (void __user *)arg);
	mutex_unlock(&display_lock);
	return rc;
}

static int display_open(struct inode *inode, struct file *filp)
{
	mutex_lock(&display_lock);
	users++;
	mutex_unlock(&display_lock);
	return 0;
}

static int display_release(struct inode *inode, struct file *filp)
{
	mutex_lock(&display_lock);
	if (!--users)
		frame_deinit(&shown);
	mutex_unlock(&display_lock);
	return 0;
}

static const struct file_operations display_fops = {
	.owner = THIS_MODULE,
	.open = display_open,
	.release = display_release,
	.unlocked_ioctl = display_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice display_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rstmem_display",
	.fops = &display_fops,
};

static int __init display_init(void)
{
	int rc;

	display = platform_device_register_simple("rstmem_display",
						  PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(display))
		return PTR_ERR(display);
	/* Mapping refuses memory beyond the mask; it never copies. */
	rc = dma_set_mask_and_coherent(&display->dev, DMA_BIT_MASK(40));
	if (!rc)
		rc = misc_register(&display_misc);
	if (rc)
		platform_device_unregister(display);
	return rc;
}
module_init(display_init);

static void __exit display_exit(void)
{
	misc_deregister(&display_misc);
	platform_device_unregister(display);
}
module_exit(display_exit);

MODULE_DESCRIPTION("Example of an importer of restricted memory");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
