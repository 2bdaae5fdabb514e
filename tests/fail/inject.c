// SPDX-License-Identifier: GPL-2.0-only
/* See inject.h. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/guest.h"
#include "../support/ktap.h"
#include "inject.h"

#define DEBUG	"/sys/kernel/debug/"

static int fail_nth;

static void knob(const char *what, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUG "%s/%s", what, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		ktap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

static const char *const kinds[] = {
	"failslab", "fail_page_alloc", "fail_usercopy",
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

/* Omits the sites that a function of the kernel leads to, and no others. */
void leave_out(const char *function)
{
	unsigned long addr, start = 0, end = 0;
	FILE *f = fopen("/proc/kallsyms", "r");
	char name[128], first[32], last[32];
	size_t n;

	if (!f)
		ktap_bail("/proc/kallsyms: %s", strerror(errno));
	/* The lines are in the order of addresses, and end with the modules. */
	while (!end && fscanf(f, "%lx %*c %127s%*[^\n]", &addr, name) == 2) {
		if (!strcmp(name, function))
			start = addr;
		else if (start)
			end = addr;
	}
	fclose(f);
	if (!start || !end)
		ktap_bail("this kernel has no %s", function);
	snprintf(first, sizeof(first), "%#lx", start);
	snprintf(last, sizeof(last), "%#lx", end);
	for (n = 0; n < KINDS; n++) {
		knob(kinds[n], "reject-start", first);
		knob(kinds[n], "reject-end", last);
	}
}

bool injection_start(void)
{
	size_t n;

	if (access(DEBUG "failslab", F_OK))
		return false;
	for (n = 0; n < KINDS; n++) {
		/* Keep the kernel log for faults. */
		knob(kinds[n], "verbose", "0");
		if (n < 2)
			knob(kinds[n], "ignore-gfp-wait", "N");
	}
	if (!access(DEBUG "kmemleak", F_OK))
		leave_out(KMEMLEAK);
	knob("fail_page_alloc", "ignore-gfp-highmem", "N");
	knob("fail_page_alloc", "min-order", "0");
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		ktap_bail("fail-nth: %s", strerror(errno));
	return true;
}

/*
 * From here on, inject into all caches but kmemleak's, so that leave_out() is free for
 * another function.
 */
void injection_of_caches(void)
{
	glob_t found;
	size_t n;

	if (glob("/sys/kernel/slab/*/failslab", 0, NULL, &found))
		ktap_bail("no caches in sysfs");
	for (n = 0; n < found.gl_pathc; n++)
		if (!strstr(found.gl_pathv[n], "/kmemleak_") &&
		    guest_write(found.gl_pathv[n], "1"))
			ktap_bail("cannot set %s", found.gl_pathv[n]);
	globfree(&found);
	knob("failslab", "cache-filter", "Y");
}

/*
 * From here on, inject only at sites that a module's code leads to: the stock loader of
 * modules has hundreds of its own. The range is that of modules on x86.
 */
void injection_of_modules(void)
{
	size_t n;

	for (n = 0; n < KINDS; n++) {
		knob(kinds[n], "require-start", "0xffffffffc0000000");
		knob(kinds[n], "require-end", "0xffffffffff000000");
	}
}

/* From here on, site @nth of this task fails. */
void fail_at(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		ktap_bail("fail-nth: %s", strerror(errno));
}

/* Stops the injection. Returns whether the site was reached. */
bool fail_stop(void)
{
	char text[16] = "";
	bool hit;

	/* Both calls are sites themselves; one of them may be the one that fails. */
	hit = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && !atoi(text);
	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	return hit;
}
