// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: formats, buffers, and commands of the decoder.
 *
 * The driver cannot read the frames, so the program tells their sides when it sets the format
 * of OUTPUT. That gives the format of CAPTURE. Neither changes while there are buffers.
 */
#include <linux/minmax.h>
#include <media/v4l2-event.h>
#include <media/v4l2-ioctl.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "../../kernel/softtee/fwht.h"
#include "vdec.h"

#define SIDE_STEP	2

/**
 * vdec_picture_size() - get the size of a picture
 * @inst:	the instance
 *
 * Return: bytes.
 */
u32 vdec_picture_size(const struct vdec_instance *inst)
{
	return 4 * inst->format.width * inst->format.height;
}

/* Adjust a format of OUTPUT to one that there is. */
static void adjust_frame(struct v4l2_pix_format_mplane *format)
{
	struct v4l2_plane_pix_format *plane = &format->plane_fmt[0];
	u32 least;

	format->pixelformat = V4L2_PIX_FMT_FWHT;
	format->width = round_down(clamp_t(u32, format->width, VDEC_MIN_SIDE,
					   VDEC_MAX_SIDE), SIDE_STEP);
	format->height = round_down(clamp_t(u32, format->height, VDEC_MIN_SIDE,
					    VDEC_MAX_SIDE), SIDE_STEP);
	format->field = V4L2_FIELD_NONE;
	format->num_planes = 1;
	format->flags = 0;
	if (format->colorspace == V4L2_COLORSPACE_DEFAULT)
		format->colorspace = V4L2_COLORSPACE_REC709;
	/* A frame whose planes are stored as they are. */
	least = FWHT_HEADER_SIZE + vdec_planes_size(format->width, format->height);
	plane->sizeimage = clamp_t(u32, plane->sizeimage, least,
				   RSTMEM_SVC_DECODER_FRAME_SIZE);
	plane->bytesperline = 0;
	memset(plane->reserved, 0, sizeof(plane->reserved));
}

/* The format of CAPTURE. */
static void get_picture(const struct vdec_instance *inst,
			struct v4l2_pix_format_mplane *format)
{
	*format = inst->format;
	/* DRM_FORMAT_XRGB8888 */
	format->pixelformat = V4L2_PIX_FMT_XBGR32;
	format->plane_fmt[0].sizeimage = vdec_picture_size(inst);
	format->plane_fmt[0].bytesperline = 4 * format->width;
}

/**
 * vdec_format_init() - set the format that an instance begins with
 * @inst:	the instance
 */
void vdec_format_init(struct vdec_instance *inst)
{
	inst->format = (struct v4l2_pix_format_mplane){
		.width = 640,
		.height = 360,
	};
	adjust_frame(&inst->format);
}

static struct vb2_queue *queue_of_type(struct file *file, u32 type)
{
	struct vdec_instance *inst = vdec_instance_of(file);

	return V4L2_TYPE_IS_OUTPUT(type) ? &inst->src.vb2 : &inst->dst.vb2;
}

static int vdec_querycap(struct file *file, void *priv, struct v4l2_capability *cap)
{
	strscpy(cap->driver, VDEC_NAME, sizeof(cap->driver));
	strscpy(cap->card, "rstmem-vdec", sizeof(cap->card));
	strscpy(cap->bus_info, "platform:" VDEC_NAME, sizeof(cap->bus_info));
	return 0;
}

static int vdec_enum_fmt(struct file *file, void *priv, struct v4l2_fmtdesc *desc)
{
	if (desc->index)
		return -EINVAL;
	desc->pixelformat = V4L2_TYPE_IS_OUTPUT(desc->type) ? V4L2_PIX_FMT_FWHT :
							      V4L2_PIX_FMT_XBGR32;
	return 0;
}

static int vdec_enum_framesizes(struct file *file, void *priv,
				struct v4l2_frmsizeenum *sizes)
{
	if (sizes->index || (sizes->pixel_format != V4L2_PIX_FMT_FWHT &&
			     sizes->pixel_format != V4L2_PIX_FMT_XBGR32))
		return -EINVAL;
	sizes->type = V4L2_FRMSIZE_TYPE_STEPWISE;
	sizes->stepwise = (struct v4l2_frmsize_stepwise){
		VDEC_MIN_SIDE, VDEC_MAX_SIDE, SIDE_STEP,
		VDEC_MIN_SIDE, VDEC_MAX_SIDE, SIDE_STEP,
	};
	return 0;
}

static int vdec_g_fmt_out(struct file *file, void *priv, struct v4l2_format *f)
{
	f->fmt.pix_mp = vdec_instance_of(file)->format;
	return 0;
}

static int vdec_try_fmt_out(struct file *file, void *priv, struct v4l2_format *f)
{
	adjust_frame(&f->fmt.pix_mp);
	return 0;
}

static int vdec_s_fmt_out(struct file *file, void *priv, struct v4l2_format *f)
{
	struct vdec_instance *inst = vdec_instance_of(file);

	if (vb2_is_busy(&inst->src.vb2) || vb2_is_busy(&inst->dst.vb2))
		return -EBUSY;
	adjust_frame(&f->fmt.pix_mp);
	inst->format = f->fmt.pix_mp;
	return 0;
}

