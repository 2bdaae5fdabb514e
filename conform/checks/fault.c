// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conformance: allocations that fail when all but the answer is done. The
 * descriptor appears last, so none may be left. Each check first makes sure that
 * the allocation would work otherwise.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conform.h"

static char *map(struct conform *c, size_t size)
{
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		conform_untested(c, "mmap: %s", strerror(errno));
	return mem;
}

/* A request in memory that can be read and not be written. */
static void *read_only(struct conform *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *mem = map(c, page);

	conform_write_request(c, mem, c->granule);
	mprotect(mem, page, PROT_READ);
	return mem;
}

static void run_null(struct conform *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *mem = map(c, 2 * page), *half = mem + page - CONFORM_REQUEST + 8;

	/* Sends no request: NULL has none. */
	conform_expect_error(c, conform_send_request(c, NULL), EFAULT, "NULL");
	conform_write_request(c, half, c->granule);
	munmap(mem + page, page);
	conform_expect_error(c, conform_send_request(c, half), EFAULT,
			     "memory that ends within the structure");
}

/* Sends such a request, of a buffer that could be had otherwise. */
static int send_read_only(struct conform *c)
{
	return conform_send_request(c, read_only(c));
}

static void run_error(struct conform *c)
{
	conform_need(c, c->granule);
	conform_expect_refused(c, send_read_only(c), EFAULT,
			       "memory that cannot be written");
}

/* Ends the check unless an allocation failed as it takes. */
static void need_fault(struct conform *c, int ret)
{
	if (ret != -EFAULT)
		conform_untested(c, "no allocation failed with %s; see fault.unwritable",
				 strerror(EFAULT));
}

static void run_descriptor(struct conform *c)
{
	unsigned int descriptors;
	int next, ret;

	conform_need(c, c->granule);
	descriptors = conform_descriptors();
	next = conform_next_descriptor();
	ret = send_read_only(c);
	if (conform_descriptors() != descriptors)
		conform_fail(c, "a descriptor is left that the program was not told");
	if (conform_next_descriptor() != next)
		conform_fail(c, "a descriptor stays reserved");
	need_fault(c, ret);
}

static void run_memory(struct conform *c)
{
	uint64_t room = conform_room(c);
	unsigned int i;
	int ret = 0;

	conform_need(c, c->granule);
	for (i = 0; i < 3; i++)
		ret = send_read_only(c);
	conform_expect_room(c, room, "after three allocations that failed with EFAULT");
	need_fault(c, ret);
}

static void run_no_descriptor(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct rlimit limit, none;
	int ret;

	conform_need(c, c->granule);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	/* All below it are taken. */
	none.rlim_cur = (rlim_t)conform_next_descriptor();
	if (setrlimit(RLIMIT_NOFILE, &none))
		conform_untested(c, "the limit of descriptors cannot be set");
	ret = conform_try(c, c->granule, NULL);
	setrlimit(RLIMIT_NOFILE, &limit);
	conform_expect_refused(c, ret, EMFILE, "no descriptor left");
	conform_expect_room(c, room, "after that");
}

static const struct conform_check checks[] = {
	{ "fault.unreadable", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "An allocation with an unreadable structure fails with EFAULT.", run_null },
	{ "fault.unwritable", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "An allocation with an unwritable structure fails with EFAULT.", run_error },
	{ "fault.descriptor", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "An allocation that fails with EFAULT leaves a descriptor open or reserved.",
	  run_descriptor },
	{ "fault.memory", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "An allocation that fails with EFAULT keeps memory.", run_memory },
	{ "fault.no-descriptor", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "An allocation without a free descriptor fails with EMFILE, and nothing stays allocated.",
	  run_no_descriptor },
};

const struct conform_group conform_fault = { checks, CONFORM_COUNT(checks) };
