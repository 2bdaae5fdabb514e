// SPDX-License-Identifier: GPL-2.0-only
/* The cipher service: AES-256-CTR from normal into restricted memory. */
#include <linux/tee_rstmem_services.h>

#include "../common/service.h"

#define BLOCK	16u

/* A session. */
struct cipher {
	TEE_OperationHandle op;
	uint8_t iv[BLOCK];
	uint64_t pos;		/* where the last UPDATE ended, bytes */
	bool keyed;		/* @op has a key, and @iv is set */
};

TEE_Result service_open(void **state)
{
	struct cipher *cipher = TEE_Malloc(sizeof(*cipher),
					   TEE_MALLOC_FILL_ZERO);
	TEE_Result res;

	if (!cipher)
		return TEE_ERROR_OUT_OF_MEMORY;
	res = TEE_AllocateOperation(&cipher->op, TEE_ALG_AES_CTR,
				    TEE_MODE_DECRYPT, 256);
	if (res) {
		TEE_Free(cipher);
		return res;
	}
	*state = cipher;
	return TEE_SUCCESS;
}

void service_close(void *state)
{
	struct cipher *cipher = state;

	TEE_FreeOperation(cipher->op);
	TEE_Free(cipher);
}

/* A failure before the operation changes leaves its key in force. */
static TEE_Result use_key(struct cipher *cipher, uint8_t *key)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Attribute attr;
	TEE_Result res;

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &object);
	if (res)
		return res;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key,
			     RSTMEM_SVC_CIPHER_KEY_SIZE);
	res = TEE_PopulateTransientObject(object, &attr, 1);
	if (!res) {
		/* It panics without a key, and does not take one in use. */
		if (cipher->keyed)
			TEE_ResetOperation(cipher->op);
		res = TEE_SetOperationKey(cipher->op, object);
		cipher->keyed = !res;
	}
	TEE_FreeTransientObject(object);
	return res;
}

static TEE_Result set_key(struct cipher *cipher, const struct call *call)
{
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_SIZE], iv[BLOCK];
	TEE_Param *key_ref, *iv_ref;
	TEE_Result res;

	res = call_input(call, 0, CALL_NORMAL, &key_ref);
	if (!res)
		res = call_input(call, 1, CALL_NORMAL, &iv_ref);
	if (!res)
		res = call_none(call, 2);
	if (res)
		return res;
	if (key_ref->memref.size != sizeof(key) ||
	    iv_ref->memref.size != sizeof(iv))
		return TEE_ERROR_BAD_PARAMETERS;

	/* Once: the client may change it meanwhile. */
	TEE_MemMove(key, key_ref->memref.buffer, sizeof(key));
	TEE_MemMove(iv, iv_ref->memref.buffer, sizeof(iv));
	res = use_key(cipher, key);
	TEE_MemFill(key, 0, sizeof(key));
	if (res)
		return res;
	TEE_MemMove(cipher->iv, iv, sizeof(iv));
	cipher->pos = 0;
	return TEE_SUCCESS;
}

/* The operation goes on at @pos of the stream. */
static TEE_Result seek(struct cipher *cipher, uint64_t pos)
{
	uint8_t counter[BLOCK], skip[BLOCK] = { 0 };
	uint64_t carry = pos / BLOCK;
	size_t len = sizeof(skip);
	int n;

	for (n = BLOCK - 1; n >= 0; n--) {
		carry += cipher->iv[n];
		counter[n] = carry;
		carry >>= 8;
	}
	TEE_CipherInit(cipher->op, counter, sizeof(counter));
	if (!(pos % BLOCK))
		return TEE_SUCCESS;
	return TEE_CipherUpdate(cipher->op, skip, pos % BLOCK, skip, &len);
}

static TEE_Result get_position(const struct cipher *cipher,
			       const struct call *call, uint64_t *pos)
{
	const TEE_Param *p = &call->params[2];

	switch (TEE_PARAM_TYPE_GET(call->types, 2)) {
	case TEE_PARAM_TYPE_NONE:
		*pos = cipher->pos;
		return TEE_SUCCESS;
	case TEE_PARAM_TYPE_VALUE_INPUT:
		*pos = (uint64_t)p->value.b << 32 | p->value.a;
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

static TEE_Result update(struct cipher *cipher, const struct call *call)
{
	TEE_Param *in, *out;
	uint64_t pos = 0;
	size_t done = 0, n, len;
	TEE_Result res;

	res = call_input(call, 0, CALL_NORMAL, &in);
	if (!res)
		res = call_output(call, 1, CALL_RESTRICTED, &out);
	if (!res)
		res = get_position(cipher, call, &pos);
	if (!res)
		res = call_none(call, 3);
	if (res)
		return res;
	if (!cipher->keyed)
		return TEE_ERROR_BAD_STATE;
	if (pos + in->memref.size < pos)
		return TEE_ERROR_BAD_PARAMETERS;
	if (out->memref.size < in->memref.size) {
		out->memref.size = in->memref.size;
		return TEE_ERROR_SHORT_BUFFER;
	}

	res = seek(cipher, pos);
	while (!res && done < in->memref.size) {
		if (call_cancelled()) {
			res = TEE_ERROR_CANCEL;
			break;
		}
		n = in->memref.size - done;
		if (n > CALL_CHUNK)
			n = CALL_CHUNK;
		len = n;
		res = TEE_CipherUpdate(cipher->op,
				       (uint8_t *)in->memref.buffer + done, n,
				       (uint8_t *)out->memref.buffer + done,
				       &len);
		if (!res) {
			done += n;
			pos += n;
		}
	}
	/* Also when it ended early: what is done stays done. */
	out->memref.size = done;
	cipher->pos = pos;
	return res;
}

TEE_Result service_invoke(void *state, uint32_t command,
			  const struct call *call)
{
	switch (command) {
	case RSTMEM_SVC_CIPHER_SET_KEY:
		return set_key(state, call);
	case RSTMEM_SVC_CIPHER_UPDATE:
		return update(state, call);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
