// SPDX-License-Identifier: GPL-2.0-only
/* Troubles that an elastic pool must bear, see trouble.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/content.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/ktap.h"
#include "pool.h"
#include "trouble.h"

/*
 * A user without privileges who pins a page in each block, and keeps it in a pipe. The
 * addresses of pages are for root only, so the process drops its privileges later.
 */
static void pin(int ready, int stop)
{
	size_t size = 500 * MIB, at;
	uint8_t *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool pinned[BLOCKS] = {};
	int pipes[2], count = 0;
	struct iovec iov;
	uint64_t addr;
	char byte;

	if (data == MAP_FAILED || pipe(pipes))
		_exit(1);
	for (at = 0; at < size && count < BLOCKS; at += PAGE) {
		data[at] = 1;
		addr = kcore_address(data + at);
		if (addr < START || addr >= START + BLOCKS * BLOCK ||
		    pinned[(addr - START) / BLOCK])
			continue;
		pinned[(addr - START) / BLOCK] = true;
		iov = (struct iovec){ data + at, PAGE };
		if (vmsplice(pipes[1], &iov, 1, 0) != PAGE)
			_exit(1);
		count++;
	}
	if (setgid(65534) || setuid(65534))
		_exit(1);
	byte = count;
	_exit(write(ready, &byte, 1) != 1 || read(stop, &byte, 1) != 0);
}

struct enemy {
	pid_t pid;
	int stop;
};

static void enemy_start(struct enemy *enemy)
{
	int ready[2], stop[2];
	char count = 0;

	if (pipe2(ready, O_CLOEXEC) || pipe2(stop, O_CLOEXEC))
		ktap_bail("pipe: %s", strerror(errno));
	enemy->pid = fork();
	if (!enemy->pid) {
		close(stop[1]);
		close(dev);
		pin(ready[1], stop[0]);
	}
	close(ready[1]);
	close(stop[0]);
	enemy->stop = stop[1];
	if (read(ready[0], &count, 1) != 1 || count != BLOCKS)
		ktap_bail("a process pins pages in %d of %d blocks", count, BLOCKS);
	close(ready[0]);
}

static void enemy_end(struct enemy *enemy)
{
	close(enemy->stop);
	waitpid(enemy->pid, NULL, 0);
}

/* A process that allocates a frame and exits with the error. */
static pid_t waiter_start(void)
{
	pid_t pid = fork();
	int own, buf;

	if (pid)
		return pid;
	/* Buffers that the parent closes must not live here. */
	close_range(3, ~0U, 0);
	own = tee_open(SOFTTEE_IMPL_ID);
	buf = tee_rstmem(own, VIDEO, FRAME, NULL);
	_exit(buf < 0 ? -buf : 0);
}

