// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts, see account.h.
 *
 * A buffer is charged before it is allocated, so that two allocations at once
 * cannot both stay within a limit that they exceed together, and uncharged when its
 * memory is back, whoever had it by then. Who pays is the user whose process
 * asked.
 *
 * Which book a buffer is in says nothing but where it was asked for. As long as
 * there is no limit one book is all that an allocation looks at. When there is one,
 * those that it applies to take turns and sum all books up; others, and buffers that
 * go meanwhile, do not wait for them, and might as well have come before or after.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "account.h"
#include "buffer.h"
#include "device.h"
#include "sysfs.h"

/* Users without buffers are remembered, up to that many a book, for the next time. */
#define MAX_IDLE_USERS	16

/**
 * struct rstmem_user - somebody who has buffers in a book
 * @node:	in the book's tree
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

static struct rstmem_user *user_find(struct rstmem_book *book, kuid_t uid)
{
	struct rb_node *node;

	lockdep_assert_held(&book->lock);

	node = rb_find(&uid, &book->users, user_cmp);
	return node ? rb_entry(node, struct rstmem_user, node) : NULL;
}

static void user_add(struct rstmem_book *book, struct rstmem_user *user,
		     kuid_t uid)
{
	lockdep_assert_held(&book->lock);

	user->uid = uid;
	book->idle++;
	rb_add(&user->node, &book->users, user_less);
}

/*
 * Takes a user without buffers out of the tree when there are too many of these.
 * Returns what the caller frees, or NULL.
 */
static struct rstmem_user *user_trim(struct rstmem_book *book,
				     struct rstmem_user *user)
{
	lockdep_assert_held(&book->lock);

	if (!user || user->buffers || book->idle <= MAX_IDLE_USERS)
		return NULL;
	rb_erase(&user->node, &book->users);
	book->idle--;
	return user;
}

static inline void charge_size(struct rstmem_charge *charge, u64 size)
{
	lockdep_assert_held(&charge->book->lock);

	charge->book->reserved += size - charge->size;
	if (charge->user)
		charge->user->bytes += size - charge->size;
	charge->size = size;
}

static inline void charge_add(struct rstmem_charge *charge, u64 size)
{
	struct rstmem_book *book = charge->book;
	struct rstmem_user *user = charge->user;

	lockdep_assert_held(&book->lock);

	charge->size = 0;
	charge_size(charge, size);
	book->charged++;
	if (user && !user->buffers++)
		book->idle--;
	charge->entry.buffer = false;
	hlist_add_head(&charge->entry.node, &book->entries);
}

