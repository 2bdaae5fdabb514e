// SPDX-License-Identifier: GPL-2.0-only
/* The decoder with the kernel's ioctls, see decoder.h. */
#include <string.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../support/target.h"
#include "../support/tee.h"
#include "decoder.h"

const char *decoder_run(int buf, const uint8_t secret[48], const void *data,
			size_t size, uint8_t digest[32])
{
	static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
	static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;
	int tee = target_open(), id;
	uint32_t cipher = tee_service(tee, cipher_uuid);
	struct tee_ioctl_param params[3];
	struct tee_mem key, in;

	if (tee_register_fd(tee, buf, &id) < 0)
		return "the buffer cannot be registered";
	close(buf);

	tee_mem_alloc(tee, 48, &key);
	tee_mem_alloc(tee, size, &in);
	memcpy(key.addr, secret, 48);
	memcpy(in.addr, data, size);
	params[0] = tee_in(key.id, 0, 32);
	params[1] = tee_in(key.id, 32, 16);
	if (tee_call(tee, cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2))
		return "the key is refused";
	params[0] = tee_in(in.id, 0, size);
	params[1] = tee_out(id, 0, size);
	params[2] = tee_value(0, 0);
	if (tee_call(tee, cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3) ||
	    params[1].b != size)
		return "the TEE does not decrypt";
	if (tee_digest(tee, tee_service(tee, digest_uuid), id, 0, size, digest))
		return "the TEE does not digest";
	return NULL;
}
