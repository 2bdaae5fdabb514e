// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers that somebody holds, as the kernel lists them in debugfs: lines of words
 * KEY=VALUE in any order, see kernel/core/debugfs.c. Unknown keys are passed over.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "cli.h"

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
static void set_account(struct held *held, const char *name)
{
	const char *comma = strchr(name, ',');
	char *end;
	long device;

	set_text(held->account, sizeof(held->account), name);
	if (!comma || strncmp(name, "tee", 3))
		return;
	device = strtol(name + 3, &end, 10);
	if (end != comma || device < 0 || device > INT_MAX ||
	    rstmem_use_case_parse(comma + 1, &held->use_case))
		return;
	held->device = (int)device;
}

static void set_word(struct held *held, const char *key, const char *value)
{
	if (!strcmp(key, "ino")) {
		held->has_ino = strcmp(value, "-");
		held->ino = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "account")) {
		set_account(held, value);
	} else if (!strcmp(key, "size")) {
		held->size = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "age_ms")) {
		held->age_ms = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "uid")) {
		held->by_kernel = !strcmp(value, "kernel");
		held->uid = (uint32_t)strtoul(value, NULL, 10);
	} else if (!strcmp(key, "pid")) {
		held->pid = atoi(value);
	} else if (!strcmp(key, "comm")) {
		set_text(held->comm, sizeof(held->comm), value);
		unescape(held->comm);
	} else if (!strcmp(key, "refs")) {
		held->refs = strtoull(value, NULL, 10);
	} else if (!strcmp(key, "importers")) {
		free(held->importers);
		held->importers = strcmp(value, "-") ? strdup(value) : NULL;
	} else if (!strcmp(key, "gone")) {
		held->gone = !strcmp(value, "1");
	}
}

static void parse(char *line, struct held *held)
{
	char *word, *value, *save;

	*held = (struct held){ .device = -1, .count = 1 };
	for (word = strtok_r(line, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		value = strchr(word, '=');
		if (!value)
			continue;
		*value++ = 0;
		set_word(held, word, value);
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct held *const *x = a, *const *y = b;

	return ((*x)->pid > (*y)->pid) - ((*x)->pid < (*y)->pid);
}

/* Many buffers may be of one process, which is looked at once. */
static void find_processes(const struct held_list *list)
{
	struct held **sorted = must_realloc(NULL, list->count, sizeof(*sorted));
	int64_t started = 0;
	int ret = 0, pid = -1;
	size_t i;

	for (i = 0; i < list->count; i++)
		sorted[i] = &list->held[i];
	qsort(sorted, list->count, sizeof(*sorted), by_pid);
	for (i = 0; i < list->count; i++) {
		struct held *held = sorted[i];

		if (!i || held->pid != pid) {
			pid = held->pid;
			ret = process_started(pid, &started);
		}
		if (ret == -ENXIO)
			held->process = PROCESS_UNKNOWN;
		else if (!ret && process_is_older(started, held->age_ms))
			held->process = PROCESS_RUNS;
		else
			held->process = PROCESS_ENDED;
	}
	free(sorted);
}

/* Return: 0, or -errno for held_error(). There may be none. */
int held_read(struct held_list *list, const struct filter *filter)
{
	FILE *f = fopen(LIST, "re");
	char *line = NULL;
	struct held held;
	size_t size = 0, room = 0;
	int ret;

	*list = (struct held_list){ 0 };
	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		parse(line, &held);
		if (!filter_match(filter, held.device, held.use_case)) {
			free(held.importers);
			continue;
		}
		if (list->count == room) {
			room = room ? 2 * room : 64;
			list->held = must_realloc(list->held, room, sizeof(held));
		}
		list->held[list->count++] = held;
	}
	ret = ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	if (ret) {
		held_deinit(list);
		return ret;
	}
	find_processes(list);
	return 0;
}

void held_deinit(struct held_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->held[i].importers);
	free(list->held);
	*list = (struct held_list){ 0 };
}

/* Why held_read() returned @err, and what to do about it. In a line. */
const char *held_explain(int err)
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
int held_error(int err)
{
	error("%s", held_explain(err));
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

static void json_process(struct json *json, const struct held *held)
{
	if (held->process == PROCESS_UNKNOWN)
		json_null(json, "process_runs");
	else
		json_bool(json, "process_runs", held->process == PROCESS_RUNS);
}

static void json_importers(struct json *json, const struct held *held)
{
	char *list = held->importers ? strdup(held->importers) : NULL;
	char *device, *save;

	json_begin(json, "importers", '[');
	for (device = list ? strtok_r(list, ",", &save) : NULL; device;
	     device = strtok_r(NULL, ",", &save))
		json_string(json, NULL, device);
	json_end(json, ']');
	free(list);
}

static void print_json(struct json *json, const struct held *held)
{
	char name[OWNER_TEXT];

	json_begin(json, NULL, '{');
	json_string(json, "account", held->account);
	json_u64(json, "size", held->size);
	json_u64(json, "age_ms", held->age_ms);
	if (held->by_kernel) {
		json_null(json, "uid");
		json_null(json, "user");
	} else {
		json_u64(json, "uid", held->uid);
		json_string(json, "user", user_name(held->uid, name));
	}
	json_u64(json, "pid", (uint64_t)held->pid);
	json_string(json, "comm", held->comm);
	json_process(json, held);
	if (held->has_ino)
		json_u64(json, "ino", held->ino);
	else
		json_null(json, "ino");
	json_u64(json, "references", held->refs);
	json_importers(json, held);
	json_bool(json, "device_gone", held->gone);
	json_end(json, '}');
}

void held_print_json(struct json *json, const struct held_list *list)
{
	size_t i;

	json_begin(json, "buffers", '[');
	for (i = 0; i < list->count; i++)
		print_json(json, &list->held[i]);
	json_end(json, ']');
}
