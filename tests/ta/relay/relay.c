// SPDX-License-Identifier: GPL-2.0-only
/* The test application "relay", see relay.h. */
#include <stddef.h>
#include <stdint.h>
#include <tee_internal_api.h>

#include "relay.h"

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
	(void)types;
	(void)params;
	(void)state;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *state)
{
	(void)state;
}

static TEE_UUID uuid_of(const uint8_t octets[16])
{
	TEE_UUID uuid = {
		.timeLow = (uint32_t)octets[0] << 24 | octets[1] << 16 |
			   octets[2] << 8 | octets[3],
		.timeMid = octets[4] << 8 | octets[5],
		.timeHiAndVersion = octets[6] << 8 | octets[7],
	};

	TEE_MemMove(uuid.clockSeqAndNode, octets + 8,
		    sizeof(uuid.clockSeqAndNode));
	return uuid;
}

static TEE_Result invoke(const struct relay_call *call, TEE_Param params[4])
{
	TEE_UUID uuid = uuid_of(call->uuid);
	TEE_TASessionHandle session;
	TEE_Result res;

	res = TEE_OpenTASession(&uuid, TEE_TIMEOUT_INFINITE, 0, NULL, &session,
				NULL);
	if (res)
		return res;
	res = TEE_InvokeTACommand(session, TEE_TIMEOUT_INFINITE, call->command,
				  call->types, params, NULL);
	TEE_CloseTASession(session);
	return res;
}

TEE_Result TA_InvokeCommandEntryPoint(void *state, uint32_t command,
				      uint32_t types, TEE_Param params[4])
{
	TEE_Param forward[4] = { };
	struct relay_call call;
	TEE_Result res;

	(void)state;
	if (command != RELAY_INVOKE ||
	    TEE_PARAM_TYPE_GET(types, 0) != TEE_PARAM_TYPE_MEMREF_INPUT ||
	    params[0].memref.size != sizeof(call))
		return TEE_ERROR_BAD_PARAMETERS;
	TEE_MemMove(&call, params[0].memref.buffer, sizeof(call));
	TEE_MemMove(forward, params + 1, 3 * sizeof(*params));
	res = invoke(&call, forward);
	TEE_MemMove(params + 1, forward, 3 * sizeof(*params));
	return res;
}
