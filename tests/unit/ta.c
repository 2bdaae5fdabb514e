// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the trusted applications, for events that OP-TEE does not produce on
 * request: a lack of memory at one place, and memory references beyond 4 GiB. The test
 * imitates OP-TEE's API, and panics in the same states of an operation.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <linux/tee_rstmem_services.h>

#include "../../ta/common/service.h"
#include "unit.h"

struct operation {
	bool has_key;		/* TEE_HANDLE_FLAG_KEY_SET */
	bool in_use;		/* TEE_HANDLE_FLAG_INITIALIZED */
	uint8_t key;		/* first byte of the key */
	uint8_t pad;		/* XORed with the input */
};

struct object {
	uint8_t key;
};

static jmp_buf panic;
static bool no_object, no_attribute;
static size_t checked;

#define PANIC		0xffff3024

/* Memory. */

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

/* All memory is of the right kind, up to 4 GiB of it. */
TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void *buffer, size_t size)
{
	(void)flags;
	(void)buffer;
	checked = size;
	return size >> 32 ? TEE_ERROR_ACCESS_DENIED : TEE_SUCCESS;
}

bool TEE_GetCancellationFlag(void)
{
	return false;
}

/* Operations. */

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *op, uint32_t algorithm,
				 uint32_t mode, uint32_t max_key_size)
{
	(void)algorithm;
	(void)mode;
	(void)max_key_size;
	*op = calloc(1, sizeof(**op));
	return TEE_SUCCESS;
}

void TEE_FreeOperation(TEE_OperationHandle op)
{
	free(op);
}

void TEE_ResetOperation(TEE_OperationHandle op)
{
	if (!op->has_key)
		longjmp(panic, 1);
	op->in_use = false;
}

TEE_Result TEE_SetOperationKey(TEE_OperationHandle op, TEE_ObjectHandle key)
{
	if (op->in_use)
		longjmp(panic, 1);
	op->has_key = true;
	op->key = key->key;
	return TEE_SUCCESS;
}

void TEE_CipherInit(TEE_OperationHandle op, const void *iv, size_t size)
{
	if (!op->has_key || size != RSTMEM_SVC_CIPHER_IV_SIZE)
		longjmp(panic, 1);
	op->in_use = true;
	/* The last byte of the counter block says where in the stream it is. */
	op->pad = op->key ^ ((const uint8_t *)iv)[size - 1];
}

TEE_Result TEE_CipherUpdate(TEE_OperationHandle op, const void *src,
			    size_t src_size, void *dest, size_t *dest_size)
{
	size_t n;

	if (!op->in_use)
		longjmp(panic, 1);
	for (n = 0; n < src_size; n++)
		((uint8_t *)dest)[n] = ((const uint8_t *)src)[n] ^ op->pad;
	*dest_size = src_size;
	return TEE_SUCCESS;
}

/* Objects. */

TEE_Result TEE_AllocateTransientObject(uint32_t type, uint32_t max_size,
				       TEE_ObjectHandle *object)
{
	(void)type;
	(void)max_size;
	if (no_object)
		return TEE_ERROR_OUT_OF_MEMORY;
	*object = calloc(1, sizeof(**object));
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
	(void)length;
	attr->secret = buffer;
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object,
				       const TEE_Attribute *attrs, uint32_t count)
{
	(void)count;
	if (no_attribute)
		return TEE_ERROR_OUT_OF_MEMORY;
	object->key = *(const uint8_t *)attrs->secret;
	return TEE_SUCCESS;
}

/* The cipher service. */

static TEE_Result invoke(void *state, uint32_t command, const struct call *call)
{
	return setjmp(panic) ? PANIC : service_invoke(state, command, call);
}

static TEE_Result set_key(void *state, uint8_t key_byte)
{
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_SIZE] = { key_byte };
	uint8_t iv[RSTMEM_SVC_CIPHER_IV_SIZE] = { 0 };
	TEE_Param params[TEE_NUM_PARAMS] = {
		{ .memref = { key, sizeof(key) } },
		{ .memref = { iv, sizeof(iv) } },
	};
	struct call call = {
		.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
					 TEE_PARAM_TYPE_MEMREF_INPUT, 0, 0),
		.params = params,
	};

	return invoke(state, RSTMEM_SVC_CIPHER_SET_KEY, &call);
}

