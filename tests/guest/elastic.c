// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elastic pools: memory is RAM while no buffer needs it, leaves the kernel while one
 * does, and comes back. softtee is loaded with a floor of 64 MiB and 512 MiB of blocks,
 * which the guest sets aside at boot.
 */
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
#include <time.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/ktap.h"
#include "../support/tee.h"
#include <linux/tee_rstmem_services.h>

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define FLOOR	(64 * MIB)
#define BLOCK	(128 * MIB)
#define BLOCKS	4
#define FRAME	(12 * MIB)
#define FRAMES	40
#define PAGE	4096UL

/* As lab/boards sets memory aside. */
#ifdef __aarch64__
#define POOL	"64M@0xc0000000"
#define START	0xc8000000ULL
#else
#define POOL	"64M@0x10000000"
#define START	0x108000000ULL
#endif

static int dev;

static uint64_t elastic(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "elastic/%s", name);
	return account_number(VIDEO_ACCOUNT, path);
}

static void set(const char *name, uint64_t value)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "elastic/%s", name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (account_write(VIDEO_ACCOUNT, path, text))
		ktap_bail("cannot set %s", path);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Waits up to five minutes until a number of the pool has a value. */
static bool reaches(const char *name, uint64_t value)
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

static bool exceeds(const char *name, uint64_t value)
{
	double end = seconds() + 300;

	while (elastic(name) <= value) {
		if (seconds() > end)
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}

/* Bytes of RAM that the kernel has. */
static uint64_t ram(void)
{
	return guest_meminfo("MemTotal");
}

static void load(const char *pool, const char *more)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "modprobe softtee %s%s elastic=512M@%#llx %s", *pool ? "pool=" : "",
		 pool, START, more);
	if (system(command))
		ktap_bail("%s: fails", command);
	dev = tee_open(SOFTTEE_IMPL_ID);
	if (!reaches("out", 0))
		ktap_bail("the blocks do not become RAM");
}

static bool unload(void)
{
	close(dev);
	return !system("rmmod softtee");
}

static int frame(void)
{
	return tee_rstmem(dev, VIDEO, FRAME, NULL);
}

/* A process that works in memory: what it wrote must be there until it is asked. */
struct worker {
	pid_t pid;
	int ask, answer;
};

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

static void worker_start(struct worker *worker, size_t size)
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

/* Returns whether all its memory was intact. */
static bool worker_end(struct worker *worker)
{
	char ok = 0;

	if (write(worker->ask, "", 1) != 1 || read(worker->answer, &ok, 1) != 1)
		ok = 0;
	waitpid(worker->pid, NULL, 0);
	close(worker->ask);
	close(worker->answer);
	return ok;
}

/* Whether the kernel has a struct page for @addr, by its log. */
static bool has_page(uint64_t addr)
{
	char command[192];

	snprintf(command, sizeof(command),
		 "modprobe lab_fault kind=pfn addr=%#llx && rmmod lab_fault; dmesg | grep 'page frame of' | tail -n 1 | grep -qv 'not valid'",
		 (unsigned long long)addr);
	return !system(command);
}

static void test_absent(uint64_t addr)
{
	uint8_t byte;

	ktap(guest_iomem_has(addr, "rstmem") && !guest_iomem_has(addr, "System RAM"),
	     "absent: /proc/iomem shows a lent block as claimed, and not as System RAM");
	ktap(!has_page(addr), "absent: a lent block has no page structures");
	ktap(kcore_read(addr, &byte, 1) < 0,
	     "absent: /proc/kcore does not read a lent block");
	ktap_eq(guest_devmem(addr, &byte, 1), -EPERM,
		"absent: /dev/mem does not map a lent block: EPERM");
}

static void test_present(uint64_t addr)
{
	uint8_t byte;

	ktap(guest_iomem_has(addr, "System RAM"),
	     "present: /proc/iomem shows a block that came back as System RAM");
	ktap(has_page(addr), "present: a block that came back has page structures");
	ktap_eq(kcore_read(addr, &byte, 1), 1,
		"present: /proc/kcore reads a block that came back");
}

