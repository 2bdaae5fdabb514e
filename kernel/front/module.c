// SPDX-License-Identifier: GPL-2.0-only
/* The module tee_rstmem: loading and unloading. */
#include <linux/module.h>

#include "../compat/newest.h"
#include "plug.h"

static int __init tee_rstmem_init(void)
{
	int rc = rstmem_init();

	if (!rc)
		newest_kernel_warn();
	return rc;
}

static void __exit tee_rstmem_exit(void)
{
	rstmem_exit();
}

module_init(tee_rstmem_init);
module_exit(tee_rstmem_exit);

MODULE_DESCRIPTION("Restricted memory for TEE devices");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
/*
 * The namespace of dma-buf's symbols. MODULE_IMPORT_NS() takes a word up to 6.12 and a
 * string since commit cdd30ebb1b9f ("module: Convert symbol namespace to string
 * literal"). Both expand to this.
 */
MODULE_INFO(import_ns, "DMA_BUF");
