// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that are alive, as the kernel lists them in debugfs: lines of words
 * KEY=VALUE in any order, see tee_rstmem(7). Unknown keys are passed over.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "common.h"

#define DEBUGFS	"/sys/kernel/debug"
#define LIST	DEBUGFS "/rstmem/buffers"

/* Undo the kernel's escapes, such as "\040" for a space, in place. */
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

/* The setters of the table below: @at is the member, or the record. */

static void set_u64(void *at, char *value)
{
	*(uint64_t *)at = strtoull(value, NULL, 10);
}

static void set_pid(void *at, char *value)
{
	*(int *)at = atoi(value);
}

static void set_flag(void *at, char *value)
{
	*(bool *)at = !strcmp(value, "1");
}

static void set_comm(void *at, char *value)
{
	unescape(value);
	snprintf(at, sizeof(((struct buffer_record *)0)->comm), "%s", value);
}

/* Escapes stay until importer_next(): a name may have a comma. */
static void set_importers(void *at, char *value)
{
	char **importers = at;

	free(*importers);
	*importers = strcmp(value, "-") ? xstrdup(value) : NULL;
}

static void set_ino(void *at, char *value)
{
	struct buffer_record *record = at;

	record->has_ino = strcmp(value, "-");
	record->ino = strtoull(value, NULL, 10);
}

static void set_uid(void *at, char *value)
{
	struct buffer_record *record = at;

	record->by_kernel = !strcmp(value, "kernel");
	record->uid = (uint32_t)strtoul(value, NULL, 10);
}

/* "tee0,secure-video"; a name of another form stays without numbers. */
static void set_account(void *at, char *value)
{
	struct buffer_record *record = at;
	const char *comma = strchr(value, ',');
	char *end;
	long device;

	snprintf(record->account, sizeof(record->account), "%s", value);
	if (!comma || strncmp(value, "tee", 3))
		return;
	device = strtol(value + 3, &end, 10);
	if (end != comma || device < 0 || device > INT_MAX ||
	    rstmem_use_case_parse(comma + 1, &record->use_case))
		return;
	record->device = (int)device;
}

static const struct {
	const char *key;
	void (*set)(void *at, char *value);
	size_t at;
} keys[] = {
#define AT(member)	offsetof(struct buffer_record, member)
	{ "ino", set_ino, 0 },
	{ "account", set_account, 0 },
	{ "size", set_u64, AT(size) },
	{ "age_ms", set_u64, AT(age_ms) },
	{ "uid", set_uid, 0 },
	{ "pid", set_pid, AT(pid) },
	{ "comm", set_comm, AT(comm) },
	{ "refs", set_u64, AT(refs) },
	{ "importers", set_importers, AT(importers) },
	{ "gone", set_flag, AT(gone) },
#undef AT
};

static void set_word(struct buffer_record *record, const char *key, char *value)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(key, keys[i].key))
			keys[i].set((char *)record + keys[i].at, value);
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

/*
 * Take the next device off a list of importers. Return: its name, to be freed;
 * NULL at the end.
 */
char *importer_next(const char **list)
{
	size_t len;
	char *name;

	if (!*list || !**list)
		return NULL;
	len = strcspn(*list, ",");
	name = xrealloc(NULL, len + 1, 1);
	memcpy(name, *list, len);
	name[len] = 0;
	*list += len;
	*list += **list == ',';
	unescape(name);
	return name;
}

static int by_pid(const void *a, const void *b)
{
	const struct buffer_record *const *x = a, *const *y = b;

	return ((*x)->pid > (*y)->pid) - ((*x)->pid < (*y)->pid);
}

/* Look at each process once; it may have many buffers. */
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

/* Return: 0, or -errno for buffers_explain(). There may be none. */
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

	for (i = 0; i < list->count; i++) {
		free(list->record[i].importers);
		free(list->record[i].holders);
	}
	free(list->record);
	*list = (struct buffers){ 0 };
}

/* Find out why buffers_read() returned @err. */
void buffers_explain(int err, struct reason *reason)
{
	struct statfs fs;

	*reason = (struct reason){ .code = REASON_CANNOT_READ, .err = err };
	reason_set_path(reason, LIST);
	switch (err) {
	case -EACCES:
		reason->code = REASON_ROOT_ONLY;
		break;
	case -EPERM:
		reason->code = REASON_LOCKED_DOWN;
		break;
	case -ENOENT:
		if (access("/sys/class/rstmem", F_OK)) {
			reason->code = REASON_NO_TEE;
		} else if (statfs(DEBUGFS, &fs) || fs.f_type != DEBUGFS_MAGIC) {
			reason->code = REASON_NO_DEBUGFS;
			reason_set_path(reason, DEBUGFS);
		} else {
			reason->code = REASON_NO_LIST;
		}
	}
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
	const char *list = record->importers;
	char *device;

	json_begin(json, "importers", '[');
	while ((device = importer_next(&list))) {
		json_string(json, NULL, device);
		free(device);
	}
	json_end(json, ']');
}

static void print_json(struct json *json, const struct buffer_record *record,
		       bool has_holders)
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
	if (has_holders)
		holders_print_json(json, record);
	json_importers(json, record);
	json_bool(json, "device_gone", record->gone);
	json_end(json, '}');
}

void buffers_print_json(struct json *json, const struct buffers *list)
{
	size_t i;

	json_begin(json, "buffers", '[');
	for (i = 0; i < list->count; i++)
		print_json(json, &list->record[i], list->has_holders);
	json_end(json, ']');
}
