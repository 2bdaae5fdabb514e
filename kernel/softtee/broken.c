// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour of the backend on purpose, so that tests can see whether a test
 * suite notices. It wraps the real operations; but for no-scrub, which mem.c asks
 * about, nothing else knows of it.
 */
#define pr_fmt(fmt) "softtee: " fmt

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "softtee.h"

enum broken {
	BROKEN_NOT,
	BROKEN_BUFFERS,		/* the query counts no buffers */
	BROKEN_CAPS,		/* the query claims what has no meaning */
	BROKEN_EARLY,		/* out of memory when half is used */
	BROKEN_ERRNO,		/* out of memory is another error */
	BROKEN_GRANULE,		/* the query tells a larger granule */
	BROKEN_LARGE,		/* buffers are a page larger than they must be */
	BROKEN_LARGEST,		/* the query tells of more than there is */
	BROKEN_NEVER_FREES,	/* what is freed stays used */
	BROKEN_NO_SCRUB,	/* freed buffers keep their contents */
	BROKEN_OVERLAP,		/* small buffers are in the same place */
	BROKEN_SHORT,		/* buffers are smaller than asked for */
	BROKEN_USED,		/* the query's used never falls */
};

static const char *const names[] = {
	[BROKEN_BUFFERS] = "buffers",
	[BROKEN_CAPS] = "caps",
	[BROKEN_EARLY] = "early",
	[BROKEN_ERRNO] = "errno",
	[BROKEN_GRANULE] = "granule",
	[BROKEN_LARGE] = "large",
	[BROKEN_LARGEST] = "largest",
	[BROKEN_NEVER_FREES] = "never-frees",
	[BROKEN_NO_SCRUB] = "no-scrub",
	[BROKEN_OVERLAP] = "overlap",
	[BROKEN_SHORT] = "short",
	[BROKEN_USED] = "used",
};

static char *broken;
module_param(broken, charp, 0444);
MODULE_PARM_DESC(broken, "Misbehave in this way; for tests of test suites only, see softtee(7)");

/* What it asks for; constant once the module is loaded. */
static enum broken way;

static DEFINE_MUTEX(broken_lock);	/* guards all below */
/* Bytes that were freed and look as if they were not. */
static u64 kept[TEE_IOC_UC_MAX + 1];
static u64 most_used[TEE_IOC_UC_MAX + 1];
static phys_addr_t place[TEE_IOC_UC_MAX + 1];

static bool fits(struct tee_context *ctx, u32 use_case, size_t size)
{
	struct tee_rstmem_usage usage = {};
	bool fits;

	softtee_rstmem_ops.rstmem_query(ctx, use_case, &usage);
	if (way == BROKEN_EARLY)
		return usage.used + size <= usage.total / 2;
	mutex_lock(&broken_lock);
	fits = usage.used + kept[use_case] + size <= usage.total;
	mutex_unlock(&broken_lock);
	return fits;
}

static void move_over(struct tee_shm *shm, u32 use_case)
{
	/* Where it really is. */
	shm->sec_world_id = shm->paddr;
	if (shm->size > SZ_64K)
		return;
	mutex_lock(&broken_lock);
	if (!place[use_case])
		place[use_case] = shm->paddr;
	shm->paddr = place[use_case];
	mutex_unlock(&broken_lock);
}

static int broken_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
			u32 use_case, size_t size)
{
	int rc;

	if ((way == BROKEN_EARLY || way == BROKEN_NEVER_FREES) &&
	    !fits(ctx, use_case, size))
		return -ENOMEM;
	if (way == BROKEN_LARGE)
		size += PAGE_SIZE;
	rc = softtee_rstmem_ops.rstmem_alloc(ctx, shm, flags, use_case, size);
	if (rc == -ENOMEM && way == BROKEN_ERRNO)
		return -EBUSY;
	if (rc)
		return rc;

	if (way == BROKEN_SHORT)
		shm->size -= PAGE_SIZE;
	else if (way == BROKEN_OVERLAP)
		move_over(shm, use_case);
	else if (way == BROKEN_NEVER_FREES)
		shm->sec_world_id = use_case;
	return 0;
}

static void keep(const struct tee_shm *shm)
{
	mutex_lock(&broken_lock);
	kept[shm->sec_world_id] += shm->size;
	mutex_unlock(&broken_lock);
}

static void broken_free(struct tee_context *ctx, struct tee_shm *shm)
{
	if (way == BROKEN_NEVER_FREES)
		keep(shm);
	else if (way == BROKEN_SHORT)
		shm->size += PAGE_SIZE;
	else if (way == BROKEN_OVERLAP)
		shm->paddr = shm->sec_world_id;
	softtee_rstmem_ops.rstmem_free(ctx, shm);
}

static void broken_query(struct tee_context *ctx, u32 use_case,
			 struct tee_rstmem_usage *usage)
{
	softtee_rstmem_ops.rstmem_query(ctx, use_case, usage);
	switch (way) {
	case BROKEN_BUFFERS:
		usage->buffers = 0;
		break;
	case BROKEN_CAPS:
		usage->caps |= BIT(31);
		break;
	case BROKEN_GRANULE:
		usage->granule *= 2;
		break;
	case BROKEN_LARGEST:
		usage->largest_free = usage->total + usage->granule;
		break;
	case BROKEN_NEVER_FREES:
		mutex_lock(&broken_lock);
		usage->used += kept[use_case];
		usage->largest_free = min(usage->largest_free,
					  usage->total - usage->used);
		mutex_unlock(&broken_lock);
		break;
	case BROKEN_USED:
		mutex_lock(&broken_lock);
		most_used[use_case] = max(most_used[use_case], usage->used);
		usage->used = most_used[use_case];
		mutex_unlock(&broken_lock);
		break;
	default:
		break;
	}
}

static void broken_release(struct tee_context *ctx)
{
	softtee_rstmem_ops.release(ctx);
}

static const struct tee_rstmem_ops broken_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = broken_alloc,
	.rstmem_free = broken_free,
	.rstmem_query = broken_query,
	.release = broken_release,
};

/**
 * softtee_broken_parse() - read the broken= parameter
 *
 * Once, when the module is loaded. Says loudly what it makes of it.
 *
 * Return: 0 or -EINVAL.
 */
int softtee_broken_parse(void)
{
	int found;

	if (!broken || !*broken)
		return 0;
	found = match_string(names + 1, ARRAY_SIZE(names) - 1, broken);
	if (found < 0) {
		pr_err("broken \"%s\": no way to be broken that there is, see softtee(7)\n",
		       broken);
		return -EINVAL;
	}

	way = found + 1;
	pr_alert("MISBEHAVES ON PURPOSE (broken=%s): for tests of test suites only\n",
		 broken);
	return 0;
}

/**
 * softtee_broken_ops() - the backend's operations, broken if so asked
 *
 * Return: operations.
 */
const struct tee_rstmem_ops *softtee_broken_ops(void)
{
	return way == BROKEN_NOT ? &softtee_rstmem_ops : &broken_ops;
}

/**
 * softtee_broken_no_scrub() - whether freed buffers are not to be cleared
 *
 * Return: true if so.
 */
bool softtee_broken_no_scrub(void)
{
	return way == BROKEN_NO_SCRUB;
}
