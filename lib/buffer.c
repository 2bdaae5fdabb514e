// SPDX-License-Identifier: LGPL-2.1-or-later
/* Buffers: allocate, close. */
#include <unistd.h>

#include "internal.h"

int rstmem_alloc(struct rstmem *dev, uint32_t use_case, uint64_t size,
		 uint32_t flags, struct rstmem_buffer *buf)
{
	struct tee_ioctl_rstmem_alloc_data data = {
		.size = size,
		.flags = flags,
		.use_case = use_case,
	};
	int fd;

	*buf = (struct rstmem_buffer){ .fd = -1 };

	fd = rstmem__ioctl(dev->fd, TEE_IOC_RSTMEM_ALLOC, &data);
	if (fd < 0)
		return fd;

	fd = rstmem__above_stdio(fd);
	if (fd < 0)
		return fd;

	buf->fd = fd;
	buf->id = data.id;
	buf->size = data.size;
	buf->flags = data.flags;
	buf->use_case = use_case;
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
