// SPDX-License-Identifier: GPL-2.0-only
/*
 * librstmem as its header documents it, on the real kernel: every function,
 * every error. What is about heaps, accounts, registrations and inspection is in
 * lib/. Errors of backends come from rstmem_fake. Built against the shared library,
 * and for 32 bits from its sources.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "librstmem/common.h"

static const char unbind[] = "/sys/bus/platform/drivers/softtee/unbind";
static const char bind[] = "/sys/bus/platform/drivers/softtee/bind";

/* What programs were compiled with. */
_Static_assert(sizeof(struct rstmem_usage) == 88, "size in every ABI");
_Static_assert(offsetof(struct rstmem_usage, granule) == 0, "layout");
_Static_assert(offsetof(struct rstmem_usage, total) == 8, "layout");
_Static_assert(offsetof(struct rstmem_usage, used) == 16, "layout");
_Static_assert(offsetof(struct rstmem_usage, largest_free) == 24, "layout");
_Static_assert(offsetof(struct rstmem_usage, buffers) == 32, "layout");
_Static_assert(offsetof(struct rstmem_usage, caps) == 36, "layout");
_Static_assert(offsetof(struct rstmem_usage, reserved) == 40, "layout");
_Static_assert(sizeof(struct rstmem_buffer) == 56, "size in every ABI");
_Static_assert(offsetof(struct rstmem_buffer, fd) == 0, "layout");
_Static_assert(offsetof(struct rstmem_buffer, id) == 4, "layout");
_Static_assert(offsetof(struct rstmem_buffer, size) == 8, "layout");
_Static_assert(offsetof(struct rstmem_buffer, flags) == 16, "layout");
_Static_assert(offsetof(struct rstmem_buffer, use_case) == 20, "layout");
_Static_assert(offsetof(struct rstmem_buffer, reserved) == 24, "layout");
_Static_assert(sizeof(struct rstmem_registration) == 56, "size in every ABI");
_Static_assert(offsetof(struct rstmem_registration, fd) == 0, "layout");
_Static_assert(offsetof(struct rstmem_registration, id) == 4, "layout");
_Static_assert(offsetof(struct rstmem_registration, size) == 8, "layout");
_Static_assert(offsetof(struct rstmem_registration, flags) == 16, "layout");
_Static_assert(offsetof(struct rstmem_registration, reserved) == 20, "layout");
_Static_assert(sizeof(struct rstmem_info) == 88, "size in every ABI");
_Static_assert(offsetof(struct rstmem_info, size) == 0, "layout");
_Static_assert(offsetof(struct rstmem_info, use_case) == 8, "layout");
_Static_assert(offsetof(struct rstmem_info, flags) == 12, "layout");
_Static_assert(offsetof(struct rstmem_info, device) == 16, "layout");
_Static_assert(offsetof(struct rstmem_info, known) == 20, "layout");
_Static_assert(offsetof(struct rstmem_info, path) == 24, "layout");
_Static_assert(offsetof(struct rstmem_info, reserved) == 56, "layout");
_Static_assert(sizeof(struct rstmem_account) == 256, "size in every ABI");
_Static_assert(offsetof(struct rstmem_account, name) == 0, "layout");
_Static_assert(offsetof(struct rstmem_account, device) == 48, "layout");
_Static_assert(offsetof(struct rstmem_account, use_case) == 52, "layout");
_Static_assert(offsetof(struct rstmem_account, granule) == 56, "layout");
_Static_assert(offsetof(struct rstmem_account, total) == 64, "layout");
_Static_assert(offsetof(struct rstmem_account, free) == 72, "layout");
_Static_assert(offsetof(struct rstmem_account, largest_free) == 80, "layout");
_Static_assert(offsetof(struct rstmem_account, used) == 88, "layout");
_Static_assert(offsetof(struct rstmem_account, peak) == 96, "layout");
_Static_assert(offsetof(struct rstmem_account, buffers) == 104, "layout");
_Static_assert(offsetof(struct rstmem_account, max_user_bytes) == 112, "layout");
_Static_assert(offsetof(struct rstmem_account, max_user_buffers) == 120, "layout");
_Static_assert(offsetof(struct rstmem_account, max_buffer_bytes) == 128, "layout");
_Static_assert(offsetof(struct rstmem_account, reserve) == 136, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_no_memory) == 144, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_limit) == 152, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_backend) == 160, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_importer) == 168, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_reach) == 176, "layout");
_Static_assert(offsetof(struct rstmem_account, lost) == 184, "layout");
_Static_assert(offsetof(struct rstmem_account, reserved) == 192, "layout");
_Static_assert(RSTMEM_NO_LIMIT == UINT64_MAX, "values");
_Static_assert(RSTMEM_ACCOUNT_NAME_SIZE == 48, "arrays of programs");
_Static_assert(RSTMEM_IMPORTERS_SIZE == 4096, "arrays of programs");
_Static_assert(RSTMEM_INFO_SIZE == 1 && RSTMEM_INFO_USE_CASE == 2 &&
	       RSTMEM_INFO_FLAGS == 4 && RSTMEM_INFO_DEVICE == 8, "values");
