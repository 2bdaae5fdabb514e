// SPDX-License-Identifier: GPL-2.0-only
/*
 * film VERB ARG...: makes content for restricted memory, and says how it looks.
 *
 *	clip WIDTHxHEIGHT COUNT		draws a clip, as raw video to stdout
 *	encode WIDTHxHEIGHT@RATE FILM	encodes raw video from stdin
 *	encrypt FILM OUT LICENCE KEY	encrypts a film; KEY gets its key, in hexadecimal
 *	licence KEY OUT			makes a licence for a key, in hexadecimal
 *	cut FILM NUMBER OUT		leaves a frame out of a film
 *	picture FILM NUMBER OUT		writes a picture of a clear film, as PPM
 *
 * Raw video is YUV 4:2:0, as ffmpeg -f rawvideo -pix_fmt yuv420p writes it.
 */
#include <err.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <linux/tee_rstmem_services.h>

#include "../kernel/softtee/fwht.h"
#include "clip.h"
#include "fwht_encode.h"
#include "load.h"
#include "mp4.h"

#define KEY_INTERVAL	50
#define DEAD		4

/* @rate is NULL when the text has none. */
static void parse_sides(const char *text, uint32_t *width, uint32_t *height, uint32_t *rate)
{
	uint32_t none = 0, *last = rate ? rate : &none;
	char end;
	int n = sscanf(text, "%ux%u@%u%c", width, height, last, &end);

	if (n != (rate ? 3 : 2) || !fwht_planes_size(*width, *height) || (rate && !*rate))
		errx(2, "%s: sides are even numbers from 16 to 4096", text);
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		err(1, "%s", path);
	return f;
}

static void save(const char *path, const void *data, size_t size)
{
	FILE *f = create(path);

	if (fwrite(data, 1, size, f) != size || fclose(f))
		err(1, "%s", path);
}

static void save_film(const char *path, const struct mp4 *film)
{
	FILE *f = create(path);

	errno = -mp4_write(film, f);
	if (errno || fclose(f))
		err(1, "%s", path);
}

static int verb_clip(char **argv)
{
	uint32_t width, height;
	unsigned int n, count = atoi(argv[1]);
	size_t size;
	uint8_t *picture;

	parse_sides(argv[0], &width, &height, NULL);
	size = (size_t)width * height * 3 / 2;
	picture = malloc(size);
	for (n = 0; n < count; n++) {
		clip_draw(picture, width, height, n);
		if (fwrite(picture, 1, size, stdout) != size)
			err(1, "stdout");
	}
	free(picture);
	return fflush(stdout) ? 1 : 0;
}

/* Reads a picture into planes, whose sides are rounded up. Returns false at the end. */
static bool read_picture(const struct fwht_plane *planes, uint32_t width, uint32_t height)
{
	uint32_t y, w, h;
	unsigned int n;

	for (n = 0; n < FWHT_PLANES; n++) {
		w = n ? width / 2 : width;
		h = n ? height / 2 : height;
		for (y = 0; y < planes[n].height; y++) {
			uint8_t *row = planes[n].data + (size_t)y * planes[n].width;

			if (y >= h)
				memcpy(row, row - planes[n].width, planes[n].width);
			else if (fread(row, 1, w, stdin) != w)
				return false;
			memset(row + w, row[w - 1], planes[n].width - w);
		}
	}
	return true;
}

static int verb_encode(char **argv)
{
	struct mp4 film = { .format = MP4_FWHT, .duration = 1 };
	struct fwht_plane planes[FWHT_PLANES];
	struct fwht_encoder enc;
	struct mp4_sample *sample;
	uint8_t *frame;

	parse_sides(argv[0], &film.width, &film.height, &film.timescale);
	if (fwht_encoder_init(&enc, film.width, film.height))
		errx(1, "no memory");
	enc.dead = DEAD;
	fwht_planes_init(planes, malloc(fwht_planes_size(film.width, film.height)), film.width,
			 film.height);
	while (read_picture(planes, film.width, film.height)) {
		film.samples = realloc(film.samples, (film.count + 1) * sizeof(*sample));
		sample = &film.samples[film.count];
		*sample = (struct mp4_sample){ .key = film.count % KEY_INTERVAL == 0 };
		frame = malloc(fwht_encoder_room(&enc));
		sample->size = fwht_encode(&enc, planes[0].data, sample->key, frame);
		sample->data = realloc(frame, sample->size);
		film.count++;
	}
	if (!film.count)
		errx(1, "stdin: not a whole picture");
	save_film(argv[1], &film);
	return 0;
}

/* Encrypts a sample, but for the header of its frame. */
static void encrypt(struct mp4_sample *sample, const uint8_t *key)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *data = malloc(sample->size);
	uint32_t clear = sample->size < FWHT_HEADER_SIZE ? sample->size : FWHT_HEADER_SIZE;
	int len;

	sample->num_subsamples = 1;
	sample->subsamples = malloc(sizeof(*sample->subsamples));
	sample->subsamples->clear = clear;
	sample->subsamples->encrypted = sample->size - clear;
	memcpy(data, sample->data, clear);
	if (!ctx || !EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, sample->iv) ||
	    !EVP_EncryptUpdate(ctx, data + clear, &len, sample->data + clear,
			       sample->size - clear))
		errx(1, "OpenSSL does not encrypt");
	EVP_CIPHER_CTX_free(ctx);
	sample->data = data;
}

