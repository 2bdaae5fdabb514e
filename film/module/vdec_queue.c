// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two queues, and decoding from one into the other.
 *
 * v4l2-mem2mem would do some of this, but Debian's kernels for PCs lack it.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <media/v4l2-event.h>
#include <media/videobuf2-dma-contig.h>

#include "vdec.h"

/*
 * Instances that decode at a time. Each has the planes of a frame in restricted memory, which
 * no user pays for.
 */
#define MOST_DECODING	8

static atomic_t decoding = ATOMIC_INIT(0);

/* Flags of a frame that its picture gets, too. */
#define COPIED_FLAGS	(V4L2_BUF_FLAG_TIMECODE | V4L2_BUF_FLAG_TSTAMP_SRC_MASK)

static struct vdec_buffer *to_buffer(struct vb2_buffer *vb)
{
	return container_of(to_vb2_v4l2_buffer(vb), struct vdec_buffer, vb);
}

static struct vdec_queue *queue_of(struct vdec_instance *inst, struct vb2_queue *q)
{
	return q == &inst->src.vb2 ? &inst->src : &inst->dst;
}

static void event_queue(struct vdec_instance *inst, u32 type)
{
	const struct v4l2_event event = {
		.type = type,
		.u.src_change.changes = type == V4L2_EVENT_SOURCE_CHANGE ?
					V4L2_EVENT_SRC_CH_RESOLUTION : 0,
	};

	v4l2_event_queue_fh(inst->fh, &event);
}

/* Take the first buffer of a queue, or NULL. */
static struct vdec_buffer *queue_pop(struct vdec_instance *inst,
				     struct vdec_queue *queue)
{
	struct vdec_buffer *buf;

	lockdep_assert_held(&inst->lock);

	buf = list_first_entry_or_null(&queue->list, struct vdec_buffer, node);
	if (buf)
		list_del(&buf->node);
	return buf;
}

static void buffer_done(struct vdec_buffer *buf, struct vdec_queue *queue,
			size_t size, enum vb2_buffer_state state)
{
	buf->vb.sequence = queue->sequence++;
	buf->vb.field = V4L2_FIELD_NONE;
	if (!queue->vb2.is_output)
		vb2_set_plane_payload(&buf->vb.vb2_buf, 0, size);
	vb2_buffer_done(&buf->vb.vb2_buf, state);
}

/* The last picture is done. */
static void drain_end(struct vdec_instance *inst)
{
	lockdep_assert_held(&inst->lock);

	inst->state = VDEC_STOPPED;
	inst->last = NULL;
	event_queue(inst, V4L2_EVENT_EOS);
}

/* No frame is left: the next picture is empty, and the last. */
static void drain_empty(struct vdec_instance *inst)
{
	struct vdec_buffer *dst = queue_pop(inst, &inst->dst);

	inst->last = NULL;
	if (!dst)
		return;
	dst->vb.flags |= V4L2_BUF_FLAG_LAST;
	buffer_done(dst, &inst->dst, 0, VB2_BUF_STATE_DONE);
	drain_end(inst);
}

static bool work_take(struct vdec_instance *inst, struct vdec_buffer **src,
		      struct vdec_buffer **dst)
{
	bool ready;

	spin_lock(&inst->lock);
	ready = inst->state != VDEC_STOPPED && inst->src.streaming &&
		inst->dst.streaming && !list_empty(&inst->src.list) &&
		!list_empty(&inst->dst.list) &&
		(inst->state != VDEC_DRAINING || inst->last);
	if (ready) {
		*src = queue_pop(inst, &inst->src);
		*dst = queue_pop(inst, &inst->dst);
		inst->running = *src;
	}
	spin_unlock(&inst->lock);
	return ready;
}

static void work_finish(struct vdec_instance *inst, struct vdec_buffer *src,
			struct vdec_buffer *dst, int error)
{
	const enum vb2_buffer_state state = error ? VB2_BUF_STATE_ERROR :
						    VB2_BUF_STATE_DONE;

	spin_lock(&inst->lock);
	dst->vb.vb2_buf.timestamp = src->vb.vb2_buf.timestamp;
	dst->vb.timecode = src->vb.timecode;
	dst->vb.flags &= ~COPIED_FLAGS;
	dst->vb.flags |= src->vb.flags & COPIED_FLAGS;
	inst->running = NULL;
	if (src == inst->last)
		dst->vb.flags |= V4L2_BUF_FLAG_LAST;
	buffer_done(src, &inst->src, 0, state);
	buffer_done(dst, &inst->dst, error ? 0 : vdec_picture_size(inst), state);
	if (src == inst->last)
		drain_end(inst);
	spin_unlock(&inst->lock);
}

