// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping a buffer for a device.
 *
 * The DMA layer would rather copy through a bounce buffer than fail, and the
 * copy would be protected content in normal memory, made by the CPU. So whether
 * it would is asked beforehand, and the mapping is refused. DMA_ATTR_SKIP_CPU_SYNC
 * keeps it from cache maintenance, which needs a mapping; it does not keep
 * swiotlb from copying.
 *
 * Three ways exist for a device to reach memory. Direct: the DMA address is a
 * function of the physical one, which the device's mask, its bus and swiotlb
 * must allow. Through an IOMMU that the DMA layer drives: any physical address
 * is within reach, in units of the IOMMU's page. Through operations of the
 * platform's own (Xen's, for example), of which nothing can be known: refused.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/iommu-dma.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swiotlb.h>

#include "../compat/dma.h"
#include "buffer.h"
#include "map.h"

/* A scatterlist entry's length is 32 bits wide. */
#define RSTMEM_SG_MAX	SZ_2G

#define RSTMEM_MAP_ATTRS	DMA_ATTR_SKIP_CPU_SYNC

static int check_direct(struct device *dev, phys_addr_t paddr, size_t size)
{
	dma_addr_t first = phys_to_dma(dev, paddr);
	dma_addr_t last = phys_to_dma(dev, paddr + (size - 1));

	if (is_swiotlb_force_bounce(dev)) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: swiotlb is forced for this device and would copy restricted memory\n");
		return -EOPNOTSUPP;
	}
	if (first == DMA_MAPPING_ERROR || last - first != size - 1 ||
	    last > min_not_zero(dma_get_mask(dev), dev->bus_dma_limit)) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: the buffer needs %d address bits, beyond the DMA mask %#llx or the bus limit %#llx of this device\n",
				    fls64(last), dma_get_mask(dev),
				    dev->bus_dma_limit);
		return -ERANGE;
	}
	return 0;
}

static int check_iommu(struct device *dev, phys_addr_t paddr, size_t size)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	unsigned long unit;

	if (!domain || !domain->pgsize_bitmap) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: nothing is known of this device's IOMMU pages\n");
		return -EOPNOTSUPP;
	}

	/* What does not fill whole IOMMU pages may be bounced. */
	unit = 1UL << __ffs(domain->pgsize_bitmap);
	if (!IS_ALIGNED(paddr | size, unit)) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: the buffer is not made of whole IOMMU pages of %lu bytes\n",
				    unit);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Whether the DMA layer maps the whole of @buf for @dev without a copy. */
static int check_reach(struct device *dev, const struct rstmem_buffer *buf)
{
	size_t offset, run;
	phys_addr_t paddr;
	int rc;

	if (!dev->dma_mask || !*dev->dma_mask) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: this device has no DMA mask\n");
		return -ERANGE;
	}
	if (!use_dma_iommu(dev) && get_dma_ops(dev)) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: the platform's own DMA operations may copy restricted memory\n");
		return -EOPNOTSUPP;
	}

	for (offset = 0; offset < buf->shm.size; offset += run) {
		run = rstmem_buffer_run(buf, offset, &paddr);
		rc = use_dma_iommu(dev) ? check_iommu(dev, paddr, run) :
					  check_direct(dev, paddr, run);
		if (rc)
			return rc;
	}
	return 0;
}

/* Of a contiguous buffer: one mapping, which needs no struct page. */
static int map_range(struct rstmem_map *map, const struct rstmem_buffer *buf,
		     struct device *dev, enum dma_data_direction dir)
{
	map->runs = &map->run;
	map->nr_runs = 1;
	map->runs->size = buf->shm.size;
	map->runs->addr = dma_map_phys(dev, buf->shm.paddr, buf->shm.size, dir,
				       RSTMEM_MAP_ATTRS);
	return dma_mapping_error(dev, map->runs->addr) ? -EIO : 0;
}

/* Of a list of pages: an IOMMU makes it contiguous for the device. */
static int map_pages(struct rstmem_map *map, const struct rstmem_buffer *buf,
		     struct device *dev, enum dma_data_direction dir)
{
	const struct tee_shm *shm = &buf->shm;
	struct scatterlist *sg;
	unsigned int i;
	int rc;

	rc = sg_alloc_table_from_pages_segment(&map->pages, shm->pages,
					       shm->num_pages, 0, shm->size,
					       RSTMEM_SG_MAX, GFP_KERNEL);
	if (rc)
		return rc;
	rc = dma_map_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
	if (rc)
		goto err_free_pages;

	map->runs = kvmalloc_array(map->pages.nents, sizeof(*map->runs),
				   GFP_KERNEL);
	if (!map->runs) {
		rc = -ENOMEM;
		goto err_unmap;
	}
	map->nr_runs = map->pages.nents;
	for_each_sgtable_dma_sg(&map->pages, sg, i) {
		map->runs[i].addr = sg_dma_address(sg);
		map->runs[i].size = sg_dma_len(sg);
	}
	return 0;

err_unmap:
	dma_unmap_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
err_free_pages:
	sg_free_table(&map->pages);
	return rc;
}

