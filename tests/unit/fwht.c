// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of FWHT: blocks made by hand, pictures from the encoder, and data with
 * faults.
 */
#include "../../film/fwht_encode.h"
#include "../../kernel/softtee/fwht.h"
#include "../../kernel/softtee/fwht_block.h"
#include "unit.h"

#define WIDTH	40
#define HEIGHT	24
/* 40 x 24, and two of 24 x 16 */
#define PLANES	(WIDTH * HEIGHT + 2 * 24 * 16)
#define LUMA	(WIDTH * HEIGHT)
#define CHROMA	(24 * 16)

static unsigned char frame[FWHT_HEADER_SIZE + 2 * PLANES], *at;
static unsigned char planes[PLANES], before[PLANES];

static void put_32(enum fwht_header field, unsigned int value)
{
	unsigned int n;

	for (n = 0; n < 4; n++)
		frame[4 * field + n] = value >> (24 - 8 * n);
}

static void put(unsigned int number)
{
	*at++ = number >> 8;
	*at++ = number;
}

static void begin(unsigned int flags)
{
	memset(frame, 0, sizeof(frame));
	put_32(FWHT_HEADER_MAGIC_1, FWHT_MAGIC_1);
	put_32(FWHT_HEADER_MAGIC_2, FWHT_MAGIC_2);
	put_32(FWHT_HEADER_VERSION, FWHT_VERSION);
	put_32(FWHT_HEADER_WIDTH, WIDTH);
	put_32(FWHT_HEADER_HEIGHT, HEIGHT);
	put_32(FWHT_HEADER_FLAGS, FWHT_FL_YUV_420 | flags);
	at = frame + FWHT_HEADER_SIZE;
}

/* A plane in one colour: the first block repeats. */
static void put_plane(unsigned int blocks, int mean)
{
	put((blocks - 1) << 1);
	put((unsigned int)mean << 4);
	put(FWHT_RUN_REST);
}

/* Decodes the frame. The data are in memory that ends where they do. */
static int decode_size(size_t size)
{
	unsigned char *data = unit_alloc(size);
	struct fwht_decoder dec;
	int rc;

	memcpy(data, frame, size);
	rc = fwht_decoder_init(&dec, data, size, WIDTH, HEIGHT, planes);
	if (!rc)
		do
			rc = fwht_decoder_rows(&dec);
		while (rc > 0);
	unit_free(data);
	return rc;
}

static int decode(void)
{
	put_32(FWHT_HEADER_SIZE_OF_DATA, at - frame - FWHT_HEADER_SIZE);
	return decode_size(at - frame);
}

static bool is_all(const unsigned char *data, unsigned char value, size_t size)
{
	while (size--)
		if (*data++ != value)
			return false;
	return true;
}

static void test_blocks(UNIT_ARG)
{
	unsigned int n;
	bool ok;

	ktap_eq(fwht_planes_size(WIDTH, HEIGHT), PLANES, "fwht_planes_size: gives the bytes of all planes");
	ktap_eq(fwht_planes_size(15, 16), 0, "planes: a side of 15 is refused");
	ktap_eq(fwht_planes_size(16, 17), 0, "planes: an odd side is refused");
	ktap_eq(fwht_planes_size(16, 4098), 0, "planes: a side of 4098 is refused");

	/* The mean of 64 pixels is their sum, of which two bits are lost. */
	begin(FWHT_FL_I_FRAME);
	put_plane(15, 16 * (200 - 128));
	put_plane(6, 16 * (90 - 128));
	put_plane(6, 2047);
	memset(planes, 1, PLANES);
	ktap(!decode() && is_all(planes, 200, LUMA) && is_all(planes + LUMA, 90, CHROMA) &&
	     is_all(planes + LUMA + CHROMA, 255, CHROMA),
	     "blocks: one colour for each plane, by repetition");

	/* Differences: 15 blocks of +3, but for the second, which stays. */
	begin(0);
	put(FWHT_BLOCK_INTER);
	put(24 << 4);
	put(FWHT_RUN_REST);
	put(FWHT_BLOCK_INTER);
	put(FWHT_RUN_REST);
	put(FWHT_BLOCK_INTER | 12 << 1);
	put(24 << 4);
	put(FWHT_RUN_REST);
	for (n = 0; n < 2; n++) {
		put(FWHT_BLOCK_INTER | 5 << 1);
		put((unsigned int)-800 << 4);
		put(FWHT_RUN_REST);
	}
	ktap_eq(decode(), 0, "blocks: differences are decoded");
	for (ok = true, n = 0; n < LUMA; n++)
		ok = ok && planes[n] == (n / WIDTH < 8 && n % WIDTH / 8 == 1 ? 200 : 203);
	ktap(ok, "blocks: a difference adds to the frame before");
	ktap(is_all(planes + LUMA, 0, CHROMA) &&
	     is_all(planes + LUMA + CHROMA, 155, CHROMA),
	     "blocks: a sum below 0 becomes 0");

	/* The second coefficient: the left half is brighter than the right. */
	begin(FWHT_FL_I_FRAME);
	put(14 << 1);
	put(16 * 10 << 4 | 1);
	put(FWHT_RUN_REST);
	put_plane(6, 0);
	put_plane(6, 0);
	ktap_eq(decode(), 0, "blocks: a step is decoded");
	for (ok = true, n = 0; n < LUMA; n++)
		ok = ok && planes[n] == (n % 8 < 4 ? 138 : 118);
	ktap(ok, "blocks: the second coefficient is a step from left to right");

	/* The last one: the finest pattern; 8 bits are lost. */
	begin(FWHT_FL_I_FRAME);
	put(14 << 1);
	for (n = 0; n < 4; n++)
		put(14);
	put(5 << 4 | 3);
	put_plane(6, 0);
	put_plane(6, 0);
	ktap_eq(decode(), 0, "blocks: 64 coefficients need no end");
	for (ok = true, n = 0; n < LUMA; n++)
		ok = ok && planes[n] == ((n % 8 + n / WIDTH) % 2 ? 108 : 148);
	ktap(ok, "blocks: the last coefficient is a chequerboard");

	begin(FWHT_FL_I_FRAME | FWHT_FL_UNCOMPRESSED | FWHT_FL_UNCOMPRESSED << 2);
	for (n = 0; n < LUMA; n++)
		*at++ = n;
	put_plane(6, 0);
	for (n = 0; n < CHROMA; n++)
		*at++ = n * 3;
	ktap_eq(decode(), 0, "planes: some are stored as they are");
	for (ok = true, n = 0; n < LUMA; n++)
		ok = ok && planes[n] == n % 256;
	for (n = 0; n < CHROMA; n++)
		ok = ok && planes[LUMA + CHROMA + n] == n * 3 % 256;
	ktap(ok && is_all(planes + LUMA, 128, CHROMA),
	     "planes: stored and compressed ones are right side by side");
}

