// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sysfs front end: class rstmem has a device for each offered use case.
 *
 * Everybody may read the files, except for elastic/blocks. Root sets limits, importers and
 * the settings of elastic pools. The manual is
 * tee_rstmem(7).
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "../core/device.h"
#include "../pool/elastic.h"
#include "sysfs.h"

static struct rstmem_offer *to_offer(struct device *dev)
{
	return container_of(dev, struct rstmem_offer, dev);
}

/*
 * A file with a number. The member var of its struct dev_ext_attribute is the offset of
 * the number in @_struct, in bytes.
 */
#define NUMBER(_name, _mode, _show, _store, _struct, _member) \
	{ __ATTR(_name, _mode, _show, _store), \
	  (void *)offsetof(struct _struct, _member) }

static size_t place_of(const struct device_attribute *attr)
{
	return (size_t)container_of_const(attr, struct dev_ext_attribute,
					  attr)->var;
}

/* Ask the backend for its figures. All figures are 0 during removal. */
static void usage_get(struct rstmem_offer *offer, struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_device *rdev;
	int idx;

	memset(usage, 0, sizeof(*usage));
	rdev = rstmem_device_enter(offer->rdev->ctx.teedev, offer->use_case, &idx);
	if (!rdev)
		return;
	/* The TEE device may have another backend by now. */
	if (rdev == offer->rdev)
		rstmem_device_usage(rdev, offer->use_case, usage);
	rstmem_device_exit(idx);
}

static ssize_t usage_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct tee_rstmem_usage usage;

	usage_get(to_offer(dev), &usage);
	return sysfs_emit(buf, "%llu\n",
			  *(u64 *)((void *)&usage + place_of(attr)));
}

static struct dev_ext_attribute usage_numbers[] = {
	NUMBER(granule, 0444, usage_show, NULL, tee_rstmem_usage, granule),
	NUMBER(total, 0444, usage_show, NULL, tee_rstmem_usage, total),
	NUMBER(floor, 0444, usage_show, NULL, tee_rstmem_usage, floor),
	NUMBER(most, 0444, usage_show, NULL, tee_rstmem_usage, most),
	NUMBER(largest_free, 0444, usage_show, NULL, tee_rstmem_usage,
	       largest_free),
};

/* Other use cases may share the memory, so "free" is not "total" minus "used". */
static ssize_t free_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct tee_rstmem_usage usage;

	usage_get(to_offer(dev), &usage);
	return sysfs_emit(buf, "%llu\n",
			  usage.total - min(usage.used, usage.total));
}
static DEVICE_ATTR_RO(free);

static ssize_t tally_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct rstmem_offer *offer = to_offer(dev);
	const void *number = (void *)&offer->tally + place_of(attr);

	return sysfs_emit(buf, "%llu\n",
			  rstmem_account_read(offer->tally.account, number));
}

static struct dev_ext_attribute tally_numbers[] = {
	NUMBER(used, 0444, tally_show, NULL, rstmem_tally, used),
	NUMBER(peak, 0444, tally_show, NULL, rstmem_tally, peak),
	NUMBER(buffers, 0444, tally_show, NULL, rstmem_tally, buffers),
	NUMBER(lost, 0444, tally_show, NULL, rstmem_tally, lost),
};

static ssize_t freeing_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&to_offer(dev)->rdev->freeing));
}
static DEVICE_ATTR_RO(freeing);

static ssize_t importers_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return rstmem_policy_show(&to_offer(dev)->policy, buf, PAGE_SIZE);
}

static ssize_t importers_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	return rstmem_policy_set(&to_offer(dev)->policy, buf) ?: count;
}
static DEVICE_ATTR_RW(importers);

static struct attribute *offer_attrs[] = {
	&usage_numbers[0].attr.attr,
	&usage_numbers[1].attr.attr,
	&usage_numbers[2].attr.attr,
	&usage_numbers[3].attr.attr,
	&usage_numbers[4].attr.attr,
	&dev_attr_free.attr,
	&tally_numbers[0].attr.attr,
	&tally_numbers[1].attr.attr,
	&tally_numbers[2].attr.attr,
	&tally_numbers[3].attr.attr,
	&dev_attr_freeing.attr,
	&dev_attr_importers.attr,
	NULL
};

static const struct attribute_group offer_group = {
	.attrs = offer_attrs,
};

