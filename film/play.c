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

#include "decrypt.h"
#include "load.h"
#include "mp4.h"
#include "show.h"

#define USE_CASE	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define PICTURES	2
#define MOST_DROPPED	5

static const uint8_t decoder_uuid[] = RSTMEM_SVC_DECODER_UUID;

static struct mp4 film;
static struct rstmem *dev;
static struct rstmem_session decoder;
static struct decrypter decrypter;
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

static void check_why(const char *why, const char *what)
{
	if (why)
		errx(1, "%s: %s", what, why);
}

static void open_film(const char *path)
{
	load_film(path, &film);
	if (film.format != MP4_FWHT && film.format != MP4_BGRA)
		errx(1, "%s: neither FWHT nor raw BGRA", path);
	picture_size = 4ULL * film.width * film.height;
}

static void open_tee(const char *licence_path)
{
	/* Those of FWHT, with sides rounded up to 8. */
	uint64_t planes_size = 3ULL * (film.width + 15) * (film.height + 15);
	const uint8_t *licence = NULL;
	size_t licence_size = 0;
	unsigned int n;

	if (licence_path)
		licence = load_file(licence_path, &licence_size);
	check(rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev), "TEE");
	check_why(decrypter_open(&decrypter, dev, &film, licence, licence_size),
		  licence_path ? licence_path : "cipher");
	if (film.format == MP4_FWHT)
		check(rstmem_session_open(dev, decoder_uuid, &decoder, NULL), "decoder");
	check(rstmem_alloc(dev, USE_CASE, decrypter.largest, 0, &frame), "frame");
	check(rstmem_alloc(dev, USE_CASE, planes_size, 0, &planes), "planes");
	for (n = 0; n < PICTURES; n++)
		check(rstmem_alloc(dev, USE_CASE, picture_size, 0, &picture[n]), "picture");
}

static void decode(uint64_t size, int32_t to)
{
	struct rstmem_param params[] = {
		{ .type = RSTMEM_MEMREF_IN, .id = frame.id, .size = size },
		{ .type = RSTMEM_MEMREF_INOUT, .id = planes.id, .size = planes.size },
		{ .type = RSTMEM_MEMREF_OUT, .id = to, .size = picture_size },
		{ .type = RSTMEM_VALUE_IN, .a = film.width, .b = film.height },
	};
	struct rstmem_result result;
	int rc;

	rc = rstmem_invoke(&decoder, RSTMEM_SVC_DECODER_FWHT, params, 4, &result);
	if (result.code)
		errx(1, "decode: %s", rstmem_explain_result(result.code));
	check(rc, "decode");
}

/* Makes a frame of the film, after those before it, the picture that is not shown. */
static void make(unsigned int number)
{
	const struct rstmem_buffer *to = &picture[(shown + 1) % PICTURES];
	uint64_t begin = now(), end;

	if (film.format == MP4_BGRA) {
		check_why(decrypter_frame(&decrypter, number, to->id, picture_size), "decrypt");
		stats.decrypt += now() - begin;
	} else {
		check_why(decrypter_frame(&decrypter, number, frame.id, frame.size), "decrypt");
		end = now();
		decode(film.samples[number].size, to->id);
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

/* State that the user's commands set, and the line that is being read. */
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
