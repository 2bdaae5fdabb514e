// SPDX-License-Identifier: GPL-2.0-only
/* Coverage, see cover.h and Documentation/dev-tools/kcov.rst. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "../support/ktap.h"
#include "cover.h"

#define ENTRIES		(256UL << 10)
/* More than twice the number of probes in the modules. */
#define SEEN		(64UL << 10)

/* A hash table of reached probes, shared by all processes. */
static _Atomic unsigned long *seen;
static unsigned long *trace;

bool cover_init(void)
{
	if (access("/sys/kernel/debug/kcov", R_OK | W_OK))
		return false;
	seen = mmap(NULL, SEEN * sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return seen != MAP_FAILED;
}

void cover_start(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, ENTRIES))
		ktap_bail("kcov: %s", strerror(errno));
	trace = mmap(NULL, ENTRIES * sizeof(*trace), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	if (trace == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		ktap_bail("kcov: %s", strerror(errno));
	trace[0] = 0;
}

void cover_begin(void)
{
	trace[0] = 0;
}

void cover_end(void)
{
	unsigned long n, count = trace[0], at, pc, there;

	for (n = 1; n <= count; n++) {
		pc = trace[n];
		for (at = pc * 0x9e3779b97f4a7c15 >> 48; ; at++) {
			there = 0;
			if (__atomic_compare_exchange_n((unsigned long *)&seen[at % SEEN],
							&there, pc, false,
							__ATOMIC_RELAXED,
							__ATOMIC_RELAXED) ||
			    there == pc)
				break;
		}
	}
	trace[0] = 0;
}

void cover_print(void)
{
	static const char * const modules[] = {
		"tee_rstmem", "rstmem_heap", "softtee",
	};
	unsigned long n, m, start, size, count = 0;
	char path[96];
	FILE *f;

	for (m = 0; m < sizeof(modules) / sizeof(*modules); m++) {
		snprintf(path, sizeof(path), "/sys/module/%s/sections/.text",
			 modules[m]);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%lx", &start) != 1)
			ktap_bail("%s: %s", path, strerror(errno));
		fclose(f);
		snprintf(path, sizeof(path), "/sys/module/%s/coresize", modules[m]);
		f = fopen(path, "r");
		if (!f || fscanf(f, "%lu", &size) != 1)
			ktap_bail("%s: %s", path, strerror(errno));
		fclose(f);
		for (n = 0; n < SEEN; n++)
			if (seen[n] - start < size) {
				ktap_note("cover %s 0x%lx", modules[m],
					  seen[n] - start);
				count++;
			}
	}
	/* KCOV subtracts the random offset of the kernel. */
	if (!count)
		ktap_bail("no code reached; boot with nokaslr");
}
