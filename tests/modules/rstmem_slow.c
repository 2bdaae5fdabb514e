// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_slow: a function takes longer, at its beginning and at its end, while a parameter
 * says so. For tests of what happens on another processor meanwhile.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "The function");

static unsigned int ms = 200;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "milliseconds, twice for each call");

static bool slow = true;
module_param(slow, bool, 0644);
MODULE_PARM_DESC(slow, "The function is slow; 0 ends a wait");

static unsigned int inside;
module_param(inside, uint, 0444);
MODULE_PARM_DESC(inside, "1 while a call waits");

static int wait_ms(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	unsigned int n;

	WRITE_ONCE(inside, 1);
	for (n = 0; n < ms && READ_ONCE(slow); n++)
		mdelay(1);
	WRITE_ONCE(inside, 0);
	return 0;
}

static struct kretprobe probe = {
	.entry_handler = wait_ms,
	.handler = wait_ms,
	.maxactive = 16,
};

static int __init slow_init(void)
{
	probe.kp.symbol_name = function;
	return register_kretprobe(&probe);
}
module_init(slow_init);

static void __exit slow_exit(void)
{
	unregister_kretprobe(&probe);
}
module_exit(slow_exit);

MODULE_DESCRIPTION("Makes a function slow, for tests");
MODULE_LICENSE("GPL");
