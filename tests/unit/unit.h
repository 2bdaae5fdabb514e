/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of pure logic, for two places: a program, under the sanitizers, that
 * prints KTAP; and a suite of KUnit's, in the kernel. A file of tests is one suite
 * of cases and knows nothing of where it is:
 *
 *	static void test_sums(UNIT_ARG)
 *	{
 *		ktap(1 + 1 == 2, "sums");
 *	}
 *
 *	UNIT_SUITE(arithmetic, UNIT_CASE(test_sums));
 */
#ifndef _TESTS_UNIT_H
#define _TESTS_UNIT_H

#ifdef __KERNEL__

#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../modules/kunit/suites.h"

#define UNIT_ARG		struct kunit *test
#define UNIT_CASE(function)	KUNIT_CASE(function)
#define UNIT_SUITE(suite, ...) \
	static struct kunit_case suite##_cases[] = { __VA_ARGS__, {} }; \
	struct kunit_suite unit_##suite = { \
		.name = "rstmem_" #suite, \
		.test_cases = suite##_cases, \
	}

/* The interface of ktap.h, for the test that runs. */
#define ktap(ok, ...) ({ \
	bool ktap_ok = (ok); \
	KUNIT_EXPECT_TRUE_MSG(kunit_get_current_test(), ktap_ok, __VA_ARGS__); \
	ktap_ok; \
})
#define ktap_eq(got, want, ...) ({ \
	long long ktap_got = (got), ktap_want = (want); \
	KUNIT_EXPECT_EQ_MSG(kunit_get_current_test(), ktap_got, ktap_want, \
			    __VA_ARGS__); \
	ktap_got == ktap_want; \
})
#define ktap_note(...)	kunit_info(kunit_get_current_test(), __VA_ARGS__)
#define ktap_bail(...) \
	KUNIT_ASSERT_TRUE_MSG(kunit_get_current_test(), false, __VA_ARGS__)

#define UINT64_MAX		U64_MAX
#define unit_alloc(size)	kmalloc(size, GFP_KERNEL | __GFP_NOFAIL)
#define unit_free(mem)		kfree(mem)

#else /* __KERNEL__ */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/ktap.h"

#define UNIT_ARG		void
#define UNIT_CASE(function)	function
#define UNIT_SUITE(suite, ...) \
	int main(void) \
	{ \
		static void (*const cases[])(void) = { __VA_ARGS__ }; \
		unsigned int unit_n; \
		\
		ktap_start(); \
		for (unit_n = 0; unit_n < sizeof(cases) / sizeof(cases[0]); unit_n++) \
			cases[unit_n](); \
		return ktap_end(); \
	}

#define unit_alloc(size)	malloc(size)
#define unit_free(mem)		free(mem)

#endif /* __KERNEL__ */

/* The same numbers in both places. */
static unsigned int unit_random_state;

static inline void unit_seed(unsigned int seed)
{
	unit_random_state = seed;
}

/* 0 to 32767 */
static inline unsigned int unit_random(void)
{
	unit_random_state = unit_random_state * 1103515245 + 12345;
	return unit_random_state >> 16 & 0x7fff;
}

#endif /* _TESTS_UNIT_H */