static void charge_del(struct rstmem_charge *charge)
{
	struct rstmem_book *book = charge->book;
	struct rstmem_user *user = charge->user;
	u64 size = charge->size;

	lockdep_assert_held(&book->lock);

	hlist_del(&charge->entry.node);
	if (user && !--user->buffers)
		book->idle++;
	book->charged--;
	charge_size(charge, 0);
	/* What the cgroup was charged with. */
	charge->size = size;
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

/*
 * Whether the limits allow a user @size bytes more, or in place of what @own is
 * charged with unless that is NULL. @usage is what the backend says.
 */
static bool allowed(struct rstmem_account *account, kuid_t uid,
		    const struct rstmem_charge *own, u64 size,
		    const struct tee_rstmem_usage *usage)
{
	struct rstmem_load load = {};
	const struct rstmem_user *user;
	u64 used = usage->used;
	u64 reserved = 0;
	unsigned int n;

	lockdep_assert_held(&account->lock);

	for (n = 0; n < RSTMEM_SHARDS; n++) {
		struct rstmem_book *book = &account->books[n];

		spin_lock(&book->lock);
		reserved += book->reserved;
		user = user_find(book, uid);
		if (user) {
			load.user_bytes += user->bytes;
			load.user_buffers += user->buffers;
		}
		spin_unlock(&book->lock);
	}
	if (own) {
		reserved -= own->size;
		load.user_bytes -= own->size;
		load.user_buffers--;
	}

	/* Use cases may share memory: who knows of more is right. */
	used = max(used, reserved);
	if (!usage->total)
		load.free = RSTMEM_UNLIMITED;
	else if (usage->total > used)
		load.free = usage->total - used;
	return rstmem_limits_allow(&account->limits, &load, size);
}

/*
 * Charges the user, who may be @spare if new to the book. Returns 0; -EAGAIN when
 * there are limits, unless @checked says that these allow it; -ENOENT without a spare.
 */
static __always_inline int
charge_try(struct rstmem_account *account, struct rstmem_charge *charge, u64 size,
	   kuid_t uid, bool checked, struct rstmem_user *spare)
{
	struct rstmem_book *book = charge->book;
	int rc = -EAGAIN;

	spin_lock(&book->lock);
	if (likely(!READ_ONCE(account->limited)) || checked) {
		charge->user = user_find(book, uid);
		if (!charge->user && spare) {
			user_add(book, spare, uid);
			charge->user = spare;
		}
		rc = -ENOENT;
		if (likely(charge->user)) {
			charge_add(charge, size);
			rc = 0;
		}
	}
	spin_unlock(&book->lock);
	return rc;
}

/* The same, with a spare user if there must be. -ENOMEM when there is none. */
static noinline int charge_user(struct rstmem_account *account,
				struct rstmem_charge *charge, u64 size,
				kuid_t uid, bool checked)
{
	struct rstmem_user *spare;
	int rc;

	rc = charge_try(account, charge, size, uid, checked, NULL);
	if (likely(rc != -ENOENT))
		return rc;
	spare = kzalloc(sizeof(*spare), GFP_KERNEL_ACCOUNT);
	if (!spare)
		return -ENOMEM;
	rc = charge_try(account, charge, size, uid, checked, spare);
	if (rc || charge->user != spare)
		kfree(spare);
	return rc;
}

/*
 * What charge_try() could not do: the user is new to the book, or there are limits.
 * Returns 0, -EDQUOT when these do not allow it, or -ENOMEM.
 */
static noinline int charge_slow(struct rstmem_account *account,
				struct rstmem_charge *charge, u64 size,
				kuid_t uid)
{
	struct tee_rstmem_usage usage = {};
	int rc;

	rc = charge_user(account, charge, size, uid, false);
	if (rc != -EAGAIN)
		return rc;

	rc = -EDQUOT;
	if (READ_ONCE(account->limits.reserve))
		ask_backend(account, &usage);

	mutex_lock(&account->lock);
	if (allowed(account, uid, NULL, size, &usage))
		rc = charge_user(account, charge, size, uid, true);
	mutex_unlock(&account->lock);

	/* Asked last, for it leaves a trace in audit logs. */
	if (rc == -EDQUOT && capable(CAP_SYS_RESOURCE))
		rc = charge_user(account, charge, size, uid, true);
	return rc;
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
	struct rstmem_book *book = &account->books[rstmem_shard()];
	kuid_t uid;
	int rc;

	rc = dmem_charge(account, charge, size);
	if (rc)
		return rc;

	charge->book = book;
	if (!for_user) {
		charge->user = NULL;
		spin_lock(&book->lock);
		charge_add(charge, size);
		spin_unlock(&book->lock);
		return 0;
	}
	uid = current_uid();
	rc = charge_try(account, charge, size, uid, false, NULL);
	if (likely(!rc))
		return 0;
	rc = charge_slow(account, charge, size, uid);
	if (rc)
		dmem_cgroup_uncharge(charge->dmem, size);
	return rc;
}

/* Returns false, and does nothing, if there are limits and not @checked. */
static bool charge_adjust(struct rstmem_account *account,
			  struct rstmem_charge *charge, u64 size, bool checked)
{
	struct rstmem_book *book = charge->book;
	bool may;

	spin_lock(&book->lock);
	may = checked || !charge->user || !READ_ONCE(account->limited);
	if (may)
		charge_size(charge, size);
	spin_unlock(&book->lock);
	return may;
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
	const struct tee_rstmem_usage unknown = {};
	bool ok;
	int rc;

	dmem_cgroup_uncharge(charge->dmem, charge->size);
	rc = dmem_charge(account, charge, size);
	if (rc)
		return rc;
	if (charge_adjust(account, charge, size, false))
		return 0;

	mutex_lock(&account->lock);
	ok = allowed(account, charge->user->uid, charge, size, &unknown);
	if (ok)
		charge_adjust(account, charge, size, true);
	mutex_unlock(&account->lock);
	if (ok)
		return 0;
	if (!capable(CAP_SYS_RESOURCE)) {
		dmem_cgroup_uncharge(charge->dmem, size);
		charge->dmem = NULL;
		return -EDQUOT;
	}
	charge_adjust(account, charge, size, true);
	return 0;
}

/**
 * rstmem_account_uncharge() - undo rstmem_account_charge()
 * @charge:	as it was filled in
 *
 * Called as that is.
 */
void rstmem_account_uncharge(struct rstmem_charge *charge)
{
	struct rstmem_book *book = charge->book;
	struct rstmem_user *surplus;

	spin_lock(&book->lock);
	charge_del(charge);
	surplus = user_trim(book, charge->user);
	spin_unlock(&book->lock);

	kfree(surplus);
	dmem_cgroup_uncharge(charge->dmem, charge->size);
}

/**
 * rstmem_account_limit() - set a limit
 * @account:	where
 * @limit:	which one, in @account->limits
 * @value:	its value
 *
 * All that is charged from when this returns is within. May sleep.
 */
void rstmem_account_limit(struct rstmem_account *account, u64 *limit, u64 value)
{
	const struct rstmem_limits *limits = &account->limits;
	unsigned int n;

	mutex_lock(&account->lock);
	*limit = value;
	WRITE_ONCE(account->limited,
		   limits->user_bytes != RSTMEM_UNLIMITED ||
		   limits->user_buffers != RSTMEM_UNLIMITED ||
		   limits->buffer_bytes != RSTMEM_UNLIMITED || limits->reserve);
	/* Who has not seen that is done, and summed up from here on. */
	for (n = 0; n < RSTMEM_SHARDS; n++) {
		spin_lock(&account->books[n].lock);
		spin_unlock(&account->books[n].lock);
	}
	mutex_unlock(&account->lock);
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
	s64 used, peak;

	atomic64_inc(&account->count);
	used = atomic64_add_return(buf->shm.size, &account->used);
	peak = atomic64_read(&account->peak);
	while (unlikely(used > peak) &&
	       !atomic64_try_cmpxchg(&account->peak, &peak, used))
		;
	buf->exported = true;
	buf->ino = file_inode(dmabuf->file)->i_ino;
	/* Who finds it finds all of it: pairs with cursor_find(). */
	smp_store_release(&buf->charge.entry.buffer, true);
}

/**
 * rstmem_account_hide() - the dma-buf is going, the buffer is not
 * @buf:	the buffer
 */
void rstmem_account_hide(struct rstmem_buffer *buf)
{
	spin_lock(&buf->charge.book->lock);
	buf->exported = false;
	spin_unlock(&buf->charge.book->lock);
}

/**
 * rstmem_account_leave() - its memory is back
 * @buf:	the buffer; no longer charged
 *
 * Return: whether it had a reference to the device, which is the caller's then. If
 * not, the device may be gone.
 */
bool rstmem_account_leave(struct rstmem_buffer *buf)
{
	struct rstmem_account *account = buf->account;
	struct rstmem_charge *charge = &buf->charge;
	struct rstmem_book *book = charge->book;
	struct rstmem_user *surplus;
	bool closed;

	/* Unless it was never exported. */
	if (charge->entry.buffer) {
		atomic64_dec(&account->count);
		atomic64_sub(charge->size, &account->used);
	}

	spin_lock(&book->lock);
	charge_del(charge);
	surplus = user_trim(book, charge->user);
	closed = book->closed;
	spin_unlock(&book->lock);

	if (unlikely(surplus))
		kfree(surplus);
	dmem_cgroup_uncharge(charge->dmem, charge->size);
	return closed;
}

static void book_init(struct rstmem_book *book)
{
	spin_lock_init(&book->lock);
	book->users = RB_ROOT;
	INIT_HLIST_HEAD(&book->entries);
}

/* From now on its buffers have references to the device, as the caller has. */
static void book_close(struct rstmem_book *book, struct kref *ref)
{
	spin_lock(&book->lock);
	book->closed = true;
	if (book->charged)
		refcount_add(book->charged, &ref->refcount);
	spin_unlock(&book->lock);
}

static void book_free(struct rstmem_book *book)
{
	struct rstmem_user *user, *next;
	struct rstmem_entry *entry;
	struct hlist_node *after;

	lockdep_assert_held(&accounts_lock);

	/* Readers may be here; buffers are not. */
	hlist_for_each_entry_safe(entry, after, &book->entries, node)
		hlist_del_init(&entry->node);

	WARN_ON(book->charged || book->reserved);
	rbtree_postorder_for_each_entry_safe(user, next, &book->users, node) {
		WARN_ON(user->buffers);
		kfree(user);
	}
}

static void account_release(struct device *dev)
{
	struct rstmem_account *account =
		container_of(dev, struct rstmem_account, dev);
	unsigned int n;

	mutex_lock(&accounts_lock);
	list_del(&account->node);
	for (n = 0; n < RSTMEM_SHARDS; n++)
		book_free(&account->books[n]);
	mutex_unlock(&accounts_lock);

	WARN_ON(atomic64_read(&account->used) || atomic64_read(&account->count));
	rstmem_policy_deinit(&account->policy);
	mutex_destroy(&account->lock);
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
	unsigned int n;

	account = kzalloc(sizeof(*account), GFP_KERNEL);
	if (!account)
		return NULL;
	account->rdev = rdev;
	account->use_case = use_case;
	account->limits.user_bytes = RSTMEM_UNLIMITED;
	account->limits.user_buffers = RSTMEM_UNLIMITED;
	account->limits.buffer_bytes = RSTMEM_UNLIMITED;
	mutex_init(&account->lock);
	for (n = 0; n < RSTMEM_SHARDS; n++)
		book_init(&account->books[n]);
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
 * The caller has a reference to the device, and each buffer of the account gets one.
 * Waits for who is reading its files. May sleep.
 */
void rstmem_account_stop(struct rstmem_account *account)
{
	unsigned int n;

	for (n = 0; n < RSTMEM_SHARDS; n++)
		book_close(&account->books[n], &account->rdev->ref);
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
	INIT_HLIST_NODE(&cursor->entry.node);
	cursor->entry.buffer = false;
	cursor->serial = 0;
	cursor->shard = 0;
}

/* The book at or after a cursor, which goes there, or NULL at the end. */
static struct rstmem_book *cursor_book(struct rstmem_cursor *cursor)
{
	struct rstmem_account *account;

	lockdep_assert_held(&accounts_lock);

	list_for_each_entry(account, &accounts, node) {
		if (account->serial < cursor->serial)
			continue;
		if (account->serial > cursor->serial) {
			cursor->serial = account->serial;
			cursor->shard = 0;
		}
		if (cursor->shard < RSTMEM_SHARDS)
			return &account->books[cursor->shard];
	}
	return NULL;
}

/*
 * Which book a reader has locked is known when it runs only. For sparse one is
 * locked from begin to end, also when there is none.
 *
 * Returns the first buffer from @node on, with the lock of its book held, which is
 * that of @book before. NULL, with no book locked, at the end.
 */
static struct rstmem_buffer *
cursor_find(struct rstmem_cursor *cursor, struct rstmem_book *book,
	    struct hlist_node *node)
	__must_hold(cursor)
{
	struct rstmem_entry *entry;

	lockdep_assert_held(&book->lock);

	for (;;) {
		for (; node; node = node->next) {
			entry = hlist_entry(node, struct rstmem_entry, node);
			/* Pairs with rstmem_account_enter(). */
			if (smp_load_acquire(&entry->buffer))
				return container_of(entry, struct rstmem_buffer,
						    charge.entry);
		}
		spin_unlock(&book->lock);
		cursor->shard++;
		book = cursor_book(cursor);
		if (!book) {
			__acquire(cursor);
			return NULL;
		}
		spin_lock(&book->lock);
		node = book->entries.first;
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
	struct hlist_node *node;
	struct rstmem_book *book;

	mutex_lock(&accounts_lock);
	book = cursor_book(cursor);
	if (!book) {
		__acquire(cursor);
		return NULL;
	}
	spin_lock(&book->lock);
	/* In its book's list, or in none when that is gone. */
	if (hlist_unhashed(&cursor->entry.node)) {
		node = book->entries.first;
	} else {
		node = cursor->entry.node.next;
		hlist_del_init(&cursor->entry.node);
	}
	return cursor_find(cursor, book, node);
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
	return cursor_find(cursor, buf->charge.book,
			   buf->charge.entry.node.next);
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
		hlist_add_before(&cursor->entry.node, &buf->charge.entry.node);
		spin_unlock(&buf->charge.book->lock);
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
	struct rstmem_book *book;

	mutex_lock(&accounts_lock);
	if (!hlist_unhashed(&cursor->entry.node)) {
		book = cursor_book(cursor);
		spin_lock(&book->lock);
		hlist_del_init(&cursor->entry.node);
		spin_unlock(&book->lock);
	}
	mutex_unlock(&accounts_lock);
}
