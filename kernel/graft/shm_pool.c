// SPDX-License-Identifier: GPL-2.0-only
/* The pool of the graft, in place of a device's own pool of shared memory. */
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "graft.h"

/* Calls of the operations below. They sleep if the driver's own operations sleep. */
DEFINE_STATIC_SRCU(pool_calls);

static const struct tee_shm_pool_ops graft_pool_ops;

/* Find the driver's own pool. @pool may be that pool already. */
static struct tee_shm_pool *stock_of(struct tee_shm_pool *pool)
{
	if (pool->ops != &graft_pool_ops)
		return pool;
	return container_of(pool, struct graft, pool)->stock;
}

static int pool_op_alloc(struct tee_shm_pool *pool, struct tee_shm *shm,
			 size_t size, size_t align)
{
	struct tee_shm_pool *stock;
	int rc = -EINVAL, idx;

	idx = srcu_read_lock(&pool_calls);
	stock = stock_of(pool);
	if (stock)
		rc = stock->ops->alloc(stock, shm, size, align);
	srcu_read_unlock(&pool_calls, idx);
	return rc;
}

static void pool_op_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct tee_shm_pool *stock;
	int idx;

	idx = srcu_read_lock(&pool_calls);
	if (shm->flags & TEE_SHM_RESTRICTED) {
		rstmem_id_free(shm);
	} else {
		stock = stock_of(pool);
		stock->ops->free(stock, shm);
	}
	srcu_read_unlock(&pool_calls, idx);
}

static void pool_op_destroy(struct tee_shm_pool *pool)
{
	struct tee_shm_pool *stock = stock_of(pool);

	if (stock)
		stock->ops->destroy_pool(stock);
}

static const struct tee_shm_pool_ops graft_pool_ops = {
	.alloc = pool_op_alloc,
	.free = pool_op_free,
	.destroy_pool = pool_op_destroy,
};

/**
 * graft_pool_is_ours() - check whether a device has a graft
 * @teedev:	a device that is not registered yet, or stays registered during the call
 *
 * Return: true when it has a graft.
 */
bool graft_pool_is_ours(const struct tee_device *teedev)
{
	const struct tee_shm_pool *pool;
	bool ours;

	rcu_read_lock();
	pool = READ_ONCE(teedev->pool);
	ours = pool && pool->ops == &graft_pool_ops;
	rcu_read_unlock();
	return ours;
}

/**
 * graft_pool_is_complete() - check whether a pool has the operations that the graft calls
 * @teedev:	a device that stays registered during the call
 *
 * An earlier graft may be freed meanwhile.
 *
 * Return: true when the device has a pool with these operations.
 */
bool graft_pool_is_complete(const struct tee_device *teedev)
{
	const struct tee_shm_pool *pool;
	bool complete;

	rcu_read_lock();
	pool = READ_ONCE(teedev->pool);
	complete = pool && pool->ops && pool->ops->alloc && pool->ops->free;
	rcu_read_unlock();
	return complete;
}

/**
 * graft_pool_attach() - replace a device's pool
 * @graft:	of the device
 */
void graft_pool_attach(struct graft *graft)
{
	graft->stock = graft->ids.teedev->pool;
	if (graft->stock)
		graft->pool.private_data = graft->stock->private_data;
	graft->pool.ops = &graft_pool_ops;
	/* Readers see a complete pool. */
	smp_store_release(&graft->ids.teedev->pool, &graft->pool);
}

/**
 * graft_pool_detach() - give the device its own pool back
 * @graft:	of the device; no id is left
 *
 * Does nothing if the device was unregistered meanwhile. Tasks may still be about to call
 * the graft's operations.
 */
void graft_pool_detach(struct graft *graft)
{
	cmpxchg(&graft->ids.teedev->pool, &graft->pool, graft->stock);
}

/**
 * graft_pool_quiesce() - wait for tasks in the graft's code
 *
 * Call this after graft_pool_detach() has returned and the device has its stock file
 * operations back. After this returns, no task is in the graft's code, about to enter it,
 * or leaving it. On a kernel that preempts, this needs CONFIG_TASKS_RCU. May sleep.
 */
void graft_pool_quiesce(void)
{
	/* A task does not sleep between loading a pointer and the call. */
	synchronize_rcu_tasks();
	synchronize_srcu(&pool_calls);
	/* A task does not sleep on its way out of this module. */
	synchronize_rcu_tasks();
}
