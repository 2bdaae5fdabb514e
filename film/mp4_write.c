// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing of films, see mp4.h: one track, of one chunk. Boxes and their fields are those of
 * ISO/IEC 14496-12, and of 23001-7 for encryption.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mp4.h"

#define IV_SIZE	8

/* A file that grows in memory; @failed when memory runs out. */
struct out {
	uint8_t *data;
	size_t size, room;
	bool failed;
};

static void put(struct out *o, const void *data, size_t size)
{
	uint8_t *grown;

	if (o->failed)
		return;
	if (o->room - o->size < size) {
		o->room = 2 * o->room + size;
		grown = realloc(o->data, o->room);
		if (!grown) {
			o->failed = true;
			return;
		}
		o->data = grown;
	}
	memcpy(o->data + o->size, data, size);
	o->size += size;
}

static void set_32(uint8_t *p, uint32_t value)
{
	p[0] = value >> 24;
	p[1] = value >> 16;
	p[2] = value >> 8;
	p[3] = value;
}

static void put_32(struct out *o, uint32_t value)
{
	uint8_t bytes[4];

	set_32(bytes, value);
	put(o, bytes, 4);
}

static void put_16(struct out *o, uint32_t value)
{
	uint8_t bytes[2] = { value >> 8, value };

	put(o, bytes, 2);
}

static void put_zeros(struct out *o, unsigned int count)
{
	while (count--)
		put(o, "", 1);
}

/* Begins a box. Returns where it is, for end(). */
static size_t begin(struct out *o, const char *name)
{
	size_t at = o->size;

	put_32(o, 0);
	put(o, name, 4);
	return at;
}

static size_t begin_full(struct out *o, const char *name, uint32_t version_and_flags)
{
	size_t at = begin(o, name);

	put_32(o, version_and_flags);
	return at;
}

static void end(struct out *o, size_t at)
{
	if (!o->failed)
		set_32(o->data + at, o->size - at);
}

static void put_matrix(struct out *o)
{
	put_32(o, 0x10000);
	put_zeros(o, 12);
	put_32(o, 0x10000);
	put_zeros(o, 12);
	put_32(o, 0x40000000);
}

static void put_header(const struct mp4 *film, struct out *o, uint32_t length)
{
	size_t at = begin_full(o, "mvhd", 0);

	put_zeros(o, 8);
	put_32(o, film->timescale);
	put_32(o, length);
	put_32(o, 0x10000);		/* speed */
	put_16(o, 0x100);		/* volume */
	put_zeros(o, 10);
	put_matrix(o);
	put_zeros(o, 24);
	put_32(o, 2);			/* the next track */
	end(o, at);
}

static void put_track_header(const struct mp4 *film, struct out *o, uint32_t length)
{
	size_t at = begin_full(o, "tkhd", 3);

	put_zeros(o, 8);
	put_32(o, 1);
	put_zeros(o, 4);
	put_32(o, length);
	put_zeros(o, 16);
	put_matrix(o);
	put_32(o, film->width << 16);
	put_32(o, film->height << 16);
	end(o, at);
}

static void put_media_headers(const struct mp4 *film, struct out *o, uint32_t length)
{
	size_t at = begin_full(o, "mdhd", 0);

	put_zeros(o, 8);
	put_32(o, film->timescale);
	put_32(o, length);
	put_16(o, 0x55c4);		/* no language */
	put_16(o, 0);
	end(o, at);
	at = begin_full(o, "hdlr", 0);
	put_32(o, 0);
	put(o, "vide", 4);
	put_zeros(o, 13);
	end(o, at);
}

static void put_protection(const struct mp4 *film, struct out *o)
{
	size_t sinf = begin(o, "sinf"), schi, at = begin(o, "frma");

	put_32(o, film->format);
	end(o, at);
	at = begin_full(o, "schm", 0);
	put(o, "cenc", 4);
	put_32(o, 0x10000);
	end(o, at);
	schi = begin(o, "schi");
	at = begin_full(o, "tenc", 0);
	put_16(o, 0);
	put_16(o, 0x100 | IV_SIZE);
	put(o, film->kid, 16);
	end(o, at);
	end(o, schi);
	end(o, sinf);
}

static void put_description(const struct mp4 *film, struct out *o)
{
	size_t stsd = begin_full(o, "stsd", 0), at;
	uint8_t format[4];

	set_32(format, film->format);
	put_32(o, 1);
	at = begin(o, film->encrypted ? "encv" : (char *)format);
	put_zeros(o, 6);
	put_16(o, 1);
	put_zeros(o, 16);
	put_16(o, film->width);
	put_16(o, film->height);
	put_32(o, 0x480000);		/* dots per inch */
	put_32(o, 0x480000);
	put_zeros(o, 4);
	put_16(o, 1);
	put_zeros(o, 32);
	put_16(o, 24);
	put_16(o, 0xffff);
	if (film->encrypted)
		put_protection(film, o);
	end(o, at);
	end(o, stsd);
}

