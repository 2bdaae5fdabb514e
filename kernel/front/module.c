// SPDX-License-Identifier: GPL-2.0-only
/* The module tee_rstmem: loading and unloading. */
#include <linux/module.h>

#include "../compat/newest.h"
#include "../core/buffer.h"
#include "debugfs.h"
#include "sysfs.h"

static int __init rstmem_init(void)
{
	int rc;

	rc = rstmem_buffer_init();
	if (rc)
		return rc;
	rc = rstmem_sysfs_init();
	if (rc)
		goto err_buffer_exit;
	rstmem_debugfs_init();
	newest_kernel_warn();
	return 0;

err_buffer_exit:
	rstmem_buffer_exit();
	return rc;
}

static void __exit rstmem_exit(void)
{
	rstmem_debugfs_exit();
	rstmem_sysfs_exit();
	rstmem_buffer_exit();
}

module_init(rstmem_init);
module_exit(rstmem_exit);

MODULE_DESCRIPTION("Restricted memory for TEE devices");
MODULE_LICENSE("GPL");
MODULE_VERSION(RSTMEM_VERSION);
/*
 * The namespace of dma-buf's symbols. MODULE_IMPORT_NS() takes a word up to 6.12 and a
 * string since commit cdd30ebb1b9f ("module: Convert symbol namespace to string
 * literal"). Both expand to this.
 */
MODULE_INFO(import_ns, "DMA_BUF");
