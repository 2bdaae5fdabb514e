/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Has the TEE decrypt a film into restricted memory. The program has neither the key, which is
 * in the licence, nor a clear byte. Functions return NULL, or what went wrong.
 */
#ifndef DECRYPT_H
#define DECRYPT_H

#include <stddef.h>
#include <stdint.h>
#include <rstmem.h>

#include "mp4.h"

struct decrypter {
	const struct mp4 *film;
	struct rstmem_session cipher;
	struct rstmem_shm sample, info;	/* normal memory: a frame, and how it is encrypted */
	uint32_t largest;		/* bytes of a frame */
};

/* A film that is not encrypted needs no licence. @film stays in use. */
const char *decrypter_open(struct decrypter *d, struct rstmem *dev, const struct mp4 *film,
			   const uint8_t *licence, size_t licence_size);

/* May be called for one that is all 0. */
void decrypter_close(struct decrypter *d);

/* Decrypts a frame into the restricted buffer @to, of @room bytes. */
const char *decrypter_frame(struct decrypter *d, unsigned int number, int32_t to,
			    uint64_t room);

#endif /* DECRYPT_H */
