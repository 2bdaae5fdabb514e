// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace: how much fits into a pool, by placement policy; prints CSV.
 *
 *	trace [RUNS]
 *
 * A run is what a device with a display does for up to MAX_HOURS: decoders of
 * several resolutions open, change resolution with the network, and close; pictures
 * in pictures, overlays of the trusted user interface and recordings come and go.
 * What would take more than a share of the pool is not asked for: the session does not
 * open, the resolution stays. So what is asked for is always there, and the first
 * ENOMEM is the doing of the policy alone: memory that is free, in pieces. What had
 * been allocated by then is the figure.
 *
 * Policies: that of kernel/core/extent.c itself, and first fit and best fit as of
 * the kernel's genalloc (gen_pool_first_fit, gen_pool_best_fit), which search a
 * bitmap from its beginning. A run is the same for each: it depends on its number.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernel/core/extent.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define PAGE		(4 * KIB)
#define MAX_HOURS	24
#define MAX_BUFFERS	32
#define MAX_SESSIONS	256
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct range {
	struct rstmem_extent ext;	/* of extent.c */
	u64 size;
	bool live;
};

struct pool {
	const struct policy *policy;
	struct rstmem_space space;
	/* Of the others: taken ranges, by address. */
	struct range *by_addr[MAX_SESSIONS * MAX_BUFFERS];
	size_t count;
	u64 size;
};

struct policy {
	const char *name;
	bool (*take)(struct pool *pool, struct range *r, u64 size);
	void (*give)(struct pool *pool, struct range *r);
};

static bool ours_take(struct pool *pool, struct range *r, u64 size)
{
	return rstmem_extent_alloc(&pool->space, &r->ext, size);
}

static void ours_give(struct pool *pool, struct range *r)
{
	rstmem_extent_free(&pool->space, &r->ext);
}

static bool bitmap_take(struct pool *pool, struct range *r, u64 size, bool best)
{
	u64 end = 0, gap, found_gap = 0, found_at = 0;
	size_t n, place = 0;
	bool found = false;

	for (n = 0; n <= pool->count; n++) {
		gap = (n < pool->count ? pool->by_addr[n]->ext.start : pool->size) -
		      end;
		if (gap >= size && (!found || gap < found_gap)) {
			found = true;
			found_gap = gap;
			found_at = end;
			place = n;
			if (!best)
				break;
		}
		if (n < pool->count)
			end = pool->by_addr[n]->ext.start + pool->by_addr[n]->size;
	}
	if (!found)
		return false;
	memmove(&pool->by_addr[place + 1], &pool->by_addr[place],
		(pool->count - place) * sizeof(pool->by_addr[0]));
	pool->by_addr[place] = r;
	pool->count++;
	r->ext.start = found_at;
	return true;
}

static bool first_take(struct pool *pool, struct range *r, u64 size)
{
	return bitmap_take(pool, r, size, false);
}

static bool best_take(struct pool *pool, struct range *r, u64 size)
{
	return bitmap_take(pool, r, size, true);
}

static void bitmap_give(struct pool *pool, struct range *r)
{
	size_t n;

	for (n = 0; pool->by_addr[n] != r; n++)
		;
	pool->count--;
	memmove(&pool->by_addr[n], &pool->by_addr[n + 1],
		(pool->count - n) * sizeof(pool->by_addr[0]));
}

static const struct policy policies[] = {
	{ "first-fit", first_take, bitmap_give },
	{ "best-fit", best_take, bitmap_give },
	{ "rstmem", ours_take, ours_give },
};

/* A picture's bytes: NV12, P010 and RGBA, in whole rows of macroblocks. */
#define NV12(w, h)	((u64)(w) * (((h) + 15) / 16 * 16) * 3 / 2)
#define P010(w, h)	(2 * NV12(w, h))
#define RGBA(w, h)	((u64)(w) * (h) * 4)

/* What a session may show, from the smallest to the largest. */
struct rung {
	u64 frame;
	unsigned int frames;
};

/**
 * struct kind - of session
 * @rungs: resolutions; one is chosen at the start, and where @change is not 0 its
 *	   neighbours later
 * @side: bytes of each of @sides buffers that stay: the compressed stream, say
 * @every: seconds from one of this kind to the next, on average
 * @lasts: seconds, on average
 * @change: seconds from one change of resolution to the next, on average
 */
struct kind {
	const char *name;
	struct rung rungs[4];
	unsigned int nr_rungs;
	u64 side;
	unsigned int sides;
	double every, lasts, change;
};

