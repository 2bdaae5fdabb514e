// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts, see account.h.
 *
 * A buffer is charged before it is allocated, so that two allocations at once
 * cannot both stay within a limit that they exceed together, and uncharged when its
 * memory is back, whoever had it by then. Who pays is the user whose process
 * asked.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "account.h"
#include "buffer.h"
#include "device.h"
#include "sysfs.h"

/* Users without buffers are remembered, up to that many, for the next time. */
#define MAX_IDLE_USERS	64

/**
 * struct rstmem_user - somebody who has buffers
 * @node:	in the account's tree
 * @uid:	who
 * @bytes:	of buffers, those about to be allocated included
 * @buffers:	number of them
 */
struct rstmem_user {
	struct rb_node node;
	kuid_t uid;
	u64 bytes;
	u64 buffers;
};

/* Guards the list; taken before an account's lock. */
static DEFINE_MUTEX(accounts_lock);
static LIST_HEAD(accounts);
static u64 last_serial;

static int user_cmp(const void *key, const struct rb_node *node)
{
	const struct rstmem_user *user =
		rb_entry(node, struct rstmem_user, node);
	const kuid_t *uid = key;

	if (uid_eq(*uid, user->uid))
		return 0;
	return uid_lt(*uid, user->uid) ? -1 : 1;
}

static bool user_less(struct rb_node *a, const struct rb_node *b)
{
	return user_cmp(&rb_entry(a, struct rstmem_user, node)->uid, b) < 0;
}

static struct rstmem_user *user_find(struct rstmem_account *account, kuid_t uid)
{
	struct rb_node *node;

	lockdep_assert_held(&account->lock);

	node = rb_find(&uid, &account->users, user_cmp);
	return node ? rb_entry(node, struct rstmem_user, node) : NULL;
}

static void user_add(struct rstmem_account *account, struct rstmem_user *user,
		     kuid_t uid)
{
	lockdep_assert_held(&account->lock);

	user->uid = uid;
	account->idle++;
	rb_add(&user->node, &account->users, user_less);
}

/*
 * Takes a user without buffers out of the tree when there are too many of these.
 * Returns what the caller frees, or NULL.
 */
static struct rstmem_user *user_trim(struct rstmem_account *account,
				     struct rstmem_user *user)
{
	lockdep_assert_held(&account->lock);

	if (!user || user->buffers || account->idle <= MAX_IDLE_USERS)
		return NULL;
	rb_erase(&user->node, &account->users);
	account->idle--;
	return user;
}

static void charge_add(struct rstmem_account *account,
		       struct rstmem_charge *charge, u64 size)
{
	struct rstmem_user *user = charge->user;

	lockdep_assert_held(&account->lock);

	charge->size = size;
	account->reserved += size;
	if (!user)
		return;
	if (!user->buffers++)
		account->idle--;
	user->bytes += size;
}

static void charge_del(struct rstmem_account *account,
		       struct rstmem_charge *charge)
{
	struct rstmem_user *user = charge->user;

	lockdep_assert_held(&account->lock);

	account->reserved -= charge->size;
	if (!user)
		return;
	user->bytes -= charge->size;
	if (!--user->buffers)
		account->idle++;
}

/* The cgroup of the current process pays, where there are such. */
static int dmem_charge(struct rstmem_account *account,
		       struct rstmem_charge *charge, u64 size)
{
	int rc;

	charge->dmem = NULL;
	if (!account->region)
		return 0;
	rc = dmem_cgroup_try_charge(account->region, size, &charge->dmem, NULL);
	return rc == -EAGAIN ? -EDQUOT : rc;
}

/* Bytes behind the use case, 0 when the backend does not tell. */
static void ask_backend(struct rstmem_account *account,
			struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_device *rdev = account->rdev;

	if (rdev->ops->rstmem_query)
		rdev->ops->rstmem_query(&rdev->ctx, account->use_case, usage);
}

static u64 free_bytes(const struct rstmem_account *account,
		      const struct tee_rstmem_usage *usage)
{
	u64 used;

	if (!usage->total)
		return RSTMEM_UNLIMITED;
	/* Use cases may share memory: who knows of more is right. */
	used = max(usage->used, account->reserved);
	return usage->total > used ? usage->total - used : 0;
}

/* Whether the charge's user may have @size bytes more. */
static bool allowed(const struct rstmem_account *account,
		    const struct rstmem_user *user, u64 size, u64 free)
{
	const struct rstmem_load load = {
		.user_bytes = user->bytes,
		.user_buffers = user->buffers,
		.free = free,
	};

	lockdep_assert_held(&account->lock);

	return rstmem_limits_allow(&account->limits, &load, size);
}

