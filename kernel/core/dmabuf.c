// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers as dma-bufs: the exporter.
 *
 * There is no CPU side. mmap, vmap and the CPU access operations are absent, so
 * that the dma-buf core itself refuses them.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "dmabuf.h"
#include "map.h"
#include "trace.h"
#include "use_case.h"

static int dmabuf_op_attach(struct dma_buf *dmabuf,
			    struct dma_buf_attachment *attach)
{
	struct rstmem_buffer *buf = dmabuf->priv;
	struct rstmem_account *account = buf->account;
	struct rstmem_attachment *a;

	if (!rstmem_policy_allows(&account->policy, attach->dev)) {
		rstmem_account_failed(account, RSTMEM_FAILURE_IMPORTER);
		trace_rstmem_refuse(buf, attach->dev, -EPERM);
		rstmem_policy_complain(&account->policy, attach->dev, buf);
		return -EPERM;
	}
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	a->dev = attach->dev;
	attach->priv = a;

	spin_lock(&buf->charge.book->lock);
	list_add_tail(&a->node, &buf->attachments);
	spin_unlock(&buf->charge.book->lock);
	trace_rstmem_attach(buf, attach->dev);
	return 0;
}

static void dmabuf_op_detach(struct dma_buf *dmabuf,
			     struct dma_buf_attachment *attach)
{
	struct rstmem_buffer *buf = dmabuf->priv;
	struct rstmem_attachment *a = attach->priv;

	/* An importer that forgot to unmap leaves its device with access. */
	WARN_ON(a->users);
	if (a->mapped)
		rstmem_unmap(&a->map, attach->dev, a->dir);
	trace_rstmem_detach(buf, attach->dev);
	spin_lock(&buf->charge.book->lock);
	list_del(&a->node);
	spin_unlock(&buf->charge.book->lock);
	kfree(a);
}

/* Makes the mapping of an attachment, which nobody uses. */
static int attachment_map(struct rstmem_attachment *a,
			  struct rstmem_buffer *buf, enum dma_data_direction dir)
{
	int rc;

	if (a->mapped && a->dir == dir && rstmem_map_holds(&a->map, a->dev))
		return 0;

	if (a->mapped)
		rstmem_unmap(&a->map, a->dev, a->dir);
	memset(&a->map, 0, sizeof(a->map));
	rc = rstmem_map(&a->map, buf, a->dev, dir);
	a->mapped = !rc;
	a->dir = dir;
	return rc;
}

static struct sg_table *dmabuf_op_map(struct dma_buf_attachment *attach,
				      enum dma_data_direction dir)
{
	struct rstmem_buffer *buf = attach->dmabuf->priv;
	struct rstmem_attachment *a = attach->priv;
	int rc;

	dma_resv_assert_held(attach->dmabuf->resv);

	if (a->users) {
		if (a->dir != dir)
			return ERR_PTR(-EBUSY);
	} else {
		rc = attachment_map(a, buf, dir);
		if (rc) {
			if (rc == -ERANGE || rc == -EOPNOTSUPP)
				rstmem_account_failed(buf->account,
						      RSTMEM_FAILURE_REACH);
			trace_rstmem_refuse(buf, attach->dev, rc);
			return ERR_PTR(rc);
		}
		trace_rstmem_map(buf, attach->dev, dir, &a->map.sgt);
	}
	a->users++;
	return &a->map.sgt;
}

static void dmabuf_op_unmap(struct dma_buf_attachment *attach,
			    struct sg_table *sgt, enum dma_data_direction dir)
{
	struct rstmem_attachment *a = attach->priv;

	dma_resv_assert_held(attach->dmabuf->resv);

	if (--a->users)
		return;
	trace_rstmem_unmap(attach->dmabuf->priv, attach->dev);
	if (rstmem_map_stays(attach->dev))
		return;
	rstmem_unmap(&a->map, attach->dev, a->dir);
	a->mapped = false;
}

static void dmabuf_op_release(struct dma_buf *dmabuf)
{
	struct rstmem_buffer *buf = dmabuf->priv;

	buf->rdev->id_ops->drop(buf);
	rstmem_buffer_abandon(buf);
}

static const struct dma_buf_ops rstmem_dma_buf_ops = {
	.attach = dmabuf_op_attach,
	.detach = dmabuf_op_detach,
	.map_dma_buf = dmabuf_op_map,
	.unmap_dma_buf = dmabuf_op_unmap,
	.release = dmabuf_op_release,
};

