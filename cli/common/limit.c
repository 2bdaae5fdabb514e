// SPDX-License-Identifier: GPL-2.0-only
/* Limits: the one that refused an allocation. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* Buffers of a memory that the user's processes have open, each counted once. */
struct own {
	int device;
	uint64_t use_cases;	/* bit mask */
	uint64_t bytes;
	uint64_t count;
	ino_t *seen;
};

static bool is_new(struct own *own, ino_t ino)
{
	uint64_t i;

	for (i = 0; i < own->count; i++) {
		if (own->seen[i] == ino)
			return false;
	}
	return true;
}

static void look_at(struct own *own, int pid, int fd)
{
	struct rstmem_info info;
	char path[64], target[16];
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	len = readlink(path, target, sizeof(target));
	if (len < 7 || memcmp(target, "/dmabuf", 7) || stat(path, &st) ||
	    !is_new(own, st.st_ino) ||
	    rstmem_inspect_process(pid, fd, &info) ||
	    !(info.known & RSTMEM_INFO_USE_CASE) ||
	    !(own->use_cases >> info.use_case & 1) ||
	    (info.known & RSTMEM_INFO_DEVICE && info.device != own->device))
		return;
	own->seen = xrealloc(own->seen, own->count + 1, sizeof(st.st_ino));
	own->seen[own->count++] = st.st_ino;
	own->bytes += info.size;
}

static int number(const char *name)
{
	return *name >= '0' && *name <= '9' ? atoi(name) : -1;
}

static void look_at_process(struct own *own, int pid)
{
	struct dirent *entry;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (number(entry->d_name) >= 0)
			look_at(own, pid, number(entry->d_name));
	}
	closedir(dir);
}

static void find_own(struct own *own)
{
	struct dirent *entry;
	char path[32];
	struct stat st;
	DIR *dir = opendir("/proc");

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int pid = number(entry->d_name);

		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (pid > 0 && !stat(path, &st) && st.st_uid == geteuid())
			look_at_process(own, pid);
	}
	closedir(dir);
	free(own->seen);
}

/*
 * Use cases whose memory is that of @a, as a bit mask: a user has one limit for all
 * of them. They are those that show the same memory and the same limits.
 */
static uint64_t shared_use_cases(const struct rstmem_account *a)
{
	struct filter filter = { .device = a->device };
	uint64_t mask = UINT64_C(1) << a->use_case;
	struct accounts accounts;
	size_t i;

	if (accounts_read(&accounts, &filter))
		return mask;
	for (i = 0; i < accounts.count; i++) {
		const struct rstmem_account *b = &accounts.account[i];

		if (b->total == a->total && b->free == a->free &&
		    b->largest_free == a->largest_free &&
		    b->max_user_bytes == a->max_user_bytes &&
		    b->max_user_buffers == a->max_user_buffers)
			mask |= UINT64_C(1) << b->use_case;
	}
	accounts_deinit(&accounts);
	return mask;
}

/* Round up to whole granules, which the kernel compares with limits. */
uint64_t limit_round(const struct rstmem_account *a, uint64_t size)
{
	uint64_t rest = a->granule ? size % a->granule : 0;

	return !rest || size > UINT64_MAX - a->granule ? size :
	       size - rest + a->granule;
}

/*
 * Tell which limit refuses another @size bytes, rounded, to a user with @bytes in
 * @count buffers.
 */
enum reason_code limit_reason(const struct rstmem_account *a, uint64_t size,
			      uint64_t bytes, uint64_t count)
{
	if (size > a->max_buffer_bytes)
		return REASON_LIMIT_BUFFER;
	if (size > a->max_user_bytes || bytes > a->max_user_bytes - size)
		return REASON_LIMIT_BYTES;
	if (count >= a->max_user_buffers)
		return REASON_LIMIT_BUFFERS;
	if (a->reserve && size <= a->free && a->free - size < a->reserve)
		return REASON_LIMIT_RESERVE;
	return REASON_LIMIT;
}

/*
 * Find the reason of an EDQUOT for @size more bytes. Only the kernel knows the charges
 * of a user; the buffers that the user's processes have open come close.
 */
void limit_explain(struct reason *reason, const struct rstmem_account *a,
		   uint64_t size)
{
	struct own own = {
		.device = a->device,
		.use_cases = shared_use_cases(a),
	};

	find_own(&own);
	reason->code = limit_reason(a, limit_round(a, size), own.bytes, own.count);
	snprintf(reason->account, sizeof(reason->account), "%s", a->name);
	size_format(own.bytes, reason->held);
	size_format(a->free, reason->free);
	switch (reason->code) {
	case REASON_LIMIT_BUFFER:
		size_format(a->max_buffer_bytes, reason->limit);
		break;
	case REASON_LIMIT_BYTES:
		size_format(a->max_user_bytes, reason->limit);
		break;
	case REASON_LIMIT_BUFFERS:
		snprintf(reason->limit, sizeof(reason->limit), "%" PRIu64,
			 a->max_user_buffers);
		snprintf(reason->held, sizeof(reason->held), "%" PRIu64, own.count);
		break;
	default:
		size_format(a->reserve, reason->limit);
	}
}
