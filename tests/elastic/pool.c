// SPDX-License-Identifier: GPL-2.0-only
/* softtee's elastic pool, see pool.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "pool.h"

int dev;

uint64_t elastic(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "elastic/%s", name);
	return account_number(VIDEO_ACCOUNT, path);
}

void set(const char *name, uint64_t value)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "elastic/%s", name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (account_write(VIDEO_ACCOUNT, path, text))
		ktap_bail("cannot set %s", path);
}

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

bool reaches(const char *name, uint64_t value)
{
	double end = seconds() + 300;

	while (elastic(name) != value) {
		if (seconds() > end) {
			ktap_note("%s is %llu, not %llu; the last error is %llu", name,
				  (unsigned long long)elastic(name),
				  (unsigned long long)value,
				  (unsigned long long)elastic("error"));
			return false;
		}
		poll(NULL, 0, 20);
	}
	return true;
}

bool exceeds(const char *name, uint64_t value)
{
	double end = seconds() + 300;

	while (elastic(name) <= value) {
		if (seconds() > end)
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}

uint64_t ram(void)
{
	return guest_meminfo("MemTotal");
}

void load(const char *pool, const char *more)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%s %s", *pool ? "pool=" : "", pool, more);
	load_blocks(BLOCKS * BLOCK, text);
}

void load_blocks(uint64_t size, const char *more)
{
	char command[512];

	snprintf(command, sizeof(command), "modprobe softtee elastic=%llu@%#llx %s",
		 (unsigned long long)size, START, more);
	if (system(command))
		ktap_bail("%s: fails", command);
	dev = tee_open(SOFTTEE_IMPL_ID);
	if (!reaches("out", 0))
		ktap_bail("the blocks do not become RAM");
}

bool unload(void)
{
	close(dev);
	return !system("rmmod softtee");
}

uint64_t block_in(const char *state, uint64_t besides)
{
	char text[4096], *line, *more = text, name[16];
	unsigned long long addr;

	account_read(VIDEO_ACCOUNT, "elastic/blocks", text, sizeof(text));
	while ((line = strsep(&more, "\n")))
		if (sscanf(line, "%llx %15s", &addr, name) == 2 &&
		    !strcmp(name, state) && addr != besides)
			return addr;
	ktap_bail("no block is %s", state);
}

int frame(void)
{
	return tee_rstmem(dev, VIDEO, FRAME, NULL);
}

static void work(size_t size, int ask, int answer)
{
	uint64_t *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pollfd asked = { .fd = ask, .events = POLLIN };
	uint64_t round = 0;
	size_t n, count = size / sizeof(*data);
	char ok = data != MAP_FAILED;

	for (n = 0; ok && n < count; n++)
		data[n] = n;
	if (write(answer, &ok, 1) != 1)
		_exit(1);
	do {
		for (n = 0; ok && n < count; n += 64) {
			ok = data[n] == n + round && data[n + 1] == n + 1;
			data[n] = n + round + 1;
		}
		round++;
	} while (!poll(&asked, 1, 0));
	_exit(write(answer, &ok, 1) != 1);
}

void worker_start(struct worker *worker, size_t size)
{
	int ask[2], answer[2];
	char ok = 0;

	if (pipe(ask) || pipe(answer))
		ktap_bail("pipe: %s", strerror(errno));
	worker->pid = fork();
	if (!worker->pid)
		work(size, ask[0], answer[1]);
	close(ask[0]);
	close(answer[1]);
	worker->ask = ask[1];
	worker->answer = answer[0];
	if (read(worker->answer, &ok, 1) != 1 || !ok)
		ktap_bail("the worker has no memory");
}

bool worker_end(struct worker *worker)
{
	char ok = 0;

	if (write(worker->ask, "", 1) != 1 || read(worker->answer, &ok, 1) != 1)
		ok = 0;
	waitpid(worker->pid, NULL, 0);
	close(worker->ask);
	close(worker->answer);
	return ok;
}

int fill_floor(int *buf)
{
	struct tee_ioctl_rstmem_query query;
	int n = 0;

	for (;;) {
		tee_query(dev, VIDEO, &query);
		if (query.largest_free < FRAME || query.total > FLOOR)
			return n;
		buf[n++] = frame();
	}
}

void close_all(int *buf, int count)
{
	while (count--)
		close(buf[count]);
}

void failing(const char *function, int result)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "modprobe rstmem_failing function=%s result=%d fail=1", function, result);
	if (system(command))
		ktap_bail("%s", command);
}

void working(void)
{
	if (guest_number("/sys/module/rstmem_failing/parameters/failed") < 1)
		ktap(false, "failing: the function that shall fail was called");
	if (system("rmmod rstmem_failing"))
		ktap_bail("rstmem_failing stays loaded");
}
