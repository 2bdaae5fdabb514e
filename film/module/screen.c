// SPDX-License-Identifier: GPL-2.0-only
/* A plain importer for kernels without DRM: /dev/rstmem_screen, see rstmem_screen.h. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "ramfb.h"
#include "rstmem_screen.h"

static DEFINE_MUTEX(screen_lock);	/* guards shown and users */
static struct ramfb_frame shown;
static unsigned int users;
static struct device *screen_dev;

/* Replace the shown picture; keep it if this fails. */
static int screen_show(struct dma_buf *dmabuf,
		       const struct rstmem_screen_frame *arg)
{
	struct ramfb_mode mode = {
		.width = arg->width,
		.height = arg->height,
		.stride = arg->stride,
	};
	struct ramfb_frame frame = {};
	int rc;

	lockdep_assert_held(&screen_lock);

	rc = ramfb_frame_init(&frame, screen_dev, dmabuf);
	if (rc)
		return rc;
	rc = ramfb_frame_mode(&frame, arg->offset, &mode);
	if (!rc)
		rc = ramfb_show(&mode);
	if (rc) {
		ramfb_frame_deinit(&frame);
		return rc;
	}
	ramfb_frame_deinit(&shown);
	shown = frame;
	return 0;
}

/* The buffer goes only if the screen is blank. */
static int screen_blank(void)
{
	int rc;

	lockdep_assert_held(&screen_lock);

	rc = ramfb_blank();
	if (!rc)
		ramfb_frame_deinit(&shown);
	return rc;
}

static int ioctl_show(struct rstmem_screen_frame __user *user)
{
	struct rstmem_screen_frame arg;
	struct dma_buf *dmabuf;
	int rc;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved)
		return -EINVAL;
	dmabuf = dma_buf_get(arg.fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	mutex_lock(&screen_lock);
	rc = screen_show(dmabuf, &arg);
	mutex_unlock(&screen_lock);
	/* The shown frame has its own reference. */
	dma_buf_put(dmabuf);
	return rc;
}

static long screen_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	int rc;

	switch (cmd) {
	case RSTMEM_SCREEN_SHOW:
		return ioctl_show((void __user *)arg);
	case RSTMEM_SCREEN_BLANK:
		mutex_lock(&screen_lock);
		rc = screen_blank();
		mutex_unlock(&screen_lock);
		return rc;
	default:
		return -ENOTTY;
	}
}

static int screen_open(struct inode *inode, struct file *filp)
{
	mutex_lock(&screen_lock);
	users++;
	mutex_unlock(&screen_lock);
	return 0;
}

static int screen_release(struct inode *inode, struct file *filp)
{
	mutex_lock(&screen_lock);
	if (!--users)
		screen_blank();
	mutex_unlock(&screen_lock);
	return 0;
}

static const struct file_operations screen_fops = {
	.owner = THIS_MODULE,
	.open = screen_open,
	.release = screen_release,
	.unlocked_ioctl = screen_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice screen_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rstmem_screen",
	.fops = &screen_fops,
};

/**
 * ramfb_front_init() - let programs show buffers
 * @dev:	the display
 *
 * Return: 0 or -errno.
 */
int ramfb_front_init(struct device *dev)
{
	screen_dev = dev;
	screen_misc.parent = dev;
	return misc_register(&screen_misc);
}

/**
 * ramfb_front_deinit() - no program shows anything any more
 * @dev:	the display
 */
void ramfb_front_deinit(struct device *dev)
{
	misc_deregister(&screen_misc);
	/* If the screen could not be made blank before. */
	ramfb_frame_deinit(&shown);
}
