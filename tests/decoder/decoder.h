/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoder of the test handover: a process that got a restricted buffer from another
 * and lets the TEE decrypt into it, from a TEE context of its own. There are two: with the
 * kernel's ioctls, and with libteec.
 */
#ifndef _TESTS_DECODER_H
#define _TESTS_DECODER_H

#include <stddef.h>
#include <stdint.h>

/**
 * decoder_run() - decrypt into a buffer
 * @buf:	dma-buf of the buffer, which the decoder closes as soon as it can
 * @secret:	32 bytes of key, 16 of first counter block
 * @data:	encrypted content
 * @size:	bytes, at most those of the buffer
 * @digest:	out: SHA-256 of the buffer after that, by the TEE
 *
 * Leaves everything it opened to the end of the process.
 *
 * Return: NULL, or the error.
 */
const char *decoder_run(int buf, const uint8_t secret[48], const void *data,
			size_t size, uint8_t digest[32]);

#endif
