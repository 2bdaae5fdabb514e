// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every function and error of librstmem on a real kernel. The cases of heaps, accounts,
 * registrations, sessions and inspection are in librstmem/. rstmem_fake makes the errors of
 * backends. The test uses the shared library; for 32 bits it is built with the sources.
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

#include "../../include/tee_gp.h"
#include "librstmem/common.h"

static const char unbind[] = "/sys/bus/platform/drivers/softtee/unbind";
static const char bind[] = "/sys/bus/platform/drivers/softtee/bind";

/* The ABI of the library. */
_Static_assert(sizeof(struct rstmem_usage) == 88, "size in every ABI");
_Static_assert(offsetof(struct rstmem_usage, granule) == 0, "layout");
_Static_assert(offsetof(struct rstmem_usage, total) == 8, "layout");
_Static_assert(offsetof(struct rstmem_usage, used) == 16, "layout");
_Static_assert(offsetof(struct rstmem_usage, largest_free) == 24, "layout");
_Static_assert(offsetof(struct rstmem_usage, buffers) == 32, "layout");
_Static_assert(offsetof(struct rstmem_usage, caps) == 36, "layout");
_Static_assert(offsetof(struct rstmem_usage, floor) == 40, "layout");
_Static_assert(offsetof(struct rstmem_usage, most) == 48, "layout");
_Static_assert(offsetof(struct rstmem_usage, reserved) == 56, "layout");
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
_Static_assert(offsetof(struct rstmem_account, floor) == 192, "layout");
_Static_assert(offsetof(struct rstmem_account, most) == 200, "layout");
_Static_assert(offsetof(struct rstmem_account, out) == 208, "layout");
_Static_assert(offsetof(struct rstmem_account, wanted) == 216, "layout");
_Static_assert(offsetof(struct rstmem_account, poisoned) == 224, "layout");
_Static_assert(offsetof(struct rstmem_account, failed_steps) == 232, "layout");
_Static_assert(offsetof(struct rstmem_account, reserved) == 240, "layout");
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
		     !strcmp(name, names[n].name),
		     "use_case_name: %u is %s",
		     names[n].use_case, names[n].name);
		ktap(!rstmem_use_case_parse(names[n].name, &use_case) &&
		     use_case == names[n].use_case,
		     "use_case_parse: a name gives its number");
	}
	ktap(!rstmem_use_case_parse("1", &use_case) && use_case == VIDEO,
	     "use_case_parse: accepts the number of a named use case");
	ktap(!rstmem_use_case_name(0, name, sizeof(name)) && !strcmp(name, "0"),
	     "use_case_name: the reserved use case has no name");
	ktap(!rstmem_use_case_name(UINT32_MAX, name, sizeof(name)) &&
	     !strcmp(name, "4294967295"),
	     "use_case_name: UINT32_MAX has no name");
	ktap(!rstmem_use_case_name(VIDEO, small, 13),
	     "use_case_name: a name may fill the buffer");
	ktap_eq(rstmem_use_case_name(VIDEO, small, 12), -ENOSPC,
		"use_case_name: a buffer one byte too small fails: ENOSPC");
	ktap_eq(rstmem_use_case_name(VIDEO, NULL, 0), -ENOSPC,
		"use_case_name: fails without a text buffer: ENOSPC");

	use_case = 77;
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap(rstmem_use_case_parse(bad[n], &use_case) == -EINVAL &&
		     use_case == 77,
		     "use_case_parse: refuses \"%s\": EINVAL", bad[n]);
}

