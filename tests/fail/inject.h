/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's fault injection, of one task: this one. */
#ifndef _FAIL_INJECT_H
#define _FAIL_INJECT_H

#include <stdbool.h>

/*
 * kmemleak notes every allocation in an object of its own, and gives up for good when
 * it can no longer get any. Whether those fail tells nothing: they are left out by the
 * function that makes them. lab/check-log knows what it says of one that it does without.
 */
#define KMEMLEAK	"__alloc_object"

void leave_out(const char *function);
bool injection_start(void);
void injection_of_modules(void);
void fail_at(unsigned int nth);
bool fail_stop(void);

#endif