/**
 * rstmem_account_charge() - before an allocation
 * @account:	where
 * @charge:	filled in
 * @size:	bytes
 * @for_user:	the current user pays and is limited, unless CAP_SYS_RESOURCE; if
 *		not, the kernel does and is not
 *
 * Called as the backend's ops are, since it may ask the backend. May sleep.
 *
 * Return: 0, -EDQUOT when a limit does not allow it, or -ENOMEM.
 */
int rstmem_account_charge(struct rstmem_account *account,
			  struct rstmem_charge *charge, u64 size, bool for_user)
{
	struct rstmem_user *spare = NULL, *surplus = NULL;
	struct tee_rstmem_usage usage;
	bool unlimited = false;
	kuid_t uid = current_uid();
	int rc;

	charge->user = NULL;
	rc = dmem_charge(account, charge, size);
	if (rc)
		return rc;

	usage.total = 0;
	if (for_user && READ_ONCE(account->limits.reserve)) {
		memset(&usage, 0, sizeof(usage));
		ask_backend(account, &usage);
	}
retry:
	spin_lock(&account->lock);
	if (for_user) {
		charge->user = user_find(account, uid);
		if (!charge->user && spare) {
			user_add(account, spare, uid);
			charge->user = spare;
			spare = NULL;
		}
		if (!charge->user) {
			spin_unlock(&account->lock);
			rc = -ENOMEM;
			spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
			if (!spare)
				goto err_uncharge;
			goto retry;
		}
		if (!unlimited && !allowed(account, charge->user, size,
					   free_bytes(account, &usage))) {
			surplus = user_trim(account, charge->user);
			spin_unlock(&account->lock);
			kfree(surplus);
			rc = -EDQUOT;
			/* Asked last, for it leaves a trace in audit logs. */
			unlimited = capable(CAP_SYS_RESOURCE);
			if (!unlimited)
				goto err_uncharge;
			goto retry;
		}
	}
	charge_add(account, charge, size);
	spin_unlock(&account->lock);
	if (unlikely(spare))
		kfree(spare);
	return 0;

err_uncharge:
	kfree(spare);
	dmem_cgroup_uncharge(charge->dmem, size);
	return rc;
}

/**
 * rstmem_account_adjust() - the backend allocated more than it was asked for
 * @account:	where
 * @charge:	from rstmem_account_charge()
 * @size:	bytes
 *
 * May sleep.
 *
 * Return: 0; or -EDQUOT when a limit does not allow it: @charge is as it was, but
 * no cgroup pays any more.
 */
int rstmem_account_adjust(struct rstmem_account *account,
			  struct rstmem_charge *charge, u64 size)
{
	bool ok;
	int rc;

	dmem_cgroup_uncharge(charge->dmem, charge->size);
	rc = dmem_charge(account, charge, size);
	if (rc)
		return rc;

	spin_lock(&account->lock);
	charge_del(account, charge);
	ok = !charge->user || allowed(account, charge->user, size,
				      RSTMEM_UNLIMITED);
	charge_add(account, charge, ok ? size : charge->size);
	spin_unlock(&account->lock);
	if (ok)
		return 0;
	if (!capable(CAP_SYS_RESOURCE)) {
		dmem_cgroup_uncharge(charge->dmem, size);
		charge->dmem = NULL;
		return -EDQUOT;
	}

	spin_lock(&account->lock);
	charge_del(account, charge);
	charge_add(account, charge, size);
	spin_unlock(&account->lock);
	return 0;
}

/**
 * rstmem_account_uncharge() - undo rstmem_account_charge()
 * @account:	where
 * @charge:	as it was filled in
 */
void rstmem_account_uncharge(struct rstmem_account *account,
			     struct rstmem_charge *charge)
{
	struct rstmem_user *surplus;

	spin_lock(&account->lock);
	charge_del(account, charge);
	surplus = user_trim(account, charge->user);
	spin_unlock(&account->lock);

	kfree(surplus);
	dmem_cgroup_uncharge(charge->dmem, charge->size);
}

/**
 * rstmem_charge_uid() - who pays
 * @charge:	of a buffer that is in its account
 *
 * Return: the user, or INVALID_UID when it is the kernel itself.
 */
kuid_t rstmem_charge_uid(const struct rstmem_charge *charge)
{
	return charge->user ? charge->user->uid : INVALID_UID;
}

/**
 * rstmem_account_enter() - a buffer has been allocated and exported
 * @buf:	the buffer, charged
 * @dmabuf:	what it has become
 */
