// SPDX-License-Identifier: GPL-2.0-only
/* rstmem stat: memory, limits, refusals and importers of each account. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "verbs.h"

const char stat_help[] =
"Usage: rstmem stat [-d PATH] [-u NAME|N] [-j]\n"
"\n"
"Shows for each use case of every TEE device the memory that is used, free and lost,\n"
"the limits in force, the refusals by cause, and the devices that may import buffers.\n"
"Everybody may run it.\n"
"\n"
"  -d, --device PATH    only this TEE device, such as /dev/tee0\n"
"  -u, --use-case NAME  only this use case\n"
"  -j, --json           for programs: one JSON object, sizes in bytes\n"
"  -h, --help           show this help\n";

static void add_name(struct table *t, const struct rstmem_account *account)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE];

	rstmem_use_case_name(account->use_case, name, sizeof(name));
	table_add(t, name);
}

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

static void print_usage(const struct rstmem_account *account, size_t count)
{
	static const struct column columns[] = {
		{ "USE CASE", false }, { "USED", true }, { "TOTAL", true },
		{ "PEAK", true }, { "FREE", true }, { "LARGEST FREE", true },
		{ "FRAGMENTED", true }, { "BUFFERS", true }, { "LOST", true },
	};
	char text[SIZE_TEXT];
	struct table t;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < count; i++, account++) {
		add_name(&t, account);
		table_add_size(&t, account->used);
		if (account->total) {
			table_add_size(&t, account->total);
			table_add_size(&t, account->peak);
			table_add_size(&t, account->free);
			table_add_size(&t, account->largest_free);
			table_add(&t, fragmentation(account, text));
		} else {
			table_add(&t, "unknown");
			table_add_size(&t, account->peak);
			table_add(&t, "unknown");
			table_add(&t, "unknown");
			table_add(&t, "-");
		}
		table_add_u64(&t, account->buffers);
		table_add_size(&t, account->lost);
	}
	table_print(&t, "  ");
	table_deinit(&t);
}

static void print_limits(const struct rstmem_account *account, size_t count)
{
	static const struct column columns[] = {
		{ "LIMITS", false }, { "OF A USER", true },
		{ "BUFFERS OF A USER", true }, { "OF A BUFFER", true },
		{ "RESERVE", true },
	};
	struct table t;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < count; i++, account++) {
		add_name(&t, account);
		if (account->max_user_bytes == RSTMEM_NO_LIMIT)
			table_add(&t, "none");
		else
			table_add_size(&t, account->max_user_bytes);
		if (account->max_user_buffers == RSTMEM_NO_LIMIT)
			table_add(&t, "none");
		else
			table_add_u64(&t, account->max_user_buffers);
		if (account->max_buffer_bytes == RSTMEM_NO_LIMIT)
			table_add(&t, "none");
		else
			table_add_size(&t, account->max_buffer_bytes);
		if (account->reserve)
			table_add_size(&t, account->reserve);
		else
			table_add(&t, "none");
	}
	table_print(&t, "  ");
	table_deinit(&t);
}

static void print_failures(const struct rstmem_account *account, size_t count)
{
	static const struct column columns[] = {
		{ "REFUSED", false }, { "NO MEMORY", true }, { "LIMIT", true },
		{ "BACKEND", true }, { "IMPORTER", true },
		{ "OUT OF REACH", true },
	};
	struct table t;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < count; i++, account++) {
		add_name(&t, account);
		table_add_u64(&t, account->failed_no_memory);
		table_add_u64(&t, account->failed_limit);
		table_add_u64(&t, account->failed_backend);
		table_add_u64(&t, account->failed_importer);
		table_add_u64(&t, account->failed_reach);
	}
	table_print(&t, "  ");
	table_deinit(&t);
}

static void print_importers(const struct rstmem_account *account, size_t count)
{
	static const struct column columns[] = {
		{ "IMPORTERS", false }, { "", false },
	};
	char list[RSTMEM_IMPORTERS_SIZE];
	struct table t;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < count; i++, account++) {
		add_name(&t, account);
		table_add(&t, rstmem_account_importers(account, list,
						       sizeof(list)) ?
			  "unknown" : list);
	}
	table_print(&t, "  ");
	table_deinit(&t);
}

/* Accounts of a device follow each other. */
static void print_text(const struct accounts *accounts)
{
	const struct rstmem_account *a = accounts->account;
	size_t i, count;

	for (i = 0; i < accounts->count; i += count) {
		for (count = 1; i + count < accounts->count; count++) {
			if (a[i + count].device != a[i].device)
				break;
		}
		printf("%s/dev/tee%d\n", i ? "\n" : "", a[i].device);
		print_usage(a + i, count);
		putchar('\n');
		print_limits(a + i, count);
		putchar('\n');
		print_failures(a + i, count);
		putchar('\n');
		print_importers(a + i, count);
	}
}

int cmd_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "use-case", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":d:ju:h";
	struct filter filter = FILTER_ALL;
	struct json json = { .out = stdout };
	int c, ret, status = EXIT_OK;
	struct accounts accounts;
	bool is_json = false;

	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (c) {
		case 'd':
		case 'u':
			ret = filter_option(&filter, c, argv[0]);
			if (ret)
				return ret;
			break;
		case 'j':
			is_json = true;
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

	ret = accounts_read(&accounts, &filter);
	if (ret)
		return accounts_error(ret);
	if (!accounts.count)
		status = filter_nothing(&filter);
	if (is_json) {
		json_begin(&json, NULL, '{');
		accounts_print_json(&json, &accounts);
		json_end(&json, '}');
	} else {
		print_text(&accounts);
	}
	accounts_deinit(&accounts);
	return finish_output(status);
}
