// SPDX-License-Identifier: GPL-2.0-only
/*
 * Content with common encryption for the cipher service: keys of 128 bits, samples with a
 * counter block of their own and with clear parts, and licences. OpenSSL says what is
 * right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/nist.h"
#include "../support/services.h"
#include "../support/tee.h"

#define MOST		(16 + 8 * 1024)

struct subsample {
	uint32_t clear, encrypted;
};

static struct tee_mem info;	/* p2 of SAMPLE */
static uint8_t key[16], iv[16];

/* One block of AES-128, or a whole key wrap, by OpenSSL. Returns the bytes written. */
static int openssl(const EVP_CIPHER *cipher, const uint8_t *with, const void *in, int size,
		   void *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (!ctx || !EVP_EncryptInit_ex(ctx, cipher, NULL, with, NULL) ||
	    !EVP_EncryptUpdate(ctx, out, &len, in, size))
		ktap_bail("OpenSSL does not encrypt");
	EVP_CIPHER_CTX_free(ctx);
	return len;
}

/* Encrypts as the standard says: the lower 64 bits of the counter count. */
static void expect_part(uint64_t *pos, uint8_t *data, size_t size)
{
	uint8_t counter[16], pad[32];
	uint64_t carry;
	size_t i;
	int n;

	for (i = 0; i < size; i++, ++*pos) {
		if (!i || *pos % 16 == 0) {
			memcpy(counter, iv, 16);
			carry = *pos / 16;
			for (n = 15; n >= 8; n--) {
				carry += counter[n];
				counter[n] = carry;
				carry >>= 8;
			}
			openssl(EVP_aes_128_ecb(), key, counter, 16, pad);
		}
		data[i] ^= pad[*pos % 16];
	}
}

static void expect_sample(size_t from, size_t to, size_t size, const struct subsample *subs,
			  unsigned int num)
{
	const struct subsample whole = { 0, size };
	uint8_t *data = svc.shadow + to;
	uint64_t pos = 0;
	unsigned int n;

	memcpy(data, (uint8_t *)svc.mem.addr + from, size);
	if (!num) {
		subs = &whole;
		num = 1;
	}
	for (n = 0; n < num; n++) {
		data += subs[n].clear;
		expect_part(&pos, data, subs[n].encrypted);
		data += subs[n].encrypted;
	}
}

/* Has the service decrypt a sample. @info_size 0 means that of the subsamples. */
static bool sample_gives(size_t from, size_t to, size_t size, const struct subsample *subs,
			 unsigned int num, size_t info_size, uint32_t want)
{
	size_t full = 16 + num * sizeof(*subs);
	struct tee_ioctl_param params[3] = {
		tee_in(svc.mem.id, from, size),
		tee_out(svc.buf_id, to, SVC_SIZE - to),
		tee_in(info.id, 0, info_size ? info_size : full),
	};

	memcpy(info.addr, iv, 16);
	/* Little endian, as all machines of the lab are. */
	if (num)
		memcpy((uint8_t *)info.addr + 16, subs, num * sizeof(*subs));
	return svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3, want) &&
	       (want || params[1].b == size);
}

static void new_key(void)
{
	struct tee_ioctl_param params[2] = {
		tee_in(svc.small.id, 0, 16), tee_in(svc.small.id, 16, 16),
	};

	content_make(key, sizeof(key), svc_rnd());
	content_make(iv, sizeof(iv), svc_rnd());
	memcpy(svc.small.addr, key, 16);
	memcpy(svc.small.addr + 16, iv, 16);
	if (tee_call(svc.dev, svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2))
		ktap_bail("set key of 16 bytes");
}

static void test_nist(void)
{
	struct tee_ioctl_param params[2] = {
		tee_in(svc.small.id, 0, 16), tee_in(svc.small.id, 16, 16),
	};
	size_t pos;
	bool ok = true;

	svc_refill();
	memcpy(svc.small.addr, nist_key_128, 16);
	memcpy(svc.small.addr + 16, nist_iv, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2, TEEC_SUCCESS),
	     "cipher: takes the key of 128 bits of SP 800-38A");
	memcpy(svc.mem.addr, nist_plain, 64);
	ktap(!svc_update(SVC_NEXT, 0, 1000, 64) &&
	     svc_holds(svc.buf_id, 1000, nist_cipher_128, 64),
	     "cipher: CTR-AES128.Encrypt of SP 800-38A gives its ciphertext");
	for (pos = 0; pos < 64; pos++)
		ok = ok && !svc_update(pos, pos, 2000 + pos, 64 - pos) &&
		     svc_holds(svc.buf_id, 2000 + pos, nist_cipher_128 + pos, 64 - pos);
	ktap(ok, "cipher: AES-128 from any position is right");
}

