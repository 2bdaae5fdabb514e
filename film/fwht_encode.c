// SPDX-License-Identifier: GPL-2.0-only
/*
 * An encoder of FWHT, see fwht_encode.h; the decoder, kernel/softtee/fwht.c, describes the
 * format. After each frame the encoder runs the decoder, so both have the same planes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/softtee/fwht.h"
#include "../kernel/softtee/fwht_block.h"
#include "fwht_encode.h"

/* A number, and as many for coefficients. */
#define MOST_TOKENS	(1 + FWHT_PIXELS)

struct tokens {
	uint16_t token[MOST_TOKENS];
	unsigned int num;
};

static void put_32(uint8_t *out, uint32_t value)
{
	out[0] = value >> 24;
	out[1] = value >> 16;
	out[2] = value >> 8;
	out[3] = value;
}

static int quantize(int32_t value, unsigned int shift, unsigned int dead)
{
	value = (value + (1 << (shift - 1))) >> shift;
	if (abs(value) <= (int)dead)
		return 0;
	return value > 2047 ? 2047 : value < -2048 ? -2048 : value;
}

static void encode_block(int32_t *block, int inter, unsigned int dead, struct tokens *out)
{
	unsigned int n, place, run = 0;
	int value = 0;

	fwht_transform(block);
	out->num = 0;
	out->token[out->num++] = inter ? FWHT_BLOCK_INTER : 0;
	for (n = 0; n < FWHT_PIXELS; n++) {
		place = fwht_scan[n];
		/* The mean shows most. */
		value = quantize(block[place], fwht_shift_at(inter, place), n ? dead : 0);
		if (!value && run < FWHT_RUN_REST - 1 && n < FWHT_PIXELS - 1) {
			run++;
			continue;
		}
		out->token[out->num++] = (uint16_t)value << 4 | run;
		run = 0;
	}
	/* Zeros at the end, of any number, are one token. */
	if (value)
		return;
	while (out->num > 1 && !(out->token[out->num - 1] >> 4))
		out->num--;
	out->token[out->num++] = FWHT_RUN_REST;
}

/* Choose the shorter of two encodings; of the same length, the one without steps. */
static void choose(const uint8_t *pixels, const uint8_t *before, uint32_t stride, bool key,
		   unsigned int dead, struct tokens *best)
{
	int32_t intra[FWHT_PIXELS], inter[FWHT_PIXELS];
	struct tokens other;
	unsigned int x, y;

	for (y = 0; y < 8; y++)
		for (x = 0; x < 8; x++) {
			intra[8 * y + x] = pixels[y * stride + x] - 128;
			inter[8 * y + x] = pixels[y * stride + x] - before[y * stride + x];
		}
	encode_block(intra, 0, dead, best);
	if (key)
		return;
	encode_block(inter, 1, dead, &other);
	if (other.num <= best->num)
		*best = other;
}

static bool same(const struct tokens *a, const struct tokens *b)
{
	return a->num == b->num &&
	       (a->token[0] & ~FWHT_BLOCK_COPIES) == (b->token[0] & ~FWHT_BLOCK_COPIES) &&
	       !memcmp(a->token + 1, b->token + 1, (a->num - 1) * sizeof(*a->token));
}

/* Returns the bytes at @out, or 0 when they would be as many as the pixels. */
static size_t encode_plane(const struct fwht_plane *plane, const uint8_t *before, bool key,
			   unsigned int dead, uint8_t *out)
{
	const size_t room = (size_t)plane->width * plane->height;
	struct tokens last = { .num = 0 }, now;
	size_t size = 0, head = 0, at;
	unsigned int n, copies = 0;
	uint32_t x, y;

	for (y = 0; y < plane->height; y += 8)
		for (x = 0; x < plane->width; x += 8) {
			at = (size_t)y * plane->width + x;
			choose(plane->data + at, before + at, plane->width, key, dead, &now);
			if (last.num && same(&now, &last) && copies < FWHT_MAX_COPIES) {
				copies++;
				out[head] = (last.token[0] | copies << 1) >> 8;
				out[head + 1] = copies << 1;
				continue;
			}
			if (size + 2 * now.num >= room)
				return 0;
			head = size;
			copies = 0;
			for (n = 0; n < now.num; n++) {
				out[size++] = now.token[n] >> 8;
				out[size++] = now.token[n];
			}
			last = now;
		}
	return size;
}

int fwht_encoder_init(struct fwht_encoder *enc, uint32_t width, uint32_t height)
{
	size_t size = fwht_planes_size(width, height);

	if (!size)
		return -EINVAL;
	*enc = (struct fwht_encoder){ .width = width, .height = height };
	enc->planes = calloc(1, size);
	return enc->planes ? 0 : -ENOMEM;
}

void fwht_encoder_deinit(struct fwht_encoder *enc)
{
	free(enc->planes);
}

size_t fwht_encoder_room(const struct fwht_encoder *enc)
{
	return FWHT_HEADER_SIZE + fwht_planes_size(enc->width, enc->height);
}

static void decode(struct fwht_encoder *enc, const uint8_t *data, size_t size)
{
	struct fwht_decoder dec;

	if (fwht_decoder_init(&dec, data, size, enc->width, enc->height, enc->planes))
		abort();
	while (fwht_decoder_rows(&dec) > 0)
		;
	if (dec.plane != FWHT_PLANES || dec.pos != dec.end)
		abort();
}

size_t fwht_encode(struct fwht_encoder *enc, const uint8_t *planes, bool key, uint8_t *out)
{
	struct fwht_plane now[FWHT_PLANES], before[FWHT_PLANES];
	size_t size = FWHT_HEADER_SIZE, part;
	uint32_t flags = FWHT_FL_YUV_420;
	unsigned int n;

	key = key || !enc->begun;
	enc->begun = true;
	fwht_planes_init(now, (uint8_t *)planes, enc->width, enc->height);
	fwht_planes_init(before, enc->planes, enc->width, enc->height);
	for (n = 0; n < FWHT_PLANES; n++) {
		part = encode_plane(&now[n], before[n].data, key, enc->dead, out + size);
		if (!part) {
			flags |= FWHT_FL_UNCOMPRESSED << n;
			part = (size_t)now[n].width * now[n].height;
			memcpy(out + size, now[n].data, part);
		}
		size += part;
	}
	if (key)
		flags |= FWHT_FL_I_FRAME;

	memset(out, 0, FWHT_HEADER_SIZE);
	put_32(out + 4 * FWHT_HEADER_MAGIC_1, FWHT_MAGIC_1);
	put_32(out + 4 * FWHT_HEADER_MAGIC_2, FWHT_MAGIC_2);
	put_32(out + 4 * FWHT_HEADER_VERSION, FWHT_VERSION);
	put_32(out + 4 * FWHT_HEADER_WIDTH, enc->width);
	put_32(out + 4 * FWHT_HEADER_HEIGHT, enc->height);
	put_32(out + 4 * FWHT_HEADER_FLAGS, flags);
	put_32(out + 4 * FWHT_HEADER_SIZE_OF_DATA, size - FWHT_HEADER_SIZE);
	decode(enc, out, size);
	return size;
}