static void vdec_work(struct work_struct *work)
{
	struct vdec_instance *inst = container_of(work, struct vdec_instance, work);
	struct vdec_buffer *src, *dst;

	while (work_take(inst, &src, &dst))
		work_finish(inst, src, dst, vdec_tee_decode(inst, src, dst));
}

static int op_queue_setup(struct vb2_queue *q, unsigned int *num_buffers,
			  unsigned int *num_planes, unsigned int sizes[],
			  struct device *alloc_devs[])
{
	struct vdec_instance *inst = vb2_get_drv_priv(q);
	const u32 size = q->is_output ? inst->format.plane_fmt[0].sizeimage :
					vdec_picture_size(inst);

	if (*num_planes)
		return *num_planes != 1 || sizes[0] < size ? -EINVAL : 0;
	*num_planes = 1;
	sizes[0] = size;
	return 0;
}

/*
 * Get a name of the dma-buf for the TEE, until op_buf_finish(). videobuf2 balances these two;
 * it forgets buf_cleanup when a later dma-buf of the buffer is refused.
 */
static int name_get(struct vb2_buffer *vb)
{
	struct vdec_instance *inst = vb2_get_drv_priv(vb->vb2_queue);
	struct dma_buf *dmabuf = vb->planes[0].dbuf;
	struct vdec_buffer *buf = to_buffer(vb);
	struct tee_rstmem_info info;
	struct tee_shm *shm;

	if (tee_rstmem_dma_buf_info(dmabuf, &info))
		return -EINVAL;
	shm = tee_rstmem_shm_get(inst->tee.ctx, dmabuf);
	if (IS_ERR(shm))
		return PTR_ERR(shm);
	buf->shm = shm;
	buf->use_case = info.use_case;
	return 0;
}

static void op_buf_finish(struct vb2_buffer *vb)
{
	tee_shm_free(to_buffer(vb)->shm);
}

static int op_buf_out_validate(struct vb2_buffer *vb)
{
	to_vb2_v4l2_buffer(vb)->field = V4L2_FIELD_NONE;
	return 0;
}

static int op_buf_prepare(struct vb2_buffer *vb)
{
	struct vdec_instance *inst = vb2_get_drv_priv(vb->vb2_queue);

	if (!vb->vb2_queue->is_output &&
	    vb2_plane_size(vb, 0) < vdec_picture_size(inst))
		return -EINVAL;
	return name_get(vb);
}

static void op_buf_queue(struct vb2_buffer *vb)
{
	struct vdec_instance *inst = vb2_get_drv_priv(vb->vb2_queue);
	struct vdec_queue *queue = queue_of(inst, vb->vb2_queue);
	struct vdec_buffer *buf = to_buffer(vb);

	buf->vb.flags &= ~V4L2_BUF_FLAG_LAST;
	spin_lock(&inst->lock);
	list_add_tail(&buf->node, &queue->list);
	if (queue == &inst->dst && inst->state == VDEC_DRAINING && !inst->last)
		drain_empty(inst);
	/*
	 * The program has told the format, since the driver cannot read the frame. A program
	 * that does not know that waits for this event.
	 */
	if (queue == &inst->src && !inst->announced && !inst->dst.streaming) {
		inst->announced = true;
		event_queue(inst, V4L2_EVENT_SOURCE_CHANGE);
	}
	spin_unlock(&inst->lock);
	queue_work(system_unbound_wq, &inst->work);
}

/* Give all buffers of a queue back. */
static void queue_flush(struct vdec_instance *inst, struct vdec_queue *queue,
			enum vb2_buffer_state state)
{
	struct vdec_buffer *buf;

	lockdep_assert_held(&inst->lock);

	while ((buf = queue_pop(inst, queue)))
		vb2_buffer_done(&buf->vb.vb2_buf, state);
}

static int op_start_streaming(struct vb2_queue *q, unsigned int count)
{
	struct vdec_instance *inst = vb2_get_drv_priv(q);
	struct vdec_queue *queue = queue_of(inst, q);

	spin_lock(&inst->lock);
	if (q->is_output && !atomic_add_unless(&decoding, 1, MOST_DECODING)) {
		queue_flush(inst, queue, VB2_BUF_STATE_QUEUED);
		spin_unlock(&inst->lock);
		return -EBUSY;
	}
	queue->streaming = true;
	queue->sequence = 0;
	/* After a seek. */
	if (q->is_output && inst->state == VDEC_STOPPED) {
		inst->state = VDEC_DECODING;
		vb2_clear_last_buffer_dequeued(&inst->dst.vb2);
	}
	spin_unlock(&inst->lock);
	queue_work(system_unbound_wq, &inst->work);
	return 0;
}

