// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading of films, see mp4.h. Boxes and their fields are those of ISO/IEC 14496-12, and
 * of 23001-7 for encryption. Any number in a file may be wrong, so nothing is read beyond
 * the box that it belongs to.
 */
#include <stdlib.h>
#include <string.h>

#include "mp4.h"

#define BOX(name)	FOURCC((name)[0], (name)[1], (name)[2], (name)[3])
#define MOST_SAMPLES	1000000

/* Bytes that are still to be read; @failed when there were too few. */
struct span {
	const uint8_t *p, *end;
	bool failed;
};

static const uint8_t *take(struct span *s, size_t n)
{
	static const uint8_t zeros[64];
	const uint8_t *p = s->p;

	if (s->failed || (size_t)(s->end - s->p) < n) {
		s->failed = true;
		return zeros;
	}
	s->p += n;
	return p;
}

static uint32_t take_16(struct span *s)
{
	const uint8_t *p = take(s, 2);

	return p[0] << 8 | p[1];
}

static uint32_t take_32(struct span *s)
{
	const uint8_t *p = take(s, 4);

	return FOURCC(p[0], p[1], p[2], p[3]);
}

static uint64_t take_64(struct span *s)
{
	uint64_t high = take_32(s);

	return high << 32 | take_32(s);
}

/* Gets the next box of @s: its name, or 0 at the end. */
static uint32_t next_box(struct span *s, struct span *body)
{
	uint64_t size, head = 8;
	uint32_t name;

	if (s->end - s->p < 8)
		return 0;
	size = take_32(s);
	name = take_32(s);
	if (size == 1) {
		size = take_64(s);
		head = 16;
	}
	if (!size)
		size = head + (s->end - s->p);
	if (s->failed || size < head || size - head > (uint64_t)(s->end - s->p))
		return 0;
	*body = (struct span){ s->p, s->p + (size - head), false };
	s->p = body->end;
	return name;
}

/* Finds a box below @s by the names on the way, "moov.trak". */
static bool find(struct span s, const char *path, struct span *body)
{
	uint32_t name;

	while ((name = next_box(&s, body))) {
		if (name != BOX(path))
			continue;
		if (!path[4])
			return true;
		return find(*body, path + 5, body);
	}
	return false;
}

/* Gets the number of entries after version and flags. An entry has @size bytes at least. */
static uint32_t take_count(struct span *s, size_t size)
{
	uint32_t count = take_32(s);

	if (count > MOST_SAMPLES || count > (size_t)(s->end - s->p) / size)
		s->failed = true;
	return s->failed ? 0 : count;
}

static const char *read_sizes(struct mp4 *film, struct span stbl)
{
	uint32_t fixed, n, count;
	struct span s;

	if (!find(stbl, "stsz", &s))
		return "no sizes of samples";
	take_32(&s);
	fixed = take_32(&s);
	count = fixed ? take_32(&s) : take_count(&s, 4);
	if (s.failed || !count || count > MOST_SAMPLES)
		return "sizes of samples";
	film->samples = calloc(count, sizeof(*film->samples));
	if (!film->samples)
		return "no memory";
	film->count = count;
	for (n = 0; n < count; n++)
		film->samples[n].size = fixed ? fixed : take_32(&s);
	return NULL;
}

/* The samples of each chunk lie one after the other. */
static const char *read_places(struct mp4 *film, struct span stbl, const uint8_t *data,
			       size_t size)
{
	uint32_t chunks, chunk, runs, in_chunk = 0, next = 1, n = 0, i;
	struct span offsets, s;
	bool wide = !find(stbl, "stco", &offsets);
	uint64_t offset;

	if ((wide && !find(stbl, "co64", &offsets)) || !find(stbl, "stsc", &s))
		return "no places of samples";
	take_32(&offsets);
	chunks = take_count(&offsets, wide ? 8 : 4);
	take_32(&s);
	runs = take_count(&s, 12);
	for (chunk = 1; chunk <= chunks && n < film->count; chunk++) {
		/* A run tells how many samples the chunks from its first on have. */
		while (chunk == next && runs) {
			struct span ahead;

			if (chunk == 1 && take_32(&s) != 1)
				return "places of samples";
			in_chunk = take_32(&s);
			take_32(&s);
			ahead = s;
			next = --runs ? take_32(&ahead) : 0;
			if (runs) {
				take_32(&s);
				if (next <= chunk)
					return "places of samples";
			}
		}
		offset = wide ? take_64(&offsets) : take_32(&offsets);
		for (i = 0; i < in_chunk && n < film->count; i++, n++) {
			if (offset > size || film->samples[n].size > size - offset)
				return "samples beyond the end of the file";
			film->samples[n].data = data + offset;
			offset += film->samples[n].size;
		}
	}
	return n == film->count && !offsets.failed && !s.failed ? NULL : "places of samples";
}

