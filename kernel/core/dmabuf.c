// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exporter: buffers as dma-bufs, and the devices that import them.
 *
 * There is no CPU side. Without the operations mmap and vmap, the dma-buf core itself
 * refuses both. Without operations for CPU access, DMA_BUF_IOCTL_SYNC does nothing.
 *
 * The exporter never refuses to attach a device. If attaching fails, videobuf2 leaks its
 * reference to the dma-buf, and the memory is never freed. Mapping may fail: importers
 * handle this error.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "buffer.h"
#include "dmabuf.h"
#include "trace.h"

/* Get the record of an importer, or make it. Returns NULL without memory. */
static struct rstmem_attachment *attachment_get(struct dma_buf_attachment *attach)
{
	struct rstmem_attachment *a = attach->priv;

	if (a)
		return a;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return NULL;
	INIT_LIST_HEAD(&a->node);
	a->dev = attach->dev;
	attach->priv = a;
	return a;
}

/* List an importer with the buffer, unless it is listed. */
static void attachment_add(struct rstmem_attachment *a, struct rstmem_buffer *buf)
{
	struct rstmem_account *account = buf->offer->tally.account;

	if (!list_empty(&a->node))
		return;
	spin_lock(&account->lock);
	list_add_tail(&a->node, &buf->attachments);
	spin_unlock(&account->lock);
	trace_rstmem_attach(rstmem_buffer_name(buf), buf->ino, buf->shm.size,
			    a->dev);
}

static void attachment_del(struct rstmem_attachment *a, struct rstmem_buffer *buf)
{
	struct rstmem_account *account = buf->offer->tally.account;

	if (list_empty(&a->node))
		return;
	trace_rstmem_detach(rstmem_buffer_name(buf), buf->ino, buf->shm.size,
			    a->dev);
	spin_lock(&account->lock);
	list_del(&a->node);
	spin_unlock(&account->lock);
}

static void dmabuf_op_detach(struct dma_buf *dmabuf,
			     struct dma_buf_attachment *attach)
{
	struct rstmem_attachment *a = attach->priv;

	if (!a)
		return;
	/* The device of an importer that forgot to unmap still has access. */
	WARN_ON(a->users);
	if (a->mapped)
		rstmem_unmap(&a->map, attach->dev, a->dir);
	attachment_del(a, dmabuf->priv);
	kfree(a);
}

/* Make a map for an attachment without users, unless its present map fits. */
static int attachment_map(struct rstmem_attachment *a,
			  const struct rstmem_buffer *buf,
			  enum dma_data_direction dir)
{
	if (!rstmem_policy_allows(&buf->offer->policy, a->dev))
		return -EPERM;
	if (a->mapped && a->dir == dir && a->map.mask == dma_get_mask(a->dev))
		return 0;

	if (a->mapped)
		rstmem_unmap(&a->map, a->dev, a->dir);
	memset(&a->map, 0, sizeof(a->map));
	a->dir = dir;
	a->mapped = false;
	return rstmem_map(&a->map, buf, a->dev, dir);
}

static void attachment_refused(const struct rstmem_buffer *buf,
			       struct device *dev, int error)
{
	struct rstmem_offer *offer = buf->offer;

	if (error == -EPERM) {
		atomic64_inc(&offer->failures[RSTMEM_FAILURE_IMPORTER]);
		rstmem_policy_warn(&offer->policy, dev, rstmem_buffer_name(buf),
				   buf->ino, buf->shm.size);
	} else if (error == -ERANGE || error == -EOPNOTSUPP) {
		atomic64_inc(&offer->failures[RSTMEM_FAILURE_REACH]);
	}
	trace_rstmem_refuse(rstmem_buffer_name(buf), buf->ino, buf->shm.size, dev,
			    error);
}

static struct sg_table *dmabuf_op_map(struct dma_buf_attachment *attach,
				      enum dma_data_direction dir)
{
	struct rstmem_buffer *buf = attach->dmabuf->priv;
	struct rstmem_attachment *a;
	int rc;