_Static_assert(RSTMEM_DEVICE_PATH_SIZE == 32, "arrays of programs");
_Static_assert(RSTMEM_HEAP_PATH_SIZE == 64, "arrays of programs");
_Static_assert(sizeof(enum rstmem_via) == 4, "size in every ABI");
_Static_assert(RSTMEM_VIA_ANY == 0 && RSTMEM_VIA_TEE == 1 &&
	       RSTMEM_VIA_HEAP == 2, "values");
_Static_assert(RSTMEM_USE_CASE_NAME_SIZE == 32, "arrays of programs");

static void test_names(void)
{
	static const struct {
		uint32_t use_case;
		const char *name;
	} names[] = {
		{ VIDEO, "secure-video" }, { UI, "trusted-ui" },
		{ RECORD, "secure-video-record" }, { 4, "4" },
		{ TEE_IOC_UC_MAX, "63" },
	};
	static const char *const bad[] = {
		"", "0", "64", "-1", "+1", " 1", "1 ", "0x1", "1.0", "4294967297",
		"18446744073709551617", "secure", "secure-video ", "Secure-Video",
		"secure-video-recorder", "none",
	};
	char name[RSTMEM_USE_CASE_NAME_SIZE], small[13];
	uint32_t use_case;
	size_t n;

	for (n = 0; n < sizeof(names) / sizeof(*names); n++) {
		ktap(!rstmem_use_case_name(names[n].use_case, name, sizeof(name)) &&
		     !strcmp(name, names[n].name), "use case %u is called %s",
		     names[n].use_case, names[n].name);
		ktap(!rstmem_use_case_parse(names[n].name, &use_case) &&
		     use_case == names[n].use_case, "and the other way round");
	}
	ktap(!rstmem_use_case_parse("1", &use_case) && use_case == VIDEO,
	     "the number of one with a name is understood");
	ktap(!rstmem_use_case_name(0, name, sizeof(name)) && !strcmp(name, "0"),
	     "the reserved use case has no name");
	ktap(!rstmem_use_case_name(UINT32_MAX, name, sizeof(name)) &&
	     !strcmp(name, "4294967295"), "nor has the largest");
	ktap(!rstmem_use_case_name(VIDEO, small, 13), "a name fits exactly");
	ktap_eq(rstmem_use_case_name(VIDEO, small, 12), -ENOSPC,
		"one byte less: ENOSPC");
	ktap_eq(rstmem_use_case_name(VIDEO, NULL, 0), -ENOSPC,
		"no memory at all: ENOSPC");

	use_case = 77;
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap(rstmem_use_case_parse(bad[n], &use_case) == -EINVAL &&
		     use_case == 77, "\"%s\" is no use case: EINVAL", bad[n]);
}

static void test_explain(void)
{
	static const int documented[] = {
		ENXIO, ENOENT, EOPNOTSUPP, ENOTTY, ENODEV, EACCES, EPERM, EINVAL,
		ENOMEM, EDQUOT, EIO, EMFILE, ENFILE, ENOSPC, EBADF, EXDEV,
		ESRCH,
	};
	const char *other = rstmem_explain(EXFULL), *text;
	bool good = true, same = true;
	size_t n;
	int e;

	for (e = 0; e < 4200; e++) {
		text = rstmem_explain(e);
		same = same && text && text == rstmem_explain(-e);
		good = good && text && *text && !strchr(text, '\n') &&
		       text[strlen(text) - 1] != '.';
	}
	ktap(same, "either sign of an error means the same");
	ktap(good, "explanations are one line without a full stop");
	for (n = 0; n < sizeof(documented) / sizeof(*documented); n++) {
		text = rstmem_explain(documented[n]);
		ktap(text != other, "error %d: %s", documented[n], text);
	}
	ktap(!strcmp(rstmem_explain(0), "success"), "0 is success");
	ktap(rstmem_explain(INT_MIN) == other && rstmem_explain(INT_MAX) == other,
	     "no number is too large");
}

