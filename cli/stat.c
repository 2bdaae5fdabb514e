// SPDX-License-Identifier: GPL-2.0-only
/* rstmem stat: memory, limits, refusals and importers of each account. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "verbs.h"

const char stat_help[] =
"Usage: rstmem stat [-d PATH] [-u NAME|N] [-o LIST] [--noheadings] [-b] [-j]\n"
"\n"
"Shows for each use case of every TEE device the memory that is used, free and lost,\n"
"the limits in force, the refusals by cause, and the devices that may import buffers.\n"
"Everybody may run it.\n"
"\n"
"  -d, --device PATH    only this TEE device, such as /dev/tee0\n"
"  -u, --use-case NAME  only this use case\n"
"  -o, --output LIST    one table with these columns: DEVICE, USE-CASE, USED, TOTAL,\n"
"                       PEAK, FREE, LARGEST-FREE, FRAGMENTED, BUFFERS, LOST,\n"
"                       FLOOR, MOST, OUT, WANTED, POISONED, FAILED-STEPS,\n"
"                       USER-BYTES, USER-BUFFERS, BUFFER-BYTES, RESERVE, NO-MEMORY,\n"
"                       OVER-LIMIT, BACKEND, NO-IMPORTER, OUT-OF-REACH, IMPORTERS\n"
"      --noheadings     one table without titles\n"
"  -b, --bytes          sizes in bytes\n"
"  -j, --json           for programs: one JSON object, sizes in bytes\n"
"  -h, --help           show this help\n";

/* The part of the free memory that the largest buffer cannot have. */
static const char *fragmentation(const struct rstmem_account *account,
				 char text[SIZE_TEXT])
{
	uint64_t rest;

	if (!account->free || account->largest_free > account->free)
		return "-";
	rest = account->free - account->largest_free;
	if (rest > UINT64_MAX / 100)
		return "-";
	if (rest && rest * 100 < account->free)
		return "<1%";
	snprintf(text, SIZE_TEXT, "%" PRIu64 "%%", rest * 100 / account->free);
	return text;
}

static const struct column columns[] = {
	{ "DEVICE", false }, { "USE-CASE", false },
	{ "USED", true }, { "TOTAL", true }, { "PEAK", true }, { "FREE", true },
	{ "LARGEST-FREE", true }, { "FRAGMENTED", true }, { "BUFFERS", true },
	{ "LOST", true },
	{ "FLOOR", true }, { "MOST", true }, { "OUT", true }, { "WANTED", true },
	{ "POISONED", true }, { "FAILED-STEPS", true },
	{ "USER-BYTES", true }, { "USER-BUFFERS", true },
	{ "BUFFER-BYTES", true }, { "RESERVE", true },
	{ "NO-MEMORY", true }, { "OVER-LIMIT", true }, { "BACKEND", true },
	{ "NO-IMPORTER", true }, { "OUT-OF-REACH", true },
	{ "IMPORTERS", false },
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

/* The tables that show the columns, without --output. */
static const struct {
	const char *title;
	const char *list;
	bool for_growth;	/* only if some memory grows */
} sections[] = {
	{ NULL, "USE-CASE,USED,TOTAL,PEAK,FREE,LARGEST-FREE,FRAGMENTED,BUFFERS,LOST", false },
	{ "LIMITS", "USE-CASE,USER-BYTES,USER-BUFFERS,BUFFER-BYTES,RESERVE", false },
	{ "REFUSED", "USE-CASE,NO-MEMORY,OVER-LIMIT,BACKEND,NO-IMPORTER,OUT-OF-REACH", false },
	{ "GROWTH", "USE-CASE,FLOOR,MOST,OUT,WANTED,POISONED,FAILED-STEPS", true },
	{ NULL, "USE-CASE,IMPORTERS", false },
};

static void add_usage(struct table *t, const struct rstmem_account *account)
{
	char text[SIZE_TEXT];

	table_add_size(t, account->used);
	if (account->total) {
		table_add_size(t, account->total);
		table_add_size(t, account->peak);
		table_add_size(t, account->free);
		table_add_size(t, account->largest_free);
		table_add(t, fragmentation(account, text));
	} else {
		table_add(t, "unknown");
		table_add_size(t, account->peak);
		table_add(t, "unknown");
		table_add(t, "unknown");
		table_add(t, "-");
	}
	table_add_u64(t, account->buffers);
	table_add_size(t, account->lost);
}

static void add_growth(struct table *t, const struct rstmem_account *account)
{
	table_add_size(t, account->floor);
	table_add_size(t, account->most);
	table_add_size(t, account->out);
	table_add_size(t, account->wanted);
	table_add_size(t, account->poisoned);
	table_add_u64(t, account->failed_steps);
}

static void add_limits(struct table *t, const struct rstmem_account *account)
{
	if (account->max_user_bytes == RSTMEM_NO_LIMIT)
		table_add(t, "none");
	else
		table_add_size(t, account->max_user_bytes);
	if (account->max_user_buffers == RSTMEM_NO_LIMIT)
		table_add(t, "none");
	else
		table_add_u64(t, account->max_user_buffers);
	if (account->max_buffer_bytes == RSTMEM_NO_LIMIT)
		table_add(t, "none");
	else
		table_add_size(t, account->max_buffer_bytes);
	if (account->reserve)
		table_add_size(t, account->reserve);
	else
		table_add(t, "none");
}

static void add_refusals(struct table *t, const struct rstmem_account *account)
{
	table_add_u64(t, account->failed_no_memory);
	table_add_u64(t, account->failed_limit);
	table_add_u64(t, account->failed_backend);
	table_add_u64(t, account->failed_importer);
	table_add_u64(t, account->failed_reach);
}

static void add_row(struct table *t, const struct rstmem_account *account)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE], text[RSTMEM_IMPORTERS_SIZE];

	snprintf(text, sizeof(text), "/dev/tee%d", account->device);
	table_add(t, text);
	rstmem_use_case_name(account->use_case, name, sizeof(name));
	table_add(t, name);
	add_usage(t, account);
	add_growth(t, account);
	add_limits(t, account);
	add_refusals(t, account);
	table_add(t, rstmem_account_importers(account, text, sizeof(text)) ?
		  "unknown" : text);
}

