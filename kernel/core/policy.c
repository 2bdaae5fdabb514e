// SPDX-License-Identifier: GPL-2.0-only
/*
 * The importers of a use case: the list in force. A new list counts for devices
 * that attach from then on; who is attached stays.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/of.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "buffer.h"
#include "device.h"
#include "importers.h"
#include "policy.h"

/**
 * struct rstmem_rules - a list in force
 * @rcu:	frees it when nobody looks at it any more; in the first page, or
 *		kvfree_rcu() does not find it
 * @list:	the list
 */
struct rstmem_rules {
	struct rcu_head rcu;
	struct rstmem_importers list;
};

/**
 * rstmem_policy_init() - start with any device
 * @policy:	what to initialise
 */
void rstmem_policy_init(struct rstmem_policy *policy)
{
	RCU_INIT_POINTER(policy->rules, NULL);
}

/**
 * rstmem_policy_deinit() - end, when nobody uses it
 * @policy:	the policy
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
 * rstmem_policy_show() - the list in force
 * @policy:	the policy
 * @text:	out: with a line feed
 * @size:	bytes at @text, not 0
 *
 * Return: bytes written without the end.
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

/**
 * rstmem_policy_allows() - whether a device may attach
 * @policy:	the policy
 * @dev:	the device
 *
 * Return: true when it may.
 */
bool rstmem_policy_allows(const struct rstmem_policy *policy,
			  struct device *dev)
{
	const struct device_driver *driver = READ_ONCE(dev->driver);
	const struct rstmem_importers *list;
	const struct rstmem_rules *rules;
	bool allows = true;

	rcu_read_lock();
	rules = rcu_dereference(policy->rules);
	if (rules) {
		list = &rules->list;
		allows = rstmem_importers_match(list, RSTMEM_IMPORTER_DRIVER,
						driver ? driver->name : NULL) ||
			 rstmem_importers_match(list, RSTMEM_IMPORTER_DEVICE,
						dev_name(dev)) ||
			 compatible_matches(list, dev);
	}
	rcu_read_unlock();
	return allows;
}

/**
 * rstmem_policy_complain() - a line in the log about a device that may not attach
 * @policy:	the policy
 * @dev:	the device
 * @buf:	what it wanted to attach to
 *
 * Not more often than the log can take.
 */
void rstmem_policy_complain(const struct rstmem_policy *policy,
			    struct device *dev,
			    const struct rstmem_buffer *buf)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	char text[256];

	if (!__ratelimit(&limit))
		return;
	rstmem_policy_show(policy, text, sizeof(text));
	dev_warn(dev,
		 "rstmem: refused: buffer %lu of %zu bytes of %s is only for importers \"%.*s\"\n",
		 buf->ino, buf->shm.size, dev_name(&buf->account->dev),
		 (int)strcspn(text, "\n"), text);
}

/**
 * tee_rstmem_set_importers() - say which devices may attach to a use case's buffers
 * @rdev:	from tee_rstmem_register()
 * @use_case:	TEE_IOC_UC_*
 * @list:	as the file "importers" in sysfs takes it, see tee_rstmem(7):
 *		"driver:GLOB", "device:GLOB", "compatible:GLOB" with spaces between
 *		them, or "any" or "none"
 *
 * The administrator can change it afterwards. May sleep.
 *
 * Return: 0; -EINVAL for a use case that is not offered or a list that is none;
 * -E2BIG for one that is too long; -ENOMEM.
 */
int tee_rstmem_set_importers(struct tee_rstmem_device *rdev, u32 use_case,
			     const char *list)
{
	if (rstmem_device_check(rdev, use_case))
		return -EINVAL;
	return rstmem_policy_set(&rdev->accounts[use_case]->policy, list);
}
EXPORT_SYMBOL_GPL(tee_rstmem_set_importers);