static void test_version(void)
{
	unsigned int major, minor, patch;
	char end;

	ktap(sscanf(rstmem_version(), "%u.%u.%u%c", &major, &minor, &patch,
		    &end) == 3, "the version is %s", rstmem_version());
}

static void test_next_device(void)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];

	ktap(rstmem_next_device(-1, path, sizeof(path)) == 0 &&
	     !strcmp(path, "/dev/tee0"), "the first device");
	ktap_eq(rstmem_next_device(0, path, sizeof(path)), -ENOENT,
		"there is no second: ENOENT");
	if (mknod("/dev/tee9", S_IFCHR | 0600, makedev(240, 77)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap(rstmem_next_device(0, path, sizeof(path)) == 9 &&
	     !strcmp(path, "/dev/tee9"), "numbers may be missing");
	ktap_eq(rstmem_next_device(9, path, sizeof(path)), -ENOENT, "the last");
	ktap_eq(try_open("/dev/tee9"), -ENXIO,
		"a node with no device behind it: ENXIO");
	ktap_eq(try_open(NULL), 0, "and the search goes past it");
	unlink("/dev/tee9");

	ktap_eq(rstmem_next_device(INT_MIN, path, sizeof(path)), 0,
		"any number to begin with");
	ktap_eq(rstmem_next_device(INT_MAX, path, sizeof(path)), -ENOENT,
		"any number to end with");
	ktap_eq(rstmem_next_device(-1, path, 9), -ENOSPC,
		"a path that does not fit: ENOSPC");
	ktap_eq(rstmem_next_device(-1, NULL, 0), -ENOSPC,
		"no memory at all: ENOSPC");
	ktap_eq(rstmem_next_device(-1, path, 10), 0, "one that just fits");
}

static int open_as_nobody(struct rstmem *dev)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];

	(void)dev;
	become_nobody();
	return try_open("/dev/tee0") == -EACCES && try_open(NULL) == -EACCES &&
	       rstmem_next_device(-1, path, sizeof(path)) == 0;
}

static int open_without_fds(struct rstmem *dev)
{
	struct rlimit none = { 3, 3 };

	(void)dev;
	setrlimit(RLIMIT_NOFILE, &none);
	return try_open("/dev/tee0") == -EMFILE && try_open(NULL) == -EMFILE;
}

/* Whether the library finds out what a node is without opening it. */
static bool stays_closed(const char *same_as)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bool closed;
	char event[512];

	make_node("/tmp/node", same_as, 0600);
	closed = inotify_add_watch(watch, "/tmp/node", IN_OPEN) >= 0 &&
		 try_open("/tmp/node") == -ENOTTY &&
		 try_via("/tmp/node", RSTMEM_VIA_HEAP) == -ENOTTY &&
		 read(watch, event, sizeof(event)) == -1 && errno == EAGAIN;
	close(watch);
	unlink("/tmp/node");
	return closed;
}