static u64 *limit_of(struct rstmem_account *account,
		     const struct device_attribute *attr)
{
	return (void *)&account->limits + place_of(attr);
}

static ssize_t limit_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct rstmem_account *account = to_offer(dev)->tally.account;
	u64 value = rstmem_account_read(account, limit_of(account, attr));

	if (value == RSTMEM_UNLIMITED)
		return sysfs_emit(buf, "max\n");
	return sysfs_emit(buf, "%llu\n", value);
}

/* Parse a number of bytes, of buffers or of ms, with or without a line feed. */
static int parse_number(const char *buf, size_t count, u64 *value)
{
	if (count && buf[count - 1] == '\n')
		count--;
	return tee_rstmem_parse_bytes(buf, count, value);
}

/* Parse "max" or a number. */
static ssize_t limit_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct rstmem_account *account = to_offer(dev)->tally.account;
	u64 value = RSTMEM_UNLIMITED;
	int rc;

	if (!sysfs_streq(buf, "max")) {
		rc = parse_number(buf, count, &value);
		if (rc)
			return rc;
	}
	rstmem_account_set_limit(account, limit_of(account, attr), value);
	return count;
}

static struct dev_ext_attribute limit_numbers[] = {
	NUMBER(user_bytes, 0644, limit_show, limit_store, rstmem_limits,
	       user_bytes),
	NUMBER(user_buffers, 0644, limit_show, limit_store, rstmem_limits,
	       user_buffers),
	NUMBER(buffer_bytes, 0644, limit_show, limit_store, rstmem_limits,
	       buffer_bytes),
	NUMBER(reserve, 0644, limit_show, limit_store, rstmem_limits, reserve),
};

static struct attribute *limits_attrs[] = {
	&limit_numbers[0].attr.attr,
	&limit_numbers[1].attr.attr,
	&limit_numbers[2].attr.attr,
	&limit_numbers[3].attr.attr,
	NULL
};

static const struct attribute_group limits_group = {
	.name = "limits",
	.attrs = limits_attrs,
};

static ssize_t failures_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	const atomic64_t *count = (void *)to_offer(dev) + place_of(attr);

	return sysfs_emit(buf, "%llu\n", (u64)atomic64_read(count));
}

#define FAILURE(_name, _why) \
	NUMBER(_name, 0444, failures_show, NULL, rstmem_offer, failures[_why])

static struct dev_ext_attribute failure_numbers[] = {
	FAILURE(no_memory, RSTMEM_FAILURE_NO_MEMORY),
	FAILURE(limit, RSTMEM_FAILURE_LIMIT),
	FAILURE(backend, RSTMEM_FAILURE_BACKEND),
	FAILURE(importer, RSTMEM_FAILURE_IMPORTER),
	FAILURE(reach, RSTMEM_FAILURE_REACH),
};

static struct attribute *failures_attrs[] = {
	&failure_numbers[0].attr.attr,
	&failure_numbers[1].attr.attr,
	&failure_numbers[2].attr.attr,
	&failure_numbers[3].attr.attr,
	&failure_numbers[4].attr.attr,
	NULL
};

static_assert(ARRAY_SIZE(failure_numbers) == RSTMEM_FAILURES);

static const struct attribute_group failures_group = {
	.name = "failures",
	.attrs = failures_attrs,
};

/* An elastic pool exists until the files are gone. */
static ssize_t elastic_stat_show(struct device *dev, struct device_attribute *attr,
				 char *buf)
{
	struct rstmem_elastic_stat stat;

	rstmem_elastic_stat(to_offer(dev)->elastic, &stat);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((void *)&stat + place_of(attr)));
}

static struct dev_ext_attribute elastic_stats[] = {
	NUMBER(block_size, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       block_size),
	NUMBER(out, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       out),
	NUMBER(poisoned, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       poisoned),
	NUMBER(wanted, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       wanted),
	NUMBER(grown, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       grown),
	NUMBER(returned, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       returned),
	NUMBER(failed, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       failed),
	NUMBER(error, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       error),
	NUMBER(busy_pages, 0444, elastic_stat_show, NULL, rstmem_elastic_stat,
	       busy_pages),
};

static DEFINE_MUTEX(elastic_lock);	/* serialises changes of settings */

