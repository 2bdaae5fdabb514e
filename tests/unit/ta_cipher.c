// SPDX-License-Identifier: GPL-2.0-only
/*
 * The results of the cipher service as a trusted application, beside OpenSSL's, which also
 * does the work behind OP-TEE's API here: keys of both sizes, samples, and licences.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <linux/tee_rstmem_services.h>

#include "../../ta/common/service.h"
#include "unit.h"

#define SIZE	100000

struct operation {
	EVP_CIPHER_CTX *ctx;
	bool ctr;
	uint8_t key[32];
	size_t key_size;
};

struct object {
	uint8_t key[32];
	size_t size;
};

static uint8_t input[SIZE], output[SIZE], expected[SIZE], key[32], iv[16];
static size_t attribute_size;

void *TEE_Malloc(size_t size, uint32_t hint)
{
	(void)hint;
	return calloc(1, size);
}

void TEE_Free(void *buffer)
{
	free(buffer);
}

void TEE_MemMove(void *dest, const void *src, size_t size)
{
	memmove(dest, src, size);
}

void TEE_MemFill(void *buffer, uint8_t x, size_t size)
{
	memset(buffer, x, size);
}

TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void *buffer, size_t size)
{
	(void)flags;
	(void)buffer;
	(void)size;
	return TEE_SUCCESS;
}

bool TEE_GetCancellationFlag(void)
{
	return false;
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *op, uint32_t algorithm,
				 uint32_t mode, uint32_t max_key_size)
{
	(void)mode;
	(void)max_key_size;
	*op = calloc(1, sizeof(**op));
	(*op)->ctx = EVP_CIPHER_CTX_new();
	(*op)->ctr = algorithm == TEE_ALG_AES_CTR;
	return TEE_SUCCESS;
}

void TEE_FreeOperation(TEE_OperationHandle op)
{
	EVP_CIPHER_CTX_free(op->ctx);
	free(op);
}

void TEE_ResetOperation(TEE_OperationHandle op)
{
	(void)op;
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle op, TEE_ObjectHandle object)
{
	memcpy(op->key, object->key, sizeof(op->key));
	op->key_size = object->size;
	return TEE_SUCCESS;
}

void TEE_CipherInit(TEE_OperationHandle op, const void *start, size_t size)
{
	const EVP_CIPHER *cipher = EVP_aes_128_ecb();

	if (size != (op->ctr ? 16 : 0))
		ktap_bail("a counter block of %zu bytes", size);
	if (op->ctr)
		cipher = op->key_size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
	EVP_DecryptInit_ex(op->ctx, cipher, NULL, op->key, start);
	EVP_CIPHER_CTX_set_padding(op->ctx, 0);
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle op, const void *src,
			    size_t src_size, void *dest, size_t *dest_size)
{
	int len;

	EVP_DecryptUpdate(op->ctx, dest, &len, src, src_size);
	if ((size_t)len != src_size)
		ktap_bail("%d of %zu bytes", len, src_size);
	*dest_size = len;
	return TEE_SUCCESS;
}

TEE_Result TEE_AllocateTransientObject(uint32_t type, uint32_t max_size,
				       TEE_ObjectHandle *object)
{
	(void)type;
	*object = calloc(1, sizeof(**object));
	(*object)->size = max_size / 8;
	return TEE_SUCCESS;
}

void TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	free(object);
}

void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t id, const void *buffer,
			  size_t length)
{
	(void)id;
	attr->secret = buffer;
	attribute_size = length;
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object,
				       const TEE_Attribute *attrs, uint32_t count)
{
	(void)count;
	if (attribute_size != object->size)
		ktap_bail("%zu bytes for a key of %zu", attribute_size, object->size);
	memcpy(object->key, attrs->secret, object->size);
	return TEE_SUCCESS;
}

static void fill(void *data, size_t size)
{
	uint8_t *p = data;

	while (size--)
		*p++ = unit_random();
}

/* Invokes a command on references of these sizes: two inputs, or input, output, input. */
static TEE_Result invoke(void *state, uint32_t command, uint8_t *p0, size_t size0,
			 uint8_t *p1, size_t size1, uint8_t *p2, size_t size2)
{
	TEE_Param params[TEE_NUM_PARAMS] = {
		{ .memref = { p0, size0 } }, { .memref = { p1, size1 } },
		{ .memref = { p2, size2 } },
	};
	bool output1 = command == RSTMEM_SVC_CIPHER_UPDATE ||
		       command == RSTMEM_SVC_CIPHER_SAMPLE;
	struct call call = {
		.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
			!p1 ? 0 : output1 ? TEE_PARAM_TYPE_MEMREF_OUTPUT :
					    TEE_PARAM_TYPE_MEMREF_INPUT,
			p2 ? TEE_PARAM_TYPE_MEMREF_INPUT : 0, 0),
		.params = params,
	};

	return service_invoke(state, command, &call);
}