static void test_open(void)
{
	int fds = count_fds();
	struct rstmem *dev;
	char path[] = "/dev/tee0";

	dev = open_device(NULL);
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"), "the search finds it");
	ktap(fcntl(rstmem_fd(dev), F_GETFD) == FD_CLOEXEC && rstmem_fd(dev) > 2,
	     "its descriptor has FD_CLOEXEC");
	rstmem_close(dev);
	dev = open_device(path);
	path[0] = 0;
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"),
	     "a device by its path, which it copies");
	rstmem_close(dev);
	rstmem_close(NULL);

	ktap_eq(try_open("/dev/null"), -ENOTTY, "/dev/null: ENOTTY");
	ktap_eq(try_open("/dev/zero"), -ENOTTY, "/dev/zero: ENOTTY");
	ktap(stays_closed("/dev/zero"),
	     "open: a node of another device is not opened");
	ktap_eq(try_open("/etc/passwd"), -ENOTTY, "a file: ENOTTY");
	ktap_eq(try_open("/dev"), -EISDIR, "a directory: EISDIR");
	ktap_eq(try_open("/dev/tee1"), -ENOENT, "nothing: ENOENT");
	ktap_eq(try_open(""), -ENOENT, "an empty path: ENOENT");
	ktap_eq(try_open("/dev/null/tee0"), -ENOTDIR, "not a path: ENOTDIR");
	ktap(in_child(open_as_nobody, NULL), "who may not open it: EACCES");
	ktap(in_child(open_without_fds, NULL), "no descriptor left: EMFILE");
	rename(HEAP_DIR, HEAP_DIR ".hidden");
	ktap(in_child(open_as_nobody, NULL), "the same without heaps");
	rename(HEAP_DIR ".hidden", HEAP_DIR);

	rename("/dev/tee0", "/dev/hidden");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"no TEE device at all: ENXIO");
	ktap_eq(way(NULL), RSTMEM_VIA_HEAP, "unless heaps will do");
	ktap_eq(way("/dev/hidden"), RSTMEM_VIA_TEE,
		"a path need not look like one");
	/* The null device stands for one that is no TEE. */
	if (mknod("/dev/tee0", S_IFCHR | 0600, makedev(1, 3)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"one that is no TEE: ENXIO");
	rename(HEAP_DIR, HEAP_DIR ".hidden");
	ktap_eq(try_open(NULL), -ENXIO, "and no heap: ENXIO");
	rename(HEAP_DIR ".hidden", HEAP_DIR);
	unlink("/dev/tee0");
	rename("/dev/hidden", "/dev/tee0");
	ktap_eq(count_fds(), fds, "no descriptor is left");
}

static void test_query(struct rstmem *dev)
{
	static const uint32_t bad[] = { 0, 4, 63, 64, 65, UINT32_MAX };
	static const struct {
		uint32_t use_case;
		uint64_t total;
	} pools[] = {
		{ VIDEO, 64 * MIB }, { UI, 16 * MIB }, { RECORD, 16 * MIB },
	};
	static const struct rstmem_usage zero;
	struct rstmem_usage usage;
	struct rstmem_buffer buf;
	uint64_t use_cases = 0;
	size_t n;

	ktap(!rstmem_use_cases(dev, &use_cases) && use_cases == 0xe,
	     "the device offers three use cases");
	for (n = 0; n < sizeof(pools) / sizeof(*pools); n++) {
		memset(&usage, 0xff, sizeof(usage));
		ktap(!rstmem_query(dev, pools[n].use_case, &usage) &&
		     usage.granule == 4096 && usage.total == pools[n].total &&
		     !usage.used && usage.largest_free == usage.total &&
		     !usage.buffers && usage.caps == TEE_RSTMEM_CAP_SCRUBS,
		     "the memory of use case %u", pools[n].use_case);
		ktap(!memcmp(usage.reserved, zero.reserved,
			     sizeof(zero.reserved)), "reserved members are 0");
		if (rstmem_alloc(dev, pools[n].use_case, 5000, 0, &buf))
			ktap_bail("rstmem_alloc");
		ktap(!rstmem_query(dev, pools[n].use_case, &usage) &&
		     usage.used == 8192 && usage.buffers == 1 &&
		     usage.largest_free == usage.total - 8192,
		     "and with a buffer");
		rstmem_buffer_close(&buf);
	}
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap_eq(rstmem_query(dev, bad[n], &usage), -EINVAL,
			"use case %u is not offered: EINVAL", bad[n]);
}

static int alloc_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { rstmem_fd(dev) + 1, 64 };
	struct rstmem_buffer buf;
	int fd;

	/* Nothing but 0 is free, which a buffer must not get. */
	for (fd = rstmem_fd(dev) + 1; fd < 64; fd++)
		close(fd);
	while ((fd = dup(1)) >= 0 && fd < rstmem_fd(dev))
		;
	close(fd);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!fails(dev, VIDEO, 4096, 0, EMFILE))
		return 1;
	close(0);
	if (!fails(dev, VIDEO, 4096, 0, EMFILE) || used(dev))
		return 2;
	if (fcntl(0, F_GETFD) != -1)
		return 3;
	limit.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &limit);
	return rstmem_alloc(dev, VIDEO, 4096, 0, &buf) ? 4 : 0;
}

