// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder service: its pictures are those of the same decoder outside, also of frames
 * with faults; it accepts restricted memory only; its result tells nothing of the content.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../film/fwht_encode.h"
#include "../../include/tee_gp.h"
#include "../../kernel/softtee/fwht.h"
#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/target.h"
#include "../support/tee.h"

#define WIDTH		72
#define HEIGHT		44
#define MOST_PIXELS	(WIDTH * HEIGHT)

/* Where things are in the buffer, with gaps that nothing may write to. */
#define FRAME_AT	100
#define PLANES_AT	(64 * KIB + 3)
#define PICTURE_AT	(128 * KIB + 20)

static const uint8_t uuid[16] = RSTMEM_SVC_DECODER_UUID;
static uint32_t session;
static struct fwht_encoder enc;
static uint8_t *frame, *source;
static size_t planes_size, picture_size = 4 * MOST_PIXELS;

static void draw(unsigned int time)
{
	size_t n;

	for (n = 0; n < planes_size; n++)
		source[n] = n % WIDTH * 2 + time * 5 + n / 640 * 9 +
			    (n % 5 ? 0 : svc_rnd() % 16);
}

/* Puts data into the restricted buffer. */
static void fill(size_t offset, const void *data, size_t size)
{
	memcpy(svc.shadow + offset, data, size);
	if (size)
		content_fill(svc.dev, svc.buf_id, offset, data, size);
}

/* Does the work of the service, on shadow. */
static void expect(size_t size)
{
	struct fwht_plane planes[FWHT_PLANES];
	struct fwht_decoder dec;
	uint32_t y;

	if (!fwht_decoder_init(&dec, svc.shadow + FRAME_AT, size, WIDTH, HEIGHT,
			       svc.shadow + PLANES_AT))
		while (fwht_decoder_rows(&dec) > 0)
			;
	fwht_planes_init(planes, svc.shadow + PLANES_AT, WIDTH, HEIGHT);
	for (y = 0; y < HEIGHT; y++)
		fwht_to_xrgb(planes, y, WIDTH, svc.shadow + PICTURE_AT + 4 * WIDTH * y);
}

static void make_params(struct tee_ioctl_param *params, size_t size)
{
	params[0] = tee_in(svc.buf_id, FRAME_AT, size);
	params[1] = tee_inout(svc.buf_id, PLANES_AT, planes_size);
	params[2] = tee_out(svc.buf_id, PICTURE_AT, picture_size);
	params[3] = tee_value(WIDTH, HEIGHT);
}

static bool decode_gives(size_t size, uint32_t want)
{
	struct tee_ioctl_param params[4];

	make_params(params, size);
	return svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4, want) &&
	       (want || (params[1].b == planes_size && params[2].b == picture_size));
}

static void begin(void)
{
	session = tee_service(svc.dev, uuid);
	if (fwht_encoder_init(&enc, WIDTH, HEIGHT))
		ktap_bail("encoder");
	planes_size = fwht_planes_size(WIDTH, HEIGHT);
	frame = malloc(fwht_encoder_room(&enc));
	source = malloc(planes_size);
}

static void test_film(void)
{
	unsigned int time;
	bool ok = true;
	size_t size;

	svc_refill();
	for (time = 0; time < 24; time++) {
		draw(time);
		enc.dead = time % 4;
		size = fwht_encode(&enc, source, time % 10 == 0, frame);
		fill(FRAME_AT, frame, size);
		expect(size);
		ok = decode_gives(size, TEEC_SUCCESS) && ok;
		ok = !memcmp(svc.shadow + PLANES_AT, enc.planes, planes_size) && ok;
		ok = svc_matches(PICTURE_AT, picture_size) && ok;
	}
	ktap(ok, "film: 24 frames give the pictures of the decoder outside");
	ktap(svc_unchanged(), "film: nothing is written outside planes and picture");
}

/* Changes a few bytes or the length of a frame. Returns its size. */
static size_t mutate(size_t size)
{
	unsigned int n, count = 1 + svc_rnd() % 6;
	size_t from = svc_rnd() % 4 ? FWHT_HEADER_SIZE : 0;

	for (n = 0; n < count; n++)
		frame[from + svc_rnd() % (size - from)] ^= 1 << svc_rnd() % 8;
	return svc_rnd() % 4 ? size : svc_rnd() % (size + 1);
}

