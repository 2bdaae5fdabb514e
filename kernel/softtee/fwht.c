// SPDX-License-Identifier: GPL-2.0-only
/*
 * A decoder of FWHT, the codec of V4L2_PIX_FMT_FWHT, for pictures in YUV 4:2:0.
 *
 * A plane is a sequence of blocks of 8 x 8 pixels, from left to right and from top to
 * bottom. A block has a number of 16 bits: bit 15 says that the block is a difference
 * from the same place of the frame before, bits 1 to 12 say how often it repeats. The
 * coefficients follow, 16 bits each: a run of zeros (4 bits) before a value (12 bits,
 * signed). All numbers are big endian.
 *
 * The data may be hostile. The decoder reads each byte once and never beyond the end. It
 * writes to the planes only. The caller ensures that the data do not change meanwhile. The
 * planes may change.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#include "fwht.h"
#include "fwht_block.h"

static __u32 header_get(const __u8 *data, enum fwht_header field)
{
	const __u8 *p = data + 4 * field;

	return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static __u32 round_up_8(__u32 side)
{
	return (side + 7) & ~(__u32)7;
}

static int is_side(__u32 side)
{
	return side >= FWHT_MIN_SIDE && side <= FWHT_MAX_SIDE && !(side % 2);
}

/**
 * fwht_planes_init() - divide memory into the planes of a frame
 * @planes:	out: FWHT_PLANES of them
 * @data:	fwht_planes_size() bytes
 * @width:	of the picture in pixels, even, FWHT_MIN_SIDE to FWHT_MAX_SIDE
 * @height:	the same
 */
void fwht_planes_init(struct fwht_plane *planes, __u8 *data, __u32 width, __u32 height)
{
	unsigned int n;

	for (n = 0; n < FWHT_PLANES; n++) {
		planes[n].width = round_up_8(n ? width / 2 : width);
		planes[n].height = round_up_8(n ? height / 2 : height);
		planes[n].data = data;
		data += planes[n].width * planes[n].height;
	}
}

/**
 * fwht_planes_size() - get the size of the planes of a frame
 * @width:	pixels
 * @height:	pixels
 *
 * Return: bytes, or 0 when the decoder does not support such a picture.
 */
size_t fwht_planes_size(__u32 width, __u32 height)
{
	if (!is_side(width) || !is_side(height))
		return 0;
	return (size_t)round_up_8(width) * round_up_8(height) +
	       2 * (size_t)round_up_8(width / 2) * round_up_8(height / 2);
}

/**
 * fwht_decoder_init() - begin to decode a frame
 * @dec:	the decoder
 * @data:	the frame with its header; must not change
 * @size:	bytes at @data
 * @width:	expected width, which fwht_planes_size() accepts
 * @height:	expected height
 * @planes:	fwht_planes_size() bytes: the frame before, replaced by this one
 *
 * Return: 0, or -EINVAL when the header describes another kind of frame.
 */
int fwht_decoder_init(struct fwht_decoder *dec, const __u8 *data, size_t size,
		      __u32 width, __u32 height, __u8 *planes)
{
	__u32 length;

	memset(dec, 0, sizeof(*dec));
	if (size < FWHT_HEADER_SIZE ||
	    header_get(data, FWHT_HEADER_MAGIC_1) != FWHT_MAGIC_1 ||
	    header_get(data, FWHT_HEADER_MAGIC_2) != FWHT_MAGIC_2 ||
	    header_get(data, FWHT_HEADER_VERSION) != FWHT_VERSION ||
	    header_get(data, FWHT_HEADER_WIDTH) != width ||
	    header_get(data, FWHT_HEADER_HEIGHT) != height)
		return -EINVAL;
	dec->flags = header_get(data, FWHT_HEADER_FLAGS);
	length = header_get(data, FWHT_HEADER_SIZE_OF_DATA);
	if ((dec->flags & (FWHT_FL_COMPONENTS | FWHT_FL_PIXENC)) != FWHT_FL_YUV_420 ||
	    dec->flags & FWHT_FL_UNSUPPORTED || length > size - FWHT_HEADER_SIZE)
		return -EINVAL;
	dec->pos = data + FWHT_HEADER_SIZE;
	dec->end = dec->pos + length;
	fwht_planes_init(dec->planes, planes, width, height);
	return 0;
}

/* Get the next number of 16 bits, or -EINVAL at the end. */
static int get_number(struct fwht_decoder *dec)
{
	int number;

	if (dec->end - dec->pos < 2)
		return -EINVAL;
	number = dec->pos[0] << 8 | dec->pos[1];
	dec->pos += 2;
	return number;
}

