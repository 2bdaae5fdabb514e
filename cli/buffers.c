// SPDX-License-Identifier: GPL-2.0-only
/* rstmem buffers: which there are, and who asked for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const char buffers_help[] =
"Usage: rstmem buffers [-d PATH] [-u NAME|N] [-s KEY] [-r] [-j]\n"
"\n"
"Lists the buffers that are alive: how large and how old they are, who asked for\n"
"them, and who has them. For root, since it is in debugfs.\n"
"\n"
"  -d, --device PATH    only of this TEE device, such as /dev/tee0, gone or not\n"
"  -u, --use-case NAME  only of this use case\n"
"  -s, --sort KEY       size (default), age, user, pid, command or account\n"
"  -r, --reverse        the other way round\n"
"  -j, --json           for programs: one JSON object, size in bytes\n"
"  -h, --help           show this help\n";

typedef int (*compare_fn)(const struct held *a, const struct held *b);

#define COMPARE(a, b)	(((a) > (b)) - ((a) < (b)))

static int by_size(const struct held *a, const struct held *b)
{
	return COMPARE(b->size, a->size);
}

static int by_age(const struct held *a, const struct held *b)
{
	return COMPARE(b->age_ms, a->age_ms);
}

static int by_user(const struct held *a, const struct held *b)
{
	char x[OWNER_TEXT], y[OWNER_TEXT];

	if (a->by_kernel != b->by_kernel)
		return COMPARE(a->by_kernel, b->by_kernel);
	return strcmp(user_name(a->uid, x), user_name(b->uid, y));
}

static int by_pid(const struct held *a, const struct held *b)
{
	return COMPARE(a->pid, b->pid);
}

static int by_command(const struct held *a, const struct held *b)
{
	return strcmp(a->comm, b->comm);
}

static int by_account(const struct held *a, const struct held *b)
{
	if (a->device != b->device)
		return COMPARE(a->device, b->device);
	return COMPARE(a->use_case, b->use_case);
}

static const struct key {
	const char *name;
	compare_fn compare;
} keys[] = {
	{ "size", by_size }, { "age", by_age }, { "user", by_user },
	{ "pid", by_pid }, { "command", by_command }, { "account", by_account },
};

/* qsort() has no room for arguments of its own. */
static compare_fn sort_compare;
static bool sort_reverse;

static int compare(const void *x, const void *y)
{
	const struct held *a = x, *b = y;
	int order = sort_compare(a, b);

	/* The oldest of equals first, as in the kernel's list. */
	if (!order)
		order = by_age(a, b);
	if (!order)
		order = COMPARE(a->ino, b->ino);
	return sort_reverse ? -order : order;
}

static int parse_key(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(name, keys[i].name)) {
			sort_compare = keys[i].compare;
			return 0;
		}
	}
	return -EINVAL;
}

static void print_text(const struct held_list *list)
{
	static const struct column columns[] = {
		{ "SIZE", true }, { "ACCOUNT", false }, { "AGE", true },
		{ "USER", false }, { "PID", true }, { "COMMAND", false },
		{ "PROCESS", false }, { "REFS", true }, { "FILES", true },
		{ "INODE", true }, { "IMPORTERS", false },
	};
	char text[128];
	struct table t;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < list->count; i++) {
		const struct held *held = &list->held[i];

		table_add_size(&t, held->size);
		snprintf(text, sizeof(text), "%s%s", held->account,
			 held->gone ? " (gone)" : "");
		table_add(&t, text);
		table_add(&t, age_format(held->age_ms, text));
		table_add(&t, held->by_kernel ? "kernel" :
			  user_name(held->uid, text));
		table_add_u64(&t, (uint64_t)held->pid);
		table_add(&t, held->comm);
		table_add(&t, process_text(held->process));
		table_add_u64(&t, held->refs);
		table_add_u64(&t, held->files);
		if (held->has_ino)
			table_add_u64(&t, held->ino);
		else
			table_add(&t, "-");
		table_add(&t, held->importers ? held->importers : "-");
	}
	table_print(&t, "");
	table_deinit(&t);
}

int cmd_buffers(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "sort", required_argument, NULL, 's' },
		{ "use-case", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":d:jrs:u:h";
	struct filter filter = FILTER_ALL;
	struct json json = { .out = stdout };
	struct held_list list;
	bool is_json = false;
	int c, ret;

	sort_compare = by_size;
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
		case 'r':
			sort_reverse = true;
			break;
		case 's':
			if (parse_key(optarg))
				return usage_error(argv[0], "--sort takes size, age, user, pid, command or account, not \"%s\"",
						   optarg);
			break;
		case 'h':
			fputs(buffers_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);

	ret = held_read(&list, &filter);
	if (ret)
		return held_error(ret);

	if (list.count)
		qsort(list.held, list.count, sizeof(*list.held), compare);
	if (is_json) {
		json_begin(&json, NULL, '{');
		held_print_json(&json, &list);
		json_end(&json, '}');
	} else {
		print_text(&list);
	}
	held_deinit(&list);
	return finish_output(EXIT_OK);
}
