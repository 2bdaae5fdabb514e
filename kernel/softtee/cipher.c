// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cipher service: AES in CTR mode from normal into restricted memory.
 * <uapi/linux/tee_rstmem_services.h> documents it.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <crypto/aes.h>
#include <crypto/skcipher.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/wordpart.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "service.h"

/**
 * struct stream - bytes that are encrypted with one run of counter blocks
 * @high:	first counter block, upper half
 * @low:	its lower half
 * @pos:	where the next part begins, bytes
 * @narrow:	the counter is the lower half alone
 */
struct stream {
	u64 high;
	u64 low;
	u64 pos;
	bool narrow;
};

/**
 * struct cipher - a session
 * @tfm:	holds the key; synchronous
 * @req:	for @tfm
 * @stream:	the stream of UPDATE
 * @keyed:	SET_KEY or LICENCE has succeeded
 */
struct cipher {
	struct crypto_skcipher *tfm;
	struct skcipher_request *req;
	struct stream stream;
	bool keyed;
};

/**
 * struct work - a command that deciphers
 * @call:	the call
 * @in:		its input
 * @out:	its output, as large or larger
 * @done:	bytes of both that are done
 * @buf:	SOFTTEE_CHUNK bytes
 */
struct work {
	struct softtee_call *call;
	struct tee_param_memref *in;
	struct tee_param_memref *out;
	size_t done;
	u8 *buf;
};

static u32 cipher_open(void **state)
{
	u32 ret = TEEC_ERROR_OUT_OF_MEMORY;
	struct cipher *cipher;

	cipher = kzalloc(sizeof(*cipher), GFP_KERNEL_ACCOUNT);
	if (!cipher)
		return TEEC_ERROR_OUT_OF_MEMORY;

	cipher->tfm = crypto_alloc_skcipher("ctr(aes)", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(cipher->tfm)) {
		pr_err_ratelimited("cipher: no ctr(aes) from the crypto API: error %ld\n",
				   PTR_ERR(cipher->tfm));
		if (PTR_ERR(cipher->tfm) != -ENOMEM)
			ret = TEEC_ERROR_NOT_SUPPORTED;
		goto err_free_cipher;
	}
	cipher->req = skcipher_request_alloc(cipher->tfm, GFP_KERNEL_ACCOUNT);
	if (!cipher->req)
		goto err_free_tfm;

	*state = cipher;
	return TEEC_SUCCESS;

err_free_tfm:
	crypto_free_skcipher(cipher->tfm);
err_free_cipher:
	kfree(cipher);
	return ret;
}

static void cipher_close(void *state)
{
	struct cipher *cipher = state;

	skcipher_request_free(cipher->req);
	crypto_free_skcipher(cipher->tfm);
	kfree_sensitive(cipher);
}

static void stream_init(struct stream *stream, const u8 *iv, bool narrow)
{
	stream->high = get_unaligned_be64(iv);
	stream->low = get_unaligned_be64(iv + 8);
	stream->pos = 0;
	stream->narrow = narrow;
}

/* Put a key in force. If the cipher refuses the key, the session has no key. */
static u32 use_key(struct cipher *cipher, const u8 *key, size_t size,
		   const u8 *iv)
{
	cipher->keyed = !crypto_skcipher_setkey(cipher->tfm, key, size);
	if (!cipher->keyed)
		return TEEC_ERROR_GENERIC;
	stream_init(&cipher->stream, iv, false);
	return TEEC_SUCCESS;
}

static bool is_key_size(size_t size)
{
	return size == RSTMEM_SVC_CIPHER_KEY_SIZE ||
	       size == RSTMEM_SVC_CIPHER_KEY_128_SIZE;
}

static u32 cipher_set_key(struct softtee_call *call, struct cipher *cipher)
{
	u8 key[RSTMEM_SVC_CIPHER_KEY_SIZE], iv[RSTMEM_SVC_CIPHER_IV_SIZE];
	struct tee_param_memref *key_ref, *iv_ref;
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL, &key_ref) ?:
	      softtee_call_input(call, 1, SOFTTEE_NORMAL, &iv_ref) ?:
	      softtee_call_none(call, 2);
	if (ret)
		return ret;
	if (!is_key_size(key_ref->size) || iv_ref->size != sizeof(iv))
		return TEEC_ERROR_BAD_PARAMETERS;

	if (softtee_mem_read(key_ref, 0, key, key_ref->size) ||
	    softtee_mem_read(iv_ref, 0, iv, sizeof(iv)))
		ret = TEEC_ERROR_OUT_OF_MEMORY;
	else
		ret = use_key(cipher, key, key_ref->size, iv);
	memzero_explicit(key, sizeof(key));
	memzero_explicit(iv, sizeof(iv));
	return ret;
}

