// SPDX-License-Identifier: GPL-2.0-only
/*
 * The services: their results, against OpenSSL and published vectors, and the kinds of
 * memory they accept. The digest service, checked against OpenSSL first, tells the
 * content of restricted memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/nist.h"
#include "../support/services.h"
#include "../support/target.h"
#include "../support/tee.h"

/* The digest service. */

static void test_digest(void)
{
	static const struct {
		const char *name, *data;
		uint8_t digest[32];
	} known[] = {
		{ "nothing", "",
		  { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
		    0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
		    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
		    0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 } },
		{ "abc", "abc",
		  { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		    0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		    0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad } },
		{ "448 bits",
		  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  { 0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8,
		    0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39,
		    0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff, 0x21, 0x67,
		    0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1 } },
	};
	/* FIPS 180-2, B.3 */
	static const uint8_t million[32] = {
		0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
		0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
		0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
		0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
	};
	struct tee_ioctl_param params[2];
	struct tee_mem input;
	size_t len;
	bool ok = true;
	unsigned int n;

	for (n = 0; n < 3; n++) {
		len = strlen(known[n].data);
		memcpy(svc.small.addr, known[n].data, len);
		params[0] = tee_in(svc.small.id, 0, len);
		params[1] = tee_out(svc.small.id, 128, PAGE - 128);
		ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
			       TEEC_SUCCESS) &&
		     !memcmp(svc.small.addr + 128, known[n].digest, 32),
		     "digest: SHA-256 of %s is the published one",
		     known[n].name);
		ktap_eq(params[1].b, 32,
			"digest: writes back size 32 for %s", known[n].name);
	}
	tee_mem_alloc(svc.dev, 1000000, &input);
	memset(input.addr, 'a', 1000000);
	params[0] = tee_in(input.id, 0, 1000000);
	params[1] = tee_out(svc.small.id, 128, 32);
	ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
		       TEEC_SUCCESS) &&
	     !memcmp(svc.small.addr + 128, million, 32),
	     "digest: SHA-256 of a million a is the published one");
	params[1] = tee_inout(input.id, 3, 32);
	if (target()->soft)
		ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
			       TEEC_SUCCESS) &&
		     !memcmp(input.addr + 3, million, 32),
		     "digest: may overwrite its input");
	else
		/* OP-TEE 4.10 maps only as much as the inner reference needs. */
		ktap_skip("digest: may overwrite its input",
			  "this TEE takes no reference inside another");
	tee_mem_free(&input);

	content_make(svc.mem.addr, SVC_SIZE, 7);
	for (n = 0; n < 200 && ok; n++) {
		len = n < 130 ? n : CHUNK - 165 + n;
		ok = svc_holds(svc.mem.id, n % 7, svc.mem.addr + n % 7, len);
	}
	ktap(ok, "digest: SHA-256 of %u lengths is OpenSSL's", n);
	/* A digest of another range must differ. */
	ktap(!svc_holds(svc.mem.id, 1, svc.mem.addr, 64),
	     "digest: covers its range only");

	for (n = 0; n < 32; n += 31) {
		memset(svc.small.addr + 128, 0xa5, 64);
		params[0] = tee_in(svc.mem.id, 0, 100);
		params[1] = tee_out(svc.small.id, 128, n);
		ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
			       TEEC_ERROR_SHORT_BUFFER),
		     "digest: room for %u bytes is refused: SHORT_BUFFER", n);
		ktap_eq(params[1].b, 32,
			"digest: room for %u bytes writes back the size needed",
			n);
		memset(svc.small.addr + 192, 0xa5, 64);
		ktap(!memcmp(svc.small.addr + 128, svc.small.addr + 192, 64),
		     "digest: room for %u bytes writes no digest", n);
	}
}

/* Access rules. */

