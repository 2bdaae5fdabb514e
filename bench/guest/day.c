// SPDX-License-Identifier: GPL-2.0-only
/*
 * day: days of a device with a display, on a fixed pool and on an elastic one; CSV.
 *
 *	day DAYS BUSY...
 *
 * A day is the sessions of sessions.c from midnight to midnight, or to the first buffer
 * for which there is no room. A second here is a minute of the day. The time after which
 * a block goes back is as much shorter: 10 s of the day. The kernel's own work
 * is not sped up, so it seems slower. Each day runs on a fixed pool of 512 MiB, and
 * on a floor of 64 MiB and 1536 MiB that come and go. Another part of this program has
 * memory in these meanwhile.
 *
 * A line that begins with "day" is a day: hours, errno at its end, bytes allocated,
 * sessions, and microseconds of the longest allocation. One that begins with "at" is a
 * moment of it: seconds, and bytes that buffers have, that the pool has and may have, and
 * that are RAM.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../tests/support/account.h"
#include "../../tests/support/guest.h"
#include "../../tests/support/ktap.h"
#include "../../tests/support/tee.h"
#include "../module/bench.h"
#include "../sessions.h"

#define VIDEO		TEE_IOC_UC_SECURE_VIDEO_PLAY
#define WORK		(512 * MIB)
#define DAY		86400.0
#define SAMPLE		60.0
#define SPEED		60
#define FIXED		"size=0x20000000"
#define ELASTIC		"size=0x4000000 elastic_start=0x108000000 " \
			"elastic_size=0x60000000 elastic_idle_ms=167"

/**
 * struct day - a day on a pool
 * @pool:	"fixed" or "elastic"
 * @busy:	how often sessions open
 * @seed:	which day
 * @tee:	the TEE
 * @error:	errno of the buffer that there was no room for
 * @longest:	seconds of the allocation that took longest
 */
struct day {
	const char *pool;
	const char *busy;
	unsigned int seed;
	int tee;
	int error;
	double longest;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void sleep_until(double at)
{
	const struct timespec time = {
		.tv_sec = at,
		.tv_nsec = (at - (time_t)at) * 1e9,
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* A buffer is its descriptor, from 1 on. */
static void *take(void *data, uint64_t size)
{
	struct day *day = data;
	double begin = seconds(), took;
	int fd = tee_rstmem(day->tee, VIDEO, size, NULL);

	took = seconds() - begin;
	if (took > day->longest)
		day->longest = took;
	if (fd >= 0)
		return (void *)(intptr_t)(fd + 1);
	day->error = -fd;
	return NULL;
}

static void give(void *data, void *buffer)
{
	(void)data;
	close((intptr_t)buffer - 1);
}

/* Prints a moment, @t seconds after midnight. */
static void sample(const struct day *day, double t)
{
	struct tee_ioctl_rstmem_query query;

	if (tee_query(day->tee, VIDEO, &query))
		ktap_bail("the query fails");
	printf("at,%s,%s,%u,%.0f,%llu,%llu,%llu,%llu\n", day->pool, day->busy,
	       day->seed, t, (unsigned long long)query.used,
	       (unsigned long long)query.total, (unsigned long long)query.most,
	       (unsigned long long)guest_meminfo("MemTotal"));
}

static void day_run(struct day *day)
{
	const struct sessions_desc desc = {
		.take = take,
		.give = give,
		.data = day,
		.seed = day->seed,
		.busy = atof(day->busy),
		.evening = true,
		.limit = UINT64_MAX / 2,
	};
	struct sessions *sessions = sessions_create(&desc);
	const double begin = seconds();
	double t = 0, next, sampled = 0;
	bool ok = true;

	while (ok && sampled < DAY) {
		next = sessions_next(sessions);
		t = fmin(next, sampled);
		sleep_until(begin + t / SPEED);
		if (t == next) {
			ok = sessions_step(sessions);
		} else {
			sample(day, t);
			sampled += SAMPLE;
		}
	}
	printf("day,%s,%s,%u,%.2f,%d,%llu,%llu,%.0f\n", day->pool, day->busy, day->seed,
	       ok ? DAY / 3600 : t / 3600, day->error,
	       (unsigned long long)sessions_stat(sessions)->served,
	       (unsigned long long)sessions_stat(sessions)->streams,
	       day->longest * 1e6);
	sessions_destroy(sessions);
}

static int load(const char *pool)
{
	char command[256];

	snprintf(command, sizeof(command), "modprobe bench_rstmem %s", pool);
	if (system(command))
		ktap_bail("%s: fails", command);
	return tee_open(BENCH_IMPL_ID);
}

static void all_is_ram(void)
{
	while (account_number(VIDEO_ACCOUNT, "elastic/out"))
		sleep(1);
}

/* Memory of a program, with something in each page. */
static uint64_t *work_begin(void)
{
	uint64_t *work = malloc(WORK);
	size_t n;

	if (!work)
		ktap_bail("no memory to work in");
	for (n = 0; n < WORK / sizeof(*work); n += 512)
		work[n] = n;
	return work;
}

static void work_end(uint64_t *work)
{
	size_t n;

	for (n = 0; n < WORK / sizeof(*work); n += 512)
		if (work[n] != n)
			ktap_bail("the program's memory changed");
	free(work);
}

static void days_run(const char *pool, int tee, unsigned int days, char **busy)
{
	unsigned int seed;

	for (; *busy; busy++)
		for (seed = 1; seed <= days; seed++) {
			struct day day = {
				.pool = pool,
				.busy = *busy,
				.seed = seed,
				.tee = tee,
			};

			if (!strcmp(pool, "elastic"))
				all_is_ram();
			day_run(&day);
		}
}

int main(int argc, char **argv)
{
	const struct rlimit limit = { 65536, 65536 };
	uint64_t *work;
	int tee;

	if (argc < 3 || setrlimit(RLIMIT_NOFILE, &limit))
		ktap_bail("day DAYS BUSY...");
	tee = load(FIXED);
	days_run("fixed", tee, atoi(argv[1]), argv + 2);
	close(tee);
	if (system("rmmod bench_rstmem"))
		ktap_bail("bench_rstmem stays");

	tee = load(ELASTIC);
	all_is_ram();
	work = work_begin();
	days_run("elastic", tee, atoi(argv[1]), argv + 2);
	work_end(work);
	return 0;
}
