// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem top: memory and the processes that use it, again and again. top_screen.c
 * shows them on a terminal; elsewhere they are text, or JSON with a line a round.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verbs.h"

const char top_help[] =
"Usage: rstmem top [-i SECONDS] [-n COUNT] [-d PATH] [-u NAME|N]\n"
"                  [-v VIEW] [-x KEY] [-r] [-t | -j]\n"
"\n"
"Shows how full restricted memory is and which processes use it, until q or a signal\n"
"ends it. Prints text, round after round, where stdout is not a terminal. Only root\n"
"sees processes, users and buffers.\n"
"\n"
"  -i, --interval SECONDS  time between rounds, 0.1 to 3600 (default 1)\n"
"  -n, --count COUNT       end after this many rounds\n"
"  -d, --device PATH       only of this TEE device, such as /dev/tee0\n"
"  -u, --use-case NAME     only of this use case\n"
"  -v, --view VIEW         processes (default), users or buffers\n"
"  -x, --sort KEY          size (default), buffers, age, user, pid, command or\n"
"                          account\n"
"  -r, --reverse           reverse the order\n"
"  -t, --text              text, also on a terminal\n"
"  -j, --json              for programs: one JSON object a line, sizes in bytes\n"
"  -h, --help              show this help\n"
"\n"
"On a terminal, h explains the keys.\n";

/* Read all that a round shows. Return: 0 or -errno. */
int top_read(struct top *top)
{
	int ret;

	accounts_deinit(&top->accounts);
	buffers_deinit(&top->buffers);
	ret = accounts_read(&top->accounts, &top->filter);
	if (ret)
		return ret;
	top->buffers_err = buffers_read(&top->buffers, &top->filter);
	return 0;
}

/* Return: 0, or -EINVAL when @text is no number of seconds within the bounds. */
int top_parse_interval(const char *text, unsigned int *ms)
{
	double seconds;
	char *end;

	if (!*text || text[strspn(text, "0123456789.")])
		return -EINVAL;
	seconds = strtod(text, &end);
	if (*end || seconds * 1000 < TOP_LEAST_MS || seconds * 1000 > TOP_MOST_MS)
		return -EINVAL;
	*ms = (unsigned int)(seconds * 1000 + 0.5);
	return 0;
}

static void print_text(struct top *top)
{
	char now[32], rules[RULES_TEXT], line[TABLE_LINE], text[REASON_TEXT];
	struct reason reason;
	time_t seconds = time(NULL);
	struct tm tm;
	struct table t;
	size_t i;

	localtime_r(&seconds, &tm);
	strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S", &tm);
	puts(now);
	view_accounts(&t, &top->accounts, 20, true);
	table_header(&t, line);
	puts(line);
	for (i = 0; i < top->accounts.count; i++) {
		table_row(&t, i, line);
		puts(line);
		if (*view_rules(&top->accounts.account[i], rules))
			printf("  %s\n", rules);
	}
	table_deinit(&t);
	putchar('\n');

	if (top->buffers_err) {
		buffers_explain(top->buffers_err, &reason);
		puts(reason_text(&reason, text));
		return;
	}
	buffers_group(&top->buffers, top->view);
	buffers_sort(&top->buffers, &top->order);
	view_buffers(&t, &top->buffers, top->view, &top->accounts,
		     NULL);
	table_print(&t, "");
	table_deinit(&t);
}

static void print_json(struct top *top)
{
	struct json json = { .out = stdout, .one_line = true };
	char text[REASON_TEXT];
	struct reason reason;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_begin(&json, NULL, '{');
	json_u64(&json, "time_ms", (uint64_t)now.tv_sec * 1000 +
				   (uint64_t)now.tv_nsec / 1000000);
	accounts_print_json(&json, &top->accounts);
	if (top->buffers_err) {
		json_null(&json, "buffers");
		buffers_explain(top->buffers_err, &reason);
		json_string(&json, "buffers_error", reason_text(&reason, text));
	} else {
		buffers_sort(&top->buffers, &top->order);
		buffers_print_json(&json, &top->buffers);
	}
	error_print_json(&json);
	json_end(&json, '}');
}