static int waiter_end(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void test_enemy(void)
{
	uint64_t failed = elastic("failed");
	int buf[8], count, spare, rc;
	struct enemy enemy;
	pid_t waiter;
	double start;

	set("warm", 0);
	set("attempt_ms", 1500);
	enemy_start(&enemy);
	count = fill_floor(buf);
	spare = buf[--count];
	waiter = waiter_start();
	ktap(exceeds("wanted", 0), "pinned: an allocation waits for growth");
	close(spare);
	start = seconds();
	ktap_eq(waiter_end(waiter), 0,
		"pinned: an allocation that waits gets memory that is freed meanwhile");
	ktap(seconds() - start < 20,
	     "pinned: it does not wait for the block that cannot come");

	spare = frame();
	waiter = waiter_start();
	exceeds("failed", failed);
	kill(waiter, SIGKILL);
	start = seconds();
	ktap_eq(waiter_end(waiter), -SIGKILL, "pinned: an allocation that waits can be killed");

	guest_set_wait_ms("5000");
	rc = waiter_end(waiter_start());
	guest_set_wait_ms("120000");
	ktap(rc == ENOMEM || rc == ETIMEDOUT,
	     "pinned: an allocation that cannot grow fails with ENOMEM or ETIMEDOUT: %s",
	     strerror(rc));
	ktap(elastic("failed") > failed, "pinned: failed attempts are counted");
	ktap(elastic("busy_pages") > 0, "pinned: pages that did not move are counted");
	ktap(waitpid(enemy.pid, NULL, WNOHANG) == 0,
	     "pinned: the process that pins pages lives all the time");
	close(spare);
	spare = frame();
	ktap(spare >= 0, "pinned: the floor serves all the time");
	close(spare);

	enemy_end(&enemy);
	set("attempt_ms", 20000);
	spare = frame();
	start = seconds();
	do {
		rc = waiter_end(waiter_start());
	} while (rc && seconds() < start + 90);
	ktap_eq(rc, 0, "pinned: the pool grows when the pages are free");
	close(spare);
	close_all(buf, count);
	ktap(reaches("out", 0), "pinned: all blocks go back afterwards");
}

/* Fails a step on the way out: the memory stays, or goes back. */
void test_failed_growth(const char *function, int result, const char *what)
{
	int buf[8], count, more;

	count = fill_floor(buf);
	failing(function, result);
	more = frame();
	if (!ktap(more == -ENOMEM || more == -ETIMEDOUT,
		  "failing: an allocation fails when the kernel cannot %s", what))
		ktap_note("it gives %d", more);
	working();
	ktap(reaches("out", 0), "failing: no block is out after that");
	more = -1;
	for (double end = seconds() + 300; more < 0 && seconds() < end; poll(NULL, 0, 50))
		more = frame();
	ktap(more >= 0, "failing: the pool grows when it is possible to %s again", what);
	close(more);
	close_all(buf, count);
	reaches("out", 0);
}

void test_failed_return(const char *function, int result, const char *what)
{
	uint64_t failed = elastic("failed");
	int buf[8], count, more;

	count = fill_floor(buf);
	more = frame();
	failing(function, result);
	close(more);
	close_all(buf, count);
	ktap(exceeds("failed", failed) && elastic("out") >= BLOCK,
	     "failing: a block stays out while the kernel cannot %s", what);
	working();
	ktap(reaches("out", 0), "failing: it goes back when it is possible to %s", what);
}

static void *remove_device(void *arg)
{
	*(int *)arg = guest_write("/sys/bus/platform/drivers/softtee/unbind", "softtee");
	return NULL;
}

void test_removal(uint64_t idle)
{
	struct enemy enemy;
	pthread_t thread;
	int buf[8], count, rc;
	double start;
	pid_t waiter;

	count = fill_floor(buf);
	/* An attempt that ends wakes the allocation as well. */
	set("attempt_ms", 120000);
	enemy_start(&enemy);
	waiter = waiter_start();
	exceeds("wanted", 0);
	close(dev);
	start = seconds();
	pthread_create(&thread, NULL, remove_device, &rc);
	ktap_eq(waiter_end(waiter), ENODEV,
		"removal: an allocation that waits for growth fails with ENODEV");
	ktap(seconds() - start < 60, "removal: the allocation does not wait for the attempt");
	enemy_end(&enemy);
	pthread_join(thread, NULL);
	ktap_eq(rc, 0, "removal: the device is removed while buffers live");
	close_all(buf, count);
	rc = guest_write("/sys/bus/platform/drivers/softtee/bind", "softtee");
	dev = tee_open(SOFTTEE_IMPL_ID);
	ktap(!rc && reaches("out", 0) && ram() == idle,
	     "removal: the memory is RAM afterwards, and the device comes back");
}

static void *toggle_cpu(void *arg)
{
	int n, *toggled = arg;

	for (n = 0; n < 10; n++)
		*toggled += !guest_write("/sys/devices/system/cpu/cpu1/online",
					 n & 1 ? "1" : "0");
	return NULL;
}

void test_cpu_hotplug(void)
{
	int buf[8], count, n, ok = 0, toggled = 0;
	pthread_t thread;

	if (access("/sys/devices/system/cpu/cpu1/online", W_OK)) {
		ktap_skip("hotplug: blocks come and go while a processor does",
			  "the kernel cannot remove processors");
		return;
	}
	set("idle_ms", 0);
	count = fill_floor(buf);
	pthread_create(&thread, NULL, toggle_cpu, &toggled);
	for (n = 0; n < 5; n++) {
		int more = frame();

		ok += more >= 0;
		close(more);
		reaches("out", 0);
	}
	pthread_join(thread, NULL);
	close_all(buf, count);
	set("idle_ms", 500);
	ktap(ok == 5 && toggled == 10,
	     "hotplug: blocks come and go while a processor does: %d and %d times", ok,
	     toggled);
}

/* Nearly all RAM is in use, so there is no place for the pages of a block. */
void test_pressure(void)
{
	int buf[8], count, spare, rc;
	struct worker worker;

	set("attempt_ms", 2000);
	worker_start(&worker, guest_meminfo("MemAvailable") / 8 * 7);
	count = fill_floor(buf);
	guest_set_wait_ms("15000");
	rc = waiter_end(waiter_start());
	guest_set_wait_ms("120000");
	ktap(!rc || rc == ENOMEM || rc == ETIMEDOUT,
	     "pressure: an allocation succeeds, or fails with ENOMEM or ETIMEDOUT: %s",
	     strerror(rc));
	close(buf[--count]);
	spare = frame();
	ktap(spare >= 0, "pressure: the floor serves");
	close(spare);
	close_all(buf, count);
	ktap(worker_end(&worker), "pressure: the process that uses the RAM is intact");
	ktap(reaches("out", 0), "pressure: all blocks go back afterwards");
	set("attempt_ms", 20000);
}

void test_suspend(void)
{
	uint8_t *content = malloc(PAGE);
	int buf[8], count, more, id, rc;
	double end = seconds() + 300;

	count = fill_floor(buf);
	/* After a step that failed, the next attempt comes some time later. */
	do {
		more = tee_rstmem(dev, VIDEO, FRAME, &id);
	} while (more < 0 && seconds() < end);
	content_make(content, PAGE, 9);
	content_fill(dev, id, 0, content, PAGE);
	rc = guest_suspend();
	if (rc == -EOPNOTSUPP) {
		ktap_skip("suspend: the machine suspends while a block is out",
			  "the kernel cannot suspend for a test");
	} else {
		ktap_eq(rc, 0, "suspend: the machine suspends while a block is out");
		ktap(content_is(dev, id, 0, content, PAGE) && elastic("out") >= BLOCK,
		     "suspend: a buffer in a block has its content afterwards");
	}
	close(more);
	close_all(buf, count);
	reaches("out", 0);
	free(content);

	if (!access("/sys/power/disk", W_OK) && !guest_write("/sys/power/disk", "test_resume"))
		ktap_eq(guest_write("/sys/power/state", "disk"), -EBUSY,
			"suspend: hibernation is refused: EBUSY");
	else
		ktap_skip("suspend: hibernation is refused: EBUSY",
			  "the kernel cannot hibernate");
}

void test_poison(void)
{
	struct tee_ioctl_rstmem_query query;
	int buf[FRAMES], n, got = 0;

	failing("softtee:softtee_reclaim", -EIO);
	buf[0] = frame();
	close(buf[0]);
	ktap(reaches("poisoned", BLOCK),
	     "poison: a block that cannot be reclaimed is poisoned");
	working();
	tee_query(dev, VIDEO, &query);
	ktap_eq(query.most, (BLOCKS - 1) * BLOCK, "poison: the most that the pool can have falls");
	ktap(guest_iomem_has(START, "rstmem"), "poison: the block stays claimed");
	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	ktap_eq(got, (BLOCKS - 1) * (BLOCK / FRAME), "poison: the other blocks still serve");
	close_all(buf, got);
	ktap(reaches("out", BLOCK), "poison: the other blocks go back");
	ktap(unload(), "poison: the backend can be unloaded");
	ktap(system("rmmod tee_rstmem 2>/dev/null"),
	     "poison: the module that has the claim stays");
	guest_keep_modules();
}
