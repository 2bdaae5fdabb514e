/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory hot-plug: taking ranges from the kernel, and giving them back. */
#ifndef _RSTMEM_MEMORY_H
#define _RSTMEM_MEMORY_H

#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/notifier.h>
#include <linux/types.h>

/* What the kernel has at a range. */
enum rstmem_memory {
	RSTMEM_MEMORY_RAM,	/* all of it is RAM that a driver added */
	RSTMEM_MEMORY_BOOT_RAM,	/* all of it is RAM, at least some of it since boot */
	RSTMEM_MEMORY_ABSENT,	/* none of it is in use */
	RSTMEM_MEMORY_OTHER,	/* something else */
};

/**
 * struct rstmem_memory_guard - keeps a range out of zones that it could never leave
 * @nb:		in the kernel's chain of memory hot-plug
 * @start:	physical address
 * @size:	bytes
 */
struct rstmem_memory_guard {
	struct notifier_block nb;
	u64 start;
	u64 size;
};

#if IS_ENABLED(CONFIG_MEMORY_HOTREMOVE)
u64 rstmem_memory_unit(void);
enum rstmem_memory rstmem_memory_at(u64 start, u64 size);
bool rstmem_memory_claim(u64 start, u64 size);
void rstmem_memory_unclaim(u64 start, u64 size);
int rstmem_memory_take(u64 start, u64 size, unsigned int ms);
int rstmem_memory_give(u64 start, u64 size);
u64 rstmem_memory_busy(u64 start, u64 size, u64 *first);
int rstmem_memory_guard(struct rstmem_memory_guard *guard, u64 start, u64 size);
void rstmem_memory_unguard(struct rstmem_memory_guard *guard);
#else
static inline u64 rstmem_memory_unit(void)
{
	return 0;
}

static inline enum rstmem_memory rstmem_memory_at(u64 start, u64 size)
{
	return RSTMEM_MEMORY_OTHER;
}

static inline bool rstmem_memory_claim(u64 start, u64 size)
{
	return false;
}

static inline void rstmem_memory_unclaim(u64 start, u64 size)
{
}

static inline int rstmem_memory_take(u64 start, u64 size, unsigned int ms)
{
	return -EOPNOTSUPP;
}

static inline int rstmem_memory_give(u64 start, u64 size)
{
	return -EOPNOTSUPP;
}

static inline u64 rstmem_memory_busy(u64 start, u64 size, u64 *first)
{
	return 0;
}

static inline int rstmem_memory_guard(struct rstmem_memory_guard *guard, u64 start,
				      u64 size)
{
	return -EOPNOTSUPP;
}

static inline void rstmem_memory_unguard(struct rstmem_memory_guard *guard)
{
}
#endif

#endif /* _RSTMEM_MEMORY_H */