/* Rounds do not drift; late ones are left out. */
static void wait_for_next(struct timespec *next, unsigned int ms)
{
	struct timespec now;

	next->tv_sec += ms / 1000;
	next->tv_nsec += ms % 1000 * 1000000L;
	if (next->tv_nsec >= 1000000000L) {
		next->tv_sec++;
		next->tv_nsec -= 1000000000L;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > next->tv_sec ||
	    (now.tv_sec == next->tv_sec && now.tv_nsec > next->tv_nsec))
		*next = now;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL) == EINTR)
		;
}

/* Devices may come and go: the status is that of the last round. */
static int print_rounds(struct top *top, bool is_json)
{
	int ret, status = EXIT_OK;
	struct timespec next;
	uint64_t round;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (round = 0;;) {
		ret = top_read(top);
		if (ret)
			return accounts_error(ret);
		if (top->accounts.count) {
			error_forget();
			status = EXIT_OK;
		} else if (status == EXIT_OK) {
			status = filter_nothing(&top->filter);
		}
		if (is_json)
			print_json(top);
		else
			print_text(top);
		if (finish_output(EXIT_OK))
			return EXIT_FAILED;
		if (++round == top->rounds)
			return status;
		wait_for_next(&next, top->interval_ms);
		if (!is_json)
			putchar('\n');
	}
}

static int parse_view(const char *name, enum view *view)
{
	int i;

	for (i = VIEW_PROCESSES; i <= VIEW_BUFFERS; i++) {
		if (!strcmp(name, view_name((enum view)i))) {
			*view = (enum view)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_count(const char *text, uint64_t *count)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*count = strtoull(text, &end, 10);
	return *end || errno || !*count ? -EINVAL : 0;
}

int cmd_top(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "device", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "sort", required_argument, NULL, 'x' },
		{ "text", no_argument, NULL, 't' },
		{ "use-case", required_argument, NULL, 'u' },
		{ "view", required_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":d:i:jn:rtu:v:x:h";
	struct top top = {
		.filter = FILTER_ALL,
		.interval_ms = TOP_INTERVAL_MS,
	};
	bool is_json = false, is_text = false;
	int c, ret;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		switch (c) {
		case 'd':
		case 'u':
			ret = filter_option(&top.filter, c, argv[0]);
			if (ret)
				return ret;
			break;
		case 'i':
			if (top_parse_interval(optarg, &top.interval_ms))
				return usage_error(argv[0], "--interval takes 0.1 to 3600 seconds, not \"%s\"",
						   optarg);
			break;
		case 'j':
			is_json = true;
			break;
		case 'n':
			if (parse_count(optarg, &top.rounds))
				return usage_error(argv[0], "--count takes a number above 0, not \"%s\"",
						   optarg);
			break;
		case 'r':
			top.order.reverse = true;
			break;
		case 'x':
			if (order_parse(&top.order, optarg))
				return usage_error(argv[0], "--sort takes size, buffers, age, user, pid, command or account, not \"%s\"",
						   optarg);
			break;
		case 't':
			is_text = true;
			break;
		case 'v':
			if (parse_view(optarg, &top.view))
				return usage_error(argv[0], "--view takes processes, users or buffers, not \"%s\"",
						   optarg);
			break;
		case 'h':
			fputs(top_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	if (is_json && is_text)
		return usage_error(argv[0], "--json and --text exclude each other");

	if (!is_json && !is_text && screen_works())
		ret = screen_run(&top);
	else
		ret = print_rounds(&top, is_json);
	accounts_deinit(&top.accounts);
	buffers_deinit(&top.buffers);
	return ret;
}
