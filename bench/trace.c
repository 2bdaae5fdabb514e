// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace: how much fits into a pool, by placement policy; prints CSV.
 *
 *	trace [RUNS]
 *
 * A run is the sessions of a device with a display for up to MAX_HOURS (sessions.c). They
 * never ask for more than a share of the pool. So enough memory is always free, and the
 * policy alone causes the first ENOMEM: the free memory is in pieces. The figure is the
 * memory that had been allocated by then.
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
#include "sessions.h"

#define KIB		1024ULL
#define MIB		(1024 * KIB)
#define PAGE		(4 * KIB)
#define MAX_HOURS	24
#define MAX_RANGES	8192
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct range {
	struct rstmem_extent ext;	/* of extent.c */
	u64 size;
};

struct pool {
	const struct policy *policy;
	struct rstmem_space space;
	/* For the other policies: taken ranges, by address. */
	struct range *by_addr[MAX_RANGES];
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

static void *take(void *data, uint64_t size)
{
	struct pool *pool = data;
	struct range *r = calloc(1, sizeof(*r));

	r->size = size;
	if (pool->policy->take(pool, r, size))
		return r;
	free(r);
	return NULL;
}

static void give(void *data, void *buffer)
{
	struct pool *pool = data;
	struct range *r = buffer;

	pool->policy->give(pool, r);
	free(r);
}

/* Returns the hours until ENOMEM, or MAX_HOURS; and in @stat the work done by then. */
static double play(const struct policy *policy, u64 size, double share, u64 seed,
		   struct sessions_stat *stat)
{
	static struct pool pool;
	const struct sessions_desc desc = {
		.take = take,
		.give = give,
		.data = &pool,
		.seed = seed,
		/* As many sessions a byte, whatever the pool. */
		.busy = size / (256.0 * MIB),
		.limit = size * share,
	};
	struct sessions *sessions;
	double t;

	memset(&pool, 0, sizeof(pool));
	pool.policy = policy;
	pool.size = size;
	rstmem_space_init(&pool.space, 0, size);
	sessions = sessions_create(&desc);
	do
		t = sessions_next(sessions);
	while (sessions_step(sessions) && t < MAX_HOURS * 3600.0);
	*stat = *sessions_stat(sessions);
	sessions_destroy(sessions);
	return fmin(t / 3600, MAX_HOURS);
}

struct outcome {
	double served, streams, hours;
	unsigned int lasted;
};

/* Geometric means, since a run that ends late ends very late. */
static struct outcome play_all(const struct policy *policy, u64 pool, double share,
			       unsigned int runs)
{
	struct outcome sum = { 0 };
	struct sessions_stat stat;
	unsigned int n;
	double hours;

	for (n = 1; n <= runs; n++) {
		hours = play(policy, pool, share, n, &stat);
		sum.served += log(stat.served + 1.0);
		sum.streams += log(stat.streams + 1.0);
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