static u32 cipher_licence(struct softtee_call *call, struct cipher *cipher)
{
	static const u8 iv[RSTMEM_SVC_CIPHER_IV_SIZE];
	u8 licence[RSTMEM_SVC_CIPHER_LICENCE_SIZE];
	u8 key[RSTMEM_SVC_CIPHER_KEY_128_SIZE];
	struct tee_param_memref *ref;
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL, &ref) ?:
	      softtee_call_none(call, 1);
	if (ret)
		return ret;
	if (ref->size != sizeof(licence))
		return TEEC_ERROR_BAD_PARAMETERS;
	if (softtee_mem_read(ref, 0, licence, sizeof(licence)))
		return TEEC_ERROR_OUT_OF_MEMORY;

	ret = softtee_licence_open(licence, key) ?:
	      use_key(cipher, key, sizeof(key), iv);
	memzero_explicit(key, sizeof(key));
	return ret;
}

/* Cipher @buf in place. @buf begins at block @block of the stream. */
static int cipher_crypt(struct cipher *cipher, const struct stream *stream,
			u64 block, u8 *buf, size_t len)
{
	u8 counter[RSTMEM_SVC_CIPHER_IV_SIZE];
	u64 high = stream->high, low;
	struct scatterlist sg;
	bool carry;

	carry = check_add_overflow(stream->low, block, &low);
	if (!stream->narrow)
		high += carry;
	put_unaligned_be64(high, counter);
	put_unaligned_be64(low, counter + 8);

	sg_init_one(&sg, buf, len);
	skcipher_request_set_callback(cipher->req, 0, NULL, NULL);
	skcipher_request_set_crypt(cipher->req, &sg, &sg, len, counter);
	return crypto_skcipher_encrypt(cipher->req);
}

/* Get the number of bytes, from @block on, that one request can cipher. */
static size_t stream_room(const struct stream *stream, u64 block)
{
	u64 blocks = -(stream->low + block);

	/* @tfm counts in 128 bits: stop before a narrow counter would carry. */
	if (!stream->narrow || !blocks)
		return SOFTTEE_CHUNK;
	return min_t(u64, blocks, SOFTTEE_CHUNK / AES_BLOCK_SIZE) *
	       AES_BLOCK_SIZE;
}

/* Handle the next @len bytes of @work. They belong to @stream; NULL for clear bytes. */
static u32 cipher_part(struct cipher *cipher, struct work *work,
		       struct stream *stream, size_t len)
{
	size_t skip = 0, room = SOFTTEE_CHUNK, n;
	u64 block = 0;

	for (; len; len -= n, work->done += n) {
		if (softtee_call_stopped(work->call))
			return TEEC_ERROR_CANCEL;
		if (stream) {
			/* Start at a block, and skip the part before @pos. */
			block = stream->pos / AES_BLOCK_SIZE;
			skip = stream->pos % AES_BLOCK_SIZE;
			room = stream_room(stream, block);
		}
		n = min(len, room - skip);
		memset(work->buf, 0, skip);
		if (softtee_mem_read(work->in, work->done, work->buf + skip, n))
			return TEEC_ERROR_OUT_OF_MEMORY;
		if (stream && cipher_crypt(cipher, stream, block, work->buf, skip + n))
			return TEEC_ERROR_GENERIC;
		if (softtee_mem_write(work->out, work->done, work->buf + skip, n))
			return TEEC_ERROR_OUT_OF_MEMORY;
		if (stream)
			stream->pos += n;
	}
	return TEEC_SUCCESS;
}

/* Check the key and the sizes, and allocate the buffer. On success work_end() follows. */
static u32 work_begin(struct work *work, struct softtee_call *call,
		      const struct cipher *cipher)
{
	if (!cipher->keyed)
		return TEEC_ERROR_BAD_STATE;
	if (work->out->size < work->in->size) {
		work->out->size = work->in->size;
		return TEEC_ERROR_SHORT_BUFFER;
	}
	work->call = call;
	work->buf = kmalloc(SOFTTEE_CHUNK, GFP_KERNEL);
	return work->buf ? TEEC_SUCCESS : TEEC_ERROR_OUT_OF_MEMORY;
}

/* The written part stays, also after an early end. */
static void work_end(struct work *work)
{
	kfree_sensitive(work->buf);
	work->out->size = work->done;
}

/* Get the position in the stream from p2. GlobalPlatform's values have 32 bits each. */
static u32 cipher_position(const struct tee_param *p, const struct cipher *cipher,
			   u64 *pos)
{
	switch (p->attr) {
	case TEE_IOCTL_PARAM_ATTR_TYPE_NONE:
		*pos = cipher->stream.pos;
		return TEEC_SUCCESS;
	case TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT:
		if (upper_32_bits(p->u.value.a) || upper_32_bits(p->u.value.b))
			return TEEC_ERROR_BAD_PARAMETERS;
		*pos = p->u.value.b << 32 | p->u.value.a;
		return TEEC_SUCCESS;
	default:
		return TEEC_ERROR_BAD_PARAMETERS;
	}
}

