/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA mapping by physical address, for kernels that map by page.
 *
 * dma_map_phys() and dma_unmap_phys() came with 6.18, and with them the symbol
 * DMA_ATTR_MMIO. On older kernels dma_map_page_attrs() works for memory without struct
 * pages. With vmemmap or flatmem, pfn_to_page() only computes an address. The direct and
 * IOMMU paths of 6.12 to 6.17 dereference this pointer only to bounce. The caller has
 * excluded bouncing.
 */
#ifndef _RSTMEM_COMPAT_DMA_H
#define _RSTMEM_COMPAT_DMA_H

#include <linux/dma-mapping.h>

#ifndef DMA_ATTR_MMIO

#if !defined(CONFIG_SPARSEMEM_VMEMMAP) && !defined(CONFIG_FLATMEM)
#error "rstmem needs CONFIG_SPARSEMEM_VMEMMAP or CONFIG_FLATMEM on kernels before 6.18"
#endif

static inline dma_addr_t dma_map_phys(struct device *dev, phys_addr_t phys,
				      size_t size, enum dma_data_direction dir,
				      unsigned long attrs)
{
	return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)),
				  offset_in_page(phys), size, dir, attrs);
}

static inline void dma_unmap_phys(struct device *dev, dma_addr_t addr,
				  size_t size, enum dma_data_direction dir,
				  unsigned long attrs)
{
	dma_unmap_page_attrs(dev, addr, size, dir, attrs);
}

#endif /* !DMA_ATTR_MMIO */

#endif /* _RSTMEM_COMPAT_DMA_H */
