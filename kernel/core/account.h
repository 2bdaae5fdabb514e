/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounts: of each use case that a device offers, what is allocated, by whom,
 * what the administrator allows, and what was refused.
 */
#ifndef _RSTMEM_ACCOUNT_H
#define _RSTMEM_ACCOUNT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid_types.h>

#include "../compat/dmem.h"
#include "limits.h"
#include "policy.h"
#include "shard.h"

struct dma_buf;
struct rstmem_buffer;
struct rstmem_user;
struct tee_rstmem_device;
struct tee_rstmem_usage;

/* Why something was refused; sysfs has a file for each. */
enum rstmem_failure {
	RSTMEM_FAILURE_NO_MEMORY,	/* pool or kernel has no room */
	RSTMEM_FAILURE_LIMIT,		/* over a limit */
	RSTMEM_FAILURE_BACKEND,		/* any other error of the backend */
	RSTMEM_FAILURE_IMPORTER,	/* device not in the list */
	RSTMEM_FAILURE_REACH,		/* device reaches it not, or by a copy */
	RSTMEM_FAILURES
};

/**
 * struct rstmem_book - what was charged on some of the CPUs
 * @lock:	guards all below, and of buffers what says so; innermost
 * @closed:	each buffer in here has a reference to the device. As long as it is
 *		not, the device stays without, as somebody must close the book first
 * @users:	who has or had buffers, a tree by uid
 * @idle:	how many of these have none
 * @charged:	number of charges
 * @reserved:	bytes of these
 * @entries:	the charges, newest first, and the places of who reads the list
 */
struct rstmem_book {
	spinlock_t lock;	/* guards what follows */
	bool closed;
	unsigned int idle;
	struct rb_root users;
	u64 charged;
	u64 reserved;
	struct hlist_head entries;
} ____cacheline_aligned_in_smp;

/**
 * struct rstmem_account - the books of a use case
 * @dev:	in sysfs, of class rstmem, while the device is not going; its
 *		references are those to the account
 * @node:	in the list of all accounts, guarded by that list's lock
 * @serial:	order in that list
 * @rdev:	the device; valid while @dev is in sysfs or a buffer of it lives
 * @use_case:	TEE_IOC_UC_*
 * @region:	in the dmem cgroup controller, NULL where there is none
 * @policy:	which devices may attach
 * @failures:	how often, by cause
 * @lock:	guards changes of @limits, and charges that these may not allow; books
 *		are locked inside
 * @limits:	what the administrator allows
 * @limited:	there is a limit; read under the lock of a book, and all of these
 *		have been locked once since it was written
 * @used:	bytes of buffers
 * @peak:	most that @used has ever been
 * @count:	number of buffers
 * @books:	what makes these up, by shard
 */
struct rstmem_account {
	struct device dev;
	struct list_head node;
	u64 serial;
	struct tee_rstmem_device *rdev;
	u32 use_case;
	struct dmem_cgroup_region *region;
	struct rstmem_policy policy;
	atomic64_t failures[RSTMEM_FAILURES];
	struct mutex lock;	/* guards limits */
	struct rstmem_limits limits;
	bool limited;
	atomic64_t used ____cacheline_aligned_in_smp;
	atomic64_t peak;
	atomic64_t count;
	struct rstmem_book books[RSTMEM_SHARDS];
};

/**
 * struct rstmem_entry - in the list of a book
 * @node:	in the list
 * @buffer:	of a buffer that has been exported; false for one that is about to
 *		be, and for the place of a reader
 */
struct rstmem_entry {
	struct hlist_node node;
	bool buffer;
};

/**
 * struct rstmem_charge - what a buffer is charged with, part of that
 * @book:	where
 * @entry:	in its list
 * @user:	who pays, NULL for the kernel itself
 * @size:	bytes
 * @dmem:	the cgroup that pays, NULL when none does
 */
struct rstmem_charge {
	struct rstmem_book *book;
	struct rstmem_entry entry;
	struct rstmem_user *user;
	u64 size;
	struct dmem_cgroup_pool_state *dmem;
};

/**
 * struct rstmem_cursor - where a reader of all accounts' buffers is
 * @entry:	before the buffer that comes next, in no list at the end of one
 * @serial:	of the account it is in, or was in, or the next one if that is gone
 * @shard:	of the book there
 */
struct rstmem_cursor {
	struct rstmem_entry entry;
	u64 serial;
	unsigned int shard;
};

struct rstmem_account *rstmem_account_create(struct tee_rstmem_device *rdev,
					     u32 use_case);
int rstmem_account_start(struct rstmem_account *account);
void rstmem_account_stop(struct rstmem_account *account);
void rstmem_account_put(struct rstmem_account *account);

int rstmem_account_charge(struct rstmem_account *account,
			  struct rstmem_charge *charge, u64 size,
			  bool for_user);
int rstmem_account_adjust(struct rstmem_account *account,
			  struct rstmem_charge *charge, u64 size);
void rstmem_account_uncharge(struct rstmem_charge *charge);
void rstmem_account_limit(struct rstmem_account *account, u64 *limit,
			  u64 value);
kuid_t rstmem_charge_uid(const struct rstmem_charge *charge);

void rstmem_account_enter(struct rstmem_buffer *buf, struct dma_buf *dmabuf);
void rstmem_account_hide(struct rstmem_buffer *buf);
bool rstmem_account_leave(struct rstmem_buffer *buf);

void rstmem_cursor_init(struct rstmem_cursor *cursor);
void rstmem_cursor_deinit(struct rstmem_cursor *cursor);
struct rstmem_buffer *rstmem_cursor_begin(struct rstmem_cursor *cursor);
struct rstmem_buffer *rstmem_cursor_next(struct rstmem_cursor *cursor,
					 struct rstmem_buffer *buf);
void rstmem_cursor_end(struct rstmem_cursor *cursor, struct rstmem_buffer *buf);

/**
 * rstmem_account_failed() - count a refusal
 * @account:	where
 * @why:	the cause
 */
static inline void rstmem_account_failed(struct rstmem_account *account,
					 enum rstmem_failure why)
{
	atomic64_inc(&account->failures[why]);
}

#endif /* _RSTMEM_ACCOUNT_H */