static void test_explain(void)
{
	static const int documented[] = {
		ENXIO, ENOENT, EOPNOTSUPP, ENOTTY, ENODEV, EACCES, EPERM, EINVAL,
		ENOMEM, EDQUOT, EIO, EMFILE, ENFILE, ENOSPC, EBADF, EXDEV,
		ESRCH, EREMOTEIO, EINTR, EFAULT,
	};
	static const uint32_t results[] = {
		TEEC_ERROR_GENERIC, TEEC_ERROR_ACCESS_DENIED, TEEC_ERROR_CANCEL,
		TEEC_ERROR_BAD_PARAMETERS, TEEC_ERROR_BAD_STATE,
		TEEC_ERROR_ITEM_NOT_FOUND, TEEC_ERROR_NOT_SUPPORTED,
		TEEC_ERROR_OUT_OF_MEMORY, TEEC_ERROR_BUSY,
		TEEC_ERROR_COMMUNICATION, TEEC_ERROR_SHORT_BUFFER,
		TEEC_ERROR_TARGET_DEAD, TEEC_ERROR_BAD_FORMAT, TEEC_ERROR_SECURITY,
		TEEC_ERROR_ACCESS_CONFLICT, TEEC_ERROR_EXCESS_DATA,
		TEEC_ERROR_NOT_IMPLEMENTED, TEEC_ERROR_NO_DATA,
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
	ktap(same, "explain: both signs of an error give one text");
	ktap(good, "explain: every text is one line without a full stop");
	for (n = 0; n < sizeof(documented) / sizeof(*documented); n++) {
		text = rstmem_explain(documented[n]);
		ktap(text != other,
		     "explain: error %d has a text of its own: %s",
		     documented[n], text);
	}
	ktap(!strcmp(rstmem_explain(0), "success"), "explain: 0 is success");
	ktap(rstmem_explain(INT_MIN) == other && rstmem_explain(INT_MAX) == other,
	     "explain: INT_MIN and INT_MAX give the text for unknown errors");

	other = rstmem_explain_result(0x77);
	for (n = 0; n < sizeof(results) / sizeof(*results); n++) {
		text = rstmem_explain_result(results[n]);
		ktap(!strncmp(text, "TEEC_ERROR_", 11) && !strchr(text, '\n') &&
		     text[strlen(text) - 1] != '.',
		     "explain_result: 0x%x has a name and one line: %s",
		     results[n], text);
	}
	ktap(!strcmp(rstmem_explain_result(TEEC_SUCCESS), "TEEC_SUCCESS"),
	     "explain_result: 0 is TEEC_SUCCESS");
	ktap(rstmem_explain_result(UINT32_MAX) == other && *other,
	     "explain_result: numbers without a name give one text");
}

static void test_version(void)
{
	unsigned int major, minor, patch;
	char end;

	ktap(sscanf(rstmem_version(), "%u.%u.%u%c", &major, &minor, &patch,
		    &end) == 3, "version: three numbers: %s", rstmem_version());
}

static void test_next_device(void)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];

	ktap(rstmem_next_device(-1, path, sizeof(path)) == 0 &&
	     !strcmp(path, "/dev/tee0"), "next_device: finds the first device");
	ktap_eq(rstmem_next_device(0, path, sizeof(path)), -ENOENT,
		"next_device: ends after the only device: ENOENT");
	if (mknod("/dev/tee9", S_IFCHR | 0600, makedev(240, 77)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap(rstmem_next_device(0, path, sizeof(path)) == 9 &&
	     !strcmp(path, "/dev/tee9"),
	     "next_device: passes over missing numbers");
	ktap_eq(rstmem_next_device(9, path, sizeof(path)), -ENOENT,
		"next_device: ends after the last device: ENOENT");
	ktap_eq(try_open("/dev/tee9"), -ENXIO,
		"open: refuses a node without a device: ENXIO");
	ktap_eq(try_open(NULL), 0,
		"open: the search passes over a node without a device");
	unlink("/dev/tee9");

	ktap_eq(rstmem_next_device(INT_MIN, path, sizeof(path)), 0,
		"next_device: accepts INT_MIN as a start");
	ktap_eq(rstmem_next_device(INT_MAX, path, sizeof(path)), -ENOENT,
		"next_device: accepts INT_MAX as a start: ENOENT");
	ktap_eq(rstmem_next_device(-1, path, 9), -ENOSPC,
		"next_device: a buffer one byte too small fails: ENOSPC");
	ktap_eq(rstmem_next_device(-1, NULL, 0), -ENOSPC,
		"next_device: fails without a path buffer: ENOSPC");
	ktap_eq(rstmem_next_device(-1, path, 10), 0,
		"next_device: a path may fill the buffer");
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

/* Takes all memory that malloc() has or could get. */
static void use_up_memory(void)
{
	static void *volatile last;
	struct rlimit none = { 0, 0 };
	size_t size = 1 << 20;

	setrlimit(RLIMIT_AS, &none);
	while (size) {
		last = malloc(size);
		if (!last)
			size = size > 1024 ? size / 2 : size - 1;
	}
}

static int without_memory(struct rstmem *dev)
{
	struct rstmem_account account;
	int fds = count_fds();

	(void)dev;
	use_up_memory();
	if (try_open("/dev/tee0") != -ENOMEM || try_open(VIDEO_HEAP) != -ENOMEM)
		return 1;
	if (try_open(NULL) != -ENOMEM || try_via(NULL, RSTMEM_VIA_HEAP) != -ENOMEM)
		return 2;
	if (rstmem_next_account(-1, &account) != -ENOMEM)
		return 3;
	return count_fds() == fds ? 0 : 4;
}

/* Returns whether the library tells what a node is without opening it. */
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
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"),
	     "open: the search finds /dev/tee0");
	ktap(fcntl(rstmem_fd(dev), F_GETFD) == FD_CLOEXEC && rstmem_fd(dev) > 2,
	     "open: the descriptor has FD_CLOEXEC");
	rstmem_close(dev);
	dev = open_device(path);
	path[0] = 0;
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"),
	     "open: copies the path of the caller");
	rstmem_close(dev);
	rstmem_close(NULL);

	ktap_eq(try_open("/dev/null"), -ENOTTY,
		"open: refuses /dev/null: ENOTTY");
	ktap_eq(try_open("/dev/zero"), -ENOTTY,
		"open: refuses /dev/zero: ENOTTY");
	ktap(stays_closed("/dev/zero"),
	     "open: a node of another device is not opened");
	ktap_eq(try_open("/etc/passwd"), -ENOTTY,
		"open: refuses a file: ENOTTY");
	ktap_eq(try_open("/dev"), -EISDIR, "open: refuses a directory: EISDIR");
	ktap_eq(try_open("/dev/tee1"), -ENOENT,
		"open: refuses a missing node: ENOENT");
	ktap_eq(try_open(""), -ENOENT, "open: refuses an empty path: ENOENT");
	ktap_eq(try_open("/dev/null/tee0"), -ENOTDIR,
		"open: refuses a path through a device: ENOTDIR");
	ktap(in_child(open_as_nobody, NULL),
	     "open: fails without permission: EACCES");
	ktap(in_child(open_without_fds, NULL),
	     "open: fails without a free descriptor: EMFILE");
	ktap_eq(in_child(without_memory, NULL), 0,
		"open, next_account: fail without memory and keep no descriptor: ENOMEM");
	rename(HEAP_DIR, HEAP_DIR ".hidden");
	ktap(in_child(open_as_nobody, NULL),
	     "open: fails without permission and heaps: EACCES");
	rename(HEAP_DIR ".hidden", HEAP_DIR);

	rename("/dev/tee0", "/dev/hidden");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"open: fails for TEE devices without a TEE device: ENXIO");
	ktap_eq(way(NULL), RSTMEM_VIA_HEAP,
		"open: the search takes a heap without a TEE device");
	ktap_eq(way("/dev/hidden"), RSTMEM_VIA_TEE,
		"open: accepts a TEE device of any name");
	/* The null device is a tee0 that is no TEE. */
	if (mknod("/dev/tee0", S_IFCHR | 0600, makedev(1, 3)))
		ktap_bail("mknod: %s", strerror(errno));
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"open: the search passes over a tee0 that is no TEE: ENXIO");
	rename(HEAP_DIR, HEAP_DIR ".hidden");
	ktap_eq(try_open(NULL), -ENXIO,
		"open: the search fails without TEE and heaps: ENXIO");
	rename(HEAP_DIR ".hidden", HEAP_DIR);
	unlink("/dev/tee0");
	rename("/dev/hidden", "/dev/tee0");
	ktap_eq(count_fds(), fds, "open: leaves no descriptor open");
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
	     "use_cases: tells the three of the device");
	for (n = 0; n < sizeof(pools) / sizeof(*pools); n++) {
		memset(&usage, 0xff, sizeof(usage));
		ktap(!rstmem_query(dev, pools[n].use_case, &usage) &&
		     usage.granule == 4096 && usage.total == pools[n].total &&
		     !usage.used && usage.largest_free == usage.total &&
		     !usage.buffers && usage.caps == TEE_RSTMEM_CAP_SCRUBS,
		     "query: tells the free memory of use case %u",
		     pools[n].use_case);
		ktap(!memcmp(usage.reserved, zero.reserved,
			     sizeof(zero.reserved)),
		     "query: reserved members are 0");
		if (rstmem_alloc(dev, pools[n].use_case, 5000, 0, &buf))
			ktap_bail("rstmem_alloc");
		ktap(!rstmem_query(dev, pools[n].use_case, &usage) &&
		     usage.used == 8192 && usage.buffers == 1 &&
		     usage.largest_free == usage.total - 8192,
		     "query: counts a buffer");
		rstmem_buffer_close(&buf);
	}
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap_eq(rstmem_query(dev, bad[n], &usage), -EINVAL,
			"query: refuses use case %u: EINVAL", bad[n]);
}

