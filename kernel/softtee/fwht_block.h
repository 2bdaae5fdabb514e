/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FWHT, the codec of V4L2_PIX_FMT_FWHT: blocks of 8 x 8 pixels, for a decoder and for an
 * encoder. Pure logic, for the kernel and for programs.
 */
#ifndef _SOFTTEE_FWHT_BLOCK_H
#define _SOFTTEE_FWHT_BLOCK_H

#include <linux/types.h>

#define FWHT_PIXELS		64

/* The number before a block: the kind, and how often the block repeats. */
#define FWHT_BLOCK_INTER	0x8000
#define FWHT_BLOCK_COPIES	0x1ffe
#define FWHT_MAX_COPIES		0x0fff

/* A run of this length says that the rest of a block is 0. */
#define FWHT_RUN_REST		15

/* The order of coefficients: diagonal by diagonal, each from the upper right. */
static const __u8 fwht_scan[FWHT_PIXELS] = {
	0, 1, 8, 2, 9, 16, 3, 10, 17, 24, 4, 11, 18, 25, 32, 5,
	12, 19, 26, 33, 40, 6, 13, 20, 27, 34, 41, 48, 7, 14, 21, 28,
	35, 42, 49, 56, 15, 22, 29, 36, 43, 50, 57, 23, 30, 37, 44, 51,
	58, 31, 38, 45, 52, 59, 39, 46, 53, 60, 47, 54, 61, 55, 62, 63,
};

/* Bits that a coefficient loses, by diagonal: in a block of pixels, in a difference. */
static const __u8 fwht_shift[2][15] = {
	{ 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 6, 6, 6, 6, 8 },
	{ 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 6, 9, 9, 10 },
};

static inline unsigned int fwht_shift_at(int inter, unsigned int place)
{
	return fwht_shift[inter][(place >> 3) + (place & 7)];
}

/*
 * The Walsh-Hadamard transform of eight values in sequency order, its own inverse but for
 * a factor of 8. Each step makes sums and differences of pairs. The order of sum and
 * difference alternates.
 */
static inline void fwht_line(__s32 *v, unsigned int step)
{
	const __s32 a0 = v[0] + v[step], a1 = v[0] - v[step];
	const __s32 b0 = v[2 * step] + v[3 * step], b1 = v[2 * step] - v[3 * step];
	const __s32 c0 = v[4 * step] + v[5 * step], c1 = v[4 * step] - v[5 * step];
	const __s32 d0 = v[6 * step] + v[7 * step], d1 = v[6 * step] - v[7 * step];
	const __s32 e0 = a0 + b0, e1 = a0 - b0, e2 = a1 - b1, e3 = a1 + b1;
	const __s32 f0 = c0 + d0, f1 = c0 - d0, f2 = c1 - d1, f3 = c1 + d1;

	v[0] = e0 + f0;
	v[step] = e0 - f0;
	v[2 * step] = e1 - f1;
	v[3 * step] = e1 + f1;
	v[4 * step] = e2 + f2;
	v[5 * step] = e2 - f2;
	v[6 * step] = e3 - f3;
	v[7 * step] = e3 + f3;
}

/* The same in both dimensions, its own inverse but for a factor of 64. */
static inline void fwht_transform(__s32 *block)
{
	unsigned int n;

	for (n = 0; n < 8; n++)
		fwht_line(block + 8 * n, 1);
	for (n = 0; n < 8; n++)
		fwht_line(block + n, 8);
}

#endif /* _SOFTTEE_FWHT_BLOCK_H */
