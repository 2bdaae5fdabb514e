// SPDX-License-Identifier: GPL-2.0-only
/* Filters: the options -d and -u of verbs that show accounts. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common.h"

/* "tee0". Return: its number, or -1. */
static int device_number(const char *name)
{
	char *end;
	long n;

	if (strncmp(name, "tee", 3) || name[3] < '0' || name[3] > '9')
		return -1;
	n = strtol(name + 3, &end, 10);
	return *end || n > 999 ? -1 : (int)n;
}

/* The number of the TEE device behind a node of any name, or -1. */
static int node_number(const char *path)
{
	char link[64], target[PATH_MAX], *last;
	struct stat st;
	ssize_t len;

	if (stat(path, &st) || !S_ISCHR(st.st_mode))
		return -1;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0 || (size_t)len == sizeof(target) - 1)
		return -1;
	target[len] = 0;
	last = strrchr(target, '/');
	return last ? device_number(last + 1) : -1;
}

/* @path may be one of a device that is gone. Return: 0, or -1 when it is none. */
int filter_device(struct filter *filter, const char *path)
{
	const char *name = strncmp(path, "/dev/", 5) ? path : path + 5;

	filter->device = device_number(name);
	if (filter->device < 0)
		filter->device = node_number(path);
	return filter->device < 0 ? -1 : 0;
}

bool filter_match(const struct filter *filter, int device, uint32_t use_case)
{
	return (filter->device < 0 || filter->device == device) &&
	       (!filter->use_case || filter->use_case == use_case);
}

/*
 * For getopt_long(), which returned @c. Return: 0 when it was one of these options,
 * else the exit status after a message; -1 when it was neither.
 */
int filter_option(struct filter *filter, int c, const char *verb)
{
	struct reason reason = { .code = REASON_NOT_TEE };

	switch (c) {
	case 'd':
		if (!filter_device(filter, optarg))
			return 0;
		reason_set_path(&reason, optarg);
		return reason_print(&reason);
	case 'u':
		if (!rstmem_use_case_parse(optarg, &filter->use_case))
			return 0;
		return usage_error(verb, "\"%s\" is not a use case", optarg);
	default:
		return -1;
	}
}

/* Find out why no account is left. */
void filter_explain(const struct filter *filter, struct reason *reason)
{
	struct rstmem_account any;

	*reason = (struct reason){ .code = REASON_NO_SUCH_ACCOUNT };
	snprintf(reason->path, sizeof(reason->path), "/dev/tee%d",
		 filter->device);
	rstmem_use_case_name(filter->use_case, reason->use_case,
			     sizeof(reason->use_case));
	if (access("/sys/class", F_OK))
		reason->code = REASON_NO_SYSFS;
	else if (rstmem_next_account(-1, &any) < 0)
		reason->code = REASON_NO_TEE;
	else if (filter->device < 0)
		reason->code = REASON_NO_ACCOUNT;
	else if (!filter->use_case)
		reason->code = REASON_NO_ACCOUNT_OF_DEVICE;
}

/* Say so. Return: the exit status. */
int filter_nothing(const struct filter *filter)
{
	struct reason reason;

	filter_explain(filter, &reason);
	return reason_print(&reason);
}
