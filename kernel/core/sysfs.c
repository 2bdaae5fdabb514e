// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts in sysfs: a device of class rstmem each, named after the TEE device and
 * the use case, "tee0,secure-video" for example. Everybody may read; limits and
 * importers are root's to set. tee_rstmem(7) is the manual.
 */
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "account.h"
#include "device.h"
#include "sysfs.h"

static struct rstmem_account *to_account(struct device *dev)
{
	return container_of(dev, struct rstmem_account, dev);
}

/* What the backend says; zeros when it says nothing or is going. */
static void usage_get(struct rstmem_account *account,
		      struct tee_rstmem_usage *usage)
{
	struct tee_rstmem_device *rdev = account->rdev;
	int token;

	memset(usage, 0, sizeof(*usage));
	token = rstmem_device_call_begin();
	if (!rstmem_device_gone(rdev) && rdev->ops->rstmem_query)
		rdev->ops->rstmem_query(&rdev->ctx, account->use_case, usage);
	rstmem_device_call_end(token);
}

/**
 * struct number - a file with a number in it
 * @attr:	the file
 * @at:		for the show of @attr: where the number is in a structure
 */
struct number {
	struct device_attribute attr;
	size_t at;
};

static size_t number_at(const struct device_attribute *attr)
{
	return container_of_const(attr, struct number, attr)->at;
}

static ssize_t usage_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct tee_rstmem_usage usage;

	usage_get(to_account(dev), &usage);
	return sysfs_emit(buf, "%llu\n",
			  *(u64 *)((void *)&usage + number_at(attr)));
}

static struct number usage_numbers[] = {
	{ __ATTR(granule, 0444, usage_show, NULL),
	  offsetof(struct tee_rstmem_usage, granule) },
	{ __ATTR(total, 0444, usage_show, NULL),
	  offsetof(struct tee_rstmem_usage, total) },
	{ __ATTR(largest_free, 0444, usage_show, NULL),
	  offsetof(struct tee_rstmem_usage, largest_free) },
};

/* Of all use cases that share the memory, so that it is not total less used. */
static ssize_t free_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct tee_rstmem_usage usage;

	usage_get(to_account(dev), &usage);
	return sysfs_emit(buf, "%llu\n",
			  usage.total - min(usage.used, usage.total));
}
static DEVICE_ATTR_RO(free);

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	const atomic64_t *counter = (void *)to_account(dev) + number_at(attr);

	return sysfs_emit(buf, "%llu\n", (u64)atomic64_read(counter));
}

static struct number account_numbers[] = {
	{ __ATTR(used, 0444, counter_show, NULL),
	  offsetof(struct rstmem_account, used) },
	{ __ATTR(buffers, 0444, counter_show, NULL),
	  offsetof(struct rstmem_account, count) },
};

static ssize_t peak_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct rstmem_account *account = to_account(dev);
	s64 used = atomic64_read(&account->used);

	/* Written after that. */
	return sysfs_emit(buf, "%lld\n", max(used, atomic64_read(&account->peak)));
}
static DEVICE_ATTR_RO(peak);

static ssize_t importers_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return rstmem_policy_show(&to_account(dev)->policy, buf, PAGE_SIZE);
}

static ssize_t importers_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	return rstmem_policy_set(&to_account(dev)->policy, buf) ?: count;
}
static DEVICE_ATTR_RW(importers);

static struct attribute *account_attrs[] = {
	&usage_numbers[0].attr.attr,
	&usage_numbers[1].attr.attr,
	&usage_numbers[2].attr.attr,
	&dev_attr_free.attr,
	&account_numbers[0].attr.attr,
	&dev_attr_peak.attr,
	&account_numbers[1].attr.attr,
	&dev_attr_importers.attr,
	NULL
};

static const struct attribute_group account_group = {
	.attrs = account_attrs,
};

static u64 *limit_of(struct rstmem_account *account,
		     const struct device_attribute *attr)
{
	return (void *)&account->limits + number_at(attr);
}

static ssize_t limit_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct rstmem_account *account = to_account(dev);
	u64 value;

	mutex_lock(&account->lock);
	value = *limit_of(account, attr);
	mutex_unlock(&account->lock);
	if (value == RSTMEM_UNLIMITED)
		return sysfs_emit(buf, "max\n");
	return sysfs_emit(buf, "%llu\n", value);
}

/* "max", or a number of bytes or buffers, with a line feed or without. */
static ssize_t limit_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct rstmem_account *account = to_account(dev);
	u64 value = RSTMEM_UNLIMITED;
	int rc;

	if (!sysfs_streq(buf, "max")) {
		rc = tee_rstmem_parse_bytes(buf, strcspn(buf, "\n"), &value);
		if (rc)
			return rc;
	}
	rstmem_account_limit(account, limit_of(account, attr), value);
	return count;
}

static struct number limit_numbers[] = {
	{ __ATTR(user_bytes, 0644, limit_show, limit_store),
	  offsetof(struct rstmem_limits, user_bytes) },
	{ __ATTR(user_buffers, 0644, limit_show, limit_store),
	  offsetof(struct rstmem_limits, user_buffers) },
	{ __ATTR(buffer_bytes, 0644, limit_show, limit_store),
	  offsetof(struct rstmem_limits, buffer_bytes) },
	{ __ATTR(reserve, 0644, limit_show, limit_store),
	  offsetof(struct rstmem_limits, reserve) },
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

#define FAILURE_AT(cause)	offsetof(struct rstmem_account, failures[cause])

static struct number failure_numbers[] = {
	{ __ATTR(no_memory, 0444, counter_show, NULL),
	  FAILURE_AT(RSTMEM_FAILURE_NO_MEMORY) },
	{ __ATTR(limit, 0444, counter_show, NULL),
	  FAILURE_AT(RSTMEM_FAILURE_LIMIT) },
	{ __ATTR(backend, 0444, counter_show, NULL),
	  FAILURE_AT(RSTMEM_FAILURE_BACKEND) },
	{ __ATTR(importer, 0444, counter_show, NULL),
	  FAILURE_AT(RSTMEM_FAILURE_IMPORTER) },
	{ __ATTR(reach, 0444, counter_show, NULL),
	  FAILURE_AT(RSTMEM_FAILURE_REACH) },
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

static const struct attribute_group *account_groups[] = {
	&account_group,
	&limits_group,
	&failures_group,
	NULL
};

static const struct class account_class = {
	.name = "rstmem",
	.dev_groups = account_groups,
};

/**
 * rstmem_sysfs_name() - name and class of an account's device
 * @account:	the account, whose device is all 0
 *
 * The caller sets the device's release.
 *
 * Return: 0 or -ENOMEM; the device is initialised either way.
 */
int rstmem_sysfs_name(struct rstmem_account *account)
{
	const char *name = tee_rstmem_use_case_name(account->use_case);
	const char *tee = account->rdev->ctx.teedev->name;

	device_initialize(&account->dev);
	device_set_pm_not_required(&account->dev);
	account->dev.class = &account_class;
	if (name)
		return dev_set_name(&account->dev, "%s,%s", tee, name);
	return dev_set_name(&account->dev, "%s,%u", tee, account->use_case);
}

/**
 * rstmem_sysfs_init() - once, when the module is loaded
 *
 * Return: 0 or -errno.
 */
int rstmem_sysfs_init(void)
{
	return class_register(&account_class);
}

/**
 * rstmem_sysfs_exit() - once, when the module is unloaded
 */
void rstmem_sysfs_exit(void)
{
	class_unregister(&account_class);
}
