// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and dma-heaps: find them, tell them from other devices, allocate. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common.h"

static void test_next_heap(void)
{
	char path[RSTMEM_HEAP_PATH_SIZE];

	ktap(rstmem_next_heap(0, path, sizeof(path)) == VIDEO &&
	     !strcmp(path, VIDEO_HEAP), "next_heap: finds the first heap");
	ktap(rstmem_next_heap(VIDEO, path, sizeof(path)) == UI &&
	     !strcmp(path, UI_HEAP), "next_heap: finds the second heap");
	ktap(rstmem_next_heap(UI, path, sizeof(path)) == RECORD &&
	     !strcmp(path, RECORD_HEAP), "next_heap: finds the third heap");
	ktap_eq(rstmem_next_heap(RECORD, path, sizeof(path)), -ENOENT,
		"next_heap: ends after the last heap: ENOENT");
	rename(UI_HEAP, "/dev/hidden");
	ktap_eq(rstmem_next_heap(VIDEO, path, sizeof(path)), RECORD,
		"next_heap: passes over missing use cases");
	rename("/dev/hidden", UI_HEAP);
	ktap_eq(rstmem_next_heap(INT_MIN, path, sizeof(path)), VIDEO,
		"next_heap: accepts INT_MIN as a start");
	ktap_eq(rstmem_next_heap(INT_MAX, path, sizeof(path)), -ENOENT,
		"next_heap: accepts INT_MAX as a start: ENOENT");
	ktap_eq(rstmem_next_heap(0, path, sizeof(VIDEO_HEAP)), VIDEO,
		"next_heap: a path may fill the buffer");
	ktap_eq(rstmem_next_heap(0, path, sizeof(VIDEO_HEAP) - 1), -ENOSPC,
		"next_heap: a buffer one byte too small fails: ENOSPC");
	ktap_eq(rstmem_next_heap(0, NULL, 0), -ENOSPC,
		"next_heap: fails without a path buffer: ENOSPC");
}

uint64_t offered(const char *path)
{
	uint64_t use_cases = 0;
	struct rstmem *dev;

	if (rstmem_open_via(path, RSTMEM_VIA_HEAP, &dev))
		return 0;
	if (rstmem_use_cases(dev, &use_cases))
		use_cases = 0;
	rstmem_close(dev);
	return use_cases;
}

