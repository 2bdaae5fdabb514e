/* SPDX-License-Identifier: GPL-2.0-only */
/* Mapping a buffer for a device, without the CPU and without a bounce. */
#ifndef _RSTMEM_MAP_H
#define _RSTMEM_MAP_H

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

struct device;
struct rstmem_buffer;

/**
 * struct rstmem_run - a piece of a buffer that is contiguous for the device
 * @addr:	DMA address
 * @size:	bytes
 */
struct rstmem_run {
	dma_addr_t addr;
	size_t size;
};

/**
 * struct rstmem_map - a buffer mapped for a device
 * @sgt:	what the importer gets: DMA addresses and lengths, no page
 * @pages:	what the DMA layer was given, for a buffer made of pages
 * @runs:	what it answered
 * @nr_runs:	how many
 */
struct rstmem_map {
	struct sg_table sgt;
	struct sg_table pages;
	struct rstmem_run *runs;
	unsigned int nr_runs;
};

int rstmem_map(struct rstmem_map *map, const struct rstmem_buffer *buf,
	       struct device *dev, enum dma_data_direction dir);
void rstmem_unmap(struct rstmem_map *map, struct device *dev,
		  enum dma_data_direction dir);

#endif /* _RSTMEM_MAP_H */
