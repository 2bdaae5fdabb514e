/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations, of which each site fails once. */
#ifndef _FAIL_OP_H
#define _FAIL_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "../support/tee.h"

#define SIZE	(64 * KIB)

/* Objects that an operation makes, or that are made for it; -1 is none. */
struct made {
	int tee, other;
	int buf, buf2, reg, heap, edu, file;
	int id;
	uint32_t session;
	struct tee_mem mem;
};

extern struct made s;

struct op {
	const char *name;
	void (*prepare)(void);
	int (*run)(void);	/* 0, -errno or TEEC_ERROR_* */
	bool works;	/* succeeds with every failed site */
	int errors[3];	/* expected besides ENOMEM and EFAULT */
	const char *without;	/* omit the sites that this function leads to */
	bool no_site;	/* may have no site */
	void (*undo)(void);
};

#define OP(op_name, op_prepare, op_run, ...) \
	{ .name = op_name, .prepare = op_prepare, .run = op_run, ##__VA_ARGS__ }

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

/* calls.c */
extern const struct op calls[], page_calls[];
extern const size_t num_calls, num_page_calls;

void forget(void);
void undo(void);
int result(int rc);
void prepare_nothing(void);

/* load.c */
extern const struct op binding[], loading[], attaching[];
extern const size_t num_binding, num_loading, num_attaching;

void find_modules(void);
void have_none(void);

#endif