static void test_open_heaps(void)
{
	const bool has_system = !access(SYSTEM_HEAP, F_OK);
	char path[] = VIDEO_HEAP;
	int fds = count_fds();
	struct rstmem *dev;
	uint64_t use_cases;

	ktap_eq(way(NULL), RSTMEM_VIA_TEE,
		"open: the search prefers a TEE device");
	dev = open_via(NULL, RSTMEM_VIA_HEAP);
	ktap(rstmem_via(dev) == RSTMEM_VIA_HEAP && rstmem_fd(dev) == -1 &&
	     !strcmp(rstmem_path(dev), HEAP_DIR),
	     "open_via: takes the heaps instead of a TEE device");
	ktap(!rstmem_use_cases(dev, &use_cases) && use_cases == 0xe,
	     "use_cases: heaps tell what they offer");
	rstmem_close(dev);
	dev = open_device(path);
	path[0] = 0;
	ktap(rstmem_via(dev) == RSTMEM_VIA_HEAP && rstmem_fd(dev) > 2 &&
	     fcntl(rstmem_fd(dev), F_GETFD) == FD_CLOEXEC &&
	     !strcmp(rstmem_path(dev), VIDEO_HEAP),
	     "open: copies the path of a heap");
	ktap(!rstmem_use_cases(dev, &use_cases) && use_cases == 1 << VIDEO,
	     "use_cases: one heap tells one use case");
	rstmem_close(dev);
	ktap_eq(offered(UI_HEAP), 1 << UI,
		"use_cases: another heap tells its own use case");
	ktap_eq(try_via("/dev/tee0", RSTMEM_VIA_TEE), 0,
		"open_via: takes a TEE device");
	ktap_eq(count_fds(), fds, "close: leaves no descriptor open");

	ktap_eq(try_via(VIDEO_HEAP, RSTMEM_VIA_TEE), -ENOTTY,
		"open_via: refuses a heap as a TEE device: ENOTTY");
	ktap_eq(try_via("/dev/tee0", RSTMEM_VIA_HEAP), -ENOTTY,
		"open_via: refuses a TEE device as a heap: ENOTTY");
	ktap_eq(try_via(NULL, (enum rstmem_via)3), -EINVAL,
		"open_via: refuses an unknown way: EINVAL");
	ktap_eq(try_via("/dev/tee0", (enum rstmem_via)-1), -EINVAL,
		"open_via: refuses a negative way: EINVAL");
	if (has_system) {
		ktap_eq(try_open(SYSTEM_HEAP), -EOPNOTSUPP,
			"open: refuses a heap of normal memory: EOPNOTSUPP");
		ktap_eq(try_via(SYSTEM_HEAP, RSTMEM_VIA_HEAP), -EOPNOTSUPP,
			"open_via: refuses a heap of normal memory: EOPNOTSUPP");
	} else {
		ktap_skip("open: refuses a heap of normal memory", "this kernel has none");
	}
	ktap_eq(try_open("/dev/udmabuf"), -ENOTTY,
		"open: refuses /dev/udmabuf: ENOTTY");
	ktap_eq(try_via("/dev/null", RSTMEM_VIA_HEAP), -ENOTTY,
		"open_via: refuses /dev/null as a heap: ENOTTY");
	ktap_eq(try_via("/etc/passwd", RSTMEM_VIA_HEAP), -ENOTTY,
		"open_via: refuses a file as a heap: ENOTTY");
	ktap_eq(try_via(HEAP_DIR, RSTMEM_VIA_HEAP), -ENOTTY,
		"open_via: refuses a directory as a heap: ENOTTY");
	ktap_eq(try_via(HEAP_DIR "/protected,x", RSTMEM_VIA_HEAP), -ENOENT,
		"open_via: refuses a missing heap: ENOENT");

	/* The device behind a node decides, not its name. */
	make_node("/tmp/node", UI_HEAP, 0600);
	ktap_eq(offered("/tmp/node"), 1 << UI,
		"open: knows a heap under any name of its node");
	make_node("/tmp/protected,secure-video", UI_HEAP, 0600);
	ktap_eq(offered("/tmp/protected,secure-video"), 1 << UI,
		"open: is not misled by the name of another heap");
	if (has_system) {
		make_node("/tmp/protected,secure-video", SYSTEM_HEAP, 0600);
		ktap_eq(try_open("/tmp/protected,secure-video"), -EOPNOTSUPP,
			"open: is not misled by the name of a heap on normal memory");
	}
	make_node("/tmp/protected,secure-video", "/dev/null", 0600);
	ktap_eq(try_open("/tmp/protected,secure-video"), -ENOTTY,
		"open: is not misled by the name of a heap on /dev/null");
	rename(VIDEO_HEAP, "/dev/hidden");
	make_node(VIDEO_HEAP, UI_HEAP, 0600);
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD,
		"open: the search takes no heap under the name of another");
	unlink(VIDEO_HEAP);
	make_node(VIDEO_HEAP, "/dev/null", 0600);
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD,
		"open: the search takes no other device for a heap");
	unlink(VIDEO_HEAP);
	if (mknod(VIDEO_HEAP, S_IFCHR | 0600, makedev(240, 77)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap_eq(try_open(VIDEO_HEAP), -ENXIO,
		"open: refuses a node of a heap without a device: ENXIO");
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD,
		"open: the search passes over a node of a heap without a device");
	unlink(VIDEO_HEAP);
	rename("/dev/hidden", VIDEO_HEAP);
	unlink("/tmp/node");
	unlink("/tmp/protected,secure-video");
	ktap_eq(count_fds(), fds, "open: leaves no descriptor open");
}

/* One heap may be read, one may be read and written, one may not be opened. */
static int heaps_as_nobody(struct rstmem *open)
{
	struct rstmem_buffer buf;
	struct rstmem *dev;
	uint64_t use_cases;

	become_nobody();
	if (rstmem_alloc(open, RECORD, 4096, 0, &buf))
		return 1;
	rstmem_buffer_close(&buf);
	if (try_open(RECORD_HEAP) != -EACCES ||
	    try_via(RECORD_HEAP, RSTMEM_VIA_HEAP) != -EACCES)
		return 2;
	if (way(VIDEO_HEAP) != RSTMEM_VIA_HEAP ||
	    way(UI_HEAP) != RSTMEM_VIA_HEAP ||
	    try_via(VIDEO_HEAP, RSTMEM_VIA_HEAP))
		return 3;
	if (way(NULL) != RSTMEM_VIA_HEAP ||
	    try_via(NULL, RSTMEM_VIA_TEE) != -EACCES)
		return 4;
	if (rstmem_open(NULL, &dev) || rstmem_use_cases(dev, &use_cases) ||
	    use_cases != (1 << VIDEO | 1 << UI))
		return 5;
	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf))
		return 6;
	rstmem_buffer_close(&buf);
	if (rstmem_alloc(dev, RECORD, 4096, 0, &buf) != -EACCES || buf.fd != -1)
		return 7;
	rstmem_close(dev);
	/* Read permission is not enough for a TEE device. */
	if (try_open("/dev/tee7") != -EACCES || try_open("/tmp/pipe") != -ENOTTY)
		return 8;
	return 0;
}

