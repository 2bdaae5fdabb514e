// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared memory, through which a program and the TEE exchange data. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

/* An ioctl whose result is a descriptor, which the kernel opens without FD_CLOEXEC. */
static int shm_ioctl(int tee, unsigned long cmd, void *arg)
{
	int fd = rstmem__ioctl(tee, cmd, arg);

	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return rstmem__above_stdio(fd);
}

int rstmem_shm_alloc(struct rstmem *dev, uint64_t size, struct rstmem_shm *shm)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };
	void *addr;
	int fd;

	*shm = (struct rstmem_shm){ .fd = -1 };
	if (dev->via == RSTMEM_VIA_HEAP)
		return -EOPNOTSUPP;
	if (!size)
		return -EINVAL;
	if ((size_t)size != size)
		return -ENOMEM;

	fd = shm_ioctl(dev->fd, TEE_IOC_SHM_ALLOC, &data);
	if (fd < 0)
		return fd;
	addr = mmap(NULL, data.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}

	shm->fd = fd;
	shm->id = data.id;
	shm->size = data.size;
	shm->addr = addr;
	shm->mapped = 1;
	return 0;
}

int rstmem_shm_register(struct rstmem *dev, void *addr, uint64_t size,
			struct rstmem_shm *shm)
{
	struct tee_ioctl_shm_register_data data = {
		.addr = (uintptr_t)addr,
		.length = size,
	};
	int fd;

	*shm = (struct rstmem_shm){ .fd = -1 };
	if (dev->via == RSTMEM_VIA_HEAP)
		return -EOPNOTSUPP;
	if (!size)
		return -EINVAL;

	fd = shm_ioctl(dev->fd, TEE_IOC_SHM_REGISTER, &data);
	if (fd < 0)
		return fd;

	shm->fd = fd;
	shm->id = data.id;
	shm->size = size;
	shm->addr = addr;
	return 0;
}

void rstmem_shm_free(struct rstmem_shm *shm)
{
	if (!shm)
		return;
	/* Below is no shared memory, see rstmem_buffer_close(). */
	if (shm->fd > STDERR_FILENO) {
		if (shm->mapped)
			munmap(shm->addr, shm->size);
		close(shm->fd);
	}
	*shm = (struct rstmem_shm){ .fd = -1 };
}
