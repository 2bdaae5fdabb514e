// SPDX-License-Identifier: GPL-2.0-only
/* Known content for restricted buffers, see content.h. */
#include <string.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <linux/tee_rstmem_services.h>

#include "content.h"
#include "ktap.h"
#include "tee.h"

void content_make(void *data, size_t size, uint32_t seed)
{
	uint8_t *p = data;
	uint32_t x = seed * 2654435761u + 1;
	size_t n;

	for (n = 0; n < size; n++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		p[n] = x >> 24;
	}
}

void content_sha256(const void *data, size_t size, uint8_t digest[32])
{
	SHA256(data, size, digest);
}

void content_encrypt(const uint8_t key[32], const uint8_t iv[16],
		     uint64_t offset, const void *in, void *out, size_t size)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t counter[16], skip[16] = {};
	uint64_t carry = offset / 16;
	int n, len;

	for (n = 15; n >= 0; n--) {
		carry += iv[n];
		counter[n] = carry;
		carry >>= 8;
	}
	if (!ctx ||
	    !EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, counter) ||
	    !EVP_EncryptUpdate(ctx, skip, &len, skip, offset % 16) ||
	    !EVP_EncryptUpdate(ctx, out, &len, in, size))
		ktap_bail("OpenSSL does not encrypt");
	EVP_CIPHER_CTX_free(ctx);
}

void content_fill(int tee, int id, uint64_t offset, const void *data,
		  size_t size)
{
	static const uint8_t uuid[] = RSTMEM_SVC_CIPHER_UUID;
	struct tee_ioctl_param params[3];
	uint8_t secret[48];
	struct tee_mem in, key;
	uint32_t session, ret;

	session = tee_service(tee, uuid);
	tee_mem_alloc(tee, sizeof(secret), &key);
	tee_mem_alloc(tee, size, &in);

	content_make(secret, sizeof(secret), size);
	memcpy(key.addr, secret, sizeof(secret));
	params[0] = tee_in(key.id, 0, 32);
	params[1] = tee_in(key.id, 32, 16);
	ret = tee_call(tee, session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
	if (ret)
		ktap_bail("set key: 0x%x", ret);

	content_encrypt(secret, secret + 32, 0, data, in.addr, size);
	params[0] = tee_in(in.id, 0, size);
	params[1] = tee_out(id, offset, size);
	params[2] = tee_value(0, 0);
	ret = tee_call(tee, session, RSTMEM_SVC_CIPHER_UPDATE, params, 3);
	if (ret)
		ktap_bail("decrypt into a restricted buffer: 0x%x", ret);

	tee_mem_free(&in);
	tee_mem_free(&key);
	tee_close_session(tee, session);
}

_Bool content_is(int tee, int id, uint64_t offset, const void *data,
		 size_t size)
{
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	uint8_t want[32], got[32];
	uint32_t session, ret;

	session = tee_service(tee, uuid);
	ret = tee_digest(tee, session, id, offset, size, got);
	tee_close_session(tee, session);
	content_sha256(data, size, want);
	return !ret && !memcmp(got, want, sizeof(want));
}
