// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backends: what the core makes of what they return. Uses rstmem_fake, which is
 * told through its parameters.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define PARAMS	"/sys/module/rstmem_fake/parameters/"
#define GIB	(1024ULL * MIB)

static int edu;
/* Where softtee has a pool, and reserved memory that it does not use. */
static unsigned long long carveout, spare;

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
			"the backend's %s reaches the caller",
			strerror(errors[n].error));
	}
	for (n = 0; n < sizeof(malformed) / sizeof(*malformed); n++) {
		tell("mode", malformed[n]);
		ktap_eq(tee_rstmem(tee, VIDEO, 8192, NULL), -EIO,
			"a buffer that is %s is refused", malformed[n]);
		ktap_eq(live(), 0, "and goes back to the backend");
	}
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
		     (off_t)ranges[n].size, "%s: allocated", ranges[n].name);
		ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) &&
		     map.addr == ranges[n].addr && map.size == ranges[n].size &&
		     map.segments == ranges[n].segments && !map.cpu_bytes,
		     "%s: mapped whole, %u segments", ranges[n].name,
		     ranges[n].segments);
		edu_unmap(edu);
		close(buf);
	}
	/* The first byte is within reach, the last is not. */
	tell("paddr", "0xffff0000");
	buf = tee_rstmem(tee, VIDEO, 128 * KIB, NULL);
	edu_mask(edu, 32);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), -ERANGE,
		"a buffer that ends beyond the mask is refused");
	close(buf);
	ktap_eq(live(), 0, "all went back to the backend");
}

static void test_pages(int tee)
{
	const size_t size = 40 * KIB;
	uint8_t *content = malloc(size), *seen = malloc(size);
	struct rstmem_edu_map map;
	int buf;

	tell("mode", "pages");
	buf = tee_rstmem(tee, VIDEO, size, NULL);
	ktap(buf >= 0, "a list of pages: allocated");
	edu_mask(edu, 32);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE | RSTMEM_EDU_FROM_DEVICE,
			&map), 0, "mapped");
	ktap(map.segments > 1 && map.size == size && !map.cpu_bytes,
	     "in %u segments, nothing for a CPU", map.segments);
	content_make(content, size, 3);
	ktap(!edu_write(edu, 0, content, size) &&
	     !edu_read(edu, 0, seen, size) && !memcmp(seen, content, size),
	     "a device finds again what it wrote across them");
	edu_unmap(edu);
	close(buf);
	ktap_eq(live(), 0, "the pages went back");
	free(content);
	free(seen);
}

static void test_pool(void)
{
	struct tee_ioctl_rstmem_query query;
	struct rstmem_edu_map map;
	int tee, buf[16], n;

	ktap(!load_pool(spare, "pool_size=0x100000 granule=0x10000"),
	     "a pool with a granule of 64 KiB");
	tee = tee_open(FAKE_IMPL_ID);
	tee_query(tee, VIDEO, &query);
	ktap(query.granule == 65536 && query.total == MIB, "the query says so");
	for (n = 0; n < 16; n++)
		buf[n] = tee_rstmem(tee, VIDEO, 1, NULL);
	ktap(buf[15] >= 0 && lseek(buf[0], 0, SEEK_END) == 65536,
	     "16 buffers of a byte each fill a MiB");
	ktap_eq(tee_rstmem(tee, VIDEO, 1, NULL), -ENOMEM, "no more than 16");
	for (n = 0; n < 16; n += 2)
		close(buf[n]);
	tee_query(tee, VIDEO, &query);
	ktap(query.used == MIB / 2 && query.largest_free == 65536 &&
	     query.buffers == 8, "every other one closed: half is free, in pieces");
	ktap_eq(tee_rstmem(tee, VIDEO, 65537, NULL), -ENOMEM,
		"so two granules do not fit");
	for (n = 1; n < 16; n += 2)
		close(buf[n]);
	tee_query(tee, VIDEO, &query);
	ktap_eq(query.largest_free, MIB, "all closed: all in one piece");

	tell("align", "0x40000");
	buf[0] = tee_rstmem(tee, VIDEO, 1, NULL);
	buf[1] = tee_rstmem(tee, VIDEO, 1, NULL);
	edu_mask(edu, 32);
	ktap(!edu_map(edu, buf[1], RSTMEM_EDU_TO_DEVICE, &map) &&
	     !(map.addr % 0x40000), "a pool aligns as its backend asks");
	edu_unmap(edu);
	close(buf[0]);
	close(buf[1]);
	tell("align", "3");
	ktap_eq(tee_rstmem(tee, VIDEO, 1, NULL), -EINVAL,
		"an alignment that is no power of two: EINVAL");
	ktap(load_pool(spare, "pool_size=0x100000") == 0,
	     "loading it again changes nothing");
	close(tee);
	ktap_eq(unload(), 0, "unloads");
	ktap(load_pool(carveout, "pool_size=0x10000"),
	     "a pool inside another's does not load");
}