static void print_sections(struct table *t, bool grows)
{
	size_t i;

	for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (sections[i].for_growth && !grows)
			continue;
		if (i)
			putchar('\n');
		t->first_title = sections[i].title;
		table_show(t, sections[i].list);
		table_print(t, "  ");
	}
}

/* Accounts of a device follow each other. */
static void print_text(const struct accounts *accounts, const struct output *output)
{
	const struct rstmem_account *a = accounts->account, *end = a + accounts->count;
	bool first = true, is_flat = output_is_flat(output), grows;
	struct table t;

	while (a < end) {
		table_init(&t, columns, COLUMNS);
		output_apply(output, &t);
		if (!is_flat)
			printf("%s/dev/tee%d\n", first ? "" : "\n", a->device);
		first = false;
		grows = false;
		do {
			grows |= a->most > a->floor;
			add_row(&t, a++);
		} while (a < end && (is_flat || a->device == a[-1].device));
		if (is_flat)
			table_print(&t, "");
		else
			print_sections(&t, grows);
		table_deinit(&t);
	}
}

int cmd_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		OPTION_JSON, OPTION_BYTES, OPTIONS_TABLE,
		{ "use-case", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":bd:jo:u:h";
	struct filter filter = FILTER_ALL;
	struct json json = { .out = stdout };
	int c, ret, status = EXIT_OK;
	struct accounts accounts;
	struct output output = { 0 };

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		if (output_option(&output, c))
			continue;
		switch (c) {
		case 'd':
		case 'u':
			ret = filter_option(&filter, c, argv[0]);
			if (ret)
				return ret;
			break;
		case 'h':
			fputs(stat_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	ret = output_check(&output, argv[0], columns, COLUMNS);
	if (ret)
		return ret;

	ret = accounts_read(&accounts, &filter);
	if (ret)
		return accounts_error(ret);
	if (!accounts.count)
		status = filter_nothing(&filter);
	if (output.is_json) {
		json_begin(&json, NULL, '{');
		accounts_print_json(&json, &accounts);
		error_print_json(&json);
		json_end(&json, '}');
	} else {
		print_text(&accounts, &output);
	}
	accounts_deinit(&accounts);
	return finish_output(status);
}
