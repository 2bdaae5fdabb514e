// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem-play [-bn] [-c FILE] FILM [LICENCE]: plays a film out of restricted memory.
 *
 * The TEE decrypts each frame into restricted memory and decodes it there, and the display
 * imports the picture. The player has neither the key, which is in the licence, for the TEE,
 * nor a pixel. A film that is not encrypted needs no licence.
 *
 *	-b	plays as fast as possible
 *	-n	shows nothing
 *	-c FILE	reads commands from FILE, a line each, and starts paused:
 *		play, until FRAME (pauses there), seek FRAME, pause, end
 *
 * Tells on stdout where it pauses, and statistics in the end.
 */
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>
#include <rstmem.h>

#include "load.h"
#include "mp4.h"
#include "show.h"

#define USE_CASE	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define PICTURES	2
#define MOST_DROPPED	5
#define INFO_SIZE	(RSTMEM_SVC_CIPHER_IV_SIZE + \
			 RSTMEM_SVC_CIPHER_SUBSAMPLES * RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE)

static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t decoder_uuid[] = RSTMEM_SVC_DECODER_UUID;

static struct mp4 film;
static struct rstmem *dev;
static struct rstmem_session cipher, decoder;
static struct rstmem_shm sample, info;		/* normal memory: what is encrypted */
static struct rstmem_buffer frame, planes, picture[PICTURES];	/* restricted */
static uint64_t picture_size;
static long decoded = -1;			/* the frame that planes have */
static unsigned int shown;			/* the picture on the display */
static bool fast, silent;
static const struct show *show;

/* Nanoseconds, and frames. */
static struct {
	uint64_t decrypt, decode, flip, begin;
	unsigned int decoded, shown, dropped;
} stats;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void check(int rc, const char *what)
{
	if (rc)
		errx(1, "%s: %s", what, rstmem_explain(rc));
}

static void invoke(struct rstmem_session *session, uint32_t command,
		   struct rstmem_param *params, size_t count, const char *what)
{
	struct rstmem_result result;
	int rc = rstmem_invoke(session, command, params, count, &result);

	if (result.code)
		errx(1, "%s: %s", what, rstmem_explain_result(result.code));
	check(rc, what);
}

static void open_film(const char *path)
{
	load_film(path, &film);
	if (film.format != MP4_FWHT && film.format != MP4_BGRA)
		errx(1, "%s: neither FWHT nor raw BGRA", path);
	picture_size = 4ULL * film.width * film.height;
}

/* A film without encryption gets a key that nothing is encrypted with. */
static void set_key(const char *licence_path)
{
	struct rstmem_param params[2] = {
		{ .type = RSTMEM_MEMREF_IN, .id = info.id,
		  .size = RSTMEM_SVC_CIPHER_KEY_128_SIZE },
		{ .type = RSTMEM_MEMREF_IN, .id = info.id,
		  .size = RSTMEM_SVC_CIPHER_IV_SIZE },
	};
	const uint8_t *licence;
	size_t size;

	if (!film.encrypted) {
		invoke(&cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2, "key");
		return;
	}
	if (!licence_path)
		errx(1, "the film is encrypted, so it needs a licence");
	licence = load_file(licence_path, &size);
	if (size != RSTMEM_SVC_CIPHER_LICENCE_SIZE)
		errx(1, "%s: not a licence", licence_path);
	memcpy(info.addr, licence, size);
	params[0].size = size;
	invoke(&cipher, RSTMEM_SVC_CIPHER_LICENCE, params, 1, licence_path);
}

static struct rstmem_shm share(size_t size)
{
	struct rstmem_shm shm;

	check(rstmem_shm_register(dev, calloc(1, size), size, &shm), "shared memory");
	return shm;
}

