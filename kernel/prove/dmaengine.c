// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA engines of the dmaengine framework that copy memory: a channel of each of them is an
 * engine of rstmem_prove while the module is loaded.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tee_rstmem_prove.h>

#include "prove.h"

#define MAX_CHANNELS	8

/* A copy of a page takes less time. */
#define TIMEOUT		msecs_to_jiffies(2000)

/**
 * struct channel - a channel of a DMA engine
 * @engine:	the channel as an engine of rstmem_prove
 * @chan:	the channel, requested
 * @target:	a page that it copies to
 * @target_addr:	the DMA address of @target
 * @done:	a copy has ended
 * @result:	of the copy, an enum dmaengine_tx_result; valid after @done
 */
struct channel {
	struct tee_rstmem_prove_engine engine;
	struct dma_chan *chan;
	void *target;
	dma_addr_t target_addr;
	struct completion done;
	int result;
};

static struct channel channels[MAX_CHANNELS];
static unsigned int channel_count;

static void copied(void *param, const struct dmaengine_result *result)
{
	struct channel *c = param;

	c->result = result ? result->result : DMA_TRANS_NOERROR;
	complete(&c->done);
}

static int channel_copy(struct channel *c, dma_addr_t from)
{
	struct dma_async_tx_descriptor *tx;

	tx = dmaengine_prep_dma_memcpy(c->chan, c->target_addr, from, PAGE_SIZE,
				       DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!tx)
		return -EOPNOTSUPP;
	reinit_completion(&c->done);
	tx->callback_result = copied;
	tx->callback_param = c;
	if (dma_submit_error(dmaengine_submit(tx)))
		return -EOPNOTSUPP;
	dma_async_issue_pending(c->chan);
	if (!wait_for_completion_timeout(&c->done, TIMEOUT)) {
		dmaengine_terminate_sync(c->chan);
		return -ETIMEDOUT;
	}
	return c->result == DMA_TRANS_NOERROR ? 0 : -EIO;
}

/* Map restricted memory like registers: no page, no cache maintenance, no bounce buffer. */
static int channel_read(struct tee_rstmem_prove_engine *engine, phys_addr_t addr,
			struct page *page, void *data, size_t size)
{
	struct channel *c = container_of(engine, struct channel, engine);
	struct device *dev = c->chan->device->dev;
	dma_addr_t from;
	int rc;

	/* DMA_API_DEBUG warns when memory with pages is mapped like registers. */
	if (IS_ENABLED(CONFIG_DMA_API_DEBUG) && !page && pfn_valid(PHYS_PFN(addr)))
		return -EOPNOTSUPP;
	from = page ? dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE) :
		      dma_map_resource(dev, addr, PAGE_SIZE, DMA_TO_DEVICE, 0);
	if (dma_mapping_error(dev, from))
		return -EOPNOTSUPP;
	memset(c->target, 0, PAGE_SIZE);
	rc = channel_copy(c, from);
	if (page)
		dma_unmap_page(dev, from, PAGE_SIZE, DMA_TO_DEVICE);
	else
		dma_unmap_resource(dev, from, PAGE_SIZE, DMA_TO_DEVICE, 0);
	memcpy(data, c->target, size);
	memset(c->target, 0, PAGE_SIZE);
	return rc;
}

static bool channel_init(struct channel *c, struct dma_chan *chan)
{
	*c = (struct channel){
		.engine.name = dev_name(chan->device->dev),
		.engine.read = channel_read,
		.chan = chan,
	};
	init_completion(&c->done);
	c->target = dma_alloc_coherent(chan->device->dev, PAGE_SIZE, &c->target_addr,
				       GFP_KERNEL);
	if (!c->target)
		return false;
	tee_rstmem_prove_add(&c->engine);
	return true;
}

static void channel_deinit(struct channel *c)
{
	tee_rstmem_prove_remove(&c->engine);
	dma_free_coherent(c->chan->device->dev, PAGE_SIZE, c->target, c->target_addr);
	dma_release_channel(c->chan);
}

/* Accept a channel of a device that has no channel here yet. */
static bool is_new(struct dma_chan *chan, void *param)
{
	unsigned int n;

	for (n = 0; n < channel_count; n++)
		if (channels[n].chan->device == chan->device)
			return false;
	return true;
}

/**
 * prove_dmaengine_init() - take a channel of each DMA engine that copies memory
 */
void prove_dmaengine_init(void)
{
	struct dma_chan *chan;
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	while (channel_count < MAX_CHANNELS) {
		chan = dma_request_channel(mask, is_new, NULL);
		if (!chan)
			return;
		if (!channel_init(&channels[channel_count], chan)) {
			dma_release_channel(chan);
			return;
		}
		channel_count++;
	}
}

/**
 * prove_dmaengine_exit() - give the channels back
 */
void prove_dmaengine_exit(void)
{
	while (channel_count)
		channel_deinit(&channels[--channel_count]);
}
