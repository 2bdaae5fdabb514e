// SPDX-License-Identifier: LGPL-2.1-or-later
/* Registrations: ids for buffers from another process or a heap. */
#include <errno.h>
#include <unistd.h>

#include "internal.h"

int rstmem_register(struct rstmem *dev, int fd, uint32_t flags,
		    struct rstmem_registration *reg)
{
	struct tee_ioctl_shm_register_fd_data data = {
		.fd = fd,
		.flags = flags,
	};
	int ret;

	*reg = (struct rstmem_registration){ .fd = -1 };

	if (dev->via == RSTMEM_VIA_HEAP)
		return -EOPNOTSUPP;

	ret = rstmem__ioctl(dev->fd, TEE_IOC_SHM_REGISTER_FD, &data);
	if (ret < 0)
		return ret;
	ret = rstmem__above_stdio(ret);
	if (ret < 0)
		return ret;

	reg->fd = ret;
	reg->id = data.id;
	reg->size = data.size;
	reg->flags = data.flags;
	return 0;
}

void rstmem_unregister(struct rstmem_registration *reg)
{
	if (!reg)
		return;
	/* Below are no registrations, see rstmem_buffer_close(). */
	if (reg->fd > STDERR_FILENO)
		close(reg->fd);
	reg->fd = -1;
	reg->id = 0;
}
