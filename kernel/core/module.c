// SPDX-License-Identifier: GPL-2.0-only
/* tee_rstmem.ko: loading and unloading. */
#include <linux/module.h>

#include "pool.h"
#include "use_case.h"

static int __init rstmem_init(void)
{
	rstmem_use_case_init();
	return rstmem_pool_init();
}

static void __exit rstmem_exit(void)
{
	rstmem_pool_exit();
}

module_init(rstmem_init);
module_exit(rstmem_exit);

MODULE_DESCRIPTION("Restricted memory for TEE devices");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
/*
 * Of dma-buf's symbols. MODULE_IMPORT_NS() takes a word up to 6.12 and a string
 * since commit cdd30ebb1b9f ("module: Convert symbol namespace to string
 * literal"); what it makes of either is this.
 */
MODULE_INFO(import_ns, "DMA_BUF");
