// SPDX-License-Identifier: GPL-2.0-only
/* The decoder service: FWHT from restricted into restricted memory. */
#include <linux/tee_rstmem_services.h>

#include "../../kernel/softtee/fwht.h"
#include "../common/service.h"

/* A frame in work. */
struct job {
	TEE_Param *frame;
	TEE_Param *planes;
	TEE_Param *picture;
	uint32_t width;
	uint32_t height;
};

TEE_Result service_open(void **state)
{
	(void)state;
	return TEE_SUCCESS;
}

void service_close(void *state)
{
	(void)state;
}

static TEE_Result get_sides(const struct call *call, struct job *job)
{
	const TEE_Param *p = &call->params[3];

	if (TEE_PARAM_TYPE_GET(call->types, 3) != TEE_PARAM_TYPE_VALUE_INPUT ||
	    p->value.a > FWHT_MAX_SIDE || p->value.b > FWHT_MAX_SIDE ||
	    !fwht_planes_size(p->value.a, p->value.b))
		return TEE_ERROR_BAD_PARAMETERS;
	job->width = p->value.a;
	job->height = p->value.b;
	return TEE_SUCCESS;
}

/* Check the sizes of the references for the picture. */
static TEE_Result check_sizes(struct job *job)
{
	const size_t planes = fwht_planes_size(job->width, job->height);
	const size_t picture = 4 * (size_t)job->width * job->height;
	bool fits = job->planes->memref.size >= planes &&
		    job->picture->memref.size >= picture;

	if (job->frame->memref.size > RSTMEM_SVC_DECODER_FRAME_SIZE)
		return TEE_ERROR_BAD_PARAMETERS;
	job->planes->memref.size = planes;
	job->picture->memref.size = picture;
	return fits ? TEE_SUCCESS : TEE_ERROR_SHORT_BUFFER;
}

/* Decode as far as the data go. The result says nothing about them. */
static TEE_Result decode(const struct job *job, const uint8_t *data)
{
	struct fwht_decoder dec;
	TEE_Result res = TEE_SUCCESS;
	int more;

	if (fwht_decoder_init(&dec, data, job->frame->memref.size, job->width,
			      job->height, job->planes->memref.buffer))
		return TEE_SUCCESS;
	do {
		if (call_cancelled()) {
			res = TEE_ERROR_CANCEL;
			break;
		}
		more = fwht_decoder_rows(&dec);
	} while (more > 0);
	/* It has the last block. */
	TEE_MemFill(&dec, 0, sizeof(dec));
	return res;
}

static TEE_Result convert(const struct job *job)
{
	struct fwht_plane planes[FWHT_PLANES];
	const size_t stride = 4 * (size_t)job->width;
	uint8_t *picture = job->picture->memref.buffer;
	uint32_t y;

	fwht_planes_init(planes, job->planes->memref.buffer, job->width, job->height);
	for (y = 0; y < job->height; y++) {
		if (call_cancelled())
			return TEE_ERROR_CANCEL;
		fwht_to_xrgb(planes, y, job->width, picture + y * stride);
	}
	return TEE_SUCCESS;
}

static TEE_Result fwht(const struct call *call)
{
	struct job job;
	TEE_Result res;
	size_t size;
	void *data;

	res = call_input(call, 0, CALL_RESTRICTED, &job.frame);
	if (!res)
		res = call_output(call, 1, CALL_RESTRICTED, &job.planes);
	if (!res)
		res = call_output(call, 2, CALL_RESTRICTED, &job.picture);
	if (!res)
		res = get_sides(call, &job);
	if (!res)
		res = check_sizes(&job);
	if (res)
		return res;

	/* A copy, which no other session can change. */
	size = job.frame->memref.size;
	data = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	if (!data)
		return TEE_ERROR_OUT_OF_MEMORY;
	TEE_MemMove(data, job.frame->memref.buffer, size);
	res = decode(&job, data);
	if (!res)
		res = convert(&job);
	TEE_MemFill(data, 0, size);
	TEE_Free(data);
	return res;
}

TEE_Result service_invoke(void *state, uint32_t command,
			  const struct call *call)
{
	(void)state;
	switch (command) {
	case RSTMEM_SVC_DECODER_FWHT:
		return fwht(call);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