/**
 * rstmem_dmabuf_create() - allocate a buffer and export it
 * @rdev:	where from
 * @req:	what is wanted
 *
 * Called between rstmem_device_call_begin() and rstmem_device_call_end(). May sleep.
 *
 * Return: the dma-buf, which owns the buffer, or ERR_PTR: what
 * rstmem_buffer_alloc() and dma_buf_export() return.
 */
struct dma_buf *rstmem_dmabuf_create(struct tee_rstmem_device *rdev,
				     const struct rstmem_request *req)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct rstmem_buffer *buf;
	struct dma_buf *dmabuf;

	buf = rstmem_buffer_alloc(rdev, req);
	if (IS_ERR(buf))
		return ERR_CAST(buf);

	exp_info.exp_name = rstmem_use_case_exporter(req->use_case);
	exp_info.ops = &rstmem_dma_buf_ops;
	exp_info.size = buf->shm.size;
	exp_info.flags = req->file_flags;
	exp_info.resv = &buf->resv;
	exp_info.priv = buf;
	/* Pinned up to the end of the release. It needs this module. */
	exp_info.owner = rdev->ops->owner;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf)) {
		rstmem_account_failed(buf->account, RSTMEM_FAILURE_NO_MEMORY);
		rstmem_buffer_put(buf);
		/* The backend's module is about to go. */
		return dmabuf == ERR_PTR(-ENOENT) ? ERR_PTR(-ENODEV) : dmabuf;
	}

	rstmem_account_enter(buf, dmabuf);
	trace_rstmem_alloc(buf, req->size);
	return dmabuf;
}

/**
 * rstmem_dmabuf_buffer() - the buffer behind a dma-buf
 * @dmabuf:	any dma-buf
 *
 * Return: the buffer, which lives as long as the dma-buf, or NULL when it is
 * somebody else's.
 */
struct rstmem_buffer *rstmem_dmabuf_buffer(const struct dma_buf *dmabuf)
{
	return dmabuf->ops == &rstmem_dma_buf_ops ? dmabuf->priv : NULL;
}

/**
 * tee_rstmem_alloc() - allocate restricted memory inside the kernel
 * @teedev:	the TEE device to take it from, or NULL for the first that
 *		offers the use case
 * @flags:	must be 0
 * @use_case:	TEE_IOC_UC_*
 * @size:	bytes, rounded up as for TEE_IOC_RSTMEM_ALLOC; dmabuf->size tells
 *
 * The buffer belongs to no process, has no id, and counts against no limit. May
 * sleep.
 *
 * Return: a dma-buf, to be given back with dma_buf_put(), or ERR_PTR: the
 * errors of TEE_IOC_RSTMEM_ALLOC, and -EOPNOTSUPP also when no device fits.
 */
struct dma_buf *tee_rstmem_alloc(struct tee_device *teedev, u32 flags,
				 u32 use_case, u64 size)
{
	const struct rstmem_request req = {
		.flags = flags,
		.use_case = use_case,
		.size = size,
		.file_flags = O_RDWR,
	};
	struct tee_rstmem_device *rdev;
	struct dma_buf *dmabuf;
	int token;

	token = rstmem_device_call_begin();
	rdev = rstmem_device_find(teedev, use_case);
	dmabuf = IS_ERR(rdev) ? ERR_CAST(rdev) : rstmem_dmabuf_create(rdev, &req);
	rstmem_device_call_end(token);
	return dmabuf;
}
EXPORT_SYMBOL_GPL(tee_rstmem_alloc);

/**
 * tee_rstmem_dma_buf_info() - whether a dma-buf is restricted memory, and which
 * @dmabuf:	any dma-buf
 * @info:	out: all fields, when it is; may be NULL
 *
 * Return: 0, or -EINVAL when it is not.
 */
int tee_rstmem_dma_buf_info(const struct dma_buf *dmabuf,
			    struct tee_rstmem_info *info)
{
	const struct rstmem_buffer *buf = rstmem_dmabuf_buffer(dmabuf);

	if (!buf)
		return -EINVAL;
	if (info)
		rstmem_buffer_info(buf, info);
	return 0;
}
EXPORT_SYMBOL_GPL(tee_rstmem_dma_buf_info);