static const char *read_keys(struct mp4 *film, struct span stbl)
{
	uint32_t count, n, number;
	struct span s;

	if (!find(stbl, "stss", &s)) {
		for (n = 0; n < film->count; n++)
			film->samples[n].key = true;
		return NULL;
	}
	take_32(&s);
	count = take_count(&s, 4);
	while (count--) {
		number = take_32(&s);
		if (!number || number > film->count)
			return "numbers of key frames";
		film->samples[number - 1].key = true;
	}
	return film->samples[0].key ? NULL : "the first frame is no key frame";
}

static const char *read_subsamples(struct mp4_sample *sample, struct span *s)
{
	uint64_t sum = 0;
	unsigned int n;

	sample->num_subsamples = take_16(s);
	sample->subsamples = calloc(sample->num_subsamples + 1, sizeof(*sample->subsamples));
	if (!sample->subsamples)
		return "no memory";
	for (n = 0; n < sample->num_subsamples; n++) {
		sample->subsamples[n].clear = take_16(s);
		sample->subsamples[n].encrypted = take_32(s);
		sum += (uint64_t)sample->subsamples[n].clear +
		       sample->subsamples[n].encrypted;
	}
	return !n || sum == sample->size ? NULL : "subsamples";
}

static const char *read_encryption(struct mp4 *film, struct span stbl, unsigned int iv_size)
{
	const char *why = NULL;
	struct span s;
	uint32_t flags, n;

	if (!find(stbl, "senc", &s))
		return "no initial values";
	flags = take_32(&s);
	if (take_count(&s, iv_size) != film->count)
		return "initial values";
	for (n = 0; n < film->count && !why; n++) {
		memcpy(film->samples[n].iv, take(&s, iv_size), iv_size);
		if (flags & 2)
			why = read_subsamples(&film->samples[n], &s);
	}
	return why ? why : s.failed ? "initial values" : NULL;
}

/* The description of samples, which says how they are encrypted. */
static const char *read_format(struct mp4 *film, struct span stbl, unsigned int *iv_size)
{
	struct span s, entry, body;

	if (!find(stbl, "stsd", &s))
		return "no description of samples";
	take(&s, 8);
	film->format = next_box(&s, &entry);
	if (!film->format)
		return "description of samples";
	take(&entry, 24);
	film->width = take_16(&entry);
	film->height = take_16(&entry);
	take(&entry, 50);
	if (entry.failed)
		return "description of samples";
	film->encrypted = film->format == BOX("encv");
	if (!film->encrypted)
		return NULL;
	if (!find(entry, "sinf.schm", &body) || !take(&body, 4) ||
	    take_32(&body) != BOX("cenc"))
		return "encrypted in another way than cenc";
	if (!find(entry, "sinf.frma", &body))
		return "no format of the clear film";
	film->format = take_32(&body);
	if (!find(entry, "sinf.schi.tenc", &body))
		return "no parameters of encryption";
	take(&body, 7);
	*iv_size = *take(&body, 1);
	memcpy(film->kid, take(&body, 16), 16);
	if (body.failed || (*iv_size != 8 && *iv_size != 16))
		return "parameters of encryption";
	return NULL;
}

static const char *read_times(struct mp4 *film, struct span mdia, struct span stbl)
{
	struct span s;
	bool wide;

	if (!find(mdia, "mdhd", &s))
		return "no time scale";
	wide = take_32(&s) >> 24 == 1;
	take(&s, wide ? 16 : 8);
	film->timescale = take_32(&s);
	if (s.failed || !find(stbl, "stts", &s))
		return "no durations of samples";
	take(&s, 12);
	film->duration = take_32(&s);
	return s.failed || !film->timescale || !film->duration ? "durations" : NULL;
}

static const char *read_track(struct mp4 *film, struct span mdia, const uint8_t *data,
			      size_t size)
{
	unsigned int iv_size = 0;
	const char *why;
	struct span stbl;

	if (!find(mdia, "minf.stbl", &stbl))
		return "no table of samples";
	why = read_format(film, stbl, &iv_size);
	if (!why)
		why = read_times(film, mdia, stbl);
	if (!why)
		why = read_sizes(film, stbl);
	if (!why)
		why = read_places(film, stbl, data, size);
	if (!why)
		why = read_keys(film, stbl);
	if (!why && film->encrypted)
		why = read_encryption(film, stbl, iv_size);
	return why;
}

const char *mp4_read(struct mp4 *film, const uint8_t *data, size_t size)
{
	struct span file = { data, data + size, false }, moov, trak, mdia, hdlr;
	const char *why = "no video track";
	uint32_t name;

	memset(film, 0, sizeof(*film));
	if (!find(file, "moov", &moov))
		return "no film: it has no box moov";
	while ((name = next_box(&moov, &trak))) {
		if (name != BOX("trak") || !find(trak, "mdia", &mdia) ||
		    !find(mdia, "hdlr", &hdlr))
			continue;
		take(&hdlr, 8);
		if (take_32(&hdlr) != BOX("vide"))
			continue;
		why = read_track(film, mdia, data, size);
		break;
	}
	if (why)
		mp4_free(film);
	return why;
}

void mp4_free(struct mp4 *film)
{
	unsigned int n;

	for (n = 0; n < film->count; n++)
		free(film->samples[n].subsamples);
	free(film->samples);
	memset(film, 0, sizeof(*film));
}