static void test_hostile(void)
{
	const unsigned int count = target()->soft ? 400 : 40;
	unsigned int n, bad = 0;
	size_t size;

	svc_refill();
	for (n = 0; n < count; n++) {
		draw(n);
		size = fwht_encode(&enc, source, n % 3 == 0, frame);
		size = mutate(size);
		fill(FRAME_AT, frame, size);
		expect(size);
		if (!decode_gives(size, TEEC_SUCCESS) ||
		    !svc_matches(PLANES_AT, planes_size) ||
		    !svc_matches(PICTURE_AT, picture_size))
			bad++;
	}
	ktap_eq(bad, 0, "faults: %u changed frames succeed, with the expected picture",
		count);
	ktap(svc_unchanged(), "faults: nothing is written outside planes and picture");

	/* The picture over the planes, and the planes over the frame. */
	for (bad = 0, n = 0; n < 20; n++) {
		struct tee_ioctl_param params[4];

		draw(n);
		fill(FRAME_AT, frame, fwht_encode(&enc, source, true, frame));
		make_params(params, 20000);
		params[1] = tee_inout(svc.buf_id, FRAME_AT + n * 50, planes_size);
		params[2] = tee_out(svc.buf_id, FRAME_AT + n * 300, picture_size);
		bad += !svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4, TEEC_SUCCESS);
	}
	ktap_eq(bad, 0, "faults: planes and picture may lie over each other and the frame");
}

static void test_rules(void)
{
	static const uint32_t sides[][2] = {
		{ 14, 44 }, { 72, 14 }, { 73, 44 }, { 72, 45 }, { 4098, 44 }, { 72, 4098 },
		{ 0, 0 }, { 0xffffffff, 44 }, { 72, 0xfffffffe },
	};
	struct tee_ioctl_param params[4];
	unsigned int n, p;
	size_t size;
	int other, other_id;
	bool ok = true;

	svc_refill();
	draw(0);
	size = fwht_encode(&enc, source, true, frame);
	fill(FRAME_AT, frame, size);
	for (n = 0; n < sizeof(sides) / sizeof(*sides); n++) {
		make_params(params, size);
		params[3] = tee_value(sides[n][0], sides[n][1]);
		ok = svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4,
			       TEEC_ERROR_BAD_PARAMETERS) && ok;
	}
	ktap(ok, "rules: refuses sides that are odd or out of range: BAD_PARAMETERS");
	for (p = 0; p < 3; p++) {
		make_params(params, size);
		params[p].c = svc.mem.id;
		ktap(svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4,
			       TEEC_ERROR_ACCESS_DENIED),
		     "rules: refuses normal memory for p%u: ACCESS_DENIED", p);
	}
	for (p = 1; p < 3; p++) {
		make_params(params, size);
		params[p].b--;
		ktap(svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4,
			       TEEC_ERROR_SHORT_BUFFER) &&
		     params[1].b == planes_size && params[2].b == picture_size,
		     "rules: refuses a short p%u and tells the sizes: SHORT_BUFFER", p);
	}
	make_params(params, size);
	ktap(svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 3,
		       TEEC_ERROR_BAD_PARAMETERS),
	     "rules: refuses a call without sides: BAD_PARAMETERS");
	ktap(svc_gives(session, 77, params, 0, TEEC_ERROR_NOT_SUPPORTED),
	     "rules: refuses an unknown command: NOT_SUPPORTED");
	if (target_offers(UI)) {
		other = svc_buffer(UI, SVC_SIZE, &other_id);
		for (ok = true, p = 0; p < 3; p++) {
			make_params(params, size);
			params[p].c = other_id;
			ok = svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4,
				       TEEC_ERROR_ACCESS_DENIED) && ok;
		}
		ktap(ok, "rules: refuses memory of another use case: ACCESS_DENIED");
		close(other);
	} else {
		ktap_skip("rules: refuses memory of another use case: ACCESS_DENIED",
			  "this TEE has one use case");
	}
	ktap(svc_unchanged(), "rules: refused calls write nothing");

	make_params(params, 0);
	expect(0);
	ktap(decode_gives(0, TEEC_SUCCESS) && svc_unchanged(),
	     "rules: an empty frame shows the planes as they are");
	params[0] = tee_in(-1, 0, 0);
	ktap(svc_gives(session, RSTMEM_SVC_DECODER_FWHT, params, 4, TEEC_SUCCESS) &&
	     svc_unchanged(), "rules: NULL is an empty frame");
}

static void finish(void)
{
	tee_close_session(svc.dev, session);
	fwht_encoder_deinit(&enc);
	free(source);
	free(frame);
}

int main(void)
{
	static const struct svc_test tests[] = {
		{ "set up", begin },
		{ "film", test_film },
		{ "faults", test_hostile },
		{ "rules", test_rules },
		{ "clean up", finish },
	};

	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
