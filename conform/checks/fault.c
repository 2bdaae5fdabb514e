// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conformance: allocations that fail when all but the answer is done. The
 * descriptor appears last, so none may be left.
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
		conform_skip(c, "no memory");
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

static void run_error(struct conform *c)
{
	conform_expect_error(c, conform_send_request(c, read_only(c)), EFAULT,
			     "memory that cannot be written");
}

static void run_descriptor(struct conform *c)
{
	unsigned int descriptors = conform_descriptors();
	int next = conform_next_descriptor();
	void *request = read_only(c);

	conform_send_request(c, request);
	if (conform_descriptors() != descriptors)
		conform_fail(c, "a descriptor is left that nobody was told");
	if (conform_next_descriptor() != next)
		conform_fail(c, "a descriptor stays reserved");
}

static void run_memory(struct conform *c)
{
	uint64_t room = conform_room(c);
	unsigned int i;

	for (i = 0; i < 3; i++)
		conform_send_request(c, read_only(c));
	conform_expect_room(c, room, "after three allocations that failed with EFAULT");
}

static void run_no_descriptor(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct rlimit limit, none;
	int ret;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	/* All below it are taken. */
	none.rlim_cur = (rlim_t)conform_next_descriptor();
	if (setrlimit(RLIMIT_NOFILE, &none))
		conform_skip(c, "the limit of descriptors cannot be set");
	ret = conform_try(c, c->granule, NULL);
	setrlimit(RLIMIT_NOFILE, &limit);
	conform_expect_error(c, ret, EMFILE, "no descriptor left");
	conform_expect_room(c, room, "after that");
}

static const struct conform_check checks[] = {
	{ "fault.unreadable", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "A structure that cannot be read is EFAULT.", run_null },
	{ "fault.unwritable", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "A structure that cannot be written is EFAULT.", run_error },
	{ "fault.descriptor", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "An allocation that fails with EFAULT leaves a descriptor, or keeps one reserved.",
	  run_descriptor },
	{ "fault.memory", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "An allocation that fails with EFAULT keeps memory.", run_memory },
	{ "fault.no-descriptor", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "Without a free descriptor it is EMFILE, and nothing stays allocated.",
	  run_no_descriptor },
};

const struct conform_group conform_fault = { checks, CONFORM_COUNT(checks) };
