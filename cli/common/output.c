// SPDX-License-Identifier: GPL-2.0-only
/* The form of a verb's output: JSON, or tables with chosen columns. */
#include <string.h>

#include "common.h"

/* For getopt_long(), which returned @c. Return: true when it was one of these options. */
bool output_option(struct output *output, int c)
{
	switch (c) {
	case 'b':
		output->is_bytes = true;
		return true;
	case 'j':
		output->is_json = true;
		return true;
	case 'o':
		output->columns = optarg;
		return true;
	case OPTION_NO_HEADINGS:
		output->no_headings = true;
		return true;
	default:
		return false;
	}
}

/* Return: 0, or the exit status after a message. */
int output_check(const struct output *output, const char *verb,
		 const struct column *columns, unsigned int count)
{
	struct table t;
	const char *rest;

	if (output->is_json &&
	    (output->columns || output->no_headings || output->is_bytes))
		return usage_error(verb, "--json excludes --output, --noheadings and --bytes: it has all members, in bytes");
	if (!output->columns)
		return 0;
	table_init(&t, columns, count);
	rest = table_show(&t, output->columns);
	if (rest)
		return usage_error(verb, "\"%.*s\" is not a column to show",
				   (int)strcspn(rest, ","), rest);
	return 0;
}

/* True when a verb with several tables shall print one without titles around it. */
bool output_is_flat(const struct output *output)
{
	return output->columns || output->no_headings;
}

/* @t is new. The columns passed output_check(). */
void output_apply(const struct output *output, struct table *t)
{
	t->is_bytes = output->is_bytes;
	t->no_headings = output->no_headings;
	if (output->columns)
		table_show(t, output->columns);
}
