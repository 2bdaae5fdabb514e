// SPDX-License-Identifier: GPL-2.0-only
/* The order of lists of buffers, and their sums by process and user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

typedef int (*compare_fn)(const struct buffer_record *a, const struct buffer_record *b);

#define COMPARE(a, b)	(((a) > (b)) - ((a) < (b)))

static int by_size(const struct buffer_record *a, const struct buffer_record *b)
{
	return COMPARE(b->size, a->size);
}

static int by_count(const struct buffer_record *a, const struct buffer_record *b)
{
	return COMPARE(b->count, a->count);
}

static int by_age(const struct buffer_record *a, const struct buffer_record *b)
{
	return COMPARE(b->age_ms, a->age_ms);
}

static int by_user(const struct buffer_record *a, const struct buffer_record *b)
{
	char x[OWNER_TEXT], y[OWNER_TEXT];

	if (a->by_kernel != b->by_kernel)
		return COMPARE(a->by_kernel, b->by_kernel);
	return strcmp(user_name(a->uid, x), user_name(b->uid, y));
}

static int by_pid(const struct buffer_record *a, const struct buffer_record *b)
{
	return COMPARE(a->pid, b->pid);
}

static int by_command(const struct buffer_record *a, const struct buffer_record *b)
{
	return strcmp(a->comm, b->comm);
}

static int by_account(const struct buffer_record *a, const struct buffer_record *b)
{
	if (a->device != b->device)
		return COMPARE(a->device, b->device);
	if (a->use_case != b->use_case)
		return COMPARE(a->use_case, b->use_case);
	return strcmp(a->account, b->account);
}

static const struct {
	const char *name;
	compare_fn compare;
} keys[ORDER_KEYS] = {
	[ORDER_SIZE] = { "size", by_size },
	[ORDER_BUFFERS] = { "buffers", by_count },
	[ORDER_AGE] = { "age", by_age },
	[ORDER_USER] = { "user", by_user },
	[ORDER_PID] = { "pid", by_pid },
	[ORDER_COMMAND] = { "command", by_command },
	[ORDER_ACCOUNT] = { "account", by_account },
};

const char *order_name(enum order_key key)
{
	return keys[key].name;
}

/* Return: 0, or -EINVAL when @name is no key. */
int order_parse(struct order *order, const char *name)
{
	unsigned int key;

	for (key = 0; key < ORDER_KEYS; key++) {
		if (!strcmp(name, keys[key].name)) {
			order->key = key;
			return 0;
		}
	}
	return -EINVAL;
}

/* qsort() has no room for arguments of its own. */
static struct order sort_order;

static int compare(const void *x, const void *y)
{
	const struct buffer_record *a = x, *b = y;
	int order = keys[sort_order.key].compare(a, b);

	/* The oldest of equals first; the kernel's list is in no order. */
	if (!order)
		order = by_age(a, b);
	if (!order)
		order = COMPARE(a->ino, b->ino);
	return sort_order.reverse ? -order : order;
}

void buffers_sort(struct buffers *list, const struct order *order)
{
	sort_order = *order;
	if (list->count)
		qsort(list->record, list->count, sizeof(*list->record), compare);
}

/* Two buffers that are equal here share a line of a view. */
static int same_user(const struct buffer_record *a, const struct buffer_record *b)
{
	int order = by_account(a, b);

	if (!order)
		order = COMPARE(a->gone, b->gone);
	if (!order)
		order = COMPARE(a->by_kernel, b->by_kernel);
	return order ? order : COMPARE(a->uid, b->uid);
}

static int same_process(const struct buffer_record *a, const struct buffer_record *b)
{
	int order = same_user(a, b);

	if (!order)
		order = by_pid(a, b);
	if (!order)
		order = COMPARE(a->process, b->process);
	return order ? order : by_command(a, b);
}

static int compare_users(const void *x, const void *y)
{
	return same_user(x, y);
}

static int compare_processes(const void *x, const void *y)
{
	return same_process(x, y);
}

/* Adds the devices of @more, with commas between them, that are not in @list. */
static char *merge_importers(char *list, char *more)
{
	char *device, *save, *found;
	size_t len;

	if (!list || !more)
		return list ? list : more;
	for (device = strtok_r(more, ",", &save); device;
	     device = strtok_r(NULL, ",", &save)) {
		len = strlen(device);
		for (found = strstr(list, device); found;
		     found = strstr(found + 1, device)) {
			if ((found == list || found[-1] == ',') &&
			    (!found[len] || found[len] == ','))
				break;
		}
		if (found)
			continue;
		list = xrealloc(list, strlen(list) + len + 2, 1);
		strcat(strcat(list, ","), device);
	}
	free(more);
	return list;
}

/*
 * Replace the buffers that a process, or a user, has of an account by their sum, with
 * the age of the oldest.
 */
void buffers_group(struct buffers *list, enum view view)
{
	compare_fn same = view == VIEW_USERS ? same_user : same_process;
	struct buffer_record *out;
	size_t i;

	if (view == VIEW_BUFFERS || !list->count)
		return;
	qsort(list->record, list->count, sizeof(*list->record),
	      view == VIEW_USERS ? compare_users : compare_processes);
	out = list->record;
	for (i = 1; i < list->count; i++) {
		struct buffer_record *record = &list->record[i];

		if (same(out, record)) {
			*++out = *record;
			continue;
		}
		out->size += record->size;
		out->count += record->count;
		if (record->age_ms > out->age_ms)
			out->age_ms = record->age_ms;
		out->importers = merge_importers(out->importers,
						 record->importers);
	}
	list->count = (size_t)(out - list->record) + 1;
}
