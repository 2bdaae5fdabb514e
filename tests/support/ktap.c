// SPDX-License-Identifier: GPL-2.0-only
/* KTAP for test programs, see ktap.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "ktap.h"

static unsigned int cases, failed, skipped;

void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("KTAP version 1");
}

static bool result(bool ok, const char *name, va_list args)
{
	cases++;
	if (!ok)
		failed++;
	printf("%s %u - ", ok ? "ok" : "not ok", cases);
	vprintf(name, args);
	putchar('\n');
	return ok;
}

bool ktap(bool ok, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(ok, name, args);
	va_end(args);
	return ok;
}

bool ktap_eq_(const char *expr, long long got, long long want,
	      const char *name, ...)
{
	va_list args;

	if (got != want)
		ktap_note("%s is %lld, not %lld", expr, got, want);
	va_start(args, name);
	result(got == want, name, args);
	va_end(args);
	return got == want;
}

void ktap_skip(const char *name, const char *why)
{
	cases++;
	skipped++;
	printf("ok %u - %s # SKIP %s\n", cases, name, why);
}

void ktap_note(const char *fmt, ...)
{
	va_list args;

	fputs("# ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void ktap_bail(const char *fmt, ...)
{
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

int ktap_end(void)
{
	printf("1..%u\n", cases);
	if (failed)
		return 1;
	if (cases && cases == skipped)
		return KTAP_EXIT_SKIP;
	return 0;
}
