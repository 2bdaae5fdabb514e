/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the part of its linked lists that is used. */
#ifndef _SHIM_LINUX_LIST_H
#define _SHIM_LINUX_LIST_H

#include <linux/types.h>

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

static inline void hlist_add_before(struct hlist_node *entry,
				    struct hlist_node *behind)
{
	hlist_insert(entry, behind->pprev);
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

#endif
