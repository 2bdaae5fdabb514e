/* SPDX-License-Identifier: GPL-2.0-only */
/* Known content for restricted buffers, made with OpenSSL. */
#ifndef _TESTS_CONTENT_H
#define _TESTS_CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that depend on @seed and on nothing else. */
void content_make(void *data, size_t size, uint32_t seed);

void content_sha256(const void *data, size_t size, uint8_t digest[32]);

/* AES-256-CTR from position @offset of the stream on. */
void content_encrypt(const uint8_t key[32], const uint8_t iv[16],
		     uint64_t offset, const void *in, void *out, size_t size);

/*
 * Puts @data at @offset of a restricted buffer, through the cipher service. Bails out on
 * failure.
 */
void content_fill(int tee, int id, uint64_t offset, const void *data,
		  size_t size);

/* Returns whether the digest service finds @data there. */
_Bool content_is(int tee, int id, uint64_t offset, const void *data,
		 size_t size);

#endif
