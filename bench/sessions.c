// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions: decoders of several resolutions open, change resolution with the network,
 * and close; pictures in pictures, overlays of the trusted user interface and recordings
 * come and go.
 *
 * Sessions never ask for more than the limit: a session that would exceed it does not open,
 * and a change of resolution that would exceed it does not happen.
 */
#include <math.h>
#include <stdlib.h>

#include "sessions.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define PAGE		(4 * KIB)
#define MAX_FRAMES	12
#define MAX_SIDES	6
#define MAX_SESSIONS	256
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* A picture's bytes: NV12, P010 and RGBA, in whole rows of macroblocks. */
#define NV12(w, h)	((uint64_t)(w) * (((h) + 15) / 16 * 16) * 3 / 2)
#define P010(w, h)	(2 * NV12(w, h))
#define RGBA(w, h)	((uint64_t)(w) * (h) * 4)

/* A resolution that a session may show: bytes of a frame, and number of frames. */
struct rung {
	uint64_t frame;
	unsigned int frames;
};

/**
 * struct kind - of session
 * @rungs: resolutions, from the smallest to the largest; one is chosen at the start, and
 *	   where @change is not 0 its neighbours later
 * @side: bytes of each of @sides buffers that stay: the compressed stream, say
 * @every: seconds from one of this kind to the next, on average
 * @lasts: seconds, on average
 * @change: seconds from one change of resolution to the next, on average
 */
struct kind {
	struct rung rungs[4];
	unsigned int nr_rungs;
	uint64_t side;
	unsigned int sides;
	double every, lasts, change;
};

static const struct kind kinds[] = {
	/* of adaptive resolution */
	{ { { NV12(854, 480), 10 }, { NV12(1280, 720), 10 },
	    { NV12(1920, 1080), 10 }, { P010(3840, 2160), 9 } }, 4,
	  1 * MIB, 4, 300, 1800, 45 },
	/* 1080p */
	{ { { NV12(1920, 1080), 12 } }, 1, 1 * MIB, 4, 300, 2400, 0 },
	/* 4K */
	{ { { P010(1920, 1080), 10 }, { P010(3840, 2160), 10 } }, 2,
	  4 * MIB, 4, 900, 3600, 300 },
	/* 8K */
	{ { { P010(3840, 2160), 8 }, { NV12(7680, 4320), 7 } }, 2,
	  8 * MIB, 4, 3600, 3600, 300 },
	/* picture in picture */
	{ { { NV12(426, 240), 6 }, { NV12(854, 480), 6 } }, 2,
	  512 * KIB, 3, 240, 400, 60 },
	/* overlay */
	{ { { RGBA(480, 160), 2 }, { RGBA(960, 540), 2 },
	    { RGBA(1920, 1080), 2 } }, 3, 64 * KIB, 1, 60, 20, 0 },
	/* recording */
	{ { { NV12(1920, 1080), 6 } }, 1, 2 * MIB, 6, 1200, 600, 0 },
};

/* Sessions that open, by hour, in percent of those at the busiest hour. */
static const unsigned char hours[24] = {
	40, 20, 10, 5, 5, 10, 25, 30, 30, 25, 25, 30,
	40, 40, 35, 35, 40, 50, 65, 80, 100, 100, 90, 65,
};

struct buffer {
	uint64_t size;
	void *memory;	/* NULL when there is none */
};

struct session {
	const struct kind *kind;
	unsigned int rung, frames;
	struct buffer frame[MAX_FRAMES], side[MAX_SIDES];
	/* Frames of before a change that are still on the display. */
	struct buffer shown[2];
	double ends, changes, hides;
};

struct sessions {
	struct sessions_desc desc;
	uint64_t rnd;
	struct session *session[MAX_SESSIONS];
	double due[MAX_SESSIONS];	/* when something happens to each */
	size_t count;
	double opens[ARRAY_SIZE(kinds)];	/* when one of each kind opens */
	struct sessions_stat stat;
};

/* Splitmix64. */
static uint64_t rnd(struct sessions *all)
{
	uint64_t x = all->rnd += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Exponentially distributed. */
static double wait_for(struct sessions *all, double mean)
{
	return -mean * log(((rnd(all) >> 11) + 1) / (double)(1ULL << 53));
}

static uint64_t pages(uint64_t size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

static bool take(struct sessions *all, struct buffer *buffer, uint64_t size)
{
	buffer->size = pages(size);
	buffer->memory = all->desc.take(all->desc.data, buffer->size);
	if (!buffer->memory)
		return false;
	all->stat.live += buffer->size;
	all->stat.served += buffer->size;
	return true;
}

static void give(struct sessions *all, struct buffer *buffer)
{
	if (!buffer->memory)
		return;
	all->desc.give(all->desc.data, buffer->memory);
	buffer->memory = NULL;
	all->stat.live -= buffer->size;
}

static uint64_t frames_size(const struct rung *rung)
{
	return pages(rung->frame) * rung->frames;
}

static bool frames_open(struct sessions *all, struct session *s)
{
	const struct rung *rung = &s->kind->rungs[s->rung];
	unsigned int n;

	for (n = 0; n < rung->frames; n++)
		if (!take(all, &s->frame[n], rung->frame))
			return false;
	s->frames = n;
	return true;
}

static void session_due(struct sessions *all, size_t which)
{
	const struct session *s = all->session[which];

	all->due[which] = fmin(s->ends, fmin(s->changes, s->hides));
}

static bool session_open(struct sessions *all, const struct kind *kind, double t)
{
	struct session *s;
	unsigned int n;
	unsigned int rung = rnd(all) % kind->nr_rungs;
	double lasts = wait_for(all, kind->lasts);
	uint64_t size = frames_size(&kind->rungs[rung]) +
			pages(kind->side) * kind->sides;

	if (all->stat.live + size > all->desc.limit || all->count == MAX_SESSIONS)
		return true;
	s = calloc(1, sizeof(*s));
	s->kind = kind;
	s->rung = rung;
	s->ends = t + lasts;
	s->changes = kind->change ? t + wait_for(all, kind->change) : INFINITY;
	s->hides = INFINITY;
	all->session[all->count++] = s;
	session_due(all, all->count - 1);
	for (n = 0; n < kind->sides; n++)
		if (!take(all, &s->side[n], kind->side))
			return false;
	if (!frames_open(all, s))
		return false;
	all->stat.streams++;
	return true;
}

static void session_hide(struct sessions *all, struct session *s)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(s->shown); n++)
		give(all, &s->shown[n]);
	s->hides = INFINITY;
}

