// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory hot-plug: taking ranges from the kernel, and giving them back.
 *
 * A range that was taken has no page structures and no kernel mapping, and it is not
 * System RAM. While the kernel has it, it is in ZONE_MOVABLE, so that its pages can move.
 * Memory that is added by a driver is not in the firmware's map, so kexec does not load
 * a kernel into it.
 */
#include <linux/delay.h>
#include <linux/error-injection.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/timer.h>

#include "memory.h"

/* As the kernel wants it: "System RAM (" and the name of the driver. */
#define RAM_NAME	"System RAM (rstmem)"
/* Ends an attempt that takes too long. The thread has no other signals. */
#define DEADLINE_SIGNAL	SIGTERM
/* Attempts to change the state of a block while somebody else holds the lock. */
#define ONLINE_TRIES	200

/**
 * rstmem_memory_unit() - get the unit of memory hot-plug
 *
 * Return: bytes, a power of two; ranges that are taken and given are multiples of it
 * and aligned to it. 0 when the kernel cannot remove memory.
 */
u64 rstmem_memory_unit(void)
{
	return memory_block_size_bytes();
}

/**
 * rstmem_memory_at() - look what the kernel has at a range
 * @start:	physical address
 * @size:	bytes
 *
 * Return: the answer, which may be out of date at once.
 */
enum rstmem_memory rstmem_memory_at(u64 start, u64 size)
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
	if (ram == size)
		return added ? RSTMEM_MEMORY_RAM : RSTMEM_MEMORY_BOOT_RAM;
	if (!ram && region_intersects(start, size, IORESOURCE_SYSTEM_RAM,
				      IORES_DESC_NONE) == REGION_DISJOINT)
		return RSTMEM_MEMORY_ABSENT;
	return RSTMEM_MEMORY_OTHER;
}

/**
 * rstmem_memory_claim() - claim a range that is not RAM, exclusively
 * @start:	physical address
 * @size:	bytes
 *
 * May sleep.
 *
 * Return: false when something of it is in use.
 */
bool rstmem_memory_claim(u64 start, u64 size)
{
	return request_mem_region_exclusive(start, size, "rstmem");
}

/**
 * rstmem_memory_unclaim() - end a claim
 * @start:	physical address
 * @size:	bytes
 */
void rstmem_memory_unclaim(u64 start, u64 size)
{
	release_mem_region(start, size);
}

struct deadline {
	struct timer_list timer;
	struct task_struct *task;
};

static void deadline_over(struct timer_list *timer)
{
	struct deadline *deadline = container_of(timer, struct deadline, timer);

	send_sig(DEADLINE_SIGNAL, deadline->task, 1);
}

/**
 * rstmem_memory_take() - take a range from the kernel, and claim it
 * @start:	physical address, a multiple of the unit
 * @size:	bytes, a multiple of the unit
 * @ms:		deadline; the kernel looks at it between batches of pages only
 *
 * Called in a kernel thread that has no use for signals. Waits for other memory hot-plug
 * and for hot-plug of processors; the caller holds no lock. The contents stay as they
 * were.
 *
 * Return: 0; -EINTR at the deadline, -EBUSY for pages that cannot move, and other errors
 * of the kernel: the kernel still has the memory. -ENOTRECOVERABLE when the range is out
 * of the kernel and somebody else claimed it.
 */
int rstmem_memory_take(u64 start, u64 size, unsigned int ms)
{
	struct deadline deadline = { .task = current };
	int rc;

	allow_signal(DEADLINE_SIGNAL);
	timer_setup_on_stack(&deadline.timer, deadline_over, 0);
	mod_timer(&deadline.timer, jiffies + msecs_to_jiffies(ms));
	rc = offline_and_remove_memory(start, size);
	timer_delete_sync(&deadline.timer);
	destroy_timer_on_stack(&deadline.timer);
	disallow_signal(DEADLINE_SIGNAL);
	flush_signals(current);
	if (rc)
		return rc;

	return rstmem_memory_claim(start, size) ? 0 : -ENOTRECOVERABLE;
}
ALLOW_ERROR_INJECTION(rstmem_memory_take, ERRNO);

