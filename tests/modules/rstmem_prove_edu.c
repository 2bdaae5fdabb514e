// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_prove_edu: makes QEMU's edu device a DMA engine for rstmem_prove: one of the
 * dmaengine framework, to be loaded before rstmem_prove, or, on kernels without that, one of
 * <linux/tee_rstmem_prove.h>.
 */
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tee_rstmem_prove.h>
#include <linux/workqueue.h>

#include "rstmem_edu.h"

#ifdef CONFIG_DMA_ENGINE

/* A copy, until it is done. */
struct edu_tx {
	struct dma_async_tx_descriptor tx;
	dma_addr_t src, dst;
	size_t size;
	struct list_head node;
};

static void edu_work(struct work_struct *work);

static DEFINE_SPINLOCK(queue_lock);	/* guards the lists and cookies */
static LIST_HEAD(submitted);
static LIST_HEAD(issued);
static DECLARE_WORK(work, edu_work);
static struct dma_device edu_dma;
static struct dma_chan edu_chan;

static dma_cookie_t edu_submit(struct dma_async_tx_descriptor *desc)
{
	struct edu_tx *tx = container_of(desc, struct edu_tx, tx);
	unsigned long flags;

	spin_lock_irqsave(&queue_lock, flags);
	if (++edu_chan.cookie < DMA_MIN_COOKIE)
		edu_chan.cookie = DMA_MIN_COOKIE;
	desc->cookie = edu_chan.cookie;
	list_add_tail(&tx->node, &submitted);
	spin_unlock_irqrestore(&queue_lock, flags);
	return desc->cookie;
}

static struct dma_async_tx_descriptor *
edu_prep(struct dma_chan *chan, dma_addr_t dst, dma_addr_t src, size_t size,
	 unsigned long flags)
{
	struct edu_tx *tx = kzalloc(sizeof(*tx), GFP_NOWAIT);

	if (!tx)
		return NULL;
	dma_async_tx_descriptor_init(&tx->tx, chan);
	tx->tx.flags = flags;
	tx->tx.tx_submit = edu_submit;
	tx->src = src;
	tx->dst = dst;
	tx->size = size;
	return &tx->tx;
}

static void edu_issue(struct dma_chan *chan)
{
	unsigned long flags;

	spin_lock_irqsave(&queue_lock, flags);
	list_splice_tail_init(&submitted, &issued);
	spin_unlock_irqrestore(&queue_lock, flags);
	schedule_work(&work);
}

static void edu_work(struct work_struct *w)
{
	struct dmaengine_result result;
	unsigned long flags;
	struct edu_tx *tx;

	for (;;) {
		spin_lock_irqsave(&queue_lock, flags);
		tx = list_first_entry_or_null(&issued, struct edu_tx, node);
		if (tx)
			list_del(&tx->node);
		spin_unlock_irqrestore(&queue_lock, flags);
		if (!tx)
			return;
		result.residue = 0;
		result.result = rstmem_edu_copy(tx->src, tx->dst, tx->size) ?
				DMA_TRANS_READ_FAILED : DMA_TRANS_NOERROR;
		edu_chan.completed_cookie = tx->tx.cookie;
		if (tx->tx.callback_result)
			tx->tx.callback_result(tx->tx.callback_param, &result);
		kfree(tx);
	}
}

static enum dma_status edu_status(struct dma_chan *chan, dma_cookie_t cookie,
				  struct dma_tx_state *state)
{
	return dma_async_is_complete(cookie, chan->completed_cookie, chan->cookie);
}

static int edu_terminate(struct dma_chan *chan)
{
	struct edu_tx *tx, *next;
	unsigned long flags;
	LIST_HEAD(gone);

	spin_lock_irqsave(&queue_lock, flags);
	list_splice_init(&submitted, &gone);
	list_splice_init(&issued, &gone);
	spin_unlock_irqrestore(&queue_lock, flags);
	list_for_each_entry_safe(tx, next, &gone, node)
		kfree(tx);
	return 0;
}

static void edu_synchronize(struct dma_chan *chan)
{
	flush_work(&work);
}

static int __init engine_init(struct device *dev)
{
	edu_dma.dev = dev;
	dma_cap_set(DMA_MEMCPY, edu_dma.cap_mask);
	edu_dma.device_prep_dma_memcpy = edu_prep;
	edu_dma.device_issue_pending = edu_issue;
	edu_dma.device_tx_status = edu_status;
	edu_dma.device_terminate_all = edu_terminate;
	edu_dma.device_synchronize = edu_synchronize;
	INIT_LIST_HEAD(&edu_dma.channels);
	edu_chan.device = &edu_dma;
	list_add_tail(&edu_chan.device_node, &edu_dma.channels);
	return dma_async_device_register(&edu_dma);
}

static void engine_exit(struct device *dev)
{
	dma_async_device_unregister(&edu_dma);
	edu_terminate(&edu_chan);
	flush_work(&work);
}

#else

static void *target;
static dma_addr_t target_addr;

static int edu_read(struct tee_rstmem_prove_engine *engine, phys_addr_t addr,
		    struct page *page, void *data, size_t size)
{
	int rc = rstmem_edu_copy(addr, target_addr, size);

	memcpy(data, target, size);
	return rc;
}

static bool broken;
module_param(broken, bool, 0444);
MODULE_PARM_DESC(broken, "add an engine that always fails, before the device");

static int broken_read(struct tee_rstmem_prove_engine *engine, phys_addr_t addr,
		       struct page *page, void *data, size_t size)
{
	return -EIO;
}

static struct tee_rstmem_prove_engine broken_engine = {
	.name = "broken",
	.read = broken_read,
};

static struct tee_rstmem_prove_engine edu_engine = {
	.name = "edu",
	.read = edu_read,
};

static int __init engine_init(struct device *dev)
{
	target = dma_alloc_coherent(dev, PAGE_SIZE, &target_addr, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	if (broken)
		tee_rstmem_prove_add(&broken_engine);
	tee_rstmem_prove_add(&edu_engine);
	return 0;
}

static void engine_exit(struct device *dev)
{
	tee_rstmem_prove_remove(&edu_engine);
	if (broken)
		tee_rstmem_prove_remove(&broken_engine);
	dma_free_coherent(dev, PAGE_SIZE, target, target_addr);
}

#endif

static int __init prove_edu_init(void)
{
	struct device *dev = rstmem_edu_device();
	int rc;

	if (!dev)
		return -ENODEV;
	/* The lab's device reaches all memory. */
	rc = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	return rc ?: engine_init(dev);
}
module_init(prove_edu_init);

static void __exit prove_edu_exit(void)
{
	engine_exit(rstmem_edu_device());
}
module_exit(prove_edu_exit);

MODULE_DESCRIPTION("QEMU's edu device as a DMA engine, for tests of rstmem doctor --prove");
MODULE_LICENSE("GPL");
