// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elastic pools: memory that is ordinary RAM while it is not needed.
 *
 * A pool has blocks, and may have a floor, which always stays. One thread takes blocks from
 * the kernel, lends them to the TEE, reclaims them and gives them back. block.c chooses
 * each step. If there is no room but the pool may grow, an allocation fails with EAGAIN,
 * and the core waits until the pool has changed. An allocation that fits never waits.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kconfig.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/suspend.h>
#include <linux/sysfs.h>
#include <linux/tee_rstmem.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "../core/buffer.h"
#include "../core/device.h"
#include "../core/size.h"
#include "block.h"
#include "block_trace.h"
#include "elastic.h"
#include "memory.h"

/* A line for each block fits in a file of sysfs. */
#define MAX_BLOCKS	64
#define ATTEMPT_MS	10000
/*
 * The time that a reboot waits for blocks without buffers to be reclaimed, and the time
 * that it waits for buffers that are being cleared.
 */
#define REBOOT_WAIT	(20 * HZ)
#define REBOOT_GRACE	HZ
/* Bytes of memory that programs keep when a block is taken. */
#define SPARE		SZ_32M
/* Ends an attempt that takes too long. The thread allows the signal only then. */
#define DEADLINE_SIGNAL	SIGKILL

/**
 * struct elastic - an elastic pool
 * @pool:	the part that backends see
 * @ops:	adopt, lend and reclaim
 * @data:	for @ops
 * @source:	where blocks come from
 * @floor:	the part that always stays, or NULL
 * @thread:	makes all steps
 * @deadline:	ends an attempt to take a block
 * @wait:	the thread waits here
 * @pm:		refuses hibernation
 * @reboot:	empties the pool before a reboot or a kexec
 * @guard:	keeps the blocks movable while the kernel has them
 * @lock:	guards the members below, and is taken before the lock of @floor
 * @poked:	the thread shall look for a step
 * @attempt_ms:	time limit of an attempt to take a block, ms
 * @most:	largest limit, bytes; constant
 * @lending:	block that the thread is lending, or for which it calls adopt, or NULL
 * @stat:	counters
 * @blocks:	the blocks
 */
struct elastic {
	struct tee_rstmem_pool pool;
	const struct tee_rstmem_lend_ops *ops;
	void *data;
	const struct rstmem_source *source;
	struct tee_rstmem_pool *floor;
	struct task_struct *thread;
	struct timer_list deadline;
	wait_queue_head_t wait;
	struct notifier_block pm;
	struct notifier_block reboot;
	void *guard;
	spinlock_t lock;	/* guards the members below */
	bool poked;
	u64 attempt_ms;
	u64 most;
	struct rstmem_block *lending;
	struct rstmem_elastic_stat stat;
	struct rstmem_blocks blocks;
};

static struct elastic *to_elastic(struct tee_rstmem_pool *pool)
{
	return container_of(pool, struct elastic, pool);
}

static u64 now_ms(void)
{
	return jiffies64_to_msecs(get_jiffies_64());
}

/* Make the thread look for a step. The caller has the lock. */
static void poke(struct elastic *elastic)
{
	WRITE_ONCE(elastic->poked, true);
	wake_up(&elastic->wait);
}

static void floor_usage(struct elastic *elastic, struct tee_rstmem_usage *usage)
{
	*usage = (struct tee_rstmem_usage){};
	if (elastic->floor)
		elastic->floor->ops->usage(elastic->floor, usage);
}

/* Make the thread look for a step if it does not know that the reserve is too small. */
static void check_reserve(struct elastic *elastic)
{
	struct tee_rstmem_usage floor;

	lockdep_assert_held(&elastic->lock);

	if (elastic->blocks.low)
		return;
	floor_usage(elastic, &floor);
	if (rstmem_blocks_are_low(&elastic->blocks, floor.used, floor.total - floor.used))
		poke(elastic);
}

static int floor_alloc(struct elastic *elastic, struct tee_shm *shm, size_t size)
{
	int rc;

	if (!elastic->floor)
		return -ENOMEM;
	rc = elastic->floor->ops->alloc(elastic->floor, shm, size);
	if (rc)
		return rc;

	spin_lock(&elastic->lock);
	check_reserve(elastic);
	spin_unlock(&elastic->lock);
	return 0;
}

