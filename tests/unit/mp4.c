// SPDX-License-Identifier: GPL-2.0-only
/* Films: a film that is written is read again, and a file with faults is refused or harmless. */
#include "../../film/mp4.h"
#include "unit.h"

#define COUNT	40

static unsigned char content[COUNT * 300];

static void make(struct mp4 *film, bool encrypted)
{
	struct mp4_sample *s;
	unsigned int n, at = 0;

	*film = (struct mp4){
		.format = MP4_FWHT, .width = 320, .height = 180, .timescale = 25,
		.duration = 2, .encrypted = encrypted, .count = COUNT,
	};
	film->samples = calloc(COUNT, sizeof(*film->samples));
	for (n = 0; n < sizeof(film->kid); n++)
		film->kid[n] = encrypted ? n : 0;
	for (n = 0; n < sizeof(content); n++)
		content[n] = unit_random();
	for (n = 0; n < COUNT; n++) {
		s = &film->samples[n];
		s->data = content + at;
		s->size = unit_random() % 300;
		s->key = n % 7 == 0;
		at += s->size;
		if (!encrypted)
			continue;
		s->iv[7] = n;
		s->num_subsamples = n % 3;
		s->subsamples = calloc(2, sizeof(*s->subsamples));
		s->subsamples[0].clear = s->size / 3;
		s->subsamples[0].encrypted = n % 3 == 1 ? s->size - s->size / 3 : 0;
		s->subsamples[1].encrypted = s->size - s->size / 3;
	}
}

/* A copy that ends where its memory does. */
static const char *read_copy(struct mp4 *film, const char *data, size_t size,
			     unsigned char **copy)
{
	*copy = malloc(size);
	memcpy(*copy, data, size);
	return mp4_read(film, *copy, size);
}

static bool equal(const struct mp4 *a, const struct mp4 *b)
{
	const struct mp4_sample *s, *t;
	unsigned int n;

	if (a->format != b->format || a->width != b->width || a->height != b->height ||
	    a->timescale != b->timescale || a->duration != b->duration ||
	    a->encrypted != b->encrypted || memcmp(a->kid, b->kid, sizeof(a->kid)) ||
	    a->count != b->count)
		return false;
	for (n = 0; n < a->count; n++) {
		s = &a->samples[n];
		t = &b->samples[n];
		if (s->size != t->size || s->key != t->key ||
		    memcmp(s->data, t->data, s->size) || memcmp(s->iv, t->iv, 16) ||
		    s->num_subsamples != t->num_subsamples ||
		    (s->num_subsamples && memcmp(s->subsamples, t->subsamples,
			s->num_subsamples * sizeof(*s->subsamples))))
			return false;
	}
	return true;
}

static void test_film(bool encrypted, const char *name)
{
	unsigned int n, refused = 0, changes = 6000;
	struct mp4 film, again;
	unsigned char *copy;
	const char *why;
	size_t size, at;
	char *data;
	bool ok;
	FILE *f;

	make(&film, encrypted);
	f = open_memstream(&data, &size);
	ktap_eq(mp4_write(&film, f), 0, "%s: is written", name);
	fclose(f);
	why = read_copy(&again, data, size, &copy);
	ktap(!why && equal(&film, &again), "%s: is read as it was written: %s", name,
	     why ? why : "same");
	mp4_free(&again);
	free(copy);

	for (ok = true, n = 0; n < size; n++) {
		/* The box mdat comes first, so a part has no table of samples. */
		ok = read_copy(&again, data, n, &copy) && ok;
		free(copy);
	}
	ktap(ok, "%s: cut at any byte, is refused", name);

	for (n = 0; n < changes; n++) {
		at = size - 1 - unit_random() % (size - sizeof(content) / 4);
		copy = malloc(size);
		memcpy(copy, data, size);
		copy[at] = unit_random();
		if (n % 2)
			copy[at - unit_random() % 8] ^= 1 << unit_random() % 8;
		why = mp4_read(&again, copy, size);
		refused += !!why;
		for (ok = true, at = 0; !why && at < again.count; at++)
			ok = ok && again.samples[at].data >= copy &&
			     again.samples[at].data + again.samples[at].size <= copy + size;
		if (!ok)
			ktap_bail("a sample outside the file");
		mp4_free(&again);
		free(copy);
	}
	ktap(refused > changes / 20 && refused < changes,
	     "%s: %u changed files are harmless, %u are refused", name, changes, refused);
	mp4_free(&film);
	free(data);
}

static void test_clear(UNIT_ARG)
{
	unit_seed(1);
	test_film(false, "clear film");
}

static void test_encrypted(UNIT_ARG)
{
	unit_seed(2);
	test_film(true, "encrypted film");
}

UNIT_SUITE(mp4, UNIT_CASE(test_clear), UNIT_CASE(test_encrypted));
