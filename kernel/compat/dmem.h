/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dmem cgroup controller, for kernels that lack it or know it in another form.
 *
 * The controller came with 6.14 (commit b168ed458dde, "kernel/cgroup: Add "dmem" memory accounting
 * cgroup"). Older kernels charge nothing. Since 7.3 a region is registered with a
 * structure instead of a size. kernel/Kbuild defines HAVE_DMEM_CGROUP if the kernel has the
 * controller, and HAVE_DMEM_CGROUP_INIT if it has the structure.
 */
#ifndef _RSTMEM_COMPAT_DMEM_H
#define _RSTMEM_COMPAT_DMEM_H

#include <linux/types.h>

#ifdef HAVE_DMEM_CGROUP

#include <linux/cgroup_dmem.h>

#ifdef HAVE_DMEM_CGROUP_INIT
#define dmem_register(bytes, ...)					\
	dmem_cgroup_register_region(					\
		&(struct dmem_cgroup_init){ .size = (bytes) }, __VA_ARGS__)
#else
#define dmem_register(bytes, ...)					\
	dmem_cgroup_register_region((bytes), __VA_ARGS__)
#endif

#else

struct dmem_cgroup_pool_state;
struct dmem_cgroup_region;

static inline __printf(2, 3) struct dmem_cgroup_region *
dmem_register(u64 bytes, const char *format, ...)
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
