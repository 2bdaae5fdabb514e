/* SPDX-License-Identifier: GPL-2.0-only */
/* The backend for OP-TEE: declarations that its files share. */
#ifndef _RSTMEM_OPTEE_H
#define _RSTMEM_OPTEE_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct device;
struct tee_context;
struct tee_rstmem_pool;

/**
 * struct optee_range - the range that OP-TEE reserves for restricted memory
 * @start:	physical address of its first byte
 * @size:	bytes; 0 for none
 */
struct optee_range {
	phys_addr_t start;
	u64 size;
};

/**
 * struct optee_scrub - how a range is cleared
 * @lock:	guards all members but @start
 * @ctx:	context of OP-TEE's device, NULL after optee_scrub_end(); that is read
 *		without the lock
 * @range:	the range that buffers are allocated from; constant
 * @session:	session with the service, if @open
 * @open:	there is a session
 * @clean:	all of the range was cleared, or freed and cleared
 * @ready:	@open and @clean; read without the lock
 * @error:	-errno of the last start, or 0; read without the lock
 * @failed:	time of @error, jiffies; read without the lock
 * @start:	opens the session
 */
struct optee_scrub {
	struct mutex lock;	/* guards the members below */
	struct tee_context *ctx;
	struct optee_range range;
	u32 session;
	bool open;
	bool clean;
	bool ready;
	int error;
	unsigned long failed;
	struct work_struct start;
};

/* smc.c: calls of the secure world */
int optee_smc_protmem(struct device *dev, struct optee_range *range);

/* range.c: the place of the memory */
int optee_range_parse(const char *pool);
int optee_range_find(struct device *dev, struct optee_range *range);

/* scrub.c: clearing it */
void optee_scrub_init(struct optee_scrub *scrub, struct tee_context *ctx,
		      const struct optee_range *range);
int optee_scrub_start(struct optee_scrub *scrub);
int optee_scrub_clear(struct optee_scrub *scrub, phys_addr_t start, u64 size);
bool optee_scrub_ended(const struct optee_scrub *scrub);
void optee_scrub_end(struct optee_scrub *scrub);
void optee_scrub_deinit(struct optee_scrub *scrub);

#endif /* _RSTMEM_OPTEE_H */