	dma_resv_assert_held(attach->dmabuf->resv);

	a = attachment_get(attach);
	if (!a)
		return ERR_PTR(-ENOMEM);
	if (a->users) {
		if (a->dir != dir)
			return ERR_PTR(-EBUSY);
	} else {
		rc = attachment_map(a, buf, dir);
		if (rc) {
			attachment_refused(buf, attach->dev, rc);
			return ERR_PTR(rc);
		}
		a->mapped = true;
		attachment_add(a, buf);
		trace_rstmem_map(rstmem_buffer_name(buf), buf->ino,
				 buf->shm.size, attach->dev, dir, &a->map.sgt);
	}
	a->users++;
	return &a->map.sgt;
}

static void dmabuf_op_unmap(struct dma_buf_attachment *attach,
			    struct sg_table *sgt, enum dma_data_direction dir)
{
	const struct rstmem_buffer *buf = attach->dmabuf->priv;
	struct rstmem_attachment *a = attach->priv;

	dma_resv_assert_held(attach->dmabuf->resv);

	if (--a->users)
		return;
	trace_rstmem_unmap(rstmem_buffer_name(buf), buf->ino, buf->shm.size,
			   attach->dev);
	if (rstmem_map_may_stay(attach->dev))
		return;
	rstmem_unmap(&a->map, attach->dev, a->dir);
	a->mapped = false;
}

static void dmabuf_op_release(struct dma_buf *dmabuf)
{
	struct rstmem_buffer *buf = dmabuf->priv;

	if (READ_ONCE(buf->id))
		buf->offer->rdev->id_ops->end(buf);
	WRITE_ONCE(buf->exported, false);
	rstmem_buffer_put(buf);
}

static const struct dma_buf_ops rstmem_dma_buf_ops = {
	.detach = dmabuf_op_detach,
	.map_dma_buf = dmabuf_op_map,
	.unmap_dma_buf = dmabuf_op_unmap,
	.release = dmabuf_op_release,
};

/**
 * rstmem_dmabuf_create() - allocate a buffer and export it
 * @teedev:	the TEE device, or NULL for the first that offers the use case
 * @req:	arguments
 * @file_flags:	access mode of the dma-buf's file; O_CLOEXEC is ignored
 *
 * May sleep.
 *
 * Return: the dma-buf, which owns the buffer, or ERR_PTR: the errors of
 * rstmem_buffer_alloc() and dma_buf_export().
 */
struct dma_buf *rstmem_dmabuf_create(const struct tee_device *teedev,
				     const struct rstmem_request *req,
				     unsigned int file_flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;

	buf = rstmem_buffer_alloc(teedev, req);
	if (IS_ERR(buf))
		return ERR_CAST(buf);

	exp_info.exp_name = buf->offer->exporter;
	exp_info.ops = &rstmem_dma_buf_ops;
	exp_info.size = buf->shm.size;
	exp_info.flags = file_flags;
	exp_info.priv = buf;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf)) {
		rstmem_offer_refused(buf->offer, PTR_ERR(dmabuf));
		rstmem_buffer_put(buf);
		return dmabuf;
	}
	buf->ino = file_inode(dmabuf->file)->i_ino;
	buf->exported = true;
	rstmem_account_add(&buf->charge);
	trace_rstmem_alloc(rstmem_buffer_name(buf), buf->ino, buf->shm.size, req->size,
			   buf->shm.pages ? 0 : buf->shm.paddr);
	return dmabuf;
}

/**
 * rstmem_dmabuf_buffer() - get the buffer of a dma-buf
 * @dmabuf:	any dma-buf
 *
 * Return: the buffer, which lives as long as the dma-buf, or NULL for a dma-buf of
 * another exporter.
 */
struct rstmem_buffer *rstmem_dmabuf_buffer(const struct dma_buf *dmabuf)
{
	return dmabuf->ops == &rstmem_dma_buf_ops ? dmabuf->priv : NULL;
}
