// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts: the users, charges and limits of a memory.
 *
 * A memory is one pool or several, from which a use case allocates. Use cases may share a
 * memory.
 *
 * A buffer is charged before its memory is allocated. So two allocations at once cannot
 * exceed a limit together. The buffer is uncharged when its memory is back.
 *
 * The user of the calling process pays. The owners of the user namespaces that the
 * process is in pay too, up to the initial namespace, as with the kernel's ucounts.
 * Without this, a user with subordinate uids would have the limit many times.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "account.h"

/* User namespaces nest 33 deep below the initial one. Add the user itself. */
#define MAX_PAYERS	34

/* Charges that a walk visits without releasing the lock. */
#define WALK_AT_ONCE	64

/**
 * struct rstmem_user - a user that has buffers
 * @node:	in the account's tree
 * @uid:	the user
 * @parent:	owner of the user namespace that @uid is in, which pays as well; NULL
 *		at the top
 * @bytes:	bytes of buffers, including buffers about to be allocated
 * @buffers:	number of these buffers
 */
struct rstmem_user {
	struct rb_node node;
	kuid_t uid;
	struct rstmem_user *parent;
	u64 bytes;
	u64 buffers;
};

static DEFINE_MUTEX(accounts_lock);	/* guards accounts; taken before their locks */
static LIST_HEAD(accounts);

static int user_cmp(const void *key, const struct rb_node *node)
{
	const struct rstmem_user *a = key;
	const struct rstmem_user *b = rb_entry(node, struct rstmem_user, node);

	if (!uid_eq(a->uid, b->uid))
		return uid_lt(a->uid, b->uid) ? -1 : 1;
	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return 0;
}

static bool user_less(struct rb_node *a, const struct rb_node *b)
{
	return user_cmp(rb_entry(a, struct rstmem_user, node), b) < 0;
}

static struct rstmem_user *user_find(struct rstmem_account *account, kuid_t uid,
				     struct rstmem_user *parent)
{
	const struct rstmem_user key = { .uid = uid, .parent = parent };
	struct rb_node *node;

	lockdep_assert_held(&account->lock);

	node = rb_find(&key, &account->users, user_cmp);
	return node ? rb_entry(node, struct rstmem_user, node) : NULL;
}

/* Free users that @parent links. */
static void users_free(struct rstmem_user *user)
{
	struct rstmem_user *next;

	for (; user; user = next) {
		next = user->parent;
		kfree(user);
	}
}

/* Allocate @n users that @parent links, or return NULL. */
static struct rstmem_user *users_alloc(unsigned int n)
{
	struct rstmem_user *spares = NULL, *user;

	while (n--) {
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
		if (!user) {
			users_free(spares);
			return NULL;
		}
		user->parent = spares;
		spares = user;
	}
	return spares;
}

/*
 * Fill in the users that pay for the current process: its own user, then the owners of
 * its user namespaces from the inside out.
 */
static unsigned int payers_get(kuid_t uids[MAX_PAYERS])
{
	const struct user_namespace *ns;
	unsigned int n = 0;

	uids[n++] = current_uid();
	for (ns = current_user_ns(); ns->parent && n < MAX_PAYERS; ns = ns->parent)
		if (!uid_eq(ns->owner, uids[n - 1]))
			uids[n++] = ns->owner;
	return n;
}

/*
 * Find the user that pays for the current process, and its parents. Add missing users
 * from @spares, which has enough of them.
 */
static noinline_for_stack struct rstmem_user *
users_get(struct rstmem_account *account, struct rstmem_user **spares)
{
	struct rstmem_user *user = NULL, *parent;
	kuid_t uids[MAX_PAYERS];
	unsigned int n = payers_get(uids);

	lockdep_assert_held(&account->lock);

	while (n--) {
		parent = user;
		user = user_find(account, uids[n], parent);
		if (user)
			continue;
		user = *spares;
		*spares = user->parent;
		user->uid = uids[n];
		user->parent = parent;
		rb_add(&user->node, &account->users, user_less);
	}
	return user;
}

static bool is_only_user(const struct rstmem_account *account,
			 const struct rstmem_user *user)
{
	return account->users.rb_node == &user->node &&
	       !user->node.rb_left && !user->node.rb_right;
}

/*
 * Move users without buffers from the tree to @unused, but keep a user that is alone in
 * the tree. Most accounts have a single user, and this user allocates again.
 */
static void users_put(struct rstmem_account *account, struct rstmem_user *user,
		      struct rstmem_user **unused)
{
	struct rstmem_user *parent;

	lockdep_assert_held(&account->lock);

	for (; user; user = parent) {
		parent = user->parent;
		if (user->buffers || is_only_user(account, user))
			continue;
		rb_erase(&user->node, &account->users);
		user->parent = *unused;
		*unused = user;
	}
}