static int heaps_without_permission(struct rstmem *dev)
{
	(void)dev;
	become_nobody();
	return try_via(NULL, RSTMEM_VIA_HEAP) == -EACCES &&
	       try_open(VIDEO_HEAP) == -EACCES;
}

static int heaps_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { 64, 64 };
	int fd, n;

	(void)dev;
	for (fd = 3; fd < 64; fd++)
		close(fd);
	for (n = 0; n < 3; n++) {
		limit.rlim_cur = (rlim_t)(3 + n);
		setrlimit(RLIMIT_NOFILE, &limit);
		if (try_via(NULL, RSTMEM_VIA_HEAP) != -EMFILE ||
		    count_fds() != 3)
			return 1 + n;
	}
	limit.rlim_cur = 6;
	setrlimit(RLIMIT_NOFILE, &limit);
	return try_via(NULL, RSTMEM_VIA_HEAP) ? 9 : 0;
}

static int without_sysfs(struct rstmem *dev)
{
	(void)dev;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    umount2("/sys", MNT_DETACH) || !access("/sys/dev", F_OK))
		return 99;
	if (way(VIDEO_HEAP) != RSTMEM_VIA_HEAP || offered(UI_HEAP) != 1 << UI)
		return 1;
	if (offered(NULL) != 0xe)
		return 2;
	if (way("/dev/tee0") != RSTMEM_VIA_TEE)
		return 3;
	make_node("/tmp/node", VIDEO_HEAP, 0600);
	make_node("/tmp/protected,secure-video", "/dev/null", 0600);
	make_node("/tmp/protected,x", VIDEO_HEAP, 0600);
	make_node("/tmp/tee5", "/dev/null", 0600);
	if (try_open("/tmp/protected,x") != -ENOTTY || try_open("/tmp/tee5") != -ENOTTY)
		return 5;
	unlink("/tmp/protected,x");
	unlink("/tmp/tee5");
	if (try_open("/tmp/node") != -ENOTTY ||
	    try_open("/tmp/protected,secure-video") != -ENOTTY ||
	    (!access(SYSTEM_HEAP, F_OK) && try_open(SYSTEM_HEAP) != -ENOTTY) ||
	    try_via("/dev/tee0", RSTMEM_VIA_HEAP) != -ENOTTY)
		return 4;
	unlink("/tmp/node");
	unlink("/tmp/protected,secure-video");
	return 0;
}

static void test_heap_permission(void)
{
	struct rstmem *dev = open_via(NULL, RSTMEM_VIA_HEAP);

	ktap(in_child(heaps_without_permission, NULL),
	     "open: fails without permission for any heap: EACCES");
	chmod(VIDEO_HEAP, 0444);
	chmod(UI_HEAP, 0666);
	make_node("/dev/tee7", "/dev/tee0", 0444);
	if (mkfifo("/tmp/pipe", 0444))
		ktap_bail("mkfifo: %s", strerror(errno));
	ktap_eq(in_child(heaps_as_nobody, dev), 0,
		"open: heaps that may only be read serve as well");
	unlink("/tmp/pipe");
	unlink("/dev/tee7");
	chmod(VIDEO_HEAP, 0600);
	chmod(UI_HEAP, 0600);
	rstmem_close(dev);
	ktap_eq(in_child(heaps_without_fds, NULL), 0,
		"open: fails without descriptors for all heaps and keeps none: EMFILE");
	ktap_eq(in_child(without_sysfs, NULL), 0,
		"open: without sysfs, the names of nodes tell the heaps");
}

bool heaps_tell(void)
{
	return !access("/sys/class/rstmem_heap", F_OK);
}

void test_heaps(void)
{
	test_next_heap();
	test_open_heaps();
	test_heap_permission();
}

static int heap_alloc_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { rstmem_fd(dev) + 1, 64 };
	int fd;

	while ((fd = dup(1)) >= 0 && fd < rstmem_fd(dev))
		;
	close(fd);
	for (fd = rstmem_fd(dev) + 1; fd < 64; fd++)
		close(fd);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!fails(dev, VIDEO, 4096, 0, EMFILE))
		return 1;
	/* Only descriptor 0 is free, and a buffer must not get it. */
	close(0);
	if (!fails(dev, VIDEO, 4096, 0, EMFILE))
		return 2;
	return fcntl(0, F_GETFD) == -1 ? 0 : 3;
}

