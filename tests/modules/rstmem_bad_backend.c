// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_bad_backend: make softtee's backend misbehave, so that tests can see
 * whether a test suite notices.
 *
 * The module replaces the backend operations of softtee's restricted memory by
 * wrappers, which misbehave in the one way that its parameter names. Load it when
 * no buffer is alive and nobody uses the device, and unload it likewise.
 * rstmem_broken does the same to the ioctls.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/tee_core.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <linux/vmalloc.h>

#include "../../kernel/core/device.h"
#include "../../kernel/graft/graft.h"
#include "../../kernel/softtee/softtee.h"

enum way {
	BUFFERS,	/* the query counts no buffers */
	CAPS,		/* the query claims capabilities without a meaning */
	EARLY,		/* out of memory when half is used */
	ERRNO,		/* out of memory is another error */
	GRANULE,	/* the query tells a larger granule */
	LARGE,		/* buffers are twice as large as they must be */
	LARGEST,	/* the query tells of more than there is */
	NEVER_FREES,	/* freed memory stays used */
	NO_SCRUB,	/* freed buffers keep their contents */
	OVERLAP,	/* small buffers are all in the same place */
	SHORT,		/* buffers are smaller than asked for */
	USED,		/* the query's used never falls */
};

static const char *const names[] = {
	[BUFFERS] = "buffers",
	[CAPS] = "caps",
	[EARLY] = "early",
	[ERRNO] = "errno",
	[GRANULE] = "granule",
	[LARGE] = "large",
	[LARGEST] = "largest",
	[NEVER_FREES] = "never-frees",
	[NO_SCRUB] = "no-scrub",
	[OVERLAP] = "overlap",
	[SHORT] = "short",
	[USED] = "used",
};

static char *way_name = "";
module_param_named(way, way_name, charp, 0444);
MODULE_PARM_DESC(way, "how to misbehave");

static enum way way;
static struct tee_context *ctx;
static struct tee_rstmem_device *rdev;
static const struct tee_rstmem_ops *good;

static DEFINE_MUTEX(lock);	/* guards all below */
/* Bytes that were freed and look as if they were not. */
static u64 kept[TEE_IOC_UC_MAX + 1];
static u64 most_used[TEE_IOC_UC_MAX + 1];
static phys_addr_t place[TEE_IOC_UC_MAX + 1];

/*
 * The only function that knows where a TEE device keeps its restricted memory.
 * The caller's context keeps both.
 */
static struct tee_rstmem_device *rdev_of(struct tee_device *teedev)
{
	struct graft *graft = container_of(teedev->pool, struct graft, pool);

	return graft->rdev;
}

static bool fits(struct tee_context *ctx, u32 use_case, size_t size)
{
	struct tee_rstmem_usage usage = {};
	bool fits;

	good->rstmem_query(ctx, use_case, &usage);
	if (way == EARLY)
		return usage.used + size <= usage.total / 2;
	mutex_lock(&lock);
	fits = usage.used + kept[use_case] + size <= usage.total;
	mutex_unlock(&lock);
	return fits;
}

static void move_over(struct tee_shm *shm, u32 use_case)
{
	/* Remember the address that the backend gave. */
	shm->sec_world_id = shm->paddr;
	if (shm->size > SZ_64K)
		return;
	mutex_lock(&lock);
	if (!place[use_case])
		place[use_case] = shm->paddr;
	shm->paddr = place[use_case];
	mutex_unlock(&lock);
}

static int bad_alloc(struct tee_context *ctx, struct tee_shm *shm, u32 flags,
		     u32 use_case, size_t size)
{
	int rc;

	if ((way == EARLY || way == NEVER_FREES) && !fits(ctx, use_case, size))
		return -ENOMEM;
	rc = good->rstmem_alloc(ctx, shm, flags, use_case, size);
	if (rc == -ENOMEM && way == ERRNO)
		return -EBUSY;
	if (rc)
		return rc;

	if (way == SHORT)
		shm->size -= PAGE_SIZE;
	else if (way == OVERLAP)
		move_over(shm, use_case);
	else if (way == NEVER_FREES)
		shm->sec_world_id = use_case;
	return 0;
}

