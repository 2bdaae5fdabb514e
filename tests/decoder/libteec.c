// SPDX-License-Identifier: GPL-2.0-only
/* The decoder with the TEE client library, see decoder.h. */
#include <string.h>
#include <unistd.h>
#include <tee_client_api.h>
#include <tee_client_api_extensions.h>
#include <linux/tee_rstmem_services.h>

#include "decoder.h"

/* The services' UUIDs are arrays of bytes, the library's are structures. */
static TEEC_UUID uuid(const uint8_t b[16])
{
	TEEC_UUID uuid = {
		.timeLow = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3],
		.timeMid = b[4] << 8 | b[5],
		.timeHiAndVersion = b[6] << 8 | b[7],
	};

	memcpy(uuid.clockSeqAndNode, b + 8, 8);
	return uuid;
}

static TEEC_Result open_session(TEEC_Context *ctx, TEEC_Session *session,
				const uint8_t bytes[16])
{
	TEEC_UUID id = uuid(bytes);

	return TEEC_OpenSession(ctx, session, &id, TEEC_LOGIN_PUBLIC, NULL,
				NULL, NULL);
}

const char *decoder_run(int buf, const uint8_t secret[48], const void *data,
			size_t size, uint8_t digest[32])
{
	static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
	static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;
	TEEC_SharedMemory shm = { .flags = TEEC_MEM_INPUT | TEEC_MEM_OUTPUT };
	TEEC_Session cipher, sha;
	TEEC_Operation op = {};
	TEEC_Context ctx;

	if (TEEC_InitializeContext(NULL, &ctx))
		return "libteec finds no TEE";
	if (open_session(&ctx, &cipher, cipher_uuid) ||
	    open_session(&ctx, &sha, digest_uuid))
		return "no session";
	if (TEEC_RegisterSharedMemoryFileDescriptor(&ctx, &shm, buf))
		return "the buffer cannot be registered";
	close(buf);

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
					 TEEC_MEMREF_TEMP_INPUT, TEEC_NONE,
					 TEEC_NONE);
	op.params[0].tmpref.buffer = (void *)secret;
	op.params[0].tmpref.size = 32;
	op.params[1].tmpref.buffer = (void *)(secret + 32);
	op.params[1].tmpref.size = 16;
	if (TEEC_InvokeCommand(&cipher, RSTMEM_SVC_CIPHER_SET_KEY, &op, NULL))
		return "the key is refused";

	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_TEMP_INPUT,
					 TEEC_MEMREF_PARTIAL_OUTPUT,
					 TEEC_VALUE_INPUT, TEEC_NONE);
	op.params[0].tmpref.buffer = (void *)data;
	op.params[0].tmpref.size = size;
	op.params[1].memref.parent = &shm;
	op.params[1].memref.size = size;
	if (TEEC_InvokeCommand(&cipher, RSTMEM_SVC_CIPHER_UPDATE, &op, NULL) ||
	    op.params[1].memref.size != size)
		return "the TEE does not decrypt";

	memset(&op, 0, sizeof(op));
	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT,
					 TEEC_MEMREF_TEMP_OUTPUT, TEEC_NONE,
					 TEEC_NONE);
	op.params[0].memref.parent = &shm;
	op.params[0].memref.size = size;
	op.params[1].tmpref.buffer = digest;
	op.params[1].tmpref.size = 32;
	if (TEEC_InvokeCommand(&sha, RSTMEM_SVC_DIGEST_SHA256, &op, NULL) ||
	    op.params[1].tmpref.size != 32)
		return "the TEE does not digest";
	return NULL;
}
