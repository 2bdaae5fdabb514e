// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: one line on stderr each, which JSON repeats; and the last look at stdout.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "common.h"

#define MESSAGE_TEXT	(PATH_MAX + 1024)

/* The error for JSON, the first that was not printed yet. */
static struct {
	bool in_json;		/* --json is given */
	bool is_known;
	bool is_printed;
	const char *reason;
	char text[MESSAGE_TEXT];
	char advice[MESSAGE_TEXT];
} last;

/* Arguments and names may be in it: no newline or control gets through. */
static void print_line(const char *text, const char *advice)
{
	char line[2 * MESSAGE_TEXT], clean[sizeof(line)];

	snprintf(line, sizeof(line), "%s%s%s", text, *advice ? "; " : "", advice);
	fprintf(stderr, "rstmem: %s\n", text_clean(line, clean, sizeof(clean)));
}

/* An error that JSON does not have: it has been printed, or cannot be. */
void error(const char *format, ...)
{
	char text[MESSAGE_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_line(text, "");
}

/* @reason: a name for programs; @advice: the next step, or "". */
void error_report(const char *reason, const char *text, const char *advice)
{
	print_line(text, advice);
	if (last.is_known && !last.is_printed)
		return;
	last.is_known = true;
	last.is_printed = false;
	last.reason = reason;
	snprintf(last.text, sizeof(last.text), "%s", text);
	snprintf(last.advice, sizeof(last.advice), "%s", advice);
}

/* @verb may be NULL. Return: the exit status. */
int usage_error(const char *verb, const char *format, ...)
{
	char text[MESSAGE_TEXT], advice[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(advice, sizeof(advice), "try: rstmem %s%s--help",
		 verb ? verb : "", verb ? " " : "");
	error_report("usage", text, advice);
	return EXIT_USAGE;
}

/* From now on stdout is for JSON. */
void error_use_json(void)
{
	last.in_json = true;
}

/* The error is over. */
void error_forget(void)
{
	last.is_known = false;
}

/* Add the error, if there is one, to an object. */
void error_print_json(struct json *json)
{
	if (!last.is_known)
		return;
	json_string(json, "error", last.text);
	json_string(json, "reason", last.reason);
	if (*last.advice)
		json_string(json, "advice", last.advice);
	else
		json_null(json, "advice");
	last.is_printed = true;
}

/*
 * At the end: print an object with the error if no other object had it. Return: @status,
 * or EXIT_FAILED when the output was lost.
 */
int error_finish(int status)
{
	struct json json = { .out = stdout, .one_line = true };

	if (!last.in_json || !last.is_known || last.is_printed)
		return status;
	json_begin(&json, NULL, '{');
	error_print_json(&json);
	json_end(&json, '}');
	return finish_output(status);
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
