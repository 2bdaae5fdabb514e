// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks: the parts of an elastic pool, their lifetime, and the choice of the next step.
 *
 *	IDLE -> OFFLINING -> ABSENT -> ACTIVE <-> DRAINING -> RECLAIMING -> ABSENT
 *	  ^         |        |    ^       (lend)                    |
 *	  |<--------+        |    +----------------------------(reclaim)
 *	  +<-------(give)----+                                      v
 *	                  any step whose result is unknown -> POISONED
 *
 * One thread makes all steps. It holds no lock during a step. An allocation may change a
 * block from DRAINING to ACTIVE. Freeing changes no state.
 */
#include <linux/bits.h>
#include <linux/minmax.h>

#include "block.h"

/* A step that failed is tried again after 1 s, then 2 s, at last every 64 s. */
#define RETRY_MS	1000
#define RETRY_SHIFT	6U
/* The shortest time between two polls of an active block. */
#define POLL_MS		10ULL
/* The least time that a new block stays, so that the waiting allocation can use it. */
#define STAY_MS		100ULL
#define FOREVER		(~0ULL)

static const char *const names[RSTMEM_BLOCK_STATES] = {
	[RSTMEM_BLOCK_IDLE] = "idle",
	[RSTMEM_BLOCK_OFFLINING] = "offlining",
	[RSTMEM_BLOCK_ABSENT] = "absent",
	[RSTMEM_BLOCK_ACTIVE] = "active",
	[RSTMEM_BLOCK_DRAINING] = "draining",
	[RSTMEM_BLOCK_RECLAIMING] = "reclaiming",
	[RSTMEM_BLOCK_POISONED] = "poisoned",
};

/* The states that may follow a state. */
static const u8 next_states[RSTMEM_BLOCK_STATES] = {
	[RSTMEM_BLOCK_IDLE] = BIT(RSTMEM_BLOCK_OFFLINING),
	[RSTMEM_BLOCK_OFFLINING] = BIT(RSTMEM_BLOCK_IDLE) |
				   BIT(RSTMEM_BLOCK_ABSENT) |
				   BIT(RSTMEM_BLOCK_POISONED),
	[RSTMEM_BLOCK_ABSENT] = BIT(RSTMEM_BLOCK_IDLE) | BIT(RSTMEM_BLOCK_ACTIVE) |
				BIT(RSTMEM_BLOCK_POISONED),
	[RSTMEM_BLOCK_ACTIVE] = BIT(RSTMEM_BLOCK_DRAINING),
	[RSTMEM_BLOCK_DRAINING] = BIT(RSTMEM_BLOCK_ACTIVE) |
				  BIT(RSTMEM_BLOCK_RECLAIMING),
	[RSTMEM_BLOCK_RECLAIMING] = BIT(RSTMEM_BLOCK_ABSENT) |
				    BIT(RSTMEM_BLOCK_POISONED),
};

static bool is_lent(const struct rstmem_block *block)
{
	return block->state == RSTMEM_BLOCK_ACTIVE ||
	       block->state == RSTMEM_BLOCK_DRAINING;
}

static bool is_out(const struct rstmem_block *block)
{
	return block->state != RSTMEM_BLOCK_IDLE &&
	       block->state != RSTMEM_BLOCK_OFFLINING;
}

static u64 free_in(const struct rstmem_block *block)
{
	return block->size - block->space.used;
}

/**
 * rstmem_block_name() - get the name of a state
 * @state:	the state
 *
 * Return: the name, in lower case.
 */
const char *rstmem_block_name(enum rstmem_block_state state)
{
	return names[state];
}

/**
 * rstmem_block_to() - change the state of a block
 * @block:	the block
 * @state:	the next state
 * @now:	ms
 *
 * Return: false when @state may not follow; nothing is changed then.
 */
