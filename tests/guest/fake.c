// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backends: how the core handles their results. Parameters of rstmem_fake set
 * these.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../support/account.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
/* 64 MiB of RAM since boot. */
#ifdef __aarch64__
#define RAM	0x50000000ULL
#else
#define RAM	0x8000000ULL
#endif
#define PARAMS	"/sys/module/rstmem_fake/parameters/"
#define GIB	(1024ULL * MIB)

static int edu;
/* The address of softtee's pool, and reserved memory that it does not use. */
static unsigned long long carveout, spare;

static const char lost_account[] = "tee1,secure-video";

static void tell(const char *name, const char *value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), PARAMS "%s", name);
	f = fopen(path, "w");
	if (!f || fputs(value, f) < 0 || fclose(f))
		ktap_bail("%s: %s", path, strerror(errno));
}

static int live(void)
{
	return guest_number(PARAMS "live");
}

/* Whether an allocation is inside the backend and waits there. */
static bool held(void)
{
	return guest_number(PARAMS "held");
}

/*
 * Starts a thread, and waits until it allocates. The thread gets SIGUSR1 only: while system()
 * blocks SIGCHLD for its caller, the kernel gives it to another thread.
 */
static void start_held(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	sigset_t mask, old;

	sigfillset(&mask);
	sigdelset(&mask, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &mask, &old);
	pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	while (!held())
		usleep(1000);
}

static void ignore(int sig)
{
	(void)sig;
}

/* Ends the wait. Returns whether the thread still waited. */
static bool end_held(pthread_t thread)
{
	bool waited = pthread_tryjoin_np(thread, NULL) == EBUSY;

	signal(SIGUSR1, ignore);
	if (waited) {
		pthread_kill(thread, SIGUSR1);
		pthread_join(thread, NULL);
	}
	return waited;
}

static int load(const char *options)
{
	char command[256];

	snprintf(command, sizeof(command), "modprobe rstmem_fake %s", options);
	return system(command);
}

static int load_pool(unsigned long long addr, const char *options)
{
	char all[128];

	snprintf(all, sizeof(all), "mode=pool paddr=%#llx %s", addr, options);
	return load(all);
}

static int unload(void)
{
	return system("rmmod rstmem_fake 2>/dev/null");
}

static void test_errors(int tee)
{
	static const struct {
		const char *value;
		int error;
	} errors[] = {
		{ "-122", EDQUOT }, { "-12", ENOMEM }, { "-19", ENODEV },
		{ "-16", EBUSY },
	};
	static const char * const malformed[] = {
		"short", "unaligned", "wraps",
	};
	size_t n;

	tell("mode", "error");
	for (n = 0; n < sizeof(errors) / sizeof(*errors); n++) {
		tell("error", errors[n].value);
		ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -errors[n].error,
			"backend: its error reaches the caller: %s",
			strerror(errors[n].error));
	}
	for (n = 0; n < sizeof(malformed) / sizeof(*malformed); n++) {
		tell("mode", malformed[n]);
		ktap_eq(tee_rstmem(tee, VIDEO, 8192, NULL), -EIO,
			"backend: its buffer is refused when its range is %s: EIO",
			malformed[n]);
		ktap_eq(live(), 0, "backend: gets a refused buffer back (%s)",
			malformed[n]);
	}
}

static void *alloc_slowly(void *arg)
{
	int *result = arg;

	*result = tee_rstmem(*result, VIDEO, 4096, NULL);
	return NULL;
}

/* An allocation that waits, because the backend says that room may come. */
static void test_wait(int tee)
{
	time_t start;
	pid_t pid;

	tell("mode", "error");
	tell("error", "-11");
	tell("restless", "1");
	guest_set_wait_ms("300");
	ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -ETIMEDOUT,
		"wait: ends in time although the room changes all the time: ETIMEDOUT");
	guest_set_wait_ms("60000");
	pid = fork();
	if (!pid)
		_exit(tee_rstmem(tee, VIDEO, 4096, NULL) == -EINTR);
	usleep(200000);
	kill(pid, SIGKILL);
	start = time(NULL);
	waitpid(pid, NULL, 0);
	ktap(time(NULL) - start < 50,
	     "wait: a fatal signal ends it although the room changes all the time");

	tell("restless", "0");
	guest_set_wait_ms("20000");
}

