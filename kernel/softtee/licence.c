// SPDX-License-Identifier: GPL-2.0-only
/*
 * Licences of the cipher service: a content key in the wrapping of RFC 3394.
 *
 * The key of the device is for demonstration, like all of softtee: the key is in a public
 * header. A real TEE has a secret key.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <crypto/aes.h>
#include <crypto/skcipher.h>
#include <crypto/utils.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "service.h"

#define SEMIBLOCK	8
#define PARTS		(RSTMEM_SVC_CIPHER_KEY_128_SIZE / SEMIBLOCK)
#define ROUNDS		6

/* Undo the wrapping in place, as in RFC 3394, 2.2.2. @block has room for one block of AES. */
static int unwrap(struct skcipher_request *req, u8 *licence, u8 *block)
{
	struct scatterlist sg;
	int step, rc;
	u8 *part;

	sg_init_one(&sg, block, AES_BLOCK_SIZE);
	skcipher_request_set_callback(req, 0, NULL, NULL);
	skcipher_request_set_crypt(req, &sg, &sg, AES_BLOCK_SIZE, NULL);
	for (step = ROUNDS * PARTS; step > 0; step--) {
		part = licence + SEMIBLOCK * ((step - 1) % PARTS + 1);
		put_unaligned_be64(get_unaligned_be64(licence) ^ step, block);
		memcpy(block + SEMIBLOCK, part, SEMIBLOCK);
		rc = crypto_skcipher_decrypt(req);
		if (rc)
			return rc;
		memcpy(licence, block, SEMIBLOCK);
		memcpy(part, block + SEMIBLOCK, SEMIBLOCK);
	}
	return 0;
}

static u32 open_with(struct crypto_skcipher *tfm, const u8 *licence, u8 *key)
{
	static const u8 device_key[] = RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY;
	static const u8 initial[SEMIBLOCK] = {
		0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6,
	};
	u32 ret = TEEC_ERROR_OUT_OF_MEMORY;
	struct skcipher_request *req;
	u8 *work;

	/* The crypto API needs kmalloc() memory: the stack may be in vmalloc space. */
	work = kmalloc(RSTMEM_SVC_CIPHER_LICENCE_SIZE + AES_BLOCK_SIZE,
		       GFP_KERNEL);
	if (!work)
		return TEEC_ERROR_OUT_OF_MEMORY;
	req = skcipher_request_alloc(tfm, GFP_KERNEL);
	if (!req)
		goto out_free;

	memcpy(work, licence, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	if (crypto_skcipher_setkey(tfm, device_key, sizeof(device_key)) ||
	    unwrap(req, work, work + RSTMEM_SVC_CIPHER_LICENCE_SIZE)) {
		ret = TEEC_ERROR_GENERIC;
	} else if (crypto_memneq(work, initial, SEMIBLOCK)) {
		ret = TEEC_ERROR_SECURITY;
	} else {
		memcpy(key, work + SEMIBLOCK, RSTMEM_SVC_CIPHER_KEY_128_SIZE);
		ret = TEEC_SUCCESS;
	}
	skcipher_request_free(req);
out_free:
	kfree_sensitive(work);
	return ret;
}

/**
 * softtee_licence_open() - unwrap the key of a licence
 * @licence:	RSTMEM_SVC_CIPHER_LICENCE_SIZE bytes
 * @key:	out: RSTMEM_SVC_CIPHER_KEY_128_SIZE bytes; unchanged on failure
 *
 * May sleep.
 *
 * Return: TEEC_SUCCESS, TEEC_ERROR_SECURITY when the licence is not for this device,
 * TEEC_ERROR_NOT_SUPPORTED without AES, TEEC_ERROR_OUT_OF_MEMORY or TEEC_ERROR_GENERIC.
 */
u32 softtee_licence_open(const u8 *licence, u8 *key)
{
	struct crypto_skcipher *tfm;
	u32 ret;

	tfm = crypto_alloc_skcipher("ecb(aes)", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm)) {
		pr_err_ratelimited("cipher: no ecb(aes) from the crypto API: error %ld\n",
				   PTR_ERR(tfm));
		return PTR_ERR(tfm) == -ENOMEM ? TEEC_ERROR_OUT_OF_MEMORY :
						 TEEC_ERROR_NOT_SUPPORTED;
	}
	ret = open_with(tfm, licence, key);
	crypto_free_skcipher(tfm);
	return ret;
}