bool rstmem_block_to(struct rstmem_block *block, enum rstmem_block_state state,
		     u64 now)
{
	if (!(next_states[block->state] & BIT(state)))
		return false;
	if (state == RSTMEM_BLOCK_RECLAIMING && block->space.taken)
		return false;
	if (state == RSTMEM_BLOCK_ACTIVE && block->state == RSTMEM_BLOCK_ABSENT) {
		rstmem_space_init(&block->space, block->start, block->size);
		block->served = false;
	}
	block->state = state;
	block->since = now;
	if (state != RSTMEM_BLOCK_OFFLINING)
		block->retry = 0;
	if (state == RSTMEM_BLOCK_ACTIVE)
		block->tries = 0;
	return true;
}

/* The time before the next try after @failures others. */
static u64 backoff(u32 failures)
{
	return RETRY_MS << min(failures, RETRY_SHIFT);
}

/**
 * rstmem_block_failed() - note that a step of a block failed
 * @block:	the block, in the state that follows the step
 * @now:	ms
 */
void rstmem_block_failed(struct rstmem_block *block, u64 now)
{
	block->retry = now + backoff(block->tries++);
}

/* Find the fullest block in @state that has room for @size bytes, or NULL. */
static struct rstmem_block *find_room(struct rstmem_blocks *blocks,
				      enum rstmem_block_state state, u64 size)
{
	struct rstmem_block *block, *found = NULL;

	for (block = blocks->block; block < blocks->block + blocks->count; block++)
		if (block->state == state &&
		    (!found || block->space.used > found->space.used) &&
		    rstmem_space_largest_free(&block->space) >= size)
			found = block;
	return found;
}

/**
 * rstmem_blocks_alloc() - allocate a range in a block that is lent
 * @blocks:	the pool
 * @ext:	filled in; stays in the pool until rstmem_blocks_free()
 * @size:	bytes, a multiple of the granule, not 0
 *
 * Takes the fullest block, so that others become empty. A block that drains becomes
 * active again if no other has room.
 *
 * Return: the block, or NULL when none has room.
 */
struct rstmem_block *rstmem_blocks_alloc(struct rstmem_blocks *blocks,
					 struct rstmem_extent *ext, u64 size)
{
	struct rstmem_block *block = find_room(blocks, RSTMEM_BLOCK_ACTIVE, size);

	if (!block) {
		block = find_room(blocks, RSTMEM_BLOCK_DRAINING, size);
		if (!block)
			return NULL;
		rstmem_block_to(block, RSTMEM_BLOCK_ACTIVE, block->since);
	}
	rstmem_extent_alloc(&block->space, ext, size);
	block->served = true;
	return block;
}

/**
 * rstmem_blocks_find() - find the block of an address
 * @blocks:	the pool
 * @addr:	physical address
 *
 * Return: the block, or NULL when the address is in none.
 */
struct rstmem_block *rstmem_blocks_find(struct rstmem_blocks *blocks, u64 addr)
{
	struct rstmem_block *block;

	for (block = blocks->block; block < blocks->block + blocks->count; block++)
		if (addr - block->start < block->size)
			return block;
	return NULL;
}

/**
 * rstmem_blocks_free() - free a range
 * @block:	its block
 * @ext:	filled in by rstmem_blocks_alloc()
 * @now:	ms
 */
void rstmem_blocks_free(struct rstmem_block *block, struct rstmem_extent *ext,
			u64 now)
{
	rstmem_extent_free(&block->space, ext);
	if (!block->space.taken)
		block->since = now;
}

/**
 * rstmem_blocks_sum() - add up the blocks
 * @blocks:	the pool
 * @sum:	out: all fields
 */
void rstmem_blocks_sum(const struct rstmem_blocks *blocks,
		       struct rstmem_blocks_sum *sum)
{
	const struct rstmem_block *block;