static int elastic_op_alloc(struct tee_rstmem_pool *pool, struct tee_shm *shm,
			    size_t size)
{
	struct elastic *elastic = to_elastic(pool);
	struct rstmem_blocks *blocks = &elastic->blocks;
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;
	struct rstmem_block *block;
	int rc;

	if (!size || size & (blocks->granule - 1))
		return -EINVAL;
	rc = floor_alloc(elastic, shm, size);
	if (rc != -ENOMEM)
		return rc;

	spin_lock(&elastic->lock);
	block = rstmem_blocks_alloc(blocks, ext, size);
	if (block) {
		rc = 0;
		shm->paddr = ext->start;
		shm->size = ext->size;
		check_reserve(elastic);
	} else if (rstmem_blocks_may_grow(blocks, size, now_ms())) {
		rc = -EAGAIN;
		blocks->want = max_t(u64, blocks->want, size);
		poke(elastic);
	}
	spin_unlock(&elastic->lock);
	return rc;
}

static void elastic_op_free(struct tee_rstmem_pool *pool, struct tee_shm *shm)
{
	struct elastic *elastic = to_elastic(pool);
	struct rstmem_extent *ext = &shm_to_buffer(shm)->extent;
	struct rstmem_block *block;

	block = rstmem_blocks_find(&elastic->blocks, shm->paddr);
	if (!block) {
		if (!WARN_ON(!elastic->floor))
			elastic->floor->ops->free(elastic->floor, shm);
	} else if (!WARN_ON(!ext->size)) {
		spin_lock(&elastic->lock);
		rstmem_blocks_free(block, ext, now_ms());
		ext->size = 0;
		if (!block->space.taken)
			poke(elastic);
		spin_unlock(&elastic->lock);
	}
}

static void elastic_op_usage(struct tee_rstmem_pool *pool,
			     struct tee_rstmem_usage *usage)
{
	struct elastic *elastic = to_elastic(pool);
	struct rstmem_blocks *blocks = &elastic->blocks;
	struct rstmem_blocks_sum sum;

	floor_usage(elastic, usage);
	spin_lock(&elastic->lock);
	rstmem_blocks_sum(blocks, &sum);
	usage->granule = blocks->granule;
	usage->floor = usage->total;
	usage->most = usage->total +
		min(blocks->limit, blocks->count * blocks->block[0].size) -
		min(blocks->limit, sum.poisoned);
	usage->total += sum.active;
	/* The pool may be larger than a limit that was lowered. */
	usage->most = max(usage->most, usage->total);
	usage->used += sum.used;
	usage->largest_free = max(usage->largest_free, sum.largest_free);
	usage->buffers += sum.taken;
	spin_unlock(&elastic->lock);
}

/*
 * A block whose state is unknown stays claimed. The name of the claim is in this module,
 * so the module stays until reboot.
 */
static void poison(struct rstmem_block *block, const char *what, int error)
{
	const u64 last = block->start + (block->size - 1);

	pr_err("rstmem: cannot %s 0x%llx-0x%llx (error %d); the range is out of use until reboot\n",
	       what, block->start, last, error);
	__module_get(THIS_MODULE);
}

/* Record the end of a step. @next is the state that the step leads to. */
static void step_end(struct elastic *elastic, struct rstmem_block *block,
		     enum rstmem_block_state next, int error, u64 *counter)
{
	enum rstmem_block_state old;

	spin_lock(&elastic->lock);
	elastic->lending = NULL;
	old = block->state;
	if (next != old)
		WARN_ON(!rstmem_block_to(block, next, now_ms()));
	if (error) {
		rstmem_block_failed(block, now_ms());
		elastic->stat.failed++;
		elastic->stat.error = -error;
	} else if (counter) {
		++*counter;
	}
	/* Allocations that still wait set want again. Allocations that gave up do not. */
	if (error || next == RSTMEM_BLOCK_ACTIVE)
		elastic->blocks.want = 0;
	spin_unlock(&elastic->lock);
	trace_rstmem_block(block->start, block->size, rstmem_block_name(old),
			   rstmem_block_name(next), error);
	tee_rstmem_room_changed();
}

static void deadline_over(struct timer_list *timer)
{
	struct elastic *elastic = container_of(timer, struct elastic, deadline);

	send_sig(DEADLINE_SIGNAL, elastic->thread, 1);
}

