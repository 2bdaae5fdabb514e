/* SPDX-License-Identifier: GPL-2.0-only */
/* Which code of the project's modules was reached, by way of the kernel's KCOV. */
#ifndef _TESTS_FUZZ_COVER_H
#define _TESTS_FUZZ_COVER_H

#include <stdbool.h>

/* Before any process. Returns false when the kernel has no KCOV. */
bool cover_init(void);

/* In a process that is to be watched, and around what it does. */
void cover_start(void);
void cover_begin(void);
void cover_end(void);

/* A diagnostic line "cover MODULE OFFSET..." for what all of them reached. */
void cover_print(void);

#endif
