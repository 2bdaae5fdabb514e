/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fuzzer's processes: each does what it is asked to with its descriptors, one thing
 * at a time, and says what came of it. They know nothing of what should.
 */
#ifndef _TESTS_FUZZ_ACTOR_H
#define _TESTS_FUZZ_ACTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "op.h"

/* Where an argument of an ioctl is. */
enum place { PLACE_GOOD, PLACE_NULL, PLACE_READ_ONLY, PLACE_UNMAPPED, PLACES };

/**
 * struct request - what a process is to do
 * @kind:	which operation; OP_KINDS for none
 * @slot:	on this descriptor
 * @other:	and on this one
 * @to:		where a new descriptor goes; an empty slot
 * @place:	of the argument
 * @use_case:	as it is passed on
 * @flags:	the same
 * @pad:	the same, and whatever else an operation chooses by
 * @id:		the same
 * @size:	the same
 * @seed:	of content, 0 for zeros
 */
struct request {
	enum op_kind kind;
	unsigned int slot, other, to;
	enum place place;
	uint32_t use_case, flags, pad;
	int32_t id;
	uint64_t size;
	uint32_t seed;
};

/**
 * struct reply - what came of it
 * @rc:		0 or what it returned, or -errno
 * @size:	as it was passed back
 * @flags:	the same
 * @use_case:	the same
 * @id:		the same
 * @fds:	how many descriptors the process has
 */
struct reply {
	int64_t rc;
	uint64_t size;
	uint32_t flags, use_case;
	int32_t id;
	unsigned int fds;
};

/* Before the first: pipes to all that there will be. Bails out on failure. */
void actors_init(bool cover);

/* A process without descriptors. */
pid_t actor_start(unsigned int which);

/* Returns false when the process is not there any more. */
bool actor_ask(unsigned int which, const struct request *request,
	       struct reply *reply);

/* A descriptor goes from one to another. */
bool actor_pass(unsigned int from, unsigned int slot, unsigned int to,
		unsigned int to_slot, struct reply *reply);

/* Another process becomes a copy of one. Returns its number or -1. */
pid_t actor_fork(unsigned int which, unsigned int copy, struct reply *reply);

#endif
