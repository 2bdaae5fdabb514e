// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps: a buffer made reachable for a device, without the CPU and without a bounce.
 *
 * If the DMA layer cannot map memory, it copies through a bounce buffer. The copy would
 * be protected content in normal memory. So the code checks beforehand, and refuses a
 * mapping for which the DMA layer would copy. DMA_ATTR_SKIP_CPU_SYNC prevents cache
 * maintenance, which needs a CPU mapping. It does not prevent copies by swiotlb.
 *
 * A device reaches memory in one of three ways:
 *
 * - Directly. The DMA address is a function of the physical address. The device's mask,
 *   its bus and swiotlb must allow it.
 * - Through an IOMMU that the DMA layer drives. Any physical address is within reach, in
 *   units of the IOMMU's page.
 * - Through DMA operations of the platform, for example Xen's. These may copy, so the code
 *   refuses them.
 *
 * In lazy mode, the default on x86, the DMA layer leaves translations in the IOMMU's cache
 * for up to 10 ms after an unmapping. Within this time the memory may get a new owner. So
 * rstmem_unmap() flushes the cache.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/iommu-dma.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/swiotlb.h>

#include "../compat/dma.h"
#include "buffer.h"
#include "map.h"

/* The length of a scatterlist entry is 32 bits wide. */
#define RSTMEM_SG_MAX	SZ_2G

#define RSTMEM_MAP_ATTRS	DMA_ATTR_SKIP_CPU_SYNC

static int refuse(struct device *dev, int error, const char *why)
{
	dev_err_ratelimited(dev, "rstmem: refused: %s\n", why);
	return error;
}