static void *alloc_slowly(void *arg)
{
	int *result = arg;

	*result = tee_rstmem(*result, VIDEO, 4096, NULL);
	return NULL;
}

/* What keeps the module, and that it goes when nothing does. */
static void test_unload(int tee)
{
	int buf;

	tell("mode", "range");
	buf = tee_rstmem(tee, VIDEO, 4096, NULL);
	ktap(unload() != 0, "does not unload with an open file");
	close(tee);
	ktap(unload() != 0, "does not unload with a buffer");
	close(buf);
	ktap_eq(unload(), 0, "unloads with neither");
}

static void test_slow(int tee)
{
	pthread_t thread;
	int result = tee;

	tell("mode", "range");
	tell("delay_ms", "500");
	pthread_create(&thread, NULL, alloc_slowly, &result);
	usleep(100000);
	ktap(unload() != 0, "does not unload while it is allocating");
	pthread_join(thread, NULL);
	tell("delay_ms", "0");
	ktap(result >= 0, "and the allocation ends well");
	close(result);
}

/* Seconds of a clock that nobody sets. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * Removal waits for an allocation that is inside the backend. Others must not
 * follow it in there meanwhile.
 */
static void test_removed_while_allocating(void)
{
	int tee, result, rc, status;
	pthread_t thread;
	double begin;
	pid_t pid;

	if (load("paddr=0x4000000000 delay_ms=3000"))
		ktap_bail("rstmem_fake does not load");
	tee = tee_open(FAKE_IMPL_ID);
	result = tee;
	begin = now();
	pthread_create(&thread, NULL, alloc_slowly, &result);
	usleep(300000);
	pid = fork();
	if (!pid) {
		closefrom(3);
		execlp("sh", "sh", "-c", "echo 1 >" PARAMS "removed", NULL);
		_exit(1);
	}
	usleep(700000);
	rc = tee_rstmem(tee, VIDEO, 4096, NULL);
	ktap(rc == -ENODEV && now() - begin < 2.5,
	     "removal waits for an allocation, others fail with ENODEV at once");
	if (rc >= 0)
		close(rc);
	pthread_join(thread, NULL);
	ktap(result >= 0 && lseek(result, 0, SEEK_END) == 4096,
	     "the one that was under way ends well");
	close(tee);
	waitpid(pid, &status, 0);
	ktap(status == 0, "and removal when the file is closed");
	ktap(unload() != 0, "the buffer still keeps the module");
	close(result);
	ktap_eq(unload(), 0, "until it is closed");
}

