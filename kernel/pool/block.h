/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks: the parts of an elastic pool, their lifetime, and the choice of the next step.
 * Pure: numbers, no locks.
 */
#ifndef _RSTMEM_BLOCK_H
#define _RSTMEM_BLOCK_H

#include <linux/types.h>

#include "../core/extent.h"

/*
 * The states of a block. tests/model/block.pml has the same states and transitions, and
 * docs/elastic.md a drawing of them.
 */
enum rstmem_block_state {
	RSTMEM_BLOCK_IDLE,	/* ordinary RAM */
	RSTMEM_BLOCK_OFFLINING,	/* the kernel moves its pages away */
	RSTMEM_BLOCK_ABSENT,	/* out of the kernel and claimed; not lent */
	RSTMEM_BLOCK_ACTIVE,	/* lent to the TEE; buffers are allocated in it */
	RSTMEM_BLOCK_DRAINING,	/* lent; new buffers only if they fit nowhere else */
	RSTMEM_BLOCK_RECLAIMING, /* lent and empty; the TEE clears it and gives it back */
	RSTMEM_BLOCK_POISONED,	/* its state is unknown; out of use until reboot */
	RSTMEM_BLOCK_STATES
};

/**
 * struct rstmem_block - a part of an elastic pool
 * @start:	physical address
 * @size:	bytes
 * @space:	extents of the block, when ACTIVE or DRAINING
 * @since:	when the state changed or the last buffer was freed, ms
 * @retry:	time before which the block makes no step, ms
 * @tries:	failed steps since the block was last ACTIVE
 * @served:	a buffer was allocated since the block was lent
 * @state:	state
 */
struct rstmem_block {
	u64 start;
	u64 size;
	struct rstmem_space space;
	u64 since;
	u64 retry;
	u32 tries;
	bool served;
	enum rstmem_block_state state;
};

/**
 * struct rstmem_blocks - the blocks of an elastic pool, and its settings
 * @granule:	granule of extents, bytes, a power of two
 * @limit:	bytes of blocks that may be out of the kernel at a time
 * @warm:	bytes that are kept free while a buffer lives
 * @idle_ms:	time before a block that is not needed goes back, ms
 * @want:	bytes of the largest allocation that waits, or 0
 * @pause:	time before which the pool does not grow, ms
 * @refusals:	refusals of the TEE since it last took a block
 * @low:	the last rstmem_blocks_step() found less than @warm free
 * @count:	number of blocks
 * @block:	the blocks, all of one size, in the order of addresses
 *
 * The caller serialises all calls.
 */
struct rstmem_blocks {
	u64 granule;
	u64 limit;
	u64 warm;
	u64 idle_ms;
	u64 want;
	u64 pause;
	u32 refusals;
	bool low;
	u32 count;
	struct rstmem_block block[];
};

/* The next step. Each comment names the state that the step begins in. */
enum rstmem_step_kind {
	RSTMEM_STEP_WAIT,	/* nothing to do */
	RSTMEM_STEP_TAKE,	/* IDLE: take it from the kernel */
	RSTMEM_STEP_LEND,	/* ABSENT: lend it to the TEE */
	RSTMEM_STEP_RECLAIM,	/* DRAINING and empty: take it back from the TEE */
	RSTMEM_STEP_GIVE,	/* ABSENT: give it to the kernel */
};

/**
 * struct rstmem_step - what to do next
 * @kind:	the step
 * @block:	the block of the step, or NULL
 * @wait_ms:	time until the answer may change by itself, ms
 */
struct rstmem_step {
	enum rstmem_step_kind kind;
	struct rstmem_block *block;
	u64 wait_ms;
};

/**
 * struct rstmem_blocks_sum - sums over blocks
 * @out:	bytes of blocks in all states but IDLE and OFFLINING
 * @active:	bytes of blocks that are ACTIVE or DRAINING
 * @used:	bytes of them that are taken
 * @free:	free bytes of blocks that are ACTIVE
 * @poisoned:	bytes of blocks that are POISONED
 * @largest_free: bytes of the largest gap
 * @taken:	number of extents
 */
struct rstmem_blocks_sum {
	u64 out;
	u64 active;
	u64 used;
	u64 free;
	u64 poisoned;
	u64 largest_free;
	u32 taken;
};

const char *rstmem_block_name(enum rstmem_block_state state);
bool rstmem_block_to(struct rstmem_block *block, enum rstmem_block_state state,
		     u64 now);
void rstmem_block_failed(struct rstmem_block *block, u64 now);
struct rstmem_block *rstmem_blocks_alloc(struct rstmem_blocks *blocks,
					 struct rstmem_extent *ext, u64 size);
struct rstmem_block *rstmem_blocks_find(struct rstmem_blocks *blocks, u64 addr);
void rstmem_blocks_free(struct rstmem_block *block, struct rstmem_extent *ext,
			u64 now);
void rstmem_blocks_lent(struct rstmem_blocks *blocks, bool ok, u64 now);
bool rstmem_blocks_are_low(const struct rstmem_blocks *blocks, u64 floor_used,
			   u64 floor_free);
bool rstmem_blocks_may_grow(const struct rstmem_blocks *blocks, u64 size, u64 now);
void rstmem_blocks_sum(const struct rstmem_blocks *blocks,
		       struct rstmem_blocks_sum *sum);
struct rstmem_step rstmem_blocks_step(struct rstmem_blocks *blocks, u64 floor_used,
				      u64 floor_free, u64 now);

#endif /* _RSTMEM_BLOCK_H */