void rstmem_account_enter(struct rstmem_buffer *buf, struct dma_buf *dmabuf)
{
	struct rstmem_account *account = buf->account;

	spin_lock(&account->lock);
	buf->exported = true;
	buf->ino = file_inode(dmabuf->file)->i_ino;
	buf->entry.buffer = true;
	list_add_tail(&buf->entry.node, &account->entries);
	account->count++;
	account->used += buf->shm.size;
	account->peak = max(account->peak, account->used);
	spin_unlock(&account->lock);
}

/**
 * rstmem_account_hide() - the dma-buf is going, the buffer is not
 * @buf:	the buffer
 */
void rstmem_account_hide(struct rstmem_buffer *buf)
{
	spin_lock(&buf->account->lock);
	buf->exported = false;
	spin_unlock(&buf->account->lock);
}

/**
 * rstmem_account_leave() - its memory is back
 * @buf:	the buffer; no longer charged
 */
void rstmem_account_leave(struct rstmem_buffer *buf)
{
	struct rstmem_account *account = buf->account;
	struct rstmem_user *surplus;

	spin_lock(&account->lock);
	/* Unless it was never exported. */
	if (!list_empty(&buf->entry.node)) {
		list_del_init(&buf->entry.node);
		account->count--;
		account->used -= buf->charge.size;
	}
	charge_del(account, &buf->charge);
	surplus = user_trim(account, buf->charge.user);
	spin_unlock(&account->lock);

	if (unlikely(surplus))
		kfree(surplus);
	dmem_cgroup_uncharge(buf->charge.dmem, buf->charge.size);
}

static void account_release(struct device *dev)
{
	struct rstmem_account *account =
		container_of(dev, struct rstmem_account, dev);
	struct rstmem_user *user, *next;
	struct rstmem_entry *entry, *after;

	mutex_lock(&accounts_lock);
	list_del(&account->node);
	/* Readers may be here; buffers are not. */
	list_for_each_entry_safe(entry, after, &account->entries, node) {
		WARN_ON(entry->buffer);
		list_del_init(&entry->node);
	}
	mutex_unlock(&accounts_lock);

	WARN_ON(account->reserved || account->used || account->count);
	rbtree_postorder_for_each_entry_safe(user, next, &account->users, node) {
		WARN_ON(user->buffers);
		kfree(user);
	}
	rstmem_policy_deinit(&account->policy);
	kfree(account);
}

/**
 * rstmem_account_create() - open the books of a use case
 * @rdev:	the device
 * @use_case:	which it offers
 *
 * Return: the account, for rstmem_account_put(), or NULL when there is no memory.
 */
struct rstmem_account *rstmem_account_create(struct tee_rstmem_device *rdev,
					     u32 use_case)
{
	struct rstmem_account *account;

	account = kzalloc(sizeof(*account), GFP_KERNEL);
	if (!account)
		return NULL;
	account->rdev = rdev;
	account->use_case = use_case;
	account->limits.user_bytes = RSTMEM_UNLIMITED;
	account->limits.user_buffers = RSTMEM_UNLIMITED;
	account->limits.buffer_bytes = RSTMEM_UNLIMITED;
	account->users = RB_ROOT;
	spin_lock_init(&account->lock);
	INIT_LIST_HEAD(&account->entries);
	rstmem_policy_init(&account->policy);
	mutex_lock(&accounts_lock);
	account->serial = ++last_serial;
	list_add_tail(&account->node, &accounts);
	mutex_unlock(&accounts_lock);

	account->dev.release = account_release;
	if (rstmem_sysfs_name(account)) {
		put_device(&account->dev);
		return NULL;
	}
	return account;
}

/**
 * rstmem_account_start() - show an account
 * @account:	the account
 *
 * May sleep.
 *
 * Return: 0 or -errno.
 */
int rstmem_account_start(struct rstmem_account *account)
{
	struct tee_rstmem_usage usage = {};
	int rc;

	ask_backend(account, &usage);
	if (usage.total) {
		account->region = dmem_register(usage.total, "rstmem/%s",
						dev_name(&account->dev));
		if (IS_ERR(account->region)) {
			rc = PTR_ERR(account->region);
			account->region = NULL;
			return rc;
		}
	}
	rc = device_add(&account->dev);
	if (rc) {
		dmem_cgroup_unregister_region(account->region);
		account->region = NULL;
	}
	return rc;
}

/**
 * rstmem_account_stop() - stop showing it
 * @account:	the account; nothing is charged from now on
 *
 * Waits for who is reading its files. May sleep.
 */
