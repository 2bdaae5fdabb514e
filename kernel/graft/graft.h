/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The graft: restricted memory for a stock TEE core.
 *
 * The stock core has no hook for a driver's ioctl and none for memory of
 * another kind. What it has are public structures. The graft puts itself into
 * two of their members: teedev->cdev.ops, a copy of the stock file operations that
 * answers the additional ioctls and passes the rest on, and teedev->pool, which sees
 * the release of restricted memory and passes the rest on to the driver's own pool.
 * A backend of its own device does that before the device is registered, one of
 * another driver's device while that is in use.
 *
 * Only files in this directory know how the stock core works inside. What they
 * rely on, of drivers/tee of 6.12 to 7.3:
 *
 *	- filp->private_data is the struct tee_context;
 *	- an open context holds a user of the device (num_users, under mutex), and
 *	  tee_device_unregister() waits for these to go before it clears pool;
 *	- a struct tee_shm in the device's idr is found by any context and
 *	  refused unless its ctx is the caller's;
 *	- tee_shm_put() takes the last reference under the device's mutex, removes
 *	  the id, calls teedev->pool->ops->free() when TEE_SHM_POOL is set, drops
 *	  a context reference and a user of the device, and kfree()s the tee_shm.
 *
 * And of a device that is in use already:
 *
 *	- between loading teedev->pool or teedev->cdev.ops and calling what is
 *	  there, or pinning its owner, the stock core does not sleep;
 *	- it may load teedev->pool once for the operations and once for their
 *	  argument, so operations get either pool, whosever they are;
 *	- those of the driver use nothing of a pool but its private_data;
 *	- whoever destroys a pool does not find it through teedev->pool.
 */
#ifndef _RSTMEM_GRAFT_H
#define _RSTMEM_GRAFT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/tee_rstmem.h>
#include <linux/wait.h>

#include "../core/number.h"
#include "../core/shard.h"

struct rstmem_id_ops;

#define GRAFT_HASH_BITS	8

/**
 * struct graft_ids - ids that were given out with a buffer on some of the CPUs
 * @lock:	guards all below, and of ids what says so; innermost
 * @waiting:	number of ids that the stock core does not know yet
 * @publishing:	the one of these that is becoming a handle; also of whoever holds
 *		the graft's lock
 * @numbers:	of ids, a range for each shard
 */
struct graft_ids {
	spinlock_t lock;	/* guards ids */
	unsigned int waiting;
	const struct rstmem_id *publishing;
	struct rstmem_numbers numbers;
} ____cacheline_aligned_in_smp;

/**
 * struct graft - what is put into a TEE device
 * @ref:	one until the device is unregistered or the graft taken off, one of
 *		@rdev until it is released, one of each registration and of who
 *		is looking
 * @rcu:	frees it; who finds it through teedev->pool may be about to get a
 *		reference
 * @pool:	stands in teedev->pool. Carries the private data of the driver's
 *		own pool, so that the driver's operations work on it as well
 * @stock:	the driver's own pool, may be NULL
 * @teedev:	the device
 * @rdev:	RCU; NULL once restricted memory is going away
 * @lock:	guards handles: their lists, and of each the members that say so;
 *		taken with no other lock held. The device's mutex is taken inside
 * @owners:	contexts that have ids, hashed; changed under @lock, read under that
 *		or RCU
 * @stopped:	no new ids; written under @lock, and all of @ids have been locked
 *		once since then before anything depends on it
 * @live:	the device belongs to another driver and was in use
 * @count:	number of handles that the stock core has not yet freed
 * @drained:	woken when @count has become 0
 * @ids:	those that are given out with a buffer, which only some of the time
 *		are handles too
 */
struct graft {
	struct kref ref;
	struct rcu_head rcu;
	struct tee_shm_pool pool;
	struct tee_shm_pool *stock;
	struct tee_device *teedev;
	struct tee_rstmem_device __rcu *rdev;
	struct mutex lock;	/* guards handles */
	DECLARE_HASHTABLE(owners, GRAFT_HASH_BITS);
	bool stopped;
	bool live;
	atomic_t count;
	wait_queue_head_t drained;
	struct graft_ids ids[RSTMEM_SHARDS];
};

extern const struct rstmem_id_ops graft_id_ops;

/* attach.c */
void graft_put(struct graft *graft);

/* pool.c */
struct graft *graft_find(const struct tee_device *teedev);
struct graft *graft_get(const struct tee_device *teedev);
void graft_pool_attach(struct graft *graft);
void graft_pool_detach(struct graft *graft);
void graft_pool_quiesce(void);

bool graft_waiting(const struct tee_device *teedev);

/* handle.c */
void graft_handle_free(struct tee_shm *shm);
void graft_ids_init(struct graft *graft);
int graft_ids_publish(struct graft *graft, struct tee_context *ctx);
void graft_ids_drop_ctx(struct graft *graft, const struct tee_context *ctx);
void graft_ids_stop(struct graft *graft);

#endif /* _RSTMEM_GRAFT_H */