/* Memory beside a pool that grows becomes free while an allocation waits. */
static void test_woken(void)
{
	struct timespec end;
	int tee, buf, result, tries, rc;
	pthread_t thread;

	load_pool(RAM, "pool_size=0x4000000 ranges=2 least=0x1000000");
	tell("mode", "range");
	tee = tee_open(FAKE_IMPL_ID);
	buf = tee_rstmem(tee, VIDEO, 4096, NULL);
	tell("mode", "error");
	tell("error", "-11");
	guest_set_wait_ms("600000");
	result = tee;
	tries = guest_number(PARAMS "tries");
	pthread_create(&thread, NULL, alloc_slowly, &result);
	while (guest_number(PARAMS "tries") == tries)
		usleep(1000);
	tell("mode", "range");
	close(buf);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	rc = pthread_timedjoin_np(thread, NULL, &end);
	ktap(!rc && result >= 0, "wait: an allocation is tried again when a buffer is freed");
	if (rc) {
		/* An allocation that fails says that the room has changed. */
		tell("restless", "1");
		tell("mode", "error");
		tell("error", "-12");
		tee_rstmem(tee, VIDEO, 4096, NULL);
		pthread_join(thread, NULL);
	}
	close(result);
	close(tee);
	guest_set_wait_ms("20000");
	unload();
}

/* Addresses only: there is no memory behind them. */
static void test_ranges(int tee)
{
	static const struct {
		const char *name, *paddr;
		uint64_t addr, size;
		unsigned int segments;
	} ranges[] = {
		{ "physical address 0", "0", 0, 64 * KIB, 1 },
		{ "beyond 4 GiB", "0x4000000000", 1ULL << 38, 16 * MIB, 1 },
		{ "2 GiB", "0x4000000000", 1ULL << 38, 2 * GIB, 1 },
		{ "across 4 GiB", "0xffff0000", 0xffff0000, 128 * KIB, 1 },
		{ "2 GiB and a page", "0x4000000000", 1ULL << 38,
		  2 * GIB + 4096, 2 },
		{ "4 GiB", "0x4000000000", 1ULL << 38, 4 * GIB, 2 },
		{ "9 GiB", "0x4000000000", 1ULL << 38, 9 * GIB, 5 },
	};
	struct rstmem_edu_map map;
	size_t n;
	int buf;

	tell("mode", "range");
	edu_mask(edu, 48);
	for (n = 0; n < sizeof(ranges) / sizeof(*ranges); n++) {
		tell("paddr", ranges[n].paddr);
		buf = tee_rstmem(tee, VIDEO, ranges[n].size, NULL);
		ktap(buf >= 0 && lseek(buf, 0, SEEK_END) ==
		     (off_t)ranges[n].size,
		     "range, %s: is allocated with its exact size",
		     ranges[n].name);
		ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) &&
		     map.addr == ranges[n].addr && map.size == ranges[n].size &&
		     map.segments == ranges[n].segments && !map.cpu_bytes,
		     "range, %s: a device maps it whole in %u segments",
		     ranges[n].name,
		     ranges[n].segments);
		edu_unmap(edu);
		close(buf);
	}
	/* The device's mask covers the first byte, not the last. */
	tell("paddr", "0xffff0000");
	buf = tee_rstmem(tee, VIDEO, 128 * KIB, NULL);
	edu_mask(edu, 32);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), -ERANGE,
		"map: a buffer that ends beyond the device's mask is refused: ERANGE");
	close(buf);
	ktap_eq(live(), 0, "range: the backend gets all buffers back");
}