/* Write "online_movable" to the state of a unit of memory. */
static int online(u64 start)
{
	static const char movable[] = "online_movable";
	unsigned int tries;
	struct file *file;
	char path[64];
	ssize_t rc;
	loff_t pos;

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu/state",
		 start / memory_block_size_bytes());
	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	for (tries = 0; tries < ONLINE_TRIES; tries++) {
		pos = 0;
		rc = kernel_write(file, movable, strlen(movable), &pos);
		if (rc != -ERESTARTNOINTR)
			break;
		/* Another hot-plug has the lock. sysfs asks to try again by a signal. */
		flush_signals(current);
		msleep(20);
	}
	filp_close(file, NULL);
	if (rc < 0)
		return rc == -ERESTARTNOINTR ? -EBUSY : rc;
	return 0;
}

static int add_and_online(u64 start, u64 size)
{
	int nid = memory_add_physaddr_to_nid(start);
	u64 unit = memory_block_size_bytes(), at;
	int rc;

	if (nid == NUMA_NO_NODE)
		nid = first_online_node;
	rc = add_memory_driver_managed(nid, start, size, RAM_NAME,
				       MHP_MEMMAP_ON_MEMORY);
	if (rc)
		return rc;
	for (at = start; at < start + size; at += unit) {
		rc = online(at);
		if (rc)
			break;
	}
	if (rc && offline_and_remove_memory(start, size))
		rc = -ENOTRECOVERABLE;
	return rc;
}

/**
 * rstmem_memory_give() - give a range to the kernel as movable RAM
 * @start:	physical address, a multiple of the unit, claimed
 * @size:	bytes, a multiple of the unit
 *
 * Called in a kernel thread that has no use for signals, with no lock held. The caller
 * made sure that the contents are no secret. The guard of the range is in place.
 *
 * Return: 0; -ENOMEM, -EBUSY and other errors of the kernel: the range is still claimed.
 * -ENOTRECOVERABLE when the range is neither usable as RAM nor claimed.
 */
int rstmem_memory_give(u64 start, u64 size)
{
	int rc;

	rstmem_memory_unclaim(start, size);
	rc = add_and_online(start, size);
	if (rc && rc != -ENOTRECOVERABLE && !rstmem_memory_claim(start, size))
		rc = -ENOTRECOVERABLE;
	return rc;
}
ALLOW_ERROR_INJECTION(rstmem_memory_give, ERRNO);

/**
 * rstmem_memory_busy() - count the pages of a range that are in use
 * @start:	physical address
 * @size:	bytes
 * @first:	out: physical address of the first of them, if there is one
 *
 * Return: number of pages, a snapshot.
 */
u64 rstmem_memory_busy(u64 start, u64 size, u64 *first)
{
	struct page *page;
	u64 at, busy = 0;

	for (at = start; at < start + size; at += PAGE_SIZE) {
		page = pfn_to_online_page(PHYS_PFN(at));
		if (!page || !page_count(page))
			continue;
		if (!busy++)
			*first = at;
	}
	return busy;
}

/* Keep the range offline unless it goes to ZONE_MOVABLE. */
static int guard_notify(struct notifier_block *nb, unsigned long action, void *arg)
{
	struct rstmem_memory_guard *guard =
		container_of(nb, struct rstmem_memory_guard, nb);
	const struct memory_notify *memory = arg;
	u64 start = PFN_PHYS(memory->start_pfn);

	if (action != MEM_GOING_ONLINE ||
	    start >= guard->start + guard->size ||
	    start + PFN_PHYS(memory->nr_pages) <= guard->start ||
	    is_zone_movable_page(pfn_to_page(memory->start_pfn)))
		return NOTIFY_OK;
	return NOTIFY_BAD;
}

/**
 * rstmem_memory_guard() - keep a range out of zones that it could never leave
 * @guard:	filled in; stays until rstmem_memory_unguard()
 * @start:	physical address
 * @size:	bytes
 *
 * May sleep.
 *
 * Return: 0 or -errno.
 */
int rstmem_memory_guard(struct rstmem_memory_guard *guard, u64 start, u64 size)
{
	guard->nb.notifier_call = guard_notify;
	guard->start = start;
	guard->size = size;
	return register_memory_notifier(&guard->nb);
}

/**
 * rstmem_memory_unguard() - end a guard
 * @guard:	the guard
 */
void rstmem_memory_unguard(struct rstmem_memory_guard *guard)
{
	unregister_memory_notifier(&guard->nb);
}
