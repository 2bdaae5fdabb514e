// SPDX-License-Identifier: GPL-2.0-only
/* Options of the verbs. */
#include <ctype.h>
#include <string.h>

#include "common.h"

/* Look for --json behind any errors: they are to be printed as such. */
static bool has_json(int argc, char **argv, const char *letters,
		     const struct option *options)
{
	bool found = false;
	int c;

	for (;;) {
		c = getopt_long(argc, argv, letters, options, NULL);
		found |= c == 'j';
		if (c != -1)
			continue;
		/* With "+" it stops at a word, which may be the value of alloc -H. */
		if (*letters != '+' || optind >= argc ||
		    !strcmp(argv[optind - 1], "--"))
			break;
		optind++;
	}
	optind = 0;
	return found;
}

/* getopt_long() of the only verb that is run. */
int option_next(int argc, char **argv, const char *letters,
		const struct option *options)
{
	static bool is_begun;

	if (!is_begun && has_json(argc, argv, letters, options))
		error_use_json();
	is_begun = true;
	return getopt_long(argc, argv, letters, options, NULL);
}

/*
 * Report the error that getopt_long() returned, with opterr 0 and ":" leading in @letters,
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
