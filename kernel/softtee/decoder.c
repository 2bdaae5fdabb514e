// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder service: FWHT from restricted into restricted memory.
 * <uapi/linux/tee_rstmem_services.h> documents it.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "fwht.h"
#include "service.h"

/**
 * struct job - a frame that is being decoded
 * @call:	the call
 * @frame:	p0: the frame, compressed
 * @planes_ref:	p1: the planes of the frame before
 * @picture_ref: p2: the picture
 * @width:	pixels
 * @height:	pixels
 * @planes:	mapping of p1
 * @picture:	mapping of p2
 * @dec:	the decoder
 */
struct job {
	struct softtee_call *call;
	struct tee_param_memref *frame;
	struct tee_param_memref *planes_ref;
	struct tee_param_memref *picture_ref;
	u32 width;
	u32 height;
	u8 *planes;
	u8 *picture;
	struct fwht_decoder dec;
};

static u32 get_sides(struct job *job)
{
	const struct tee_param *p = &job->call->params[3];

	if (p->attr != TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT ||
	    p->u.value.a > FWHT_MAX_SIDE || p->u.value.b > FWHT_MAX_SIDE ||
	    !fwht_planes_size(p->u.value.a, p->u.value.b))
		return TEEC_ERROR_BAD_PARAMETERS;
	job->width = p->u.value.a;
	job->height = p->u.value.b;
	return TEEC_SUCCESS;
}

/* Check the references: their use cases, and their sizes for the picture. */
static u32 check_references(struct job *job)
{
	const size_t planes = fwht_planes_size(job->width, job->height);
	const size_t picture = 4 * (size_t)job->width * job->height;

	if (job->frame->size > RSTMEM_SVC_DECODER_FRAME_SIZE)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (!softtee_mem_same_use_case(job->frame, job->planes_ref) ||
	    !softtee_mem_same_use_case(job->frame, job->picture_ref) ||
	    !softtee_mem_same_use_case(job->planes_ref, job->picture_ref))
		return TEEC_ERROR_ACCESS_DENIED;
	if (job->planes_ref->size < planes || job->picture_ref->size < picture) {
		job->planes_ref->size = planes;
		job->picture_ref->size = picture;
		return TEEC_ERROR_SHORT_BUFFER;
	}
	job->planes_ref->size = planes;
	job->picture_ref->size = picture;
	return TEEC_SUCCESS;
}

/*
 * Decode as far as the data are valid. The result says nothing about the data, because a
 * client may have put any content of restricted memory there.
 */
static u32 decode(struct job *job, const u8 *data)
{
	int more;

	if (fwht_decoder_init(&job->dec, data, job->frame->size, job->width,
			      job->height, job->planes))
		return TEEC_SUCCESS;
	do {
		if (softtee_call_stopped(job->call))
			return TEEC_ERROR_CANCEL;
		more = fwht_decoder_rows(&job->dec);
	} while (more > 0);
	return TEEC_SUCCESS;
}

static u32 convert(struct job *job)
{
	struct fwht_plane planes[FWHT_PLANES];
	const size_t stride = 4 * (size_t)job->width;
	u32 y;

	fwht_planes_init(planes, job->planes, job->width, job->height);
	for (y = 0; y < job->height; y++) {
		if (softtee_call_stopped(job->call))
			return TEEC_ERROR_CANCEL;
		fwht_to_xrgb(planes, y, job->width, job->picture + y * stride);
	}
	return TEEC_SUCCESS;
}

/* Map the planes and the picture, and do the job with @data, the caller's copy. */
static u32 job_run(struct job *job, const u8 *data)
{
	u32 ret = TEEC_ERROR_OUT_OF_MEMORY;

	job->planes = softtee_mem_map(job->planes_ref);
	if (!job->planes)
		return ret;
	job->picture = softtee_mem_map(job->picture_ref);
	if (!job->picture)
		goto out_unmap;
	ret = decode(job, data) ?: convert(job);
	softtee_mem_unmap(job->picture_ref, job->picture);
out_unmap:
	softtee_mem_unmap(job->planes_ref, job->planes);
	return ret;
}

static u32 decoder_fwht(struct softtee_call *call)
{
	struct job *job;
	u8 *data = NULL;
	u32 ret;

	job = kzalloc(sizeof(*job), GFP_KERNEL);
	if (!job)
		return TEEC_ERROR_OUT_OF_MEMORY;
	job->call = call;
	ret = softtee_call_input(call, 0, SOFTTEE_RESTRICTED, &job->frame) ?:
	      softtee_call_output(call, 1, SOFTTEE_RESTRICTED, &job->planes_ref) ?:
	      softtee_call_output(call, 2, SOFTTEE_RESTRICTED, &job->picture_ref) ?:
	      get_sides(job) ?:
	      check_references(job);
	if (ret)
		goto out_free;

	/* A copy, which no other session can change. */
	data = kvmalloc(max_t(size_t, job->frame->size, 1), GFP_KERNEL_ACCOUNT);
	if (!data || (job->frame->size &&
		      softtee_mem_read(job->frame, 0, data, job->frame->size)))
		ret = TEEC_ERROR_OUT_OF_MEMORY;
	else
		ret = job_run(job, data);
out_free:
	kvfree_sensitive(data, data ? job->frame->size : 0);
	/* @job has the last block of the frame, so clear it. */
	kfree_sensitive(job);
	return ret;
}

static u32 decoder_invoke(struct softtee_call *call, void *state)
{
	switch (call->func) {
	case RSTMEM_SVC_DECODER_FWHT:
		return decoder_fwht(call);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

const struct softtee_service softtee_decoder = {
	.uuid = { .b = RSTMEM_SVC_DECODER_UUID },
	.invoke = decoder_invoke,
};
