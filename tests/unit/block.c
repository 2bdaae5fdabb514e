// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of blocks: the states that may follow each other, where buffers go, and the
 * steps that a pool takes. With --transitions, prints the transitions, for tests/model.
 */
#include "../../kernel/pool/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define MIB	(1ULL << 20)
#define BLOCK	(128 * MIB)
#define COUNT	4

static struct rstmem_blocks *pool_make(u64 warm, u64 idle_ms)
{
	struct rstmem_blocks *pool =
		calloc(1, sizeof(*pool) + COUNT * sizeof(pool->block[0]));

	pool->granule = 4096;
	pool->limit = COUNT * BLOCK;
	pool->warm = warm;
	pool->idle_ms = idle_ms;
	pool->count = COUNT;
	for (int n = 0; n < COUNT; n++) {
		pool->block[n].start = 4096 * MIB + n * BLOCK;
		pool->block[n].size = BLOCK;
	}
	return pool;
}

static void activate(struct rstmem_blocks *pool, int n)
{
	rstmem_block_to(&pool->block[n], RSTMEM_BLOCK_OFFLINING, 0);
	rstmem_block_to(&pool->block[n], RSTMEM_BLOCK_ABSENT, 0);
	rstmem_block_to(&pool->block[n], RSTMEM_BLOCK_ACTIVE, 0);
}

/* Try all pairs of states. */
static void print_transitions(void)
{
	struct rstmem_blocks *pool = pool_make(0, 0);
	struct rstmem_block *block = &pool->block[0];

	for (int from = 0; from < RSTMEM_BLOCK_STATES; from++)
		for (int to = 0; to < RSTMEM_BLOCK_STATES; to++) {
			rstmem_space_init(&block->space, block->start, BLOCK);
			block->state = from;
			if (rstmem_block_to(block, to, 0))
				printf("%s %s\n", rstmem_block_name(from),
				       rstmem_block_name(to));
		}
	free(pool);
}

static void test_states(void)
{
	struct rstmem_blocks *pool = pool_make(0, 0);
	struct rstmem_extent ext;

	ktap(!rstmem_block_to(&pool->block[0], RSTMEM_BLOCK_ACTIVE, 0) &&
	     pool->block[0].state == RSTMEM_BLOCK_IDLE,
	     "state: a transition that is not allowed changes nothing");
	activate(pool, 0);
	rstmem_blocks_alloc(pool, &ext, 4096);
	rstmem_block_to(&pool->block[0], RSTMEM_BLOCK_DRAINING, 0);
	ktap(!rstmem_block_to(&pool->block[0], RSTMEM_BLOCK_RECLAIMING, 0),
	     "state: a block with a buffer cannot be reclaimed");
	rstmem_blocks_free(&pool->block[0], &ext, 0);
	ktap(rstmem_block_to(&pool->block[0], RSTMEM_BLOCK_RECLAIMING, 0),
	     "state: an empty block can be reclaimed");
	free(pool);
}

static void test_alloc(void)
{
	struct rstmem_blocks *pool = pool_make(0, 0);
	struct rstmem_extent a, b, c, d;

	ktap(!rstmem_blocks_alloc(pool, &a, 4096), "alloc: idle blocks have no room");
	activate(pool, 0);
	activate(pool, 2);
	ktap(rstmem_blocks_alloc(pool, &a, 100 * MIB) == &pool->block[0],
	     "alloc: the first block is the first to be filled");
	ktap(rstmem_blocks_alloc(pool, &b, 100 * MIB) == &pool->block[2],
	     "alloc: a buffer goes to a block that has room for it");
	ktap(rstmem_blocks_alloc(pool, &c, 20 * MIB) == &pool->block[0],
	     "alloc: of blocks that are equally full, the first is taken");
	rstmem_blocks_free(&pool->block[0], &a, 0);
	ktap(rstmem_blocks_alloc(pool, &d, 4 * MIB) == &pool->block[2],
	     "alloc: the fullest block is taken, so that the other becomes empty");
	rstmem_block_to(&pool->block[0], RSTMEM_BLOCK_DRAINING, 0);
	ktap(rstmem_blocks_alloc(pool, &a, 100 * MIB) == &pool->block[0] &&
	     pool->block[0].state == RSTMEM_BLOCK_ACTIVE,
	     "alloc: a block that drains serves what fits nowhere else, and is active again");
	ktap(rstmem_blocks_find(pool, pool->block[2].start + 5) == &pool->block[2] &&
	     !rstmem_blocks_find(pool, pool->block[0].start - 1) &&
	     !rstmem_blocks_find(pool, pool->block[3].start + BLOCK),
	     "find: an address is in its block, or in none");
	free(pool);
}

