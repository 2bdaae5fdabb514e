// SPDX-License-Identifier: LGPL-2.1-or-later
/* Buffers: allocate, close. */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

static int alloc_from_tee(struct rstmem *dev, uint32_t use_case, uint64_t size,
			  uint32_t flags, struct rstmem_buffer *buf)
{
	struct tee_ioctl_rstmem_alloc_data data = {
		.size = size,
		.flags = flags,
		.use_case = use_case,
	};
	int fd;

	fd = rstmem__ioctl(dev->fd, TEE_IOC_RSTMEM_ALLOC, &data);
	if (fd < 0)
		return fd;

	buf->id = data.id;
	buf->size = data.size;
	buf->flags = data.flags;
	return rstmem__above_stdio(fd);
}

static int alloc_from_heap(struct rstmem *dev, uint32_t use_case, uint64_t size,
			   uint32_t flags, struct rstmem_buffer *buf)
{
	if (use_case >= RSTMEM__HEAPS || flags)
		return -EINVAL;

	switch (dev->heaps[use_case]) {
	case -EACCES:
	case -EPERM:
		return -EACCES;
	case -ENODEV:
		return -ENODEV;
	default:
		if (dev->heaps[use_case] < 0)
			return -EINVAL;
	}
	return rstmem__heap_alloc(dev->heaps[use_case], size, &buf->size);
}

int rstmem_alloc(struct rstmem *dev, uint32_t use_case, uint64_t size,
		 uint32_t flags, struct rstmem_buffer *buf)
{
	struct rstmem_buffer new = { .use_case = use_case };

	*buf = (struct rstmem_buffer){ .fd = -1 };

	if (dev->via == RSTMEM_VIA_HEAP)
		new.fd = alloc_from_heap(dev, use_case, size, flags, &new);
	else
		new.fd = alloc_from_tee(dev, use_case, size, flags, &new);
	if (new.fd < 0)
		return new.fd;

	*buf = new;
	return 0;
}

void rstmem_buffer_close(struct rstmem_buffer *buf)
{
	if (!buf)
		return;
	/* Below are no buffers: a structure that is still all 0 has none. */
	if (buf->fd > STDERR_FILENO)
		close(buf->fd);
	buf->fd = -1;
	buf->id = 0;
}
