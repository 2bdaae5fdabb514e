// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breaks the kernel in a way of the caller's choice, so that lab/selftest can
 * see whether the lab notices, or touches what may break it.
 */
#include <linux/compiler.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *kind = "none";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "none, warn, oops, panic, spin, leak, slab, pfn, load, or for a debugging kernel order, atomic, list, dma, shift, freed, lost");

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

/* Loads as a driver would that does not know the memory is restricted. */
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

/* Two locks in both orders. */
static void lab_fault_order(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

/* An entry that is taken out of its list twice. */
static void lab_fault_list(void)
{
	LIST_HEAD(list);
	LIST_HEAD(entry);

	list_add(&entry, &list);
	list_del(&entry);
	list_del(&entry);
}

/* A device that gives back a mapping it never had. */
static int lab_fault_dma(void)
{
	struct platform_device *pdev;

	pdev = platform_device_register_simple("lab_fault", PLATFORM_DEVID_NONE,
					       NULL, 0);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	dma_set_mask(&pdev->dev, DMA_BIT_MASK(32));
	dma_unmap_page(&pdev->dev, PAGE_SIZE, PAGE_SIZE, DMA_TO_DEVICE);
	platform_device_unregister(pdev);
	return 0;
}

/* Hidden from the compiler, as is each number and pointer below. */
static int lab_fault_shift(void)
{
	int bits = 40;

	OPTIMIZER_HIDE_VAR(bits);
	return (1 << bits) == 0;
}

static int lab_fault_freed(void)
{
	int *object = kmalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return -ENOMEM;
	kfree(object);
	OPTIMIZER_HIDE_VAR(object);
	WRITE_ONCE(*object, 1);
	return 0;
}

/* Faults that only a debugging kernel notices. */
static int lab_fault_debug(void)
{
	if (!strcmp(kind, "order")) {
		lab_fault_order();
		return 0;
	}

	if (!strcmp(kind, "atomic")) {
		preempt_disable();
		might_sleep();
		preempt_enable();
		return 0;
	}

	if (!strcmp(kind, "list")) {
		lab_fault_list();
		return 0;
	}

	if (!strcmp(kind, "dma"))
		return lab_fault_dma();

	if (!strcmp(kind, "shift"))
		return lab_fault_shift() ? -EINVAL : 0;

	if (!strcmp(kind, "freed"))
		return lab_fault_freed();

	/* Memory that nobody knows of any more. */
	if (!strcmp(kind, "lost"))
		return kmalloc(64, GFP_KERNEL) ? 0 : -ENOMEM;

	return -EINVAL;
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

	return lab_fault_debug();
}
module_init(lab_fault_init);

static void __exit lab_fault_exit(void)
{
}
module_exit(lab_fault_exit);

MODULE_DESCRIPTION("Kernel faults on request, to test the test lab");
MODULE_LICENSE("GPL");