static void test_pages(int tee)
{
	const size_t size = 40 * KIB;
	uint8_t *content = malloc(size), *seen = malloc(size);
	struct rstmem_edu_map map;
	int buf;

	tell("mode", "pages");
	buf = tee_rstmem(tee, VIDEO, size, NULL);
	ktap(buf >= 0, "pages: a buffer of pages is allocated");
	edu_mask(edu, 32);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE | RSTMEM_EDU_FROM_DEVICE,
			&map), 0, "pages: a device maps the buffer");
	ktap(map.segments > 1 && map.size == size && !map.cpu_bytes,
	     "pages: the map has several segments and no page for a CPU (%u)",
	     map.segments);
	content_make(content, size, 3);
	ktap(!edu_write(edu, 0, content, size) &&
	     !edu_read(edu, 0, seen, size) && !memcmp(seen, content, size),
	     "pages: a device reads back what it wrote across segments");
	edu_unmap(edu);
	close(buf);
	ktap_eq(live(), 0, "pages: the backend gets the buffer back");
	free(content);
	free(seen);
}

static void test_pool(void)
{
	struct tee_ioctl_rstmem_query query;
	int tee, buf[16], n;

	ktap(!load_pool(spare, "pool_size=0x100000 granule=0x10000"),
	     "pool: loads with a granule of 64 KiB");
	tee = tee_open(FAKE_IMPL_ID);
	tee_query(tee, VIDEO, &query);
	ktap(query.granule == 65536 && query.total == MIB,
	     "query: tells the granule and the size of the pool");
	for (n = 0; n < 16; n++)
		buf[n] = tee_rstmem(tee, VIDEO, 1, NULL);
	ktap(buf[15] >= 0 && lseek(buf[0], 0, SEEK_END) == 65536,
	     "pool: 16 buffers of one byte fill 16 granules");
	ktap_eq(tee_rstmem(tee, VIDEO, 1, NULL), -ENOMEM,
		"pool: a full pool refuses a 17th buffer: ENOMEM");
	for (n = 0; n < 16; n += 2)
		close(buf[n]);
	tee_query(tee, VIDEO, &query);
	ktap(query.used == MIB / 2 && query.largest_free == 65536 &&
	     query.buffers == 8,
	     "query: tells half the pool free in pieces of a granule");
	ktap_eq(tee_rstmem(tee, VIDEO, 65537, NULL), -ENOMEM,
		"pool: two granules do not fit pieces of one: ENOMEM");
	for (n = 1; n < 16; n += 2)
		close(buf[n]);
	tee_query(tee, VIDEO, &query);
	ktap_eq(query.largest_free, MIB, "pool: freed pieces merge into one");

	ktap(load_pool(spare, "pool_size=0x100000") == 0,
	     "pool: loading a loaded backend changes nothing");
	close(tee);
	ktap_eq(unload(), 0, "pool: its backend unloads");
	ktap(load_pool(carveout, "pool_size=0x10000"),
	     "pool: a range inside another pool is refused");
}

/*
 * A wrong backend leaves the memory of a buffer in the pool, which then points into the
 * buffer. Such memory is lost too.
 */
static void test_kept_by_pool(int tee)
{
	uint64_t lost = account_number(lost_account, "lost");
	int buf, users;

	buf = tee_rstmem(tee, VIDEO, 1, NULL);
	tell("forget", "1");
	close(buf);
	tell("forget", "0");
	ktap_eq(account_number(lost_account, "lost"), lost + 65536,
		"kept by the pool: sysfs tells a freed buffer's bytes as lost");
	users = guest_number("/sys/module/rstmem_fake/refcnt");
	tell("mode", "kept");
	tell("error", "-16");
	ktap_eq(tee_rstmem(tee, VIDEO, 1, NULL), -EBUSY,
		"kept by the pool: the error of the allocation reaches the caller");
	tell("mode", "pool");
	ktap_eq(guest_number("/sys/module/rstmem_fake/refcnt"), users + 1,
		"kept by the pool: the buffer of a failed allocation stays, and keeps the backend");
	ktap_eq(account_number(lost_account, "lost"), lost + 2 * 65536,
		"kept by the pool: sysfs tells a failed allocation's bytes as lost");
	ktap_eq(account_number(lost_account, "used"), 0,
		"kept by the pool: no user is charged for it");
}

