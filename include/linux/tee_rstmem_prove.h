/* SPDX-License-Identifier: GPL-2.0-only */
/* DMA engines for the module rstmem_prove, see <uapi/linux/tee_rstmem_prove.h>. */
#ifndef _LINUX_TEE_RSTMEM_PROVE_H
#define _LINUX_TEE_RSTMEM_PROVE_H

#include <linux/list.h>
#include <linux/types.h>

struct page;

/**
 * struct tee_rstmem_prove_engine - a DMA engine that tries to read restricted memory
 * @name:	shown to the user
 * @read:	read @size bytes from @addr, the start of a page. @page is NULL for
 *		restricted memory and for addresses near it. The CPU must not touch these,
 *		so use no bounce buffer and write no caches back. Otherwise @page is the
 *		page at @addr, of normal memory. Calls come one at a time and may sleep.
 *		Returns 0 or -errno: -EOPNOTSUPP when the engine cannot try to read the page
 * @node:	for rstmem_prove
 */
struct tee_rstmem_prove_engine {
	const char *name;
	int (*read)(struct tee_rstmem_prove_engine *engine, phys_addr_t addr,
		    struct page *page, void *data, size_t size);
	struct list_head node;
};

void tee_rstmem_prove_add(struct tee_rstmem_prove_engine *engine);
void tee_rstmem_prove_remove(struct tee_rstmem_prove_engine *engine);

#endif /* _LINUX_TEE_RSTMEM_PROVE_H */
