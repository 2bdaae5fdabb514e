/* SPDX-License-Identifier: GPL-2.0-only */
/* The suites that UNIT_SUITE() of tests/unit defines. */
#ifndef _RSTMEM_KUNIT_SUITES_H
#define _RSTMEM_KUNIT_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite unit_size;
extern struct kunit_suite unit_limits;
extern struct kunit_suite unit_importers;
extern struct kunit_suite unit_extent;

#endif /* _RSTMEM_KUNIT_SUITES_H */
