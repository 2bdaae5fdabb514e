/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What should come of an operation: a model of restricted memory, in the terms of
 * tee_rstmem(7), without any of its code. The model chooses, too, what an operation
 * means in the state that the ones before it left.
 */
#ifndef _TESTS_FUZZ_MODEL_H
#define _TESTS_FUZZ_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "op.h"

/* What a model may believe that is not so, to see that it would be noticed. */
enum lie {
	LIE_NONE,
	LIE_ID_STAYS,		/* an id outlives its dma-buf */
	LIE_CONTEXT_KEEPS,	/* buffers end with the TEE file */
	LIE_REGISTRATION,	/* a registration does not keep the memory */
	LIE_ATTACHMENT,		/* an importer does not keep the dma-buf */
	LIE_ROUNDING,		/* sizes are as asked for */
	LIE_SCRUB,		/* content stays */
	LIES
};

extern const char * const lie_names[LIES];

#define MAX_ERRORS	4

/**
 * struct expectation - what should come of it
 * @ok:		it works
 * @errors:	one of these, if not; none for any
 * @size:	passed back, 0 for whatever
 * @use_case:	the same
 */
struct expectation {
	bool ok;
	int errors[MAX_ERRORS];
	uint64_t size;
	uint32_t use_case;
};

/* Nothing is open, nothing allocated. */
void model_init(enum lie lie, bool no_unload);

/* What the TEE says of a use case; must be told before each operation. */
void model_told(uint32_t use_case, uint64_t total, uint64_t largest_free);

/*
 * Makes a request of an operation. Returns false when it has no meaning now. Some
 * operations change their kind.
 */
bool model_begin(struct op *op, struct request *request,
		 struct expectation *expected);

/* It went as expected. Returns what is wrong, NULL if nothing is. */
const char *model_end(const struct op *op, const struct request *request,
		      const struct reply *reply);

/* What should be in use now. */
uint64_t model_used(uint32_t use_case);
uint32_t model_buffers(uint32_t use_case);
unsigned int model_fds(unsigned int actor);
bool model_alive(unsigned int actor);
/* Whether the device is there. */
bool model_device(void);

#endif
