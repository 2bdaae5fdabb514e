// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and dma-heaps: find them, know them, allocate from them. */
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
	     !strcmp(path, VIDEO_HEAP), "the first heap");
	ktap(rstmem_next_heap(VIDEO, path, sizeof(path)) == UI &&
	     !strcmp(path, UI_HEAP), "the second");
	ktap(rstmem_next_heap(UI, path, sizeof(path)) == RECORD &&
	     !strcmp(path, RECORD_HEAP), "the third");
	ktap_eq(rstmem_next_heap(RECORD, path, sizeof(path)), -ENOENT,
		"the last: ENOENT");
	rename(UI_HEAP, "/dev/hidden");
	ktap_eq(rstmem_next_heap(VIDEO, path, sizeof(path)), RECORD,
		"use cases may be missing");
	rename("/dev/hidden", UI_HEAP);
	ktap_eq(rstmem_next_heap(INT_MIN, path, sizeof(path)), VIDEO,
		"any number to begin with");
	ktap_eq(rstmem_next_heap(INT_MAX, path, sizeof(path)), -ENOENT,
		"any number to end with");
	ktap_eq(rstmem_next_heap(0, path, sizeof(VIDEO_HEAP)), VIDEO,
		"a path that just fits");
	ktap_eq(rstmem_next_heap(0, path, sizeof(VIDEO_HEAP) - 1), -ENOSPC,
		"one byte less: ENOSPC");
	ktap_eq(rstmem_next_heap(0, NULL, 0), -ENOSPC,
		"no memory at all: ENOSPC");
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

	ktap_eq(way(NULL), RSTMEM_VIA_TEE, "a TEE device is the first choice");
	dev = open_via(NULL, RSTMEM_VIA_HEAP);
	ktap(rstmem_via(dev) == RSTMEM_VIA_HEAP && rstmem_fd(dev) == -1 &&
	     !strcmp(rstmem_path(dev), HEAP_DIR), "heaps can be insisted on");
	ktap(!rstmem_use_cases(dev, &use_cases) && use_cases == 0xe,
	     "and offer what they are for");
	rstmem_close(dev);
	dev = open_device(path);
	path[0] = 0;
	ktap(rstmem_via(dev) == RSTMEM_VIA_HEAP && rstmem_fd(dev) > 2 &&
	     fcntl(rstmem_fd(dev), F_GETFD) == FD_CLOEXEC &&
	     !strcmp(rstmem_path(dev), VIDEO_HEAP),
	     "a heap by its path, which is copied");
	ktap(!rstmem_use_cases(dev, &use_cases) && use_cases == 1 << VIDEO,
	     "offers one use case");
	rstmem_close(dev);
	ktap_eq(offered(UI_HEAP), 1 << UI, "another offers another");
	ktap_eq(try_via("/dev/tee0", RSTMEM_VIA_TEE), 0,
		"a TEE device can be insisted on");
	ktap_eq(count_fds(), fds, "closing leaves no descriptor");

	ktap_eq(try_via(VIDEO_HEAP, RSTMEM_VIA_TEE), -ENOTTY,
		"a heap is no TEE device: ENOTTY");
	ktap_eq(try_via("/dev/tee0", RSTMEM_VIA_HEAP), -ENOTTY,
		"nor the other way round");
	ktap_eq(try_via(NULL, (enum rstmem_via)3), -EINVAL,
		"there is no third way: EINVAL");
	ktap_eq(try_via("/dev/tee0", (enum rstmem_via)-1), -EINVAL,
		"or a way before the first");
	if (has_system) {
		ktap_eq(try_open(SYSTEM_HEAP), -EOPNOTSUPP,
			"a heap of normal memory: EOPNOTSUPP");
		ktap_eq(try_via(SYSTEM_HEAP, RSTMEM_VIA_HEAP), -EOPNOTSUPP,
			"when insisted on as well");
	} else {
		ktap_skip("a heap of normal memory", "this kernel has none");
	}
	ktap_eq(try_open("/dev/udmabuf"), -ENOTTY, "/dev/udmabuf: ENOTTY");
	ktap_eq(try_via("/dev/null", RSTMEM_VIA_HEAP), -ENOTTY,
		"/dev/null: ENOTTY");
	ktap_eq(try_via("/etc/passwd", RSTMEM_VIA_HEAP), -ENOTTY,
		"a file: ENOTTY");
	ktap_eq(try_via(HEAP_DIR, RSTMEM_VIA_HEAP), -ENOTTY,
		"a directory: ENOTTY");
	ktap_eq(try_via(HEAP_DIR "/protected,x", RSTMEM_VIA_HEAP), -ENOENT,
		"nothing: ENOENT");

	/* What a node is decides. */
	make_node("/tmp/node", UI_HEAP, 0600);
	ktap_eq(offered("/tmp/node"), 1 << UI,
		"a node may have any name");
	make_node("/tmp/protected,secure-video", UI_HEAP, 0600);
	ktap_eq(offered("/tmp/protected,secure-video"), 1 << UI,
		"that of another heap, too");
	if (has_system) {
		make_node("/tmp/protected,secure-video", SYSTEM_HEAP, 0600);
		ktap_eq(try_open("/tmp/protected,secure-video"), -EOPNOTSUPP,
			"normal memory does not become restricted by its name");
	}
	make_node("/tmp/protected,secure-video", "/dev/null", 0600);
	ktap_eq(try_open("/tmp/protected,secure-video"), -ENOTTY,
		"nor /dev/null a heap");
	rename(VIDEO_HEAP, "/dev/hidden");
	make_node(VIDEO_HEAP, UI_HEAP, 0600);
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD,
		"a search does not take one heap for another");
	unlink(VIDEO_HEAP);
	make_node(VIDEO_HEAP, "/dev/null", 0600);
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD, "or something for a heap");
	unlink(VIDEO_HEAP);
	if (mknod(VIDEO_HEAP, S_IFCHR | 0600, makedev(240, 77)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap_eq(try_open(VIDEO_HEAP), -ENXIO,
		"a node with no device behind it: ENXIO");
	ktap_eq(offered(NULL), 1 << UI | 1 << RECORD,
		"and the search goes past it");
	unlink(VIDEO_HEAP);
	rename("/dev/hidden", VIDEO_HEAP);
	unlink("/tmp/node");
	unlink("/tmp/protected,secure-video");
	ktap_eq(count_fds(), fds, "no descriptor is left");
}

/* One may be read, one be had for TEE calls, one not at all. */
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
	     "who may not open any heap: EACCES");
	chmod(VIDEO_HEAP, 0444);
	chmod(UI_HEAP, 0666);
	make_node("/dev/tee7", "/dev/tee0", 0444);
	if (mkfifo("/tmp/pipe", 0444))
		ktap_bail("mkfifo: %s", strerror(errno));
	ktap_eq(in_child(heaps_as_nobody, dev), 0,
		"heaps that one may open, also only to read, are enough");
	unlink("/tmp/pipe");
	unlink("/dev/tee7");
	chmod(VIDEO_HEAP, 0600);
	chmod(UI_HEAP, 0600);
	rstmem_close(dev);
	ktap_eq(in_child(heaps_without_fds, NULL), 0,
		"no descriptor left for all heaps: EMFILE, and none is open");
	ktap_eq(in_child(without_sysfs, NULL), 0,
		"without sysfs, heaps are known by their names");
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
	/* Nothing but 0 is free, which a buffer must not get. */
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
		"a heap allocates");
	ktap(buf.fd > 2 && fcntl(buf.fd, F_GETFD) == FD_CLOEXEC,
	     "its descriptor has FD_CLOEXEC");
	ktap(buf.id == 0, "it has no id");
	ktap_eq(buf.size, 8192, "the size is rounded up");
	ktap_eq(buf.flags, 0, "no flags are in force");
	ktap_eq(buf.use_case, VIDEO, "it knows its use case");
	ktap(!memcmp(buf.reserved, zero.reserved, sizeof(zero.reserved)),
	     "reserved members are 0");
	ktap_eq(lseek(buf.fd, 0, SEEK_END), 8192, "it is a dma-buf");
	ktap_eq(used(watch), 8192, "of the TEE device's memory");
	ktap(!rstmem_alloc(watch, VIDEO, 4096, 0, &second) && second.id > 0 &&
	     used(watch) == 12288, "which both front ends share");
	rstmem_buffer_close(&second);
	rstmem_buffer_close(&buf);
	ktap(used(watch) == 0 && buf.fd == -1, "and closing releases it");
	for (n = 0; n < sizeof(named) / sizeof(*named); n++) {
		ktap(!rstmem_alloc(all, named[n], 4096, 0, &buf) &&
		     buf.use_case == named[n] &&
		     !rstmem_query(watch, named[n], &usage) &&
		     usage.used == 4096, "all heaps serve use case %u", named[n]);
		rstmem_buffer_close(&buf);
	}

	ktap(fails(one, UI, 4096, 0, EINVAL), "one heap, another use: EINVAL");
	ktap(fails(all, 0, 4096, 0, EINVAL), "reserved use case: EINVAL");
	ktap(fails(all, 4, 4096, 0, EINVAL), "use case 4: EINVAL");
	ktap(fails(all, 64, 4096, 0, EINVAL), "use case 64: EINVAL");
	ktap(fails(all, UINT32_MAX, 4096, 0, EINVAL),
	     "use case 2^32-1: EINVAL");
	ktap(fails(all, VIDEO, 0, 0, EINVAL), "size 0: EINVAL");
	ktap(fails(all, VIDEO, UINT64_MAX, 0, EINVAL), "size 2^64-1: EINVAL");
	ktap(fails(all, VIDEO, 1ULL << 62, 0, EINVAL), "size 2^62: EINVAL");
	ktap(fails(all, VIDEO, 4096, 1, EINVAL), "flag 1: EINVAL");
	ktap(fails(all, VIDEO, 64 * MIB + 1, 0, ENOMEM),
	     "more than there is: ENOMEM");
	ktap(fails(all, VIDEO, (1ULL << 32) + 4096, 0, ENOMEM),
	     "no size is cut to 32 bits: ENOMEM");
	ktap_eq(in_child(heap_alloc_without_fds, one), 0,
		"no descriptor but 0 left: EMFILE");
	ktap_eq(used(watch), 0, "nothing is in use");

	memset(&usage, 0xff, sizeof(usage));
	ktap_eq(rstmem_query(all, VIDEO, &usage), -EOPNOTSUPP,
		"heaps tell no figures: EOPNOTSUPP");
	ktap_eq(rstmem_query(one, UI, &usage), -EINVAL,
		"about what they do not offer: EINVAL");
	ktap_eq(rstmem_query(all, 0, &usage), -EINVAL, "use case 0: EINVAL");
	ktap_eq(rstmem_query(all, UINT32_MAX, &usage), -EINVAL,
		"use case 2^32-1: EINVAL");
	ktap_eq(count_fds(), fds, "no descriptor is left");

	if (rstmem_alloc(one, VIDEO, 4096, 0, &buf))
		ktap_bail("rstmem_alloc");
	rstmem_close(one);
	rstmem_close(all);
	ktap_eq(used(watch), 4096, "a buffer outlives the heap it is from");
	rstmem_buffer_close(&buf);
}
