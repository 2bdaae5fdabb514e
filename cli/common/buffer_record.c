// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are alive, as the kernel lists them in debugfs: lines of words
 * KEY=VALUE in any order, see kernel/core/debugfs.c. Unknown keys are passed over.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "common.h"

#define DEBUGFS	"/sys/kernel/debug"
#define LIST	DEBUGFS "/rstmem/buffers"

/* Undoes the escapes of white space, "\040", in place. */
static void unescape(char *text)
{
	char *out = text;
	unsigned int i, c;

	while (*text) {
		for (c = i = 0; *text == '\\' && i < 3; i++) {
			if (text[1 + i] < '0' || text[1 + i] > '7')
				break;
			c = c * 8 + (unsigned int)(text[1 + i] - '0');
		}
		if (i == 3) {
			*out++ = (char)c;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = 0;
}

static void set_text(char *out, size_t size, const char *value)
{
	snprintf(out, size, "%s", value);
}

/* "tee0,secure-video"; a name of another form stays without numbers. */
static void set_account(struct buffer_record *record, const char *name)
{
	const char *comma = strchr(name, ',');
	char *end;
	long device;

	set_text(record->account, sizeof(record->account), name);
	if (!comma || strncmp(name, "tee", 3))
		return;
	device = strtol(name + 3, &end, 10);
	if (end != comma || device < 0 || device > INT_MAX ||
	    rstmem_use_case_parse(comma + 1, &record->use_case))
		return;
	record->device = (int)device;
}

static void set_word(struct buffer_record *record, const char *key, const char *value)
{
	if (!strcmp(key, "ino")) {
		record->has_ino = strcmp(value, "-");
		record->ino = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "account")) {
		set_account(record, value);
	} else if (!strcmp(key, "size")) {
		record->size = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "age_ms")) {
		record->age_ms = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "uid")) {
		record->by_kernel = !strcmp(value, "kernel");
		record->uid = (uint32_t)strtoul(value, NULL, 10);
	} else if (!strcmp(key, "pid")) {
		record->pid = atoi(value);
	} else if (!strcmp(key, "comm")) {
		set_text(record->comm, sizeof(record->comm), value);
		unescape(record->comm);
	} else if (!strcmp(key, "refs")) {
		record->refs = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "importers")) {
		free(record->importers);
		record->importers = strcmp(value, "-") ? strdup(value) : NULL;
	} else if (!strcmp(key, "gone")) {
		record->gone = !strcmp(value, "1");
	}
}

static void parse(char *line, struct buffer_record *record)
{
	char *word, *value, *save;

	*record = (struct buffer_record){ .device = -1, .count = 1 };
	for (word = strtok_r(line, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = 0;
		set_word(record, word, value);
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct buffer_record *const *x = a, *const *y = b;

	return ((*x)->pid > (*y)->pid) - ((*x)->pid < (*y)->pid);
}

/* Many buffers may be of one process, which is looked at once. */
static void find_processes(const struct buffers *list)
{
	struct buffer_record **sorted = xrealloc(NULL, list->count, sizeof(*sorted));
	int64_t started = 0;
	int ret = 0, pid = -1;
	size_t i;

	for (i = 0; i < list->count; i++)
		sorted[i] = &list->record[i];
	qsort(sorted, list->count, sizeof(*sorted), by_pid);
	for (i = 0; i < list->count; i++) {
		struct buffer_record *record = sorted[i];

		if (!i || record->pid != pid) {
			pid = record->pid;
			ret = process_started(pid, &started);
		}
		if (ret == -ENXIO)
			record->process = PROCESS_UNKNOWN;
		else if (!ret && process_is_older(started, record->age_ms))
			record->process = PROCESS_RUNS;
		else
			record->process = PROCESS_ENDED;
	}
	free(sorted);
}

/* Return: 0, or -errno for buffers_error(). There may be none. */
int buffers_read(struct buffers *list, const struct filter *filter)
{
	FILE *f = fopen(LIST, "re");
	char *line = NULL;
	struct buffer_record record;
	size_t size = 0, room = 0;
	int ret;

	*list = (struct buffers){ 0 };
	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		parse(line, &record);
		if (!filter_match(filter, record.device, record.use_case)) {
			free(record.importers);
			continue;
		}
		if (list->count == room) {
			room = room ? 2 * room : 64;
			list->record = xrealloc(list->record, room,
					       sizeof(record));
		}
		list->record[list->count++] = record;
	}
	ret = ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	if (ret) {
		buffers_deinit(list);
		return ret;
	}
	find_processes(list);
	return 0;
}

void buffers_deinit(struct buffers *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->record[i].importers);
	free(list->record);
	*list = (struct buffers){ 0 };
}