static void test_access(void)
{
	struct tee_ioctl_param params[3];
	int other, other_id;
	uint8_t *before = malloc(SVC_SIZE);

	svc_refill();
	memcpy(before, svc.mem.addr, SVC_SIZE);
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.mem.id, 100, 64);
	params[2] = tee_value(0, 0);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(svc.mem.addr, before, SVC_SIZE),
	     "cipher: refuses normal memory as output: ACCESS_DENIED");
	params[0] = tee_in(svc.buf_id, 0, 64);
	params[1] = tee_out(svc.buf_id, 100, 64);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED),
	     "cipher: refuses restricted memory as input: ACCESS_DENIED");
	params[1] = tee_out(svc.mem.id, 100, 64);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(svc.mem.addr, before, SVC_SIZE),
	     "cipher: refuses restricted input with normal output: ACCESS_DENIED");
	params[0] = tee_in(svc.buf_id, 0, 32);
	params[1] = tee_in(svc.small.id, 0, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_ERROR_ACCESS_DENIED),
	     "cipher: refuses a key in restricted memory: ACCESS_DENIED");
	params[0] = tee_in(svc.small.id, 0, 32);
	params[1] = tee_in(svc.buf_id, 0, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_ERROR_ACCESS_DENIED),
	     "cipher: refuses a counter block in restricted memory: ACCESS_DENIED");

	params[0] = tee_in(svc.buf_id, 0, 64);
	params[1] = tee_out(svc.mem.id, 0, 64);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(svc.mem.addr, before, SVC_SIZE),
	     "copy: refuses normal memory as output: ACCESS_DENIED");
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 64);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_ERROR_ACCESS_DENIED),
	     "copy: refuses normal memory as input: ACCESS_DENIED");
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.mem.id, 64, 64);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(svc.mem.addr, before, SVC_SIZE),
	     "copy: refuses normal input and output: ACCESS_DENIED");
	params[0] = tee_in(svc.buf_id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 64);
	ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
		       TEEC_ERROR_ACCESS_DENIED),
	     "digest: refuses restricted memory as output: ACCESS_DENIED");
	params[0] = tee_in(svc.mem.id, 0, 64);
	ktap(svc_gives(svc.digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
		       TEEC_ERROR_ACCESS_DENIED),
	     "digest: refuses restricted output with normal input: ACCESS_DENIED");
	ktap(svc_unchanged(),
	     "access: refused calls write nothing to restricted memory");

	if (target_offers(UI)) {
		other = svc_buffer(UI, PAGE, &other_id);
		content_fill(svc.dev, other_id, 0, before, PAGE);
		params[0] = tee_in(svc.buf_id, 0, 64);
		params[1] = tee_out(other_id, 0, 64);
		ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
			       TEEC_ERROR_ACCESS_DENIED) &&
		     svc_holds(other_id, 0, before, PAGE),
		     "copy: refuses to write to another use case: ACCESS_DENIED");
		params[0] = tee_in(other_id, 0, 64);
		params[1] = tee_out(svc.buf_id, 0, 64);
		ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
			       TEEC_ERROR_ACCESS_DENIED) && svc_unchanged(),
		     "copy: refuses to read from another use case: ACCESS_DENIED");
		close(other);
	} else {
		ktap_skip("copy: refuses to write to another use case: ACCESS_DENIED",
			  "this TEE has one use case");
	}
	free(before);
}

/* Empty references and NULL, which every TEE must take for the same. */

#define NOTHING		(-1)	/* tee_in() makes TEE_MEMREF_NULL of it */