static void open_tee(const char *licence_path)
{
	/* Those of FWHT, with sides rounded up to 8. */
	uint64_t planes_size = 3ULL * (film.width + 15) * (film.height + 15);
	size_t most = 1;
	unsigned int n;

	for (n = 0; n < film.count; n++)
		if (film.samples[n].size > most)
			most = film.samples[n].size;
	check(rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev), "TEE");
	check(rstmem_session_open(dev, cipher_uuid, &cipher, NULL), "cipher");
	if (film.format == MP4_FWHT)
		check(rstmem_session_open(dev, decoder_uuid, &decoder, NULL), "decoder");
	sample = share(most);
	info = share(INFO_SIZE);
	check(rstmem_alloc(dev, USE_CASE, most, 0, &frame), "frame");
	check(rstmem_alloc(dev, USE_CASE, planes_size, 0, &planes), "planes");
	for (n = 0; n < PICTURES; n++)
		check(rstmem_alloc(dev, USE_CASE, picture_size, 0, &picture[n]), "picture");
	set_key(licence_path);
}

static void put_32(uint8_t *p, uint32_t value)
{
	value = htole32(value);
	memcpy(p, &value, sizeof(value));
}

/* Describes how a sample is encrypted. Returns the size of the description. */
static size_t describe(const struct mp4_sample *s)
{
	const struct mp4_subsample clear = { s->size, 0 }, *sub = s->subsamples;
	unsigned int n, num = s->num_subsamples;
	uint8_t *p = (uint8_t *)info.addr + RSTMEM_SVC_CIPHER_IV_SIZE;

	if (!film.encrypted) {
		sub = &clear;
		num = 1;
	}
	if (num > RSTMEM_SVC_CIPHER_SUBSAMPLES)
		errx(1, "a frame of %u parts", num);
	memcpy(info.addr, s->iv, RSTMEM_SVC_CIPHER_IV_SIZE);
	for (n = 0; n < num; n++, p += RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE) {
		put_32(p, sub[n].clear);
		put_32(p + 4, sub[n].encrypted);
	}
	return p - (uint8_t *)info.addr;
}

static void decrypt(const struct mp4_sample *s, int32_t to, uint64_t room)
{
	struct rstmem_param params[] = {
		{ .type = RSTMEM_MEMREF_IN, .id = sample.id, .size = s->size },
		{ .type = RSTMEM_MEMREF_OUT, .id = to, .size = room },
		{ .type = RSTMEM_MEMREF_IN, .id = info.id, .size = describe(s) },
	};

	memcpy(sample.addr, s->data, s->size);
	invoke(&cipher, RSTMEM_SVC_CIPHER_SAMPLE, params, 3, "decrypt");
}

static void decode(const struct mp4_sample *s, int32_t to)
{
	struct rstmem_param params[] = {
		{ .type = RSTMEM_MEMREF_IN, .id = frame.id, .size = s->size },
		{ .type = RSTMEM_MEMREF_INOUT, .id = planes.id, .size = planes.size },
		{ .type = RSTMEM_MEMREF_OUT, .id = to, .size = picture_size },
		{ .type = RSTMEM_VALUE_IN, .a = film.width, .b = film.height },
	};

	invoke(&decoder, RSTMEM_SVC_DECODER_FWHT, params, 4, "decode");
}

/* Makes a frame of the film, after those before it, the picture that is not shown. */
static void make(unsigned int number)
{
	const struct rstmem_buffer *to = &picture[(shown + 1) % PICTURES];
	const struct mp4_sample *s = &film.samples[number];
	uint64_t begin = now(), end;

	if (film.format == MP4_BGRA) {
		decrypt(s, to->id, picture_size);
		stats.decrypt += now() - begin;
	} else {
		decrypt(s, frame.id, frame.size);
		end = now();
		decode(s, to->id);
		stats.decrypt += end - begin;
		stats.decode += now() - end;
	}
	decoded = number;
	stats.decoded++;
}

static void flip(void)
{
	uint64_t begin = now();
	int rc;

	shown = (shown + 1) % PICTURES;
	if (!silent) {
		rc = show->picture(picture[shown].fd, film.width, film.height);
		if (rc)
			errx(1, "display: %s", rstmem_explain(rc));
	}
	stats.flip += now() - begin;
	stats.shown++;
}