static int vdec_g_fmt_cap(struct file *file, void *priv, struct v4l2_format *f)
{
	get_picture(vdec_instance_of(file), &f->fmt.pix_mp);
	return 0;
}

static int vdec_s_fmt_cap(struct file *file, void *priv, struct v4l2_format *f)
{
	struct vdec_instance *inst = vdec_instance_of(file);

	if (vb2_is_busy(&inst->dst.vb2))
		return -EBUSY;
	get_picture(inst, &f->fmt.pix_mp);
	return 0;
}

static int vdec_reqbufs(struct file *file, void *priv, struct v4l2_requestbuffers *arg)
{
	return vb2_reqbufs(queue_of_type(file, arg->type), arg);
}

static int vdec_create_bufs(struct file *file, void *priv,
			    struct v4l2_create_buffers *arg)
{
	return vb2_create_bufs(queue_of_type(file, arg->format.type), arg);
}

static int vdec_querybuf(struct file *file, void *priv, struct v4l2_buffer *buf)
{
	return vb2_querybuf(queue_of_type(file, buf->type), buf);
}

static int vdec_prepare_buf(struct file *file, void *priv, struct v4l2_buffer *buf)
{
	return vb2_prepare_buf(queue_of_type(file, buf->type), NULL, buf);
}

static int vdec_qbuf(struct file *file, void *priv, struct v4l2_buffer *buf)
{
	return vb2_qbuf(queue_of_type(file, buf->type), NULL, buf);
}

static int vdec_dqbuf(struct file *file, void *priv, struct v4l2_buffer *buf)
{
	return vb2_dqbuf(queue_of_type(file, buf->type), buf,
			 file->f_flags & O_NONBLOCK);
}

static int vdec_streamon(struct file *file, void *priv, enum v4l2_buf_type type)
{
	return vb2_streamon(queue_of_type(file, type), type);
}

static int vdec_streamoff(struct file *file, void *priv, enum v4l2_buf_type type)
{
	return vb2_streamoff(queue_of_type(file, type), type);
}

static int vdec_try_decoder_cmd(struct file *file, void *priv,
				struct v4l2_decoder_cmd *cmd)
{
	switch (cmd->cmd) {
	case V4L2_DEC_CMD_STOP:
		cmd->stop.pts = 0;
		break;
	case V4L2_DEC_CMD_START:
		cmd->start.speed = 0;
		cmd->start.format = V4L2_DEC_START_FMT_NONE;
		break;
	default:
		return -EINVAL;
	}
	cmd->flags = 0;
	return 0;
}

static int vdec_decoder_cmd(struct file *file, void *priv,
			    struct v4l2_decoder_cmd *cmd)
{
	struct vdec_instance *inst = vdec_instance_of(file);
	int rc = vdec_try_decoder_cmd(file, priv, cmd);

	if (rc)
		return rc;
	return cmd->cmd == V4L2_DEC_CMD_STOP ? vdec_stop(inst) : vdec_start(inst);
}

static int vdec_subscribe_event(struct v4l2_fh *fh,
				const struct v4l2_event_subscription *sub)
{
	switch (sub->type) {
	case V4L2_EVENT_EOS:
		return v4l2_event_subscribe(fh, sub, 0, NULL);
	case V4L2_EVENT_SOURCE_CHANGE:
		return v4l2_src_change_event_subscribe(fh, sub);
	default:
		return v4l2_ctrl_subscribe_event(fh, sub);
	}
}

const struct v4l2_ioctl_ops vdec_ioctl_ops = {
	.vidioc_querycap = vdec_querycap,
	.vidioc_enum_fmt_vid_out = vdec_enum_fmt,
	.vidioc_enum_fmt_vid_cap = vdec_enum_fmt,
	.vidioc_enum_framesizes = vdec_enum_framesizes,
	.vidioc_g_fmt_vid_out_mplane = vdec_g_fmt_out,
	.vidioc_try_fmt_vid_out_mplane = vdec_try_fmt_out,
	.vidioc_s_fmt_vid_out_mplane = vdec_s_fmt_out,
	.vidioc_g_fmt_vid_cap_mplane = vdec_g_fmt_cap,
	.vidioc_try_fmt_vid_cap_mplane = vdec_g_fmt_cap,
	.vidioc_s_fmt_vid_cap_mplane = vdec_s_fmt_cap,
	.vidioc_reqbufs = vdec_reqbufs,
	.vidioc_create_bufs = vdec_create_bufs,
	.vidioc_querybuf = vdec_querybuf,
	.vidioc_prepare_buf = vdec_prepare_buf,
	.vidioc_qbuf = vdec_qbuf,
	.vidioc_dqbuf = vdec_dqbuf,
	.vidioc_streamon = vdec_streamon,
	.vidioc_streamoff = vdec_streamoff,
	.vidioc_try_decoder_cmd = vdec_try_decoder_cmd,
	.vidioc_decoder_cmd = vdec_decoder_cmd,
	.vidioc_subscribe_event = vdec_subscribe_event,
	.vidioc_unsubscribe_event = v4l2_event_unsubscribe,
};
