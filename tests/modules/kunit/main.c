// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_kunit: the unit tests of tests/unit as suites of KUnit's. The files beside
 * this one have the tests, and what they test, which tee_rstmem.ko does not export.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "suites.h"

kunit_test_suites(&unit_size, &unit_limits, &unit_importers, &unit_extent);

MODULE_DESCRIPTION("Unit tests of restricted memory, for KUnit");
MODULE_LICENSE("GPL");
