/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem_vdec: a stateful decoder of V4L2 for restricted memory. The TEE decodes. This
 * header has the declarations that the files of the driver share.
 */
#ifndef _RSTMEM_VDEC_H
#define _RSTMEM_VDEC_H

#include <linux/dma-buf.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <media/v4l2-ctrls.h>
#include <media/v4l2-device.h>
#include <media/videobuf2-v4l2.h>

struct media_device;
struct tee_context;
struct tee_shm;

#define VDEC_NAME	"rstmem_vdec"
#define VDEC_MIN_SIDE	16
#define VDEC_MAX_SIDE	4096

/**
 * struct vdec_tee - a session with the decoder of a TEE
 * @ctx:	context
 * @session:	number
 * @planes:	the frame before, for differences; NULL before the first frame
 * @planes_use_case: of @planes
 */
struct vdec_tee {
	struct tee_context *ctx;
	u32 session;
	struct tee_shm *planes;
	u32 planes_use_case;
};

/**
 * struct vdec_buffer - a buffer of a queue
 * @vb:		its base, first
 * @shm:	name for the TEE of the dma-buf of its plane
 * @use_case:	what the memory is for
 * @node:	in the list of its queue, guarded by the instance's lock
 */
struct vdec_buffer {
	struct vb2_v4l2_buffer vb;
	struct tee_shm *shm;
	u32 use_case;
	struct list_head node;
};

/**
 * enum vdec_state - how an instance treats its buffers
 * @VDEC_DECODING:	decodes what is queued
 * @VDEC_DRAINING:	decodes up to the last frame before a command to stop
 * @VDEC_STOPPED:	leaves buffers in their queues
 */
enum vdec_state {
	VDEC_DECODING,
	VDEC_DRAINING,
	VDEC_STOPPED,
};

/**
 * struct vdec_queue - a queue, OUTPUT or CAPTURE
 * @vb2:	its base, with the lock of all ioctls
 * @list:	buffers that wait, guarded by the instance's lock
 * @streaming:	the same
 * @sequence:	number of the next buffer, the same
 */
struct vdec_queue {
	struct vb2_queue vb2;
	struct list_head list;
	bool streaming;
	u32 sequence;
};

/**
 * struct vdec_instance - an open file
 * @fh:		its base in V4L2
 * @ctrls:	its controls; @fh leads here through them
 * @src:	OUTPUT: frames
 * @dst:	CAPTURE: pictures
 * @format:	of OUTPUT, which gives that of CAPTURE; guarded by the lock of all ioctls
 * @lock:	guards the members below and the queues' lists
 * @state:	see there
 * @last:	the last frame before the end of a drain; NULL: the next picture is empty
 * @running:	the frame that is being decoded, or NULL
 * @announced:	the program knows the format of the stream
 * @work:	decodes
 * @tee:	used by @work; other code waits for @work before it uses this
 */
struct vdec_instance {
	struct v4l2_fh *fh;
	struct v4l2_ctrl_handler ctrls;
	struct vdec_queue src;
	struct vdec_queue dst;
	struct v4l2_pix_format_mplane format;
	spinlock_t lock;	/* guards state, last, running, announced, lists */
	enum vdec_state state;
	struct vdec_buffer *last;
	struct vdec_buffer *running;
	bool announced;
	struct work_struct work;
	struct vdec_tee tee;
};

/**
 * vdec_planes_size() - get the size of the planes of a frame
 * @width:	pixels
 * @height:	pixels
 *
 * Return: bytes, as the service of the TEE says.
 */
static inline size_t vdec_planes_size(u32 width, u32 height)
{
	return ALIGN(width, 8) * ALIGN(height, 8) +
	       2 * ALIGN(width / 2, 8) * ALIGN(height / 2, 8);
}

/* vdec_main.c */
struct vdec_instance *vdec_instance_of(struct file *file);

/* vdec_tee.c */
int vdec_tee_open(struct vdec_tee *tee);
void vdec_tee_close(struct vdec_tee *tee);
int vdec_tee_decode(struct vdec_instance *inst, struct vdec_buffer *src,
		    struct vdec_buffer *dst);
void vdec_tee_forget(struct vdec_tee *tee);

/* vdec_queue.c */
int vdec_queues_init(struct vdec_instance *inst, struct device *dev, struct mutex *lock);
void vdec_queues_release(struct vdec_instance *inst);
int vdec_stop(struct vdec_instance *inst);
int vdec_start(struct vdec_instance *inst);

/* vdec_media.c */
int vdec_media_register(struct media_device *mdev, const struct video_device *node);

/* vdec_ioctl.c */
extern const struct v4l2_ioctl_ops vdec_ioctl_ops;
void vdec_format_init(struct vdec_instance *inst);
u32 vdec_picture_size(const struct vdec_instance *inst);

#endif /* _RSTMEM_VDEC_H */