static void test_empty(void)
{
	const int normal = svc.mem.id, small = svc.small.id;
	const int restricted = svc.buf_id;
	const struct {
		const char *name;
		uint32_t session, func;
		struct tee_ioctl_param in, out;
		uint32_t res;
		uint64_t size;
	} cases[] = {
		{ "digest of NULL", svc.digest, RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(NOTHING, 0, 0), tee_out(small, 128, 32),
		  TEEC_SUCCESS, 32 },
		{ "digest of NULL with a size", svc.digest,
		  RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(NOTHING, 0, 100), tee_out(small, 128, 32),
		  TEEC_SUCCESS, 32 },
		{ "digest of NULL with a size of 4 GiB", svc.digest,
		  RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(NOTHING, 0, 1ULL << 32), tee_out(small, 128, 32),
		  TEEC_SUCCESS, 32 },
		{ "digest of empty restricted memory", svc.digest,
		  RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(restricted, 100, 0), tee_out(small, 128, 32),
		  TEEC_SUCCESS, 32 },
		{ "digest to NULL", svc.digest, RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(normal, 0, 64), tee_out(NOTHING, 0, 0),
		  TEEC_ERROR_SHORT_BUFFER, 32 },
		{ "digest to NULL with a size", svc.digest,
		  RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(normal, 0, 64), tee_out(NOTHING, 0, 32),
		  TEEC_ERROR_SHORT_BUFFER, 32 },
		{ "digest to empty restricted memory", svc.digest,
		  RSTMEM_SVC_DIGEST_SHA256,
		  tee_in(normal, 0, 64), tee_inout(restricted, 64, 0),
		  TEEC_ERROR_SHORT_BUFFER, 32 },
		{ "cipher from NULL to NULL", svc.cipher,
		  RSTMEM_SVC_CIPHER_UPDATE,
		  tee_in(NOTHING, 0, 0), tee_out(NOTHING, 0, 0),
		  TEEC_SUCCESS, 0 },
		{ "cipher from NULL", svc.cipher, RSTMEM_SVC_CIPHER_UPDATE,
		  tee_in(NOTHING, 0, 0), tee_out(restricted, 0, 64),
		  TEEC_SUCCESS, 0 },
		{ "cipher from empty restricted memory", svc.cipher,
		  RSTMEM_SVC_CIPHER_UPDATE,
		  tee_in(restricted, 0, 0), tee_out(restricted, 0, 64),
		  TEEC_SUCCESS, 0 },
		{ "cipher to NULL", svc.cipher, RSTMEM_SVC_CIPHER_UPDATE,
		  tee_in(normal, 0, 64), tee_out(NOTHING, 0, 0),
		  TEEC_ERROR_SHORT_BUFFER, 64 },
		{ "cipher to empty normal memory", svc.cipher,
		  RSTMEM_SVC_CIPHER_UPDATE,
		  tee_in(normal, 0, 64), tee_inout(normal, 100, 0),
		  TEEC_ERROR_SHORT_BUFFER, 64 },
		{ "copy from NULL to NULL", svc.copy, RSTMEM_SVC_COPY_COPY,
		  tee_in(NOTHING, 0, 0), tee_out(NOTHING, 0, 0),
		  TEEC_SUCCESS, 0 },
		{ "copy from empty normal memory", svc.copy,
		  RSTMEM_SVC_COPY_COPY,
		  tee_in(normal, 0, 0), tee_out(restricted, 0, 64),
		  TEEC_SUCCESS, 0 },
		{ "copy to NULL", svc.copy, RSTMEM_SVC_COPY_COPY,
		  tee_in(restricted, 0, 64), tee_out(NOTHING, 0, 0),
		  TEEC_ERROR_SHORT_BUFFER, 64 },
		{ "copy to empty normal memory", svc.copy,
		  RSTMEM_SVC_COPY_COPY,
		  tee_in(restricted, 0, 64), tee_out(normal, 0, 0),
		  TEEC_ERROR_SHORT_BUFFER, 64 },
	};
	struct tee_ioctl_param params[2];
	uint8_t nothing[32];
	unsigned int n;

	svc_refill();
	content_sha256("", 0, nothing);
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		params[0] = cases[n].in;
		params[1] = cases[n].out;
		ktap(svc_gives(cases[n].session, cases[n].func, params, 2,
			       cases[n].res), "%s: returns the expected result", cases[n].name);
		ktap_eq(params[1].b, cases[n].size, "%s: returns the size of the output",
			cases[n].name);
		if (cases[n].size == 32 && cases[n].res == TEEC_SUCCESS)
			ktap(!memcmp(svc.small.addr + 128, nothing, 32),
			     "%s: digest of no bytes", cases[n].name);
		memset(svc.small.addr + 128, 0, 32);
	}

	params[0] = tee_in(NOTHING, 0, 32);
	params[1] = tee_in(small, 32, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_ERROR_BAD_PARAMETERS), "a key at NULL: BAD_PARAMETERS");
	params[0] = tee_in(small, 0, 32);
	params[1] = tee_in(NOTHING, 0, 16);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_ERROR_BAD_PARAMETERS),
	     "a counter block at NULL: BAD_PARAMETERS");
	ktap(svc_unchanged(), "empty references: nothing is written");
}

/* The cipher service. */

static void test_nist(void)
{
	size_t pos, len;
	bool ok = true;

	ktap_eq(svc_set_key_of(svc.cipher, nist_key, nist_iv), 0,
		"cipher: takes the key of SP 800-38A");
	memcpy(svc.mem.addr, nist_plain, 64);
	ktap(!svc_update(SVC_NEXT, 0, 1000, 64) &&
	     svc_holds(svc.buf_id, 1000, nist_cipher, 64),
	     "cipher: CTR-AES256.Encrypt of SP 800-38A gives its ciphertext");
	ktap(!svc_holds(svc.buf_id, 1000, nist_plain, 64),
	     "cipher: the output of SP 800-38A differs from its input");
	memcpy(svc.mem.addr, nist_cipher, 64);
	ktap(!svc_update(0, 0, 2000, 64) &&
	     svc_holds(svc.buf_id, 2000, nist_plain, 64),
	     "cipher: CTR-AES256.Decrypt of SP 800-38A gives its plaintext");
	memcpy(svc.mem.addr, nist_plain, 64);
	for (pos = 0; pos < 64; pos++)
		for (len = 1; len <= 64 - pos; len += 9)
			ok = ok && !svc_update(pos, pos, 3000, len) &&
			     svc_holds(svc.buf_id, 3000, nist_cipher + pos,
				       len);
	ktap(ok, "cipher: any part of SP 800-38A by its position is right");
	ok = !svc_set_key_of(svc.cipher, nist_key, nist_iv);
	for (pos = 0; pos < 64; pos += len) {
		len = pos % 13 + 1 < 64 - pos ? pos % 13 + 1 : 64 - pos;
		ok = ok && !svc_update(SVC_NEXT, pos, 4000 + pos, len);
	}
	ktap(ok && svc_holds(svc.buf_id, 4000, nist_cipher, 64),
	     "cipher: SP 800-38A in consecutive pieces is right");
}

