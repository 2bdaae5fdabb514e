// SPDX-License-Identifier: GPL-2.0-only
/* The cipher service: AES in CTR mode from normal into restricted memory. */
#include <linux/tee_rstmem_services.h>

#include "../common/service.h"
#include "licence.h"

#define BLOCK	16u

/* Data that is encrypted as one. */
struct stream {
	uint8_t iv[BLOCK];	/* its first counter block */
	uint64_t pos;		/* where the next part begins, bytes */
	unsigned int low;	/* first byte of @iv that counts */
};

/* A session. */
struct cipher {
	TEE_OperationHandle op;
	struct stream stream;	/* of UPDATE */
	bool keyed;		/* @op has a key, and @stream begins */
};

/* A command that deciphers @in to @out, of which @done bytes are done. */
struct work {
	TEE_Param *in, *out;
	size_t done;
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
static TEE_Result use_key(struct cipher *cipher, const uint8_t *key, size_t size,
			  const uint8_t *iv)
{
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Attribute attr;
	TEE_Result res;

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 8 * size, &object);
	if (res)
		return res;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, (void *)key, size);
	res = TEE_PopulateTransientObject(object, &attr, 1);
	if (!res) {
		/* It panics without a key, and does not take one in use. */
		if (cipher->keyed)
			TEE_ResetOperation(cipher->op);
		res = TEE_SetOperationKey(cipher->op, object);
		cipher->keyed = !res;
	}
	TEE_FreeTransientObject(object);
	if (res)
		return res;
	TEE_MemMove(cipher->stream.iv, iv, BLOCK);
	cipher->stream.pos = 0;
	return TEE_SUCCESS;
}

static TEE_Result set_key(struct cipher *cipher, const struct call *call)
{
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_SIZE], iv[BLOCK];
	TEE_Param *key_ref, *iv_ref;
	TEE_Result res;
	size_t size;

	res = call_input(call, 0, CALL_NORMAL, &key_ref);
	if (!res)
		res = call_input(call, 1, CALL_NORMAL, &iv_ref);
	if (!res)
		res = call_none(call, 2);
	if (res)
		return res;
	size = key_ref->memref.size;
	if ((size != RSTMEM_SVC_CIPHER_KEY_SIZE &&
	     size != RSTMEM_SVC_CIPHER_KEY_128_SIZE) ||
	    iv_ref->memref.size != sizeof(iv))
		return TEE_ERROR_BAD_PARAMETERS;

	/* Once: the client may change it meanwhile. */
	TEE_MemMove(key, key_ref->memref.buffer, size);
	TEE_MemMove(iv, iv_ref->memref.buffer, sizeof(iv));
	res = use_key(cipher, key, size, iv);
	TEE_MemFill(key, 0, sizeof(key));
	return res;
}

static TEE_Result load_licence(struct cipher *cipher, const struct call *call)
{
	uint8_t licence[RSTMEM_SVC_CIPHER_LICENCE_SIZE];
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_128_SIZE];
	const uint8_t iv[BLOCK] = { 0 };
	TEE_Param *ref;
	TEE_Result res;

	res = call_input(call, 0, CALL_NORMAL, &ref);
	if (!res)
		res = call_none(call, 1);
	if (res)
		return res;
	if (ref->memref.size != sizeof(licence))
		return TEE_ERROR_BAD_PARAMETERS;

	TEE_MemMove(licence, ref->memref.buffer, sizeof(licence));
	res = licence_open(licence, key);
	if (!res)
		res = use_key(cipher, key, sizeof(key), iv);
	TEE_MemFill(key, 0, sizeof(key));
	return res;
}

/* The operation goes on at the position of @stream. */
static TEE_Result seek(struct cipher *cipher, const struct stream *stream)
{
	uint8_t counter[BLOCK], skip[BLOCK] = { 0 };
	uint64_t carry = stream->pos / BLOCK;
	size_t len = sizeof(skip);
	unsigned int n;

	TEE_MemMove(counter, stream->iv, sizeof(counter));
	for (n = BLOCK; n-- > stream->low;) {
		carry += counter[n];
		counter[n] = carry;
		carry >>= 8;
	}
	TEE_CipherInit(cipher->op, counter, sizeof(counter));
	if (!(stream->pos % BLOCK))
		return TEE_SUCCESS;
	return TEE_CipherUpdate(cipher->op, skip, stream->pos % BLOCK, skip, &len);
}

/* Bytes up to where the counter of @stream wraps, at most a chunk. */
static size_t room(const struct stream *stream)
{
	uint64_t counter = 0, blocks;
	unsigned int n;

	for (n = BLOCK / 2; n < BLOCK; n++)
		counter = counter << 8 | stream->iv[n];
	blocks = -(counter + stream->pos / BLOCK);
	/* AES has a wide counter: stop before a narrow one would carry. */
	if (!stream->low || !blocks || blocks > CALL_CHUNK / BLOCK)
		return CALL_CHUNK;
	return blocks * BLOCK - stream->pos % BLOCK;
}

static TEE_Result decipher(struct cipher *cipher, struct stream *stream, const uint8_t *in,
			   size_t n, uint8_t *out)
{
	size_t len = n;
	TEE_Result res = seek(cipher, stream);

	if (!res)
		res = TEE_CipherUpdate(cipher->op, in, n, out, &len);
	if (!res)
		stream->pos += n;
	return res;
}

