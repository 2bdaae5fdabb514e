/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters of a command: of the type, size and kind of memory that the service's
 * manual, tee_rstmem_services.h, says.
 */
#ifndef TA_CALL_H
#define TA_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <tee_internal_api.h>

/* Kinds of memory that a memory reference may point to. */
#define CALL_NORMAL	1u
#define CALL_RESTRICTED	2u

/* Bytes that are handled between two looks at call_cancelled(). */
#define CALL_CHUNK	0x8000u

struct call {
	uint32_t types;
	TEE_Param *params;
};

/*
 * A memory reference that the service reads, or writes. Return TEE_SUCCESS and the
 * reference, TEE_ERROR_BAD_PARAMETERS for another type, or TEE_ERROR_ACCESS_DENIED
 * for memory of another kind. An empty reference refers to no memory: its buffer may
 * be anything, NULL included. NULL always comes with size 0.
 */
TEE_Result call_input(const struct call *call, unsigned int n,
		      unsigned int kinds, TEE_Param **param);
TEE_Result call_output(const struct call *call, unsigned int n,
		       unsigned int kinds, TEE_Param **param);

/* Return TEE_SUCCESS if this parameter and those after it are unused. */
TEE_Result call_none(const struct call *call, unsigned int n);

/* Return whether the client gave up. */
bool call_cancelled(void);

#endif
