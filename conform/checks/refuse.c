// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: allocations that are refused, with nothing left behind. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "conform.h"
#include "cases.h"

/* The structure without its last member: the old i386 layout. */
struct short_alloc_data {
	uint32_t size[2];
	uint32_t flags;
	uint32_t use_case;
	int32_t id;
};

#define SHORT_ALLOC	_IOWR(TEE_IOC_MAGIC, TEE_IOC_BASE + 10, \
			      struct short_alloc_data)

static void expect_refused(struct conform *c, const char *name, void *request,
			   int error)
{
	unsigned char before[CONFORM_REQUEST];
	unsigned int descriptors = conform_descriptors();
	int ret;

	memcpy(before, request, sizeof(before));
	ret = conform_send_request(c, request);
	conform_expect_refused(c, ret, error, name);
	if (conform_descriptors() != descriptors)
		conform_fail(c, "%s: a descriptor is left", name);
	if (c->on == CONFORM_TEE && memcmp(before, request, sizeof(before)))
		conform_fail(c, "%s: the structure is written to", name);
}

/*
 * False for a case of another check, and for a use case that this device offers.
 */
static bool is_case(const struct conform *c, const struct tee_case *t)
{
	uint32_t use_case = t->data.use_case;

	if (strcmp(t->check, c->check->id))
		return false;
	return use_case == CASE_USE_CASE || use_case > TEE_IOC_UC_MAX ||
	       !(c->use_cases >> use_case & 1);
}

static void run_cases(struct conform *c)
{
	uint64_t room = conform_room(c);
	unsigned int i, count = 0;

	for (i = 0; c->on == CONFORM_TEE && i < CONFORM_COUNT(tee_cases); i++) {
		struct tee_ioctl_rstmem_alloc_data data = tee_cases[i].data;

		if (!is_case(c, &tee_cases[i]))
			continue;
		if (data.use_case == CASE_USE_CASE)
			data.use_case = c->use_case;
		expect_refused(c, tee_cases[i].name, &data, tee_cases[i].error);
		count++;
	}
	for (i = 0; c->on == CONFORM_HEAP && i < CONFORM_COUNT(heap_cases); i++) {
		struct dma_heap_allocation_data data = heap_cases[i].data;

		if (strcmp(heap_cases[i].check, c->check->id))
			continue;
		expect_refused(c, heap_cases[i].name, &data, heap_cases[i].error);
		count++;
	}

	if (!count)
		conform_skip(c, "the device offers all that there are");
	conform_expect_room(c, room, "after that");
}

static void run_layout(struct conform *c)
{
	struct short_alloc_data data = {
		.size = { 4096 },
		.use_case = c->use_case,
	};
	int ret = ioctl(c->fd, SHORT_ALLOC, &data);

	conform_expect_refused(c, ret < 0 ? -errno : ret, EINVAL,
			       "a structure of 20 bytes");
}

static const struct conform_check checks[] = {
	{ "alloc.size-zero", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "A buffer of size 0 is allocated; the allocation fails with EINVAL.", run_cases },
	{ "alloc.size-overflow", CONFORM_MUST_NOT, CONFORM_BOTH, "Errors",
	  "A size that overflows when rounded, or exceeds all addresses, is allocated; the allocation fails with EINVAL.",
	  run_cases },
	{ "alloc.use-case-reserved", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "An allocation for use case 0 succeeds; it fails with EINVAL.", run_cases },
	{ "alloc.use-case-unknown", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "An allocation for a use case that is not offered succeeds; it fails with EINVAL.",
	  run_cases },
	{ "alloc.flags-unknown", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "An allocation with an unknown flag succeeds; it fails with EINVAL.", run_cases },
	{ "alloc.pad", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "An allocation with padding that is not 0 succeeds; it fails with EINVAL.", run_cases },
	{ "alloc.layout", CONFORM_MUST_NOT, CONFORM_TEE, "Allocating",
	  "A structure of another size is accepted; it has 24 bytes in every ABI.",
	  run_layout },
	{ "heap.fd-given", CONFORM_MUST_NOT, CONFORM_HEAP, "Errors",
	  "A heap accepts an fd that is not 0; the allocation fails with EINVAL.", run_cases },
	{ "heap.fd-flags-unknown", CONFORM_MUST_NOT, CONFORM_HEAP, "Errors",
	  "A heap accepts unknown fd_flags; the allocation fails with EINVAL.", run_cases },
	{ "heap.flags-unknown", CONFORM_MUST_NOT, CONFORM_HEAP, "Errors",
	  "A heap accepts unknown heap_flags; the allocation fails with EINVAL.", run_cases },
};

const struct conform_group conform_refuse = { checks, CONFORM_COUNT(checks) };
