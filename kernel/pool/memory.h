/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources of memory: taking ranges from the kernel, and giving them back. */
#ifndef _RSTMEM_MEMORY_H
#define _RSTMEM_MEMORY_H

#include <linux/types.h>

/* Kinds of memory that the kernel has at a range. */
enum rstmem_memory {
	RSTMEM_MEMORY_RAM,	/* all of it is RAM that a driver added */
	RSTMEM_MEMORY_BOOT_RAM,	/* all of it is RAM, at least some of it since boot */
	RSTMEM_MEMORY_ABSENT,	/* none of it is in use */
	RSTMEM_MEMORY_OTHER,	/* something else, or RAM that must not leave */
};

/**
 * struct rstmem_source - how ranges leave the kernel and come back
 * @unit:	get the unit, bytes, a power of two: ranges are multiples of it and
 *		aligned to it
 * @at:		find out what the kernel has at a range; the answer may be outdated at once
 * @claim:	make a range that is RSTMEM_MEMORY_ABSENT unusable for others. Returns
 *		false when part of the range is in use
 * @unclaim:	end a claim of a range that is not RAM
 * @take:	take a range from the kernel, and claim it. SIGKILL ends the attempt; the
 *		kernel looks for it between batches of pages. The contents stay as they
 *		were. Returns 0; -EINTR after SIGKILL, -EBUSY for pages that cannot
 *		move, and other errors: the kernel still has the memory.
 *		-ENOTRECOVERABLE when the range left the kernel but cannot be claimed
 * @give:	give a claimed range to the kernel. Returns 0; -ENOMEM, -EBUSY and other
 *		errors: the range is still claimed. -ENOTRECOVERABLE as above
 * @keep_movable: keep RAM of a range movable from now on. Returns a guard or ERR_PTR
 * @end_keep:	end a guard
 *
 * The thread of a pool calls @take and @give. It holds no lock, and has no other use for
 * signals. @take and @give wait while another thread takes or gives memory. A range is a
 * start and a size, in bytes.
 */
struct rstmem_source {
	u64 (*unit)(void);
	enum rstmem_memory (*at)(u64 start, u64 size);
	bool (*claim)(u64 start, u64 size);
	void (*unclaim)(u64 start, u64 size);
	int (*take)(u64 start, u64 size);
	int (*give)(u64 start, u64 size);
	void *(*keep_movable)(u64 start, u64 size);
	void (*end_keep)(void *guard);
};

/* Memory hot-plug: the kernel has no mapping of a range that was taken. */
extern const struct rstmem_source rstmem_hotplug;
/* Allocation by range: the kernel keeps its mapping. */
extern const struct rstmem_source rstmem_kept;

u64 rstmem_memory_busy(u64 start, u64 size, u64 *first);

#endif /* _RSTMEM_MEMORY_H */
