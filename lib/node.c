// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Nodes: find the device behind one without opening it. Some devices act when they
 * are opened: a watchdog starts.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

static const char *base_name(const char *path)
{
	const char *last = strrchr(path, '/');

	return last ? last + 1 : path;
}

/* Read the last part of a link. Return: 0 or -errno. */
static int link_name(const char *path, char name[RSTMEM__NODE_NAME])
{
	char target[PATH_MAX];
	ssize_t len;

	len = readlink(path, target, sizeof(target));
	if (len < 0)
		return -errno;
	if ((size_t)len == sizeof(target))
		return -ENAMETOOLONG;
	target[len] = 0;
	len = snprintf(name, RSTMEM__NODE_NAME, "%s", base_name(target));
	return len < RSTMEM__NODE_NAME ? 0 : -ENAMETOOLONG;
}

/* Return: 0, or -errno when sysfs does not know the device. */
static int read_sysfs(dev_t dev, struct rstmem__node *node)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u", major(dev),
		 minor(dev));
	ret = link_name(path, node->name);
	if (ret)
		return ret;
	strcat(path, "/subsystem");
	return link_name(path, node->class);
}

static int read_stat(const struct stat *st, const char *name,
		     struct rstmem__node *node)
{
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISCHR(st->st_mode))
		return -ENOTTY;

	if (read_sysfs(st->st_rdev, node)) {
		*node->class = 0;
		snprintf(node->name, sizeof(node->name), "%s", name);
	}
	return 0;
}

/*
 * Find out class and name of the device at @path. Without sysfs, as in some
 * sandboxes, there is no class, and the name is that of the node.
 *
 * Return: 0; -EISDIR; -ENOTTY when it is no character device; other errors of
 * stat(2).
 */
int rstmem__node_read(const char *path, struct rstmem__node *node)
{
	struct stat st;

	return stat(path, &st) ? -errno : read_stat(&st, base_name(path), node);
}

/* The same for an open device, whose name is "" without sysfs. */
int rstmem__node_of(int fd, struct rstmem__node *node)
{
	struct stat st;

	return fstat(fd, &st) ? -errno : read_stat(&st, "", node);
}

/* Return: N of a device that is called teeN, or -ENOENT. */
int rstmem__tee_number(const char *name)
{
	char again[RSTMEM_DEVICE_PATH_SIZE];
	int number;

	if (sscanf(name, "tee%d", &number) != 1)
		return -ENOENT;
	snprintf(again, sizeof(again), "tee%d", number);
	return number >= 0 && !strcmp(name, again) ? number : -ENOENT;
}