static int alloc_as_nobody(struct rstmem *dev)
{
	become_nobody();
	return fails(dev, VIDEO, 4096, 0, ENFILE);
}

static void test_alloc(struct rstmem *dev)
{
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	static const struct rstmem_buffer zero;
	struct rstmem_buffer buf, second;
	uint8_t digest[32];
	int fds = count_fds();
	char max[32] = "";
	FILE *f;

	memset(&buf, 0xff, sizeof(buf));
	ktap_eq(rstmem_alloc(dev, VIDEO, 1, 0, &buf), 0, "allocates");
	ktap(buf.fd > 2 && fcntl(buf.fd, F_GETFD) == FD_CLOEXEC,
	     "its descriptor has FD_CLOEXEC");
	ktap(buf.id > 0, "it has an id");
	ktap_eq(buf.size, 4096, "the size is rounded up");
	ktap_eq(buf.flags, 0, "no flags are in force");
	ktap_eq(buf.use_case, VIDEO, "it knows its use case");
	ktap(!memcmp(buf.reserved, zero.reserved, sizeof(zero.reserved)),
	     "reserved members are 0");
	ktap_eq(lseek(buf.fd, 0, SEEK_END), 4096, "it is a dma-buf");
	ktap_eq(tee_digest(rstmem_fd(dev), tee_service(rstmem_fd(dev), uuid),
			   buf.id, 0, 4096, digest), TEEC_SUCCESS,
		"its id is good for TEE calls on the device's descriptor");
	ktap(!rstmem_alloc(dev, VIDEO, 8192, 0, &second) &&
	     second.id != buf.id && second.fd != buf.fd,
	     "a second is another one");
	ktap_eq(used(dev), 12288, "both are in use");
	rstmem_buffer_close(&second);
	ktap(second.fd == -1 && second.id == 0,
	     "closing leaves neither descriptor nor id");
	ktap_eq(used(dev), 4096, "and releases the memory");
	rstmem_buffer_close(&second);
	ktap(second.fd == -1 && fcntl(buf.fd, F_GETFD) >= 0,
	     "closing it again does nothing");
	rstmem_buffer_close(&buf);
	rstmem_buffer_close(NULL);
	second = zero;
	rstmem_buffer_close(&second);
	ktap(fcntl(0, F_GETFD) >= 0 && second.fd == -1,
	     "closing what was never allocated does not close stdin");
	ktap_eq(used(dev), 0, "nothing is in use");

	ktap(fails(dev, 0, 4096, 0, EINVAL), "reserved use case: EINVAL");
	ktap(fails(dev, 4, 4096, 0, EINVAL), "use case 4: EINVAL");
	ktap(fails(dev, 64, 4096, 0, EINVAL), "use case 64: EINVAL");
	ktap(fails(dev, UINT32_MAX, 4096, 0, EINVAL), "use case 2^32-1: EINVAL");
	ktap(fails(dev, VIDEO, 0, 0, EINVAL), "size 0: EINVAL");
	ktap(fails(dev, VIDEO, UINT64_MAX, 0, EINVAL), "size 2^64-1: EINVAL");
	ktap(fails(dev, VIDEO, 4096, 1, EINVAL), "flag 1: EINVAL");
	ktap(fails(dev, VIDEO, 4096, 1u << 31, EINVAL), "flag 2^31: EINVAL");
	ktap(fails(dev, VIDEO, 64 * MIB + 1, 0, ENOMEM),
	     "more than there is: ENOMEM");
	ktap(fails(dev, VIDEO, (1ULL << 32) + 4096, 0, ENOMEM),
	     "no size is cut to 32 bits: ENOMEM");
	ktap(!rstmem_alloc(dev, VIDEO, 64 * MIB, 0, &buf) &&
	     fails(dev, VIDEO, 1, 0, ENOMEM), "all is taken: ENOMEM");
	rstmem_buffer_close(&buf);

	ktap_eq(in_child(alloc_without_fds, dev), 0,
		"no descriptor but 0 left: EMFILE, nothing allocated");
	f = fopen("/proc/sys/fs/file-max", "r");
	if (!f || !fgets(max, sizeof(max), f))
		ktap_bail("file-max");
	fclose(f);
	write_file("/proc/sys/fs/file-max", "0");
	ktap(in_child(alloc_as_nobody, dev), "no open file left: ENFILE");
	write_file("/proc/sys/fs/file-max", max);
	ktap_eq(used(dev), 0, "nothing is in use");
	ktap_eq(count_fds(), fds, "no descriptor is left");
}

