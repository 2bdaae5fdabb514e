// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy: the list of importers that is in force for a use case.
 *
 * A new list applies to every later mapping. Existing mappings stay until they are
 * undone.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/of.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "importers.h"
#include "policy.h"

/**
 * struct rstmem_rules - a list in force
 * @rcu:	frees the list after its last reader; kvfree_rcu() needs this member in
 *		the first page of the structure
 * @list:	the list
 */
struct rstmem_rules {
	struct rcu_head rcu;
	struct rstmem_importers list;
};

/**
 * rstmem_policy_deinit() - free the list
 * @policy:	the policy, not used any more
 */
void rstmem_policy_deinit(struct rstmem_policy *policy)
{
	kvfree(rcu_access_pointer(policy->rules));
}

/**
 * rstmem_policy_set() - put another list in force
 * @policy:	the policy
 * @text:	see importers.h
 *
 * May sleep.
 *
 * Return: 0 or -errno of rstmem_importers_parse(), or -ENOMEM.
 */
int rstmem_policy_set(struct rstmem_policy *policy, const char *text)
{
	struct rstmem_rules *rules, *old;
	int rc;

	rules = kvzalloc(sizeof(*rules), GFP_KERNEL);
	if (!rules)
		return -ENOMEM;
	rc = rstmem_importers_parse(&rules->list, text);
	if (rc) {
		kvfree(rules);
		return rc;
	}

	old = unrcu_pointer(xchg(&policy->rules, RCU_INITIALIZER(rules)));
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/**
 * rstmem_policy_show() - print the list in force
 * @policy:	the policy
 * @text:	out: with a line feed
 * @size:	bytes at @text, not 0
 *
 * Return: bytes written, without the terminating 0.
 */
int rstmem_policy_show(const struct rstmem_policy *policy, char *text,
		       size_t size)
{
	const struct rstmem_rules *rules;
	int len;

	rcu_read_lock();
	rules = rcu_dereference(policy->rules);
	len = rules ? rstmem_importers_print(&rules->list, text, size) :
		      scnprintf(text, size, "any\n");
	rcu_read_unlock();
	return len;
}

static bool compatible_matches(const struct rstmem_importers *list,
			       const struct device *dev)
{
	const char *compatible;
	struct property *prop;

	of_property_for_each_string(dev->of_node, "compatible", prop,
				    compatible)
		if (rstmem_importers_match(list, RSTMEM_IMPORTER_COMPATIBLE,
					   compatible))
			return true;
	return false;
}

static bool list_matches(const struct rstmem_policy *policy, struct device *dev)
{
	const struct device_driver *driver;
	const struct rstmem_importers *list;
	const struct rstmem_rules *rules;
	bool matches = true;

	rcu_read_lock();
	rules = rcu_dereference(policy->rules);
	if (rules) {
		list = &rules->list;
		/* The module of a driver that is unbound meanwhile stays until the unlock. */
		driver = READ_ONCE(dev->driver);
		matches = rstmem_importers_match(list, RSTMEM_IMPORTER_DRIVER,
						 driver ? driver->name : NULL) ||
			  rstmem_importers_match(list, RSTMEM_IMPORTER_DEVICE,
						 dev_name(dev)) ||
			  compatible_matches(list, dev);
	}
	rcu_read_unlock();
	return matches;
}

/*
 * Check a device of the importer's IOMMU group. Skip bridges, which pass on the requests of other
 * devices, and devices without a driver, which send no requests.
 */
static int neighbour_refused(struct device *dev, void *policy)
{
	if (!READ_ONCE(dev->driver))
		return 0;
	if (dev_is_pci(dev) && pci_is_bridge(to_pci_dev(dev)))
		return 0;
	return !list_matches(policy, dev);
}

/**
 * rstmem_policy_allows() - check whether a device may import
 * @policy:	the policy
 * @dev:	the device
 *
 * Devices of one IOMMU group share their translations. So the list must also admit every
 * other device of the group that is bound to a driver, except bridges. May sleep.
 *
 * Return: true when @dev may import.
 */
bool rstmem_policy_allows(const struct rstmem_policy *policy,
			  struct device *dev)
{
	struct iommu_group *group;
	bool allows;

	if (!rcu_access_pointer(policy->rules))
		return true;
	if (!list_matches(policy, dev))
		return false;
	group = iommu_group_get(dev);
	if (!group)
		return true;
	allows = !iommu_group_for_each_dev(group, (void *)policy,
					   neighbour_refused);
	iommu_group_put(group);
	return allows;
}

/**
 * rstmem_policy_warn() - log that a device may not import a buffer
 * @policy:	the policy
 * @dev:	the device
 * @use_case:	name of the use case in sysfs
 * @ino:	inode of the buffer
 * @size:	bytes of the buffer
 *
 * Rate limited.
 */
void rstmem_policy_warn(const struct rstmem_policy *policy, struct device *dev,
			const char *use_case, unsigned long ino, size_t size)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	const char *neighbour = "";
	char text[256];

	if (!__ratelimit(&limit))
		return;
	rstmem_policy_show(policy, text, sizeof(text));
	if (list_matches(policy, dev))
		neighbour = ", and another device of this IOMMU group is none";
	dev_warn(dev,
		 "rstmem: refused: buffer %lu of %zu bytes of %s is only for importers \"%.*s\"%s\n",
		 ino, size, use_case, (int)strcspn(text, "\n"), text, neighbour);
}