static u32 cipher_update(struct softtee_call *call, struct cipher *cipher)
{
	struct work work = {};
	u64 pos, end;
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL, &work.in) ?:
	      softtee_call_output(call, 1, SOFTTEE_RESTRICTED, &work.out) ?:
	      cipher_position(&call->params[2], cipher, &pos) ?:
	      softtee_call_none(call, 3);
	if (ret)
		return ret;
	if (cipher->keyed && check_add_overflow(pos, (u64)work.in->size, &end))
		return TEEC_ERROR_BAD_PARAMETERS;
	ret = work_begin(&work, call, cipher);
	if (ret)
		return ret;
	cipher->stream.pos = pos;
	ret = cipher_part(cipher, &work, &cipher->stream, work.in->size);
	work_end(&work);
	return ret;
}

/* Read the @num subsamples of @ref, and check that their sizes add up to @size. */
static u32 read_subsamples(const struct tee_param_memref *ref, u8 *subsamples,
			   size_t num, u64 size)
{
	u64 sum = 0;
	size_t n;

	if (softtee_mem_read(ref, RSTMEM_SVC_CIPHER_IV_SIZE, subsamples,
			     num * RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE))
		return TEEC_ERROR_OUT_OF_MEMORY;
	/* The numbers of clear and of encrypted bytes alternate. */
	for (n = 0; n < 2 * num; n++)
		sum += get_unaligned_le32(subsamples + 4 * n);
	return sum == size ? TEEC_SUCCESS : TEEC_ERROR_BAD_PARAMETERS;
}

static u32 cipher_subsamples(struct cipher *cipher, struct work *work,
			     struct stream *stream,
			     const struct tee_param_memref *ref)
{
	size_t n, num;
	u8 *subsamples;
	u32 ret;

	num = (ref->size - RSTMEM_SVC_CIPHER_IV_SIZE) /
	      RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE;
	if (!num)
		return cipher_part(cipher, work, stream, work->in->size);

	subsamples = kmalloc_array(num, RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE,
				   GFP_KERNEL);
	if (!subsamples)
		return TEEC_ERROR_OUT_OF_MEMORY;
	ret = read_subsamples(ref, subsamples, num, work->in->size);
	for (n = 0; !ret && n < 2 * num; n++)
		ret = cipher_part(cipher, work, n % 2 ? stream : NULL,
				  get_unaligned_le32(subsamples + 4 * n));
	kfree(subsamples);
	return ret;
}

static u32 cipher_sample(struct softtee_call *call, struct cipher *cipher)
{
	const size_t most = RSTMEM_SVC_CIPHER_SUBSAMPLES *
			    RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE;
	u8 iv[RSTMEM_SVC_CIPHER_IV_SIZE];
	struct tee_param_memref *ref;
	struct stream stream;
	struct work work = {};
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL, &work.in) ?:
	      softtee_call_output(call, 1, SOFTTEE_RESTRICTED, &work.out) ?:
	      softtee_call_input(call, 2, SOFTTEE_NORMAL, &ref) ?:
	      softtee_call_none(call, 3);
	if (ret)
		return ret;
	if (ref->size < sizeof(iv) || ref->size - sizeof(iv) > most ||
	    (ref->size - sizeof(iv)) % RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE)
		return TEEC_ERROR_BAD_PARAMETERS;
	if (softtee_mem_read(ref, 0, iv, sizeof(iv)))
		return TEEC_ERROR_OUT_OF_MEMORY;
	stream_init(&stream, iv, true);

	ret = work_begin(&work, call, cipher);
	if (ret)
		return ret;
	ret = cipher_subsamples(cipher, &work, &stream, ref);
	work_end(&work);
	return ret;
}

static u32 cipher_invoke(struct softtee_call *call, void *state)
{
	switch (call->func) {
	case RSTMEM_SVC_CIPHER_SET_KEY:
		return cipher_set_key(call, state);
	case RSTMEM_SVC_CIPHER_UPDATE:
		return cipher_update(call, state);
	case RSTMEM_SVC_CIPHER_SAMPLE:
		return cipher_sample(call, state);
	case RSTMEM_SVC_CIPHER_LICENCE:
		return cipher_licence(call, state);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

const struct softtee_service softtee_cipher = {
	.uuid = { .b = RSTMEM_SVC_CIPHER_UUID },
	.open = cipher_open,
	.close = cipher_close,
	.invoke = cipher_invoke,
};