static const struct kind kinds[] = {
	{ "adaptive", { { NV12(854, 480), 10 }, { NV12(1280, 720), 10 },
			{ NV12(1920, 1080), 10 }, { P010(3840, 2160), 9 } }, 4,
	  1 * MIB, 4, 300, 1800, 45 },
	{ "1080p", { { NV12(1920, 1080), 12 } }, 1, 1 * MIB, 4, 300, 2400, 0 },
	{ "4k", { { P010(1920, 1080), 10 }, { P010(3840, 2160), 10 } }, 2,
	  4 * MIB, 4, 900, 3600, 300 },
	{ "8k", { { P010(3840, 2160), 8 }, { NV12(7680, 4320), 7 } }, 2,
	  8 * MIB, 4, 3600, 3600, 300 },
	{ "pip", { { NV12(426, 240), 6 }, { NV12(854, 480), 6 } }, 2,
	  512 * KIB, 3, 240, 400, 60 },
	{ "overlay", { { RGBA(480, 160), 2 }, { RGBA(960, 540), 2 },
		       { RGBA(1920, 1080), 2 } }, 3, 64 * KIB, 1, 60, 20, 0 },
	{ "recording", { { NV12(1920, 1080), 6 } }, 1, 2 * MIB, 6, 1200, 600, 0 },
};

struct session {
	const struct kind *kind;
	unsigned int rung, frames;
	struct range frame[MAX_BUFFERS], side[MAX_BUFFERS];
	/* Frames of before a change that are still on the display. */
	struct range shown[2];
	double ends, changes, hides;
};

struct run {
	u64 rnd;
	struct pool pool;
	struct session *sessions[MAX_SESSIONS];
	double due[MAX_SESSIONS];	/* when something happens to each */
	size_t count;
	u64 limit, live;
	u64 served, streams;
};

/* Splitmix64. */
static u64 rnd(struct run *run)
{
	u64 x = run->rnd += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Exponentially distributed. */
static double wait_for(struct run *run, double mean)
{
	return -mean * log(((rnd(run) >> 11) + 1) / (double)(1ULL << 53));
}

static bool take(struct run *run, struct range *r, u64 size)
{
	size = (size + PAGE - 1) / PAGE * PAGE;
	r->size = size;
	if (!run->pool.policy->take(&run->pool, r, size))
		return false;
	r->live = true;
	run->live += size;
	run->served += size;
	return true;
}

static void give(struct run *run, struct range *r)
{
	if (!r->live)
		return;
	run->pool.policy->give(&run->pool, r);
	r->live = false;
	run->live -= r->size;
}

/* A range goes on at another address of this program. */
static void move(struct run *run, struct range *to, struct range *from)
{
	size_t n;

	*to = *from;
	from->live = false;
	if (run->pool.policy->take != ours_take) {
		for (n = 0; run->pool.by_addr[n] != from; n++)
			;
		run->pool.by_addr[n] = to;
		return;
	}
	/* As rb_replace_node() would have it. */
	to->ext.by_addr.next->pprev = &to->ext.by_addr.next;
	*to->ext.by_addr.pprev = &to->ext.by_addr;
	if (to->ext.gap)
		rb_replace_node(&from->ext.node, &to->ext.node,
				&run->pool.space.gaps);
}

static u64 pages(u64 size)
{
	return (size + PAGE - 1) / PAGE * PAGE;
}

static u64 frames_size(const struct rung *rung)
{
	return pages(rung->frame) * rung->frames;
}

static bool frames_open(struct run *run, struct session *s)
{
	const struct rung *rung = &s->kind->rungs[s->rung];
	unsigned int n;

	for (n = 0; n < rung->frames; n++)
		if (!take(run, &s->frame[n], rung->frame))
			return false;
	s->frames = n;
	return true;
}

static void session_due(struct run *run, size_t which)
{
	const struct session *s = run->sessions[which];

	run->due[which] = fmin(s->ends, fmin(s->changes, s->hides));
}

static bool session_open(struct run *run, const struct kind *kind, double t)
{
	struct session *s;
	unsigned int n;
	unsigned int rung = rnd(run) % kind->nr_rungs;
	double lasts = wait_for(run, kind->lasts);
	u64 size = frames_size(&kind->rungs[rung]) +
		   pages(kind->side) * kind->sides;

	if (run->live + size > run->limit || run->count == MAX_SESSIONS)
		return true;
	s = calloc(1, sizeof(*s));
	s->kind = kind;
	s->rung = rung;
	s->ends = t + lasts;
	s->changes = kind->change ? t + wait_for(run, kind->change) : INFINITY;
	s->hides = INFINITY;
	run->sessions[run->count++] = s;
	session_due(run, run->count - 1);
	for (n = 0; n < kind->sides; n++)
		if (!take(run, &s->side[n], kind->side))
			return false;
	if (!frames_open(run, s))
		return false;
	run->streams++;
	return true;
}

static void session_hide(struct run *run, struct session *s)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(s->shown); n++)
		give(run, &s->shown[n]);
	s->hides = INFINITY;
}

