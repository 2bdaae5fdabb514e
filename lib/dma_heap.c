// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Protected dma-heaps: find, open, allocate from. Those of the kernel's own
 * framework and those of rstmem only differ in their class.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "internal.h"

#define PREFIX	"protected,"

/* Return: 0, or -ENOSPC when @path is too small. */
static int heap_path(uint32_t use_case, char *path, size_t size)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE];
	int len;

	rstmem_use_case_name(use_case, name, sizeof(name));
	len = snprintf(path, size, RSTMEM__HEAP_DIR "/" PREFIX "%s", name);
	return len < 0 || (size_t)len >= size ? -ENOSPC : 0;
}

int rstmem_next_heap(int after, char *path, size_t size)
{
	int i, ret;

	/* Any number is allowed: none may overflow. */
	if (after >= RSTMEM__HEAPS)
		return -ENOENT;

	for (i = after < 1 ? 1 : after + 1; i < RSTMEM__HEAPS; i++) {
		ret = heap_path((uint32_t)i, path, size);
		if (ret)
			return ret;
		if (!access(path, F_OK))
			return i;
	}

	return -ENOENT;
}

/* Return: the descriptor of a dma-buf, or -errno. */
static int heap_ioctl(int fd, uint64_t size)
{
	struct dma_heap_allocation_data data = {
		.len = size,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int ret = rstmem__ioctl(fd, DMA_HEAP_IOCTL_ALLOC, &data);

	return ret < 0 ? ret : (int)data.fd;
}

/* Return: TEE_IOC_UC_RESERVED when no protected heap has this name. */
static uint32_t heap_use_case(const char *name)
{
	char known[RSTMEM_USE_CASE_NAME_SIZE];
	uint32_t i;

	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return TEE_IOC_UC_RESERVED;
	for (i = 1; i < RSTMEM__HEAPS; i++) {
		rstmem_use_case_name(i, known, sizeof(known));
		if (!strcmp(name + strlen(PREFIX), known))
			return i;
	}
	return TEE_IOC_UC_RESERVED;
}

/*
 * Return: 0 with @use_case set when a protected heap is behind a node; -EOPNOTSUPP
 * for a dma-heap of another kind; -ENOTTY for anything else.
 */
static int node_use_case(const struct rstmem__node *node, uint32_t *use_case)
{
	if (*node->class && strcmp(node->class, "dma_heap") &&
	    strcmp(node->class, "rstmem_heap"))
		return -ENOTTY;
	*use_case = heap_use_case(node->name);
	if (*use_case != TEE_IOC_UC_RESERVED)
		return 0;
	return *node->class ? -EOPNOTSUPP : -ENOTTY;
}

/* Return: 0, or -errno of an open heap that does not work. */
static int heap_check(int fd, const struct rstmem__node *node)
{
	/* Known by its name only: a heap refuses an empty allocation so. */
	if (!*node->class && heap_ioctl(fd, 0) != -EINVAL)
		return -ENOTTY;
	/*
	 * Nodes stay when the last TEE device goes. An impossible size is refused
	 * after a look for a device and before anything else. That holds for this
	 * class; others might take memory from the kernel to try.
	 */
	if (!strcmp(node->class, "rstmem_heap") &&
	    heap_ioctl(fd, UINT64_C(1) << 62) == -ENODEV)
		return -ENODEV;
	return 0;
}

/*
 * Open a node, which may be called anything, if a protected heap is behind it.
 * Allocating takes no permission to write.
 *
 * Return: the descriptor with @use_case set; -EOPNOTSUPP or -ENOTTY with nothing
 * opened when none is; -ENODEV when no device is behind the heap, which only those
 * of rstmem's own class tell; other errors of open(2).
 */
int rstmem__heap_open(const char *path, uint32_t *use_case)
{
	struct rstmem__node node;
	int fd, ret;

	ret = rstmem__node_read(path, &node);
	if (!ret)
		ret = node_use_case(&node, use_case);
	if (ret)
		return ret == -EISDIR ? -ENOTTY : ret;

	fd = rstmem__open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	ret = heap_check(fd, &node);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/* Return: the descriptor of the heap of a use case, or -errno. */
static int open_one(uint32_t use_case)
{
	char path[RSTMEM_HEAP_PATH_SIZE];
	uint32_t found = TEE_IOC_UC_RESERVED;
	int fd, ret;

	ret = heap_path(use_case, path, sizeof(path));
	if (ret)
		return ret;
	fd = rstmem__heap_open(path, &found);
	if (fd >= 0 && found != use_case) {
		close(fd);
		return -ENOTTY;
	}
	return fd;
}

/*
 * Return: 0 when at least one works, -ENXIO when there is none, or the first -errno of
 * a heap that could not be opened.
 */
int rstmem__heaps_open(int heaps[RSTMEM__HEAPS])
{
	int i, fd, err = -ENXIO, found = 0;

	for (i = 1; i < RSTMEM__HEAPS; i++) {
		fd = open_one((uint32_t)i);
		heaps[i] = fd;
		switch (fd) {
		case -ENOENT:
		case -ENXIO:
		case -ENOTTY:
		case -ENODEV:
		case -EOPNOTSUPP:
			break;
		case -EMFILE:
		case -ENFILE:
		case -ENOMEM:
			/* Says nothing about the heaps: no half of them. */
			rstmem__heaps_close(heaps);
			return fd;
		default:
			if (fd >= 0)
				found = 1;
			else if (err == -ENXIO)
				err = fd == -EPERM ? -EACCES : fd;
		}
	}

	return found ? 0 : err;
}

void rstmem__heaps_close(int heaps[RSTMEM__HEAPS])
{
	int i;

	for (i = 0; i < RSTMEM__HEAPS; i++) {
		if (heaps[i] >= 0)
			close(heaps[i]);
		heaps[i] = -ENOENT;
	}
}

/* Return: the descriptor of a dma-buf with FD_CLOEXEC, or -errno. */
int rstmem__heap_alloc(int fd, uint64_t size, uint64_t *allocated)
{
	off_t end;
	int buf;

	buf = heap_ioctl(fd, size);
	if (buf < 0)
		return buf;
	buf = rstmem__above_stdio(buf);
	if (buf < 0)
		return buf;

	/* The ABI of heaps does not say how much it was rounded up. */
	end = lseek(buf, 0, SEEK_END);
	if (end < 0) {
		int ret = -errno;

		close(buf);
		return ret;
	}

	*allocated = (uint64_t)end;
	return buf;
}
