/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The graft: restricted memory for a stock TEE core.
 *
 * The stock core has no hook for a driver's ioctl or for another kind of memory, but its
 * structures are public. The graft replaces two members of struct tee_device. cdev.ops
 * becomes a copy of the stock file operations that answers the additional ioctls and passes
 * all others on. pool becomes a pool that sees the release of restricted memory and passes
 * everything else on to the driver's own pool. The graft of a backend's own device is
 * attached before the device is registered. The device of another driver may be in use.
 *
 * Only files in this directory know the internals of the stock core. They rely on these
 * facts about drivers/tee of 6.12 to 7.3:
 *
 *	- filp->private_data is the struct tee_context;
 *	- an open context counts as a user of the device (num_users, under mutex), and
 *	  tee_device_unregister() waits until no user is left before it clears pool;
 *	- a context can use a struct tee_shm in the device's idr only if shm->ctx is this
 *	  context; the device's mutex guards the idr;
 *	- tee_shm_put() drops the last reference under the device's mutex. Then it
 *	  1. removes shm->id from the idr, which does nothing for an id of -1;
 *	  2. calls teedev->pool->ops->free() if TEE_SHM_POOL is set;
 *	  3. drops a reference to the context;
 *	  4. frees the tee_shm with kfree();
 *	  5. drops a user of the device.
 *
 * For a device that is in use already, the files also rely on these facts:
 *
 *	- the kernel does not sleep between loading teedev->pool or teedev->cdev.ops and
 *	  calling one of the operations, or pinning their owner;
 *	- the stock core may load teedev->pool for the operations and again for their
 *	  argument, so an operation of one pool may get the other pool;
 *	- operations of the driver's pool use only its private_data;
 *	- a driver destroys its pool without looking at teedev->pool.
 */
#ifndef _RSTMEM_GRAFT_H
#define _RSTMEM_GRAFT_H

#include <linux/rcupdate.h>
#include <linux/tee_rstmem.h>

#include "ids.h"

/**
 * struct graft - the graft in a TEE device
 * @pool:	the pool in teedev->pool. Has the private data of the driver's own pool,
 *		so that the driver's operations work on it as well
 * @stock:	the driver's own pool, may be NULL
 * @ids:	the device and its ids
 * @rdev:	its restricted memory; the last reference to it frees the graft
 * @live:	the device belongs to another driver and may have been in use
 * @rcu:	frees the graft after the readers that found it through teedev->pool
 */
struct graft {
	struct tee_shm_pool pool;
	struct tee_shm_pool *stock;
	struct rstmem_ids ids;
	struct tee_rstmem_device *rdev;
	bool live;
	struct rcu_head rcu;
};

/* shm_pool.c */
bool graft_pool_is_ours(const struct tee_device *teedev);
bool graft_pool_is_complete(const struct tee_device *teedev);
void graft_pool_attach(struct graft *graft);
void graft_pool_detach(struct graft *graft);
void graft_pool_quiesce(void);

#endif /* _RSTMEM_GRAFT_H */
