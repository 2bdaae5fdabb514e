/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers as dma-bufs. */
#ifndef _RSTMEM_DMABUF_H
#define _RSTMEM_DMABUF_H

#include <linux/types.h>

struct dma_buf;
struct rstmem_buffer;
struct rstmem_request;
struct tee_rstmem_device;

struct dma_buf *rstmem_dmabuf_create(struct tee_rstmem_device *rdev,
				     const struct rstmem_request *req);
struct rstmem_buffer *rstmem_dmabuf_buffer(const struct dma_buf *dmabuf);

#endif /* _RSTMEM_DMABUF_H */