static int alloc_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { rstmem_fd(dev) + 1, 64 };
	struct rstmem_buffer buf;
	int fd;

	/* Only descriptor 0 is free, and a buffer must not get it. */
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
	static const struct rstmem_buffer zero;
	struct rstmem_buffer buf, second;
	uint8_t digest[32];
	int fds = count_fds();
	char max[32] = "";
	FILE *f;

	memset(&buf, 0xff, sizeof(buf));
	ktap_eq(rstmem_alloc(dev, VIDEO, 1, 0, &buf), 0, "alloc: succeeds");
	ktap(buf.fd > 2 && fcntl(buf.fd, F_GETFD) == FD_CLOEXEC,
	     "alloc: the descriptor has FD_CLOEXEC");
	ktap(buf.id > 0, "alloc: gives a positive id");
	ktap_eq(buf.size, 4096, "alloc: tells the rounded size");
	ktap_eq(buf.flags, 0, "alloc: tells flags of 0");
	ktap_eq(buf.use_case, VIDEO, "alloc: tells the use case");
	ktap(!memcmp(buf.reserved, zero.reserved, sizeof(zero.reserved)),
	     "alloc: reserved members are 0");
	ktap_eq(lseek(buf.fd, 0, SEEK_END), 4096,
		"alloc: the descriptor is a dma-buf of the size");
	ktap_eq(session_digest(dev, buf.id, 4096, digest), 0,
		"alloc: the id serves TEE calls");
	ktap(!rstmem_alloc(dev, VIDEO, 8192, 0, &second) &&
	     second.id != buf.id && second.fd != buf.fd,
	     "alloc: a second buffer has another id and descriptor");
	ktap_eq(used(dev), 12288, "alloc: both buffers are in use");
	rstmem_buffer_close(&second);
	ktap(second.fd == -1 && second.id == 0,
	     "buffer_close: resets descriptor and id");
	ktap_eq(used(dev), 4096, "buffer_close: releases the memory");
	rstmem_buffer_close(&second);
	ktap(second.fd == -1 && fcntl(buf.fd, F_GETFD) >= 0,
	     "buffer_close: does nothing the second time");
	rstmem_buffer_close(&buf);
	rstmem_buffer_close(NULL);
	second = zero;
	rstmem_buffer_close(&second);
	ktap(fcntl(0, F_GETFD) >= 0 && second.fd == -1,
	     "buffer_close: does not close stdin for a buffer of zeroes");
	ktap_eq(used(dev), 0, "alloc: nothing is in use after the closes");

	ktap(fails(dev, 0, 4096, 0, EINVAL),
	     "alloc: refuses the reserved use case: EINVAL");
	ktap(fails(dev, 4, 4096, 0, EINVAL),
	     "alloc: refuses use case 4: EINVAL");
	ktap(fails(dev, 64, 4096, 0, EINVAL),
	     "alloc: refuses use case 64: EINVAL");
	ktap(fails(dev, UINT32_MAX, 4096, 0, EINVAL),
	     "alloc: refuses use case 2^32-1: EINVAL");
	ktap(fails(dev, VIDEO, 0, 0, EINVAL), "alloc: refuses size 0: EINVAL");
	ktap(fails(dev, VIDEO, UINT64_MAX, 0, EINVAL),
	     "alloc: refuses size 2^64-1: EINVAL");
	ktap(fails(dev, VIDEO, 4096, 1, EINVAL),
	     "alloc: refuses flag 1: EINVAL");
	ktap(fails(dev, VIDEO, 4096, 1u << 31, EINVAL),
	     "alloc: refuses flag 2^31: EINVAL");
	ktap(fails(dev, VIDEO, 64 * MIB + 1, 0, ENOMEM),
	     "alloc: fails beyond the pool: ENOMEM");
	ktap(fails(dev, VIDEO, (1ULL << 32) + 4096, 0, ENOMEM),
	     "alloc: does not cut a size to 32 bits: ENOMEM");
	ktap(!rstmem_alloc(dev, VIDEO, 64 * MIB, 0, &buf) &&
	     fails(dev, VIDEO, 1, 0, ENOMEM),
	     "alloc: fails when the pool is full: ENOMEM");
	rstmem_buffer_close(&buf);

	ktap_eq(in_child(alloc_without_fds, dev), 0,
		"alloc: fails without a free descriptor above 2: EMFILE");
	f = fopen("/proc/sys/fs/file-max", "r");
	if (!f || !fgets(max, sizeof(max), f))
		ktap_bail("file-max");
	fclose(f);
	write_file("/proc/sys/fs/file-max", "0");
	ktap(in_child(alloc_as_nobody, dev),
	     "alloc: fails without a free file: ENFILE");
	write_file("/proc/sys/fs/file-max", max);
	ktap_eq(used(dev), 0, "alloc: failures leave nothing in use");
	ktap_eq(count_fds(), fds, "alloc: failures leave no descriptor open");
}