static void unmap_runs(struct rstmem_map *map, struct device *dev,
		       enum dma_data_direction dir)
{
	if (map->pages.sgl) {
		dma_unmap_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
		sg_free_table(&map->pages);
	} else {
		dma_unmap_phys(dev, map->runs->addr, map->runs->size, dir,
			       RSTMEM_MAP_ATTRS);
	}
	if (map->runs != &map->run)
		kvfree(map->runs);
}

/*
 * Translates what the device will see back, and compares. After check_reach()
 * nothing is found here; if something is, the DMA layer has other ways to copy.
 */
static int verify(const struct rstmem_map *map, const struct rstmem_buffer *buf,
		  struct device *dev)
{
	struct iommu_domain *domain = NULL;
	const struct rstmem_run *r = map->runs;
	size_t offset, run, done = 0;
	phys_addr_t paddr, seen;
	dma_addr_t addr;

	if (use_dma_iommu(dev))
		domain = iommu_get_domain_for_dev(dev);

	for (offset = 0; offset < buf->shm.size; offset += run) {
		run = rstmem_buffer_run(buf, offset, &paddr);
		while (offset - done >= r->size) {
			done += r->size;
			r++;
		}
		addr = r->addr + (offset - done);
		seen = domain ? iommu_iova_to_phys(domain, addr) :
				dma_to_phys(dev, addr);
		if (seen != paddr) {
			dev_err_ratelimited(dev,
					    "rstmem: refused: the DMA layer put other memory in the buffer's place\n");
			return -EIO;
		}
	}
	return 0;
}

static int build_sgt(struct rstmem_map *map)
{
	struct scatterlist *sg;
	unsigned int i, nr = 0;
	int rc;

	for (i = 0; i < map->nr_runs; i++)
		nr += DIV_ROUND_UP_ULL(map->runs[i].size, RSTMEM_SG_MAX);
	if (nr == 1) {
		sg_init_table(&map->sg, 1);
		map->sgt.sgl = &map->sg;
		map->sgt.nents = 1;
		map->sgt.orig_nents = 1;
	} else {
		rc = sg_alloc_table(&map->sgt, nr, GFP_KERNEL);
		if (rc)
			return rc;
	}

	/*
	 * No page and, where the architecture has a DMA length of its own, no
	 * CPU length: an importer that looks at the wrong side finds nothing
	 * instead of page 0.
	 */
	sg = map->sgt.sgl;
	for (i = 0; i < map->nr_runs; i++) {
		dma_addr_t addr = map->runs[i].addr;
		size_t left = map->runs[i].size;

		while (left) {
			size_t len = min_t(size_t, left, RSTMEM_SG_MAX);

			sg_dma_address(sg) = addr;
			sg_dma_len(sg) = len;
			addr += len;
			left -= len;
			sg = sg_next(sg);
		}
	}
	return 0;
}

/**
 * rstmem_map() - make a buffer reachable for a device
 * @map:	filled in; zeroed by the caller
 * @buf:	the buffer
 * @dev:	the device
 * @dir:	what the device will do
 *
 * May sleep. The CPU does not touch the memory.
 *
 * Return: 0; -ERANGE when the device's addresses do not reach the buffer;
 * -EOPNOTSUPP when the DMA layer would, or might, copy it; -ENOMEM; -EIO when
 * the mapping fails for another reason.
 */
int rstmem_map(struct rstmem_map *map, const struct rstmem_buffer *buf,
	       struct device *dev, enum dma_data_direction dir)
{
	int rc;

	rc = check_reach(dev, buf);
	if (rc)
		return rc;
	rc = buf->shm.pages ? map_pages(map, buf, dev, dir) :
			      map_range(map, buf, dev, dir);
	if (rc)
		return rc;
	rc = verify(map, buf, dev);
	if (rc)
		goto err_unmap;
	rc = build_sgt(map);
	if (rc)
		goto err_unmap;
	map->mask = dma_get_mask(dev);
	return 0;

err_unmap:
	unmap_runs(map, dev, dir);
	return rc;
}

/**
 * rstmem_map_stays() - whether a mapping may stay when nobody uses it
 * @dev:	the device
 *
 * Without an IOMMU a mapping is arithmetic: it gives the device nothing, and
 * undoing it takes nothing away.
 *
 * Return: true when it may.
 */
bool rstmem_map_stays(struct device *dev)
{
	return !use_dma_iommu(dev);
}

/**
 * rstmem_map_holds() - whether a mapping that stayed is what a new one would be
 * @map:	as filled in by rstmem_map()
 * @dev:	the same device
 *
 * Return: false when the device's DMA mask was changed since.
 */
bool rstmem_map_holds(const struct rstmem_map *map, struct device *dev)
{
	return map->mask == dma_get_mask(dev);
}

/**
 * rstmem_unmap() - undo rstmem_map()
 * @map:	as filled in by it
 * @dev:	the same device
 * @dir:	the same direction
 */
void rstmem_unmap(struct rstmem_map *map, struct device *dev,
		  enum dma_data_direction dir)
{
	if (map->sgt.sgl != &map->sg)
		sg_free_table(&map->sgt);
	unmap_runs(map, dev, dir);
}