static bool steps(struct rstmem_blocks *pool, enum rstmem_step_kind kind, int n, u64 now)
{
	struct rstmem_step step = rstmem_blocks_step(pool, 0, 0, now);

	if (step.kind == kind && step.block == (n < 0 ? NULL : &pool->block[n]))
		return true;
	ktap_note("step %d of block %d", step.kind,
		  step.block ? (int)(step.block - pool->block) : -1);
	return false;
}

static void test_growth(void)
{
	struct rstmem_blocks *pool = pool_make(0, 1000);

	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 0), "step: a pool without users waits");
	pool->want = MIB;
	ktap(steps(pool, RSTMEM_STEP_TAKE, 0, 0),
	     "step: a waiting allocation takes a block");
	pool->block[0].state = RSTMEM_BLOCK_IDLE;
	rstmem_block_failed(&pool->block[0], 0);
	ktap(steps(pool, RSTMEM_STEP_TAKE, 1, 0),
	     "step: a block that failed is not tried again while there are others");
	pool->block[2].state = RSTMEM_BLOCK_ABSENT;
	ktap(steps(pool, RSTMEM_STEP_LEND, 2, 0),
	     "step: a block that is out already comes first");
	pool->limit = 0;
	ktap(steps(pool, RSTMEM_STEP_GIVE, 2, 0),
	     "step: a block goes back, and is not lent, when the limit is below what is out");
	pool->limit = BLOCK;
	pool->block[2].state = RSTMEM_BLOCK_POISONED;
	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 0), "step: the limit counts poisoned blocks");
	ktap(!rstmem_blocks_may_grow(pool, MIB, 0),
	     "grow: no allocation waits when the limit is reached");
	pool->limit = COUNT * BLOCK;
	ktap(rstmem_blocks_may_grow(pool, BLOCK, 0) &&
	     !rstmem_blocks_may_grow(pool, BLOCK + 4096, 0),
	     "grow: no allocation waits that is larger than a block");
	for (int n = 0; n < COUNT; n++) {
		pool->block[n].state = RSTMEM_BLOCK_IDLE;
		rstmem_block_failed(&pool->block[n], 0);
	}
	ktap(!rstmem_blocks_may_grow(pool, MIB, 0),
	     "grow: no allocation waits after every block failed");
	ktap(rstmem_blocks_may_grow(pool, MIB, 1000),
	     "grow: a block that failed is tried again a second later");
	pool->block[3].state = RSTMEM_BLOCK_RECLAIMING;
	ktap(rstmem_blocks_may_grow(pool, MIB, 0),
	     "grow: an allocation waits for a step that is under way");
	free(pool);
}

static void test_refusals(void)
{
	struct rstmem_blocks *pool = pool_make(0, 1000);
	struct rstmem_step step;

	pool->want = MIB;
	rstmem_blocks_lent(pool, false, 0);
	ktap(steps(pool, RSTMEM_STEP_TAKE, 0, 0),
	     "refusals: another block is taken at once after the TEE refused one");
	rstmem_blocks_lent(pool, false, 0);
	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 999) && steps(pool, RSTMEM_STEP_TAKE, 0, 1000),
	     "refusals: no block is taken for a second after the TEE refused two");
	ktap(!rstmem_blocks_may_grow(pool, MIB, 999) &&
	     rstmem_blocks_may_grow(pool, MIB, 1000),
	     "refusals: no allocation waits during that second");
	rstmem_blocks_lent(pool, false, 1000);
	step = rstmem_blocks_step(pool, 0, 0, 1000);
	ktap(step.kind == RSTMEM_STEP_WAIT && step.wait_ms == 2000,
	     "refusals: the pool looks again after two seconds when the TEE refused three");
	rstmem_blocks_lent(pool, true, 3000);
	rstmem_blocks_lent(pool, false, 3000);
	ktap(steps(pool, RSTMEM_STEP_TAKE, 0, 3000),
	     "refusals: those before a success do not count");
	free(pool);
}

static void test_limit(void)
{
	struct rstmem_blocks *pool = pool_make(32 * MIB, 1000);
	struct rstmem_extent ext;

	activate(pool, 0);
	activate(pool, 1);
	rstmem_blocks_alloc(pool, &ext, 100 * MIB);
	rstmem_blocks_step(pool, 0, 0, 10);
	ktap(pool->block[1].state == RSTMEM_BLOCK_ACTIVE,
	     "limit: an empty block stays as the reserve");
	pool->limit = BLOCK;
	rstmem_blocks_step(pool, 0, 0, 20);
	ktap(pool->block[1].state == RSTMEM_BLOCK_DRAINING,
	     "limit: a lower one makes the empty block drain, in spite of the reserve");
	ktap(steps(pool, RSTMEM_STEP_RECLAIM, 1, 1020),
	     "limit: the block goes back after the idle time");
	free(pool);
}