/*
 * Take a block, unless programs would have too little memory left. The pages of the block
 * need room elsewhere, and the kernel would kill a process to make room.
 */
static int take(struct elastic *elastic, struct rstmem_block *block)
{
	int rc;

	if ((u64)max(si_mem_available(), 0L) << PAGE_SHIFT < block->size + SPARE)
		return -ENOMEM;

	allow_signal(DEADLINE_SIGNAL);
	mod_timer(&elastic->deadline,
		  jiffies + msecs_to_jiffies(READ_ONCE(elastic->attempt_ms)));
	rc = elastic->source->take(block->start, block->size);
	timer_delete_sync(&elastic->deadline);
	disallow_signal(DEADLINE_SIGNAL);
	flush_signals(current);
	return rc;
}

/* Record the pages that did not move. */
static void note_busy(struct elastic *elastic, struct rstmem_block *block)
{
	u64 first = 0, busy = rstmem_memory_busy(block->start, block->size, &first);

	spin_lock(&elastic->lock);
	elastic->stat.busy_pages = busy;
	spin_unlock(&elastic->lock);
	trace_rstmem_block_busy(block->start, busy, first);
}

static void step_take(struct elastic *elastic, struct rstmem_block *block)
{
	int rc = take(elastic, block);

	if (!rc) {
		step_end(elastic, block, RSTMEM_BLOCK_ABSENT, 0, NULL);
	} else if (rc == -ENOTRECOVERABLE) {
		poison(block, "claim", rc);
		step_end(elastic, block, RSTMEM_BLOCK_POISONED, rc, NULL);
	} else {
		if (rc == -EBUSY || rc == -EINTR)
			note_busy(elastic, block);
		step_end(elastic, block, RSTMEM_BLOCK_IDLE, rc, NULL);
	}
}

static void step_reclaim(struct elastic *elastic, struct rstmem_block *block)
{
	int rc = elastic->ops->reclaim(elastic->data, block->start, block->size);

	if (rc)
		poison(block, "reclaim", rc);
	step_end(elastic, block, rc ? RSTMEM_BLOCK_POISONED : RSTMEM_BLOCK_ABSENT, rc,
		 NULL);
}

static void step_give(struct elastic *elastic, struct rstmem_block *block)
{
	int rc = elastic->source->give(block->start, block->size);

	if (rc == -ENOTRECOVERABLE) {
		poison(block, "give back", rc);
		step_end(elastic, block, RSTMEM_BLOCK_POISONED, rc, NULL);
		return;
	}
	step_end(elastic, block, rc ? RSTMEM_BLOCK_ABSENT : RSTMEM_BLOCK_IDLE, rc,
		 &elastic->stat.returned);
}

static void step_lend(struct elastic *elastic, struct rstmem_block *block)
{
	int rc = elastic->ops->lend(elastic->data, block->start, block->size);

	spin_lock(&elastic->lock);
	rstmem_blocks_lent(&elastic->blocks, !rc, now_ms());
	spin_unlock(&elastic->lock);
	if (rc == -ENOTRECOVERABLE) {
		poison(block, "lend", rc);
		step_end(elastic, block, RSTMEM_BLOCK_POISONED, rc, NULL);
	} else if (rc) {
		step_end(elastic, block, RSTMEM_BLOCK_ABSENT, rc, NULL);
		/* The TEE may refuse for long. Meanwhile the kernel can use the block. */
		step_give(elastic, block);
	} else {
		step_end(elastic, block, RSTMEM_BLOCK_ACTIVE, 0, &elastic->stat.grown);
	}
}

/*
 * Choose a step and begin it. From here on, nothing is allocated in a block that is being
 * reclaimed.
 */
static struct rstmem_step step_begin(struct elastic *elastic)
{
	struct rstmem_blocks *blocks = &elastic->blocks;
	struct tee_rstmem_usage floor;
	struct rstmem_step step;
	bool hopeless;
	u64 now = now_ms();

