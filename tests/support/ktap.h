/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KTAP (Documentation/dev-tools/ktap.rst of the kernel) for test programs.
 *
 *	int main(void)
 *	{
 *		ktap_start();
 *		ktap(1 + 1 == 2, "sums");
 *		ktap_skip("flies", "no wings");
 *		return ktap_end();
 *	}
 */
#ifndef _TESTS_KTAP_H
#define _TESTS_KTAP_H

#include <stdbool.h>

/* Exit status of a program all of whose cases were skipped. */
#define KTAP_EXIT_SKIP	4

/* Before the first case. Line buffers stdout, so that a crash loses nothing. */
void ktap_start(void);

/* A case: a result and a name in printf's way. Returns @ok. */
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

/* A case that cannot run here, and why. */
void ktap_skip(const char *name, const char *why);

/* A diagnostic line. */
void ktap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Something that no test can go on without: says so and exits with failure. */
void ktap_bail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Prints the plan. Returns the exit status: 0, 1 or KTAP_EXIT_SKIP. */
int ktap_end(void);

#endif
