/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the part of its linked lists that is used. */
#ifndef _SHIM_LINUX_LIST_H
#define _SHIM_LINUX_LIST_H

#include <linux/types.h>

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add(struct list_head *entry, struct list_head *after)
{
	entry->prev = after;
	entry->next = after->next;
	after->next->prev = entry;
	after->next = entry;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *before)
{
	list_add(entry, before->prev);
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	/* Whoever still follows it shall crash. */
	entry->next = NULL;
	entry->prev = NULL;
}

static inline int list_is_first(const struct list_head *entry,
				const struct list_head *head)
{
	return entry->prev == head;
}

static inline int list_is_last(const struct list_head *entry,
			       const struct list_head *head)
{
	return entry->next == head;
}

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline void INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline void hlist_insert(struct hlist_node *entry, struct hlist_node **at)
{
	entry->next = *at;
	entry->pprev = at;
	if (entry->next)
		entry->next->pprev = &entry->next;
	*at = entry;
}

static inline void hlist_add_head(struct hlist_node *entry, struct hlist_head *head)
{
	hlist_insert(entry, &head->first);
}

static inline void hlist_add_behind(struct hlist_node *entry,
				    struct hlist_node *before)
{
	hlist_insert(entry, &before->next);
}

static inline void hlist_del(struct hlist_node *entry)
{
	*entry->pprev = entry->next;
	if (entry->next)
		entry->next->pprev = entry->pprev;
	entry->next = NULL;
	entry->pprev = NULL;
}

#define hlist_entry(ptr, type, member)	container_of(ptr, type, member)

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_next_entry(pos, member) \
	container_of((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) \
	container_of((pos)->member.prev, __typeof__(*(pos)), member)

#endif