/* Handle the next @len bytes of @work, which @stream encrypts; NULL if they are clear. */
static TEE_Result part(struct cipher *cipher, struct work *work, struct stream *stream,
		       size_t len)
{
	TEE_Result res = TEE_SUCCESS;
	const uint8_t *in;
	uint8_t *out;
	size_t n;

	for (; len; len -= n, work->done += n) {
		if (call_cancelled())
			return TEE_ERROR_CANCEL;
		n = stream ? room(stream) : CALL_CHUNK;
		if (n > len)
			n = len;
		in = (const uint8_t *)work->in->memref.buffer + work->done;
		out = (uint8_t *)work->out->memref.buffer + work->done;
		if (stream)
			res = decipher(cipher, stream, in, n, out);
		else
			TEE_MemMove(out, in, n);
		if (res)
			return res;
	}
	return TEE_SUCCESS;
}

static TEE_Result check_work(const struct cipher *cipher, struct work *work)
{
	if (!cipher->keyed)
		return TEE_ERROR_BAD_STATE;
	if (work->out->memref.size < work->in->memref.size) {
		work->out->memref.size = work->in->memref.size;
		return TEE_ERROR_SHORT_BUFFER;
	}
	return TEE_SUCCESS;
}

static TEE_Result get_position(const struct cipher *cipher,
			       const struct call *call, uint64_t *pos)
{
	const TEE_Param *p = &call->params[2];

	switch (TEE_PARAM_TYPE_GET(call->types, 2)) {
	case TEE_PARAM_TYPE_NONE:
		*pos = cipher->stream.pos;
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
	struct work work = { 0 };
	uint64_t pos = 0;
	TEE_Result res;

	res = call_input(call, 0, CALL_NORMAL, &work.in);
	if (!res)
		res = call_output(call, 1, CALL_RESTRICTED, &work.out);
	if (!res)
		res = get_position(cipher, call, &pos);
	if (!res)
		res = call_none(call, 3);
	if (res)
		return res;
	if (cipher->keyed && pos + work.in->memref.size < pos)
		return TEE_ERROR_BAD_PARAMETERS;
	res = check_work(cipher, &work);
	if (res)
		return res;

	cipher->stream.pos = pos;
	res = part(cipher, &work, &cipher->stream, work.in->memref.size);
	/* Also when it ended early: bytes that are done stay done. */
	work.out->memref.size = work.done;
	return res;
}

/* A number of a table of subsamples. */
static uint32_t number(const uint8_t *table, size_t n)
{
	table += 4 * n;
	return table[0] | table[1] << 8 | table[2] << 16 | (uint32_t)table[3] << 24;
}

/* Decipher a sample; @table has @num subsamples. */
static TEE_Result subsamples(struct cipher *cipher, struct work *work,
			     struct stream *stream, const uint8_t *table, size_t num)
{
	TEE_Result res = TEE_SUCCESS;
	uint64_t sum = 0;
	size_t n;

	if (!num)
		return part(cipher, work, stream, work->in->memref.size);
	/* Clear and encrypted bytes take turns. */
	for (n = 0; n < 2 * num; n++)
		sum += number(table, n);
	if (sum != work->in->memref.size)
		return TEE_ERROR_BAD_PARAMETERS;
	for (n = 0; !res && n < 2 * num; n++)
		res = part(cipher, work, n % 2 ? stream : NULL, number(table, n));
	return res;
}

static TEE_Result sample(struct cipher *cipher, const struct call *call)
{
	struct stream stream = { .low = BLOCK / 2 };
	struct work work = { 0 };
	TEE_Param *ref;
	uint8_t *table;
	TEE_Result res;
	size_t size;

	res = call_input(call, 0, CALL_NORMAL, &work.in);
	if (!res)
		res = call_output(call, 1, CALL_RESTRICTED, &work.out);
	if (!res)
		res = call_input(call, 2, CALL_NORMAL, &ref);
	if (!res)
		res = call_none(call, 3);
	if (res)
		return res;
	size = ref->memref.size;
	if (size < BLOCK || (size - BLOCK) % RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE ||
	    size - BLOCK > RSTMEM_SVC_CIPHER_SUBSAMPLES * RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE)
		return TEE_ERROR_BAD_PARAMETERS;
	res = check_work(cipher, &work);
	if (res)
		return res;

	/* Once: the client may change it meanwhile. */
	table = TEE_Malloc(size, TEE_MALLOC_FILL_ZERO);
	if (!table)
		return TEE_ERROR_OUT_OF_MEMORY;
	TEE_MemMove(table, ref->memref.buffer, size);
	TEE_MemMove(stream.iv, table, BLOCK);
	res = subsamples(cipher, &work, &stream, table + BLOCK,
			 (size - BLOCK) / RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE);
	TEE_Free(table);
	work.out->memref.size = work.done;
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
	case RSTMEM_SVC_CIPHER_SAMPLE:
		return sample(state, call);
	case RSTMEM_SVC_CIPHER_LICENCE:
		return load_licence(state, call);
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}
