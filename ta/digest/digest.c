// SPDX-License-Identifier: GPL-2.0-only
/* The digest service: SHA-256 of restricted or normal memory, for tests. */
#include <linux/tee_rstmem_services.h>

#include "../common/service.h"

TEE_Result service_open(void **state)
{
	TEE_OperationHandle op;
	TEE_Result res;

	res = TEE_AllocateOperation(&op, TEE_ALG_SHA256, TEE_MODE_DIGEST, 0);
	if (!res)
		*state = op;
	return res;
}

void service_close(void *state)
{
	TEE_FreeOperation(state);
}

static TEE_Result sha256(TEE_OperationHandle op, const struct call *call)
{
	uint8_t digest[RSTMEM_SVC_DIGEST_SHA256_SIZE];
	size_t size = sizeof(digest), pos, n;
	TEE_Param *in, *out;
	TEE_Result res;

	res = call_input(call, 0, CALL_NORMAL | CALL_RESTRICTED, &in);
	if (!res)
		res = call_output(call, 1, CALL_NORMAL, &out);
	if (!res)
		res = call_none(call, 2);
	if (res)
		return res;
	if (out->memref.size < sizeof(digest)) {
		out->memref.size = sizeof(digest);
		return TEE_ERROR_SHORT_BUFFER;
	}

	TEE_ResetOperation(op);
	for (pos = 0; pos < in->memref.size; pos += n) {
		if (call_cancelled())
			return TEE_ERROR_CANCEL;
		n = in->memref.size - pos;
		if (n > CALL_CHUNK)
			n = CALL_CHUNK;
		TEE_DigestUpdate(op, (uint8_t *)in->memref.buffer + pos, n);
	}
	res = TEE_DigestDoFinal(op, NULL, 0, digest, &size);
	if (res)
		return res;
	TEE_MemMove(out->memref.buffer, digest, sizeof(digest));
	out->memref.size = sizeof(digest);
	return TEE_SUCCESS;
}

TEE_Result service_invoke(void *state, uint32_t command,
			  const struct call *call)
{
	switch (command) {
	case RSTMEM_SVC_DIGEST_SHA256:
		return sha256(state, call);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