static int without_stdio(struct rstmem *dev)
{
	struct rstmem_registration reg;
	struct rstmem *heap, *heaps;
	struct rstmem_buffer buf, second;
	struct rstmem_shm shm;
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
	if (rstmem_shm_alloc(dev, 4096, &shm) || shm.fd < 3 ||
	    fcntl(shm.fd, F_GETFD) != FD_CLOEXEC)
		return 8;
	rstmem_shm_free(&shm);
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
	ktap_eq(used(watch), 4096, "close: a buffer outlives its device");
	rstmem_buffer_close(&buf);
	ktap_eq(used(watch), 0,
		"buffer_close: releases a buffer without its device");
}

#define ROUNDS	200

/* SHA-256 of 4096 bytes of 0 */
static const uint8_t zeroes[32] = {
	0xad, 0x7f, 0xac, 0xb2, 0x58, 0x6f, 0xc6, 0xe9,
	0x66, 0xc0, 0x04, 0xd7, 0xd1, 0xd1, 0x6b, 0x02,
	0x4f, 0x58, 0x05, 0xff, 0x7c, 0xb4, 0x7c, 0x7a,
	0x85, 0xda, 0xbd, 0x8b, 0x48, 0x89, 0x2c, 0xa7,
};

static struct rstmem *shared_heaps;

