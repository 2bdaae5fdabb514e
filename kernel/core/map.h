/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps: a buffer made reachable for a device, without the CPU and without a bounce. */
#ifndef _RSTMEM_MAP_H
#define _RSTMEM_MAP_H

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct device;
struct rstmem_buffer;

/**
 * struct rstmem_map - a buffer mapped for a device
 * @sgt:	for the importer: DMA addresses and lengths, no pages
 * @pages:	table that the DMA layer mapped, for a buffer made of pages
 * @size:	bytes of the buffer
 * @mask:	the device's DMA mask when it was mapped
 */
struct rstmem_map {
	struct sg_table sgt;
	struct sg_table pages;
	size_t size;
	u64 mask;
};

int rstmem_map(struct rstmem_map *map, const struct rstmem_buffer *buf,
	       struct device *dev, enum dma_data_direction dir);
bool rstmem_map_may_stay(struct device *dev);
void rstmem_unmap(struct rstmem_map *map, struct device *dev,
		  enum dma_data_direction dir);

#endif /* _RSTMEM_MAP_H */
