// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy service: copies and clears restricted memory.
 * <uapi/linux/tee_rstmem_services.h> documents it.
 */
#include <linux/minmax.h>
#include <linux/slab.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "service.h"

/* Get a reference's address. References with different ids may have the same address. */
static phys_addr_t place(const struct tee_param_memref *ref)
{
	return ref->shm->paddr + ref->shm_offs;
}

static u32 copy_copy(struct softtee_call *call)
{
	struct tee_param_memref *src, *dst;
	size_t len, done, pos, n;
	bool backward;
	void *buf;
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_RESTRICTED, &src) ?:
	      softtee_call_output(call, 1, SOFTTEE_RESTRICTED, &dst) ?:
	      softtee_call_none(call, 2);
	if (ret)
		return ret;
	len = src->size;
	if (!softtee_mem_same_use_case(src, dst))
		return TEEC_ERROR_ACCESS_DENIED;
	if (dst->size < len) {
		dst->size = len;
		return TEEC_ERROR_SHORT_BUFFER;
	}

	buf = kmalloc(SOFTTEE_CHUNK, GFP_KERNEL);
	if (!buf)
		return TEEC_ERROR_OUT_OF_MEMORY;

	/* Do not overwrite a part before it is read. */
	backward = len && place(dst) > place(src);
	for (done = 0; done < len; done += n) {
		if (softtee_call_stopped(call)) {
			ret = TEEC_ERROR_CANCEL;
			break;
		}
		n = min_t(size_t, len - done, SOFTTEE_CHUNK);
		pos = backward ? len - done - n : done;
		if (softtee_mem_read(src, pos, buf, n) ||
		    softtee_mem_write(dst, pos, buf, n)) {
			ret = TEEC_ERROR_OUT_OF_MEMORY;
			break;
		}
	}
	kfree_sensitive(buf);

	dst->size = done;
	return ret;
}

static u32 copy_clear(struct softtee_call *call)
{
	struct tee_param_memref *dst;
	size_t len, done, n;
	void *zeros;
	u32 ret;

	ret = softtee_call_output(call, 0, SOFTTEE_RESTRICTED, &dst) ?:
	      softtee_call_none(call, 1);
	if (ret)
		return ret;

	zeros = kzalloc(SOFTTEE_CHUNK, GFP_KERNEL);
	if (!zeros)
		return TEEC_ERROR_OUT_OF_MEMORY;

	len = dst->size;
	for (done = 0; done < len; done += n) {
		if (softtee_call_stopped(call)) {
			ret = TEEC_ERROR_CANCEL;
			break;
		}
		n = min_t(size_t, len - done, SOFTTEE_CHUNK);
		if (softtee_mem_write(dst, done, zeros, n)) {
			ret = TEEC_ERROR_OUT_OF_MEMORY;
			break;
		}
	}
	kfree(zeros);

	dst->size = done;
	return ret;
}

static u32 copy_invoke(struct softtee_call *call, void *state)
{
	switch (call->func) {
	case RSTMEM_SVC_COPY_COPY:
		return copy_copy(call);
	case RSTMEM_SVC_COPY_CLEAR:
		return copy_clear(call);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

const struct softtee_service softtee_copy = {
	.uuid = { .b = RSTMEM_SVC_COPY_UUID },
	.invoke = copy_invoke,
};