static void test_cipher_bounds(void)
{
	static const size_t lens[] = { 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49 };
	static const long around[] = { -17, -16, -15, -1, 0, 1, 15, 16, 17 };
	size_t pos, to, from, len;
	unsigned int n, count = 0;
	bool ok = true;

	svc_refill();
	for (pos = 0; pos <= 48; pos++) {
		for (n = 0; n < sizeof(lens) / sizeof(*lens); n++) {
			from = count % 61;
			to = 100 + count % 67;
			count++;
			svc_expect(pos, from, to, lens[n]);
			if (!svc_update(pos, from, to, lens[n]) &&
			    svc_matches(to, lens[n]))
				continue;
			ktap_note("position %zu, %zu bytes", pos, lens[n]);
			ok = false;
		}
	}
	ktap(ok,
	     "cipher: positions 0 to 48 with %u short lengths are right", n);

	for (ok = true, pos = 0; pos <= 48; pos++) {
		/* All lengths for the offsets in a block, one for the others. */
		for (n = pos < 17 ? 0 : pos % 9; n < 9; n += pos < 17 ? 1 : 9) {
			len = CHUNK + around[n];
			from = count % 61;
			to = PAGE - 20 + count % 41;
			count++;
			svc_expect(pos, from, to, len);
			if (!svc_update(pos, from, to, len) &&
			    svc_matches(to, len))
				continue;
			ktap_note("position %zu, %zu bytes", pos, len);
			ok = false;
		}
	}
	ktap(ok, "cipher: lengths around 32 KiB are right");

	for (ok = true, n = 0; n < 9; n++) {
		len = 4 * CHUNK + around[n];
		svc_expect(n, 1, 5, len);
		ok = ok && !svc_update(n, 1, 5, len) && svc_matches(5, len);
	}
	ktap(ok && svc_unchanged(),
	     "cipher: lengths around 128 KiB are right and write nothing else");

	/* The end of the buffer. */
	svc_expect(3, 0, SVC_SIZE - 50, 50);
	ktap(!svc_update(3, 0, SVC_SIZE - 50, 50) && svc_unchanged(),
	     "cipher: writes up to the last byte of a buffer");
}

static void test_cipher_stream(void)
{
	size_t pos, len, at[100];
	unsigned int n, m;
	bool ok = true;

	svc_refill();
	svc_set_key();
	for (pos = 0, n = 0; n < 60; n++, pos += len) {
		len = n % 10 == 9 ? CHUNK / 2 + svc_rnd() % 1000 :
				    svc_rnd() % 100;
		if (pos + len > SVC_SIZE)
			break;
		ok = ok && !svc_update(SVC_NEXT, 0, pos, len);
		svc_expect(pos, 0, pos, len);
	}
	ktap(ok && svc_unchanged(),
	     "cipher: updates without position continue the stream");
	ok = !svc_update(1000, 0, 0, 77) && !svc_update(SVC_NEXT, 77, 77, 23);
	svc_expect(1000, 0, 0, 77);
	svc_expect(1077, 77, 77, 23);
	ktap(ok && svc_unchanged(),
	     "cipher: an update without position continues one with a position");
	ok = !svc_update(SVC_NEXT, 0, 0, 0) && !svc_update(SVC_NEXT, 5, 5, 300);
	svc_expect(1100, 5, 5, 300);
	ktap(ok && svc_unchanged(),
	     "cipher: an update of 0 bytes does not move the position");
	ok = !svc_update(2000, 0, 0, 0) && !svc_update(SVC_NEXT, 5, 5, 300);
	svc_expect(2000, 5, 5, 300);
	ktap(ok && svc_unchanged(),
	     "cipher: an update of 0 bytes sets the position given");
	svc_set_key();
	ok = !svc_update(SVC_NEXT, 0, 0, 300);
	svc_expect(0, 0, 0, 300);
	ktap(ok && svc_unchanged(), "cipher: a new key sets the position to 0");

	/* Random access: 100 pieces in any order. */
	for (n = 0; n < 100; n++) {
		m = svc_rnd() % (n + 1);
		at[n] = at[m];
		at[m] = n;
	}
	content_make(svc.mem.addr, SVC_SIZE, svc_rnd());
	for (ok = true, n = 0; n < 100; n++)
		ok = ok && !svc_update(at[n] * 1001, at[n] * 1001, at[n] * 1001,
				       1001);
	svc_expect(0, 0, 0, 100 * 1001);
	ktap(ok && svc_unchanged(),
	     "cipher: 100 pieces in random order make a whole");
}

