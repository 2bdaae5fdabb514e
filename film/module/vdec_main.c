// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_vdec: a stateful decoder of V4L2 for restricted memory, for demonstration and for
 * tests. A frame of V4L2_PIX_FMT_FWHT and its picture are in dma-bufs of restricted memory,
 * and a TEE decodes. The CPU has no access to either.
 *
 * This file: the module, its device, and open files.
 */
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <media/media-device.h>
#include <media/v4l2-dev.h>
#include <media/v4l2-event.h>
#include <media/v4l2-fh.h>
#include <media/v4l2-ioctl.h>

#include "vdec.h"

static struct platform_device *decoder;
static struct media_device media;
static struct v4l2_device v4l2_dev;
static struct video_device node;
static DEFINE_MUTEX(vdec_lock);		/* serialises all ioctls, guards formats */

/**
 * vdec_instance_of() - get the instance of an open file
 * @file:	the file
 *
 * Return: the instance.
 */
struct vdec_instance *vdec_instance_of(struct file *file)
{
	struct v4l2_fh *fh = file->private_data;

	return container_of(fh->ctrl_handler, struct vdec_instance, ctrls);
}

static int controls_init(struct vdec_instance *inst)
{
	v4l2_ctrl_handler_init(&inst->ctrls, 1);
	v4l2_ctrl_new_std(&inst->ctrls, NULL, V4L2_CID_MIN_BUFFERS_FOR_CAPTURE,
			  1, 1, 1, 1);
	return inst->ctrls.error;
}

static int instance_init(struct vdec_instance *inst, struct file *file)
{
	int rc;

	rc = vdec_tee_open(&inst->tee);
	if (rc)
		return rc;
	rc = controls_init(inst);
	if (rc)
		goto err_free_ctrls;
	vdec_format_init(inst);
	rc = vdec_queues_init(inst, &decoder->dev, &vdec_lock);
	if (rc)
		goto err_free_ctrls;
	rc = v4l2_fh_open(file);
	if (rc)
		goto err_release_queues;
	inst->fh = file->private_data;
	inst->fh->ctrl_handler = &inst->ctrls;
	return 0;

err_release_queues:
	vdec_queues_release(inst);
err_free_ctrls:
	v4l2_ctrl_handler_free(&inst->ctrls);
	vdec_tee_close(&inst->tee);
	return rc;
}

static int vdec_open(struct file *file)
{
	struct vdec_instance *inst;
	int rc;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL_ACCOUNT);
	if (!inst)
		return -ENOMEM;
	rc = instance_init(inst, file);
	if (rc)
		kfree(inst);
	return rc;
}

static int vdec_release(struct file *file)
{
	struct vdec_instance *inst = vdec_instance_of(file);

	mutex_lock(&vdec_lock);
	vdec_queues_release(inst);
	mutex_unlock(&vdec_lock);
	v4l2_fh_release(file);
	v4l2_ctrl_handler_free(&inst->ctrls);
	vdec_tee_close(&inst->tee);
	kfree(inst);
	return 0;
}

static bool has_done(struct vb2_queue *q)
{
	bool has;

	spin_lock_irq(&q->done_lock);
	has = !list_empty(&q->done_list);
	spin_unlock_irq(&q->done_lock);
	return has;
}

/* Nothing will ever be done. */
static bool is_idle(struct vb2_queue *q)
{
	return !vb2_is_streaming(q) || q->error ||
	       (list_empty(&q->queued_list) && !q->last_buffer_dequeued);
}

static __poll_t vdec_poll(struct file *file, struct poll_table_struct *wait)
{
	struct vdec_instance *inst = vdec_instance_of(file);
	struct vb2_queue *src = &inst->src.vb2, *dst = &inst->dst.vb2;
	const __poll_t data = EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	__poll_t rc = 0;

	poll_wait(file, &src->done_wq, wait);
	poll_wait(file, &dst->done_wq, wait);
	poll_wait(file, &inst->fh->wait, wait);

	if (v4l2_event_pending(inst->fh))
		rc |= EPOLLPRI;
	if (!(poll_requested_events(wait) & data))
		return rc;
	mutex_lock(&vdec_lock);
	if (is_idle(src) && is_idle(dst))
		rc |= EPOLLERR;
	if (has_done(src))
		rc |= EPOLLOUT | EPOLLWRNORM;
	if (has_done(dst) || dst->last_buffer_dequeued)
		rc |= EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&vdec_lock);
	return rc;
}

/* There is no mmap: all buffers are dma-bufs of others. */
static const struct v4l2_file_operations vdec_fops = {
	.owner = THIS_MODULE,
	.open = vdec_open,
	.release = vdec_release,
	.poll = vdec_poll,
	.unlocked_ioctl = video_ioctl2,
};

static int node_register(void)
{
	strscpy(node.name, "rstmem-vdec", sizeof(node.name));
	node.v4l2_dev = &v4l2_dev;
	node.vfl_dir = VFL_DIR_M2M;
	node.device_caps = V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING;
	node.fops = &vdec_fops;
	node.ioctl_ops = &vdec_ioctl_ops;
	node.lock = &vdec_lock;
	node.release = video_device_release_empty;
	return video_register_device(&node, VFL_TYPE_VIDEO, -1);
}

static int __init vdec_init(void)
{
	struct device *dev;
	int rc;

	decoder = platform_device_register_simple(VDEC_NAME, PLATFORM_DEVID_NONE,
						  NULL, 0);
	if (IS_ERR(decoder))
		return PTR_ERR(decoder);
	dev = &decoder->dev;
	/* The TEE reaches all memory that is its own. */
	dma_set_max_seg_size(dev, UINT_MAX);
	rc = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (rc)
		goto err_unregister_device;
	/* The device has no driver, whose name both would take. */
	media.dev = dev;
	strscpy(media.model, "rstmem-vdec", sizeof(media.model));
	strscpy(media.driver_name, VDEC_NAME, sizeof(media.driver_name));
	media_device_init(&media);
	v4l2_dev.mdev = &media;
	strscpy(v4l2_dev.name, VDEC_NAME, sizeof(v4l2_dev.name));
	rc = v4l2_device_register(dev, &v4l2_dev);
	if (rc)
		goto err_clean_media;
	rc = node_register();
	if (rc)
		goto err_unregister_v4l2;
	rc = vdec_media_register(&media, &node);
	if (rc)
		goto err_unregister_node;
	return 0;

err_unregister_node:
	video_unregister_device(&node);
err_unregister_v4l2:
	v4l2_device_unregister(&v4l2_dev);
err_clean_media:
	media_device_cleanup(&media);
err_unregister_device:
	platform_device_unregister(decoder);
	return rc;
}
module_init(vdec_init);

static void __exit vdec_exit(void)
{
	media_device_unregister(&media);
	video_unregister_device(&node);
	v4l2_device_unregister(&v4l2_dev);
	media_device_cleanup(&media);
	platform_device_unregister(decoder);
}
module_exit(vdec_exit);

MODULE_DESCRIPTION("V4L2 decoder that has a TEE decode restricted memory");
MODULE_LICENSE("GPL");
MODULE_INFO(import_ns, "DMA_BUF");