	*sum = (struct rstmem_blocks_sum){};
	for (block = blocks->block; block < blocks->block + blocks->count; block++) {
		if (is_out(block))
			sum->out += block->size;
		if (block->state == RSTMEM_BLOCK_POISONED)
			sum->poisoned += block->size;
		if (!is_lent(block))
			continue;
		sum->active += block->size;
		sum->used += block->space.used;
		sum->taken += block->space.taken;
		if (block->state == RSTMEM_BLOCK_ACTIVE)
			sum->free += free_in(block);
		sum->largest_free = max(sum->largest_free,
					rstmem_space_largest_free(&block->space));
	}
}

/* The bytes to keep free: none in a pool without buffers or larger than its limit. */
static u64 reserve(const struct rstmem_blocks *blocks,
		   const struct rstmem_blocks_sum *sum, u64 floor_used)
{
	return floor_used + sum->used && sum->out <= blocks->limit ? blocks->warm : 0;
}

/**
 * rstmem_blocks_are_low() - check whether less than the reserve is free
 * @blocks:	the pool
 * @floor_used:	bytes taken in the part of the pool that always stays
 * @floor_free:	bytes free in it
 *
 * Return: true when the pool shall grow, although no allocation waits.
 */
bool rstmem_blocks_are_low(const struct rstmem_blocks *blocks, u64 floor_used,
			   u64 floor_free)
{
	struct rstmem_blocks_sum sum;

	rstmem_blocks_sum(blocks, &sum);
	return floor_free + sum.free < reserve(blocks, &sum, floor_used);
}

/**
 * rstmem_blocks_lent() - note how the TEE took a block
 * @blocks:	the pool
 * @ok:		the TEE has the block
 * @now:	ms
 *
 * After a refusal, another block is tried at once. After more refusals in a row, the pool
 * does not grow for a while. So a TEE that takes no block costs the kernel little.
 */
void rstmem_blocks_lent(struct rstmem_blocks *blocks, bool ok, u64 now)
{
	blocks->refusals = ok ? 0 : blocks->refusals + 1;
	if (blocks->refusals > 1)
		blocks->pause = now + backoff(blocks->refusals - 2);
}

/* Find the block to grow by: an absent one, or the idle one with the fewest failures. */
static const struct rstmem_block *find_growth(const struct rstmem_blocks *blocks,
					      u64 now)
{
	const struct rstmem_block *block, *found = NULL;
	struct rstmem_blocks_sum sum;

	if (blocks->pause > now)
		return NULL;
	rstmem_blocks_sum(blocks, &sum);
	for (block = blocks->block; block < blocks->block + blocks->count; block++) {
		if (block->retry > now)
			continue;
		/* An absent block counts against the limit already. */
		if (block->state == RSTMEM_BLOCK_ABSENT && sum.out <= blocks->limit)
			return block;
		if (block->state == RSTMEM_BLOCK_IDLE &&
		    sum.out + block->size <= blocks->limit &&
		    (!found || block->tries < found->tries))
			found = block;
	}
	return found;
}

static bool is_changing(const struct rstmem_block *block)
{
	return block->state == RSTMEM_BLOCK_OFFLINING ||
	       block->state == RSTMEM_BLOCK_RECLAIMING;
}

/**
 * rstmem_blocks_may_grow() - decide whether an allocation shall wait
 * @blocks:	the pool, which has no room for the allocation
 * @size:	bytes
 * @now:	ms
 *
 * Return: true when a step that is under way or possible now may make room.
 */
bool rstmem_blocks_may_grow(const struct rstmem_blocks *blocks, u64 size, u64 now)
{
	const struct rstmem_block *block;

	if (!blocks->count || size > blocks->block[0].size)
		return false;
	for (block = blocks->block; block < blocks->block + blocks->count; block++)
		if (is_changing(block))
			return true;
	return find_growth(blocks, now);
}