static void test_cipher_counter(void)
{
	static const struct {
		const char *name;
		uint8_t iv[16];
	} cases[] = {
		{ "0", {} },
		{ "2^128-1", { 255, 255, 255, 255, 255, 255, 255, 255,
			       255, 255, 255, 255, 255, 255, 255, 255 } },
		{ "2^128-2", { 255, 255, 255, 255, 255, 255, 255, 255,
			       255, 255, 255, 255, 255, 255, 255, 254 } },
		{ "2^64-1", { 0, 0, 0, 0, 0, 0, 0, 0,
			      255, 255, 255, 255, 255, 255, 255, 255 } },
		{ "one with 2^64-3 as lower half", { 1, 2, 3, 4, 5, 6, 7, 255,
			     255, 255, 255, 255, 255, 255, 255, 253 } },
		{ "2^32-1", { 9, 9, 9, 9, 9, 9, 9, 9,
			      9, 9, 9, 9, 255, 255, 255, 255 } },
	};
	static const uint64_t positions[] = {
		0, 1, 15, 16, 17, 31, 32, 48, 64, 100,
		0xfffffff0, 0xffffffff, 0x100000000, 0x100000001,
		0xffffffff0, 0xfffffffff, 0x1000000000, 0x1000000005,
		1ULL << 63, (1ULL << 63) - 5, 0xfffffffffffffe00,
	};
	unsigned int n, p;
	bool ok;

	svc_refill();
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		memcpy(svc.iv, cases[n].iv, sizeof(svc.iv));
		svc_set_key();
		ok = true;
		for (p = 0; p < sizeof(positions) / sizeof(*positions); p++) {
			svc_expect(positions[p], p, p * 200, 150);
			if (svc_update(positions[p], p, p * 200, 150) ||
			    !svc_matches(p * 200, 150)) {
				ktap_note("position 0x%llx",
					  (long long)positions[p]);
				ok = false;
			}
		}
		svc_expect(0, 0, 0, 3 * CHUNK);
		ktap(!svc_update(0, 0, 0, 3 * CHUNK) && svc_unchanged() && ok,
		     "cipher: the counter is right from %s on", cases[n].name);
	}
}

static void test_cipher_random(void)
{
	const unsigned int count = 800;
	unsigned int n, shift, bad = 0;
	size_t len, from, to;
	uint64_t pos;

	svc_refill();
	for (n = 0; n < count; n++) {
		if (n % 8 == 0) {
			content_make(svc.key, sizeof(svc.key), svc_rnd());
			content_make(svc.iv, sizeof(svc.iv), svc_rnd());
			memset(svc.iv + svc_rnd() % 15, 255, 1 + svc_rnd() % 2);
			if (n % 16 == 0)
				memset(svc.iv + 8, 255, 8);
			svc_set_key();
		}
		shift = svc_rnd() % 64;
		pos = svc_rnd64() >> shift;
		len = svc_rnd() % (n % 16 ? 2000 : 70000);
		from = svc_rnd() % (SVC_SIZE - len);
		to = svc_rnd() % (SVC_SIZE - len);
		if (pos > UINT64_MAX - len)
			pos -= len;
		svc_expect(pos, from, to, len);
		if (svc_update(pos, from, to, len) || !svc_matches(to, len)) {
			ktap_note("position %llu, %zu bytes from %zu to %zu",
				  (long long)pos, len, from, to);
			bad++;
		}
	}
	ktap_eq(bad, 0,
		"cipher: %u random updates give what OpenSSL does", count);
	ktap(svc_unchanged(), "cipher: random updates write nothing else");
}

static void test_cipher_inputs(void)
{
	struct tee_ioctl_param params[3];
	uint8_t *area = malloc(SVC_SIZE + 77);
	struct tee_mem reg;
	bool ok;

	svc_refill();
	content_make(area, SVC_SIZE + 77, 9);
	if (tee_mem_register(svc.dev, area + 77, SVC_SIZE, &reg))
		ktap_bail("register");
	params[0] = tee_in(reg.id, 5, SVC_SIZE - 100);
	params[1] = tee_inout(svc.buf_id, 11, SVC_SIZE - 50);
	params[2] = tee_value(7, 0);
	ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_SUCCESS);
	content_encrypt(svc.key, svc.iv, 7, area + 77 + 5, svc.shadow + 11,
			SVC_SIZE - 100);
	ktap(ok && svc_unchanged(),
	     "cipher: accepts registered memory as input");
	ktap_eq(params[1].b, SVC_SIZE - 100,
		"cipher: writes back the size written to a larger output");

	/* Key and counter block in registered memory. */
	memcpy(area + 77 + 4090, svc.key, 32);
	memcpy(area + 77 + 8185, svc.iv, 16);
	params[0] = tee_in(reg.id, 4090, 32);
	params[1] = tee_in(reg.id, 8185, 16);
	ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_SUCCESS) &&
	     !svc_update(SVC_NEXT, 0, 0, 1000);
	svc_expect(0, 0, 0, 1000);
	ktap(ok && svc_unchanged(),
	     "cipher: accepts a key in registered memory");
	tee_mem_free(&reg);
	free(area);
}

