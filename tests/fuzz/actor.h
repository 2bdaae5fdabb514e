/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of the fuzzer. Each carries out one request at a time with its own
 * descriptors and replies with the result. Processes do not know the model.
 */
#ifndef _TESTS_FUZZ_ACTOR_H
#define _TESTS_FUZZ_ACTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "op.h"

/* The place of an ioctl's argument. */
enum place { PLACE_GOOD, PLACE_NULL, PLACE_READ_ONLY, PLACE_UNMAPPED, PLACES };

/**
 * struct request - a request to a process
 * @kind:	the operation; OP_KINDS for none
 * @slot:	the descriptor
 * @other:	a second descriptor
 * @to:		an empty slot for a new descriptor
 * @place:	place of the argument
 * @use_case:	passed on as it is
 * @flags:	passed on as it is
 * @pad:	passed on as it is; some operations choose by it
 * @id:		passed on as it is
 * @size:	passed on as it is
 * @seed:	seed of content, 0 for zeros
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
 * struct reply - the result of a request
 * @rc:		the result of the call, or -errno
 * @size:	as the call wrote it
 * @flags:	as the call wrote it
 * @use_case:	as the call wrote it
 * @id:		as the call wrote it
 * @fds:	number of descriptors of the process
 */
struct reply {
	int64_t rc;
	uint64_t size;
	uint32_t flags, use_case;
	int32_t id;
	unsigned int fds;
};

/* Opens the pipes to all processes, before the first starts. Bails out on failure. */
void actors_init(bool cover);

/* Starts a process without descriptors. */
pid_t actor_start(unsigned int which);

/* Sends a request and waits for the reply. Returns false when the process has ended. */
bool actor_ask(unsigned int which, const struct request *request,
	       struct reply *reply);

/* Passes a descriptor from one process to another. */
bool actor_pass(unsigned int from, unsigned int slot, unsigned int to,
		unsigned int to_slot, struct reply *reply);

/* Forks process @which as process @copy. Returns its pid or -1. */
pid_t actor_fork(unsigned int which, unsigned int copy, struct reply *reply);

#endif