static void test_grow(uint64_t idle)
{
	int buf[FRAMES], n, allocated = 0;
	struct tee_ioctl_rstmem_query query;
	struct worker worker;

	tee_query(dev, VIDEO, &query);
	ktap(query.floor == FLOOR && query.total == FLOOR &&
	     query.most == FLOOR + BLOCKS * BLOCK,
	     "query: an idle pool tells its floor, the same now, and the most");

	worker_start(&worker, 100 * MIB);
	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		allocated += buf[n] >= 0;
		if (buf[n] < 0)
			ktap_note("frame %d: %s", n, strerror(-buf[n]));
	}
	ktap_eq(allocated, FRAMES, "grow: forty frames of 12 MiB are allocated");
	tee_query(dev, VIDEO, &query);
	ktap(query.total == FLOOR + elastic("out") && query.total > query.used,
	     "query: a pool that grew tells what it has now");
	ktap_eq(idle - ram(), elastic("out"),
		"grow: MemTotal falls by the blocks that are out, and no byte more");
	test_absent(START);
	for (n = 0; n < FRAMES; n++)
		close(buf[n]);
	ktap(reaches("out", 0), "return: all blocks go back after the idle time");
	ktap_eq(ram(), idle, "return: MemTotal is what it was");
	ktap(worker_end(&worker),
	     "grow: a process that works meanwhile finds its memory intact");
	test_present(START);
}

/* Fills the floor, so that the next buffer needs a block. Returns the number of buffers. */
static int fill_floor(int *buf)
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

static void close_all(int *buf, int count)
{
	while (count--)
		close(buf[count]);
}

static void test_secrets(void)
{
	static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;
	uint8_t *content = malloc(PAGE), *zero = aligned_alloc(PAGE, FRAME);
	uint8_t want[32], digest[32];
	int buf[8], id, in_block, count, n, clear = 0;
	struct worker worker;
	uint32_t session;

	session = tee_service(dev, digest_uuid);
	memset(zero, 0, FRAME);
	content_sha256(zero, FRAME, want);
	/* The blocks are full of a process's memory when they leave. */
	worker_start(&worker, 300 * MIB);
	worker_end(&worker);
	count = fill_floor(buf);
	for (n = 0; n < 3; n++) {
		in_block = tee_rstmem(dev, VIDEO, FRAME, &id);
		tee_digest(dev, session, id, 0, FRAME, digest);
		clear += !memcmp(digest, want, sizeof(want));
		if (n < 2)
			close(in_block);
	}
	ktap_eq(clear, 3, "secrets: a buffer has nothing of what was in the RAM before");

	content_make(content, PAGE, 7);
	content_fill(dev, id, 0, content, PAGE);
	close(in_block);
	close_all(buf, count);
	if (!reaches("out", 0))
		ktap_bail("the blocks do not return");
	ktap(kcore_find(START, BLOCKS * BLOCK, content, PAGE) == 0,
	     "secrets: RAM that came back has nothing of a buffer's content");
	memcpy(zero, content, PAGE);
	ktap(kcore_has_own(zero, PAGE),
	     "secrets: the same search finds content in ordinary RAM");
	tee_close_session(dev, session);
	free(content);
	free(zero);
}

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

static void patience(const char *ms)
{
	if (guest_write("/sys/module/tee_rstmem/parameters/wait_ms", ms))
		ktap_bail("cannot set wait_ms");
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

static void test_enemy(void)
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

	patience("5000");
	rc = waiter_end(waiter_start());
	patience("120000");
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

/* The floor is nearly full, so the next frame would wait. */
static void test_warm(void)
{
	int buf[8], count = fill_floor(buf);

	ktap(reaches("out", BLOCK), "warm: the pool grows before an allocation needs it");
	ktap_eq(elastic("wanted"), 0, "warm: no allocation waits for that");
	close_all(buf, count);
	ktap(reaches("out", 0), "warm: the reserve goes back when no buffer lives");
}

static void test_limit(void)
{
	int buf[FRAMES], n, got = 0;

	set("limit", BLOCK);
	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	ktap_eq(n < FRAMES ? -buf[n] : 0, ENOMEM,
		"limit: an allocation beyond the pool's limit fails with ENOMEM");
	ktap_eq(elastic("out"), BLOCK, "limit: only the blocks of the limit are out");
	close_all(buf, got);
	set("limit", UINT64_MAX);
	ktap_eq(elastic("limit"), BLOCKS * BLOCK,
		"limit: a value beyond the blocks counts as all blocks");
	ktap(reaches("out", 0), "limit: the block goes back");
	ktap_eq(tee_rstmem(dev, VIDEO, BLOCK + PAGE, NULL), -ENOMEM,
		"limit: a buffer that is larger than a block fails with ENOMEM at once");
}

static void failing(const char *function, int result)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "modprobe rstmem_failing function=%s result=%d fail=1", function, result);
	if (system(command))
		ktap_bail("%s", command);
}

static void working(void)
{
	if (guest_number("/sys/module/rstmem_failing/parameters/failed") < 1)
		ktap(false, "failing: the function that shall fail was called");
	if (system("rmmod rstmem_failing"))
		ktap_bail("rstmem_failing stays loaded");
}

