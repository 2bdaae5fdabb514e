/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's fault injection, for the calling task. */
#ifndef _FAIL_INJECT_H
#define _FAIL_INJECT_H

#include <stdbool.h>

/*
 * kmemleak allocates an object for every allocation, and disables itself when it cannot.
 * Its objects say nothing about the code under test, so this function is omitted.
 * lab/check-log accepts kmemleak's message about a missing object.
 */
#define KMEMLEAK	"__alloc_object"

void leave_out(const char *function);
bool injection_start(void);
void injection_of_caches(void);
void injection_of_modules(void);
void fail_at(unsigned int nth);
bool fail_stop(void);

#endif
