// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that this kernel lends to OP-TEE for protection. An elastic pool first takes the
 * memory from the kernel, which then has no mapping of it. Later the pool gives it back.
 */
#define pr_fmt(fmt) "optee_rstmem: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/tee_rstmem.h>
#include <tee_gp.h>

#include "../compat/tee_core.h"
#include "optee.h"

/* Messages of OP-TEE's ABI, core/include/optee_msg.h of OP-TEE */
#define LEND_PROTMEM		8
#define RECLAIM_PROTMEM		9
#define GET_PROTMEM_CONFIG	10

/* struct optee_param.attr */
#define VALUE_INPUT		1
#define VALUE_INOUT		3
#define RMEM_INPUT		5
#define TMEM_INPUT		9
#define TMEM_OUTPUT		10

/* Initial settings of the pool. sysfs can change them. */
#define WARM			SZ_16M
#define IDLE_MS			10000

/* How often a reclaim without memory is tried, and the time between two attempts. */
#define ATTEMPTS		6
#define RETRY_MS		1000

/* Get the cookie that names a block in messages to OP-TEE, which refuses 0. */
static u64 cookie(phys_addr_t start)
{
	return start | 1;
}

static int send(struct optee_lender *lender, u32 cmd, struct optee_param *params,
		unsigned int count, u32 *ret)
{
	struct optee_scrub *scrub = lender->scrub;
	int rc = -ENODEV;

	mutex_lock(&scrub->lock);
	if (scrub->ctx)
		rc = optee_call(scrub->ctx, lender->call, cmd, params, count, ret);
	mutex_unlock(&scrub->lock);
	return rc;
}

/* OP-TEE takes a range as a whole or not at all. */
static int lend_range(struct optee_lender *lender, phys_addr_t start, u64 size)
{
	const phys_addr_t last = start + (size - 1);
	struct optee_param params[] = {
		{ .attr = VALUE_INPUT, .a = lender->use_case },
		{ .attr = TMEM_INPUT, .a = start, .b = size, .c = cookie(start) },
	};
	u32 ret;
	int rc;

	rc = send(lender, LEND_PROTMEM, params, ARRAY_SIZE(params), &ret);
	if (rc == -EIO)
		return -ENOTRECOVERABLE;
	if (rc)
		return rc;
	if (!ret)
		return 0;
	pr_err_ratelimited("OP-TEE does not protect %pa-%pa: TEE result 0x%x\n", &start,
			   &last, ret);
	return ret == TEEC_ERROR_OUT_OF_MEMORY ? -ENOMEM : -EIO;
}

/* Clear first: OP-TEE need not clear the old contents of RAM. */
static int optee_lend(void *data, phys_addr_t start, u64 size)
{
	return tee_rstmem_clear(start, size) ?: lend_range(data, start, size);
}

/* Each buffer was cleared when it was freed, so nothing is left to clear. */
static int optee_reclaim(void *data, phys_addr_t start, u64 size)
{
	const phys_addr_t last = start + (size - 1);
	struct optee_param params[] = {
		{ .attr = RMEM_INPUT, .c = cookie(start) },
	};
	unsigned int attempts = ATTEMPTS;
	u32 ret;
	int rc;

	/* Any failure poisons the block. Without memory, nothing was sent: try again. */
	while ((rc = send(data, RECLAIM_PROTMEM, params, ARRAY_SIZE(params), &ret)) ==
	       -ENOMEM && --attempts)
		msleep(RETRY_MS);
	if (rc || !ret)
		return rc;
	pr_err("OP-TEE does not give %pa-%pa back: TEE result 0x%x\n", &start, &last, ret);
	return -EIO;
}

/*
 * An OP-TEE platform must refuse to protect a range twice. So if OP-TEE takes a range, the
 * range was not lent before. But the range may have contents of buffers: a reset may have
 * ended the protection and kept the RAM.
 */
static int optee_adopt(void *data, phys_addr_t start, u64 size)
{
	return lend_range(data, start, size) ?: optee_reclaim(data, start, size) ?:
	       tee_rstmem_clear(start, size);
}