static void *work(void *arg)
{
	struct rstmem *shared = arg, *own;
	struct rstmem_buffer buf, heap_buf;
	struct rstmem_usage usage;
	uint8_t digest[32];
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
		bad += !!session_digest(shared, buf.id, 4096, digest);
		bad += memcmp(digest, zeroes, sizeof(digest)) != 0;
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
	ktap(!bad[0] && !bad[1], "threads: two share a device");
	ktap_eq(used(dev), 0, "threads: nothing stays in use");
	ktap_eq(count_fds(), fds, "threads: no descriptor stays open");
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
		"open: refuses a TEE without restricted memory: EOPNOTSUPP");
	dev = open_device(NULL);
	ktap(!strcmp(rstmem_path(dev), "/dev/tee0"),
	     "open: the search passes over a last TEE without restricted memory");
	rstmem_close(dev);
	rename("/dev/tee0", "/dev/hidden");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"open: fails for TEE devices without restricted memory: ENXIO");
	ktap_eq(way(NULL), RSTMEM_VIA_HEAP,
		"open: the search takes a heap when TEEs have no restricted memory");
	rename("/dev/hidden", "/dev/tee2");
	dev = open_device(NULL);
	ktap(!strcmp(rstmem_path(dev), "/dev/tee2"),
	     "open: the search goes on after a TEE without restricted memory");
	rstmem_close(dev);
	rename("/dev/tee2", "/dev/tee0");
	chmod("/dev/tee1", 0666);
	ktap(in_child(open_others_as_nobody, NULL),
	     "open: fails when no permitted TEE has restricted memory: EACCES");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rmmod rstmem_fake");

	fake("use_cases=0x8000000000000012");
	dev = open_device("/dev/tee1");
	{
		uint64_t use_cases;
		struct rstmem_buffer buf;
		struct rstmem_usage usage;

		ktap(!rstmem_use_cases(dev, &use_cases) &&
		     use_cases == 0x8000000000000012,
		     "use_cases: tells 1, 4 and 63 of a backend");
		ktap(!rstmem_alloc(dev, 63, 4096, 0, &buf) && buf.use_case == 63 &&
		     !rstmem_query(dev, 63, &usage),
		     "alloc: serves use case 63");
		other = open_device("/dev/tee0");
		ktap(unregistrable(other, buf.fd, 0, EXDEV),
		     "register: refuses a buffer of another device: EXDEV");
		rstmem_close(other);
		ktap(inspected(0, buf.fd, ASKED, 4096, 63, 1),
		     "inspect: tells the number of a use case without a name");
		numbered = buf.fd;
		ktap_eq(in_child(inspect_numbered, NULL), 0,
			"inspect: finds the number of a use case in /proc");
		rstmem_buffer_close(&buf);
	}
	write_file(mode, "error");
	ktap(fails(dev, VIDEO, 4096, 0, EDQUOT),
	     "alloc: fails over a limit of the backend: EDQUOT");
	write_file(mode, "short");
	ktap(fails(dev, VIDEO, 4096, 0, EIO),
	     "alloc: refuses the short buffer of a backend: EIO");
	rstmem_close(dev);

	/* Without softtee, the heap allocates from rstmem_fake. */
	write_file(mode, "range");
	write_file("/sys/module/rstmem_fake/parameters/paddr", "0x200000000");
	dev = open_device("/dev/tee0");
	if (rstmem_alloc(dev, UI, 4096, 0, &left))
		ktap_bail("rstmem_alloc");
	rstmem_close(dev);
	write_file(unbind, "softtee");
	ktap(inspected(0, left.fd, ASKED, 4096, UI, -1),
	     "inspect: tells size and use case when the device is gone");
	rstmem_buffer_close(&left);
	dev = open_via(NULL, RSTMEM_VIA_HEAP);
	{
		struct rstmem_buffer buf;
		uint64_t use_cases;

		ktap(!rstmem_use_cases(dev, &use_cases) &&
		     use_cases == (heaps_tell() ? 1 << VIDEO : 0xe),
		     "open: the search passes over heaps that say they have no device");
		ktap(fails(dev, UI, 4096, 0, ENODEV),
		     "alloc: fails on a heap without a device: ENODEV");
		ktap(!rstmem_alloc(dev, VIDEO, 5ULL << 30, 0, &buf) &&
		     buf.size == 5ULL << 30,
		     "alloc: a heap gives a buffer larger than 4 GiB");
		rstmem_buffer_close(&buf);
		write_file(mode, "error");
		ktap(fails(dev, VIDEO, 4096, 0, EDQUOT),
		     "alloc: a heap passes on errors of the backend");
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
	struct rstmem_account account;
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
		/* The removal waits until the device is closed, also by this process. */
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
	ktap_eq(ret, -ENODEV, "use_cases: fails during removal: ENODEV");
	ktap_eq(rstmem_query(dev, VIDEO, &usage), -ENODEV,
		"query: fails during removal: ENODEV");
	ktap_eq(rstmem_account_of(dev, VIDEO, &account), -ENODEV,
		"account_of: fails during removal: ENODEV");
	ktap(fails(dev, VIDEO, 4096, 0, ENODEV),
	     "alloc: fails during removal: ENODEV");
	ktap(fails(heap, VIDEO, 4096, 0, ENODEV) &&
	     fails(heaps, UI, 4096, 0, ENODEV),
	     "alloc: fails during removal on open heaps: ENODEV");
	while (!access("/dev/tee0", F_OK) && time(NULL) < begin + 10)
		usleep(10000);
	ktap(unregistrable(dev, buf.fd, 0, ENODEV),
	     "register: fails during removal: ENODEV");
	ktap(inspected(0, buf.fd, READ, 4096, VIDEO, -1),
	     "inspect: tells size and use case without any device");
	ktap_eq(try_open("/dev/tee0"), -ENOENT,
		"open: fails when the node is gone: ENOENT");
	ktap_eq(try_via(NULL, RSTMEM_VIA_TEE), -ENXIO,
		"open: fails for TEE devices after removal: ENXIO");
	ktap(!access(VIDEO_HEAP, F_OK), "removal: the nodes of heaps stay");
	if (heaps_tell()) {
		ktap_eq(try_open(VIDEO_HEAP), -ENODEV,
			"open: fails for a heap without a device: ENODEV");
		ktap_eq(try_via(VIDEO_HEAP, RSTMEM_VIA_HEAP), -ENODEV,
			"open_via: fails for a heap without a device: ENODEV");
		ktap_eq(try_via(NULL, RSTMEM_VIA_HEAP), -ENXIO,
			"open_via: fails for heaps without a device: ENXIO");
		ktap_eq(try_open(NULL), -ENXIO,
			"open: the search fails when nothing has a device: ENXIO");
	} else {
		ktap_eq(way(NULL), RSTMEM_VIA_HEAP,
			"open: the search takes heaps that cannot say they have no device");
	}
	ktap(!rstmem_use_cases(heaps, &use_cases) && use_cases == 0xe,
	     "use_cases: open heaps tell theirs after removal");
	ktap(fcntl(buf.fd, F_GETFD) >= 0, "removal: a buffer stays");
	rstmem_buffer_close(&buf);
	rstmem_close(dev);
	ktap(waitpid(pid, &status, 0) == pid && !status,
	     "removal: ends when the device is closed");
	write_file(bind, "softtee");
	dev = open_device(NULL);
	ktap_eq(used(dev), 0, "removal: the device comes back unused");
	ktap(!rstmem_alloc(heap, VIDEO, 4096, 0, &buf),
	     "removal: an open heap allocates when the device is back");
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
	test_sessions(dev);
	test_inspect(dev);
	test_inspect_process(dev);
	ktap_eq(in_child(without_stdio, NULL), 0,
		"closed stdin, stdout, stderr: no new descriptor takes their numbers");
	test_lifetime(dev);
	test_threads(dev);
	rstmem_close(dev);
	test_backends();
	test_removal();
	ktap_eq(count_fds(), fds, "end: no descriptor stays open");
	return ktap_end();
}