static void op_stop_streaming(struct vb2_queue *q)
{
	struct vdec_instance *inst = vb2_get_drv_priv(q);
	struct vdec_queue *queue = queue_of(inst, q);

	spin_lock(&inst->lock);
	queue->streaming = false;
	spin_unlock(&inst->lock);
	/* It takes no further buffer now. */
	flush_work(&inst->work);

	spin_lock(&inst->lock);
	queue_flush(inst, queue, VB2_BUF_STATE_ERROR);
	if (!q->is_output) {
		inst->state = VDEC_DECODING;
		inst->last = NULL;
	} else {
		inst->announced = false;
		if (inst->state == VDEC_DRAINING)
			drain_empty(inst);
	}
	spin_unlock(&inst->lock);
	if (!q->is_output)
		return;
	/* Differences to the last frame do not follow. */
	vdec_tee_forget(&inst->tee);
	atomic_dec(&decoding);
}

static const struct vb2_ops queue_ops = {
	.queue_setup = op_queue_setup,
	.buf_out_validate = op_buf_out_validate,
	.buf_prepare = op_buf_prepare,
	.buf_finish = op_buf_finish,
	.buf_queue = op_buf_queue,
	.start_streaming = op_start_streaming,
	.stop_streaming = op_stop_streaming,
#ifdef HAVE_VB2_OPS_WAIT
	.wait_prepare = vb2_ops_wait_prepare,
	.wait_finish = vb2_ops_wait_finish,
#endif
};

/**
 * vdec_stop() - decode what is queued, and stop
 * @inst:	the instance
 *
 * Return: 0, or -EBUSY when it is about to do so.
 */
int vdec_stop(struct vdec_instance *inst)
{
	int rc = 0;

	spin_lock(&inst->lock);
	if (inst->state == VDEC_DRAINING) {
		rc = -EBUSY;
	} else if (inst->state == VDEC_DECODING && inst->src.streaming) {
		inst->state = VDEC_DRAINING;
		inst->last = list_empty(&inst->src.list) ? inst->running :
			     list_last_entry(&inst->src.list, struct vdec_buffer, node);
		if (!inst->last)
			drain_empty(inst);
	}
	spin_unlock(&inst->lock);
	return rc;
}

/**
 * vdec_start() - go on after vdec_stop()
 * @inst:	the instance
 *
 * Return: 0, or -EBUSY when it has not stopped yet.
 */
int vdec_start(struct vdec_instance *inst)
{
	int rc = 0;

	spin_lock(&inst->lock);
	if (inst->state == VDEC_DRAINING) {
		rc = -EBUSY;
	} else if (inst->state == VDEC_STOPPED) {
		inst->state = VDEC_DECODING;
		vb2_clear_last_buffer_dequeued(&inst->dst.vb2);
	}
	spin_unlock(&inst->lock);
	queue_work(system_unbound_wq, &inst->work);
	return rc;
}

static int queue_init(struct vdec_instance *inst, struct vdec_queue *queue,
		      u32 type, struct device *dev, struct mutex *lock)
{
	INIT_LIST_HEAD(&queue->list);
	queue->vb2.type = type;
	queue->vb2.io_modes = VB2_DMABUF;
	queue->vb2.drv_priv = inst;
	queue->vb2.buf_struct_size = sizeof(struct vdec_buffer);
	queue->vb2.ops = &queue_ops;
	/* It attaches and maps, so the list of importers applies. */
	queue->vb2.mem_ops = &vb2_dma_contig_memops;
	queue->vb2.timestamp_flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
	queue->vb2.lock = lock;
	queue->vb2.dev = dev;
	return vb2_queue_init(&queue->vb2);
}

/**
 * vdec_queues_init() - make the queues of an instance
 * @inst:	the instance
 * @dev:	the device that imports
 * @lock:	the lock of all ioctls
 *
 * Return: 0 or -errno.
 */
int vdec_queues_init(struct vdec_instance *inst, struct device *dev,
		     struct mutex *lock)
{
	spin_lock_init(&inst->lock);
	INIT_WORK(&inst->work, vdec_work);
	return queue_init(inst, &inst->src, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE,
			  dev, lock) ?:
	       queue_init(inst, &inst->dst, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
			  dev, lock);
}

/**
 * vdec_queues_release() - stop decoding, and release all buffers
 * @inst:	the instance; the caller holds the lock of all ioctls
 */
void vdec_queues_release(struct vdec_instance *inst)
{
	vb2_queue_release(&inst->src.vb2);
	vb2_queue_release(&inst->dst.vb2);
	flush_work(&inst->work);
}
