/* SPDX-License-Identifier: GPL-2.0-only */
/* The exporter: buffers as dma-bufs, and the devices that import them. */
#ifndef _RSTMEM_DMABUF_H
#define _RSTMEM_DMABUF_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/types.h>

#include "map.h"

struct device;
struct dma_buf;
struct rstmem_buffer;
struct rstmem_request;
struct tee_device;

/**
 * struct rstmem_attachment - an importer of a buffer
 * @node:	in the buffer's list since the first mapping, guarded by the account's
 *		lock
 * @dev:	the device
 * @map:	the map for @dev, if @mapped; the dma-buf's reservation lock guards this
 *		member and the members below
 * @dir:	direction of @map
 * @mapped:	@map exists; it may be kept while @users is 0
 * @users:	number of calls of dma_buf_map_attachment() that are not yet undone
 */
struct rstmem_attachment {
	struct list_head node;
	struct device *dev;
	struct rstmem_map map;
	enum dma_data_direction dir;
	bool mapped;
	unsigned int users;
};

struct dma_buf *rstmem_dmabuf_create(const struct tee_device *teedev,
				     const struct rstmem_request *req,
				     unsigned int file_flags);
struct rstmem_buffer *rstmem_dmabuf_buffer(const struct dma_buf *dmabuf);

#endif /* _RSTMEM_DMABUF_H */