static void keep_used(const struct tee_shm *shm)
{
	mutex_lock(&lock);
	kept[shm->sec_world_id] += shm->size;
	mutex_unlock(&lock);
}

/* Copy @size bytes between @saved and the memory at @paddr. */
static void copy_memory(phys_addr_t paddr, void *saved, size_t size, bool write)
{
	void *va = memremap(paddr, size, MEMREMAP_WB);

	if (WARN_ON(!va))
		return;
	if (write)
		memcpy(va, saved, size);
	else
		memcpy(saved, va, size);
	memunmap(va);
}

/* Scrub as the backend does, then put the contents back. */
static int free_unscrubbed(struct tee_context *ctx, struct tee_shm *shm)
{
	const phys_addr_t paddr = shm->paddr;
	const size_t size = shm->size;
	void *saved = vmalloc(size);
	int rc;

	if (!WARN_ON(!saved))
		copy_memory(paddr, saved, size, false);
	rc = good->rstmem_free(ctx, shm);
	if (saved)
		copy_memory(paddr, saved, size, true);
	vfree(saved);
	return rc;
}

static int bad_free(struct tee_context *ctx, struct tee_shm *shm)
{
	if (way == NO_SCRUB)
		return free_unscrubbed(ctx, shm);
	if (way == NEVER_FREES)
		keep_used(shm);
	else if (way == SHORT)
		shm->size += PAGE_SIZE;
	else if (way == OVERLAP)
		shm->paddr = shm->sec_world_id;
	return good->rstmem_free(ctx, shm);
}

static void bad_query(struct tee_context *ctx, u32 use_case,
		      struct tee_rstmem_usage *usage)
{
	good->rstmem_query(ctx, use_case, usage);
	switch (way) {
	case BUFFERS:
		usage->buffers = 0;
		break;
	case CAPS:
		usage->caps |= BIT(31);
		break;
	case GRANULE:
		usage->granule *= 2;
		break;
	case LARGEST:
		usage->largest_free = usage->total + usage->granule;
		break;
	case NEVER_FREES:
		mutex_lock(&lock);
		usage->used += kept[use_case];
		usage->largest_free = min(usage->largest_free,
					  usage->total - usage->used);
		mutex_unlock(&lock);
		break;
	case USED:
		mutex_lock(&lock);
		most_used[use_case] = max(most_used[use_case], usage->used);
		usage->used = most_used[use_case];
		mutex_unlock(&lock);
		break;
	default:
		break;
	}
}

static void bad_release(struct tee_context *ctx)
{
	good->release(ctx);
}

static const struct tee_rstmem_ops bad_ops = {
	.owner = THIS_MODULE,
	.rstmem_alloc = bad_alloc,
	.rstmem_free = bad_free,
	.rstmem_query = bad_query,
	.release = bad_release,
};

static int is_softtee(struct tee_ioctl_version_data *vers, const void *data)
{
	return vers->impl_id == SOFTTEE_IMPL_ID;
}

/* The core rounds sizes to what a backend told when it registered. */
static void set_granule(u64 granule)
{
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++)
		if (rdev->offers[uc])
			rdev->offers[uc]->granule = granule;
}

static int __init bad_init(void)
{
	int found = match_string(names, ARRAY_SIZE(names), way_name);

	if (found < 0) {
		pr_err("way \"%s\": unknown\n", way_name);
		return -EINVAL;
	}
	way = found;

	ctx = tee_client_open_context(NULL, is_softtee, NULL, NULL);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	rdev = rdev_of(ctx->teedev);
	good = rdev->ops;
	rdev->ops = &bad_ops;
	if (way == LARGE)
		set_granule(2 * PAGE_SIZE);
	return 0;
}
module_init(bad_init);

/* Every buffer pins the module, so none is alive. */
static void __exit bad_exit(void)
{
	rdev->ops = good;
	if (way == LARGE)
		set_granule(PAGE_SIZE);
	tee_client_close_context(ctx);
}
module_exit(bad_exit);

MODULE_DESCRIPTION("A backend that misbehaves, for tests of test suites");
MODULE_LICENSE("GPL");