static void test_sample(void)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 1000, CHUNK - 1, CHUNK,
		CHUNK + 1, 3 * CHUNK + 5 };
	unsigned int n;
	bool ok = true;

	svc_refill();
	new_key();
	for (n = 0; n < sizeof(sizes) / sizeof(*sizes); n++) {
		content_make(iv, 8, svc_rnd());
		memset(iv + 8, 0, 8);
		expect_sample(n, 3 * n, sizes[n], NULL, 0);
		if (sample_gives(n, 3 * n, sizes[n], NULL, 0, 0, TEEC_SUCCESS))
			continue;
		ktap_note("%zu bytes", sizes[n]);
		ok = false;
	}
	ktap(ok && svc_unchanged(), "sample: encrypted as a whole, each with its own IV");

	/* 40 counter values before the lower half wraps, in steps of a chunk. */
	for (ok = true, n = 0; n < 60; n += 7) {
		memset(iv + 8, 255, 8);
		iv[15] = 255 - n;
		expect_sample(0, n, 2000 + n, NULL, 0);
		ok = sample_gives(0, n, 2000 + n, NULL, 0, 0, TEEC_SUCCESS) && ok;
	}
	memset(iv + 8, 255, 8);
	iv[14] = 0xf7;		/* after 2049 blocks: in the second chunk */
	expect_sample(0, 9, 2 * CHUNK, NULL, 0);
	ok = sample_gives(0, 9, 2 * CHUNK, NULL, 0, 0, TEEC_SUCCESS) && ok;
	ktap(ok && svc_unchanged(),
	     "sample: the counter wraps at 64 bits, without a carry");
}

static void test_subsamples(void)
{
	static struct subsample subs[1025];
	unsigned int n, num, i;
	size_t size;
	bool ok = true;

	svc_refill();
	new_key();
	for (n = 0; n < 200; n++) {
		num = 1 + svc_rnd() % (n % 20 ? 8 : 1024);
		for (size = 0, i = 0; i < num; i++) {
			subs[i].clear = svc_rnd() % 4 ? svc_rnd() % 100 : 0;
			subs[i].encrypted = svc_rnd() % 4 ? svc_rnd() % 120 : 0;
			if (n % 16 == 3 && i == num / 2)
				subs[i].encrypted = CHUNK + svc_rnd() % 200;
			size += subs[i].clear + subs[i].encrypted;
		}
		content_make(iv, 8, svc_rnd());
		expect_sample(n, 2 * n, size, subs, num);
		if (sample_gives(n, 2 * n, size, subs, num, 0, TEEC_SUCCESS))
			continue;
		ktap_note("%u subsamples, %zu bytes", num, size);
		ok = false;
	}
	ktap(ok && svc_unchanged(),
	     "sample: 200 lists of subsamples, with clear and empty ones, are right");

	subs[0] = (struct subsample){ 100, 200 };
	subs[1] = (struct subsample){ 0xffffffff, 0xffffffff };
	ok = sample_gives(0, 0, 299, subs, 1, 0, TEEC_ERROR_BAD_PARAMETERS);
	ok = sample_gives(0, 0, 301, subs, 1, 0, TEEC_ERROR_BAD_PARAMETERS) && ok;
	ok = sample_gives(0, 0, 298, subs, 2, 0, TEEC_ERROR_BAD_PARAMETERS) && ok;
	ktap(ok, "sample: refuses subsamples of another sum: BAD_PARAMETERS");
	memset(subs, 0, sizeof(subs));
	ok = sample_gives(0, 0, 0, subs, 1024, 0, TEEC_SUCCESS);
	ktap(sample_gives(0, 0, 0, subs, 1025, 0, TEEC_ERROR_BAD_PARAMETERS) && ok,
	     "sample: accepts 1024 subsamples, refuses 1025: BAD_PARAMETERS");
	for (ok = true, n = 1; n < 48; n++)
		if (n < 16 || n % 8)
			ok = sample_gives(0, 0, 0, NULL, 0, n, TEEC_ERROR_BAD_PARAMETERS) &&
			     ok;
	ktap(ok, "sample: refuses a description of an impossible size: BAD_PARAMETERS");
	ktap(svc_unchanged(), "sample: refused samples write nothing");
}

static void test_rules(void)
{
	uint32_t session = tee_service(svc.dev, svc_cipher_uuid);
	struct tee_ioctl_param params[3];
	bool ok;

	svc_refill();
	memset(info.addr, 0, 16);
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 64);
	params[2] = tee_in(info.id, 0, 16);
	ktap(svc_gives(session, RSTMEM_SVC_CIPHER_SAMPLE, params, 3, TEEC_ERROR_BAD_STATE),
	     "sample: refused before the session has a key: BAD_STATE");
	tee_close_session(svc.dev, session);

	params[1] = tee_out(svc.mem.id, 100, 64);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED),
	     "sample: refuses normal memory as output: ACCESS_DENIED");
	params[1] = tee_out(svc.buf_id, 0, 64);
	params[2] = tee_in(svc.buf_id, 64, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED),
	     "sample: refuses a description in restricted memory: ACCESS_DENIED");
	params[0] = tee_in(svc.buf_id, 64, 64);
	params[2] = tee_in(info.id, 0, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED),
	     "sample: refuses restricted memory as input: ACCESS_DENIED");
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 63);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3,
		       TEEC_ERROR_SHORT_BUFFER) && params[1].b == 64,
	     "sample: refuses a short output and tells the size: SHORT_BUFFER");
	ktap(svc_unchanged(), "sample: calls against the rules write nothing");

	/* The stream of UPDATE and a sample in between. */
	svc_set_key();
	ok = !svc_update(SVC_NEXT, 0, 0, 100);
	svc_expect(0, 0, 0, 100);
	params[1] = tee_out(svc.buf_id, 500, 64);
	ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3, TEEC_SUCCESS) && ok;
	content_encrypt(svc.key, info.addr, 0, svc.mem.addr, svc.shadow + 500, 64);
	ok = !svc_update(SVC_NEXT, 7, 100, 100) && ok;
	svc_expect(100, 7, 100, 100);
	ktap(ok && svc_unchanged(),
	     "sample: takes a key of 256 bits, and leaves the stream of UPDATE");
}