static void test_cipher_errors(void)
{
	struct tee_ioctl_param params[3];
	uint32_t session = tee_service(svc.dev, svc_cipher_uuid);
	size_t size;
	bool ok = true;

	svc_refill();
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 64);
	params[2] = tee_value(0, 0);
	ktap(svc_gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_BAD_STATE),
	     "cipher: refuses UPDATE before SET_KEY: BAD_STATE");
	params[0] = tee_in(svc.mem.id, 0, 0);
	params[1] = tee_out(svc.buf_id, 0, 0);
	ktap(svc_gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
		       TEEC_ERROR_BAD_STATE),
		       "cipher: refuses UPDATE of 0 bytes before SET_KEY: BAD_STATE");
	params[0] = tee_in(svc.small.id, 0, 31);
	params[1] = tee_in(svc.small.id, 32, 16);
	ok = svc_gives(session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		       TEEC_ERROR_BAD_PARAMETERS);
	params[0] = tee_in(svc.mem.id, 0, 64);
	params[1] = tee_out(svc.buf_id, 0, 64);
	ktap(svc_gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_BAD_STATE) && ok,
	     "cipher: refuses UPDATE after a refused SET_KEY: BAD_STATE");
	tee_close_session(svc.dev, session);

	for (ok = true, size = 0; size <= 64; size++) {
		if (size == 16 || size == 32)
			continue;
		params[0] = tee_in(svc.mem.id, 0, size);
		params[1] = tee_in(svc.mem.id, 64, 16);
		ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
			       TEEC_ERROR_BAD_PARAMETERS) && ok;
	}
	ktap(ok, "cipher: refuses key sizes other than 16 and 32: BAD_PARAMETERS");
	for (ok = true, size = 0; size <= 64; size++) {
		if (size == 16)
			continue;
		params[0] = tee_in(svc.mem.id, 0, 32);
		params[1] = tee_in(svc.mem.id, 64, size);
		ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
			       TEEC_ERROR_BAD_PARAMETERS) && ok;
	}
	ktap(ok,
	     "cipher: refuses counter block sizes other than 16: BAD_PARAMETERS");
	ok = !svc_update(SVC_NEXT, 0, 0, 500);
	svc_expect(SVC_SIZE, 0, 0, 500);
	ktap(ok && svc_unchanged(),
	     "cipher: a refused SET_KEY leaves key and position");

	/* Positions. */
	params[0] = tee_in(svc.mem.id, 0, 16);
	params[1] = tee_out(svc.buf_id, 0, 16);
	params[2] = tee_value(0xfffffff0, 0xffffffff);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_BAD_PARAMETERS),
	     "cipher: refuses a position that overflows: BAD_PARAMETERS");
	params[2] = tee_value(0xffffffff, 0xffffffff);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_ERROR_BAD_PARAMETERS),
		       "cipher: refuses position 2^64-1: BAD_PARAMETERS");
	if (target()->soft) {
		params[2] = tee_value(1ULL << 32, 0);
		ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
			       TEEC_ERROR_BAD_PARAMETERS),
		     "cipher: refuses a lower half above 32 bits: BAD_PARAMETERS");
		params[2] = tee_value(0, 1ULL << 32);
		ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
			       TEEC_ERROR_BAD_PARAMETERS),
		     "cipher: refuses an upper half above 32 bits: BAD_PARAMETERS");
	} else {
		ktap_skip("cipher: refuses halves above 32 bits: BAD_PARAMETERS",
			  "this TEE receives the lower 32 bits only");
	}
	ktap(svc_unchanged(), "cipher: refused positions write nothing");
	params[0].b = 15;
	params[1].b = 15;
	params[2] = tee_value(0xfffffff0, 0xffffffff);
	svc_expect(0xfffffffffffffff0, 0, 0, 15);
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		       TEEC_SUCCESS) &&
	     svc_unchanged(),
	     "cipher: accepts the 15 bytes before the last position");
	params[0].b = 1;
	params[1].b = 1;
	ktap(svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
		       TEEC_ERROR_BAD_PARAMETERS) && svc_unchanged(),
	     "cipher: refuses to continue at the last position: BAD_PARAMETERS");

	/* Outputs that are too small. */
	svc_update(100, 0, 0, 100);
	svc_expect(100, 0, 0, 100);
	for (size = 0, ok = true; size < 1000; size += 333) {
		params[0] = tee_in(svc.mem.id, 0, 1000);
		params[1] = tee_out(svc.buf_id, 50, size);
		ok = svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
			       TEEC_ERROR_SHORT_BUFFER) &&
		     params[1].b == 1000 && ok;
	}
	ktap(ok,
	     "cipher: refuses a short output and tells the size: SHORT_BUFFER");
	ktap(svc_unchanged(), "cipher: a short output writes nothing");
	ok = !svc_update(SVC_NEXT, 0, 0, 100);
	svc_expect(200, 0, 0, 100);
	ktap(ok && svc_unchanged(),
	     "cipher: a short output leaves the position");
}