/* Check a buffer of @size bytes against the limits of a user and its parents. */
static bool limits_allow_locked(const struct rstmem_account *account,
				const struct rstmem_user *user, u64 size)
{
	struct rstmem_load load = { .free = RSTMEM_UNLIMITED };
	u64 taken = account->charged + account->lost;

	lockdep_assert_held(&account->lock);

	if (account->total)
		load.free = account->total > taken ? account->total - taken : 0;
	for (; user; user = user->parent) {
		load.user_bytes = user->bytes;
		load.user_buffers = user->buffers;
		if (!rstmem_limits_allow(&account->limits, &load, size))
			return false;
	}
	return true;
}

/* Add @buffers, 1 or -1, and their bytes to the sums of the account and the payers. */
static void charge_locked(const struct rstmem_charge *charge, int buffers)
{
	struct rstmem_account *account = charge->tally->account;
	const u64 bytes = buffers * charge->size;
	struct rstmem_user *user;

	lockdep_assert_held(&account->lock);

	account->charged += bytes;
	for (user = charge->user; user; user = user->parent) {
		user->bytes += bytes;
		user->buffers += buffers;
	}
}

/* Charge the current user. Returns 0, -EDQUOT over a limit if @enforce, or -ENOMEM. */
static int charge_user(struct rstmem_charge *charge, bool enforce)
{
	struct rstmem_account *account = charge->tally->account;
	const struct user_namespace *ns = current_user_ns();
	struct rstmem_user *user = NULL, *spares = NULL;
	int rc = 0;

	spin_lock(&account->lock);
	/* Most users are in the initial namespace and have buffers already. */
	if (!ns->parent)
		user = user_find(account, current_uid(), NULL);
	if (!user) {
		spin_unlock(&account->lock);
		spares = users_alloc(ns->level + 1);
		if (!spares)
			return -ENOMEM;
		spin_lock(&account->lock);
		user = users_get(account, &spares);
	}
	if (enforce && !limits_allow_locked(account, user, charge->size)) {
		users_put(account, user, &spares);
		rc = -EDQUOT;
	} else {
		charge->user = user;
		charge_locked(charge, 1);
	}
	spin_unlock(&account->lock);
	users_free(spares);
	return rc;
}

/* Charge the dmem cgroup of the current process, if the memory has a dmem region. */
static int dmem_charge(struct rstmem_charge *charge)
{
	struct dmem_cgroup_region *region = charge->tally->account->region;
	int rc;

	charge->dmem = NULL;
	if (!region)
		return 0;
	rc = dmem_cgroup_try_charge(region, charge->size, &charge->dmem, NULL);
	return rc == -EAGAIN ? -EDQUOT : rc;
}

/**
 * rstmem_account_charge() - charge a buffer that is about to be allocated
 * @tally:	sums that the buffer will belong to; their account is started and not
 *		stopped
 * @charge:	filled in
 * @size:	bytes
 * @for_user:	true: the current user pays and is limited, except with
 *		CAP_SYS_RESOURCE; false: the kernel pays and is not limited
 *
 * In both cases the dmem cgroup of the current process pays too, and its limit applies.
 * May sleep.
 *
 * Return: 0, -EDQUOT when a limit does not allow it, or -ENOMEM.
 */
int rstmem_account_charge(struct rstmem_tally *tally,
			  struct rstmem_charge *charge, u64 size, bool for_user)
{
	struct rstmem_account *account = tally->account;
	int rc;

	INIT_LIST_HEAD(&charge->node);
	charge->tally = tally;
	charge->user = NULL;
	charge->size = size;
	rc = dmem_charge(charge);
	if (rc)
		return rc;

	if (!for_user) {
		spin_lock(&account->lock);
		charge_locked(charge, 1);
		spin_unlock(&account->lock);
		return 0;
	}
	rc = charge_user(charge, true);
	/* Ask for the capability last: the audit log may record the answer. */
	if (rc == -EDQUOT && capable(CAP_SYS_RESOURCE))
		rc = charge_user(charge, false);
	if (rc)
		dmem_cgroup_uncharge(charge->dmem, size);
	return rc;
}

/**
 * rstmem_account_add() - list a buffer
 * @charge:	charged; rstmem_account_walk() finds it from now on
 */
void rstmem_account_add(struct rstmem_charge *charge)
{
	struct rstmem_tally *tally = charge->tally;
	struct rstmem_account *account = tally->account;

	spin_lock(&account->lock);
	charge->serial = account->serial++;
	list_add_tail(&charge->node, &account->charges);
	tally->buffers++;
	tally->used += charge->size;
	if (tally->peak < tally->used)
		tally->peak = tally->used;
	spin_unlock(&account->lock);
}

/**
 * rstmem_account_uncharge() - uncharge a buffer whose memory is back or lost
 * @charge:	charged, listed or not
 * @lost:	the backend could not clear the memory and keeps it
 */
void rstmem_account_uncharge(struct rstmem_charge *charge, bool lost)
{
	struct rstmem_tally *tally = charge->tally;
	struct rstmem_account *account = tally->account;
	struct rstmem_user *unused = NULL;
	u64 size = charge->size;

	spin_lock(&account->lock);
	if (!list_empty(&charge->node)) {
		list_del(&charge->node);
		tally->buffers--;
		tally->used -= size;
	}
	if (lost) {
		account->lost += size;
		tally->lost += size;
	}
	charge_locked(charge, -1);
	users_put(account, charge->user, &unused);
	spin_unlock(&account->lock);

	users_free(unused);
	dmem_cgroup_uncharge(charge->dmem, size);
}

