// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load: processes with sessions of their own allocate buffers until the pool is full,
 * fill and check them, and pass them to other contexts. They are killed at random
 * moments, TEE calls included. At the end the pool must be empty and give all its
 * memory again.
 *
 *	crowd [SECONDS [SEED]]
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define WORKERS	8
#define BUFFERS	24
#define LARGEST	(256 * KIB)
/* Extra seconds for a slow machine. */
#define PATIENCE	100

/*
 * A process that is killed while a trusted application is loaded for it makes the stock
 * driver and OP-TEE's supplicant wait for each other forever, without this project's
 * modules as well. So no process is killed in LOADING, and a DOOMED one loads nothing.
 */
enum state { FREE, LOADING, DOOMED };

/* Counts of a worker, in shared memory: it may be killed at any point. */
struct tally {
	_Atomic enum state state;
	unsigned long filled, checked, passed, full, no_session, wrong;
	char why[128];
};

struct buffer {
	int fd, id;
	size_t size;
	unsigned int seed;
};

struct worker {
	struct tally *tally;
	unsigned int seed;
	int tee;
	uint32_t cipher, digest;
	struct tee_mem key, in;
	struct buffer bufs[BUFFERS];
};

static unsigned int rnd(unsigned int *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static _Noreturn void wrong(struct worker *w, const char *what, long value)
{
	snprintf(w->tally->why, sizeof(w->tally->why),
	"%s: 0x%lx", what, value);
	w->tally->wrong++;
	_exit(1);
}

/* Returns false when the TEE has no memory for the session. */
static bool open_session(struct worker *w, const uint8_t *uuid, uint32_t *session)
{
	enum state state = FREE;
	uint32_t ret, origin;
	int rc;

	if (!atomic_compare_exchange_strong(&w->tally->state, &state, LOADING))
		pause();
	rc = tee_session(w->tee, uuid, session, &ret, &origin);
	atomic_store(&w->tally->state, FREE);
	if (rc || (ret && ret != TEEC_ERROR_OUT_OF_MEMORY))
		wrong(w, "session", rc ? rc : (long)ret);
	w->tally->no_session += ret != 0;
	return !ret;
}

static const uint8_t cipher[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t digest[] = RSTMEM_SVC_DIGEST_UUID;

static bool start(struct worker *w)
{
	int n;

	for (n = 0; n < BUFFERS; n++)
		w->bufs[n].fd = -1;
	w->tee = target_open();
	if (!open_session(w, cipher, &w->cipher))
		return false;
	if (!open_session(w, digest, &w->digest))
		return false;
	tee_mem_alloc(w->tee, 48, &w->key);
	tee_mem_alloc(w->tee, LARGEST, &w->in);
	return true;
}

static void fill(struct worker *w, struct buffer *buf)
{
	struct tee_ioctl_param params[3] = {
		tee_in(w->key.id, 0, 32), tee_in(w->key.id, 32, 16),
	};
	static uint8_t plain[LARGEST];
	uint32_t ret;

	content_make(w->key.addr, 48, buf->seed);
	content_make(plain, buf->size, ~buf->seed);
	content_encrypt(w->key.addr, (uint8_t *)w->key.addr + 32, 0, plain,
			w->in.addr, buf->size);
	ret = tee_call(w->tee, w->cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
	if (ret)
		wrong(w, "key", ret);
	params[0] = tee_in(w->in.id, 0, buf->size);
	params[1] = tee_out(buf->id, 0, buf->size);
	params[2] = tee_value(0, 0);
	ret = tee_call(w->tee, w->cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3);
	if (ret)
		wrong(w, "decrypt", ret);
	w->tally->filled++;
}

static void check(struct worker *w, const struct buffer *buf)
{
	static uint8_t plain[LARGEST];
	uint8_t want[32], got[32];
	uint32_t ret;

	content_make(plain, buf->size, ~buf->seed);
	content_sha256(plain, buf->size, want);
	ret = tee_digest(w->tee, w->digest, buf->id, 0, buf->size, got);
	if (ret || memcmp(want, got, sizeof(want)))
		wrong(w, "content", ret);
	w->tally->checked++;
}

/* Register the buffer in another context and check its content there. */
static void pass_on(struct worker *w, const struct buffer *buf)
{
	struct worker other = { .tally = w->tally };
	struct buffer seen = *buf;
	int reg;

	other.tee = target_open();
	if (open_session(&other, digest, &other.digest)) {
		reg = tee_register_fd(other.tee, buf->fd, &seen.id);
		if (reg < 0)
			wrong(w, "registration", reg);
		check(&other, &seen);
		close(reg);
		w->tally->passed++;
	}
	close(other.tee);
}

static void allocate(struct worker *w, struct buffer *buf)
{
	buf->size = 1 + rnd(&w->seed) % (LARGEST >> rnd(&w->seed) % 6);
	buf->fd = tee_rstmem(w->tee, VIDEO, buf->size, &buf->id);
	if (buf->fd == -ENOMEM) {
		w->tally->full++;
		return;
	}
	if (buf->fd < 0)
		wrong(w, "allocation", buf->fd);
	buf->seed = rnd(&w->seed);
	fill(w, buf);
}

/* Work until killed. Ends early when the TEE has no room for the sessions. */
static _Noreturn void work(struct tally *tally, unsigned int seed)
{
	struct worker w = { .tally = tally, .seed = seed };
	struct buffer *buf;

	if (!start(&w))
		_exit(0);
	for (;;) {
		buf = &w.bufs[rnd(&w.seed) % BUFFERS];
		switch (rnd(&w.seed) % 8) {
		case 0:
			if (buf->fd >= 0)
				pass_on(&w, buf);
			break;
		case 1:
		case 2:
			if (buf->fd >= 0)
				close(buf->fd);
			buf->fd = -1;
			break;
		case 3:
			if (buf->fd >= 0)
				check(&w, buf);
			break;
		default:
			if (buf->fd < 0)
				allocate(&w, buf);
		}
	}
}

static void kill_worker(struct tally *tally, pid_t pid)
{
	enum state state = FREE;

	while (!atomic_compare_exchange_strong(&tally->state, &state, DOOMED)) {
		usleep(1000);
		state = FREE;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_store(&tally->state, FREE);
}

static pid_t start_worker(struct tally *tally, unsigned int seed)
{
	pid_t pid = fork();

	if (!pid)
		work(tally, seed);
	return pid;
}

/* Wait until killed processes have left their TEE calls. */
static bool becomes_empty(int watch)
{
	int n;

	for (n = 0; n < 1000; n++) {
		if (!tee_used(watch, VIDEO) && !tee_buffers(watch, VIDEO))
			return true;
		usleep(10000);
	}
	return false;
}

/* Returns whether every kind of work was done at least once. */
static bool saw_all(const struct tally *tallies)
{
	bool filled = false, checked = false, passed = false;
	unsigned int n;

	for (n = 0; n < WORKERS; n++) {
		filled |= tallies[n].filled > 0;
		checked |= tallies[n].checked > 0;
		passed |= tallies[n].passed > 0;
	}
	return filled && checked && passed;
}

static void test_crowd(int watch, unsigned int seconds, unsigned int seed)
{
	struct tally sum = {}, *tallies;
	time_t end = time(NULL) + seconds;
	unsigned int n, kills = 0;
	pid_t pids[WORKERS];

	tallies = mmap(NULL, WORKERS * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (n = 0; n < WORKERS; n++)
		pids[n] = start_worker(&tallies[n], rnd(&seed));
	while (time(NULL) < end ||
	       (!saw_all(tallies) && time(NULL) < end + PATIENCE)) {
		usleep(rnd(&seed) % 200000);
		n = rnd(&seed) % WORKERS;
		kill_worker(&tallies[n], pids[n]);
		pids[n] = start_worker(&tallies[n], rnd(&seed));
		kills++;
	}
	for (n = 0; n < WORKERS; n++) {
		kill_worker(&tallies[n], pids[n]);
		sum.filled += tallies[n].filled;
		sum.checked += tallies[n].checked;
		sum.passed += tallies[n].passed;
		sum.full += tallies[n].full;
		sum.no_session += tallies[n].no_session;
		sum.wrong += tallies[n].wrong;
		if (tallies[n].wrong)
			ktap_note("%s", tallies[n].why);
	}
	ktap_note("%u s, %u processes killed: %lu buffers filled, %lu checked, %lu passed on; %lu times the pool was full, %lu times the TEE had no room for a session",
		  seconds, kills, sum.filled, sum.checked, sum.passed, sum.full,
		  sum.no_session);
	ktap(sum.filled && sum.checked && sum.passed && kills,
	     "load: processes fill, check and pass on buffers and are killed");
	ktap_eq(sum.wrong, 0,
		"load: no process finds wrong content or an unexpected error");
	ktap(becomes_empty(watch), "load: the pool is empty at the end");
	munmap(tallies, WORKERS * sizeof(*tallies));
}

/* Allocate the pool page by page, free it, and do so again. */
static void test_exhaustion(int watch)
{
	const unsigned int pages = target()->total / (4 * KIB);
	struct rlimit files = { pages + 64, pages + 64 };
	int *bufs = calloc(pages, sizeof(*bufs));
	unsigned int n, round, bad = 0;
	struct buffer last;
	int whole;

	setrlimit(RLIMIT_NOFILE, &files);
	for (round = 0; round < 2; round++) {
		for (n = 0; n < pages; n++) {
			bufs[n] = tee_rstmem(watch, VIDEO, 4 * KIB, &last.id);
			bad += bufs[n] < 0;
		}
		bad += tee_rstmem(watch, VIDEO, 1, NULL) != -ENOMEM;
		bad += tee_used(watch, VIDEO) != target()->total;
		content_fill(watch, last.id, 0, bufs, 4 * KIB);
		bad += !content_is(watch, last.id, 0, bufs, 4 * KIB);
		/* Leave holes first. */
		for (n = 0; n < pages; n += 2)
			close(bufs[n]);
		bad += tee_rstmem(watch, VIDEO, 8 * KIB, NULL) != -ENOMEM;
		for (n = 1; n < pages; n += 2)
			close(bufs[n]);
		whole = tee_rstmem(watch, VIDEO, target()->total, NULL);
		bad += whole < 0;
		close(whole);
	}
	ktap_eq(bad, 0,
		"exhaustion: %u buffers of a page fill the pool, then a single one does",
		pages);
	ktap_eq(tee_used(watch, VIDEO), 0,
		"exhaustion: the pool is empty at the end");
	free(bufs);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 20;
	unsigned int seed = argc > 2 ? atoi(argv[2]) : 1;
	int watch;

	ktap_start();
	watch = target_open();
	test_crowd(watch, seconds, seed);
	test_exhaustion(watch);
	close(watch);
	return ktap_end();
}
