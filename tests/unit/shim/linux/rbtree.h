/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outside the kernel: a search tree with the interface of the kernel's rbtree,
 * without its balancing. What runs on it cannot tell the difference but by time.
 */
#ifndef _SHIM_LINUX_RBTREE_H
#define _SHIM_LINUX_RBTREE_H

#include <linux/types.h>

struct rb_node {
	struct rb_node *parent, *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT		((struct rb_root) { NULL })
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)

static inline void rb_add(struct rb_node *node, struct rb_root *root,
			  bool (*less)(struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->rb_left : &parent->rb_right;
	}
	node->parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_put_in_place_of(struct rb_node *old, struct rb_node *new,
				      struct rb_root *root)
{
	if (!old->parent)
		root->rb_node = new;
	else if (old->parent->rb_left == old)
		old->parent->rb_left = new;
	else
		old->parent->rb_right = new;
	if (new)
		new->parent = old->parent;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *heir;

	if (!node->rb_left) {
		rb_put_in_place_of(node, node->rb_right, root);
	} else if (!node->rb_right) {
		rb_put_in_place_of(node, node->rb_left, root);
	} else {
		for (heir = node->rb_right; heir->rb_left;)
			heir = heir->rb_left;
		if (heir->parent != node) {
			rb_put_in_place_of(heir, heir->rb_right, root);
			heir->rb_right = node->rb_right;
			heir->rb_right->parent = heir;
		}
		rb_put_in_place_of(node, heir, root);
		heir->rb_left = node->rb_left;
		heir->rb_left->parent = heir;
	}
	node->parent = NULL;
	node->rb_left = NULL;
	node->rb_right = NULL;
}

static inline struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->rb_right) {
		node = node->rb_right;
		while (node->rb_left)
			node = node->rb_left;
		return (struct rb_node *)node;
	}
	while ((parent = node->parent) && node == parent->rb_right)
		node = parent;
	return parent;
}

#endif