static int without_stdio(struct rstmem *dev)
{
	struct rstmem_registration reg;
	struct rstmem *heap, *heaps;
	struct rstmem_buffer buf, second;
	int fd;

	for (fd = 0; fd < 64; fd++)
		close(fd);
	if (rstmem_open(NULL, &dev) || rstmem_fd(dev) < 3 ||
	    fcntl(rstmem_fd(dev), F_GETFD) != FD_CLOEXEC)
		return 1;
	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf) || buf.fd < 3 ||
	    fcntl(buf.fd, F_GETFD) != FD_CLOEXEC)
		return 2;
	if (rstmem_open(VIDEO_HEAP, &heap) || rstmem_fd(heap) < 3 ||
	    fcntl(rstmem_fd(heap), F_GETFD) != FD_CLOEXEC ||
	    rstmem_open_via(NULL, RSTMEM_VIA_HEAP, &heaps))
		return 3;
	if (rstmem_alloc(heap, VIDEO, 4096, 0, &second) || second.fd < 3 ||
	    fcntl(second.fd, F_GETFD) != FD_CLOEXEC ||
	    rstmem_register(dev, second.fd, 0, &reg) || reg.fd < 3 ||
	    fcntl(reg.fd, F_GETFD) != FD_CLOEXEC)
		return 4;
	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 5;
	for (; fd < 64; fd++)
		if (fcntl(fd, F_GETFD) > 0 && fcntl(fd, F_GETFD) != FD_CLOEXEC)
			return 6;
	rstmem_buffer_close(&buf);
	rstmem_buffer_close(&second);
	rstmem_unregister(&reg);
	rstmem_close(dev);
	rstmem_close(heap);
	rstmem_close(heaps);
	return count_fds() ? 7 : 0;
}

static void test_lifetime(struct rstmem *watch)
{
	struct rstmem *dev = open_device(NULL);
	struct rstmem_buffer buf;

	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf))
		ktap_bail("rstmem_alloc");
	rstmem_close(dev);
	ktap_eq(used(watch), 4096, "a buffer outlives the device it is from");
	rstmem_buffer_close(&buf);
	ktap_eq(used(watch), 0, "until it is closed");
}

#define ROUNDS	200

static struct rstmem *shared_heaps;

static void *work(void *arg)
{
	struct rstmem *shared = arg, *own;
	struct rstmem_buffer buf, heap_buf;
	struct rstmem_usage usage;
	uint64_t use_cases;
	long n, bad = 0;

	for (n = 0; n < ROUNDS; n++) {
		bad += !!rstmem_alloc(shared, VIDEO, 4096 * (n % 7 + 1), 0, &buf);
		bad += buf.size != 4096ULL * (n % 7 + 1);
		bad += !!rstmem_query(shared, VIDEO, &usage);
		bad += usage.used < buf.size || usage.buffers > 4;
		bad += !!rstmem_alloc(shared_heaps, VIDEO, 4096, 0, &heap_buf);
		bad += heap_buf.size != 4096;
		rstmem_buffer_close(&heap_buf);
		bad += rstmem_use_cases(shared, &use_cases) || use_cases != 0xe;
		bad += !!rstmem_open(NULL, &own);
		rstmem_close(own);
		rstmem_buffer_close(&buf);
	}
	return (void *)bad;
}

static void test_threads(struct rstmem *dev)
{
	int fds = count_fds();
	pthread_t threads[2];
	void *bad[2];
	int n;

	shared_heaps = open_via(NULL, RSTMEM_VIA_HEAP);
	for (n = 0; n < 2; n++)
		if (pthread_create(&threads[n], NULL, work, dev))
			ktap_bail("pthread_create");
	for (n = 0; n < 2; n++)
		pthread_join(threads[n], &bad[n]);
	rstmem_close(shared_heaps);
	ktap(!bad[0] && !bad[1], "two threads share a device");
	ktap_eq(used(dev), 0, "and leave nothing in use");
	ktap_eq(count_fds(), fds, "nor a descriptor");
}

static void fake(const char *options)
{
	char command[128];

	snprintf(command, sizeof(command), "modprobe rstmem_fake %s", options);
	if (system(command))
		ktap_bail("%s", command);
}

