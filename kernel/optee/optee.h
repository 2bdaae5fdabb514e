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
struct tee_shm;

/**
 * struct optee_range - a range for restricted memory
 * @start:	physical address of its first byte
 * @size:	bytes; 0 for none
 */
struct optee_range {
	phys_addr_t start;
	u64 size;
};

/**
 * struct optee_scrub - state of clearing a range
 * @lock:	guards all members but @start
 * @ctx:	context of OP-TEE's device, NULL after optee_scrub_end()
 * @range:	the range that is cleared before the first allocation; size 0 if memory is
 *		lent, because lent memory is clear. Constant
 * @session:	session with the service, if @open
 * @open:	there is a session
 * @clean:	the whole range was cleared once
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

/**
 * struct optee_param - a parameter of a message, as in OP-TEE's ABI
 * @attr:	kind
 * @a:		a value; or the physical address of memory
 * @b:		a value; or the size of memory
 * @c:		a value; or the reference to memory
 */
struct optee_param {
	u64 attr;
	u64 a;
	u64 b;
	u64 c;
};

/* A function of the stock driver: the message is at @offs in @shm. */
typedef int (optee_call_fn)(struct tee_context *ctx, struct tee_shm *shm, u_int offs,
			    bool system_thread);

/**
 * struct optee_lender - state of lending memory
 * @scrub:	has the context of OP-TEE's device; its lock guards the context
 * @use_case:	TEE_IOC_UC_*, which are OP-TEE's numbers
 * @call:	the stock driver's function for yielding calls
 */
struct optee_lender {
	struct optee_scrub *scrub;
	u32 use_case;
	optee_call_fn *call;
};

/* smc.c: calls of the secure world */
int optee_smc_lends(struct device *dev);
int optee_smc_protmem(struct device *dev, struct optee_range *range);

/* call.c: messages to OP-TEE */
optee_call_fn *optee_call_find(struct tee_context *ctx);
int optee_call(struct tee_context *ctx, optee_call_fn *fn, u32 cmd,
	       struct optee_param *params, unsigned int count, u32 *ret);

/* lend.c: memory that OP-TEE protects while it is lent */
struct tee_rstmem_pool *optee_lender_pool(struct optee_lender *lender,
					  struct device *dev,
					  const struct optee_range *range);

/* range.c: the place of the memory that OP-TEE has */
int optee_range_parse(const char *name, const char *value, struct optee_range *range);
int optee_range_find(struct device *dev, const struct optee_range *given,
		     struct optee_range *range);

/* scrub.c: clearing the memory */
void optee_scrub_init(struct optee_scrub *scrub, struct tee_context *ctx,
		      const struct optee_range *range);
int optee_scrub_start(struct optee_scrub *scrub);
int optee_scrub_clear(struct optee_scrub *scrub, phys_addr_t start, u64 size);
void optee_scrub_end(struct optee_scrub *scrub);
void optee_scrub_deinit(struct optee_scrub *scrub);

#endif /* _RSTMEM_OPTEE_H */
