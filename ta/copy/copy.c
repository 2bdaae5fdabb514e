// SPDX-License-Identifier: GPL-2.0-only
/* The copy service: copies from restricted to restricted memory, and clears it. */
#include <linux/tee_rstmem_services.h>
#include <tee_internal_api_extensions.h>

#include "../common/service.h"

TEE_Result service_open(void **state)
{
	(void)state;
	return TEE_SUCCESS;
}

void service_close(void *state)
{
	(void)state;
}

static TEE_Result copy(const struct call *call)
{
	size_t len, done, pos, n;
	TEE_Param *src, *dst;
	TEE_Result res;
	bool backward;

	res = call_input(call, 0, CALL_RESTRICTED, &src);
	if (!res)
		res = call_output(call, 1, CALL_RESTRICTED, &dst);
	if (!res)
		res = call_none(call, 2);
	if (res)
		return res;
	len = src->memref.size;
	if (dst->memref.size < len) {
		dst->memref.size = len;
		return TEE_ERROR_SHORT_BUFFER;
	}

	/*
	 * Bytes that are still to be read must not be overwritten. Parameters of
	 * the same memory are mapped in its order.
	 */
	backward = (uintptr_t)dst->memref.buffer > (uintptr_t)src->memref.buffer;
	for (done = 0; done < len; done += n) {
		if (call_cancelled()) {
			res = TEE_ERROR_CANCEL;
			break;
		}
		n = len - done > CALL_CHUNK ? CALL_CHUNK : len - done;
		pos = backward ? len - done - n : done;
		TEE_MemMove((uint8_t *)dst->memref.buffer + pos,
			    (uint8_t *)src->memref.buffer + pos, n);
	}
	dst->memref.size = done;
	return res;
}

/*
 * Write the zeros back to memory, for devices that do not see the CPU's caches. An OP-TEE
 * without CFG_CACHE_API cannot; the manual page of optee_rstmem says so.
 */
static TEE_Result write_back(void *buffer, size_t size)
{
	TEE_Result res = TEE_CacheFlush(buffer, size);

	return res == TEE_ERROR_NOT_SUPPORTED ? TEE_SUCCESS : res;
}

static TEE_Result clear(const struct call *call)
{
	size_t len, done, n;
	TEE_Result res;
	TEE_Param *dst;
	uint8_t *at;

	res = call_output(call, 0, CALL_RESTRICTED, &dst);
	if (!res)
		res = call_none(call, 1);
	if (res)
		return res;

	len = dst->memref.size;
	for (done = 0; done < len && !res; done += n) {
		if (call_cancelled()) {
			res = TEE_ERROR_CANCEL;
			break;
		}
		n = len - done > CALL_CHUNK ? CALL_CHUNK : len - done;
		at = (uint8_t *)dst->memref.buffer + done;
		TEE_MemFill(at, 0, n);
		res = write_back(at, n);
	}
	dst->memref.size = done;
	return res;
}

TEE_Result service_invoke(void *state, uint32_t command,
			  const struct call *call)
{
	(void)state;
	switch (command) {
	case RSTMEM_SVC_COPY_COPY:
		return copy(call);
	case RSTMEM_SVC_COPY_CLEAR:
		return clear(call);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
