// SPDX-License-Identifier: LGPL-2.1-or-later
/* TEE devices: find, open, ask. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int rstmem_next_device(int after, char *path, size_t size)
{
	int i, len;

	/* Any number is allowed: none may overflow. */
	if (after >= RSTMEM__DEVICES)
		return -ENOENT;

	for (i = after < 0 ? 0 : after + 1; i < RSTMEM__DEVICES; i++) {
		len = snprintf(path, size, "/dev/tee%d", i);
		if (len < 0 || (size_t)len >= size)
			return -ENOSPC;
		if (!access(path, F_OK))
			return i;
	}

	return -ENOENT;
}

/*
 * Open a node if a TEE device is behind it. Return: the descriptor; -ENOTTY or
 * -EISDIR with nothing opened when none is; other errors of open(2).
 */
int rstmem__tee_open(const char *path)
{
	struct rstmem__node node;
	int ret;

	ret = rstmem__node_read(path, &node);
	if (ret)
		return ret;
	if (*node.class ? strcmp(node.class, "tee") :
			  rstmem__tee_number(node.name) < 0)
		return -ENOTTY;

	ret = rstmem__open(path, O_RDWR);
	/* How the TEE core refuses to open a device that is being removed. */
	return ret == -EINVAL ? -ENODEV : ret;
}

/* Drivers return either error for an unknown command. */
static int is_unknown_command(int ret)
{
	return ret == -ENOTTY || ret == -EINVAL;
}

int rstmem__tee_query(int fd, struct tee_ioctl_rstmem_query *data)
{
	return rstmem__ioctl(fd, TEE_IOC_RSTMEM_QUERY, data);
}

/*
 * Return: 0 for a TEE device with restricted memory, -EOPNOTSUPP for one without,
 * -ENOTTY for anything else; -ENODEV.
 */
int rstmem__tee_check(int fd)
{
	struct tee_ioctl_rstmem_query data = { 0 };
	struct tee_ioctl_version_data version;
	int ret;

	ret = rstmem__ioctl(fd, TEE_IOC_VERSION, &version);
	if (ret < 0)
		return is_unknown_command(ret) ? -ENOTTY : ret;

	ret = rstmem__tee_query(fd, &data);
	if (ret < 0)
		return is_unknown_command(ret) ? -EOPNOTSUPP : ret;

	return 0;
}
