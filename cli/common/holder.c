// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holders of a buffer: processes with an open descriptor of its dma-buf, found by inode.
 * A CPU cannot map restricted memory, so mappings hold none. A descriptor in the queue
 * of a socket and one in a driver belong to no process.
 */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

static int by_ino(const void *a, const void *b)
{
	const struct buffer_record *const *x = a, *const *y = b;

	return ((*x)->ino > (*y)->ino) - ((*x)->ino < (*y)->ino);
}

/* Return: the inode of a dma-buf, or 0 when @path is a descriptor of something else. */
static uint64_t dmabuf_ino(const char *path)
{
	static const char name[] = "/dmabuf:";
	char target[sizeof(name)];
	struct stat st;

	if (readlink(path, target, sizeof(target)) < (ssize_t)sizeof(name) - 1 ||
	    strncmp(target, name, sizeof(name) - 1) || stat(path, &st))
		return 0;
	return st.st_ino;
}

static void add(struct buffer_record *record, int pid, int fd)
{
	char path[64];
	struct holder *holder;

	record->holders = xrealloc(record->holders, record->holder_count + 1,
				   sizeof(*holder));
	holder = &record->holders[record->holder_count++];
	*holder = (struct holder){ .pid = pid, .fd = fd };
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	line_read(path, holder->comm, sizeof(holder->comm));
}

/* Look at the descriptors of one process, which may end meanwhile. */
static void look_at(int pid, struct buffer_record **sorted, size_t count)
{
	struct buffer_record key, *at = &key, **found;
	const struct dirent *entry;
	char path[64 + NAME_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid,
			 entry->d_name);
		key.ino = dmabuf_ino(path);
		if (!key.ino)
			continue;
		found = bsearch(&at, sorted, count, sizeof(*sorted), by_ino);
		if (found)
			add(*found, pid, atoi(entry->d_name));
	}
	if (dir)
		closedir(dir);
}

/* Find the holders of all buffers in @list. Without /proc, they stay unknown. */
void holders_find(struct buffers *list)
{
	struct buffer_record **sorted;
	const struct dirent *entry;
	DIR *proc = opendir("/proc");
	size_t i, count = 0;
	int pid;

	if (!proc)
		return;
	list->has_holders = true;
	sorted = xrealloc(NULL, list->count + 1, sizeof(*sorted));
	for (i = 0; i < list->count; i++) {
		if (list->record[i].has_ino)
			sorted[count++] = &list->record[i];
	}
	qsort(sorted, count, sizeof(*sorted), by_ino);
	while ((entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		if (pid > 0)
			look_at(pid, sorted, count);
	}
	free(sorted);
	closedir(proc);
}

/* Write "PID:FD COMMAND" of each holder to a new string; NULL without any. */
char *holders_text(const struct buffer_record *record)
{
	size_t i, len = 0, room = record->holder_count * 128 + 1;
	char *text;

	if (!record->holder_count)
		return NULL;
	text = xrealloc(NULL, room, 1);
	for (i = 0; i < record->holder_count; i++) {
		const struct holder *h = &record->holders[i];

		len += (size_t)snprintf(text + len, room - len, "%s%d:%d %s",
					i ? "," : "", h->pid, h->fd, h->comm);
	}
	return text;
}

void holders_print_json(struct json *json, const struct buffer_record *record)
{
	size_t i;

	json_begin(json, "holders", '[');
	for (i = 0; i < record->holder_count; i++) {
		const struct holder *h = &record->holders[i];

		json_begin(json, NULL, '{');
		json_u64(json, "pid", (uint64_t)h->pid);
		json_u64(json, "fd", (uint64_t)h->fd);
		json_string(json, "comm", h->comm);
		json_end(json, '}');
	}
	json_end(json, ']');
}