static void put_subsamples(const struct mp4_sample *sample, struct out *o)
{
	unsigned int n;

	put_16(o, sample->num_subsamples);
	for (n = 0; n < sample->num_subsamples; n++) {
		put_16(o, sample->subsamples[n].clear);
		put_32(o, sample->subsamples[n].encrypted);
	}
}

/* The initial values, and two boxes that say where they are and how long. */
static void put_encryption(const struct mp4 *film, struct out *o)
{
	size_t senc = begin_full(o, "senc", 2), first, at;
	unsigned int n;

	put_32(o, film->count);
	first = o->size;
	for (n = 0; n < film->count; n++) {
		put(o, film->samples[n].iv, IV_SIZE);
		put_subsamples(&film->samples[n], o);
	}
	end(o, senc);
	at = begin_full(o, "saiz", 0);
	put_zeros(o, 1);
	put_32(o, film->count);
	for (n = 0; n < film->count; n++) {
		uint8_t size = IV_SIZE + 2 + 6 * film->samples[n].num_subsamples;

		put(o, &size, 1);
	}
	end(o, at);
	at = begin_full(o, "saio", 0);
	put_32(o, 1);
	put_32(o, first);
	end(o, at);
}

static void put_keys(const struct mp4 *film, struct out *o)
{
	size_t at = begin_full(o, "stss", 0), count = o->size;
	unsigned int n, keys = 0;

	put_32(o, 0);
	for (n = 0; n < film->count; n++)
		if (film->samples[n].key) {
			put_32(o, n + 1);
			keys++;
		}
	end(o, at);
	if (!o->failed)
		set_32(o->data + count, keys);
}

static void put_table(const struct mp4 *film, struct out *o, uint32_t offset)
{
	size_t stbl = begin(o, "stbl"), at;
	unsigned int n;

	put_description(film, o);
	at = begin_full(o, "stts", 0);
	put_32(o, 1);
	put_32(o, film->count);
	put_32(o, film->duration);
	end(o, at);
	put_keys(film, o);
	at = begin_full(o, "stsc", 0);
	put_32(o, 1);
	put_32(o, 1);
	put_32(o, film->count);
	put_32(o, 1);
	end(o, at);
	at = begin_full(o, "stsz", 0);
	put_32(o, 0);
	put_32(o, film->count);
	for (n = 0; n < film->count; n++)
		put_32(o, film->samples[n].size);
	end(o, at);
	at = begin_full(o, "stco", 0);
	put_32(o, 1);
	put_32(o, offset);
	end(o, at);
	if (film->encrypted)
		put_encryption(film, o);
	end(o, stbl);
}

/* Where the media are: in this file. */
static void put_place(struct out *o)
{
	size_t vmhd = begin_full(o, "vmhd", 1), dinf, dref, url;

	put_zeros(o, 8);
	end(o, vmhd);
	dinf = begin(o, "dinf");
	dref = begin_full(o, "dref", 0);
	put_32(o, 1);
	url = begin_full(o, "url ", 1);
	end(o, url);
	end(o, dref);
	end(o, dinf);
}

int mp4_write(const struct mp4 *film, FILE *f)
{
	uint32_t length = film->count * film->duration;
	struct out o = { .data = NULL };
	size_t at, mdat, trak, mdia, minf;
	unsigned int n;
	int rc = 0;

	at = begin(&o, "ftyp");
	put(&o, "isom\0\0\2\0isomiso2", 16);
	end(&o, at);
	mdat = begin(&o, "mdat");
	for (n = 0; n < film->count; n++)
		put(&o, film->samples[n].data, film->samples[n].size);
	end(&o, mdat);
	at = begin(&o, "moov");
	put_header(film, &o, length);
	trak = begin(&o, "trak");
	put_track_header(film, &o, length);
	mdia = begin(&o, "mdia");
	put_media_headers(film, &o, length);
	minf = begin(&o, "minf");
	put_place(&o);
	put_table(film, &o, mdat + 8);
	end(&o, minf);
	end(&o, mdia);
	end(&o, trak);
	end(&o, at);
	if (o.failed)
		rc = -ENOMEM;
	else if (fwrite(o.data, 1, o.size, f) != o.size || fflush(f))
		rc = -EIO;
	free(o.data);
	return rc;
}