/* The decoder drains, frames that are not on the display go, the new pool comes. */
static bool session_change(struct sessions *all, struct session *s, double t)
{
	bool up = rnd(all) & 1;
	uint64_t had = frames_size(&s->kind->rungs[s->rung]), held, wants;
	unsigned int n;

	s->changes = t + wait_for(all, s->kind->change);
	session_hide(all, s);
	if (up ? s->rung + 1 == s->kind->nr_rungs : !s->rung)
		up = !up;
	held = ARRAY_SIZE(s->shown) * pages(s->kind->rungs[s->rung].frame);
	wants = frames_size(&s->kind->rungs[s->rung + (up ? 1 : -1)]);
	if (all->stat.live - had + held + wants > all->desc.limit)
		return true;
	for (n = ARRAY_SIZE(s->shown); n < s->frames; n++)
		give(all, &s->frame[n]);
	for (n = 0; n < ARRAY_SIZE(s->shown); n++) {
		s->shown[n] = s->frame[n];
		s->frame[n].memory = NULL;
	}
	s->rung += up ? 1 : -1;
	s->hides = t + 0.1;
	return frames_open(all, s);
}

static void session_close(struct sessions *all, size_t which)
{
	struct session *s = all->session[which];
	unsigned int n;

	session_hide(all, s);
	for (n = 0; n < MAX_FRAMES; n++)
		give(all, &s->frame[n]);
	for (n = 0; n < MAX_SIDES; n++)
		give(all, &s->side[n]);
	all->session[which] = all->session[--all->count];
	all->due[which] = all->due[all->count];
	free(s);
}

/* Carries out the event of a session at @t: its end, the end of old frames, or a change. */
static bool session_go_on(struct sessions *all, size_t which, double t)
{
	struct session *s = all->session[which];
	bool ok = true;

	if (t == s->ends) {
		session_close(all, which);
		return true;
	}
	if (t == s->hides)
		session_hide(all, s);
	else
		ok = session_change(all, s, t);
	session_due(all, which);
	return ok;
}

static double opens_next(struct sessions *all, size_t kind)
{
	return wait_for(all, kinds[kind].every / all->desc.busy);
}

/* Returns whether a session that is due to open opens at this hour. */
static bool is_wanted(struct sessions *all, double t)
{
	return !all->desc.evening ||
	       rnd(all) % 100 < hours[(size_t)(t / 3600) % ARRAY_SIZE(hours)];
}

/* Finds the kind that opens next. */
static size_t opener(const struct sessions *all)
{
	size_t n, found = 0;

	for (n = 1; n < ARRAY_SIZE(kinds); n++)
		if (all->opens[n] < all->opens[found])
			found = n;
	return found;
}

/* Finds the session that something happens to before @t, or all->count. */
static size_t first_due(const struct sessions *all, double t)
{
	size_t n, found = all->count;

	for (n = 0; n < all->count; n++)
		if (all->due[n] < t) {
			t = all->due[n];
			found = n;
		}
	return found;
}

struct sessions *sessions_create(const struct sessions_desc *desc)
{
	struct sessions *all = calloc(1, sizeof(*all));
	size_t n;

	all->desc = *desc;
	all->rnd = desc->seed * 0x632be59bd9b4e019;
	for (n = 0; n < ARRAY_SIZE(kinds); n++)
		all->opens[n] = opens_next(all, n);
	return all;
}

void sessions_destroy(struct sessions *all)
{
	while (all->count)
		session_close(all, 0);
	free(all);
}

double sessions_next(const struct sessions *all)
{
	double t = all->opens[opener(all)];
	size_t which = first_due(all, t);

	return which < all->count ? all->due[which] : t;
}

bool sessions_step(struct sessions *all)
{
	size_t kind = opener(all);
	double t = all->opens[kind];
	size_t which = first_due(all, t);

	if (which < all->count)
		return session_go_on(all, which, all->due[which]);
	all->opens[kind] = t + opens_next(all, kind);
	return !is_wanted(all, t) || session_open(all, &kinds[kind], t);
}

const struct sessions_stat *sessions_stat(const struct sessions *all)
{
	return &all->stat;
}
