/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of the fuzzer: what may happen, before it is known to whom. */
#ifndef _TESTS_FUZZ_OP_H
#define _TESTS_FUZZ_OP_H

#include <stddef.h>
#include <stdint.h>

#define ACTORS	4	/* processes */
#define SLOTS	10	/* descriptors that each may have */

enum op_kind {
	OP_OPEN,	/* the TEE device */
	OP_OPEN_HEAP,
	OP_OPEN_EDU,	/* the importer */
	OP_CLOSE,
	OP_ALLOC,	/* TEE_IOC_RSTMEM_ALLOC */
	OP_ALLOC_HEAP,
	OP_DUP,
	OP_PASS,	/* SCM_RIGHTS, to another process */
	OP_REGISTER,
	OP_FILL,	/* have the TEE write through an id */
	OP_CHECK,	/* have it read, through an id that may be stale */
	OP_INFO,	/* TEE_IOC_RSTMEM_FD_INFO */
	OP_QUERY,	/* mutated */
	OP_CPU,		/* mmap, read, write, seek */
	OP_READ,	/* files of sysfs and debugfs */
	OP_ATTACH,	/* and map */
	OP_DETACH,
	OP_FORK,
	OP_KILL,
	OP_GARBAGE,	/* an ioctl with whatever */
	OP_UNLOAD,
	OP_REMOVE,	/* the device, and */
	OP_RETURN,	/* back again */
	OP_KINDS
};

/**
 * struct op - an operation
 * @kind:	which
 * @actor:	who
 * @slot:	on which descriptor
 * @a:		more to choose by; what it means is up to @kind
 * @b:		the same
 * @c:		the same
 */
struct op {
	enum op_kind kind;
	unsigned int actor, slot;
	uint32_t a, b, c;
};

/* The @index-th operation of a sequence. It depends on nothing else. */
struct op op_make(uint64_t seed, unsigned int index);

const char *op_name(enum op_kind kind);

void op_print(const struct op *op, char *text, size_t size);

#endif
