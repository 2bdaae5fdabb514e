// SPDX-License-Identifier: GPL-2.0-only
/* GlobalPlatform's entry points of a trusted application, see service.h. */
#include "service.h"

TEE_Result TA_CreateEntryPoint(void)
{
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4],
				    void **state)
{
	const struct call call = { .types = types, .params = params };
	TEE_Result res = call_none(&call, 0);

	if (res)
		return res;
	*state = NULL;
	return service_open(state);
}

void TA_CloseSessionEntryPoint(void *state)
{
	service_close(state);
}

TEE_Result TA_InvokeCommandEntryPoint(void *state, uint32_t command,
				      uint32_t types, TEE_Param params[4])
{
	const struct call call = { .types = types, .params = params };
	TEE_Result res;

	/* Masked at first, so that code that does not look is not cancelled. */
	TEE_UnmaskCancellation();
	res = service_invoke(state, command, &call);
	TEE_MaskCancellation();
	return res;
}