	spin_lock(&elastic->lock);
	WRITE_ONCE(elastic->poked, false);
	floor_usage(elastic, &floor);
	step = rstmem_blocks_step(blocks, floor.used, floor.total - floor.used, now);
	if (step.kind == RSTMEM_STEP_TAKE)
		WARN_ON(!rstmem_block_to(step.block, RSTMEM_BLOCK_OFFLINING, now));
	if (step.kind == RSTMEM_STEP_RECLAIM)
		WARN_ON(!rstmem_block_to(step.block, RSTMEM_BLOCK_RECLAIMING, now));
	if (step.kind == RSTMEM_STEP_LEND)
		elastic->lending = step.block;
	hopeless = blocks->want && step.kind != RSTMEM_STEP_TAKE &&
		   step.kind != RSTMEM_STEP_LEND;
	if (hopeless)
		blocks->want = 0;
	spin_unlock(&elastic->lock);

	/* Wake the allocations that wait: no block can come. */
	if (hopeless)
		tee_rstmem_room_changed();
	return step;
}

static void step_make(struct elastic *elastic, const struct rstmem_step *step)
{
	switch (step->kind) {
	case RSTMEM_STEP_TAKE:
		step_take(elastic, step->block);
		break;
	case RSTMEM_STEP_LEND:
		step_lend(elastic, step->block);
		break;
	case RSTMEM_STEP_RECLAIM:
		step_reclaim(elastic, step->block);
		break;
	case RSTMEM_STEP_GIVE:
		step_give(elastic, step->block);
		break;
	case RSTMEM_STEP_WAIT:
		break;
	}
}

static void set_lending(struct elastic *elastic, struct rstmem_block *block)
{
	spin_lock(&elastic->lock);
	elastic->lending = block;
	spin_unlock(&elastic->lock);
}

/* An earlier kernel may have lent blocks that were set aside at boot. */
static void adopt_all(struct elastic *elastic)
{
	struct rstmem_blocks *blocks = &elastic->blocks;
	struct rstmem_block *block;
	int rc;

	for (block = blocks->block; block < blocks->block + blocks->count; block++) {
		if (block->state != RSTMEM_BLOCK_ABSENT)
			continue;
		try_to_freeze();
		set_lending(elastic, block);
		rc = elastic->ops->adopt(elastic->data, block->start, block->size);
		if (!rc)
			continue;
		poison(block, "adopt", rc);
		step_end(elastic, block, RSTMEM_BLOCK_POISONED, rc, NULL);
	}
	set_lending(elastic, NULL);
}

/* Give all blocks back. No buffer is left. */
static void give_all(struct elastic *elastic)
{
	struct rstmem_blocks *blocks = &elastic->blocks;
	struct rstmem_block *block;
	u64 now = now_ms();

	for (block = blocks->block; block < blocks->block + blocks->count; block++) {
		spin_lock(&elastic->lock);
		if (block->state == RSTMEM_BLOCK_ACTIVE)
			rstmem_block_to(block, RSTMEM_BLOCK_DRAINING, now);
		if (block->state == RSTMEM_BLOCK_DRAINING)
			WARN_ON(!rstmem_block_to(block, RSTMEM_BLOCK_RECLAIMING, now));
		spin_unlock(&elastic->lock);
		if (block->state == RSTMEM_BLOCK_RECLAIMING)
			step_reclaim(elastic, block);
		if (block->state == RSTMEM_BLOCK_ABSENT)
			step_give(elastic, block);
		/* The block did not become RAM again. Another driver may claim it. */
		if (block->state == RSTMEM_BLOCK_ABSENT)
			elastic->source->unclaim(block->start, block->size);
	}
}

static int elastic_thread(void *data)
{
	struct elastic *elastic = data;
	struct rstmem_step step;
	long timeout;

	set_freezable();
	adopt_all(elastic);
	while (!kthread_should_stop()) {
		step = step_begin(elastic);
		step_make(elastic, &step);
		if (step.kind != RSTMEM_STEP_WAIT)
			continue;
		timeout = step.wait_ms < MAX_JIFFY_OFFSET ?
			  msecs_to_jiffies(step.wait_ms) : MAX_SCHEDULE_TIMEOUT;
		wait_event_freezable_timeout(elastic->wait,
					     READ_ONCE(elastic->poked) ||
					     kthread_should_stop(), timeout);
	}
	give_all(elastic);
	return 0;
}

