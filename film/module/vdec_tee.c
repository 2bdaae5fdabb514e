// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TEE that decodes: a client of the service "decoder" of
 * <uapi/linux/tee_rstmem_services.h>.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/tee_core.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <linux/uuid.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "vdec.h"

/*
 * Match any TEE, but only the first device of OP-TEE, which is for clients. Opening the
 * second one, which is for supplicants, would keep tee-supplicant out. @data is a bool,
 * false at first.
 */
static int match_client(struct tee_ioctl_version_data *version, const void *data)
{
	bool *optee_found = (bool *)data;

	if (version->impl_id != TEE_IMPL_ID_OPTEE)
		return true;
	if (*optee_found)
		return false;
	*optee_found = true;
	return true;
}

static int session_open(struct vdec_tee *tee)
{
	struct tee_ioctl_open_session_arg arg = { .uuid = RSTMEM_SVC_DECODER_UUID };

	if (tee_client_open_session(tee->ctx, &arg, NULL) || arg.ret)
		return -ENODEV;
	tee->session = arg.session;
	return 0;
}

/**
 * vdec_tee_open() - open a session with the first TEE that decodes
 * @tee:	out: the session
 *
 * The driver of the TEE cannot be unloaded until vdec_tee_close(), as if the program had
 * opened the device of the TEE.
 *
 * Return: 0 or -ENODEV.
 */
int vdec_tee_open(struct vdec_tee *tee)
{
	struct tee_context *before = NULL;
	bool optee_found = false;

	for (;;) {
		tee->ctx = tee_client_open_context(before, match_client, &optee_found, NULL);
		if (before)
			tee_client_close_context(before);
		if (IS_ERR(tee->ctx))
			return -ENODEV;
		if (!session_open(tee))
			break;
		before = tee->ctx;
	}
	if (try_module_get(tee->ctx->teedev->desc->owner))
		return 0;
	tee_client_close_session(tee->ctx, tee->session);
	tee_client_close_context(tee->ctx);
	return -ENODEV;
}

/**
 * vdec_tee_close() - close a session
 * @tee:	the session; no buffer is left that the TEE knows
 */
void vdec_tee_close(struct vdec_tee *tee)
{
	struct module *owner = tee->ctx->teedev->desc->owner;

	vdec_tee_forget(tee);
	tee_client_close_session(tee->ctx, tee->session);
	tee_client_close_context(tee->ctx);
	module_put(owner);
}

/**
 * vdec_tee_forget() - release the frame before
 * @tee:	the session; it decodes nothing meanwhile
 */
void vdec_tee_forget(struct vdec_tee *tee)
{
	if (tee->planes)
		tee_shm_free(tee->planes);
	tee->planes = NULL;
}

/* The frame before is in memory of the same use case as this one. */
static int planes_get(struct vdec_tee *tee, u32 use_case, size_t size)
{
	struct dma_buf *dmabuf;

	if (tee->planes && tee->planes_use_case == use_case)
		return 0;
	vdec_tee_forget(tee);
	dmabuf = tee_rstmem_alloc(tee->ctx->teedev, 0, use_case, size);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	tee->planes = tee_rstmem_shm_get(tee->ctx, dmabuf);
	dma_buf_put(dmabuf);
	if (IS_ERR(tee->planes)) {
		int rc = PTR_ERR(tee->planes);

		tee->planes = NULL;
		return rc;
	}
	tee->planes_use_case = use_case;
	return 0;
}

/**
 * vdec_tee_decode() - have the TEE decode a frame
 * @inst:	the instance, with a format that does not change meanwhile
 * @src:	the frame
 * @dst:	the picture
 *
 * May sleep.
 *
 * Return: 0, or -errno. The TEE does not tell whether the frame has faults.
 */
int vdec_tee_decode(struct vdec_instance *inst, struct vdec_buffer *src,
		    struct vdec_buffer *dst)
{
	const u32 width = inst->format.width, height = inst->format.height;
	const size_t planes_size = vdec_planes_size(width, height);
	const struct vb2_plane *plane = &src->vb.vb2_buf.planes[0];
	struct vdec_tee *tee = &inst->tee;
	struct tee_ioctl_invoke_arg arg = {
		.func = RSTMEM_SVC_DECODER_FWHT,
		.session = tee->session,
		.num_params = 4,
	};
	struct tee_param params[] = {
		{
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT,
			.u.memref = {
				.shm = src->shm,
				.shm_offs = plane->data_offset,
				.size = plane->bytesused - plane->data_offset,
			},
		}, {
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT,
			.u.memref.size = planes_size,
		}, {
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT,
			.u.memref = {
				.shm = dst->shm,
				.size = vdec_picture_size(inst),
			},
		}, {
			.attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT,
			.u.value = { .a = width, .b = height },
		},
	};
	int rc;

	rc = planes_get(tee, src->use_case, planes_size);
	if (rc)
		return rc;
	params[1].u.memref.shm = tee->planes;
	rc = tee_client_invoke_func(tee->ctx, &arg, params);
	return rc ?: arg.ret ? -EIO : 0;
}
