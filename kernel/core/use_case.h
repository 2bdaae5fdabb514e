/* SPDX-License-Identifier: GPL-2.0-only */
/* Use cases: what they are called. */
#ifndef _RSTMEM_USE_CASE_H
#define _RSTMEM_USE_CASE_H

#include <linux/types.h>

void rstmem_use_case_init(void);
const char *rstmem_use_case_heap(u32 use_case);
const char *rstmem_use_case_exporter(u32 use_case);

#endif /* _RSTMEM_USE_CASE_H */
