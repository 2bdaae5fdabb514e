/* SPDX-License-Identifier: GPL-2.0-only */
/* Elastic pools: the part that front ends see. */
#ifndef _RSTMEM_ELASTIC_H
#define _RSTMEM_ELASTIC_H

#include <linux/types.h>

struct tee_rstmem_pool;

/**
 * struct rstmem_elastic_settings - what the administrator sets
 * @limit:	bytes that may be out of the kernel at a time
 * @warm:	bytes that are kept free while a buffer lives
 * @idle_ms:	time before a block that is not needed goes back, ms
 * @attempt_ms:	time limit of an attempt to take a block from the kernel, ms
 */
struct rstmem_elastic_settings {
	u64 limit;
	u64 warm;
	u64 idle_ms;
	u64 attempt_ms;
};

/**
 * struct rstmem_elastic_stat - counters of an elastic pool, and its state
 * @block_size:	bytes of a block
 * @out:	bytes out of the kernel
 * @poisoned:	bytes of them that are out of use until reboot
 * @wanted:	bytes of the largest allocation that waits for growth
 * @grown:	blocks that became part of the pool
 * @returned:	blocks that went back to the kernel
 * @failed:	steps that failed
 * @error:	errno of the last step that failed, 0 if none has failed
 * @busy_pages:	pages in use in the last block that could not be taken
 */
struct rstmem_elastic_stat {
	u64 block_size;
	u64 out;
	u64 poisoned;
	u64 wanted;
	u64 grown;
	u64 returned;
	u64 failed;
	u64 error;
	u64 busy_pages;
};

bool rstmem_is_elastic(const struct tee_rstmem_pool *pool);
void rstmem_elastic_stat(struct tee_rstmem_pool *pool,
			 struct rstmem_elastic_stat *stat);
void rstmem_elastic_settings(struct tee_rstmem_pool *pool,
			     struct rstmem_elastic_settings *settings);
void rstmem_elastic_set(struct tee_rstmem_pool *pool,
			const struct rstmem_elastic_settings *settings);
int rstmem_elastic_list(struct tee_rstmem_pool *pool, char *text);

#endif /* _RSTMEM_ELASTIC_H */
