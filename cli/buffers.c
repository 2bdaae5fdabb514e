// SPDX-License-Identifier: GPL-2.0-only
/* rstmem buffers: the live buffers, and the processes that asked for them. */
#include "verbs.h"

const char buffers_help[] =
"Usage: rstmem buffers [-d PATH] [-u NAME|N] [-x KEY] [-r]\n"
"                      [-o LIST] [--noheadings] [-b] [-j]\n"
"\n"
"Lists the live buffers with size, age, the process that asked for them, the\n"
"processes that hold them (PID:FD COMMAND), and the devices that have mapped them.\n"
"Only root may read the list, which is in debugfs.\n"
"\n"
"  -d, --device PATH    only of this TEE device, such as /dev/tee0, gone or not\n"
"  -u, --use-case NAME  only of this use case\n"
"  -x, --sort KEY       size (default), age, user, pid, command or account\n"
"  -r, --reverse        reverse the order\n"
"  -o, --output LIST    these columns: SIZE, ACCOUNT, AGE, USER, PID, COMMAND,\n"
"                       PROCESS, REFS, INODE, IMPORTERS, HOLDERS\n"
"      --noheadings     no titles\n"
"  -b, --bytes          sizes in bytes\n"
"  -j, --json           for programs: one JSON object, size in bytes\n"
"  -h, --help           show this help\n";

int cmd_buffers(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		OPTION_JSON, OPTION_BYTES, OPTIONS_TABLE,
		{ "reverse", no_argument, NULL, 'r' },
		{ "sort", required_argument, NULL, 'x' },
		{ "use-case", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":bd:jo:ru:x:h";
	struct order order = { .key = ORDER_SIZE };
	struct filter filter = FILTER_ALL;
	struct json json = { .out = stdout };
	struct reason reason;
	struct buffers list;
	struct table t;
	struct output output = { 0 };
	int c, ret;

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
		case 'r':
			order.reverse = true;
			break;
		case 'x':
			if (order_parse(&order, optarg) || order.key == ORDER_BUFFERS)
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
	ret = output_check(&output, argv[0], holders_columns, HOLDERS_COLUMNS);
	if (ret)
		return ret;

	ret = buffers_read(&list, &filter);
	if (ret) {
		buffers_explain(ret, &reason);
		return reason_print(&reason);
	}

	holders_find(&list);
	buffers_sort(&list, &order);
	if (output.is_json) {
		json_begin(&json, NULL, '{');
		buffers_print_json(&json, &list);
		json_end(&json, '}');
	} else {
		view_buffers(&t, &list, VIEW_HOLDERS, NULL, &output);
		table_print(&t, "");
		table_deinit(&t);
	}
	buffers_deinit(&list);
	return finish_output(EXIT_OK);
}