/* Decodes from the last key frame on, if frames are missing, and shows @number. */
static void seek(unsigned int number)
{
	unsigned int n = number;

	while (n && !film.samples[n].key)
		n--;
	if (decoded >= (long)n && decoded <= (long)number)
		n = decoded + 1;
	for (; n <= number; n++)
		make(n);
	flip();
}

/* What the user wants. */
static struct {
	bool playing, end;
	unsigned int until;
	char line[64];
	size_t len;
} user;

static void obey(const char *line)
{
	unsigned int number = 0;

	if (sscanf(line, "seek %u", &number) == 1 && number < film.count) {
		user.playing = false;
		seek(number);
		printf("at %u\n", number);
	} else if (sscanf(line, "until %u", &number) == 1 && number < film.count) {
		user.playing = true;
		user.until = number;
	} else if (!strcmp(line, "play")) {
		user.playing = true;
		user.until = film.count - 1;
	} else if (!strcmp(line, "pause")) {
		user.playing = false;
		printf("at %ld\n", decoded);
	} else if (!strcmp(line, "end")) {
		user.end = true;
	} else {
		printf("error: %s\n", line);
	}
	fflush(stdout);
}

/* Reads commands until @deadline, or the next command while nothing plays. */
static void listen_until(int fd, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t time = now();
	struct timespec wait = { 0 };
	char c;

	if (deadline > time) {
		wait.tv_sec = (deadline - time) / 1000000000;
		wait.tv_nsec = (deadline - time) % 1000000000;
	}
	if (ppoll(&p, 1, user.playing ? &wait : NULL, NULL) <= 0)
		return;
	if (read(fd, &c, 1) <= 0) {
		user.end = true;
	} else if (c == '\n') {
		user.line[user.len] = 0;
		user.len = 0;
		obey(user.line);
	} else if (user.len < sizeof(user.line) - 1) {
		user.line[user.len++] = c;
	}
}

/* Plays frames, each in its time. A frame that is late is not shown, but some are. */
static void play(int commands)
{
	const uint64_t period = 1000000000ULL * film.duration / film.timescale;
	unsigned int dropped = 0;
	uint64_t due = now();

	while (!user.end) {
		if (user.playing && decoded + 1 > (long)user.until) {
			user.playing = false;
			printf("at %ld\n", decoded);
			fflush(stdout);
			if (commands < 0)
				return;
		}
		if (!user.playing || (!fast && now() < due)) {
			listen_until(commands, due);
			if (!user.playing)
				due = now();
			continue;
		}
		make(decoded + 1);
		if (decoded < (long)user.until && !fast && now() > due + 2 * period &&
		    ++dropped < MOST_DROPPED) {
			stats.dropped++;
		} else {
			dropped = 0;
			flip();
		}
		due += period;
	}
}

int main(int argc, char **argv)
{
	int option, commands = -1;
	double seconds, frames;

	while ((option = getopt(argc, argv, "bc:n")) != -1) {
		fast |= option == 'b';
		silent |= option == 'n';
		if (option == '?')
			return 2;
		if (option == 'c' && (commands = open(optarg, O_RDONLY | O_CLOEXEC)) < 0)
			err(1, "%s", optarg);
	}
	if (argc - optind < 1 || argc - optind > 2)
		errx(2, "usage: rstmem-play [-bn] [-c FILE] FILM [LICENCE]");
	open_film(argv[optind]);
	open_tee(argv[optind + 1]);
	if (!silent && !(show = show_open()))
		err(1, "no display of rstmem_ramfb");
	user.playing = commands < 0;
	user.until = film.count - 1;

	stats.begin = now();
	play(commands);
	seconds = (now() - stats.begin) / 1e9;
	frames = stats.decoded ? stats.decoded : 1;
	printf("%u frames decoded, %u shown, %u dropped, in %.2f s\n", stats.decoded,
	       stats.shown, stats.dropped, seconds);
	printf("of a frame: decrypt %.2f ms, decode %.2f ms, flip %.2f ms\n",
	       stats.decrypt / 1e6 / frames, stats.decode / 1e6 / frames,
	       stats.flip / 1e6 / frames);
	if (!silent)
		show->close();
	return 0;
}