static void test_low(void)
{
	struct rstmem_blocks *pool = pool_make(16 * MIB, 1000);
	struct rstmem_extent ext;

	ktap(!rstmem_blocks_are_low(pool, 0, 8 * MIB),
	     "low: a pool without buffers needs no reserve");
	ktap(rstmem_blocks_are_low(pool, MIB, 7 * MIB),
	     "low: the first buffer of a floor below the reserve is noticed");
	activate(pool, 0);
	activate(pool, 1);
	rstmem_blocks_alloc(pool, &ext, 120 * MIB);
	ktap(!rstmem_blocks_are_low(pool, 0, 0), "low: what other blocks have counts");
	pool->block[1].state = RSTMEM_BLOCK_IDLE;
	ktap(rstmem_blocks_are_low(pool, 0, 0) && !rstmem_blocks_are_low(pool, 0, 8 * MIB),
	     "low: what the floor has counts");
	ktap(steps(pool, RSTMEM_STEP_TAKE, 1, 0) && pool->low,
	     "low: a step knows");
	rstmem_blocks_free(&pool->block[0], &ext, 10);
	rstmem_blocks_step(pool, 0, 0, 10);
	ktap(!pool->low, "low: a step forgets when there are no buffers");
	free(pool);
}

static void test_return(void)
{
	struct rstmem_blocks *pool = pool_make(0, 1000);
	struct rstmem_extent ext, other;

	activate(pool, 0);
	activate(pool, 1);
	rstmem_blocks_alloc(pool, &ext, 64 * MIB);
	rstmem_blocks_step(pool, 0, 0, 10);
	ktap(pool->block[0].state == RSTMEM_BLOCK_ACTIVE &&
	     pool->block[1].state == RSTMEM_BLOCK_DRAINING,
	     "return: the block that others can replace drains");
	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 1009) &&
	     steps(pool, RSTMEM_STEP_RECLAIM, 1, 1010),
	     "return: an empty block goes back after the idle time, and not before");
	rstmem_block_to(&pool->block[1], RSTMEM_BLOCK_RECLAIMING, 1010);
	rstmem_block_to(&pool->block[1], RSTMEM_BLOCK_ABSENT, 1020);
	ktap(steps(pool, RSTMEM_STEP_GIVE, 1, 1020),
	     "return: a block that was reclaimed goes to the kernel");
	rstmem_block_failed(&pool->block[1], 1020);
	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 2019) &&
	     steps(pool, RSTMEM_STEP_GIVE, 1, 2020),
	     "return: a block that could not be given is given a second later");
	rstmem_block_to(&pool->block[1], RSTMEM_BLOCK_IDLE, 2020);
	rstmem_blocks_step(pool, 0, 0, 2030);
	ktap(pool->block[0].state == RSTMEM_BLOCK_ACTIVE,
	     "return: a block whose buffer has no other place stays");
	pool->warm = 65 * MIB;
	ktap(steps(pool, RSTMEM_STEP_TAKE, 2, 2040),
	     "warm: the pool grows when less than the reserve is free");
	activate(pool, 2);
	rstmem_blocks_step(pool, 0, 0, 2050);
	ktap(pool->block[2].state == RSTMEM_BLOCK_ACTIVE,
	     "warm: an empty block stays while it is the reserve");
	rstmem_blocks_free(&pool->block[0], &ext, 2060);
	rstmem_blocks_step(pool, 0, 0, 2060);
	rstmem_blocks_step(pool, 0, 0, 2060);
	ktap(pool->block[0].state == RSTMEM_BLOCK_DRAINING &&
	     pool->block[2].state == RSTMEM_BLOCK_DRAINING,
	     "warm: there is no reserve when no buffer lives");
	rstmem_blocks_alloc(pool, &other, MIB);
	ktap(pool->block[0].state == RSTMEM_BLOCK_ACTIVE,
	     "return: a buffer stops a block from draining");
	free(pool);

	pool = pool_make(0, 0);
	activate(pool, 0);
	ktap(steps(pool, RSTMEM_STEP_WAIT, -1, 0) &&
	     steps(pool, RSTMEM_STEP_WAIT, -1, 99) &&
	     steps(pool, RSTMEM_STEP_RECLAIM, 0, 100),
	     "return: without an idle time, a new block stays long enough to be used");
	rstmem_blocks_alloc(pool, &ext, MIB);
	rstmem_blocks_free(&pool->block[0], &ext, 100);
	rstmem_blocks_step(pool, 0, 0, 100);
	ktap(steps(pool, RSTMEM_STEP_RECLAIM, 0, 100),
	     "return: without an idle time, a block goes back after its last buffer");
	free(pool);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--transitions")) {
		print_transitions();
		return 0;
	}
	ktap_start();
	test_states();
	test_alloc();
	test_growth();
	test_refusals();
	test_limit();
	test_low();
	test_return();
	return ktap_end();
}