/* The decoder drains, all but what is on the display goes, the new pool comes. */
static bool session_change(struct run *run, struct session *s, double t)
{
	bool up = rnd(run) & 1;
	u64 had = frames_size(&s->kind->rungs[s->rung]), held, wants;
	unsigned int n;

	s->changes = t + wait_for(run, s->kind->change);
	session_hide(run, s);
	if (up ? s->rung + 1 == s->kind->nr_rungs : !s->rung)
		up = !up;
	held = ARRAY_SIZE(s->shown) * pages(s->kind->rungs[s->rung].frame);
	wants = frames_size(&s->kind->rungs[s->rung + (up ? 1 : -1)]);
	if (run->live - had + held + wants > run->limit)
		return true;
	for (n = 0; n < s->frames; n++)
		if (n >= ARRAY_SIZE(s->shown))
			give(run, &s->frame[n]);
	for (n = 0; n < ARRAY_SIZE(s->shown); n++)
		move(run, &s->shown[n], &s->frame[n]);
	s->rung += up ? 1 : -1;
	s->hides = t + 0.1;
	return frames_open(run, s);
}

static void session_close(struct run *run, size_t which)
{
	struct session *s = run->sessions[which];
	unsigned int n;

	session_hide(run, s);
	for (n = 0; n < MAX_BUFFERS; n++) {
		give(run, &s->frame[n]);
		give(run, &s->side[n]);
	}
	run->sessions[which] = run->sessions[--run->count];
	run->due[which] = run->due[run->count];
	free(s);
}

/* What is due happens. */
static bool session_go_on(struct run *run, size_t which, double t)
{
	struct session *s = run->sessions[which];
	bool ok = true;

	if (t == s->ends) {
		session_close(run, which);
		return true;
	}
	if (t == s->hides)
		session_hide(run, s);
	else
		ok = session_change(run, s, t);
	session_due(run, which);
	return ok;
}

/* Returns the hours until ENOMEM, or MAX_HOURS. */
static double play(struct run *run, const struct policy *policy, u64 pool,
		   double share, u64 seed)
{
	/* As many sessions a byte, whatever the pool. */
	const double busy = pool / (256.0 * MIB);
	double opens[ARRAY_SIZE(kinds)], t = 0;
	bool ok = true;
	size_t n;

	memset(run, 0, sizeof(*run));
	run->rnd = seed * 0x632be59bd9b4e019;
	run->limit = pool * share;
	run->pool.policy = policy;
	run->pool.size = pool;
	rstmem_space_init(&run->pool.space, 0, pool, PAGE);
	for (n = 0; n < ARRAY_SIZE(kinds); n++)
		opens[n] = wait_for(run, kinds[n].every / busy);

	while (ok && t < MAX_HOURS * 3600.0) {
		size_t opener = 0, which = 0;
		double next;

		for (n = 1; n < ARRAY_SIZE(kinds); n++)
			if (opens[n] < opens[opener])
				opener = n;
		next = opens[opener];
		for (n = 0; n < run->count; n++)
			if (run->due[n] < next) {
				next = run->due[n];
				which = n + 1;
			}
		t = next;
		if (!which) {
			opens[opener] = t + wait_for(run, kinds[opener].every / busy);
			ok = session_open(run, &kinds[opener], t);
		} else {
			ok = session_go_on(run, which - 1, t);
		}
	}
	while (run->count)
		session_close(run, 0);
	return ok ? MAX_HOURS : t / 3600;
}

struct outcome {
	double served, streams, hours;
	unsigned int lasted;
};

/* Geometric means, as what comes late comes very late. */
static struct outcome play_all(const struct policy *policy, u64 pool, double share,
			       unsigned int runs)
{
	struct outcome sum = { 0 };
	static struct run run;
	unsigned int n;
	double hours;

	for (n = 1; n <= runs; n++) {
		hours = play(&run, policy, pool, share, n);
		sum.served += log(run.served + 1.0);
		sum.streams += log(run.streams + 1.0);
		sum.hours += log(hours);
		sum.lasted += hours == MAX_HOURS;
	}
	sum.served = exp(sum.served / runs);
	sum.streams = exp(sum.streams / runs);
	sum.hours = exp(sum.hours / runs);
	return sum;
}

int main(int argc, char **argv)
{
	static const u64 pools[] = { 512 * MIB, 1024 * MIB, 2048 * MIB };
	static const unsigned int shares[] = { 70, 75, 80, 85, 90, 95 };
	unsigned int runs = argc > 1 ? atoi(argv[1]) : 100;
	size_t p, s, n;

	if (!runs) {
		fprintf(stderr, "usage: trace [RUNS]\n");
		return 2;
	}
	puts("pool,share,policy,runs,gib,streams,hours,lasted");
	for (p = 0; p < ARRAY_SIZE(pools); p++)
		for (s = 0; s < ARRAY_SIZE(shares); s++)
			for (n = 0; n < ARRAY_SIZE(policies); n++) {
				struct outcome o = play_all(&policies[n], pools[p],
							    shares[s] / 100.0,
							    runs);

				printf("%llu,%u,%s,%u,%.1f,%.1f,%.3f,%u\n",
				       (unsigned long long)(pools[p] / MIB),
				       shares[s], policies[n].name, runs,
				       o.served / (1024.0 * MIB), o.streams,
				       o.hours, o.lasted);
				fflush(stdout);
			}
	return 0;
}
