/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts: the users, charges and limits of a memory, which is one pool or several. */
#ifndef _RSTMEM_ACCOUNT_H
#define _RSTMEM_ACCOUNT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid_types.h>

#include "../compat/dmem.h"
#include "limits.h"

struct rstmem_user;

/**
 * struct rstmem_account - the account of one memory
 * @lock:	guards all members below except @total, @region and @node; also guards
 *		members of other structures that name the account's lock
 * @users:	tree of users that have buffers; one user without buffers may stay
 * @charges:	charges of buffers that are listed, in the order of their serials
 * @limits:	limits that the administrator set
 * @total:	bytes of the memory, 0 when the backend does not report it; constant after
 *		rstmem_account_start()
 * @charged:	bytes charged
 * @lost:	bytes out of use because the backend could not clear them
 * @serial:	serial of the next charge that is listed
 * @region:	region of the dmem cgroup controller, or NULL; constant
 *		between rstmem_account_start() and rstmem_account_stop()
 * @node:	in the list of all accounts, guarded by the lock of that list
 */
struct rstmem_account {
	spinlock_t lock;	/* guards users, charges, limits and sums */
	struct rb_root users;
	struct list_head charges;
	struct rstmem_limits limits;
	u64 total;
	u64 charged;
	u64 lost;
	u64 serial;
	struct dmem_cgroup_region *region;
	struct list_head node;
};

/**
 * struct rstmem_tally - sums over some of the buffers of an account
 * @account:	the account; constant
 * @used:	bytes of buffers
 * @peak:	largest value of @used so far
 * @buffers:	number of buffers
 * @lost:	bytes of buffers that could not be cleared
 *
 * The account's lock guards the sums.
 */
struct rstmem_tally {
	struct rstmem_account *account;
	u64 used;
	u64 peak;
	u64 buffers;
	u64 lost;
};

/**
 * struct rstmem_charge - the charge of one buffer
 * @node:	in the account's list of charges; empty until rstmem_account_add()
 * @tally:	sums that the buffer belongs to, and the account
 * @user:	the user that pays, NULL for the kernel
 * @size:	bytes
 * @serial:	place in the order of @node
 * @dmem:	the cgroup that pays, or NULL
 */
struct rstmem_charge {
	struct list_head node;
	struct rstmem_tally *tally;
	struct rstmem_user *user;
	u64 size;
	u64 serial;
	struct dmem_cgroup_pool_state *dmem;
};

void rstmem_account_init(struct rstmem_account *account);
int rstmem_account_start(struct rstmem_account *account, const char *name,
			 u64 total);
void rstmem_account_stop(struct rstmem_account *account);
void rstmem_account_deinit(struct rstmem_account *account);

int rstmem_account_charge(struct rstmem_tally *tally,
			  struct rstmem_charge *charge, u64 size, bool for_user);
void rstmem_account_add(struct rstmem_charge *charge);
void rstmem_account_uncharge(struct rstmem_charge *charge, bool lost);
kuid_t rstmem_charge_uid(const struct rstmem_charge *charge);

u64 rstmem_account_read(struct rstmem_account *account, const u64 *value);
void rstmem_account_set_limit(struct rstmem_account *account, u64 *limit,
			      u64 value);
void rstmem_account_walk(void (*visit)(const struct rstmem_charge *charge,
				       void *arg), void *arg);

#endif /* _RSTMEM_ACCOUNT_H */
