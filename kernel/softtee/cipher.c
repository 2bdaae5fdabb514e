// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cipher service: AES-256 in CTR mode from normal into restricted memory.
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
 * struct cipher - a session
 * @tfm:	holds the key; synchronous
 * @req:	for @tfm
 * @iv_high:	first counter block, upper half
 * @iv_low:	its lower half
 * @pos:	end of the last UPDATE, bytes
 * @keyed:	SET_KEY has succeeded
 */
struct cipher {
	struct crypto_skcipher *tfm;
	struct skcipher_request *req;
	u64 iv_high;
	u64 iv_low;
	u64 pos;
	bool keyed;
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
	if (key_ref->size != sizeof(key) || iv_ref->size != sizeof(iv))
		return TEEC_ERROR_BAD_PARAMETERS;

	if (softtee_mem_read(key_ref, 0, key, sizeof(key)) ||
	    softtee_mem_read(iv_ref, 0, iv, sizeof(iv))) {
		ret = TEEC_ERROR_OUT_OF_MEMORY;
		goto out_wipe;
	}

	cipher->keyed = !crypto_skcipher_setkey(cipher->tfm, key, sizeof(key));
	if (!cipher->keyed) {
		ret = TEEC_ERROR_GENERIC;
		goto out_wipe;
	}
	cipher->iv_high = get_unaligned_be64(iv);
	cipher->iv_low = get_unaligned_be64(iv + 8);
	cipher->pos = 0;
out_wipe:
	memzero_explicit(key, sizeof(key));
	memzero_explicit(iv, sizeof(iv));
	return ret;
}

/* Cipher @buf in place. @buf begins at block @block of the stream. */
static int cipher_crypt(struct cipher *cipher, u64 block, u8 *buf, size_t len)
{
	u8 counter[RSTMEM_SVC_CIPHER_IV_SIZE];
	u64 high = cipher->iv_high, low;
	struct scatterlist sg;

	high += check_add_overflow(cipher->iv_low, block, &low);
	put_unaligned_be64(high, counter);
	put_unaligned_be64(low, counter + 8);

	sg_init_one(&sg, buf, len);
	skcipher_request_set_callback(cipher->req, 0, NULL, NULL);
	skcipher_request_set_crypt(cipher->req, &sg, &sg, len, counter);
	return crypto_skcipher_encrypt(cipher->req);
}

/* Get the position in the stream from p2. GlobalPlatform's values have 32 bits each. */
static u32 cipher_position(const struct tee_param *p, const struct cipher *cipher,
			   u64 *pos)
{
	switch (p->attr) {
	case TEE_IOCTL_PARAM_ATTR_TYPE_NONE:
		*pos = cipher->pos;
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
	struct tee_param_memref *in, *out;
	size_t done = 0, skip, n;
	u64 pos, end;
	u32 ret;
	u8 *buf;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL, &in) ?:
	      softtee_call_output(call, 1, SOFTTEE_RESTRICTED, &out) ?:
	      cipher_position(&call->params[2], cipher, &pos) ?:
	      softtee_call_none(call, 3);
	if (ret)
		return ret;
	if (!cipher->keyed)
		return TEEC_ERROR_BAD_STATE;
	if (check_add_overflow(pos, (u64)in->size, &end))
		return TEEC_ERROR_BAD_PARAMETERS;
	if (out->size < in->size) {
		out->size = in->size;
		return TEEC_ERROR_SHORT_BUFFER;
	}

	buf = kmalloc(SOFTTEE_CHUNK, GFP_KERNEL);
	if (!buf)
		return TEEC_ERROR_OUT_OF_MEMORY;

	while (done < in->size) {
		if (softtee_call_stopped(call)) {
			ret = TEEC_ERROR_CANCEL;
			break;
		}
		/* Start at a block, and skip the part before @pos. */
		skip = pos % AES_BLOCK_SIZE;
		n = min_t(size_t, in->size - done, SOFTTEE_CHUNK - skip);
		memset(buf, 0, skip);
		if (softtee_mem_read(in, done, buf + skip, n)) {
			ret = TEEC_ERROR_OUT_OF_MEMORY;
			break;
		}
		if (cipher_crypt(cipher, pos / AES_BLOCK_SIZE, buf, skip + n)) {
			ret = TEEC_ERROR_GENERIC;
			break;
		}
		if (softtee_mem_write(out, done, buf + skip, n)) {
			ret = TEEC_ERROR_OUT_OF_MEMORY;
			break;
		}
		done += n;
		pos += n;
	}
	kfree_sensitive(buf);

	/* The written part stays, also after an early end. */
	out->size = done;
	cipher->pos = pos;
	return ret;
}

static u32 cipher_invoke(struct softtee_call *call, void *state)
{
	switch (call->func) {
	case RSTMEM_SVC_CIPHER_SET_KEY:
		return cipher_set_key(call, state);
	case RSTMEM_SVC_CIPHER_UPDATE:
		return cipher_update(call, state);
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
