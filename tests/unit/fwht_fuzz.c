// SPDX-License-Identifier: GPL-2.0-only
/*
 * fwht_fuzz COUNT [SEED]: decodes COUNT frames that were changed at random, under the
 * sanitizers. Data and planes end where their memory does, so a byte too far is noticed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../film/fwht_encode.h"
#include "../../kernel/softtee/fwht.h"
#include "../support/ktap.h"

#define SEEDS	64

static struct {
	unsigned int width, height;
	unsigned char *data;
	size_t size;
} seeds[SEEDS];
static unsigned long long state;

static unsigned int rnd(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static void make_seed(unsigned int n)
{
	unsigned int width = 16 + 2 * rnd(17), height = 16 + 2 * rnd(9), time;
	size_t size = fwht_planes_size(width, height), i;
	unsigned char *picture = malloc(size);
	unsigned int noise = n % 8 == 7 ? 256 : 1 << n % 6;
	struct fwht_encoder enc;

	if (fwht_encoder_init(&enc, width, height))
		ktap_bail("encoder");
	seeds[n].width = width;
	seeds[n].height = height;
	seeds[n].data = malloc(fwht_encoder_room(&enc));
	/* Every other one is a difference. */
	for (time = 0; time <= n % 2; time++) {
		for (i = 0; i < size; i++)
			picture[i] = i * (n % 5) + time * 9 + rnd(noise);
		seeds[n].size = fwht_encode(&enc, picture, !time, seeds[n].data);
	}
	fwht_encoder_deinit(&enc);
	free(picture);
}

/* Changes a copy of a frame. Returns its size. */
static size_t mutate(unsigned char *data, size_t size, unsigned int other)
{
	unsigned int count = 1 + rnd(4), from = rnd(8) ? FWHT_HEADER_SIZE : 0, to, len;

	while (count--) {
		to = from + rnd(size - from);
		switch (rnd(5)) {
		case 0:
			data[to] ^= 1 << rnd(8);
			break;
		case 1:
			data[to] = rnd(256);
			break;
		case 2:		/* the run of a coefficient */
			data[(to | 1) < size ? (to | 1) : to] ^= 1 + rnd(15);
			break;
		case 3:		/* the kind and the copies of a block */
			data[to & ~1U] = rnd(2) ? 0x80 | rnd(32) : rnd(32);
			break;
		default:	/* a part of another frame */
			len = rnd(40);
			if (len > size - to)
				len = size - to;
			if (to + len <= seeds[other].size)
				memcpy(data + to, seeds[other].data + to, len);
		}
	}
	return rnd(8) ? size : rnd(size + 1);
}

static bool decode(unsigned int n, const unsigned char *data, size_t size,
		   unsigned char *planes)
{
	struct fwht_plane plane[FWHT_PLANES];
	unsigned char *row = malloc(4 * seeds[n].width);
	struct fwht_decoder dec;
	int rc;

	rc = fwht_decoder_init(&dec, data, size, seeds[n].width, seeds[n].height, planes);
	if (!rc)
		do
			rc = fwht_decoder_rows(&dec);
		while (rc > 0);
	fwht_planes_init(plane, planes, seeds[n].width, seeds[n].height);
	fwht_to_xrgb(plane, seeds[n].height - 1, seeds[n].width, row);
	free(row);
	return !rc;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, n, whole = 0;
	unsigned char *data, *exact, *planes;
	unsigned int seed;
	size_t size;

	if (!count)
		return 2;
	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	ktap_start();
	ktap_note("seed %llu", state);
	for (seed = 0; seed < SEEDS; seed++)
		make_seed(seed);
	for (n = 0; n < count; n++) {
		seed = rnd(SEEDS);
		data = malloc(seeds[seed].size);
		memcpy(data, seeds[seed].data, seeds[seed].size);
		size = mutate(data, seeds[seed].size, rnd(SEEDS));
		exact = malloc(size);
		memcpy(exact, data, size);
		planes = malloc(fwht_planes_size(seeds[seed].width, seeds[seed].height));
		memset(planes, n, fwht_planes_size(seeds[seed].width, seeds[seed].height));
		whole += decode(seed, exact, size, planes);
		free(planes);
		free(exact);
		free(data);
	}
	ktap(whole > count / 100 && whole < count - count / 100,
	     "decodes %lu changed frames; %lu of them are complete", count, whole);
	return ktap_end();
}
