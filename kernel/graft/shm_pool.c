// SPDX-License-Identifier: GPL-2.0-only
/* The pool of the graft, which stands in for a device's own pool of shared memory. */
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "graft.h"

/* Calls of the operations below, which sleep where the driver's own do. */
DEFINE_STATIC_SRCU(pool_calls);

static const struct tee_shm_pool_ops graft_pool_ops;

/* The driver's own pool, which @pool may be already. */
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
		graft_id_free(shm);
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
 * graft_pool_is_ours() - look whether a device has a graft
 * @teedev:	a device that stays registered, or is not yet
 *
 * Return: true when it has.
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
 * graft_pool_attach() - stand in for a device's pool
 * @graft:	of the device
 */
void graft_pool_attach(struct graft *graft)
{
	graft->stock = graft->teedev->pool;
	if (graft->stock)
		graft->pool.private_data = graft->stock->private_data;
	graft->pool.ops = &graft_pool_ops;
	/* Readers that see it see it complete. */
	smp_store_release(&graft->teedev->pool, &graft->pool);
}

/**
 * graft_pool_detach() - give the device its own pool back
 * @graft:	of the device; no id is left
 *
 * Does nothing if the device was unregistered meanwhile. Callers of the graft's
 * operations may still be on their way.
 */
void graft_pool_detach(struct graft *graft)
{
	cmpxchg(&graft->teedev->pool, &graft->pool, graft->stock);
}

/**
 * graft_pool_quiesce() - wait for callers that are on their way
 *
 * Called after graft_pool_detach(), and after the file operations are back too. When
 * it returns, no task is about to call the graft, inside, or on its way out. May
 * sleep.
 */
void graft_pool_quiesce(void)
{
	/* A task that has loaded a pointer gets to the call without sleeping. */
	synchronize_rcu_tasks();
	synchronize_srcu(&pool_calls);
	/* And from there out of this module. */
	synchronize_rcu_tasks();
}