/* Read a block into @dec. */
static int block_read(struct fwht_decoder *dec)
{
	int number = get_number(dec), value;
	unsigned int n = 0, place;

	if (number < 0)
		return -EINVAL;
	dec->inter = !!(number & FWHT_BLOCK_INTER);
	dec->copies = (number & FWHT_BLOCK_COPIES) >> 1;
	if (dec->inter && dec->flags & FWHT_FL_I_FRAME)
		return -EINVAL;

	memset(dec->block, 0, sizeof(dec->block));
	dec->is_flat = 1;
	while (n < FWHT_PIXELS) {
		number = get_number(dec);
		if (number < 0)
			return -EINVAL;
		if ((number & 15) == FWHT_RUN_REST)
			break;
		n += number & 15;
		if (n >= FWHT_PIXELS)
			return -EINVAL;
		value = number >> 4;
		if (value >= 1 << 11)
			value -= 1 << 12;
		if (n && value)
			dec->is_flat = 0;
		place = fwht_scan[n++];
		dec->block[place] = value * (1 << fwht_shift_at(dec->inter, place));
	}
	if (!dec->is_flat)
		fwht_transform(dec->block);
	return 0;
}

static __u8 clamp_pixel(__s32 value)
{
	return value < 0 ? 0 : value > 255 ? 255 : value;
}

/* Write the last block to its place. */
static void block_write(const struct fwht_decoder *dec, __u8 *out, __u32 stride)
{
	const __s32 *v = dec->block;
	unsigned int x, y;

	if (dec->is_flat && !dec->inter) {
		for (y = 0; y < 8; y++, out += stride)
			memset(out, clamp_pixel((v[0] >> 6) + 128), 8);
		return;
	}
	if (dec->is_flat && !(v[0] >> 6))
		return;
	for (y = 0; y < 8; y++, out += stride)
		for (x = 0; x < 8; x++) {
			__s32 value = v[dec->is_flat ? 0 : 8 * y + x] >> 6;

			out[x] = clamp_pixel(value + (dec->inter ? out[x] : 128));
		}
}

/* Copy eight rows of a plane that is stored without compression. */
static int rows_copy(struct fwht_decoder *dec, __u8 *out, size_t size)
{
	if ((size_t)(dec->end - dec->pos) < size)
		return -EINVAL;
	memcpy(out, dec->pos, size);
	dec->pos += size;
	return 0;
}

static int rows_decode(struct fwht_decoder *dec, __u8 *out, __u32 width)
{
	__u32 x;
	int rc;

	for (x = 0; x < width; x += 8) {
		if (dec->copies) {
			dec->copies--;
		} else {
			rc = block_read(dec);
			if (rc)
				return rc;
		}
		block_write(dec, out + x, width);
	}
	return 0;
}

/**
 * fwht_decoder_rows() - decode the next eight rows of a plane
 * @dec:	the decoder
 *
 * Return: 1 when more rows follow, 0 when the frame is complete, or -EINVAL at a fault in
 * the data; then the rest of the planes stays as it was.
 */
int fwht_decoder_rows(struct fwht_decoder *dec)
{
	const struct fwht_plane *plane = &dec->planes[dec->plane];
	__u8 *out = plane->data + (size_t)dec->y * plane->width;
	int rc;

	if (dec->flags & FWHT_FL_UNCOMPRESSED << dec->plane)
		rc = rows_copy(dec, out, 8 * plane->width);
	else
		rc = rows_decode(dec, out, plane->width);
	if (rc)
		return rc;
	dec->y += 8;
	if (dec->y == plane->height) {
		dec->y = 0;
		dec->copies = 0;
		dec->plane++;
	}
	return dec->plane < FWHT_PLANES;
}

static void put_xrgb(__u8 *out, __s32 y, __s32 red, __s32 green, __s32 blue)
{
	y = 298 * (y - 16) + 128;
	out[0] = clamp_pixel((y + blue) >> 8);
	out[1] = clamp_pixel((y + green) >> 8);
	out[2] = clamp_pixel((y + red) >> 8);
	out[3] = 0;
}

/**
 * fwht_to_xrgb() - convert a row of a picture to XRGB8888
 * @planes:	the planes
 * @y:		row of the picture
 * @width:	pixels in it, even
 * @out:	4 * @width bytes: blue, green, red, 0 of each pixel
 *
 * The planes have the limited range of ITU-R BT.601.
 */
void fwht_to_xrgb(const struct fwht_plane *planes, __u32 y, __u32 width, __u8 *out)
{
	const __u8 *luma = planes[0].data + (size_t)y * planes[0].width;
	const __u8 *cb = planes[1].data + (size_t)(y / 2) * planes[1].width;
	const __u8 *cr = planes[2].data + (size_t)(y / 2) * planes[2].width;
	__u32 x;

	for (x = 0; x < width; x += 2, out += 8) {
		const __s32 u = cb[x / 2] - 128, v = cr[x / 2] - 128;
		const __s32 red = 409 * v, green = -100 * u - 208 * v, blue = 516 * u;

		put_xrgb(out, luma[x], red, green, blue);
		put_xrgb(out + 4, luma[x + 1], red, green, blue);
	}
}