/* Fails a step on the way out: the memory stays, or goes back. */
static void test_failed_growth(const char *function, int result, const char *what)
{
	int buf[8], count, more;

	count = fill_floor(buf);
	failing(function, result);
	more = frame();
	ktap(more == -ENOMEM || more == -ETIMEDOUT,
	     "failing: an allocation fails when the kernel cannot %s", what);
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

static void test_failed_return(const char *function, int result, const char *what)
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

static void test_removal(uint64_t idle)
{
	struct enemy enemy;
	pthread_t thread;
	int buf[8], count, rc;
	pid_t waiter;

	count = fill_floor(buf);
	set("attempt_ms", 2000);
	enemy_start(&enemy);
	waiter = waiter_start();
	exceeds("wanted", 0);
	close(dev);
	pthread_create(&thread, NULL, remove_device, &rc);
	ktap_eq(waiter_end(waiter), ENODEV,
		"removal: an allocation that waits for growth fails with ENODEV");
	pthread_join(thread, NULL);
	ktap_eq(rc, 0, "removal: the device is removed while buffers live");
	enemy_end(&enemy);
	close_all(buf, count);
	rc = guest_write("/sys/bus/platform/drivers/softtee/bind", "softtee");
	dev = tee_open(SOFTTEE_IMPL_ID);
	ktap(!rc && reaches("out", 0) && ram() == idle,
	     "removal: the memory is RAM afterwards, and the device comes back");
}

static void test_unload(uint64_t idle)
{
	int buf[8], count, more;

	count = fill_floor(buf);
	more = frame();
	ktap(elastic("out") >= BLOCK, "unload: a block is out");
	close(more);
	close_all(buf, count);
	ktap(unload(), "unload: the module goes with a block out");
	ktap_eq(ram(), idle, "unload: the memory is RAM afterwards");
	load(POOL, "elastic_idle_ms=500");
	ktap_eq(ram(), idle, "unload: the next load finds the blocks as RAM");
}

static void *toggle_cpu(void *arg)
{
	int n, *toggled = arg;

	for (n = 0; n < 10; n++)
		*toggled += !guest_write("/sys/devices/system/cpu/cpu1/online",
					 n & 1 ? "1" : "0");
	return NULL;
}

static void test_cpu_hotplug(void)
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
static void test_pressure(void)
{
	int buf[8], count, spare, rc;
	struct worker worker;

	set("attempt_ms", 2000);
	worker_start(&worker, guest_meminfo("MemAvailable") / 8 * 7);
	count = fill_floor(buf);
	patience("15000");
	rc = waiter_end(waiter_start());
	patience("120000");
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

/* "freezer" of pm_test stops all tasks and the pool's thread, waits 5 s and goes on. */
static void test_suspend(void)
{
	uint8_t *content = malloc(PAGE);
	int buf[8], count, more, id;

	if (!guest_write("/sys/power/pm_test", "freezer")) {
		count = fill_floor(buf);
		more = tee_rstmem(dev, VIDEO, FRAME, &id);
		content_make(content, PAGE, 9);
		content_fill(dev, id, 0, content, PAGE);
		ktap(!guest_write("/sys/power/state", "freeze"),
		     "suspend: the machine suspends while a block is out");
		ktap(content_is(dev, id, 0, content, PAGE) && elastic("out") >= BLOCK,
		     "suspend: a buffer in a block has its content afterwards");
		close(more);
		close_all(buf, count);
		guest_write("/sys/power/pm_test", "none");
		reaches("out", 0);
	} else {
		ktap_skip("suspend: the machine suspends while a block is out",
			  "the kernel cannot suspend for a test");
	}
	free(content);

	if (!access("/sys/power/disk", W_OK) && !guest_write("/sys/power/disk", "test_resume"))
		ktap_eq(guest_write("/sys/power/state", "disk"), -EBUSY,
			"suspend: hibernation is refused: EBUSY");
	else
		ktap_skip("suspend: hibernation is refused: EBUSY",
			  "the kernel cannot hibernate");
}

/* RAM since boot: some blocks leave, others have allocations of the kernel. */
static void test_boot_ram(void)
{
	uint64_t idle = ram();
	int buf[FRAMES], n, got = 0;

	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	ktap(n == FRAMES || buf[n] == -ENOMEM || buf[n] == -ETIMEDOUT,
	     "boot: RAM since boot serves, or an allocation fails with ENOMEM or ETIMEDOUT");
	ktap_note("%d of %d frames in %llu blocks", got, FRAMES,
		  (unsigned long long)(elastic("out") / BLOCK));
	/* Page structures of boot are not in MemTotal, and become ordinary memory. */
	ktap_eq(idle - ram(), elastic("out") - elastic("out") / 64,
		"boot: MemTotal falls by the blocks that are out, less their page structures");
	close_all(buf, got);
	ktap(reaches("out", 0), "boot: all blocks go back");
	ktap(ram() >= idle, "boot: MemTotal is not less than it was");
}

/* RAM that the kernel keeps mapped. */
static void test_kept(void)
{
	struct tee_ioctl_rstmem_query query;
	uint64_t all = ram(), before, size = elastic("block_size");
	int buf[FRAMES], n, got = 0;

	before = guest_meminfo("MemAvailable");
	for (n = 0; n < FRAMES / 2; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	tee_query(dev, VIDEO, &query);
	ktap(query.caps & TEE_RSTMEM_CAP_KEEPS_MAPPING,
	     "kept: the query tells that the kernel keeps its mapping");
	ktap(got > 0, "kept: RAM that stays mapped serves");
	ktap_eq(elastic("out"), (got + size / FRAME - 1) / (size / FRAME) * size,
		"kept: no more blocks are out than the frames need");
	ktap_eq(ram(), all, "kept: MemTotal does not change");
	ktap(before - guest_meminfo("MemAvailable") > elastic("out") / 2,
	     "kept: programs have less memory meanwhile");
	close_all(buf, got);
	ktap(reaches("out", 0), "kept: all blocks go back");
}

/* A million of these, on two CPUs, with the lengths of races left to the machine. */
struct racer {
	pthread_t thread;
	unsigned int rounds, failed;
	int cpu;
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	int own, buf;

	guest_run_on(racer->cpu);
	own = tee_open(SOFTTEE_IMPL_ID);
	for (unsigned int n = 0; n < racer->rounds; n++) {
		buf = tee_rstmem(own, VIDEO, 64 * KIB, NULL);
		if (buf < 0)
			racer->failed++;
		else
			close(buf);
	}
	close(own);
	return NULL;
}

static void test_race(unsigned int rounds)
{
	struct racer racer[2];
	uint64_t grown = elastic("grown");
	int n;

	/* Clearing would take nearly all of the time, so that there were few races. */
	failing("softtee:softtee_mem_clear_range", 0);
	set("idle_ms", 0);
	set("warm", 0);
	for (n = 0; n < 2; n++) {
		racer[n] = (struct racer){ .rounds = rounds / 2, .cpu = n };
		pthread_create(&racer[n].thread, NULL, race, &racer[n]);
	}
	for (n = 0; n < 2; n++)
		pthread_join(racer[n].thread, NULL);
	working();
	ktap_eq(racer[0].failed + racer[1].failed, 0,
		"race: every allocation of %u succeeds while the last free returns the block",
		rounds);
	ktap(elastic("grown") > grown + 1, "race: blocks come and go meanwhile: %llu",
	     (unsigned long long)(elastic("grown") - grown));
	ktap(reaches("out", 0), "race: all blocks go back");
}

static void test_cycles(unsigned int cycles)
{
	unsigned int n, ok = 0;
	uint64_t idle = ram();

	set("idle_ms", 0);
	set("warm", 0);
	for (n = 0; n < cycles; n++) {
		int buf = frame();

		if (buf < 0)
			break;
		close(buf);
		ok += reaches("out", 0);
	}
	ktap_eq(ok, cycles, "cycles: a block comes and goes every time");
	ktap_eq(ram(), idle, "cycles: MemTotal is what it was");
}

static void test_poison(void)
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

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "all";
	unsigned int count = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	uint64_t set_aside = ram(), idle;

	ktap_start();
	if (!strcmp(mode, "boot")) {
		load("", "elastic_idle_ms=100 elastic_boot_ram=1");
		test_boot_ram();
		return ktap_end();
	}
	if (!strcmp(mode, "kept")) {
		load("", "elastic_idle_ms=100 elastic_keep_mapping=1 elastic_warm=0");
		test_kept();
		return ktap_end();
	}
	if (strcmp(mode, "all")) {
		load("", "elastic_idle_ms=100");
		if (!strcmp(mode, "race"))
			test_race(count);
		else if (!strcmp(mode, "cycles"))
			test_cycles(count);
		else
			test_poison();
		return ktap_end();
	}

	load(POOL, "elastic_idle_ms=500");
	patience("120000");
	set("attempt_ms", 20000);
	idle = ram();
	ktap(idle > set_aside + (BLOCKS - 1) * BLOCK + BLOCK / 2,
	     "idle: memory that was set aside is RAM");
	test_grow(idle);
	test_secrets();
	test_warm();
	test_limit();
	test_enemy();
	test_failed_growth("offline_and_remove_memory", -EBUSY, "take a block");
	test_failed_growth("softtee:softtee_lend", -EIO, "lend a block");
	test_failed_return("add_memory_driver_managed", -ENOMEM, "add memory");
	test_failed_return("kernel_write", -EIO, "put memory online");
	test_cpu_hotplug();
	test_pressure();
	test_suspend();
	test_removal(idle);
	test_unload(idle);
	close(dev);
	return ktap_end();
}
