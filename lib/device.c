// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices: open one, through either front end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static struct rstmem *device_create(const char *path)
{
	size_t len = strlen(path) + 1;
	struct rstmem *dev;
	int i;

	dev = malloc(sizeof(*dev) + len);
	if (!dev)
		return NULL;

	dev->via = RSTMEM_VIA_ANY;
	dev->fd = -1;
	for (i = 0; i < RSTMEM__HEAPS; i++)
		dev->heaps[i] = -ENOENT;
	memcpy(dev->path, path, len);
	return dev;
}

/* The next two return 0 when @dev, new, is now the device at its path. */

static int open_tee(struct rstmem *dev)
{
	int fd, ret;

	fd = rstmem__tee_open(dev->path);
	if (fd < 0)
		return fd;
	ret = rstmem__tee_check(fd);
	if (ret) {
		close(fd);
		return ret;
	}
	dev->via = RSTMEM_VIA_TEE;
	dev->fd = fd;
	return 0;
}

static int open_heap(struct rstmem *dev)
{
	uint32_t use_case;
	int fd;

	fd = rstmem__heap_open(dev->path, &use_case);
	if (fd < 0)
		return fd;
	dev->via = RSTMEM_VIA_HEAP;
	dev->fd = fd;
	dev->heaps[use_case] = fd;
	return 0;
}

static int open_node(struct rstmem *dev, enum rstmem_via via)
{
	int ret;

	if (via == RSTMEM_VIA_HEAP)
		return open_heap(dev);
	ret = open_tee(dev);
	return ret == -ENOTTY && via == RSTMEM_VIA_ANY ? open_heap(dev) : ret;
}

static int open_path(const char *path, enum rstmem_via via, struct rstmem **dev)
{
	struct rstmem *new;
	int ret;

	new = device_create(path);
	if (!new)
		return -ENOMEM;
	ret = open_node(new, via);
	if (ret) {
		free(new);
		return ret;
	}

	*dev = new;
	return 0;
}

static int open_first_tee(struct rstmem **dev)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];
	int ret, err = -ENXIO, i = -1;

	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		ret = open_path(path, RSTMEM_VIA_TEE, dev);
		switch (ret) {
		case 0:
			return 0;
		case -EOPNOTSUPP:
		case -ENOTTY:
		case -ENOENT:
		case -ENXIO:
			break;
		default:
			/* The first error of a possible device. */
			if (err == -ENXIO)
				err = ret == -EPERM ? -EACCES : ret;
		}
	}

	return err;
}

static int open_all_heaps(struct rstmem **dev)
{
	struct rstmem *new;
	int ret;

	new = device_create(RSTMEM__HEAP_DIR);
	if (!new)
		return -ENOMEM;
	ret = rstmem__heaps_open(new->heaps);
	if (ret) {
		free(new);
		return ret;
	}

	new->via = RSTMEM_VIA_HEAP;
	*dev = new;
	return 0;
}

int rstmem_open_via(const char *path, enum rstmem_via via, struct rstmem **dev)
{
	int ret = -ENXIO, err;

	*dev = NULL;
	if (via != RSTMEM_VIA_ANY && via != RSTMEM_VIA_TEE &&
	    via != RSTMEM_VIA_HEAP)
		return -EINVAL;
	if (path)
		return open_path(path, via, dev);

	if (via != RSTMEM_VIA_HEAP)
		ret = open_first_tee(dev);
	if (ret && via != RSTMEM_VIA_TEE) {
		err = open_all_heaps(dev);
		if (!err || ret == -ENXIO)
			ret = err;
	}
	return ret;
}

int rstmem_open(const char *path, struct rstmem **dev)
{
	return rstmem_open_via(path, RSTMEM_VIA_ANY, dev);
}

void rstmem_close(struct rstmem *dev)
{
	if (!dev)
		return;
	if (dev->via == RSTMEM_VIA_HEAP)
		rstmem__heaps_close(dev->heaps);
	else
		close(dev->fd);
	free(dev);
}

enum rstmem_via rstmem_via(const struct rstmem *dev)
{
	return dev->via;
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
	int i, ret;

	if (dev->via == RSTMEM_VIA_HEAP) {
		*use_cases = 0;
		for (i = 1; i < RSTMEM__HEAPS; i++)
			*use_cases |= (uint64_t)(dev->heaps[i] >= 0) << i;
		return 0;
	}

	ret = rstmem__tee_query(dev->fd, &data);
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

	if (dev->via == RSTMEM_VIA_HEAP)
		return use_case < RSTMEM__HEAPS && dev->heaps[use_case] >= 0 ?
		       -EOPNOTSUPP : -EINVAL;

	/* To the kernel this is a question about the device as a whole. */
	if (use_case == TEE_IOC_UC_RESERVED)
		return -EINVAL;

	ret = rstmem__tee_query(dev->fd, &data);
	if (ret < 0)
		return ret;

	*usage = (struct rstmem_usage){
		.granule = data.granule,
		.total = data.total,
		.used = data.used,
		.largest_free = data.largest_free,
		.buffers = data.buffers,
		.caps = data.caps,
		/* Earlier modules leave both 0. */
		.floor = data.most ? data.floor : data.total,
		.most = data.most ? data.most : data.total,
	};
	return 0;
}