static void *session(size_t key_size)
{
	void *state;

	if (service_open(&state))
		ktap_bail("service_open");
	fill(key, sizeof(key));
	fill(iv, sizeof(iv));
	fill(input, sizeof(input));
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_SET_KEY, key, key_size, iv, 16, NULL, 0),
		TEE_SUCCESS, "SET_KEY: accepts %zu bytes", key_size);
	return state;
}

/* CTR over the whole of @size bytes, by OpenSSL. */
static void expect_ctr(const EVP_CIPHER *cipher, size_t size)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	EVP_EncryptInit_ex(ctx, cipher, NULL, key, iv);
	EVP_EncryptUpdate(ctx, expected, &len, input, size);
	EVP_CIPHER_CTX_free(ctx);
}

static void test_update(UNIT_ARG)
{
	size_t size, done, n;
	void *state;

	unit_seed(1);
	for (size = 16; size <= 32; size += 16) {
		state = session(size);
		expect_ctr(size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(), SIZE);
		for (done = 0; done < SIZE; done += n) {
			n = 1 + unit_random() % 9000;
			if (n > SIZE - done)
				n = SIZE - done;
			if (invoke(state, RSTMEM_SVC_CIPHER_UPDATE, input + done, n,
				   output + done, n, NULL, 0))
				break;
		}
		ktap(!memcmp(output, expected, SIZE),
		     "UPDATE: pieces with a key of %zu bytes give what OpenSSL does", size);
		service_close(state);
	}
	state = session(16);
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_SET_KEY, key, 24, iv, 16, NULL, 0),
		TEE_ERROR_BAD_PARAMETERS, "SET_KEY: refuses 24 bytes");
	service_close(state);
}

/* Encrypts the parts of a table, whose stream wraps its lower 64 bits without a carry. */
static void expect_sample(const uint8_t *info, unsigned int numbers)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t counter[16], pad[16];
	size_t at = 0, i, part;
	uint64_t pos = 0, low;
	unsigned int n;
	int k, len;

	EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, key, NULL);
	memcpy(expected, input, SIZE);
	for (n = 0; n < numbers; n++, at += part) {
		memcpy(&part, info + 16 + 4 * n, 4);
		part &= 0xffffffff;
		for (i = 0; n % 2 && i < part; i++, pos++) {
			memcpy(counter, info, 16);
			for (low = 0, k = 8; k < 16; k++)
				low = low << 8 | info[k];
			for (low += pos / 16, k = 15; k >= 8; k--, low >>= 8)
				counter[k] = low;
			EVP_EncryptUpdate(ctx, pad, &len, counter, 16);
			expected[at + i] ^= pad[pos % 16];
		}
	}
	EVP_CIPHER_CTX_free(ctx);
}

