// SPDX-License-Identifier: GPL-2.0-only
/* Accounts, buffers and the processes they are charged to, as tables of text. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

const char *view_name(enum view view)
{
	switch (view) {
	case VIEW_USERS:
		return "users";
	case VIEW_BUFFERS:
		return "buffers";
	default:
		return "processes";
	}
}

/* Cells of a bar of @width for @part of @total: one for anything, all for all. */
static unsigned int cells(uint64_t part, uint64_t total, unsigned int width)
{
	unsigned int n = (unsigned int)((double)part / (double)total * width);

	if (part >= total)
		return width;
	return part && !n ? 1 : n;
}

/*
 * "[###+++---   xxrrr]": used, used by use cases that share the memory, used at the
 * peak, and, from the right, the reserve and what is lost. Later letters do not
 * cover earlier ones.
 */
static void draw_bar(char *out, unsigned int width,
		     const struct rstmem_account *a)
{
	uint64_t others = a->total - (a->free < a->total ? a->free : a->total);
	unsigned int n, used, all, peak, reserve, lost;

	others -= a->used < others ? a->used : others;
	others -= a->lost < others ? a->lost : others;
	memset(out, ' ', width + 2);
	out[0] = '[';
	out[width + 1] = ']';
	out[width + 2] = 0;
	if (!a->total)
		return;
	used = cells(a->used, a->total, width);
	all = cells(a->used + others, a->total, width);
	peak = cells(a->peak, a->total, width);
	reserve = width - cells(a->reserve, a->total, width);
	lost = cells(a->lost, a->total, width);
	lost = lost < reserve ? reserve - lost : 0;
	for (n = 0; n < width; n++) {
		if (n < used)
			out[n + 1] = '#';
		else if (n < all)
			out[n + 1] = '+';
		else if (n < peak)
			out[n + 1] = '-';
		else if (n >= reserve)
			out[n + 1] = 'r';
		else if (n >= lost)
			out[n + 1] = 'x';
	}
}

#define BAR_MOST	60

/* @bar: width of the bars without brackets; @all: figures for wide lines, too. */
void view_accounts(struct table *t, const struct accounts *accounts,
		   unsigned int bar, bool all)
{
	static const struct column columns[] = {
		{ "ACCOUNT", false }, { "", false }, { "USED", true },
		{ "TOTAL", true }, { "PEAK", true }, { "BUFFERS", true },
		{ "LARGEST-FREE", true },
	};
	char text[BAR_MOST + 3];
	size_t i;

	if (bar > BAR_MOST)
		bar = BAR_MOST;
	table_init(t, columns, all ? 7 : 6);
	for (i = 0; i < accounts->count; i++) {
		const struct rstmem_account *a = &accounts->account[i];

		table_add(t, a->name);
		draw_bar(text, bar, a);
		table_add(t, text);
		table_add_size(t, a->used);
		if (a->total)
			table_add_size(t, a->total);
		else
			table_add(t, "unknown");
		table_add_size(t, a->peak);
		table_add_u64(t, a->buffers);
		if (all && a->total)
			table_add_size(t, a->largest_free);
		else if (all)
			table_add(t, "unknown");
	}
}

struct line {
	char *text;
	size_t len;
	const char *between;
};

static void __attribute__((format(printf, 2, 3)))
append(struct line *line, const char *format, ...)
{
	va_list args;
	int n;

	n = snprintf(line->text + line->len, RULES_TEXT - line->len, "%s",
		     line->between);
	line->len += (size_t)n;
	va_start(args, format);
	n = vsnprintf(line->text + line->len, RULES_TEXT - line->len, format,
		      args);
	va_end(args);
	line->len += (size_t)n;
	line->between = ", ";
}

static void append_count(struct line *line, uint64_t count, const char *what)
{
	if (count)
		append(line, "%" PRIu64 " %s", count, what);
}