static bool licence_gives(const uint8_t *licence, size_t size, uint32_t want)
{
	struct tee_ioctl_param params[1] = { tee_in(svc.small.id, 0, size) };

	memcpy(svc.small.addr, licence, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	return svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_LICENCE, params, 1, want);
}

static void test_licence(void)
{
	static const uint8_t device[] = RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY;
	uint8_t licence[64], other[64], wrong[16];
	struct tee_ioctl_param params[1];
	uint32_t session;
	unsigned int n;
	bool ok = true;

	svc_refill();
	new_key();
	content_make(key, sizeof(key), svc_rnd());
	ktap_eq(openssl(EVP_aes_128_wrap(), device, key, 16, licence),
		RSTMEM_SVC_CIPHER_LICENCE_SIZE, "licence: OpenSSL wraps a key in 24 bytes");
	ktap(licence_gives(licence, RSTMEM_SVC_CIPHER_LICENCE_SIZE, TEEC_SUCCESS),
	     "licence: the service accepts it");
	expect_sample(0, 0, 5000, NULL, 0);
	ktap(sample_gives(0, 0, 5000, NULL, 0, 0, TEEC_SUCCESS) && svc_unchanged(),
	     "licence: the session has the wrapped key");
	memset(iv, 0, sizeof(iv));
	expect_sample(0, 0, 333, NULL, 0);
	ktap(!svc_update(SVC_NEXT, 0, 0, 333) && svc_unchanged(),
	     "licence: the stream of UPDATE begins at counter 0");

	for (n = 0; n < RSTMEM_SVC_CIPHER_LICENCE_SIZE; n++) {
		memcpy(other, licence, sizeof(other));
		other[n] ^= 1 << n % 8;
		ok = licence_gives(other, RSTMEM_SVC_CIPHER_LICENCE_SIZE,
				   TEEC_ERROR_SECURITY) && ok;
	}
	ktap(ok, "licence: refused with any byte changed: SECURITY");
	memcpy(wrong, device, sizeof(wrong));
	wrong[3] ^= 4;
	openssl(EVP_aes_128_wrap(), wrong, key, 16, other);
	ktap(licence_gives(other, RSTMEM_SVC_CIPHER_LICENCE_SIZE, TEEC_ERROR_SECURITY),
	     "licence: refused when it is for another device: SECURITY");
	for (ok = true, n = 0; n < 64; n++)
		if (n != RSTMEM_SVC_CIPHER_LICENCE_SIZE)
			ok = licence_gives(licence, n, TEEC_ERROR_BAD_PARAMETERS) && ok;
	ktap(ok, "licence: refuses sizes other than 24: BAD_PARAMETERS");
	params[0] = tee_in(svc.buf_id, 0, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_LICENCE, params, 1,
		       TEEC_ERROR_ACCESS_DENIED),
	     "licence: refused in restricted memory: ACCESS_DENIED");
	expect_sample(9, 9, 700, NULL, 0);
	ktap(sample_gives(9, 9, 700, NULL, 0, 0, TEEC_SUCCESS) && svc_unchanged(),
	     "licence: a refused one leaves the key");

	session = tee_service(svc.dev, svc_cipher_uuid);
	params[0] = tee_in(svc.small.id, 0, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	memcpy(svc.small.addr, other, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	ok = svc_gives(session, RSTMEM_SVC_CIPHER_LICENCE, params, 1, TEEC_ERROR_SECURITY);
	ktap(svc_update_of(session, 0, 0, 0, 16) == TEEC_ERROR_BAD_STATE && ok,
	     "licence: a refused one leaves a new session without a key");
	tee_close_session(svc.dev, session);
}

static void begin(void)
{
	tee_mem_alloc(svc.dev, 2 * MOST, &info);
}

static void finish(void)
{
	tee_mem_free(&info);
}

int main(void)
{
	static const struct svc_test tests[] = {
		{ "set up", begin },
		{ "NIST vectors", test_nist },
		{ "samples", test_sample },
		{ "subsamples", test_subsamples },
		{ "rules", test_rules },
		{ "licences", test_licence },
		{ "clean up", finish },
	};

	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