/* Memory that the backend could not clear stays out of use, and the backend loaded. */
static void test_lost(void)
{
	struct tee_ioctl_rstmem_query query;
	int tee, buf[3], n;

	load_pool(spare, "pool_size=0x100000 granule=0x10000");
	tee = tee_open(FAKE_IMPL_ID);
	for (n = 0; n < 3; n++)
		buf[n] = tee_rstmem(tee, VIDEO, 1, NULL);
	tell("lose", "1");
	close(buf[1]);
	tell("lose", "0");
	tee_query(tee, VIDEO, &query);
	ktap_eq(query.used, 3 * 65536, "lost: its memory stays used");
	ktap_eq(account_number(lost_account, "lost"), 65536,
		"lost: sysfs tells the bytes");
	ktap(account_number(lost_account, "used") == 2 * 65536 &&
	     account_number(lost_account, "buffers") == 2,
	     "lost: no user is charged for it any more");
	close(buf[0]);
	close(buf[2]);
	ktap(!account_buffers(NULL, NULL),
	     "lost: the buffer is not listed any more");
	test_kept_by_pool(tee);
	for (n = 0; tee_rstmem(tee, VIDEO, 65536, NULL) >= 0; n++)
		;
	ktap_eq(n, 13, "lost: buffers take all other memory of the pool");
	tee_query(tee, VIDEO, &query);
	ktap_eq(query.buffers, 16, "lost: the pool counts the lost buffers");
	close(tee);
	ktap(unload(), "lost: the backend does not unload");
	guest_keep_modules();
}

/* A firewall that protects two ranges at a time. */
static void test_two_ranges(void)
{
	static const char account[] = "tee1,secure-video";

	ktap(!load_pool(RAM, "pool_size=0x4000000 ranges=2 least=0x1000000"),
	     "limit: a backend loads");
	ktap_eq(account_number(account, "elastic/limit"), 32 * MIB,
		"limit: no more blocks than the firewall has ranges");
	account_write(account, "elastic/limit", "16M");
	ktap_eq(account_number(account, "elastic/limit"), 16 * MIB,
		"limit: root can lower it");
	account_write(account, "elastic/limit", "64M");
	ktap_eq(account_number(account, "elastic/limit"), 32 * MIB,
		"limit: root cannot raise it above the ranges of the firewall");
	ktap_eq(unload(), 0, "limit: the backend unloads");
	load_pool(RAM, "pool_size=0x4000000 ranges=2 least=0x1800000 align=0x1000000");
	ktap_eq(account_number(account, "elastic/block_size"), 32 * MIB,
		"block size: it is a multiple of the alignment that the firewall needs");
	unload();
}

/* Files and buffers keep the module loaded. */
static void test_unload(int tee)
{
	int buf;

	tell("mode", "range");
	buf = tee_rstmem(tee, VIDEO, 4096, NULL);
	ktap(unload() != 0, "unload: is refused while a file is open");
	close(tee);
	ktap(unload() != 0, "unload: is refused while a buffer is alive");
	close(buf);
	ktap_eq(unload(), 0, "unload: succeeds with no file and no buffer");
}

static void test_slow(int tee)
{
	pthread_t thread;
	int result = tee;

	tell("mode", "range");
	tell("hold", "1");
	start_held(&thread, alloc_slowly, &result);
	ktap(unload() != 0 && end_held(thread),
	     "unload: is refused while the backend allocates");
	tell("hold", "0");
	ktap(result >= 0,
	     "unload: a refused unload lets the allocation succeed");
	close(result);
}

/* A process that removes the device. */
static pid_t remove_device(void)
{
	pid_t pid = fork();

	if (!pid) {
		closefrom(3);
		execlp("sh", "sh", "-c", "echo 1 >" PARAMS "removed", NULL);
		_exit(1);
	}
	return pid;
}

/*
 * Removal waits for an allocation inside the backend. No other allocation may enter
 * the backend meanwhile.
 */