void rstmem_account_stop(struct rstmem_account *account)
{
	device_del(&account->dev);
	dmem_cgroup_unregister_region(account->region);
	account->region = NULL;
}

/**
 * rstmem_account_put() - close the books
 * @account:	the account, or NULL; no buffer of it is left
 *
 * May sleep.
 */
void rstmem_account_put(struct rstmem_account *account)
{
	if (account)
		put_device(&account->dev);
}

/**
 * rstmem_cursor_init() - start at the first buffer of all accounts
 * @cursor:	the cursor
 */
void rstmem_cursor_init(struct rstmem_cursor *cursor)
{
	INIT_LIST_HEAD(&cursor->entry.node);
	cursor->entry.buffer = false;
	cursor->serial = 0;
}

/* The account at or after a cursor. */
static struct rstmem_account *cursor_account(const struct rstmem_cursor *cursor)
{
	struct rstmem_account *account;

	lockdep_assert_held(&accounts_lock);

	list_for_each_entry(account, &accounts, node)
		if (account->serial >= cursor->serial)
			return account;
	return NULL;
}

/*
 * Which account a reader has locked is known when it runs only. For sparse one is
 * locked from begin to end, also when there is none.
 *
 * Returns the first buffer after @node, with the lock of its account held, which is
 * that of @account before. NULL, with no account locked, at the end.
 */
static struct rstmem_buffer *
cursor_find(struct rstmem_cursor *cursor, struct rstmem_account *account,
	    struct list_head *node)
	__must_hold(cursor)
{
	struct rstmem_entry *entry;

	lockdep_assert_held(&account->lock);

	for (;;) {
		list_for_each_continue(node, &account->entries) {
			entry = list_entry(node, struct rstmem_entry, node);
			if (entry->buffer)
				return container_of(entry, struct rstmem_buffer,
						    entry);
		}
		spin_unlock(&account->lock);
		cursor->serial = account->serial + 1;
		account = cursor_account(cursor);
		if (!account) {
			__acquire(cursor);
			return NULL;
		}
		cursor->serial = account->serial;
		spin_lock(&account->lock);
		node = &account->entries;
	}
}

/**
 * rstmem_cursor_begin() - go on where a cursor is
 * @cursor:	the cursor
 *
 * Until rstmem_cursor_end(), which must follow also when there is none, the buffer
 * stays what it is and the caller cannot sleep.
 *
 * Return: a buffer, or NULL at the end.
 */
struct rstmem_buffer *rstmem_cursor_begin(struct rstmem_cursor *cursor)
	__acquires(cursor)
{
	struct list_head *node = &cursor->entry.node;
	struct rstmem_account *account;

	mutex_lock(&accounts_lock);
	account = cursor_account(cursor);
	if (!account) {
		__acquire(cursor);
		return NULL;
	}
	cursor->serial = account->serial;
	spin_lock(&account->lock);
	/* In its account's list, or in none when that is gone. */
	if (list_empty(node)) {
		node = &account->entries;
	} else {
		node = node->prev;
		list_del_init(&cursor->entry.node);
	}
	return cursor_find(cursor, account, node);
}

/**
 * rstmem_cursor_next() - go on
 * @cursor:	the cursor, between begin and end
 * @buf:	the buffer it is at
 *
 * Return: the next one, or NULL at the end.
 */
struct rstmem_buffer *rstmem_cursor_next(struct rstmem_cursor *cursor,
					 struct rstmem_buffer *buf)
	__must_hold(cursor)
{
	return cursor_find(cursor, buf->account, &buf->entry.node);
}

/**
 * rstmem_cursor_end() - pause
 * @cursor:	the cursor
 * @buf:	where to go on, or NULL at the end
 */
void rstmem_cursor_end(struct rstmem_cursor *cursor, struct rstmem_buffer *buf)
	__releases(cursor)
{
	if (buf) {
		list_add_tail(&cursor->entry.node, &buf->entry.node);
		spin_unlock(&buf->account->lock);
	} else {
		__release(cursor);
	}
	mutex_unlock(&accounts_lock);
}

/**
 * rstmem_cursor_deinit() - forget a cursor
 * @cursor:	the cursor, not between begin and end
 */
void rstmem_cursor_deinit(struct rstmem_cursor *cursor)
{
	struct rstmem_account *account;

	mutex_lock(&accounts_lock);
	if (!list_empty(&cursor->entry.node)) {
		account = cursor_account(cursor);
		spin_lock(&account->lock);
		list_del_init(&cursor->entry.node);
		spin_unlock(&account->lock);
	}
	mutex_unlock(&accounts_lock);
}
