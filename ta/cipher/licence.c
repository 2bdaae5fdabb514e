// SPDX-License-Identifier: GPL-2.0-only
/*
 * Licences of the cipher service: a content key in the wrapping of RFC 3394.
 *
 * The key of the device is a demonstration: it is in a public header. A product derives it
 * from a secret of the hardware.
 */
#include <linux/tee_rstmem_services.h>

#include "licence.h"

#define SEMIBLOCK	8u
#define BLOCK		(2 * SEMIBLOCK)
#define PARTS		(RSTMEM_SVC_CIPHER_KEY_128_SIZE / SEMIBLOCK)
#define ROUNDS		6u

/* The wrapping of RFC 3394, 2.2.2, undone in place. */
static TEE_Result unwrap(TEE_OperationHandle op, uint8_t *licence)
{
	uint8_t block[BLOCK], *part;
	TEE_Result res;
	uint32_t step;
	size_t len;

	TEE_CipherInit(op, NULL, 0);
	for (step = ROUNDS * PARTS; step > 0; step--) {
		part = licence + SEMIBLOCK * ((step - 1) % PARTS + 1);
		TEE_MemMove(block, licence, SEMIBLOCK);
		TEE_MemMove(block + SEMIBLOCK, part, SEMIBLOCK);
		/* A big-endian number, of which only the last byte is not 0. */
		block[SEMIBLOCK - 1] ^= step;
		len = sizeof(block);
		res = TEE_CipherUpdate(op, block, sizeof(block), block, &len);
		if (res)
			return res;
		TEE_MemMove(licence, block, SEMIBLOCK);
		TEE_MemMove(part, block + SEMIBLOCK, SEMIBLOCK);
	}
	TEE_MemFill(block, 0, sizeof(block));
	return TEE_SUCCESS;
}

static TEE_Result set_device_key(TEE_OperationHandle op)
{
	uint8_t device_key[] = RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY;
	TEE_ObjectHandle object = TEE_HANDLE_NULL;
	TEE_Attribute attr;
	TEE_Result res;

	res = TEE_AllocateTransientObject(TEE_TYPE_AES, 8 * sizeof(device_key), &object);
	if (res)
		return res;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, device_key, sizeof(device_key));
	res = TEE_PopulateTransientObject(object, &attr, 1);
	if (!res)
		res = TEE_SetOperationKey(op, object);
	TEE_FreeTransientObject(object);
	return res;
}

TEE_Result licence_open(uint8_t *licence, uint8_t *key)
{
	TEE_OperationHandle op;
	uint8_t difference = 0;
	TEE_Result res;
	unsigned int n;

	res = TEE_AllocateOperation(&op, TEE_ALG_AES_ECB_NOPAD, TEE_MODE_DECRYPT, 128);
	if (res)
		return res;
	res = set_device_key(op);
	if (!res)
		res = unwrap(op, licence);
	TEE_FreeOperation(op);
	if (res)
		return res;
	for (n = 0; n < SEMIBLOCK; n++)
		difference |= licence[n] ^ 0xa6;
	if (difference)
		return TEE_ERROR_SECURITY;
	TEE_MemMove(key, licence + SEMIBLOCK, RSTMEM_SVC_CIPHER_KEY_128_SIZE);
	TEE_MemFill(licence, 0, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	return TEE_SUCCESS;
}
