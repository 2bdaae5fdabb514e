// SPDX-License-Identifier: GPL-2.0-only
/*
 * Standing in for a device's pool, see graft.h.
 */
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "graft.h"

/* Calls of the operations below, which sleep where the driver's own do. */
DEFINE_STATIC_SRCU(pool_calls);

static const struct tee_shm_pool_ops graft_pool_ops;

/* The driver's own pool; @pool may be that already. */
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
	int rc = -EINVAL, token;

	token = srcu_read_lock(&pool_calls);
	stock = stock_of(pool);
	if (stock)
		rc = stock->ops->alloc(stock, shm, size, align);
	srcu_read_unlock(&pool_calls, token);
	return rc;
}

static void pool_op_free(struct tee_shm_pool *pool, struct tee_shm *shm)
{
	struct tee_shm_pool *stock;
	int token;

	token = srcu_read_lock(&pool_calls);
	if (shm->flags & TEE_SHM_RESTRICTED) {
		graft_handle_free(shm);
	} else {
		stock = stock_of(pool);
		stock->ops->free(stock, shm);
	}
	srcu_read_unlock(&pool_calls, token);
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
 * graft_find() - the graft of a device
 * @teedev:	a device that the caller has a user of (an open context, for
 *		example), or that is not yet registered
 *
 * Called, and what it returns is valid, in an RCU read section, or between
 * rstmem_device_call_begin() and rstmem_device_call_end().
 *
 * Return: the graft, or NULL when it has none.
 */
struct graft *graft_find(const struct tee_device *teedev)
{
	struct tee_shm_pool *pool = READ_ONCE(teedev->pool);

	if (!pool || pool->ops != &graft_pool_ops)
		return NULL;
	return container_of(pool, struct graft, pool);
}

/**
 * graft_get() - the graft of a device, with a reference
 * @teedev:	as for graft_find()
 *
 * Return: the graft, for graft_put(), or NULL when it has none.
 */
struct graft *graft_get(const struct tee_device *teedev)
{
	struct graft *graft;

	rcu_read_lock();
	graft = graft_find(teedev);
	if (graft && !kref_get_unless_zero(&graft->ref))
		graft = NULL;
	rcu_read_unlock();
	return graft;
}

/**
 * graft_waiting() - whether a device has ids that the stock core does not know yet
 * @teedev:	as for graft_find()
 *
 * Return: true for ids that have been given out before.
 */
bool graft_waiting(const struct tee_device *teedev)
{
	const struct graft *graft;
	bool waiting = false;
	unsigned int n;

	rcu_read_lock();
	graft = graft_find(teedev);
	for (n = 0; graft && !waiting && n < RSTMEM_SHARDS; n++)
		waiting = READ_ONCE(graft->ids[n].waiting);
	rcu_read_unlock();
	return waiting;
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
	/* Whoever sees it sees it complete. */
	smp_store_release(&graft->teedev->pool, &graft->pool);
}

/**
 * graft_pool_detach() - give the device its own pool back
 * @graft:	of the device; no handle is left
 *
 * Callers of the graft's operations may still be on their way.
 */
void graft_pool_detach(struct graft *graft)
{
	WRITE_ONCE(graft->teedev->pool, graft->stock);
}

/**
 * graft_pool_quiesce() - wait for those who are on their way
 *
 * After graft_pool_detach(), and after the file operations are back too. When it
 * returns, nobody is about to call the graft, inside, or on its way out. May sleep.
 */
void graft_pool_quiesce(void)
{
	/* Who has loaded a pointer gets to the call without sleeping. */
	synchronize_rcu_tasks();
	synchronize_srcu(&pool_calls);
	/* And from there out of this module. */
	synchronize_rcu_tasks();
}
