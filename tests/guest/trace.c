// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints: their names and fields, which are an interface, and what they say. */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define TRACING	"/sys/kernel/tracing/"

static void set(const char *file, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), TRACING "%s", file);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		ktap_bail("%s: %s", path, strerror(errno));
}

/* An event's own fields in order, with a space after each. */
static void test_fields(const char *event, const char *want)
{
	char path[128], line[256], got[256] = "", *name, *end;
	FILE *f;

	snprintf(path, sizeof(path), TRACING "events/rstmem/%s/format", event);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		end = strchr(line, ';');
		if (strncmp(line, "\tfield:", 7) || !end)
			continue;
		*end = 0;
		name = strrchr(line, ' ') + 1;
		name[strcspn(name, "[")] = 0;
		if (!strncmp(name, "common_", 7))
			continue;
		strcat(got, name);
		strcat(got, " ");
	}
	if (f)
		fclose(f);
	if (!ktap(!strcmp(got, want), "%s: has the documented fields", event))
		ktap_note("they are %s", got);
}

/* Whether the trace has a line that ends in a pattern. */
static bool traced(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static bool traced(const char *format, ...)
{
	char pattern[256], line[512];
	bool found = false;
	regex_t regex;
	va_list args;
	size_t n;
	FILE *f;

	n = snprintf(pattern, sizeof(pattern), ": ");
	va_start(args, format);
	n += vsnprintf(pattern + n, sizeof(pattern) - n, format, args);
	va_end(args);
	snprintf(pattern + n, sizeof(pattern) - n, "\n$");
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		ktap_bail("%s", pattern);
	f = fopen(TRACING "trace", "r");
	while (f && !found && fgets(line, sizeof(line), f))
		found = !regexec(&regex, line, 0, NULL, 0);
	if (f)
		fclose(f);
	regfree(&regex);
	if (!found)
		ktap_note("nothing in the trace like %s", pattern);
	return found;
}

static void test_events(int tee, int edu)
{
	unsigned long ino;
	struct stat st;
	int buf;

	buf = tee_rstmem(tee, VIDEO, 5000, NULL);
	fstat(buf, &st);
	ino = st.st_ino;
	ktap(traced("rstmem_alloc: %s ino=%lu size=8192 wanted=5000 paddr=0x[0-9a-f]+",
		    VIDEO_ACCOUNT, ino), "rstmem_alloc: traces an allocation");
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL), 0,
		"rstmem_map: a device can map while traced");
	edu_unmap(edu);
	ktap(traced("rstmem_attach: %s ino=%lu size=8192 device=[0-9a-f:.]+",
		    VIDEO_ACCOUNT, ino), "rstmem_attach: traces an attachment");
	ktap(traced("rstmem_map: %s ino=%lu size=8192 device=[0-9a-f:.]+ dir=to-device addr=0x[0-9a-f]+ segments=1",
		    VIDEO_ACCOUNT, ino), "rstmem_map: traces a mapping");
	ktap(traced("rstmem_unmap: %s ino=%lu size=8192 device=[0-9a-f:.]+",
		    VIDEO_ACCOUNT, ino),
	     "rstmem_unmap: traces the end of a mapping");
	ktap(traced("rstmem_detach: %s ino=%lu size=8192 device=[0-9a-f:.]+",
		    VIDEO_ACCOUNT, ino),
	     "rstmem_detach: traces the end of an attachment");

	account_write(VIDEO_ACCOUNT, "importers", "none");
	edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);
	account_write(VIDEO_ACCOUNT, "importers", "any");
	ktap(traced("rstmem_refuse: %s ino=%lu size=8192 device=[0-9a-f:.]+ error=-1",
		    VIDEO_ACCOUNT, ino),
	     "rstmem_refuse: traces a device that may not attach");
	edu_mask(edu, 24);
	edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);
	ktap(traced("rstmem_refuse: %s ino=%lu size=8192 device=[0-9a-f:.]+ error=-%d",
		    VIDEO_ACCOUNT, ino, ERANGE),
	     "rstmem_refuse: traces a device that cannot reach the buffer");
	edu_mask(edu, 28);

	close(buf);
	ktap(traced("rstmem_free: %s ino=%lu size=8192", VIDEO_ACCOUNT, ino),
	     "rstmem_free: traces the end of a buffer");
	tee_rstmem(tee, VIDEO, 1 << 30, NULL);
	ktap(traced("rstmem_alloc_refuse: %s wanted=1073741824 error=-%d",
		    VIDEO_ACCOUNT, ENOMEM),
	     "rstmem_alloc_refuse: traces an allocation that does not fit");
}

int main(void)
{
	int tee, edu;

	ktap_start();
	tee = target_open();
	edu = edu_open();
	test_fields("rstmem_alloc", "account ino size wanted paddr ");
	test_fields("rstmem_alloc_refuse", "account wanted error ");
	test_fields("rstmem_free", "account ino size ");
	test_fields("rstmem_attach", "account ino size device ");
	test_fields("rstmem_detach", "account ino size device ");
	test_fields("rstmem_unmap", "account ino size device ");
	test_fields("rstmem_map", "account ino size device dir addr segments ");
	test_fields("rstmem_refuse", "account ino size device error ");

	edu_mask(edu, 40);
	set("events/rstmem/enable", "1");
	test_events(tee, edu);
	set("events/rstmem/enable", "0");
	close(edu);
	close(tee);
	return ktap_end();
}