/* Write refusals, limits, losses and growth of an account as a line, "" without any. */
const char *view_rules(const struct rstmem_account *a, char text[RULES_TEXT])
{
	struct line line = { .text = text, .between = "refused: " };
	char size[SIZE_TEXT], list[RSTMEM_IMPORTERS_SIZE];

	*text = 0;
	append_count(&line, a->failed_no_memory, "no memory");
	append_count(&line, a->failed_limit, "over a limit");
	append_count(&line, a->failed_backend, "by the backend");
	append_count(&line, a->failed_importer, "not an importer");
	append_count(&line, a->failed_reach, "out of reach");

	line.between = line.len ? "; a user: " : "a user: ";
	if (a->max_user_bytes != RSTMEM_NO_LIMIT)
		append(&line, "%s", size_format(a->max_user_bytes, size));
	if (a->max_user_buffers != RSTMEM_NO_LIMIT)
		append(&line, "%" PRIu64 " buffers", a->max_user_buffers);

	line.between = line.len ? "; a buffer: " : "a buffer: ";
	if (a->max_buffer_bytes != RSTMEM_NO_LIMIT)
		append(&line, "%s", size_format(a->max_buffer_bytes, size));

	line.between = line.len ? "; reserve: " : "reserve: ";
	if (a->reserve)
		append(&line, "%s", size_format(a->reserve, size));

	line.between = line.len ? "; importers: " : "importers: ";
	if (!rstmem_account_importers(a, list, sizeof(list)) &&
	    strcmp(list, "any"))
		append(&line, "%s", list);

	line.between = line.len ? "; lost: " : "lost: ";
	if (a->lost)
		append(&line, "%s", size_format(a->lost, size));

	line.between = line.len ? "; grows: " : "grows: ";
	if (a->most > a->floor) {
		append(&line, "from %s", size_format(a->floor, size));
		append(&line, "to %s", size_format(a->most, size));
	}
	if (a->wanted)
		append(&line, "%s wait", size_format(a->wanted, size));
	if (a->poisoned)
		append(&line, "%s out of use", size_format(a->poisoned, size));
	if (a->failed_steps)
		append(&line, "%" PRIu64 " steps failed", a->failed_steps);
	return text_clean(text, text, RULES_TEXT);
}

static const struct rstmem_account *
find_account(const struct accounts *accounts, const struct buffer_record *record)
{
	size_t i;

	for (i = 0; i < accounts->count; i++) {
		if (!record->gone &&
		    !strcmp(accounts->account[i].name, record->account))
			return &accounts->account[i];
	}
	return NULL;
}

static void add_share(struct table *t, uint64_t part, uint64_t all)
{
	char text[32];

	if (!all || all == RSTMEM_NO_LIMIT)
		table_add(t, "-");
	else if (part && part < all && (double)part / (double)all < 0.01)
		table_add(t, "<1%");
	else {
		snprintf(text, sizeof(text), "%.0f%%",
			 100 * (double)part / (double)all);
		table_add(t, text);
	}
}

/* The share of a limit of the user, the one that is nearer. */
static void add_limit(struct table *t, const struct buffer_record *record,
		      const struct rstmem_account *a)
{
	if (!a || record->by_kernel)
		table_add(t, "-");
	else if (a->max_user_buffers != RSTMEM_NO_LIMIT &&
		 (a->max_user_bytes == RSTMEM_NO_LIMIT ||
		  (double)record->count * (double)a->max_user_bytes >
			  (double)record->size * (double)a->max_user_buffers))
		add_share(t, record->count, a->max_user_buffers);
	else
		add_share(t, record->size, a->max_user_bytes);
}

static void add_account(struct table *t, const struct buffer_record *record)
{
	char text[sizeof(record->account) + 8];

	snprintf(text, sizeof(text), "%s%s", record->account,
		 record->gone ? " (gone)" : "");
	table_add(t, text);
}

static void add_age(struct table *t, const struct buffer_record *record)
{
	char text[AGE_TEXT];

	table_add(t, age_format(record->age_ms, text));
}