/* Hibernation does not save the blocks that are out or the state of the TEE. */
static int pm_notify(struct notifier_block *nb, unsigned long action, void *arg)
{
	if (action != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	pr_err("rstmem: no hibernation while an elastic pool exists\n");
	return notifier_from_errno(-EBUSY);
}

/*
 * Count the bytes of blocks that are lent or being lent, and in @returning those of blocks
 * without buffers.
 */
static u64 lent(struct elastic *elastic, u64 *returning)
{
	struct rstmem_block *block;
	u64 sum = 0;

	*returning = 0;
	spin_lock(&elastic->lock);
	for (block = elastic->blocks.block;
	     block < elastic->blocks.block + elastic->blocks.count; block++) {
		if (block->state != RSTMEM_BLOCK_ACTIVE &&
		    block->state != RSTMEM_BLOCK_DRAINING &&
		    block->state != RSTMEM_BLOCK_RECLAIMING &&
		    block != elastic->lending)
			continue;
		sum += block->size;
		if (!block->space.taken)
			*returning += block->size;
	}
	spin_unlock(&elastic->lock);
	return sum;
}

/*
 * Empty the pool: the next kernel may not know that a block is lent. A block with a buffer
 * stays lent. If the block was set aside at boot, the next kernel adopts it.
 */
static int reboot_notify(struct notifier_block *nb, unsigned long action, void *arg)
{
	struct elastic *elastic = container_of(nb, struct elastic, reboot);
	unsigned long grace = jiffies + REBOOT_GRACE, end = jiffies + REBOOT_WAIT;
	u64 left, returning;

	spin_lock(&elastic->lock);
	elastic->blocks.limit = 0;
	elastic->blocks.warm = 0;
	elastic->blocks.idle_ms = 0;
	poke(elastic);
	spin_unlock(&elastic->lock);
	mod_timer_pending(&elastic->deadline, jiffies);

	for (;;) {
		left = lent(elastic, &returning);
		if (!left || time_after(jiffies, returning ? end : grace))
			break;
		msleep(20);
	}
	if (left)
		pr_warn("rstmem: %llu KiB of elastic memory stay lent over the reboot\n",
			left >> 10);
	return NOTIFY_DONE;
}

/* Undo the claims of the first @count blocks. */
static void blocks_release(struct elastic *elastic, u32 count)
{
	struct rstmem_block *block;

	for (block = elastic->blocks.block; count--; block++)
		if (block->state == RSTMEM_BLOCK_ABSENT)
			elastic->source->unclaim(block->start, block->size);
}

/* A thread that never ran gave no block back, so end the claims here. */
static void thread_end(struct elastic *elastic)
{
	if (kthread_stop(elastic->thread))
		blocks_release(elastic, elastic->blocks.count);
}

static void elastic_op_destroy(struct tee_rstmem_pool *pool)
{
	struct elastic *elastic = to_elastic(pool);

	unregister_pm_notifier(&elastic->pm);
	thread_end(elastic);
	unregister_reboot_notifier(&elastic->reboot);
	elastic->source->end_keep(elastic->guard);
	if (elastic->floor)
		tee_rstmem_pool_free(elastic->floor);
	kvfree(elastic);
}

static const struct tee_rstmem_pool_ops elastic_ops = {
	.alloc = elastic_op_alloc,
	.free = elastic_op_free,
	.usage = elastic_op_usage,
	.destroy_pool = elastic_op_destroy,
};

/* Find the source of blocks, or NULL when the kernel lacks it. */
static const struct rstmem_source *
source_of(const struct tee_rstmem_elastic_desc *desc)
{
	if (desc->keep_mapping)
		return IS_ENABLED(CONFIG_CONTIG_ALLOC) ? &rstmem_kept : NULL;
	return IS_ENABLED(CONFIG_MEMORY_HOTREMOVE) ? &rstmem_hotplug : NULL;
}

/* Find the size of blocks, or 0 when the constraints allow none. */
static u64 block_size(const struct tee_rstmem_elastic_desc *desc,
		      const struct rstmem_source *source)
{
	u64 unit = source->unit(), size;

	size = roundup(max(desc->least, 1ULL), max(desc->align, unit));
	if (desc->most && size > desc->most)
		return 0;
	return size;
}

static int check(const struct tee_rstmem_elastic_desc *desc, u64 size)
{
	u64 last = desc->start + (desc->size - 1);
	u32 bits = desc->address_bits ?: RSTMEM_ADDRESS_BITS;

	if (!size)
		return -ERANGE;
	if (desc->granule < PAGE_SIZE || !is_power_of_2(desc->granule) ||
	    !desc->size || last < desc->start || last >> min(bits, 63U) ||
	    desc->start % size || desc->size % size ||
	    (desc->align && !is_power_of_2(desc->align)))
		return -EINVAL;
	return desc->size / size > MAX_BLOCKS ? -E2BIG : 0;
}

/* Find the first state of a block. */
static int block_init(struct rstmem_block *block, const struct rstmem_source *source,
		      u64 start, u64 size, bool boot_ram)
{
	block->start = start;
	block->size = size;
	switch (source->at(start, size)) {
	case RSTMEM_MEMORY_ABSENT:
		if (!source->claim(start, size))
			return -EBUSY;
		block->state = RSTMEM_BLOCK_ABSENT;
		return 0;
	case RSTMEM_MEMORY_BOOT_RAM:
		if (!boot_ram)
			return -EBUSY;
		fallthrough;
	case RSTMEM_MEMORY_RAM:
		block->state = RSTMEM_BLOCK_IDLE;
		return 0;
	default:
		return -EBUSY;
	}
}

static int blocks_init(struct elastic *elastic,
		       const struct tee_rstmem_elastic_desc *desc, u64 size)
{
	struct rstmem_blocks *blocks = &elastic->blocks;
	u32 n;
	int rc;

	blocks->granule = desc->granule;
	elastic->most = desc->ranges ? min(desc->size, desc->ranges * size) :
				       desc->size;
	blocks->limit = elastic->most;
	blocks->warm = min(desc->warm, desc->size);
	blocks->idle_ms = desc->idle_ms;
	blocks->count = desc->size / size;
	for (n = 0; n < blocks->count; n++) {
		rc = block_init(&blocks->block[n], elastic->source,
				desc->start + n * size, size,
				desc->boot_ram || desc->keep_mapping);
		if (rc) {
			blocks_release(elastic, n);
			return rc;
		}
	}
	return 0;
}

/**
 * tee_rstmem_elastic_create() - make an elastic pool
 * @desc:	what it is made of; used during the call only, except for its ops
 *
 * A block is the unit of memory hot-plug, 128 MiB on most machines, or the multiple of
 * it that the constraints want. If the kernel keeps its mapping, the unit is smaller. A
 * buffer is in one block.
 *
 * Return: the pool, or ERR_PTR; then the caller still owns the floor. -EOPNOTSUPP when
 * the kernel lacks the source, -ERANGE when the constraints allow no block, -EINVAL for a
 * range that is not whole blocks or has addresses that are too wide, -E2BIG for more than
 * 64 blocks, -EBUSY when the range is in use, -ENOMEM.
 */
struct tee_rstmem_pool *
tee_rstmem_elastic_create(const struct tee_rstmem_elastic_desc *desc)
{
	const struct rstmem_source *source = source_of(desc);
	struct elastic *elastic;
	u64 size;
	int rc;

	if (!source)
		return ERR_PTR(-EOPNOTSUPP);
	size = block_size(desc, source);
	rc = check(desc, size);
	if (rc)
		return ERR_PTR(rc);
	elastic = kvzalloc(struct_size(elastic, blocks.block, desc->size / size),
			   GFP_KERNEL);
	if (!elastic)
		return ERR_PTR(-ENOMEM);
	elastic->pool.ops = &elastic_ops;
	elastic->ops = desc->ops;
	elastic->data = desc->data;
	elastic->floor = desc->floor;
	elastic->attempt_ms = ATTEMPT_MS;
	init_waitqueue_head(&elastic->wait);
	spin_lock_init(&elastic->lock);
	elastic->source = source;
	elastic->guard = source->keep_movable(desc->start, desc->size);
	rc = PTR_ERR_OR_ZERO(elastic->guard);
	if (rc)
		goto err_free;
	rc = blocks_init(elastic, desc, size);
	if (rc)
		goto err_unguard;
	timer_setup(&elastic->deadline, deadline_over, 0);
	elastic->pm.notifier_call = pm_notify;
	rc = register_pm_notifier(&elastic->pm);
	if (rc)
		goto err_release;
	elastic->thread = kthread_run(elastic_thread, elastic, "rstmem_elastic");
	if (IS_ERR(elastic->thread)) {
		rc = PTR_ERR(elastic->thread);
		goto err_pm;
	}
	elastic->reboot.notifier_call = reboot_notify;
	rc = register_reboot_notifier(&elastic->reboot);
	if (rc)
		goto err_thread;
	return &elastic->pool;

err_thread:
	thread_end(elastic);
	unregister_pm_notifier(&elastic->pm);
	goto err_unguard;
err_pm:
	unregister_pm_notifier(&elastic->pm);
err_release:
	blocks_release(elastic, elastic->blocks.count);
err_unguard:
	elastic->source->end_keep(elastic->guard);
err_free:
	kvfree(elastic);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(tee_rstmem_elastic_create);

/**
 * rstmem_is_elastic() - tell an elastic pool from others
 * @pool:	any pool, or NULL
 *
 * Return: true when tee_rstmem_elastic_create() made the pool.
 */
bool rstmem_is_elastic(const struct tee_rstmem_pool *pool)
{
	return pool && pool->ops == &elastic_ops;
}

/**
 * rstmem_elastic_stat() - read counters and state
 * @pool:	an elastic pool
 * @stat:	out: all fields
 */
void rstmem_elastic_stat(struct tee_rstmem_pool *pool,
			 struct rstmem_elastic_stat *stat)
{
	struct elastic *elastic = to_elastic(pool);
	struct rstmem_blocks_sum sum;

	spin_lock(&elastic->lock);
	rstmem_blocks_sum(&elastic->blocks, &sum);
	*stat = elastic->stat;
	stat->block_size = elastic->blocks.block[0].size;
	stat->out = sum.out;
	stat->poisoned = sum.poisoned;
	stat->wanted = elastic->blocks.want;
	spin_unlock(&elastic->lock);
}

/**
 * rstmem_elastic_settings() - read the settings
 * @pool:	an elastic pool
 * @settings:	out: all fields
 */
void rstmem_elastic_settings(struct tee_rstmem_pool *pool,
			     struct rstmem_elastic_settings *settings)
{
	struct elastic *elastic = to_elastic(pool);

	spin_lock(&elastic->lock);
	settings->limit = elastic->blocks.limit;
	settings->warm = elastic->blocks.warm;
	settings->idle_ms = elastic->blocks.idle_ms;
	settings->attempt_ms = elastic->attempt_ms;
	spin_unlock(&elastic->lock);
}

/**
 * rstmem_elastic_set() - change the settings
 * @pool:	an elastic pool
 * @settings:	all of them
 *
 * A lower limit takes no block with a buffer: blocks go back when they are empty. The
 * limit is capped at the ranges that can be lent at a time, the reserve at the size of all
 * blocks, and times at INT_MAX ms.
 */
void rstmem_elastic_set(struct tee_rstmem_pool *pool,
			const struct rstmem_elastic_settings *settings)
{
	struct elastic *elastic = to_elastic(pool);
	struct rstmem_blocks *blocks = &elastic->blocks;
	const u64 all = blocks->count * blocks->block[0].size;

	spin_lock(&elastic->lock);
	blocks->limit = min(settings->limit, elastic->most);
	blocks->warm = min(settings->warm, all);
	blocks->idle_ms = min_t(u64, settings->idle_ms, INT_MAX);
	WRITE_ONCE(elastic->attempt_ms, min_t(u64, settings->attempt_ms, INT_MAX));
	poke(elastic);
	spin_unlock(&elastic->lock);
}

/**
 * rstmem_elastic_list() - list the blocks
 * @pool:	an elastic pool
 * @text:	out: PAGE_SIZE bytes; a line for each block has its address, its state
 *		and its used bytes
 *
 * Return: length of the text.
 */
int rstmem_elastic_list(struct tee_rstmem_pool *pool, char *text)
{
	struct elastic *elastic = to_elastic(pool);
	const struct rstmem_blocks *blocks = &elastic->blocks;
	const struct rstmem_block *block;
	int len = 0;

	spin_lock(&elastic->lock);
	for (block = blocks->block; block < blocks->block + blocks->count; block++)
		len += sysfs_emit_at(text, len, "0x%llx %s %llu\n", block->start,
				     rstmem_block_name(block->state),
				     block->space.used);
	spin_unlock(&elastic->lock);
	return len;
}