static void test_removed_while_allocating(void)
{
	int tee, result, rc, status;
	pthread_t thread;
	pid_t pid;

	if (load("paddr=0x4000000000 hold=1"))
		ktap_bail("rstmem_fake does not load");
	tee = tee_open(FAKE_IMPL_ID);
	result = tee;
	start_held(&thread, alloc_slowly, &result);
	pid = remove_device();
	/* Until the removal has begun, allocations succeed. */
	while ((rc = tee_rstmem(tee, VIDEO, 4096, NULL)) >= 0)
		close(rc);
	ktap(rc == -ENODEV && end_held(thread),
	     "removal: while it waits for an allocation, others fail at once: ENODEV");
	ktap(result >= 0 && lseek(result, 0, SEEK_END) == 4096,
	     "removal: an allocation under way succeeds");
	close(tee);
	waitpid(pid, &status, 0);
	ktap(status == 0, "removal: ends when the last file is closed");
	ktap(unload() != 0, "removal: a live buffer still keeps the module");
	close(result);
	ktap_eq(unload(), 0,
		"removal: the module unloads when the buffer is closed");
}

static int heap_alloc(int heap)
{
	struct dma_heap_allocation_data data = {
		.len = 4096,
		.fd_flags = O_RDWR,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

/* Two TEE devices: each accepts its own buffers only; both serve one heap. */
static void test_two_devices(void)
{
	int heap = open("/dev/dma_heap/protected,secure-video", O_RDWR);
	struct tee_ioctl_rstmem_fd_info info;
	int soft, fake, of_soft, of_fake, buf;

	ktap(!load("paddr=0x4000000000"), "two devices: a second one loads");
	soft = tee_open(SOFTTEE_IMPL_ID);
	fake = tee_open(FAKE_IMPL_ID);
	of_soft = tee_rstmem(soft, VIDEO, 4096, NULL);
	of_fake = tee_rstmem(fake, VIDEO, 4096, NULL);
	ktap_eq(tee_register_fd(fake, of_soft, NULL), -EXDEV,
		"two devices: the second refuses to register a buffer of the first: EXDEV");
	ktap_eq(tee_register_fd(soft, of_fake, NULL), -EXDEV,
		"two devices: the first refuses to register a buffer of the second: EXDEV");
	ktap(!tee_fd_info(soft, of_soft, &info) && info.device == 0 &&
	     !tee_fd_info(fake, of_soft, &info) && info.device == 0 &&
	     !tee_fd_info(soft, of_fake, &info) && info.device == 1,
	     "two devices: fd info of both names the device of a buffer");
	buf = heap_alloc(heap);
	ktap(!tee_fd_info(fake, buf, &info) && info.device == 0,
	     "heap: allocates from the device that loaded first");
	close(buf);

	close(soft);
	ktap_eq(target_remove(), 0, "two devices: the first can be removed");
	ktap(!tee_fd_info(fake, of_soft, &info) && info.device == -1 &&
	     info.size == 4096,
	     "removal: fd info names no device for a buffer of a removed one");
	ktap_eq(tee_register_fd(fake, of_soft, NULL), -EXDEV,
		"removal: another device refuses a buffer of a removed one: EXDEV");
	buf = heap_alloc(heap);
	ktap(buf >= 0 && !tee_fd_info(fake, buf, &info) && info.device == 1,
	     "heap: allocates from the second device after removal of the first");
	close(buf);
	close(of_soft);
	close(of_fake);
	close(fake);
	unload();
	ktap_eq(heap_alloc(heap), -ENODEV,
		"heap: allocation without any device fails: ENODEV");
	ktap_eq(target_return(), 0, "two devices: the first comes back");
	buf = heap_alloc(heap);
	ktap(buf >= 0, "heap: allocates from the device that came back");
	close(buf);
	close(heap);
}

struct heap_job {
	int heap;
	int result;
};

static void *heap_slowly(void *arg)
{
	struct heap_job *job = arg;

	job->result = heap_alloc(job->heap);
	return NULL;
}

/* A heap allocation has no file of the device that removal could wait for. */
static void test_removed_while_heap_allocates(void)
{
	struct heap_job job = {
		.heap = open("/dev/dma_heap/protected,secure-video", O_RDWR),
	};
	pthread_t thread;
	int buf, status;
	pid_t pid;

	ktap(!target_remove() && !load("paddr=0x4000000000 hold=1"),
	     "heap removal: a slow device is the only one");
	start_held(&thread, heap_slowly, &job);
	pid = remove_device();
	while ((buf = heap_alloc(job.heap)) >= 0)
		close(buf);
	/* The removal has begun. Give it time to end. */
	sleep(1);
	ktap(!waitpid(pid, &status, WNOHANG) && end_held(thread),
	     "heap removal: waits for an allocation of the heap");
	waitpid(pid, &status, 0);
	ktap(status == 0, "heap removal: ends after the allocation");
	ktap(job.result >= 0, "heap removal: an allocation under way succeeds");
	ktap_eq(heap_alloc(job.heap), -ENODEV,
		"heap removal: a later allocation fails: ENODEV");
	close(job.result);
	ktap_eq(live(), 0, "heap removal: the backend gets the buffer back");
	ktap_eq(unload(), 0, "heap removal: the module unloads");
	close(job.heap);
	ktap_eq(target_return(), 0,
		"heap removal: the first device comes back");
}

/* A registration while the device is being removed. */
static void test_register_while_going(void)
{
	int tee, buf, n, rc = 0, status;
	struct tee_ioctl_rstmem_query query;
	pid_t pid;

	ktap(!load("paddr=0x4000000000"),
	     "removal and registration: the backend loads");
	tee = tee_open(FAKE_IMPL_ID);
	buf = tee_rstmem(tee, VIDEO, 4096, NULL);
	pid = fork();
	if (!pid) {
		close(tee);
		execlp("sh", "sh", "-c", "echo 1 >" PARAMS "removed", NULL);
		_exit(1);
	}
	for (n = 0; n < 500 && rc != -ENODEV; n++) {
		usleep(10000);
		rc = tee_query(tee, 0, &query);
	}
	ktap_eq(tee_register_fd(tee, buf, NULL), -ENODEV,
		"removal: registering a buffer meanwhile fails: ENODEV");
	ktap_eq(tee_register_fd(tee, tee, NULL), -EINVAL,
		"removal: registering a file that is no dma-buf fails: EINVAL");
	close(buf);
	close(tee);
	waitpid(pid, &status, 0);
	ktap(status == 0, "removal: ends after a refused registration");
	ktap_eq(unload(), 0,
		"removal: the module unloads after a refused registration");
}

int main(void)
{
	struct tee_ioctl_rstmem_query query;
	int tee, buf;

	ktap_start();
	edu = edu_open();
	carveout = guest_carveout();
	spare = carveout + 80 * MIB;
	if (load(""))
		ktap_bail("rstmem_fake does not load");
	tee = tee_open(FAKE_IMPL_ID);
	test_errors(tee);
	test_wait(tee);
	test_ranges(tee);
	test_pages(tee);
	test_slow(tee);
	test_unload(tee);
	test_pool();
	test_two_ranges();
	test_woken();

	ktap(!load("use_cases=0"), "no use cases: the backend loads");
	tee = tee_open(FAKE_IMPL_ID);
	ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -EOPNOTSUPP,
		"no use cases: allocation fails: EOPNOTSUPP");
	ktap_eq(tee_query(tee, 0, &query), -EOPNOTSUPP,
		"no use cases: the query fails: EOPNOTSUPP");
	close(tee);
	unload();
	ktap(load("use_cases=1"),
	     "use cases: a backend that offers the reserved one does not load");
	ktap(!load("use_cases=0x8000000000000010") ,
	     "use cases: a backend that offers 4 and 63 loads");
	tee = tee_open(FAKE_IMPL_ID);
	ktap(!tee_query(tee, 0, &query) &&
	     query.use_cases == 0x8000000000000010,
	     "use cases: the query lists 4 and 63");
	tell("paddr", "0x4000000000");
	ktap(close(tee_rstmem(tee, 63, 4096, NULL)) == 0 &&
	     close(tee_rstmem(tee, 4, 4096, NULL)) == 0,
	     "use cases: 4 and 63 can be allocated");
	buf = tee_rstmem(tee, 63, 4096, NULL);
	ktap(guest_fdinfo_has(buf, "exp_name:\trstmem,63"),
	     "use cases: the exporter's name has the number of an unnamed one");
	close(buf);
	ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -EINVAL,
		"use cases: one that is not offered is refused: EINVAL");
	close(tee);
	unload();
	test_removed_while_allocating();
	test_two_devices();
	test_removed_while_heap_allocates();
	test_register_while_going();
	test_lost();
	close(edu);
	return ktap_end();
}
