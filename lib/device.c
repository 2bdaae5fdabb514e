// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices: find, open, ask. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* The TEE subsystem has room for as many (TEE_NUM_DEVICES in its tee_core.c). */
#define MAX_DEVICES	32

int rstmem_next_device(int after, char *path, size_t size)
{
	int i, len;

	/* Any number is allowed: none may overflow. */
	if (after >= MAX_DEVICES)
		return -ENOENT;

	for (i = after < 0 ? 0 : after + 1; i < MAX_DEVICES; i++) {
		len = snprintf(path, size, "/dev/tee%d", i);
		if (len < 0 || (size_t)len >= size)
			return -ENOSPC;
		if (!access(path, F_OK))
			return i;
	}

	return -ENOENT;
}

/* A driver that does not know a command says one or the other. */
static int is_unknown_command(int ret)
{
	return ret == -ENOTTY || ret == -EINVAL;
}

static int query(int fd, struct tee_ioctl_rstmem_query *data)
{
	return rstmem__ioctl(fd, TEE_IOC_RSTMEM_QUERY, data);
}

static int open_tee(const char *path)
{
	struct tee_ioctl_rstmem_query data = { 0 };
	struct tee_ioctl_version_data version;
	int fd, ret;

	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	/* How the TEE core refuses to open a device that is being removed. */
	if (fd < 0 && errno == EINVAL)
		return -ENODEV;
	if (fd < 0)
		return -errno;

	fd = rstmem__above_stdio(fd);
	if (fd < 0)
		return fd;

	ret = rstmem__ioctl(fd, TEE_IOC_VERSION, &version);
	if (ret < 0) {
		if (is_unknown_command(ret))
			ret = -ENOTTY;
		goto err_close;
	}

	ret = query(fd, &data);
	if (ret < 0) {
		if (is_unknown_command(ret))
			ret = -EOPNOTSUPP;
		goto err_close;
	}

	return fd;

err_close:
	close(fd);
	return ret;
}

static int open_path(const char *path, struct rstmem **dev)
{
	size_t len = strlen(path) + 1;
	struct rstmem *new;

	new = malloc(sizeof(*new) + len);
	if (!new)
		return -ENOMEM;
	memcpy(new->path, path, len);

	new->fd = open_tee(path);
	if (new->fd < 0) {
		int ret = new->fd;

		free(new);
		return ret;
	}

	*dev = new;
	return 0;
}

static int open_first(struct rstmem **dev)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];
	int ret, err = -ENXIO, i = -1;

	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		ret = open_path(path, dev);
		switch (ret) {
		case 0:
			return 0;
		case -EOPNOTSUPP:
		case -ENOTTY:
		case -ENOENT:
		case -ENXIO:
			break;
		default:
			/* The first that might have been the one. */
			if (err == -ENXIO)
				err = ret == -EPERM ? -EACCES : ret;
		}
	}

	return err;
}

int rstmem_open(const char *path, struct rstmem **dev)
{
	*dev = NULL;
	return path ? open_path(path, dev) : open_first(dev);
}

void rstmem_close(struct rstmem *dev)
{
	if (!dev)
		return;
	close(dev->fd);
	free(dev);
}

int rstmem_fd(const struct rstmem *dev)
{
	return dev->fd;
}

const char *rstmem_path(const struct rstmem *dev)
{
	return dev->path;
}

int rstmem_use_cases(struct rstmem *dev, uint64_t *use_cases)
{
	struct tee_ioctl_rstmem_query data = { 0 };
	int ret;

	ret = query(dev->fd, &data);
	if (ret < 0)
		return ret;

	*use_cases = data.use_cases;
	return 0;
}

int rstmem_query(struct rstmem *dev, uint32_t use_case,
		 struct rstmem_usage *usage)
{
	struct tee_ioctl_rstmem_query data = { .use_case = use_case };
	int ret;

	/* To the kernel this is a question about the device as a whole. */
	if (use_case == TEE_IOC_UC_RESERVED)
		return -EINVAL;

	ret = query(dev->fd, &data);
	if (ret < 0)
		return ret;

	*usage = (struct rstmem_usage){
		.granule = data.granule,
		.total = data.total,
		.used = data.used,
		.largest_free = data.largest_free,
		.buffers = data.buffers,
		.caps = data.caps,
	};
	return 0;
}