static void test_sample(UNIT_ARG)
{
	uint8_t info[16 + 8 * 20];
	unsigned int n, i, num;
	bool ok = true;
	uint32_t part;
	void *state;
	size_t size;

	unit_seed(2);
	state = session(16);
	for (n = 0; n < 200; n++) {
		fill(info, 16);
		if (n % 2)
			memset(info + 8, 255, n % 3 ? 8 : 6);
		num = n % 5 ? 2 * (1 + unit_random() % 20) : 2;
		for (size = 0, i = 0; i < num; i++) {
			part = unit_random() % 3 ? unit_random() % 2000 : 0;
			if (i == 1 && n % 10 == 3)
				part += 50000;
			memcpy(info + 16 + 4 * i, &part, 4);
			size += part;
		}
		expect_sample(info, num);
		memset(output, 0, sizeof(output));
		ok = !invoke(state, RSTMEM_SVC_CIPHER_SAMPLE, input, size, output, SIZE, info,
			     16 + 4 * num) && !memcmp(output, expected, size) && ok;
		ok = invoke(state, RSTMEM_SVC_CIPHER_SAMPLE, input, size + 1, output, SIZE,
			    info, 16 + 4 * num) == TEE_ERROR_BAD_PARAMETERS && ok;
	}
	ktap(ok, "SAMPLE: 200 samples give what OpenSSL does, other sums are refused");
	part = 0;
	memcpy(info + 16, &part, 4);
	part = 70000;
	memcpy(info + 20, &part, 4);
	expect_sample(info, 2);
	ktap(!invoke(state, RSTMEM_SVC_CIPHER_SAMPLE, input, 70000, output, SIZE, info, 16) &&
	     !memcmp(output, expected, 70000), "SAMPLE: all is encrypted without subsamples");
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_SAMPLE, input, 0, output, SIZE, info, 15),
		TEE_ERROR_BAD_PARAMETERS, "SAMPLE: refuses a short description");
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_SAMPLE, input, 0, output, SIZE, info, 20),
		TEE_ERROR_BAD_PARAMETERS, "SAMPLE: refuses half a subsample");
	service_close(state);
}

static void test_licence(UNIT_ARG)
{
	static const uint8_t device[] = RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t licence[RSTMEM_SVC_CIPHER_LICENCE_SIZE];
	void *state;
	bool ok = true;
	int len;

	unit_seed(3);
	state = session(32);
	fill(key, sizeof(key));
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	EVP_EncryptInit_ex(ctx, EVP_aes_128_wrap(), NULL, device, NULL);
	EVP_EncryptUpdate(ctx, licence, &len, key, 16);
	EVP_CIPHER_CTX_free(ctx);
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_LICENCE, licence, len, NULL, 0, NULL, 0),
		TEE_SUCCESS, "LICENCE: accepts the wrapping of OpenSSL");
	memset(iv, 0, sizeof(iv));
	expect_ctr(EVP_aes_128_ctr(), 1000);
	ok = !invoke(state, RSTMEM_SVC_CIPHER_UPDATE, input, 1000, output, 1000, NULL, 0);
	ktap(ok && !memcmp(output, expected, 1000), "LICENCE: its key works");
	for (ok = true, len = 0; len < RSTMEM_SVC_CIPHER_LICENCE_SIZE; len++) {
		licence[len] ^= 0x10;
		ok = invoke(state, RSTMEM_SVC_CIPHER_LICENCE, licence, sizeof(licence), NULL,
			    0, NULL, 0) == TEE_ERROR_SECURITY && ok;
		licence[len] ^= 0x10;
	}
	ktap(ok, "LICENCE: refuses any change of a byte");
	ktap_eq(invoke(state, RSTMEM_SVC_CIPHER_LICENCE, licence, 23, NULL, 0, NULL, 0),
		TEE_ERROR_BAD_PARAMETERS, "LICENCE: refuses 23 bytes");
	service_close(state);
}

UNIT_SUITE(ta_cipher, UNIT_CASE(test_update), UNIT_CASE(test_sample),
	   UNIT_CASE(test_licence));
