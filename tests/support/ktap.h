/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP (Documentation/dev-tools/ktap.rst of the kernel) for test programs.
 *
 *	int main(void)
 *	{
 *		ktap_start();
 *		ktap(1 + 1 == 2, "sum: adds two numbers");
 *		ktap_skip("bird: flies", "no wings");
 *		return ktap_end();
 *	}
 */
#ifndef _TESTS_KTAP_H
#define _TESTS_KTAP_H

#include <stdbool.h>

/* The exit status when all cases were skipped. */
#define KTAP_EXIT_SKIP	4

/* Call it before the first case. Makes stdout line buffered: a crash loses nothing. */
void ktap_start(void);

/* A case: a result, and a name in the format of printf(). Returns @ok. */
bool ktap(bool ok, const char *name, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A case that compares. On failure a diagnostic line shows both values. @got
 * and @want are evaluated once.
 */
#define ktap_eq(got, want, ...) \
	ktap_eq_(#got, (long long)(got), (long long)(want), __VA_ARGS__)
bool ktap_eq_(const char *expr, long long got, long long want,
	      const char *name, ...) __attribute__((format(printf, 4, 5)));

/* A case that cannot run here, and the reason. */
void ktap_skip(const char *name, const char *why);

/* A diagnostic line. */
void ktap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints why no test can go on, and exits with failure. */
void ktap_bail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Prints the plan. Returns the exit status: 0, 1 or KTAP_EXIT_SKIP. */
int ktap_end(void);

#endif
