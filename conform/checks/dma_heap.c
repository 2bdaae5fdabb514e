// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: behaviour that only heaps have. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "conform.h"

static int allocate(struct conform *c, uint32_t fd_flags)
{
	struct dma_heap_allocation_data data = {
		.len = c->granule,
		.fd_flags = fd_flags,
	};

	if (ioctl(c->fd, DMA_HEAP_IOCTL_ALLOC, &data))
		conform_cannot(c, c->granule, -errno);
	return (int)data.fd;
}

static void run_fd_flags(struct conform *c)
{
	static const struct {
		uint32_t flags;
		int mode;
		int cloexec;
	} cases[] = {
		{ O_RDWR, O_RDWR, 0 },
		{ O_RDONLY, O_RDONLY, 0 },
		{ O_WRONLY, O_WRONLY, 0 },
		{ O_RDWR | O_CLOEXEC, O_RDWR, FD_CLOEXEC },
	};
	unsigned int i;

	for (i = 0; i < CONFORM_COUNT(cases); i++) {
		int fd = allocate(c, cases[i].flags);

		if ((fcntl(fd, F_GETFL) & O_ACCMODE) != cases[i].mode ||
		    (fcntl(fd, F_GETFD) & FD_CLOEXEC) != cases[i].cloexec)
			conform_fail(c, "fd_flags 0%o are not those of the descriptor",
				     cases[i].flags);
		close(fd);
	}
}

/* Structures of another time. */
static void run_sizes(struct conform *c)
{
	struct {
		uint64_t len;
		uint32_t fd;
		uint32_t fd_flags;
	} small = { .len = c->granule, .fd_flags = O_RDWR };
	struct {
		struct dma_heap_allocation_data data;
		uint64_t more[4];
	} large = { .data = { .len = c->granule, .fd_flags = O_RDWR } };

	conform_need(c, c->granule);
	if (ioctl(c->fd, _IOWR(DMA_HEAP_IOC_MAGIC, 0, small), &small))
		conform_fail(c, "a structure without heap_flags: %s",
			     strerror(errno));
	close((int)small.fd);
	if (ioctl(c->fd, _IOWR(DMA_HEAP_IOC_MAGIC, 0, large), &large))
		conform_fail(c, "a larger structure: %s", strerror(errno));
}

static void run_command(struct conform *c)
{
	int number = 0;
	int ret = ioctl(c->fd, _IOWR(DMA_HEAP_IOC_MAGIC, 1, int), &number);

	if (ret != -1 || (errno != EINVAL && errno != ENOTTY))
		conform_fail(c, "%s", ret == -1 ? strerror(errno) : "no error");
}

static const struct conform_check checks[] = {
	{ "heap.fd-flags", CONFORM_MUST, CONFORM_HEAP, "Heaps",
	  "The descriptor has the access mode and the O_CLOEXEC of fd_flags.",
	  run_fd_flags },
	{ "heap.sizes", CONFORM_MUST, CONFORM_HEAP, "Heaps",
	  "Smaller and larger structures work, as with all dma-heaps.",
	  run_sizes },
	{ "heap.command-unknown", CONFORM_MUST_NOT, CONFORM_HEAP, "Heaps",
	  "A heap accepts an unknown command.", run_command },
};

const struct conform_group conform_heap = { checks, CONFORM_COUNT(checks) };
