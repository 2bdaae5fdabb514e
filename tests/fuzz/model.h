/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of restricted memory in the terms of tee_rstmem(7), without code of the project.
 * It predicts the result of an operation. It also decides what an operation does in the
 * state that earlier operations left.
 */
#ifndef _TESTS_FUZZ_MODEL_H
#define _TESTS_FUZZ_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "op.h"

/* A false belief of the model. The fuzzer must notice each. */
enum lie {
	LIE_NONE,
	LIE_ID_STAYS,		/* an id outlives its dma-buf */
	LIE_CONTEXT_KEEPS,	/* buffers end with the TEE file */
	LIE_REGISTRATION,	/* a registration does not keep the memory */
	LIE_ATTACHMENT,		/* an importer does not keep the dma-buf */
	LIE_ROUNDING,		/* sizes are not rounded */
	LIE_SCRUB,		/* content stays after a free */
	LIES
};

extern const char * const lie_names[LIES];

#define MAX_ERRORS	4

/**
 * struct expectation - the predicted result
 * @ok:		the operation succeeds
 * @errors:	or it fails with one of these; none for any error
 * @size:	size that the call writes, 0 for any
 * @use_case:	use case that the call writes, 0 for any
 */
struct expectation {
	bool ok;
	int errors[MAX_ERRORS];
	uint64_t size;
	uint32_t use_case;
};

/* Starts with nothing open and nothing allocated. */
void model_init(enum lie lie, bool no_unload);

/* Tells the model the TEE's figures of a use case, before each operation. */
void model_told(uint32_t use_case, uint64_t total, uint64_t largest_free);

/*
 * Makes a request of an operation, whose kind it may change. Returns false when the
 * operation is impossible in this state.
 */
bool model_begin(struct op *op, struct request *request,
		 struct expectation *expected);

/* Takes in a result that was as predicted. Returns a fault, or NULL. */
const char *model_end(const struct op *op, const struct request *request,
		      const struct reply *reply);

/* The predicted use of memory, buffers and descriptors. */
uint64_t model_used(uint32_t use_case);
uint32_t model_buffers(uint32_t use_case);
unsigned int model_fds(unsigned int actor);
bool model_alive(unsigned int actor);
/* Returns whether the device is bound. */
bool model_device(void);

#endif