/* Why buffers_read() returned @err, and what to do about it. In a line. */
const char *buffers_explain(int err)
{
	struct statfs fs;

	switch (err) {
	case -EACCES:
		return "who holds which buffer is for root to see, in debugfs; run as root (sudo rstmem ...)";
	case -EPERM:
		return "this kernel is locked down and closes debugfs, which tells who holds which buffer; only \"rstmem stat\" works here";
	case -ENOENT:
		if (access("/sys/module/tee_rstmem", F_OK))
			return "no TEE device has restricted memory; load softtee or a backend (see tee_rstmem(7))";
		if (statfs(DEBUGFS, &fs) || fs.f_type != DEBUGFS_MAGIC)
			return "debugfs is not mounted, which tells who holds which buffer; as root: mount -t debugfs debugfs " DEBUGFS;
		return "there is no " LIST "; the kernel was built without what it takes";
	default:
		return strerror(-err);
	}
}

/* Says so. Return: the exit status. */
int buffers_error(int err)
{
	error("%s", buffers_explain(err));
	return err == -ENOENT && access("/sys/module/tee_rstmem", F_OK) ?
	       EXIT_NO_DEVICE : EXIT_FAILED;
}

const char *process_text(enum process process)
{
	switch (process) {
	case PROCESS_RUNS:
		return "runs";
	case PROCESS_ENDED:
		return "ended";
	default:
		return "unknown";
	}
}

static void json_process(struct json *json, const struct buffer_record *record)
{
	if (record->process == PROCESS_UNKNOWN)
		json_null(json, "process_runs");
	else
		json_bool(json, "process_runs", record->process == PROCESS_RUNS);
}

static void json_importers(struct json *json, const struct buffer_record *record)
{
	char *list = record->importers ? strdup(record->importers) : NULL;
	char *device, *save;

	json_begin(json, "importers", '[');
	for (device = list ? strtok_r(list, ",", &save) : NULL; device;
	     device = strtok_r(NULL, ",", &save))
		json_string(json, NULL, device);
	json_end(json, ']');
	free(list);
}

static void print_json(struct json *json, const struct buffer_record *record)
{
	char name[OWNER_TEXT];

	json_begin(json, NULL, '{');
	json_string(json, "account", record->account);
	json_u64(json, "size", record->size);
	json_u64(json, "age_ms", record->age_ms);
	if (record->by_kernel) {
		json_null(json, "uid");
		json_null(json, "user");
	} else {
		json_u64(json, "uid", record->uid);
		json_string(json, "user", user_name(record->uid, name));
	}
	json_u64(json, "pid", (uint64_t)record->pid);
	json_string(json, "comm", record->comm);
	json_process(json, record);
	if (record->has_ino)
		json_u64(json, "ino", record->ino);
	else
		json_null(json, "ino");
	json_u64(json, "references", record->refs);
	json_importers(json, record);
	json_bool(json, "device_gone", record->gone);
	json_end(json, '}');
}

void buffers_print_json(struct json *json, const struct buffers *list)
{
	size_t i;

	json_begin(json, "buffers", '[');
	for (i = 0; i < list->count; i++)
		print_json(json, &list->record[i]);
	json_end(json, ']');
}