static void save_licence(const char *path, const uint8_t *key)
{
	static const uint8_t device[] = RSTMEM_SVC_CIPHER_DEMO_DEVICE_KEY;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t licence[RSTMEM_SVC_CIPHER_LICENCE_SIZE];
	int len;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (!EVP_EncryptInit_ex(ctx, EVP_aes_128_wrap(), NULL, device, NULL) ||
	    !EVP_EncryptUpdate(ctx, licence, &len, key, RSTMEM_SVC_CIPHER_KEY_128_SIZE))
		errx(1, "OpenSSL does not wrap a key");
	EVP_CIPHER_CTX_free(ctx);
	save(path, licence, sizeof(licence));
}

static int verb_encrypt(char **argv)
{
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_128_SIZE], iv[8];
	char text[2 * sizeof(key) + 2];
	struct mp4 film;
	unsigned int n;

	load_film(argv[0], &film);
	if (film.encrypted)
		errx(1, "%s: encrypted already", argv[0]);
	if (RAND_bytes(key, sizeof(key)) != 1 || RAND_bytes(iv, sizeof(iv)) != 1 ||
	    RAND_bytes(film.kid, sizeof(film.kid)) != 1)
		errx(1, "no random numbers");
	film.encrypted = true;
	for (n = 0; n < film.count; n++) {
		/* Each frame has another initial value. */
		memcpy(film.samples[n].iv, iv, sizeof(iv));
		film.samples[n].iv[4] ^= n >> 24;
		film.samples[n].iv[5] ^= n >> 16;
		film.samples[n].iv[6] ^= n >> 8;
		film.samples[n].iv[7] ^= n;
		encrypt(&film.samples[n], key);
	}
	save_film(argv[1], &film);
	save_licence(argv[2], key);
	for (n = 0; n < sizeof(key); n++)
		sprintf(text + 2 * n, "%02x", key[n]);
	strcat(text, "\n");
	save(argv[3], text, strlen(text));
	return 0;
}

static int verb_licence(char **argv)
{
	uint8_t key[RSTMEM_SVC_CIPHER_KEY_128_SIZE];
	char end;
	size_t n;

	for (n = 0; n < sizeof(key); n++)
		if (sscanf(argv[0] + 2 * n, "%2hhx%c", &key[n], &end) < 1 ||
		    strlen(argv[0]) != 2 * sizeof(key))
			errx(2, "a key has 32 hexadecimal digits");
	save_licence(argv[1], key);
	return 0;
}

static int verb_cut(char **argv)
{
	unsigned int number = atoi(argv[1]);
	struct mp4 film;

	load_film(argv[0], &film);
	if (number >= film.count || film.samples[number].key)
		errx(1, "%s: without frame %u, or it begins anew there", argv[0], number);
	film.count--;
	memmove(film.samples + number, film.samples + number + 1,
		(film.count - number) * sizeof(*film.samples));
	save_film(argv[2], &film);
	return 0;
}

/* Decodes up to a frame. Returns its pixels. */
static uint8_t *decode(const struct mp4 *film, unsigned int number)
{
	size_t size = 4 * (size_t)film->width * film->height;
	struct fwht_plane planes[FWHT_PLANES];
	uint8_t *picture = malloc(size), *memory;
	struct fwht_decoder dec;
	unsigned int n;
	uint32_t y;
	int rc;

	if (film->format == MP4_BGRA && film->samples[number].size == size)
		return memcpy(picture, film->samples[number].data, size);
	if (film->format != MP4_FWHT || !fwht_planes_size(film->width, film->height))
		errx(1, "a film of another format");
	memory = calloc(1, fwht_planes_size(film->width, film->height));
	for (n = 0; n <= number; n++) {
		rc = fwht_decoder_init(&dec, film->samples[n].data, film->samples[n].size,
				       film->width, film->height, memory);
		while (!rc && (rc = fwht_decoder_rows(&dec)) > 0)
			rc = 0;
		if (rc)
			errx(1, "frame %u has a fault", n);
	}
	fwht_planes_init(planes, memory, film->width, film->height);
	for (y = 0; y < film->height; y++)
		fwht_to_xrgb(planes, y, film->width, picture + (size_t)y * 4 * film->width);
	return picture;
}

static int verb_picture(char **argv)
{
	unsigned int number = atoi(argv[1]);
	struct mp4 film;
	uint8_t *picture;
	size_t n;
	FILE *f;

	load_film(argv[0], &film);
	if (film.encrypted || number >= film.count)
		errx(1, "%s: encrypted, or without frame %u", argv[0], number);
	picture = decode(&film, number);
	f = create(argv[2]);
	fprintf(f, "P6\n%u %u\n255\n", film.width, film.height);
	for (n = 0; n < (size_t)film.width * film.height; n++) {
		putc(picture[4 * n + 2], f);
		putc(picture[4 * n + 1], f);
		putc(picture[4 * n], f);
	}
	free(picture);
	if (fclose(f))
		err(1, "%s", argv[2]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char **argv);
	} verbs[] = {
		{ "clip", 2, verb_clip },
		{ "encode", 2, verb_encode },
		{ "encrypt", 4, verb_encrypt },
		{ "licence", 2, verb_licence },
		{ "cut", 3, verb_cut },
		{ "picture", 3, verb_picture },
	};
	unsigned int n;

	for (n = 0; argc > 1 && n < sizeof(verbs) / sizeof(*verbs); n++)
		if (!strcmp(argv[1], verbs[n].name) && argc == 2 + verbs[n].args)
			return verbs[n].run(argv + 2);
	errx(2, "usage: film clip WIDTHxHEIGHT COUNT | encode WIDTHxHEIGHT@RATE FILM |\n"
	     "\tencrypt FILM OUT LICENCE KEY | licence KEY OUT |\n"
	     "\tcut FILM NUMBER OUT | picture FILM NUMBER OUT");
}
