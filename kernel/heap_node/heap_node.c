// SPDX-License-Identifier: GPL-2.0-only
/* Heap nodes: dma-heaps and the allocators connected to them. */
#include <linux/dma-heap.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat/dma_heap.h"
#include "heap_node.h"

/**
 * struct heap_node - a heap of this module
 * @name:	the framework keeps the pointer
 * @heap:	the heap
 * @ops:	the allocator, or NULL; RCU, written under nodes_lock
 * @list:	in the list of nodes, guarded by nodes_lock
 */
struct heap_node {
	char *name;
	struct dma_heap *heap;
	const struct rstmem_heap_ops __rcu *ops;
	struct list_head list;
};

static DEFINE_MUTEX(nodes_lock);	/* guards nodes, and their ops against changes */
static LIST_HEAD(nodes);

static struct dma_buf *node_op_allocate(struct dma_heap *heap,
					unsigned long len, u32 fd_flags,
					u64 heap_flags)
{
	struct heap_node *node = dma_heap_get_drvdata(heap);
	const struct rstmem_heap_ops *ops;
	struct dma_buf *dmabuf;

	/* The module reference keeps @ops valid. The allocator references its device. */
	rcu_read_lock();
	ops = rcu_dereference(node->ops);
	if (ops && !try_module_get(ops->owner))
		ops = NULL;
	rcu_read_unlock();
	if (!ops)
		return ERR_PTR(-ENODEV);
	dmabuf = ops->allocate(ops, len, fd_flags);
	module_put(ops->owner);
	return dmabuf;
}

static const struct dma_heap_ops node_ops = {
	.allocate = node_op_allocate,
};

static struct heap_node *node_find(const char *name)
{
	struct heap_node *node;

	lockdep_assert_held(&nodes_lock);

	list_for_each_entry(node, &nodes, list)
		if (!strcmp(node->name, name))
			return node;
	return NULL;
}

static struct heap_node *node_create(const char *name)
{
	struct dma_heap_export_info exp_info = { .ops = &node_ops };
	struct heap_node *node;
	int rc;

	lockdep_assert_held(&nodes_lock);

	/* dma_heap_add() logs a stack trace if the name exists, so look for it first. */
	if (dma_heap_exists(name))
		return ERR_PTR(-EEXIST);

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return ERR_PTR(-ENOMEM);
	node->name = kstrdup(name, GFP_KERNEL);
	if (!node->name) {
		rc = -ENOMEM;
		goto err_free_node;
	}

	exp_info.name = node->name;
	exp_info.priv = node;
	node->heap = dma_heap_add(&exp_info);
	if (IS_ERR(node->heap)) {
		rc = PTR_ERR(node->heap);
		goto err_free_name;
	}
	/* The framework cannot remove a heap, so this module must stay too. */
	if (!DMA_HEAP_CAN_REMOVE)
		__module_get(THIS_MODULE);

	list_add_tail(&node->list, &nodes);
	return node;

err_free_name:
	kfree(node->name);
err_free_node:
	kfree(node);
	return ERR_PTR(rc);
}

static void node_destroy(struct heap_node *node)
{
	dma_heap_remove(node->heap);
	list_del(&node->list);
	kfree(node->name);
	kfree(node);
}

/**
 * rstmem_heap_connect() - connect an allocator to the heap of its name
 * @ops:	the allocator; constant until it is disconnected
 *
 * Adds the heap if there is none of that name yet. May sleep.
 *
 * Return: 0; -EEXIST when the kernel has a heap of that name; -EBUSY when another
 * allocator is connected; -ENOMEM; errors of dma_heap_add().
 */
int rstmem_heap_connect(const struct rstmem_heap_ops *ops)
{
	struct heap_node *node;
	int rc = 0;

	mutex_lock(&nodes_lock);
	node = node_find(ops->name);
	if (!node)
		node = node_create(ops->name);
	if (IS_ERR(node))
		rc = PTR_ERR(node);
	else if (rcu_access_pointer(node->ops))
		rc = -EBUSY;
	else
		rcu_assign_pointer(node->ops, ops);
	mutex_unlock(&nodes_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(rstmem_heap_connect);

/**
 * rstmem_heap_disconnect() - undo rstmem_heap_connect()
 * @ops:	the allocator
 *
 * Running allocations hold a reference to the allocator's module. After this returns, no
 * other allocation begins. May sleep.
 */
void rstmem_heap_disconnect(const struct rstmem_heap_ops *ops)
{
	struct heap_node *node;

	mutex_lock(&nodes_lock);
	node = node_find(ops->name);
	if (!WARN_ON(!node || rcu_access_pointer(node->ops) != ops))
		rcu_assign_pointer(node->ops, NULL);
	mutex_unlock(&nodes_lock);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(rstmem_heap_disconnect);

static int __init rstmem_heap_init(void)
{
	return dma_heap_compat_init();
}

static void __exit rstmem_heap_exit(void)
{
	struct heap_node *node, *next;

	list_for_each_entry_safe(node, next, &nodes, list)
		node_destroy(node);
	dma_heap_compat_exit();
}

module_init(rstmem_heap_init);
module_exit(rstmem_heap_exit);

MODULE_DESCRIPTION("dma-heap nodes for restricted memory");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
MODULE_INFO(import_ns, "DMA_BUF");
MODULE_INFO(import_ns, "DMA_BUF_HEAP");
