// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaks the kernel in a way of the caller's choice, so that lab/selftest can
 * see whether the lab notices, or touches what may break it.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pfn.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *kind = "none";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "none, warn, oops, panic, spin, leak, slab, pfn or load");

static unsigned long long addr;
module_param(addr, ullong, 0444);
MODULE_PARM_DESC(addr, "physical address that kind=pfn asks about and kind=load loads from");

/* A cache that is destroyed with an object still in it. */
static int lab_fault_slab(void)
{
	struct kmem_cache *cache;
	void *object;

	cache = kmem_cache_create("lab_fault", 64, 0, SLAB_NO_MERGE, NULL);
	if (!cache)
		return -ENOMEM;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	pr_info("forgets %p\n", object);
	kmem_cache_destroy(cache);
	return 0;
}

/* What a driver would see that does not know the memory is restricted. */
static int lab_fault_load(void)
{
	void __iomem *mem = ioremap(addr, 16);
	u8 data[16];

	if (!mem)
		return -ENOMEM;
	memcpy_fromio(data, mem, sizeof(data));
	pr_info("lab_fault: loaded: %*ph\n", (int)sizeof(data), data);
	iounmap(mem);
	return 0;
}

static int __init lab_fault_init(void)
{
	if (!strcmp(kind, "none"))
		return 0;

	if (!strcmp(kind, "warn")) {
		WARN(1, "lab_fault: a warning on request\n");
		return 0;
	}

	if (!strcmp(kind, "oops")) {
		/* Hidden from the compiler, which would see through it. */
		int *nowhere = NULL;

		OPTIMIZER_HIDE_VAR(nowhere);
		WRITE_ONCE(*nowhere, 1);
		return 0;
	}

	if (!strcmp(kind, "panic"))
		panic("lab_fault: a panic on request");

	if (!strcmp(kind, "spin")) {
		preempt_disable();
		for (;;)
			cpu_relax();
	}

	/* A reference that nothing drops. */
	if (!strcmp(kind, "leak")) {
		__module_get(THIS_MODULE);
		return 0;
	}

	if (!strcmp(kind, "slab"))
		return lab_fault_slab();

	/* Not a fault, a question that only the kernel can answer. */
	if (!strcmp(kind, "pfn")) {
		pr_info("page frame of %#llx is %s\n", addr,
			pfn_valid(PHYS_PFN(addr)) ? "valid" : "not valid");
		return 0;
	}

	if (!strcmp(kind, "load"))
		return lab_fault_load();

	return -EINVAL;
}
module_init(lab_fault_init);

static void __exit lab_fault_exit(void)
{
}
module_exit(lab_fault_exit);

MODULE_DESCRIPTION("Kernel faults on request, to test the test lab");
MODULE_LICENSE("GPL");
