// SPDX-License-Identifier: GPL-2.0-only
/* Messages: one line on stderr each; and the last look at stdout. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "common.h"

/* Arguments and names may be in it: no newline or control gets through. */
static void __attribute__((format(printf, 1, 0)))
message(const char *format, va_list args)
{
	char text[PATH_MAX + 1024], clean[sizeof(text)];

	vsnprintf(text, sizeof(text), format, args);
	fprintf(stderr, "rstmem: %s", text_clean(text, clean, sizeof(clean)));
}

void error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* @verb may be NULL. Return: the exit status. */
int usage_error(const char *verb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	if (verb)
		fprintf(stderr, "; try: rstmem %s --help\n", verb);
	else
		fputs("; try: rstmem --help\n", stderr);
	return EXIT_USAGE;
}

/*
 * About what getopt_long() returned, with opterr 0 and ":" leading in @letters,
 * the options it was given. Return: the exit status.
 */
int option_error(int c, char **argv, const char *letters)
{
	const char *last = argv[optind - 1];

	if (c == ':')
		return usage_error(argv[0], "option %s needs a value", last);
	if (!optopt)
		return usage_error(argv[0], "unknown option %s", last);
	/* Known after all: a long option with "=". Not all in @letters are letters. */
	if (optopt > UCHAR_MAX || (isalpha(optopt) && strchr(letters, optopt)))
		return usage_error(argv[0], "option %s is not one that takes a value",
				   last);
	/* A letter in a bundle has no word of its own. */
	return usage_error(argv[0], "unknown option -%c", optopt);
}

/*
 * Parse the options of a verb that has only --json and --help. Return: below 0 to go on,
 * else the exit status.
 */
int parse_only_json(int argc, char **argv, const char *help, bool *is_json)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":jh";
	int c;

	*is_json = false;
	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (c) {
		case 'j':
			*is_json = true;
			break;
		case 'h':
			fputs(help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	return -1;
}

/*
 * Call it after all is printed: a full disk or a closed stdout shows here.
 * Return: @status, or EXIT_FAILED when something was lost.
 */
int finish_output(int status)
{
	if (fflush(stdout)) {
		error("cannot write the output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (ferror(stdout)) {
		error("cannot write the output");
		return EXIT_FAILED;
	}

	return status;
}
