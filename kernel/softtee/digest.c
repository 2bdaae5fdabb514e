// SPDX-License-Identifier: GPL-2.0-only
/*
 * The digest service: SHA-256 of restricted or normal memory.
 * <uapi/linux/tee_rstmem_services.h> documents it.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "service.h"

static u32 digest_open(void **state)
{
	struct crypto_shash *tfm = crypto_alloc_shash("sha256", 0, 0);

	if (IS_ERR(tfm)) {
		pr_err_ratelimited("digest: no sha256 from the crypto API: error %ld\n",
				   PTR_ERR(tfm));
		return PTR_ERR(tfm) == -ENOMEM ? TEEC_ERROR_OUT_OF_MEMORY :
						 TEEC_ERROR_NOT_SUPPORTED;
	}
	*state = tfm;
	return TEEC_SUCCESS;
}

static void digest_close(void *state)
{
	crypto_free_shash(state);
}

static u32 digest_feed(struct softtee_call *call, struct shash_desc *desc,
		       const struct tee_param_memref *in)
{
	u32 ret = TEEC_SUCCESS;
	size_t pos, n;
	void *buf;

	buf = kmalloc(SOFTTEE_CHUNK, GFP_KERNEL);
	if (!buf)
		return TEEC_ERROR_OUT_OF_MEMORY;

	for (pos = 0; pos < in->size; pos += n) {
		if (softtee_call_stopped(call)) {
			ret = TEEC_ERROR_CANCEL;
			break;
		}
		n = min_t(size_t, in->size - pos, SOFTTEE_CHUNK);
		if (softtee_mem_read(in, pos, buf, n)) {
			ret = TEEC_ERROR_OUT_OF_MEMORY;
			break;
		}
		if (crypto_shash_update(desc, buf, n)) {
			ret = TEEC_ERROR_GENERIC;
			break;
		}
	}
	kfree_sensitive(buf);
	return ret;
}

static u32 digest_sha256(struct softtee_call *call, struct crypto_shash *tfm)
{
	u8 digest[RSTMEM_SVC_DIGEST_SHA256_SIZE];
	struct tee_param_memref *in, *out;
	SHASH_DESC_ON_STACK(desc, tfm);
	u32 ret;

	ret = softtee_call_input(call, 0, SOFTTEE_NORMAL | SOFTTEE_RESTRICTED,
				 &in) ?:
	      softtee_call_output(call, 1, SOFTTEE_NORMAL, &out) ?:
	      softtee_call_none(call, 2);
	if (ret)
		return ret;
	if (out->size < sizeof(digest)) {
		out->size = sizeof(digest);
		return TEEC_ERROR_SHORT_BUFFER;
	}

	desc->tfm = tfm;
	if (crypto_shash_init(desc))
		ret = TEEC_ERROR_GENERIC;
	if (!ret)
		ret = digest_feed(call, desc, in);
	if (!ret && crypto_shash_final(desc, digest))
		ret = TEEC_ERROR_GENERIC;
	shash_desc_zero(desc);
	if (ret)
		return ret;

	if (softtee_mem_write(out, 0, digest, sizeof(digest)))
		return TEEC_ERROR_OUT_OF_MEMORY;
	out->size = sizeof(digest);
	return TEEC_SUCCESS;
}

static u32 digest_invoke(struct softtee_call *call, void *state)
{
	switch (call->func) {
	case RSTMEM_SVC_DIGEST_SHA256:
		return digest_sha256(call, state);
	default:
		return TEEC_ERROR_NOT_SUPPORTED;
	}
}

const struct softtee_service softtee_digest = {
	.uuid = { .b = RSTMEM_SVC_DIGEST_UUID },
	.open = digest_open,
	.close = digest_close,
	.invoke = digest_invoke,
};