static void test_faults(UNIT_ARG)
{
	static const struct {
		enum fwht_header field;
		unsigned int value;
	} headers[] = {
		{ FWHT_HEADER_MAGIC_1, 0 }, { FWHT_HEADER_MAGIC_2, 0 },
		{ FWHT_HEADER_VERSION, 2 }, { FWHT_HEADER_WIDTH, WIDTH + 2 },
		{ FWHT_HEADER_HEIGHT, 0xffffffff }, { FWHT_HEADER_FLAGS, 0 },
		{ FWHT_HEADER_FLAGS, FWHT_FL_YUV_420 | 0x80 },
		{ FWHT_HEADER_FLAGS, FWHT_FL_YUV_420 | 1 },
		{ FWHT_HEADER_SIZE_OF_DATA, 0xffffffff },
		{ FWHT_HEADER_SIZE_OF_DATA, 19 }, { FWHT_HEADER_SIZE_OF_DATA, 0 },
	};
	unsigned int n, end;
	bool ok = true;

	memset(planes, 77, PLANES);
	for (n = 0; n < sizeof(headers) / sizeof(*headers); n++) {
		begin(FWHT_FL_I_FRAME);
		put_plane(15, 0);
		put_plane(6, 0);
		put_plane(6, 0);
		put_32(FWHT_HEADER_SIZE_OF_DATA, at - frame - FWHT_HEADER_SIZE);
		put_32(headers[n].field, headers[n].value);
		ok = decode_size(at - frame) == -EINVAL && ok;
	}
	ktap(ok, "faults: %u wrong headers are refused", n);

	begin(FWHT_FL_I_FRAME);
	put_plane(15, 0);
	put_plane(6, 0);
	put_plane(6, 0);
	put_32(FWHT_HEADER_SIZE_OF_DATA, at - frame - FWHT_HEADER_SIZE);
	for (ok = true, n = 0; n < at - frame; n++)
		ok = decode_size(n) == -EINVAL && ok;
	ktap(ok, "faults: a frame with its header, cut at any byte, is refused");
	end = at - frame;
	for (ok = true, n = FWHT_HEADER_SIZE; n < end; n++) {
		put_32(FWHT_HEADER_SIZE_OF_DATA, n - FWHT_HEADER_SIZE);
		ok = decode_size(n) == -EINVAL && ok;
	}
	ktap(ok, "faults: data that end early are noticed, at any byte");

	begin(FWHT_FL_I_FRAME);
	put(FWHT_BLOCK_INTER);
	put(FWHT_RUN_REST);
	ktap_eq(decode(), -EINVAL, "faults: a difference in a frame without one before");
	begin(FWHT_FL_I_FRAME);
	put(0);
	for (n = 0; n < 5; n++)
		put(1 << 4 | 13);
	memset(planes, 77, PLANES);
	ktap(decode() == -EINVAL && is_all(planes, 77, PLANES),
	     "faults: a run beyond the block is noticed and writes nothing");
	begin(FWHT_FL_I_FRAME);
	put_plane(5, 0);
	ktap(decode() == -EINVAL && is_all(planes, 128, 8 * WIDTH) &&
	     is_all(planes + 8 * WIDTH, 77, PLANES - 8 * WIDTH),
	     "faults: the planes stay as they were behind a fault");
	begin(FWHT_FL_I_FRAME | FWHT_FL_UNCOMPRESSED);
	for (n = 0; n < LUMA - 1; n++)
		*at++ = 1;
	ktap_eq(decode(), -EINVAL, "faults: a stored plane that ends early");
}