static int numbered;	/* a buffer for use case 63 */

static int inspect_numbered(struct rstmem *dev)
{
	(void)dev;
	become_nobody();
	return inspected(0, numbered, READ, 4096, 63, -1) ? 0 : 1;
}

static int open_others_as_nobody(struct rstmem *dev)
{
	(void)dev;
	become_nobody();
	return try_open(NULL) == -EACCES && try_open("/dev/tee1") == -EOPNOTSUPP;
}

static void test_backends(void)
{
	static const char mode[] = "/sys/module/rstmem_fake/parameters/mode";
	struct rstmem *dev, *other;
	struct rstmem_buffer left;

	fake("use_cases=0");
	ktap_eq(try_open("/dev/tee1"), -EOPNOTSUPP,
		"a TEE without restricted memory: EOPNOTSUPP");
	dev = open_device(NULL);
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"), "the search finds another");
	rstmem_close(dev);
	rename("/dev/tee0", "/dev/hidden");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"no TEE with restricted memory: ENXIO");
	ktap_eq(way(NULL), RSTMEM_VIA_HEAP, "unless heaps will do");
	rename("/dev/hidden", "/dev/tee2");
	dev = open_device(NULL);
	ktap(!strcmp(rstmem_path(dev), "/dev/tee2"), "the search goes on after it");
	rstmem_close(dev);
	rename("/dev/tee2", "/dev/tee0");
	chmod("/dev/tee1", 0666);
	ktap(in_child(open_others_as_nobody, NULL),
	     "none among those that one may open: EACCES");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rmmod rstmem_fake");

	fake("use_cases=0x8000000000000012");
	dev = open_device("/dev/tee1");
	{
		uint64_t use_cases;
		struct rstmem_buffer buf;
		struct rstmem_usage usage;

		ktap(!rstmem_use_cases(dev, &use_cases) &&
		     use_cases == 0x8000000000000012, "a backend offers 1, 4 and 63");
		ktap(!rstmem_alloc(dev, 63, 4096, 0, &buf) && buf.use_case == 63 &&
		     !rstmem_query(dev, 63, &usage), "and 63 can be had");
		other = open_device("/dev/tee0");
		ktap(unregistrable(other, buf.fd, 0, EXDEV),
		     "but not be registered with another device: EXDEV");
		rstmem_close(other);
		ktap(inspected(0, buf.fd, ASKED, 4096, 63, 1),
		     "whose number an inspection tells");
		numbered = buf.fd;
		ktap_eq(in_child(inspect_numbered, NULL), 0,
			"and the use case by /proc as well");
		rstmem_buffer_close(&buf);
	}
	write_file(mode, "error");
	ktap(fails(dev, VIDEO, 4096, 0, EDQUOT), "over a limit: EDQUOT");
	write_file(mode, "short");
	ktap(fails(dev, VIDEO, 4096, 0, EIO), "a backend that misbehaves: EIO");
	rstmem_close(dev);

	/* With softtee away, the heap takes from the other one. */
	write_file(mode, "range");
	write_file("/sys/module/rstmem_fake/parameters/paddr", "0x200000000");
	dev = open_device("/dev/tee0");
	if (rstmem_alloc(dev, UI, 4096, 0, &left))
		ktap_bail("rstmem_alloc");
	rstmem_close(dev);
	write_file(unbind, "softtee");
	ktap(inspected(0, left.fd, ASKED, 4096, UI, -1),
	     "of a buffer whose device is gone, just that is known");
	rstmem_buffer_close(&left);
	dev = open_via(NULL, RSTMEM_VIA_HEAP);
	{
		struct rstmem_buffer buf;
		uint64_t use_cases;

		ktap(!rstmem_use_cases(dev, &use_cases) &&
		     use_cases == (heaps_tell() ? 1 << VIDEO : 0xe),
		     "a search passes by heaps that say that nothing is behind them");
		ktap(fails(dev, UI, 4096, 0, ENODEV), "which say ENODEV");
		ktap(!rstmem_alloc(dev, VIDEO, 5ULL << 30, 0, &buf) &&
		     buf.size == 5ULL << 30,
		     "a buffer from a heap may be larger than 4 GiB");
		rstmem_buffer_close(&buf);
		write_file(mode, "error");
		ktap(fails(dev, VIDEO, 4096, 0, EDQUOT),
		     "errors of the backend get through a heap");
	}
	rstmem_close(dev);
	write_file(bind, "softtee");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rmmod rstmem_fake");
}

