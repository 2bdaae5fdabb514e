/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A decoder of FWHT, the codec of V4L2_PIX_FMT_FWHT, for pictures in YUV 4:2:0. Pure logic,
 * for the kernel and for programs. See fwht.c.
 */
#ifndef _SOFTTEE_FWHT_H
#define _SOFTTEE_FWHT_H

#include <linux/types.h>

/* A frame begins with eleven big-endian numbers of 32 bits. */
#define FWHT_MAGIC_1		0x4f4f4f4f
#define FWHT_MAGIC_2		0xffffffff
#define FWHT_VERSION		3
#define FWHT_HEADER_SIZE	44

enum fwht_header {
	FWHT_HEADER_MAGIC_1,
	FWHT_HEADER_MAGIC_2,
	FWHT_HEADER_VERSION,
	FWHT_HEADER_WIDTH,
	FWHT_HEADER_HEIGHT,
	FWHT_HEADER_FLAGS,
	FWHT_HEADER_COLORSPACE,
	FWHT_HEADER_XFER_FUNC,
	FWHT_HEADER_YCBCR_ENC,
	FWHT_HEADER_QUANTIZATION,
	FWHT_HEADER_SIZE_OF_DATA,
};

/* Flags. UNCOMPRESSED is for the first plane; the next two bits are for the others. */
#define FWHT_FL_UNCOMPRESSED	0x00000010
#define FWHT_FL_I_FRAME		0x00000400
#define FWHT_FL_COMPONENTS	0x00070000
#define FWHT_FL_PIXENC		0x00180000
#define FWHT_FL_YUV_420		0x000a0000	/* three components, YUV */
/* Interlaced, or chroma of another resolution. */
#define FWHT_FL_UNSUPPORTED	0x0000018f

#define FWHT_PLANES		3
#define FWHT_MIN_SIDE		16
#define FWHT_MAX_SIDE		4096

/**
 * struct fwht_plane - Y, Cb or Cr
 * @data:	pixels, rows without gaps
 * @width:	pixels in a row, a multiple of 8
 * @height:	rows, the same
 */
struct fwht_plane {
	__u8 *data;
	__u32 width;
	__u32 height;
};

/**
 * struct fwht_decoder - decoding of a frame
 * @pos:	next byte of the data
 * @end:	end of the data
 * @planes:	the frame before, which becomes this frame
 * @flags:	of the header
 * @plane:	index of the plane in work
 * @y:		row in it, a multiple of 8
 * @copies:	how often the last block still repeats
 * @inter:	whether the last block is a difference from the frame before
 * @is_flat:	all pixels of the last block have the value of the first
 * @block:	the last block
 */
struct fwht_decoder {
	const __u8 *pos;
	const __u8 *end;
	struct fwht_plane planes[FWHT_PLANES];
	__u32 flags;
	unsigned int plane;
	__u32 y;
	unsigned int copies;
	int inter;
	int is_flat;
	__s32 block[64];
};

size_t fwht_planes_size(__u32 width, __u32 height);
void fwht_planes_init(struct fwht_plane *planes, __u8 *data, __u32 width, __u32 height);
int fwht_decoder_init(struct fwht_decoder *dec, const __u8 *data, size_t size,
		      __u32 width, __u32 height, __u8 *planes);
int fwht_decoder_rows(struct fwht_decoder *dec);
void fwht_to_xrgb(const struct fwht_plane *planes, __u32 y, __u32 width, __u8 *out);

#endif /* _SOFTTEE_FWHT_H */