static int heap_alloc(int heap)
{
	struct dma_heap_allocation_data data = {
		.len = 4096,
		.fd_flags = O_RDWR,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

/* Two TEE devices: each knows its own buffers, and one heap serves for both. */
static void test_two_devices(void)
{
	int heap = open("/dev/dma_heap/protected,secure-video", O_RDWR);
	struct tee_ioctl_rstmem_fd_info info;
	int soft, fake, of_soft, of_fake, buf;

	ktap(!load("paddr=0x4000000000"), "a second device");
	soft = tee_open(SOFTTEE_IMPL_ID);
	fake = tee_open(FAKE_IMPL_ID);
	of_soft = tee_rstmem(soft, VIDEO, 4096, NULL);
	of_fake = tee_rstmem(fake, VIDEO, 4096, NULL);
	ktap_eq(tee_register_fd(fake, of_soft, NULL), -EXDEV,
		"a buffer of another device cannot be registered: EXDEV");
	ktap_eq(tee_register_fd(soft, of_fake, NULL), -EXDEV,
		"nor the reverse");
	ktap(!tee_fd_info(soft, of_soft, &info) && info.device == 0 &&
	     !tee_fd_info(fake, of_soft, &info) && info.device == 0 &&
	     !tee_fd_info(soft, of_fake, &info) && info.device == 1,
	     "both devices know where a buffer is from");
	buf = heap_alloc(heap);
	ktap(!tee_fd_info(fake, buf, &info) && info.device == 0,
	     "the heap allocates from the device that came first");
	close(buf);

	close(soft);
	ktap_eq(target_remove(), 0, "the first device goes");
	ktap(!tee_fd_info(fake, of_soft, &info) && info.device == -1 &&
	     info.size == 4096, "its buffer belongs to no device any more");
	ktap_eq(tee_register_fd(fake, of_soft, NULL), -EXDEV,
		"and still not to the other: EXDEV");
	buf = heap_alloc(heap);
	ktap(buf >= 0 && !tee_fd_info(fake, buf, &info) && info.device == 1,
	     "the heap allocates from the second");
	close(buf);
	close(of_soft);
	close(of_fake);
	close(fake);
	unload();
	ktap_eq(heap_alloc(heap), -ENODEV, "and without any: ENODEV");
	ktap_eq(target_return(), 0, "the first device comes back");
	buf = heap_alloc(heap);
	ktap(buf >= 0, "and serves the heap again");
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

/* Through a heap, nobody needs a file of the device, which removal would wait for. */
static void test_removed_while_heap_allocates(void)
{
	struct heap_job job = {
		.heap = open("/dev/dma_heap/protected,secure-video", O_RDWR),
	};
	pthread_t thread;
	double begin;

	ktap(!target_remove() && !load("paddr=0x4000000000 delay_ms=2000"),
	     "a heap with a slow device only");
	begin = now();
	pthread_create(&thread, NULL, heap_slowly, &job);
	usleep(500000);
	tell("removed", "1");
	ktap(now() - begin >= 2, "removal waits for a heap's allocation too");
	pthread_join(thread, NULL);
	ktap(job.result >= 0, "which ends well");
	ktap_eq(heap_alloc(job.heap), -ENODEV, "and is the last: ENODEV");
	close(job.result);
	ktap_eq(live(), 0, "its memory goes back");
	ktap_eq(unload(), 0, "and nothing keeps the module");
	close(job.heap);
	ktap_eq(target_return(), 0, "the other device comes back");
}

/* A registration that comes when the device is on its way out. */
static void test_register_while_going(void)
{
	int tee, buf, n, rc = 0, status;
	struct tee_ioctl_rstmem_query query;
	pid_t pid;

	ktap(!load("paddr=0x4000000000"), "a device that is about to go");
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
		"a buffer of it cannot be registered any more: ENODEV");
	ktap_eq(tee_register_fd(tee, tee, NULL), -EINVAL,
		"and what is no dma-buf is none: EINVAL");
	close(buf);
	close(tee);
	waitpid(pid, &status, 0);
	ktap(status == 0, "it goes");
	ktap_eq(unload(), 0, "and nothing keeps its module");
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
	test_ranges(tee);
	test_pages(tee);
	test_slow(tee);
	test_unload(tee);
	test_pool();

	ktap(!load("use_cases=0"), "a backend that offers nothing");
	tee = tee_open(FAKE_IMPL_ID);
	ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -EOPNOTSUPP,
		"allocation: EOPNOTSUPP");
	ktap_eq(tee_query(tee, 0, &query), -EOPNOTSUPP, "query: EOPNOTSUPP");
	close(tee);
	unload();
	ktap(load("use_cases=1"), "the reserved use case cannot be offered");
	ktap(!load("use_cases=0x8000000000000010") , "others can");
	tee = tee_open(FAKE_IMPL_ID);
	ktap(!tee_query(tee, 0, &query) &&
	     query.use_cases == 0x8000000000000010, "and are listed");
	tell("paddr", "0x4000000000");
	ktap(close(tee_rstmem(tee, 63, 4096, NULL)) == 0 &&
	     close(tee_rstmem(tee, 4, 4096, NULL)) == 0, "and allocated from");
	buf = tee_rstmem(tee, 63, 4096, NULL);
	ktap(guest_fdinfo_has(buf, "exp_name:\trstmem,63"),
	     "the exporter's name has their number");
	close(buf);
	ktap_eq(tee_rstmem(tee, VIDEO, 4096, NULL), -EINVAL,
		"and no other is: EINVAL");
	close(tee);
	unload();
	test_removed_while_allocating();
	test_two_devices();
	test_removed_while_heap_allocates();
	test_register_while_going();
	close(edu);
	return ktap_end();
}
