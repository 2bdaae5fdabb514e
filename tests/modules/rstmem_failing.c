// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_failing: a function of the kernel or of a module returns an error and does
 * nothing else, while a parameter says so. For tests of error paths.
 */
#include <linux/compiler.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "The function: NAME, or MODULE:NAME");

static bool fail;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "The function fails");

static int result = -ENOMEM;
module_param(result, int, 0644);
MODULE_PARM_DESC(result, "What it returns then");

static unsigned long failed;
module_param(failed, ulong, 0444);
MODULE_PARM_DESC(failed, "How often it failed");

/* The function's own caller gets the result of this one. */
static noinline long instead(void)
{
	return READ_ONCE(result);
}

static int enter(struct kprobe *probe, struct pt_regs *regs)
{
	if (!READ_ONCE(fail))
		return 0;
	failed++;
	instruction_pointer_set(regs, (unsigned long)instead);
	return 1;
}

NOKPROBE_SYMBOL(enter);

/*
 * Never called where it counts. A probe without it may become a jump soon after it is
 * registered, and then enter() cannot lead elsewhere any more.
 */
static void leave(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probe = {
	.pre_handler = enter,
	.post_handler = leave,
};

static int __init failing_init(void)
{
	probe.symbol_name = function;
	return register_kprobe(&probe);
}
module_init(failing_init);

static void __exit failing_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(failing_exit);

MODULE_DESCRIPTION("Makes a function fail, for tests");
MODULE_LICENSE("GPL");