/**
 * rstmem_charge_uid() - get the user that pays
 * @charge:	charged
 *
 * Return: the user, or INVALID_UID when the kernel pays.
 */
kuid_t rstmem_charge_uid(const struct rstmem_charge *charge)
{
	return charge->user ? charge->user->uid : INVALID_UID;
}

/**
 * rstmem_account_read() - read a number that the account's lock guards
 * @account:	the account
 * @value:	the number, in @account or a tally of it
 *
 * Return: the number.
 */
u64 rstmem_account_read(struct rstmem_account *account, const u64 *value)
{
	u64 copy;

	spin_lock(&account->lock);
	copy = *value;
	spin_unlock(&account->lock);
	return copy;
}

/**
 * rstmem_account_set_limit() - set a limit
 * @account:	the account
 * @limit:	the limit, in @account->limits
 * @value:	its value
 *
 * After this returns, charges are checked against the new limit.
 */
void rstmem_account_set_limit(struct rstmem_account *account, u64 *limit,
			      u64 value)
{
	spin_lock(&account->lock);
	*limit = value;
	spin_unlock(&account->lock);
}

/* Visit some charges from serial @next on. Returns false at the end. */
static bool walk_some(struct rstmem_account *account, u64 *next,
		      void (*visit)(const struct rstmem_charge *charge, void *arg),
		      void *arg)
{
	const struct rstmem_charge *charge;
	unsigned int n = 0;

	spin_lock(&account->lock);
	list_for_each_entry(charge, &account->charges, node) {
		if (charge->serial < *next)
			continue;
		if (n++ == WALK_AT_ONCE)
			break;
		visit(charge, arg);
		*next = charge->serial + 1;
	}
	spin_unlock(&account->lock);
	return n > WALK_AT_ONCE;
}

/**
 * rstmem_account_walk() - visit the listed charges of all accounts
 * @visit:	called for each charge under the lock of its account; must not sleep
 * @arg:	for @visit
 *
 * A charge that is listed or uncharged during the walk may or may not be visited. May
 * sleep.
 */
void rstmem_account_walk(void (*visit)(const struct rstmem_charge *charge,
				       void *arg), void *arg)
{
	struct rstmem_account *account;
	u64 next;

	mutex_lock(&accounts_lock);
	list_for_each_entry(account, &accounts, node) {
		next = 0;
		while (walk_some(account, &next, visit, arg))
			cond_resched();
	}
	mutex_unlock(&accounts_lock);
}

/**
 * rstmem_account_init() - start with nothing charged and no limit
 * @account:	zeroed by the caller
 *
 * Undone with rstmem_account_deinit(). May sleep.
 */
void rstmem_account_init(struct rstmem_account *account)
{
	spin_lock_init(&account->lock);
	account->users = RB_ROOT;
	INIT_LIST_HEAD(&account->charges);
	account->limits.user_bytes = RSTMEM_UNLIMITED;
	account->limits.user_buffers = RSTMEM_UNLIMITED;
	account->limits.buffer_bytes = RSTMEM_UNLIMITED;
	mutex_lock(&accounts_lock);
	list_add_tail(&account->node, &accounts);
	mutex_unlock(&accounts_lock);
}

/**
 * rstmem_account_deinit() - undo rstmem_account_init()
 * @account:	the account; nothing is charged
 *
 * May sleep.
 */
void rstmem_account_deinit(struct rstmem_account *account)
{
	struct rb_node *last = account->users.rb_node;

	WARN_ON(account->charged || (last && (last->rb_left || last->rb_right)));
	if (last)
		kfree(rb_entry(last, struct rstmem_user, node));
	mutex_lock(&accounts_lock);
	list_del(&account->node);
	mutex_unlock(&accounts_lock);
}

/**
 * rstmem_account_start() - set the size of the memory, for limits and for dmem
 * @account:	the account
 * @name:	for the dmem cgroup controller
 * @total:	bytes, 0 when the backend does not report it
 *
 * Undone with rstmem_account_stop(). May sleep.
 *
 * Return: 0 or -errno.
 */
int rstmem_account_start(struct rstmem_account *account, const char *name,
			 u64 total)
{
	const struct dmem_cgroup_init init = { .size = total };
	struct dmem_cgroup_region *region;

	account->total = total;
	if (!total)
		return 0;
	region = dmem_cgroup_register_region(&init, "rstmem/%s", name);
	if (IS_ERR(region))
		return PTR_ERR(region);
	account->region = region;
	return 0;
}

/**
 * rstmem_account_stop() - undo rstmem_account_start()
 * @account:	started, or not; rstmem_account_charge() is not called again
 *
 * Existing charges stay until they are uncharged.
 */
void rstmem_account_stop(struct rstmem_account *account)
{
	dmem_cgroup_unregister_region(account->region);
	account->region = NULL;
}
