// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of a command, see call.h. */
#include <tee_internal_api_extensions.h>

#include "call.h"

/*
 * The whole buffer must be of one kind. This asks the API for read access only: the type
 * says whether the buffer may be written, and the API denies write access to memory that
 * is part of an input as well.
 */
static TEE_Result check_kind(TEE_Param *param, unsigned int kinds)
{
	uint32_t access = TEE_MEMORY_ACCESS_READ | TEE_MEMORY_ACCESS_ANY_OWNER;
	void *buffer = param->memref.buffer;
	size_t size = param->memref.size;

	/* NULL is an empty reference, and an empty one refers to no memory. */
	if (!buffer)
		param->memref.size = 0;
	if (!buffer || !size)
		return TEE_SUCCESS;
	if (kinds & CALL_NORMAL &&
	    !TEE_CheckMemoryAccessRights(access | TEE_MEMORY_ACCESS_NONSECURE,
					 buffer, size))
		return TEE_SUCCESS;
	if (kinds & CALL_RESTRICTED &&
	    !TEE_CheckMemoryAccessRights(access | TEE_MEMORY_ACCESS_SECURE,
					 buffer, size))
		return TEE_SUCCESS;
	return TEE_ERROR_ACCESS_DENIED;
}

TEE_Result call_input(const struct call *call, unsigned int n,
		      unsigned int kinds, TEE_Param **param)
{
	if (TEE_PARAM_TYPE_GET(call->types, n) != TEE_PARAM_TYPE_MEMREF_INPUT)
		return TEE_ERROR_BAD_PARAMETERS;
	*param = &call->params[n];
	return check_kind(*param, kinds);
}

TEE_Result call_output(const struct call *call, unsigned int n,
		       unsigned int kinds, TEE_Param **param)
{
	switch (TEE_PARAM_TYPE_GET(call->types, n)) {
	case TEE_PARAM_TYPE_MEMREF_OUTPUT:
	case TEE_PARAM_TYPE_MEMREF_INOUT:
		*param = &call->params[n];
		return check_kind(*param, kinds);
	default:
		return TEE_ERROR_BAD_PARAMETERS;
	}
}

TEE_Result call_none(const struct call *call, unsigned int n)
{
	for (; n < TEE_NUM_PARAMS; n++)
		if (TEE_PARAM_TYPE_GET(call->types, n) != TEE_PARAM_TYPE_NONE)
			return TEE_ERROR_BAD_PARAMETERS;
	return TEE_SUCCESS;
}

bool call_cancelled(void)
{
	return TEE_GetCancellationFlag();
}