/* A picture with steps, gradients and noise that moves with @time. */
static void draw(unsigned char *out, unsigned int time)
{
	unsigned int n;

	for (n = 0; n < PLANES; n++)
		out[n] = n % WIDTH * 4 + time * 3 + (n / 7 % 5 == 2 ? 60 : 0) +
			 (n > LUMA / 2 && n < LUMA * 3 / 4 ? unit_random() % 64 : 0);
}

static void test_encoder(UNIT_ARG)
{
	unsigned long long error, worst = 0, bytes = 0;
	static unsigned char picture[PLANES];
	struct fwht_encoder enc;
	unsigned int time, n;
	bool same = true;
	int difference;

	unit_seed(5);
	if (fwht_encoder_init(&enc, WIDTH, HEIGHT))
		ktap_bail("encoder");
	ktap(fwht_encoder_room(&enc) <= sizeof(frame), "encoder: a frame has room");
	memset(planes, 0, PLANES);
	for (time = 0; time < 60; time++) {
		draw(picture, time < 20 ? time : time / 2);
		enc.dead = time % 3;
		at = frame + fwht_encode(&enc, picture, time % 16 == 0, frame);
		bytes += at - frame;
		memcpy(before, planes, PLANES);
		same = !decode() && same;
		same = !memcmp(planes, enc.planes, PLANES) && same;
		for (error = 0, n = 0; n < PLANES; n++) {
			difference = planes[n] - picture[n];
			error += difference * difference;
		}
		worst = error > worst ? error : worst;
	}
	ktap(same, "encoder: encoder and decoder have the same planes in 60 frames");
	ktap(worst < 60 * PLANES, "encoder: the mean square error is below 60: %llu",
	     worst / PLANES);
	ktap(bytes < 60 * PLANES, "encoder: frames are smaller than pictures: %llu bytes",
	     bytes / 60);

	for (n = 0; n < PLANES; n++)
		picture[n] = unit_random();
	at = frame + fwht_encode(&enc, picture, true, frame);
	ktap(!decode() && !memcmp(planes, picture, PLANES),
	     "encoder: noise is stored as it is");
	fwht_encoder_deinit(&enc);
}

static void test_xrgb(UNIT_ARG)
{
	static const struct {
		unsigned char y, u, v, blue, green, red;
	} colours[] = {
		{ 16, 128, 128, 0, 0, 0 }, { 235, 128, 128, 255, 255, 255 },
		{ 81, 90, 240, 0, 0, 255 }, { 145, 54, 34, 1, 255, 0 },
		{ 41, 240, 110, 255, 0, 0 }, { 0, 0, 0, 0, 135, 0 },
		{ 255, 255, 255, 255, 125, 255 }, { 126, 128, 128, 128, 128, 128 },
	};
	struct fwht_plane plane[FWHT_PLANES];
	unsigned char out[4 * WIDTH];
	unsigned int n, x;
	bool ok;

	fwht_planes_init(plane, planes, WIDTH, HEIGHT);
	for (n = 0; n < sizeof(colours) / sizeof(*colours); n++) {
		memset(planes, 7, PLANES);
		/* Row 5 of the picture has row 2 of the chroma. */
		memset(planes + 5 * WIDTH, colours[n].y, WIDTH);
		memset(planes + LUMA + 2 * 24, colours[n].u, 24);
		memset(planes + LUMA + CHROMA + 2 * 24, colours[n].v, 24);
		fwht_to_xrgb(plane, 5, WIDTH, out);
		for (ok = true, x = 0; x < WIDTH; x++)
			ok = ok && out[4 * x] == colours[n].blue &&
			     out[4 * x + 1] == colours[n].green &&
			     out[4 * x + 2] == colours[n].red && !out[4 * x + 3];
		if (!ok)
			ktap_note("%u %u %u", out[0], out[1], out[2]);
		ktap(ok, "colours: YUV %u %u %u", colours[n].y, colours[n].u, colours[n].v);
	}
}

UNIT_SUITE(fwht, UNIT_CASE(test_blocks), UNIT_CASE(test_faults), UNIT_CASE(test_encoder),
	   UNIT_CASE(test_xrgb));
