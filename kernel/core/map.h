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
 * @sg:		its list, if one entry is enough
 * @pages:	what the DMA layer was given, for a buffer made of pages
 * @runs:	what it answered
 * @run:	the same, if it is one
 * @nr_runs:	how many
 * @mask:	the device's DMA mask that it was made with
 */
struct rstmem_map {
	struct sg_table sgt;
	struct scatterlist sg;
	struct sg_table pages;
	struct rstmem_run *runs;
	struct rstmem_run run;
	unsigned int nr_runs;
	u64 mask;
};

int rstmem_map(struct rstmem_map *map, const struct rstmem_buffer *buf,
	       struct device *dev, enum dma_data_direction dir);
bool rstmem_map_stays(struct device *dev);
bool rstmem_map_holds(const struct rstmem_map *map, struct device *dev);
void rstmem_unmap(struct rstmem_map *map, struct device *dev,
		  enum dma_data_direction dir);

#endif /* _RSTMEM_MAP_H */
