// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place of OP-TEE's memory. A new OP-TEE reports it. For an older OP-TEE, the place is
 * the parameter pool or the memory-region of OP-TEE's node in the device tree. A range that
 * is impossible is refused, and the log says what to do.
 */
#define pr_fmt(fmt) "optee_rstmem: " fmt

#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>

#include "../compat/tee_core.h"
#include "optee.h"

static phys_addr_t range_last(const struct optee_range *range)
{
	return range->start + (range->size - 1);
}

static bool is_within(const struct optee_range *inner,
		      const struct optee_range *outer)
{
	return inner->start >= outer->start &&
	       range_last(inner) <= range_last(outer);
}

/**
 * optee_range_parse() - read a parameter
 * @name:	its name
 * @value:	its value; NULL or empty if not given
 * @range:	out: the range; size 0 if the parameter is not given
 *
 * Logs errors.
 *
 * Return: 0 or -EINVAL.
 */
int optee_range_parse(const char *name, const char *value, struct optee_range *range)
{
	const char *why;

	*range = (struct optee_range){};
	if (!value || !*value)
		return 0;
	why = tee_rstmem_parse_range(value, strlen(value), &range->start, &range->size);
	if (!why)
		return 0;
	pr_err("%s \"%s\": %s\n", name, value, why);
	return -EINVAL;
}

/*
 * Read the range from the reserved-memory node that OP-TEE's device-tree node points to.
 * Return -ENODATA if there is none.
 */
static int from_device_tree(struct device *dev, struct optee_range *range)
{
	struct device_node *node;
	struct resource res;
	int rc;

	node = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (!node)
		return -ENODATA;
	rc = of_address_to_resource(node, 0, &res);
	of_node_put(node);
	if (rc) {
		pr_err("the memory-region of OP-TEE's node in the device tree has no address\n");
		return -EINVAL;
	}
	range->start = res.start;
	range->size = resource_size(&res);
	return 0;
}

/* Check a range. @who names its source in messages. */
static int check(const struct optee_range *range, const char *who)
{
	phys_addr_t last = range_last(range);

	if (!range->size || !PAGE_ALIGNED(range->start) ||
	    !PAGE_ALIGNED(range->size) || last < range->start ||
	    last > iomem_resource.end) {
		pr_err("%s says %llu bytes at %pa, which is no range of whole pages\n",
		       who, range->size, &range->start);
		return -EINVAL;
	}
	if (region_intersects(range->start, range->size, IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("%s says %pa-%pa, which is memory of this kernel: what OP-TEE protects must not be in the memory nodes of the device tree, or be no-map there\n",
		       who, &range->start, &last);
		return -EBUSY;
	}
	return 0;
}

/*
 * Refuse a range that the stock driver serves: two allocators on one range would leak
 * protected data. Since 6.18 the driver serves the memory that OP-TEE reports, if the
 * kernel has struct pages for it.
 */
static int check_free(const struct optee_range *range)
{
	phys_addr_t last = range_last(range);

	if (!TEE_HAS_PROTMEM || !pfn_valid(PHYS_PFN(range->start)))
		return 0;
	pr_err("%pa-%pa is served by the kernel's own driver, as dma-heaps; this module is for kernels where it is not\n",
	       &range->start, &last);
	return -EBUSY;
}

/**
 * optee_range_find() - find the memory
 * @dev:	the stock driver's device
 * @given:	the parameter pool=
 * @range:	out: whole pages, none of them System RAM
 *
 * Logs errors.
 *
 * Return: 0; -ENODATA when no source has a range; -EINVAL for an impossible range; -EBUSY
 * when the kernel or its own driver uses the range; -EIO and -ENXIO of optee_smc_protmem().
 */
int optee_range_find(struct device *dev, const struct optee_range *given,
		     struct optee_range *range)
{
	struct optee_range own = {};
	int rc;

	rc = optee_smc_protmem(dev, &own);
	if (rc && rc != -ENODATA) {
		pr_err("OP-TEE does not answer as it should: error %d\n", rc);
		return rc;
	}
	if (!rc) {
		rc = check(&own, "OP-TEE");
		if (!rc)
			rc = check_free(&own);
		if (rc)
			return rc;
		if (given->size && !is_within(given, &own)) {
			phys_addr_t last = range_last(&own);

			pr_err("pool= is not within %pa-%pa, which is what OP-TEE protects; leave it out\n",
			       &own.start, &last);
			return -EINVAL;
		}
		*range = given->size ? *given : own;
		return 0;
	}

	if (given->size) {
		*range = *given;
		return check(range, "pool=");
	}
	rc = from_device_tree(dev, range);
	if (!rc)
		return check(range, "the device tree");
	if (rc == -ENODATA && !optee_smc_lends(dev))
		pr_err("OP-TEE has no memory of its own, but protects what this kernel lends: say which with dynamic=SIZE@ADDRESS\n");
	else if (rc == -ENODATA)
		pr_err("OP-TEE tells of no protected memory: build it with CFG_SECURE_DATA_PATH=y, and if it is too old to tell (before 4.8), say where it is with pool=SIZE@ADDRESS or a memory-region in the device tree\n");
	return rc;
}