static const struct tee_rstmem_lend_ops lend_ops = {
	.adopt = optee_adopt,
	.lend = optee_lend,
	.reclaim = optee_reclaim,
};

/* Ask OP-TEE what it can protect. Logs errors. */
static int get_config(struct optee_lender *lender, struct tee_rstmem_elastic_desc *desc)
{
	struct optee_param params[] = {
		{ .attr = VALUE_INOUT, .a = lender->use_case },
		{ .attr = TMEM_OUTPUT },
	};
	u32 ret;
	int rc;

	rc = send(lender, GET_PROTMEM_CONFIG, params, ARRAY_SIZE(params), &ret);
	if (rc) {
		pr_err("OP-TEE does not answer as it should: error %d\n", rc);
		return rc;
	}
	/* OP-TEE has attributes for FF-A, and no room for them here. They are not needed. */
	if (ret && ret != TEEC_ERROR_SHORT_BUFFER) {
		pr_err("OP-TEE does not lend memory for %s: TEE result 0x%x\n",
		       tee_rstmem_use_case_name(lender->use_case), ret);
		return -EOPNOTSUPP;
	}
	desc->least = params[0].a;
	desc->align = params[0].b;
	desc->address_bits = params[0].c;
	return 0;
}

static const char *why_no_pool(long error)
{
	switch (error) {
	case -EBUSY:
		return "in use, or System RAM; set it aside with mem=";
	case -EINVAL:
		return "not whole blocks of memory hot-plug, or beyond OP-TEE's addresses";
	case -E2BIG:
		return "more than 64 blocks";
	case -EOPNOTSUPP:
		return "this kernel has no memory hot-plug";
	default:
		return "cannot be a pool";
	}
}

/**
 * optee_lender_pool() - make a pool of memory to lend
 * @lender:	@scrub has a context of OP-TEE's device; @use_case is set
 * @dev:	the stock driver's device
 * @range:	the memory, set aside at boot
 *
 * Logs errors. @lender must outlive the pool.
 *
 * Return: the pool, or ERR_PTR: -EBUSY when the range is in use, or the stock driver lends
 * memory itself; -EOPNOTSUPP when OP-TEE or the kernel cannot do it; -EINVAL for a range that
 * is not whole blocks; -EIO when OP-TEE does not answer; other errors of
 * tee_rstmem_elastic_create().
 */
struct tee_rstmem_pool *optee_lender_pool(struct optee_lender *lender,
					  struct device *dev,
					  const struct optee_range *range)
{
	const phys_addr_t last = range->start + (range->size - 1);
	struct tee_rstmem_elastic_desc desc = {
		.ops = &lend_ops,
		.data = lender,
		.start = range->start,
		.size = range->size,
		.granule = PAGE_SIZE,
		.warm = WARM,
		.idle_ms = IDLE_MS,
	};
	struct tee_rstmem_pool *pool;
	int rc;

	rc = optee_smc_lends(dev);
	if (rc) {
		pr_err("dynamic=: OP-TEE does not protect memory that is lent: build it with CFG_CORE_DYN_PROTMEM=y\n");
		return ERR_PTR(rc);
	}
	/* Two lenders would give one use case two kinds of memory. */
	if (TEE_LENDS_PROTMEM) {
		pr_err("dynamic=: the kernel's own driver lends memory, as dma-heaps; this module is for kernels where it does not\n");
		return ERR_PTR(-EBUSY);
	}
	lender->call = optee_call_find(lender->scrub->ctx);
	if (!lender->call) {
		pr_err("dynamic=: the driver for OP-TEE is not one that this module knows\n");
		return ERR_PTR(-EOPNOTSUPP);
	}
	rc = get_config(lender, &desc);
	if (rc)
		return ERR_PTR(rc);
	pool = tee_rstmem_elastic_create(&desc);
	if (IS_ERR(pool))
		pr_err("dynamic= %pa-%pa: %s (error %ld)\n", &range->start, &last,
		       why_no_pool(PTR_ERR(pool)), PTR_ERR(pool));
	else
		pr_info("lends up to %llu KiB at %pa-%pa\n", range->size >> 10,
			&range->start, &last);
	return pool;
}
