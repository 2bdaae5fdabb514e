/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Films in ISO base media files (MP4, QuickTime), clear or with common encryption: one
 * video track, samples of constant duration, and what is needed to play it.
 */
#ifndef FILM_MP4_H
#define FILM_MP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FOURCC(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Formats of video. */
#define MP4_FWHT	FOURCC('F', 'W', 'H', 'T')
#define MP4_BGRA	FOURCC('B', 'G', 'R', 'A')

/* A part of a sample: bytes that are clear, and encrypted bytes behind them. */
struct mp4_subsample {
	uint32_t clear, encrypted;
};

/*
 * A frame. @iv is the first counter block. Without subsamples, all of it is encrypted, if
 * the film is.
 */
struct mp4_sample {
	const uint8_t *data;
	uint32_t size;
	bool key;
	uint8_t iv[16];
	unsigned int num_subsamples;
	struct mp4_subsample *subsamples;
};

/* @timescale / @duration frames are shown in a second. */
struct mp4 {
	uint32_t format, width, height, timescale, duration;
	bool encrypted;
	uint8_t kid[16];
	unsigned int count;
	struct mp4_sample *samples;
};

/*
 * Reads a film in memory, which stays in use. Returns NULL, or what is wrong with it; the
 * film is empty then. The memory may hold anything.
 */
const char *mp4_read(struct mp4 *film, const uint8_t *data, size_t size);
void mp4_free(struct mp4 *film);

/* Writes a film. Initial values have 8 bytes. Returns 0 or -errno. */
int mp4_write(const struct mp4 *film, FILE *f);

#endif
