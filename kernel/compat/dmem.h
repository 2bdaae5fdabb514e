/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dmem cgroup controller, for kernels without it or with its older interface.
 *
 * The controller came with 6.14 (commit b168ed458dde, "kernel/cgroup: Add "dmem" memory accounting
 * cgroup"). Older kernels charge nothing. Since 7.3 a region is registered with a
 * structure instead of a size.
 */
#ifndef _RSTMEM_COMPAT_DMEM_H
#define _RSTMEM_COMPAT_DMEM_H

#include <linux/types.h>

#ifdef HAVE_DMEM_CGROUP

#include <linux/cgroup_dmem.h>

#ifndef HAVE_DMEM_CGROUP_INIT
struct dmem_cgroup_init {
	u64 size;
};

#define dmem_cgroup_register_region(init, ...) \
	dmem_cgroup_register_region((init)->size, __VA_ARGS__)
#endif

#else

struct dmem_cgroup_init {
	u64 size;
};

struct dmem_cgroup_pool_state;
struct dmem_cgroup_region;

static inline __printf(2, 3) struct dmem_cgroup_region *
dmem_cgroup_register_region(const struct dmem_cgroup_init *init, const char *format, ...)
{
	return NULL;
}

static inline void
dmem_cgroup_unregister_region(struct dmem_cgroup_region *region)
{
}

static inline int
dmem_cgroup_try_charge(struct dmem_cgroup_region *region, u64 size,
		       struct dmem_cgroup_pool_state **ret_pool,
		       struct dmem_cgroup_pool_state **ret_limit_pool)
{
	*ret_pool = NULL;
	return 0;
}

static inline void dmem_cgroup_uncharge(struct dmem_cgroup_pool_state *pool,
					u64 size)
{
}

#endif /* !HAVE_DMEM_CGROUP */

#endif /* _RSTMEM_COMPAT_DMEM_H */
