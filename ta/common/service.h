/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry points, which are the same in every service. A service defines the three
 * functions below.
 */
#ifndef TA_SERVICE_H
#define TA_SERVICE_H

#include "call.h"

/* Starts a session; *@state is its own, NULL at first. */
TEE_Result service_open(void **state);
/* Ends it. */
void service_close(void *state);
/* Carries out a command. */
TEE_Result service_invoke(void *state, uint32_t command,
			  const struct call *call);

#endif
