/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of the fuzzer, before the model chooses their objects. */
#ifndef _TESTS_FUZZ_OP_H
#define _TESTS_FUZZ_OP_H

#include <stddef.h>
#include <stdint.h>

#define ACTORS	4	/* processes */
#define SLOTS	10	/* descriptors of each process */

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
	OP_FILL,	/* the TEE writes through an id */
	OP_CHECK,	/* the TEE reads through an id that may have ended */
	OP_INFO,	/* TEE_IOC_RSTMEM_FD_INFO */
	OP_QUERY,	/* mutated */
	OP_CPU,		/* mmap, read, write, seek */
	OP_READ,	/* files of sysfs and debugfs */
	OP_ATTACH,	/* and map */
	OP_DETACH,
	OP_FORK,
	OP_KILL,
	OP_GARBAGE,	/* a random ioctl */
	OP_UNLOAD,
	OP_REMOVE,	/* unbind the device */
	OP_RETURN,	/* bind it again */
	OP_KINDS
};

/**
 * struct op - an operation
 * @kind:	its kind
 * @actor:	the process
 * @slot:	the descriptor
 * @a:		a random number, which @kind interprets
 * @b:		another
 * @c:		another
 */
struct op {
	enum op_kind kind;
	unsigned int actor, slot;
	uint32_t a, b, c;
};

/* Makes operation @index of sequence @seed. It depends on nothing else. */
struct op op_make(uint64_t seed, unsigned int index);

const char *op_name(enum op_kind kind);

void op_print(const struct op *op, char *text, size_t size);

#endif
