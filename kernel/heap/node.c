// SPDX-License-Identifier: GPL-2.0-only
/* Heaps and what is connected to them, see node.h. */
#include <linux/dma-heap.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat/dma_heap.h"
#include "node.h"

/**
 * struct node - a heap of ours
 * @name:	the framework keeps the pointer
 * @heap:	the heap
 * @source:	what allocates, or NULL; read under rstmem_calls, written under
 *		nodes_lock
 * @list:	in the list of nodes, guarded by nodes_lock
 */
struct node {
	char *name;
	struct dma_heap *heap;
	const struct rstmem_heap_source __rcu *source;
	struct list_head list;
};

static DEFINE_MUTEX(nodes_lock);	/* guards nodes and who is connected */
static LIST_HEAD(nodes);

DEFINE_SRCU(rstmem_calls);
EXPORT_SYMBOL_GPL(rstmem_calls);

static struct dma_buf *node_op_allocate(struct dma_heap *heap,
					unsigned long len, u32 fd_flags,
					u64 heap_flags)
{
	struct node *node = dma_heap_get_drvdata(heap);
	const struct rstmem_heap_source *source;
	struct dma_buf *dmabuf;
	int token;

	token = srcu_read_lock(&rstmem_calls);
	source = srcu_dereference(node->source, &rstmem_calls);
	dmabuf = source ? source->allocate(source, len, fd_flags) :
			  ERR_PTR(-ENODEV);
	srcu_read_unlock(&rstmem_calls, token);
	return dmabuf;
}

static const struct dma_heap_ops node_ops = {
	.allocate = node_op_allocate,
};

static struct node *node_find(const char *name)
{
	struct node *node;

	lockdep_assert_held(&nodes_lock);

	list_for_each_entry(node, &nodes, list)
		if (!strcmp(node->name, name))
			return node;
	return NULL;
}

static struct node *node_create(const char *name)
{
	struct dma_heap_export_info exp_info = { .ops = &node_ops };
	struct node *node;
	int rc;

	lockdep_assert_held(&nodes_lock);

	/* Asked first, since dma_heap_add() leaves a stack trace in the log. */
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
	/* The framework's heaps stay for good, and so must this code. */
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

static void node_destroy(struct node *node)
{
	dma_heap_remove(node->heap);
	list_del(&node->list);
	kfree(node->name);
	kfree(node);
}

/**
 * rstmem_heap_connect() - let a heap allocate
 * @source:	where from; constant until it is disconnected
 *
 * Adds the heap if there was none of that name so far. May sleep.
 *
 * Return: 0; -EEXIST when a heap of that name exists that is not ours; -EBUSY
 * when another source is connected; -ENOMEM; what dma_heap_add() returns.
 */
int rstmem_heap_connect(const struct rstmem_heap_source *source)
{
	struct node *node;
	int rc = 0;

	mutex_lock(&nodes_lock);
	node = node_find(source->name);
	if (!node)
		node = node_create(source->name);
	if (IS_ERR(node))
		rc = PTR_ERR(node);
	else if (rcu_access_pointer(node->source))
		rc = -EBUSY;
	else
		rcu_assign_pointer(node->source, source);
	mutex_unlock(&nodes_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(rstmem_heap_connect);

/**
 * rstmem_heap_disconnect() - undo rstmem_heap_connect()
 * @source:	the same; not used any more when this returns
 *
 * Waits for allocations under way. May sleep.
 */
void rstmem_heap_disconnect(const struct rstmem_heap_source *source)
{
	struct node *node;

	mutex_lock(&nodes_lock);
	node = node_find(source->name);
	if (!WARN_ON(!node || rcu_access_pointer(node->source) != source))
		rcu_assign_pointer(node->source, NULL);
	mutex_unlock(&nodes_lock);
	synchronize_srcu(&rstmem_calls);
}
EXPORT_SYMBOL_GPL(rstmem_heap_disconnect);

static int __init rstmem_heap_init(void)
{
	return dma_heap_compat_init();
}

static void __exit rstmem_heap_exit(void)
{
	struct node *node, *next;

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
