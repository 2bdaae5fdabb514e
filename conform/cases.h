/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that every device refuses: for the conformance suite and for the
 * tests of the ABI.
 */
#ifndef RSTMEM_CONFORM_CASES_H
#define RSTMEM_CONFORM_CASES_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem.h>

/*
 * In @data, stands for any use case that the device offers. An entry whose use case
 * the device offers is no case.
 */
#define CASE_USE_CASE	TEE_IOC_UC_SECURE_VIDEO_PLAY

/**
 * struct tee_case - an argument of TEE_IOC_RSTMEM_ALLOC that is refused
 * @check:	id of the check that it belongs to
 * @name:	the fault in it
 * @data:	the argument
 * @error:	errno of the command
 */
struct tee_case {
	const char *check;
	const char *name;
	struct tee_ioctl_rstmem_alloc_data data;
	int error;
};

static const struct tee_case tee_cases[] = {
	{ "alloc.use-case-reserved", "reserved use case", { .size = 4096 },
	  EINVAL },
	{ "alloc.use-case-unknown", "unknown use case 4",
	  { .size = 4096, .use_case = 4 }, EINVAL },
	{ "alloc.use-case-unknown", "unknown use case 63",
	  { .size = 4096, .use_case = 63 }, EINVAL },
	{ "alloc.use-case-unknown", "unknown use case 64",
	  { .size = 4096, .use_case = 64 }, EINVAL },
	{ "alloc.use-case-unknown", "unknown use case 65",
	  { .size = 4096, .use_case = 65 }, EINVAL },
	{ "alloc.use-case-unknown", "unknown use case 2^32-1",
	  { .size = 4096, .use_case = 0xffffffff }, EINVAL },
	{ "alloc.flags-unknown", "unknown flag 1",
	  { .size = 4096, .use_case = CASE_USE_CASE, .flags = 1 }, EINVAL },
	{ "alloc.flags-unknown", "unknown flag 2^31",
	  { .size = 4096, .use_case = CASE_USE_CASE, .flags = 1u << 31 },
	  EINVAL },
	{ "alloc.flags-unknown", "all flags",
	  { .size = 4096, .use_case = CASE_USE_CASE, .flags = ~0u }, EINVAL },
	{ "alloc.pad", "non-zero padding",
	  { .size = 4096, .use_case = CASE_USE_CASE, .pad = 1 }, EINVAL },
	{ "alloc.pad", "padding 2^31",
	  { .size = 4096, .use_case = CASE_USE_CASE, .pad = 1u << 31 },
	  EINVAL },
	{ "alloc.size-zero", "size 0", { .use_case = CASE_USE_CASE }, EINVAL },
	{ "alloc.size-overflow", "size UINT64_MAX",
	  { .size = UINT64_MAX, .use_case = CASE_USE_CASE }, EINVAL },
	{ "alloc.size-overflow", "size UINT64_MAX-4094",
	  { .size = UINT64_MAX - 4094, .use_case = CASE_USE_CASE }, EINVAL },
	{ "alloc.size-overflow", "size UINT64_MAX-4095",
	  { .size = UINT64_MAX - 4095, .use_case = CASE_USE_CASE }, EINVAL },
	{ "alloc.size-overflow", "size 2^63",
	  { .size = 1ULL << 63, .use_case = CASE_USE_CASE }, EINVAL },
	{ "alloc.size-overflow", "size beyond 52 bits",
	  { .size = (1ULL << 52) + 1, .use_case = CASE_USE_CASE }, EINVAL },
};

/**
 * struct heap_case - an argument of DMA_HEAP_IOCTL_ALLOC that is refused
 * @check:	id of the check that it belongs to
 * @name:	the fault in it
 * @data:	the argument
 * @error:	what the command fails with
 */
struct heap_case {
	const char *check;
	const char *name;
	struct dma_heap_allocation_data data;
	int error;
};

static const struct heap_case heap_cases[] = {
	{ "alloc.size-zero", "length 0", { .fd_flags = O_RDWR }, EINVAL },
	{ "alloc.size-overflow", "length UINT64_MAX", { .len = UINT64_MAX },
	  EINVAL },
	{ "alloc.size-overflow", "length UINT64_MAX-4095",
	  { .len = UINT64_MAX - 4095 }, EINVAL },
	{ "heap.fd-given", "a descriptor given", { .len = 4096, .fd = 1 },
	  EINVAL },
	{ "heap.fd-flags-unknown", "fd flag O_NONBLOCK",
	  { .len = 4096, .fd_flags = O_NONBLOCK }, EINVAL },
	{ "heap.fd-flags-unknown", "all fd flags",
	  { .len = 4096, .fd_flags = ~0u }, EINVAL },
	{ "heap.flags-unknown", "heap flag 1",
	  { .len = 4096, .heap_flags = 1 }, EINVAL },
	{ "heap.flags-unknown", "heap flag 2^63",
	  { .len = 4096, .heap_flags = 1ULL << 63 }, EINVAL },
};

#endif /* RSTMEM_CONFORM_CASES_H */