static void test_cipher_sessions(void)
{
	uint32_t two = tee_service(svc.dev, svc_cipher_uuid);
	uint8_t key2[32], iv2[16];
	size_t pos = 0, len;
	bool ok = true;
	int n;

	svc_refill();
	content_make(key2, sizeof(key2), 100);
	content_make(iv2, sizeof(iv2), 101);
	svc_set_key();
	ok = !svc_set_key_of(two, key2, iv2);
	for (n = 0; n < 50; n++, pos += len) {
		len = 1 + svc_rnd() % 1000;
		ok = ok && !svc_update_of(svc.cipher, SVC_NEXT, 0, pos, len) &&
		     !svc_update_of(two, SVC_NEXT, 0, SVC_SIZE / 2 + pos, len);
		svc_expect(pos, 0, pos, len);
		content_encrypt(key2, iv2, pos, svc.mem.addr,
				svc.shadow + SVC_SIZE / 2 + pos, len);
	}
	ktap(ok && svc_unchanged(),
	     "cipher: two sessions have their own key and position");
	tee_close_session(svc.dev, two);
}

/* The copy service. */

static bool try_copy(size_t from, size_t to, size_t len)
{
	struct tee_ioctl_param params[2] = {
		tee_in(svc.buf_id, from, len),
		tee_out(svc.buf_id, to, len),
	};
	size_t begin = from < to ? from : to;

	memmove(svc.shadow + to, svc.shadow + from, len);
	if (svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		      TEEC_SUCCESS) &&
	    params[1].b == len &&
	    svc_matches(begin, (from < to ? to : from) - begin + len))
		return true;
	ktap_note("%zu bytes from %zu to %zu", len, from, to);
	return false;
}

static void test_copy(void)
{
	static const size_t distances[] = { 0, 1, 15, 16, 17, PAGE - 1, PAGE,
		PAGE + 1, CHUNK - 1, CHUNK, CHUNK + 1, 40000, 2 * CHUNK };
	static const size_t lens[] = { 0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1,
		70000, 3 * CHUNK };
	struct tee_ioctl_param params[2];
	unsigned int n, m;
	int other, other_id;
	bool up = true, down = true;
	size_t at;

	svc_refill();
	for (n = 0; n < sizeof(distances) / sizeof(*distances); n++) {
		for (m = 0; m < sizeof(lens) / sizeof(*lens); m++) {
			at = 50 + n * 13 + m * 7;
			up = try_copy(at, at + distances[n], lens[m]) && up;
			down = try_copy(at + distances[n], at, lens[m]) && down;
		}
	}
	ktap(up,
	     "copy: copies to the same or higher offsets, overlapping or not");
	ktap(down, "copy: copies to lower offsets, overlapping or not");
	ktap(svc_unchanged(), "copy: writes nothing else");
	ktap(try_copy(0, SVC_SIZE - CHUNK - 1, CHUNK + 1) && svc_unchanged(),
	     "copy: copies from the first byte and to the last");

	other = svc_buffer(VIDEO, SVC_SIZE, &other_id);
	params[0] = tee_in(svc.buf_id, 3, SVC_SIZE - 10);
	params[1] = tee_inout(other_id, 7, SVC_SIZE - 7);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_SUCCESS) &&
	     svc_holds(other_id, 7, svc.shadow + 3, SVC_SIZE - 10),
	     "copy: copies from one buffer to another");
	ktap_eq(params[1].b, SVC_SIZE - 10,
		"copy: writes back the size copied to a larger output");
	params[0] = tee_in(other_id, 7, SVC_SIZE - 10);
	params[1] = tee_out(svc.buf_id, 0, SVC_SIZE - 10);
	memmove(svc.shadow, svc.shadow + 3, SVC_SIZE - 10);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_SUCCESS) &&
	     svc_unchanged(), "copy: copies back from the other buffer");
	for (n = 0, up = true; n < 1000; n += 333) {
		params[0] = tee_in(other_id, 0, 1000);
		params[1] = tee_out(svc.buf_id, 100, n);
		up = svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
			       TEEC_ERROR_SHORT_BUFFER) &&
		     params[1].b == 1000 && up;
	}
	ktap(up,
	     "copy: refuses a short output and tells the size: SHORT_BUFFER");
	ktap(svc_unchanged(), "copy: a short output writes nothing");
	close(other);
	if (!target_offers(RECORD)) {
		ktap_skip("copy: copies within memory beyond 4 GiB",
			  "this TEE has no such memory");
		return;
	}
	/* A use case with memory beyond 4 GiB. */
	other = svc_buffer(RECORD, 2 * PAGE, &other_id);
	content_fill(svc.dev, other_id, 0, svc.shadow, PAGE);
	params[0] = tee_in(other_id, 0, PAGE);
	params[1] = tee_out(other_id, PAGE, PAGE);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_COPY, params, 2,
		       TEEC_SUCCESS) &&
	     svc_holds(other_id, PAGE, svc.shadow, PAGE),
	     "copy: copies within memory beyond 4 GiB");
	close(other);
}