static ssize_t elastic_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct rstmem_elastic_settings settings;

	rstmem_elastic_settings(to_offer(dev)->elastic, &settings);
	return sysfs_emit(buf, "%llu\n",
			  *(u64 *)((void *)&settings + place_of(attr)));
}

static ssize_t elastic_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	struct tee_rstmem_pool *pool = to_offer(dev)->elastic;
	struct rstmem_elastic_settings settings;
	u64 value;
	int rc;

	rc = parse_number(buf, count, &value);
	if (rc)
		return rc;
	mutex_lock(&elastic_lock);
	rstmem_elastic_settings(pool, &settings);
	*(u64 *)((void *)&settings + place_of(attr)) = value;
	rstmem_elastic_set(pool, &settings);
	mutex_unlock(&elastic_lock);
	return count;
}

static struct dev_ext_attribute elastic_settings[] = {
	NUMBER(limit, 0644, elastic_show, elastic_store, rstmem_elastic_settings,
	       limit),
	NUMBER(warm, 0644, elastic_show, elastic_store, rstmem_elastic_settings,
	       warm),
	NUMBER(idle_ms, 0644, elastic_show, elastic_store, rstmem_elastic_settings,
	       idle_ms),
	NUMBER(attempt_ms, 0644, elastic_show, elastic_store, rstmem_elastic_settings,
	       attempt_ms),
};

static ssize_t blocks_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return rstmem_elastic_list(to_offer(dev)->elastic, buf);
}

/* Physical addresses are not for everybody. */
static DEVICE_ATTR_ADMIN_RO(blocks);

static struct attribute *elastic_attrs[] = {
	&elastic_stats[0].attr.attr,
	&elastic_stats[1].attr.attr,
	&elastic_stats[2].attr.attr,
	&elastic_stats[3].attr.attr,
	&elastic_stats[4].attr.attr,
	&elastic_stats[5].attr.attr,
	&elastic_stats[6].attr.attr,
	&elastic_stats[7].attr.attr,
	&elastic_stats[8].attr.attr,
	&elastic_settings[0].attr.attr,
	&elastic_settings[1].attr.attr,
	&elastic_settings[2].attr.attr,
	&elastic_settings[3].attr.attr,
	&dev_attr_blocks.attr,
	NULL
};

static umode_t elastic_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	if (!rstmem_is_elastic(to_offer(kobj_to_dev(kobj))->elastic))
		return SYSFS_GROUP_INVISIBLE;
	return attr->mode;
}

static const struct attribute_group elastic_group = {
	.name = "elastic",
	.attrs = elastic_attrs,
	.is_visible = elastic_is_visible,
};

static const struct attribute_group *offer_groups[] = {
	&offer_group,
	&limits_group,
	&failures_group,
	&elastic_group,
	NULL
};

static const struct class offer_class = {
	.name = "rstmem",
	.dev_groups = offer_groups,
};

/* Remove the offers of use cases below @end. */
static void offers_del(struct tee_rstmem_device *rdev, u32 end)
{
	while (end--)
		if (rdev->offers[end])
			device_del(&rdev->offers[end]->dev);
}

/**
 * rstmem_sysfs_add() - show what a device offers
 * @rdev:	the device
 *
 * May sleep.
 *
 * Return: 0, or -errno with nothing shown.
 */
int rstmem_sysfs_add(struct tee_rstmem_device *rdev)
{
	struct rstmem_offer *offer;
	u32 uc;
	int rc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		offer = rdev->offers[uc];
		if (!offer)
			continue;
		offer->dev.class = &offer_class;
		rc = device_add(&offer->dev);
		if (rc) {
			offers_del(rdev, uc);
			return rc;
		}
	}
	return 0;
}

/**
 * rstmem_sysfs_del() - undo rstmem_sysfs_add()
 * @rdev:	the device
 *
 * Waits for readers and writers of the files, which do not take long. May sleep.
 */
void rstmem_sysfs_del(struct tee_rstmem_device *rdev)
{
	offers_del(rdev, TEE_IOC_UC_MAX + 1);
}

/**
 * rstmem_sysfs_init() - prepare, when the module is loaded
 *
 * Return: 0 or -errno.
 */
int rstmem_sysfs_init(void)
{
	return class_register(&offer_class);
}

/**
 * rstmem_sysfs_exit() - undo rstmem_sysfs_init()
 */
void rstmem_sysfs_exit(void)
{
	class_unregister(&offer_class);
}
