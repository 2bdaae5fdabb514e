/* SPDX-License-Identifier: GPL-2.0-only */
/* An encoder of FWHT, for content and for tests of the decoder. */
#ifndef FILM_FWHT_ENCODE_H
#define FILM_FWHT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * @planes is the last frame as a decoder has it. A coefficient of at most @dead after
 * quantization is left out.
 */
struct fwht_encoder {
	uint32_t width, height;
	unsigned int dead;
	uint8_t *planes;
	bool begun;
};

/* Sides are even and 16 to 4096. Returns 0 or -EINVAL or -ENOMEM. */
int fwht_encoder_init(struct fwht_encoder *enc, uint32_t width, uint32_t height);
void fwht_encoder_deinit(struct fwht_encoder *enc);

/* Room that a frame needs at most. */
size_t fwht_encoder_room(const struct fwht_encoder *enc);

/*
 * Encodes the planes of a frame, laid out as fwht_planes_init() does. With @key, or as the
 * first, the frame needs no other. Returns its bytes.
 */
size_t fwht_encode(struct fwht_encoder *enc, const uint8_t *planes, bool key, uint8_t *out);

#endif