void test_alloc_from_heaps(struct rstmem *watch)
{
	struct rstmem *all = open_via(NULL, RSTMEM_VIA_HEAP);
	struct rstmem *one = open_device(VIDEO_HEAP);
	static const struct rstmem_buffer zero;
	static const uint32_t named[] = { VIDEO, UI, RECORD };
	struct rstmem_buffer buf, second;
	struct rstmem_usage usage;
	int fds = count_fds();
	size_t n;

	memset(&buf, 0xff, sizeof(buf));
	ktap_eq(rstmem_alloc(one, VIDEO, 5000, 0, &buf), 0,
		"heap alloc: succeeds");
	ktap(buf.fd > 2 && fcntl(buf.fd, F_GETFD) == FD_CLOEXEC,
	     "heap alloc: the descriptor has FD_CLOEXEC");
	ktap(buf.id == 0, "heap alloc: gives no id");
	ktap_eq(buf.size, 8192, "heap alloc: tells the rounded size");
	ktap_eq(buf.flags, 0, "heap alloc: tells flags of 0");
	ktap_eq(buf.use_case, VIDEO, "heap alloc: tells the use case");
	ktap(!memcmp(buf.reserved, zero.reserved, sizeof(zero.reserved)),
	     "heap alloc: reserved members are 0");
	ktap_eq(lseek(buf.fd, 0, SEEK_END), 8192,
		"heap alloc: the descriptor is a dma-buf of the size");
	ktap_eq(used(watch), 8192,
		"heap alloc: the TEE device counts the buffer");
	ktap(!rstmem_alloc(watch, VIDEO, 4096, 0, &second) && second.id > 0 &&
	     used(watch) == 12288,
	     "heap alloc: the TEE device allocates from the same memory");
	rstmem_buffer_close(&second);
	rstmem_buffer_close(&buf);
	ktap(used(watch) == 0 && buf.fd == -1,
	     "buffer_close: releases a buffer from a heap");
	for (n = 0; n < sizeof(named) / sizeof(*named); n++) {
		ktap(!rstmem_alloc(all, named[n], 4096, 0, &buf) &&
		     buf.use_case == named[n] &&
		     !rstmem_query(watch, named[n], &usage) &&
		     usage.used == 4096,
		     "heap alloc: all heaps together serve use case %u",
		     named[n]);
		rstmem_buffer_close(&buf);
	}

	ktap(fails(one, UI, 4096, 0, EINVAL),
	     "heap alloc: one heap refuses another use case: EINVAL");
	ktap(fails(all, 0, 4096, 0, EINVAL),
	     "heap alloc: refuses the reserved use case: EINVAL");
	ktap(fails(all, 4, 4096, 0, EINVAL),
	     "heap alloc: refuses use case 4: EINVAL");
	ktap(fails(all, 64, 4096, 0, EINVAL),
	     "heap alloc: refuses use case 64: EINVAL");
	ktap(fails(all, UINT32_MAX, 4096, 0, EINVAL),
	     "heap alloc: refuses use case 2^32-1: EINVAL");
	ktap(fails(all, VIDEO, 0, 0, EINVAL),
	     "heap alloc: refuses size 0: EINVAL");
	ktap(fails(all, VIDEO, UINT64_MAX, 0, EINVAL),
	     "heap alloc: refuses size 2^64-1: EINVAL");
	ktap(fails(all, VIDEO, 1ULL << 62, 0, EINVAL),
	     "heap alloc: refuses size 2^62: EINVAL");
	ktap(fails(all, VIDEO, 4096, 1, EINVAL),
	     "heap alloc: refuses flag 1: EINVAL");
	ktap(fails(all, VIDEO, 64 * MIB + 1, 0, ENOMEM),
	     "heap alloc: fails beyond the pool: ENOMEM");
	ktap(fails(all, VIDEO, (1ULL << 32) + 4096, 0, ENOMEM),
	     "heap alloc: does not cut a size to 32 bits: ENOMEM");
	ktap_eq(in_child(heap_alloc_without_fds, one), 0,
		"heap alloc: fails without a free descriptor above 2: EMFILE");
	ktap_eq(used(watch), 0, "heap alloc: failures leave nothing in use");

	memset(&usage, 0xff, sizeof(usage));
	ktap_eq(rstmem_query(all, VIDEO, &usage), -EOPNOTSUPP,
		"query: heaps have no figures: EOPNOTSUPP");
	ktap_eq(rstmem_query(one, UI, &usage), -EINVAL,
		"query: a heap refuses another use case: EINVAL");
	ktap_eq(rstmem_query(all, 0, &usage), -EINVAL,
		"query: heaps refuse use case 0: EINVAL");
	ktap_eq(rstmem_query(all, UINT32_MAX, &usage), -EINVAL,
		"query: heaps refuse use case 2^32-1: EINVAL");
	ktap_eq(count_fds(), fds, "heap alloc: no descriptor stays open");

	if (rstmem_alloc(one, VIDEO, 4096, 0, &buf))
		ktap_bail("rstmem_alloc");
	rstmem_close(one);
	rstmem_close(all);
	ktap_eq(used(watch), 4096, "close: a buffer outlives its heap");
	rstmem_buffer_close(&buf);
}
