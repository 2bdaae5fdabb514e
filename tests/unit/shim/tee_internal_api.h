/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of GlobalPlatform's TEE Internal Core API that the trusted applications
 * use, for unit tests on the host, which define the functions.
 */
#ifndef _TESTS_SHIM_TEE_INTERNAL_API_H
#define _TESTS_SHIM_TEE_INTERNAL_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t TEE_Result;
typedef struct operation *TEE_OperationHandle;
typedef struct object *TEE_ObjectHandle;

typedef union {
	struct {
		void *buffer;
		size_t size;
	} memref;
	struct {
		uint32_t a, b;
	} value;
} TEE_Param;

typedef struct {
	const void *secret;
} TEE_Attribute;

#define TEE_SUCCESS			0x00000000
#define TEE_ERROR_ACCESS_DENIED		0xffff0001
#define TEE_ERROR_CANCEL		0xffff0002
#define TEE_ERROR_BAD_PARAMETERS	0xffff0006
#define TEE_ERROR_BAD_STATE		0xffff0007
#define TEE_ERROR_NOT_SUPPORTED		0xffff000a
#define TEE_ERROR_OUT_OF_MEMORY		0xffff000c
#define TEE_ERROR_SECURITY		0xffff000f
#define TEE_ERROR_SHORT_BUFFER		0xffff0010

#define TEE_NUM_PARAMS			4
#define TEE_PARAM_TYPE_NONE		0
#define TEE_PARAM_TYPE_VALUE_INPUT	1
#define TEE_PARAM_TYPE_MEMREF_INPUT	5
#define TEE_PARAM_TYPE_MEMREF_OUTPUT	6
#define TEE_PARAM_TYPE_MEMREF_INOUT	7
#define TEE_PARAM_TYPES(p0, p1, p2, p3) \
	((p0) | (p1) << 4 | (p2) << 8 | (uint32_t)(p3) << 12)
#define TEE_PARAM_TYPE_GET(types, n)	((types) >> (n) * 4 & 15)

#define TEE_MEMORY_ACCESS_READ		0x00000001
#define TEE_MEMORY_ACCESS_ANY_OWNER	0x00000004
/* OP-TEE's own. */
#define TEE_MEMORY_ACCESS_NONSECURE	0x10000000
#define TEE_MEMORY_ACCESS_SECURE	0x20000000

#define TEE_HANDLE_NULL			NULL
#define TEE_MALLOC_FILL_ZERO		0
#define TEE_ALG_AES_ECB_NOPAD		0x10000010
#define TEE_ALG_AES_CTR			0x10000210
#define TEE_MODE_DECRYPT		1
#define TEE_TYPE_AES			0xa0000010
#define TEE_ATTR_SECRET_VALUE		0xc0000000

void *TEE_Malloc(size_t size, uint32_t hint);
void TEE_Free(void *buffer);
void TEE_MemMove(void *dest, const void *src, size_t size);
void TEE_MemFill(void *buffer, uint8_t x, size_t size);
TEE_Result TEE_CheckMemoryAccessRights(uint32_t flags, void *buffer, size_t size);
bool TEE_GetCancellationFlag(void);

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *op, uint32_t algorithm,
				 uint32_t mode, uint32_t max_key_size);
void TEE_FreeOperation(TEE_OperationHandle op);
void TEE_ResetOperation(TEE_OperationHandle op);
TEE_Result TEE_SetOperationKey(TEE_OperationHandle op, TEE_ObjectHandle key);
void TEE_CipherInit(TEE_OperationHandle op, const void *iv, size_t size);
TEE_Result TEE_CipherUpdate(TEE_OperationHandle op, const void *src,
			    size_t src_size, void *dest, size_t *dest_size);

TEE_Result TEE_AllocateTransientObject(uint32_t type, uint32_t max_size,
				       TEE_ObjectHandle *object);
void TEE_FreeTransientObject(TEE_ObjectHandle object);
void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t id, const void *buffer,
			  size_t length);
TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object,
				       const TEE_Attribute *attrs, uint32_t count);

#endif