static int check_direct(struct device *dev, phys_addr_t paddr, size_t size)
{
	dma_addr_t first = phys_to_dma(dev, paddr);
	dma_addr_t last = phys_to_dma(dev, paddr + (size - 1));

	if (is_swiotlb_force_bounce(dev))
		return refuse(dev, -EOPNOTSUPP,
			      "swiotlb is forced for this device and would copy restricted memory");
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

	if (!domain || !domain->pgsize_bitmap)
		return refuse(dev, -EOPNOTSUPP,
			      "the page sizes of this device's IOMMU are not known");
	/* dma-iommu takes address 0 as "not mapped" and would not unmap the buffer. */
	if (!paddr)
		return refuse(dev, -EOPNOTSUPP,
			      "the buffer is at physical address 0, which cannot be unmapped from an IOMMU");

	/* Parts of IOMMU pages may be bounced. */
	unit = 1UL << __ffs(domain->pgsize_bitmap);
	if (!IS_ALIGNED(paddr | size, unit)) {
		dev_err_ratelimited(dev,
				    "rstmem: refused: the buffer is not made of whole IOMMU pages of %lu bytes\n",
				    unit);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* Check that the DMA layer maps the whole of @buf for @dev without a copy. */
static int check_reach(struct device *dev, const struct rstmem_buffer *buf)
{
	size_t offset, run;
	phys_addr_t paddr;
	int rc;

	if (!dev->dma_mask || !*dev->dma_mask)
		return refuse(dev, -ERANGE, "this device has no DMA mask");
	if (!use_dma_iommu(dev) && get_dma_ops(dev))
		return refuse(dev, -EOPNOTSUPP,
			      "the platform's own DMA operations may copy restricted memory");

	for (offset = 0; offset < buf->shm.size; offset += run) {
		run = rstmem_buffer_run(buf, offset, &paddr);
		rc = use_dma_iommu(dev) ? check_iommu(dev, paddr, run) :
					  check_direct(dev, paddr, run);
		if (rc)
			return rc;
	}
	return 0;
}

static unsigned int max_segment(struct device *dev)
{
	return min_t(size_t, dma_get_max_seg_size(dev), RSTMEM_SG_MAX);
}

/* Map a contiguous buffer with one mapping, which needs no struct page. */
static int map_range(struct rstmem_map *map, const struct rstmem_buffer *buf,
		     struct device *dev, enum dma_data_direction dir)
{
	size_t left = buf->shm.size, max = max_segment(dev);
	struct scatterlist *sg;
	dma_addr_t addr;
	int rc;

	rc = sg_alloc_table(&map->sgt, DIV_ROUND_UP_ULL(left, max), GFP_KERNEL);
	if (rc)
		return rc;
	addr = dma_map_phys(dev, buf->shm.paddr, left, dir, RSTMEM_MAP_ATTRS);
	if (dma_mapping_error(dev, addr)) {
		sg_free_table(&map->sgt);
		return -EIO;
	}
	for (sg = map->sgt.sgl; sg; sg = sg_next(sg)) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = min(left, max);
		addr += sg_dma_len(sg);
		left -= sg_dma_len(sg);
	}
	return 0;
}

/* Map a list of pages. An IOMMU makes the list contiguous for the device. */
static int map_pages(struct rstmem_map *map, const struct rstmem_buffer *buf,
		     struct device *dev, enum dma_data_direction dir)
{
	const struct tee_shm *shm = &buf->shm;
	struct scatterlist *from, *to;
	unsigned int i;
	int rc;

	rc = sg_alloc_table_from_pages_segment(&map->pages, shm->pages,
					       shm->num_pages, 0, shm->size,
					       max_segment(dev), GFP_KERNEL);
	if (rc)
		return rc;
	rc = dma_map_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
	if (rc) {
		if (rc != -ENOMEM)
			rc = -EIO;
		goto err_free_pages;
	}
	rc = sg_alloc_table(&map->sgt, map->pages.nents, GFP_KERNEL);
	if (rc)
		goto err_unmap;
	to = map->sgt.sgl;
	for_each_sgtable_dma_sg(&map->pages, from, i) {
		sg_dma_address(to) = sg_dma_address(from);
		sg_dma_len(to) = sg_dma_len(from);
		to = sg_next(to);
	}
	return 0;

err_unmap:
	dma_unmap_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
err_free_pages:
	sg_free_table(&map->pages);
	return rc;
}

/* Translate a DMA address to the physical address. */
static phys_addr_t translate(struct device *dev, dma_addr_t addr)
{
	if (use_dma_iommu(dev))
		return iommu_iova_to_phys(iommu_get_domain_for_dev(dev), addr);
	return dma_to_phys(dev, addr);
}

/*
 * Translate both ends of every contiguous piece back and compare: the DMA layer bounces
 * the ends first. After check_reach() this fails only if the DMA layer has other ways to
 * copy.
 */
static int verify(const struct rstmem_map *map, const struct rstmem_buffer *buf,
		  struct device *dev)
{
	const struct scatterlist *sg = map->sgt.sgl;
	size_t offset = 0, done = 0, left, run = 0;
	phys_addr_t paddr;

	while (offset < buf->shm.size) {
		if (!run)
			run = rstmem_buffer_run(buf, offset, &paddr);
		left = min_t(size_t, run, sg_dma_len(sg) - done);
		if (translate(dev, sg_dma_address(sg) + done) != paddr ||
		    translate(dev, sg_dma_address(sg) + done + left - 1) !=
		    paddr + left - 1)
			return refuse(dev, -EIO,
				      "the DMA layer put other memory in the buffer's place");
		offset += left;
		paddr += left;
		run -= left;
		done += left;
		if (done == sg_dma_len(sg)) {
			sg = sg_next((struct scatterlist *)sg);
			done = 0;
		}
	}
	return 0;
}

/**
 * rstmem_map() - make a buffer reachable for a device
 * @map:	filled in; zeroed by the caller
 * @buf:	the buffer
 * @dev:	the device
 * @dir:	direction of the transfers
 *
 * No entry of @map->sgt has a page. With CONFIG_NEED_SG_DMA_LENGTH, sg->length is 0 in
 * every entry. So an importer that reads the CPU side finds no memory.
 *
 * May sleep. The CPU does not touch the memory.
 *
 * Return: 0; -ERANGE when the device's addresses do not reach the buffer;
 * -EOPNOTSUPP when the DMA layer would, or might, copy it, or could not undo the
 * mapping; -ENOMEM; -EIO when the mapping fails for another reason.
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
	map->size = buf->shm.size;
	map->mask = dma_get_mask(dev);
	rc = verify(map, buf, dev);
	if (rc)
		rstmem_unmap(map, dev, dir);
	return rc;
}

/**
 * rstmem_map_may_stay() - check whether an unused map may be kept
 * @dev:	the device
 *
 * Without an IOMMU a map is arithmetic. Making it grants the device no access, and undoing
 * it revokes no access. The map stays valid while the DMA mask is the same.
 *
 * Return: true when the map may be kept.
 */
bool rstmem_map_may_stay(struct device *dev)
{
	return !use_dma_iommu(dev);
}

/**
 * rstmem_unmap() - undo rstmem_map()
 * @map:	filled in by rstmem_map()
 * @dev:	the same device
 * @dir:	the same direction
 *
 * When this returns, no translation leads the device to the buffer.
 */
void rstmem_unmap(struct rstmem_map *map, struct device *dev,
		  enum dma_data_direction dir)
{
	if (map->pages.sgl) {
		dma_unmap_sgtable(dev, &map->pages, dir, RSTMEM_MAP_ATTRS);
		sg_free_table(&map->pages);
	} else {
		dma_unmap_phys(dev, sg_dma_address(map->sgt.sgl), map->size, dir,
			       RSTMEM_MAP_ATTRS);
	}
	/* dma-iommu would flush later, from its queue. */
	if (use_dma_iommu(dev))
		iommu_flush_iotlb_all(iommu_get_domain_for_dev(dev));
	sg_free_table(&map->sgt);
}
