// SPDX-License-Identifier: GPL-2.0-only
/*
 * A source of memory: memory hot-plug.
 *
 * A range that was taken has no page structures and no kernel mapping, and it is not
 * System RAM. A range that is given back goes to ZONE_MOVABLE, so that its pages can move.
 * Memory that a driver added is not in the firmware's map, so kexec does not load
 * a kernel into it.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/ioport.h>
#include <linux/kconfig.h>
#include <linux/kexec.h>
#include <linux/kmemleak.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/numa.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/range.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "memory.h"

/*
 * The name of RAM that was added, in the form that the kernel requires. The kernel keeps the
 * pointer while it has the RAM, also after this module is gone, so the name is never freed.
 */
static const char *ram_name;
/* Attempts to bring memory online while another hot-plug holds the lock. */
#define ONLINE_TRIES	200

static u64 hotplug_unit(void)
{
	return memory_block_size_bytes();
}

static int found(struct resource *res, void *arg)
{
	return 1;
}

/* Check whether memory is reserved for a crash kernel. */
static bool has_crash_kernel(void)
{
	return walk_iomem_res_desc(IORES_DESC_CRASH_KERNEL,
				   IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, NULL,
				   found) == 1;
}

static int found_whole(struct resource *res, void *arg)
{
	const struct range *range = arg;

	return res->start == range->start && res->end == range->end;
}

/* Check whether /proc/iomem has an entry for exactly this range, which a driver added. */
static bool is_entry(u64 start, u64 size)
{
	struct range range = { .start = start, .end = start + (size - 1) };
	u64 unit = memory_block_size_bytes();

	/* The walk cuts entries off at its ends, so walk beyond the range. */
	return walk_iomem_res_desc(IORES_DESC_NONE,
				   IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY |
				   IORESOURCE_SYSRAM_DRIVER_MANAGED,
				   start - min(start, unit), range.end + unit, &range,
				   found_whole) == 1;
}

static enum rstmem_memory hotplug_at(u64 start, u64 size)
{
	u64 unit = memory_block_size_bytes(), at, ram = 0;
	bool added;

	for (at = start; at < start + size; at += unit)
		if (region_intersects(at, unit, IORESOURCE_SYSTEM_RAM,
				      IORES_DESC_NONE) == REGION_INTERSECTS &&
		    pfn_to_online_page(PHYS_PFN(at)))
			ram += unit;
	added = region_intersects(start, size, IORESOURCE_SYSTEM_RAM |
				  IORESOURCE_SYSRAM_DRIVER_MANAGED,
				  IORES_DESC_NONE) == REGION_INTERSECTS;
	/* Some of it may be offline, see add_and_online(). */
	if (added)
		ram = size;
	/*
	 * A dump would have it, see leaving_notify(). And 6.12 cannot split an entry that has
	 * the memory of the crash kernel behind the part that leaves.
	 */
	if (ram == size && has_crash_kernel() && !is_entry(start, size)) {
		pr_warn("rstmem: RAM since boot, or added in other blocks, cannot leave a kernel with crashkernel=; set memory aside with memmap=\n");
		return RSTMEM_MEMORY_OTHER;
	}
	if (ram == size)
		return added ? RSTMEM_MEMORY_RAM : RSTMEM_MEMORY_BOOT_RAM;
	if (!ram && region_intersects(start, size, IORESOURCE_SYSTEM_RAM,
				      IORES_DESC_NONE) == REGION_DISJOINT)
		return RSTMEM_MEMORY_ABSENT;
	return RSTMEM_MEMORY_OTHER;
}

static bool hotplug_claim(u64 start, u64 size)
{
	return request_mem_region_exclusive(start, size, "rstmem");
}

static void hotplug_unclaim(u64 start, u64 size)
{
	release_mem_region(start, size);
}

/**
 * struct leaving - a range that is being removed
 * @nb:		in the kernel's chain of memory hot-plug, before the notifier of crash dumps
 * @task:	the task that removes the range
 * @start:	physical address
 * @size:	bytes
 * @dropped:	out: the list for crash dumps was made without the range
 */
struct leaving {
	struct notifier_block nb;
	const struct task_struct *task;
	u64 start;
	u64 size;
	bool dropped;
};

static bool is_online(const struct leaving *leaving)
{
	u64 unit = memory_block_size_bytes(), at;

	for (at = leaving->start; at < leaving->start + leaving->size; at += unit)
		if (pfn_to_online_page(PHYS_PFN(at + unit) - 1))
			return true;
	return false;
}

/*
 * With CONFIG_CRASH_HOTPLUG, the kernel lists the RAM for a crash dump anew when memory
 * goes offline. It drops the range from /proc/iomem later, so a dump would contain the TEE's
 * memory. So drop the entry when the last unit is offline: the removal does not need it.
 */
static int leaving_notify(struct notifier_block *nb, unsigned long action, void *arg)
{
	struct leaving *leaving = container_of(nb, struct leaving, nb);

	if (action != MEM_OFFLINE || leaving->task != current || is_online(leaving) ||
	    !is_entry(leaving->start, leaving->size))
		return NOTIFY_OK;
	release_mem_region(leaving->start, leaving->size);
	leaving->dropped = true;
	return NOTIFY_OK;
}

static int leave(u64 start, u64 size)
{
	struct leaving leaving = {
		.nb = { .notifier_call = leaving_notify, .priority = 1 },
		.task = current,
		.start = start,
		.size = size,
	};
	int rc = register_memory_notifier(&leaving.nb);

	if (rc)
		return rc;
	rc = offline_and_remove_memory(start, size);
	unregister_memory_notifier(&leaving.nb);
	/* Without CONFIG_CRASH_HOTPLUG, only loading the crash kernel lists the RAM. */
	if (!rc && kexec_crash_loaded() &&
	    !(IS_ENABLED(CONFIG_CRASH_HOTPLUG) && leaving.dropped))
		pr_warn("rstmem: 0x%llx-0x%llx: a crash dump may have this memory until the crash kernel is loaded again\n",
			start, start + (size - 1));
	return rc;
}