/* Find the block that the pool needs least. Returns NULL if the pool needs all blocks. */
static struct rstmem_block *find_surplus(struct rstmem_blocks *blocks,
					 u64 free, u64 keep)
{
	struct rstmem_block *block, *found = NULL;

	for (block = blocks->block; block < blocks->block + blocks->count; block++)
		if (block->state == RSTMEM_BLOCK_ACTIVE &&
		    (!found || block->space.used < found->space.used))
			found = block;
	/* The rest of the pool must have room for the block's buffers and the reserve. */
	if (found && free - free_in(found) >= keep + found->space.used)
		return found;
	return NULL;
}

static struct rstmem_step step(enum rstmem_step_kind kind,
			       const struct rstmem_block *block, u64 wait_ms)
{
	return (struct rstmem_step){ kind, (struct rstmem_block *)block, wait_ms };
}

/* The time until @at, or @wait_ms if that is sooner. */
static u64 sooner(u64 wait_ms, u64 at, u64 now)
{
	return min(wait_ms, at > now ? at - now : 0);
}

/* The time that an empty block stays. */
static u64 stay_ms(const struct rstmem_blocks *blocks, const struct rstmem_block *block)
{
	return block->served ? blocks->idle_ms : max(blocks->idle_ms, STAY_MS);
}

/**
 * rstmem_blocks_step() - choose the next step
 * @blocks:	the pool
 * @floor_used:	bytes taken in the part of the pool that always stays
 * @floor_free:	bytes free in it
 * @now:	ms
 *
 * A waiting allocation comes first, then the warm reserve. A block that the others can
 * replace drains, and goes back when it has been empty for the idle time.
 *
 * Return: the step.
 */
struct rstmem_step rstmem_blocks_step(struct rstmem_blocks *blocks, u64 floor_used,
				      u64 floor_free, u64 now)
{
	struct rstmem_block *block;
	const struct rstmem_block *growth;
	struct rstmem_blocks_sum sum;
	u64 keep, free, wait_ms = FOREVER;

	rstmem_blocks_sum(blocks, &sum);
	keep = reserve(blocks, &sum, floor_used);
	free = floor_free + sum.free;
	blocks->low = free < keep;

	if (blocks->want || blocks->low) {
		block = find_room(blocks, RSTMEM_BLOCK_DRAINING, 0);
		if (!blocks->want && block) {
			rstmem_block_to(block, RSTMEM_BLOCK_ACTIVE, now);
			return step(RSTMEM_STEP_WAIT, NULL, 0);
		}
		growth = find_growth(blocks, now);
		if (growth)
			return step(growth->state == RSTMEM_BLOCK_ABSENT ?
				    RSTMEM_STEP_LEND : RSTMEM_STEP_TAKE, growth, 0);
		if (blocks->pause > now)
			wait_ms = blocks->pause - now;
	} else {
		block = find_surplus(blocks, free, keep);
		if (block) {
			rstmem_block_to(block, RSTMEM_BLOCK_DRAINING, now);
			return step(RSTMEM_STEP_WAIT, NULL, 0);
		}
	}

	for (block = blocks->block; block < blocks->block + blocks->count; block++) {
		u64 at = block->retry;

		switch (block->state) {
		case RSTMEM_BLOCK_ABSENT:
			if (at <= now)
				return step(RSTMEM_STEP_GIVE, block, 0);
			break;
		case RSTMEM_BLOCK_DRAINING:
			if (block->space.taken)
				continue;
			at = max(at, block->since + stay_ms(blocks, block));
			if (at <= now)
				return step(RSTMEM_STEP_RECLAIM, block, 0);
			break;
		case RSTMEM_BLOCK_ACTIVE:
			/* Look again later: freed buffers may make the block a surplus. */
			at = now + max(blocks->idle_ms, POLL_MS);
			break;
		default:
			if (at <= now)
				continue;
		}
		wait_ms = sooner(wait_ms, at, now);
	}
	return step(RSTMEM_STEP_WAIT, NULL, wait_ms);
}