/* Encrypts a block of zeros to *@out. */
static TEE_Result update(void *state, uint8_t *out)
{
	uint8_t block[16] = { 0 };
	TEE_Param params[TEE_NUM_PARAMS] = {
		{ .memref = { block, sizeof(block) } },
		{ .memref = { block, sizeof(block) } },
	};
	struct call call = {
		.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
					 TEE_PARAM_TYPE_MEMREF_OUTPUT, 0, 0),
		.params = params,
	};
	TEE_Result res = invoke(state, RSTMEM_SVC_CIPHER_UPDATE, &call);

	*out = block[15];
	return res;
}

static void check_failure(bool *failure, const char *name)
{
	uint8_t out = 0;
	void *state;

	if (service_open(&state))
		ktap_bail("service_open");
	ktap(!set_key(state, 0x40) && !update(state, &out) && out == 0x40,
	     "SET_KEY, %s: the first key works", name);
	*failure = true;
	ktap_eq(set_key(state, 0x50), TEE_ERROR_OUT_OF_MEMORY,
		"SET_KEY, %s: reports the lack of memory", name);
	ktap(!update(state, &out) && out == (0x40 ^ 1),
	     "SET_KEY, %s: keeps key and position", name);
	ktap_eq(set_key(state, 0x50), TEE_ERROR_OUT_OF_MEMORY,
		"SET_KEY, %s: reports the lack of memory again", name);
	*failure = false;
	ktap_eq(set_key(state, 0x60), TEE_SUCCESS,
		"SET_KEY, %s: the next call succeeds", name);
	ktap(!update(state, &out) && out == 0x60,
	     "SET_KEY, %s: the new key works", name);
	service_close(state);

	/* The first key of a session. */
	if (service_open(&state))
		ktap_bail("service_open");
	*failure = true;
	ktap_eq(set_key(state, 0x50), TEE_ERROR_OUT_OF_MEMORY,
		"SET_KEY, %s: reports the lack of memory in a new session",
		name);
	*failure = false;
	ktap_eq(update(state, &out), TEE_ERROR_BAD_STATE,
		"SET_KEY, %s: leaves a new session without a key", name);
	ktap(!set_key(state, 0x60) && !update(state, &out) && out == 0x60,
	     "SET_KEY, %s: a new session accepts a key afterwards", name);
	service_close(state);
}

static void test_set_key(UNIT_ARG)
{
	check_failure(&no_object, "no memory for a key object");
	check_failure(&no_attribute, "no memory for the value of a key");
}

/* Memory references. */

static void test_memref(UNIT_ARG)
{
	static uint8_t memory[16];
	static const struct {
		const char *name;
		void *buffer;
		size_t size;
		TEE_Result res;
		size_t checked;
	} cases[] = {
		{ "memory", memory, 16, TEE_SUCCESS, 16 },
		{ "memory of more than 4 GiB",
		  memory, 0x100000010, TEE_ERROR_ACCESS_DENIED, 0x100000010 },
		{ "memory of 4 GiB",
		  memory, 0x100000000, TEE_ERROR_ACCESS_DENIED, 0x100000000 },
		{ "an empty reference", memory, 0, TEE_SUCCESS, 0 },
		{ "NULL", NULL, 0, TEE_SUCCESS, 0 },
		{ "NULL with a size", NULL, 16, TEE_SUCCESS, 0 },
		{ "NULL with a size of 4 GiB", NULL, 0x100000000, TEE_SUCCESS, 0 },
	};
	TEE_Param params[TEE_NUM_PARAMS], *param;
	struct call call = {
		.types = TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT, 0, 0, 0),
		.params = params,
	};
	unsigned int n;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		params[0].memref.buffer = cases[n].buffer;
		params[0].memref.size = cases[n].size;
		checked = 0;
		ktap_eq(call_input(&call, 0, CALL_NORMAL, &param), cases[n].res,
			"memref, %s: has the expected result", cases[n].name);
		ktap_eq(checked, cases[n].checked,
			"memref, %s: the expected size is checked", cases[n].name);
		if (!cases[n].buffer)
			ktap_eq(param->memref.size, 0,
				"memref, %s: becomes an empty reference",
				cases[n].name);
	}
}

UNIT_SUITE(ta, UNIT_CASE(test_set_key), UNIT_CASE(test_memref));