static int hotplug_take(u64 start, u64 size)
{
	int rc = leave(start, size);

	if (rc)
		return rc;

	return hotplug_claim(start, size) ? 0 : -ENOTRECOVERABLE;
}

/*
 * Open a file by its path below the root of the first process. Kernel threads share this
 * root on 6.12, and have an empty root on 7.3.
 */
static struct file *open_as_init(const char *path)
{
	struct task_struct *init = init_pid_ns.child_reaper;
	struct path root = {};
	struct file *file;

	task_lock(init);
	if (init->fs)
		get_fs_root(init->fs, &root);
	task_unlock(init);
	if (!root.mnt)
		return ERR_PTR(-ENOENT);
	file = file_open_root(&root, path, O_WRONLY, 0);
	path_put(&root);
	return file;
}

/* Write "online_movable" to the state of a unit of memory. */
static int online(u64 start)
{
	static const char movable[] = "online_movable";
	unsigned int tries;
	struct file *file;
	char path[64];
	ssize_t rc;
	loff_t pos;

	snprintf(path, sizeof(path), "sys/devices/system/memory/memory%llu/state",
		 start / memory_block_size_bytes());
	file = open_as_init(path);
	if (IS_ERR(file))
		return PTR_ERR(file);
	for (tries = 0; tries < ONLINE_TRIES; tries++) {
		pos = 0;
		rc = kernel_write(file, movable, strlen(movable), &pos);
		if (rc != -ERESTARTNOINTR)
			break;
		/* The lock is taken. Clear the signal flag that restart_syscall() set. */
		flush_signals(current);
		msleep(20);
	}
	filp_close(file, NULL);
	if (rc < 0)
		return rc == -ERESTARTNOINTR ? -EBUSY : rc;
	return 0;
}

/* Two pools may come here at once. */
static int ram_name_create(void)
{
	const char *name;

	if (READ_ONCE(ram_name))
		return 0;
	name = kstrdup("System RAM (rstmem)", GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	kmemleak_not_leak(name);
	if (cmpxchg(&ram_name, NULL, name))
		kfree(name);
	return 0;
}

static int add_and_online(u64 start, u64 size)
{
	int nid = memory_add_physaddr_to_nid(start);
	u64 unit = memory_block_size_bytes(), at;
	int rc;

	if (nid == NUMA_NO_NODE)
		nid = first_online_node;
	rc = ram_name_create();
	if (rc)
		return rc;
	rc = add_memory_driver_managed(nid, start, size, ram_name,
				       MHP_MEMMAP_ON_MEMORY);
	if (rc)
		return rc;
	for (at = start; at < start + size; at += unit) {
		rc = online(at);
		/* The kernel or udev did it first. The guard kept the memory movable. */
		if (rc && pfn_to_online_page(PHYS_PFN(at)))
			rc = 0;
		if (rc)
			break;
	}
	/* This removes nothing if a part is online: programs may have pinned its pages. */
	if (!rc || !remove_memory(start, size))
		return rc;
	/* The kernel has the memory, although part of the memory is offline. */
	pr_warn("rstmem: 0x%llx-0x%llx: not all of it is online (error %d), see /sys/devices/system/memory\n",
		start, start + (size - 1), rc);
	return 0;
}

static int hotplug_give(u64 start, u64 size)
{
	int rc;

	hotplug_unclaim(start, size);
	rc = add_and_online(start, size);
	if (rc && rc != -ENOTRECOVERABLE && !hotplug_claim(start, size))
		rc = -ENOTRECOVERABLE;
	return rc;
}

/**
 * struct guard - keeps a range out of zones that it could never leave
 * @nb:		in the kernel's chain of memory hot-plug
 * @start:	physical address
 * @size:	bytes
 */
struct guard {
	struct notifier_block nb;
	u64 start;
	u64 size;
};

/* Keep the range offline unless it goes to ZONE_MOVABLE. */
static int guard_notify(struct notifier_block *nb, unsigned long action, void *arg)
{
	struct guard *guard = container_of(nb, struct guard, nb);
	const struct memory_notify *memory = arg;
	u64 start = PFN_PHYS(memory->start_pfn);

	if (action != MEM_GOING_ONLINE ||
	    start >= guard->start + guard->size ||
	    start + PFN_PHYS(memory->nr_pages) <= guard->start ||
	    is_zone_movable_page(pfn_to_page(memory->start_pfn)))
		return NOTIFY_OK;
	return NOTIFY_BAD;
}

static void *hotplug_guard(u64 start, u64 size)
{
	struct guard *guard = kzalloc(sizeof(*guard), GFP_KERNEL);
	int rc;

	if (!guard)
		return ERR_PTR(-ENOMEM);
	guard->nb.notifier_call = guard_notify;
	guard->start = start;
	guard->size = size;
	rc = register_memory_notifier(&guard->nb);
	if (rc) {
		kfree(guard);
		return ERR_PTR(rc);
	}
	return guard;
}

static void hotplug_unguard(void *data)
{
	struct guard *guard = data;

	unregister_memory_notifier(&guard->nb);
	kfree(guard);
}

const struct rstmem_source rstmem_hotplug = {
	.unit = hotplug_unit,
	.at = hotplug_at,
	.claim = hotplug_claim,
	.unclaim = hotplug_unclaim,
	.take = hotplug_take,
	.give = hotplug_give,
	.keep_movable = hotplug_guard,
	.end_keep = hotplug_unguard,
};
