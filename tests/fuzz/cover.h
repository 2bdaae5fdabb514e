/* SPDX-License-Identifier: GPL-2.0-only */
/* The code of the project's modules that was reached, from the kernel's KCOV. */
#ifndef _TESTS_FUZZ_COVER_H
#define _TESTS_FUZZ_COVER_H

#include <stdbool.h>

/* Call it before any process starts. Returns false when the kernel has no KCOV. */
bool cover_init(void);

/* Call cover_start() in a process, and the others around its operations. */
void cover_start(void);
void cover_begin(void);
void cover_end(void);

/* Prints diagnostic lines "cover MODULE OFFSET..." of all processes together. */
void cover_print(void);

#endif