static void test_removal(void)
{
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP);
	struct rstmem *heap = open_device(VIDEO_HEAP);
	struct rstmem *dev = open_device(NULL);
	struct rstmem_usage usage;
	struct rstmem_buffer buf;
	uint64_t use_cases;
	int status, ret;
	time_t begin;
	pid_t pid;

	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf))
		ktap_bail("rstmem_alloc");
	pid = fork();
	if (!pid) {
		/* Waits until the device is closed, so it may not be open here. */
		rstmem_buffer_close(&buf);
		rstmem_close(dev);
		write_file(unbind, "softtee");
		_exit(0);
	}
	begin = time(NULL);
	do {
		usleep(10000);
		ret = rstmem_use_cases(dev, &use_cases);
	} while (!ret && time(NULL) < begin + 10);
	ktap_eq(ret, -ENODEV, "a device that is removed: ENODEV for use cases");
	ktap_eq(rstmem_query(dev, VIDEO, &usage), -ENODEV, "for a query");
	ktap(fails(dev, VIDEO, 4096, 0, ENODEV), "for an allocation");
	ktap(fails(heap, VIDEO, 4096, 0, ENODEV) &&
	     fails(heaps, UI, 4096, 0, ENODEV), "for one from open heaps");
	while (!access("/dev/tee0", F_OK) && time(NULL) < begin + 10)
		usleep(10000);
	ktap(unregistrable(dev, buf.fd, 0, ENODEV), "and for a registration");
	ktap(inspected(0, buf.fd, READ, 4096, VIDEO, -1),
	     "without any device, size and use case of a buffer are known");
	ktap_eq(try_open("/dev/tee0"), -ENOENT, "its node is gone: ENOENT");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO, "so there is none: ENXIO");
	ktap(!access(VIDEO_HEAP, F_OK), "nodes of heaps stay");
	if (heaps_tell()) {
		ktap_eq(try_open(VIDEO_HEAP), -ENODEV,
			"with nothing behind: ENODEV");
		ktap_eq(try_via(VIDEO_HEAP, RSTMEM_VIA_HEAP), -ENODEV,
			"when insisted on as well");
		ktap_eq(try_via(NULL, RSTMEM_VIA_HEAP), -ENXIO,
			"so there is none of these either: ENXIO");
		ktap_eq(try_open(NULL), -ENXIO, "nor any: ENXIO");
	} else {
		ktap_eq(way(NULL), RSTMEM_VIA_HEAP,
			"and do not say that nothing is behind them");
	}
	ktap(!rstmem_use_cases(heaps, &use_cases) && use_cases == 0xe,
	     "open heaps do not say so");
	ktap(fcntl(buf.fd, F_GETFD) >= 0, "a buffer stays");
	rstmem_buffer_close(&buf);
	rstmem_close(dev);
	ktap(waitpid(pid, &status, 0) == pid && !status,
	     "closing lets the removal end");
	write_file(bind, "softtee");
	dev = open_device(NULL);
	ktap_eq(used(dev), 0, "the device comes back empty");
	ktap(!rstmem_alloc(heap, VIDEO, 4096, 0, &buf), "and its heap to life");
	rstmem_buffer_close(&buf);
	rstmem_close(heap);
	rstmem_close(heaps);
	rstmem_close(dev);
}

int main(void)
{
	struct rstmem *dev;
	int fds;

	ktap_start();
	ktap_note("%zu-bit program", 8 * sizeof(long));
	fds = count_fds();
	test_names();
	test_explain();
	test_version();
	test_next_device();
	test_open();
	test_heaps();
	dev = open_device(NULL);
	test_query(dev);
	test_accounts(dev);
	test_alloc(dev);
	test_alloc_from_heaps(dev);
	test_register(dev);
	test_inspect(dev);
	test_inspect_process(dev);
	ktap_eq(in_child(without_stdio, NULL), 0,
		"with stdin, stdout and stderr closed nothing takes their place");
	test_lifetime(dev);
	test_threads(dev);
	rstmem_close(dev);
	test_backends();
	test_removal();
	ktap_eq(count_fds(), fds, "no descriptor is left in the end");
	return ktap_end();
}