static void test_clear(void)
{
	static const size_t lens[] = { 0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1,
		3 * CHUNK };
	struct tee_ioctl_param params[2];
	bool clears = true;
	unsigned int n;

	svc_refill();
	for (n = 0; n < sizeof(lens) / sizeof(*lens); n++) {
		params[0] = tee_inout(svc.buf_id, 5 + n * 17, lens[n]);
		memset(svc.shadow + 5 + n * 17, 0, lens[n]);
		clears = svc_gives(svc.copy, RSTMEM_SVC_COPY_CLEAR, params, 1,
				   TEEC_SUCCESS) &&
			 params[0].b == lens[n] && svc_unchanged() && clears;
	}
	ktap(clears, "clear: clears a range, and nothing else");
	params[0] = tee_out(svc.buf_id, 0, SVC_SIZE);
	memset(svc.shadow, 0, SVC_SIZE);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_CLEAR, params, 1,
		       TEEC_SUCCESS) && svc_unchanged(),
	     "clear: clears a whole buffer");
	params[0] = tee_out(svc.mem.id, 0, 64);
	ktap(svc_gives(svc.copy, RSTMEM_SVC_COPY_CLEAR, params, 1,
		       TEEC_ERROR_ACCESS_DENIED),
	     "clear: refuses normal memory: ACCESS_DENIED");
}

/* The example of a client, see examples/decrypt. */

#define EXAMPLE_SIZE	(3 * PAGE + 77)

static void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, size, 1, f) != 1 || fclose(f))
		ktap_bail("%s", path);
}

/* The command of the example. Returns 0 if its buffer has the content. */
static int received(void)
{
	const char *fd = getenv("RSTMEM_FD");
	int tee = target_open(), id;
	uint8_t data[EXAMPLE_SIZE];

	content_make(data, sizeof(data), 42);
	if (!fd || tee_register_fd(tee, atoi(fd), &id) < 0)
		return 1;
	return content_is(tee, id, 0, data, sizeof(data)) ? 0 : 2;
}

static void test_example(void)
{
	static const char command[] =
		"/root/decrypt /tmp/key /tmp/encrypted /root/services received";
	uint8_t secret[48], data[EXAMPLE_SIZE];

	content_make(secret, sizeof(secret), 43);
	content_make(data, sizeof(data), 42);
	content_encrypt(secret, secret + 32, 0, data, data, sizeof(data));
	write_file("/tmp/key", secret, sizeof(secret));
	write_file("/tmp/encrypted", data, sizeof(data));
	ktap_eq(system(command), 0,
		"example: decrypts a file and hands the buffer to a command");
	data[EXAMPLE_SIZE - 1] ^= 1;
	write_file("/tmp/encrypted", data, sizeof(data));
	ktap_eq(WEXITSTATUS(system(command)), 2,
		"example: a changed byte of the file is another content");
	write_file("/tmp/key", secret, sizeof(secret) - 1);
	ktap_eq(WEXITSTATUS(system(command)), 1, "example: refuses a short key");
}

int main(int argc, char **argv)
{
	static const struct svc_test tests[] = {
		{ "digest", test_digest },
		{ "NIST vectors", test_nist },
		{ "access", test_access },
		{ "empty references", test_empty },
		{ "cipher bounds", test_cipher_bounds },
		{ "cipher stream", test_cipher_stream },
		{ "cipher counter", test_cipher_counter },
		{ "cipher random", test_cipher_random },
		{ "cipher inputs", test_cipher_inputs },
		{ "cipher errors", test_cipher_errors },
		{ "cipher sessions", test_cipher_sessions },
		{ "copy", test_copy },
		{ "clear", test_clear },
		{ "example", test_example },
	};

	if (argc == 2 && !strcmp(argv[1], "received"))
		return received();
	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