static void add_owner(struct table *t, const struct buffer_record *record)
{
	char text[OWNER_TEXT];

	table_add(t, record->by_kernel ? "kernel" : user_name(record->uid, text));
}

static void add_references(struct table *t, const struct buffer_record *record)
{
	table_add_u64(t, record->refs);
	if (record->has_ino)
		table_add_u64(t, record->ino);
	else
		table_add(t, "-");
}

static void add_holders(struct table *t, const struct buffer_record *record)
{
	char *text = holders_text(record);

	table_add(t, text ? text : "-");
	free(text);
}

static void add_buffer(struct table *t, const struct buffer_record *record)
{
	table_add_size(t, record->size);
	add_account(t, record);
	add_age(t, record);
	add_owner(t, record);
	table_add_u64(t, (uint64_t)record->pid);
	table_add(t, record->comm);
	table_add(t, process_text(record->process));
	add_references(t, record);
}

static void add_process(struct table *t, const struct buffer_record *record,
			const struct rstmem_account *a)
{
	table_add_size(t, record->size);
	add_share(t, record->size, a ? a->total : 0);
	table_add_u64(t, record->count);
	add_owner(t, record);
	table_add_u64(t, (uint64_t)record->pid);
	table_add(t, record->comm);
	add_account(t, record);
	add_age(t, record);
	table_add(t, process_text(record->process));
}

static void add_user(struct table *t, const struct buffer_record *record,
		     const struct rstmem_account *a)
{
	table_add_size(t, record->size);
	add_share(t, record->size, a ? a->total : 0);
	add_limit(t, record, a);
	table_add_u64(t, record->count);
	add_owner(t, record);
	add_account(t, record);
	add_age(t, record);
}

/* HOLDERS is last: VIEW_BUFFERS lacks it. */
const struct column holders_columns[HOLDERS_COLUMNS] = {
	{ "SIZE", true }, { "ACCOUNT", false }, { "AGE", true },
	{ "USER", false }, { "PID", true }, { "COMMAND", false },
	{ "PROCESS", false }, { "REFS", true },
	{ "INODE", true }, { "IMPORTERS", false }, { "HOLDERS", false },
};

static const struct column processes_columns[] = {
	{ "SIZE", true }, { "SHARE", true }, { "BUFFERS", true },
	{ "USER", false }, { "PID", true }, { "COMMAND", false },
	{ "ACCOUNT", false }, { "OLDEST", true }, { "PROCESS", false },
	{ "IMPORTERS", false },
};

static const struct column users_columns[] = {
	{ "SIZE", true }, { "SHARE", true }, { "OF-LIMIT", true },
	{ "BUFFERS", true }, { "USER", false }, { "ACCOUNT", false },
	{ "OLDEST", true }, { "IMPORTERS", false },
};

#define INIT(t, columns) \
	table_init(t, columns, sizeof(columns) / sizeof((columns)[0]))

/*
 * @list as buffers_group() leaves it. @accounts, for shares and limits, may be NULL for
 * VIEW_BUFFERS and VIEW_HOLDERS. @output may be NULL.
 */
void view_buffers(struct table *t, const struct buffers *list, enum view view,
		  const struct accounts *accounts, const struct output *output)
{
	size_t i;

	if (view == VIEW_HOLDERS)
		table_init(t, holders_columns, HOLDERS_COLUMNS);
	else if (view == VIEW_BUFFERS)
		table_init(t, holders_columns, HOLDERS_COLUMNS - 1);
	else if (view == VIEW_USERS)
		INIT(t, users_columns);
	else
		INIT(t, processes_columns);
	if (output)
		output_apply(output, t);

	for (i = 0; i < list->count; i++) {
		const struct buffer_record *record = &list->record[i];

		if (view == VIEW_USERS)
			add_user(t, record, find_account(accounts, record));
		else if (view == VIEW_PROCESSES)
			add_process(t, record, find_account(accounts, record));
		else
			add_buffer(t, record);
		table_add(t, record->importers ? record->importers : "-");
		if (view == VIEW_HOLDERS)
			add_holders(t, record);
	}
}
