// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_unmappable: memremap() fails while a parameter says so, as it does under
 * memory pressure. For tests of memory that cannot be cleared.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static bool fail;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "memremap() returns NULL");

static int memremap_returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (READ_ONCE(fail))
		regs_set_return_value(regs, 0);
	return 0;
}

static struct kretprobe probe = {
	.kp.symbol_name = "memremap",
	.handler = memremap_returns,
	.maxactive = 16,
};

static int __init unmappable_init(void)
{
	return register_kretprobe(&probe);
}
module_init(unmappable_init);

static void __exit unmappable_exit(void)
{
	unregister_kretprobe(&probe);
}
module_exit(unmappable_exit);

MODULE_DESCRIPTION("Makes memremap() fail, for tests");
MODULE_LICENSE("GPL");
