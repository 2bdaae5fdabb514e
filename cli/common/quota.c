// SPDX-License-Identifier: GPL-2.0-only
/* Limits: what to tell who ran into one. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* What the user's processes have open, each buffer once. */
struct own {
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

static void look_at(struct own *own, int pid, int fd, uint32_t use_case)
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
	    !(info.known & RSTMEM_INFO_USE_CASE) || info.use_case != use_case)
		return;
	own->seen = xrealloc(own->seen, own->count + 1, sizeof(st.st_ino));
	own->seen[own->count++] = st.st_ino;
	own->bytes += info.size;
}

static int number(const char *name)
{
	return *name >= '0' && *name <= '9' ? atoi(name) : -1;
}

static void look_at_process(struct own *own, int pid, uint32_t use_case)
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
			look_at(own, pid, number(entry->d_name), use_case);
	}
	closedir(dir);
}

static void find_own(struct own *own, uint32_t use_case)
{
	struct dirent *entry;
	char path[32];
	struct stat st;
	DIR *dir = opendir("/proc");

	*own = (struct own){ 0 };
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int pid = number(entry->d_name);

		snprintf(path, sizeof(path), "/proc/%d", pid);
		if (pid > 0 && !stat(path, &st) && st.st_uid == geteuid())
			look_at_process(own, pid, use_case);
	}
	closedir(dir);
	free(own->seen);
}

/*
 * Why @size more were refused with EDQUOT, in a line at @text. What a user is
 * charged with, only the kernel knows; what the processes have open is close to it.
 */
const char *quota_explain(const struct rstmem_account *a, uint64_t size,
			  char *text, size_t room)
{
	char limit[SIZE_TEXT], has[SIZE_TEXT];
	struct own own;

	if (size > a->max_buffer_bytes) {
		snprintf(text, room,
			 "a buffer may have %s; ask for less or have /sys/class/rstmem/%s/limits/buffer_bytes raised",
			 size_format(a->max_buffer_bytes, limit), a->name);
		return text;
	}

	find_own(&own, a->use_case);
	if (a->max_user_bytes != RSTMEM_NO_LIMIT &&
	    (size > a->max_user_bytes || own.bytes > a->max_user_bytes - size))
		snprintf(text, room,
			 "a user may have %s and your processes hold %s; release buffers or have /sys/class/rstmem/%s/limits/user_bytes raised",
			 size_format(a->max_user_bytes, limit),
			 size_format(own.bytes, has), a->name);
	else if (own.count >= a->max_user_buffers)
		snprintf(text, room,
			 "a user may have %" PRIu64 " buffers and your processes hold %" PRIu64 "; release some or have /sys/class/rstmem/%s/limits/user_buffers raised",
			 a->max_user_buffers, own.count, a->name);
	else if (a->reserve && size <= a->free && a->free - size < a->reserve)
		snprintf(text, room,
			 "of %s that are free, %s are reserved; ask for less or have /sys/class/rstmem/%s/limits/reserve lowered",
			 size_format(a->free, has),
			 size_format(a->reserve, limit), a->name);
	else
		snprintf(text, room,
			 "a limit is exceeded, by buffers that other processes hold for you or by the cgroup (dmem.max); \"rstmem stat\" shows the limits");
	return text;
}
