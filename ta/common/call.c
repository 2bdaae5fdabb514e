// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of a command, see call.h. */
#include <tee_internal_api_extensions.h>

#include "call.h"

/* The whole of it must be one kind or the other. */
static TEE_Result check_memref(TEE_Param *param, unsigned int kinds,
			       uint32_t access)
{
	void *buffer = param->memref.buffer;
	uint32_t size = param->memref.size;

	if (!buffer)
		return size ? TEE_ERROR_BAD_PARAMETERS : TEE_SUCCESS;
	access |= TEE_MEMORY_ACCESS_ANY_OWNER;
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
	return check_memref(*param, kinds, TEE_MEMORY_ACCESS_READ);
}

TEE_Result call_output(const struct call *call, unsigned int n,
		       unsigned int kinds, TEE_Param **param)
{
	switch (TEE_PARAM_TYPE_GET(call->types, n)) {
	case TEE_PARAM_TYPE_MEMREF_OUTPUT:
	case TEE_PARAM_TYPE_MEMREF_INOUT:
		*param = &call->params[n];
		return check_memref(*param, kinds, TEE_MEMORY_ACCESS_WRITE);
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
