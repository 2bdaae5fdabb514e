/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the library's files. Names begin with rstmem__. */
#ifndef RSTMEM_INTERNAL_H
#define RSTMEM_INTERNAL_H

#include <sys/types.h>

#include "rstmem.h"

/* The TEE subsystem has room for as many (TEE_NUM_DEVICES in its tee_core.c). */
#define RSTMEM__DEVICES	32

/* Use cases with a name, and so with a heap, are below. */
#define RSTMEM__HEAPS	(TEE_IOC_UC_SECURE_VIDEO_RECORD + 1)

/*
 * Never changes between rstmem_open() and rstmem_close(), so needs no lock. @fd is
 * the TEE device, or the heap if that was opened by its path, else -1; @heaps has
 * for each use case the descriptor of its heap, or -errno.
 */
struct rstmem {
	enum rstmem_via via;
	int fd;
	int heaps[RSTMEM__HEAPS];
	char path[];
};

/* fd.c */
int rstmem__open(const char *path, int flags);
int rstmem__ioctl(int fd, unsigned long cmd, void *arg);
int rstmem__above_stdio(int fd);
ssize_t rstmem__read_file(int dir, const char *path, char *text, size_t size);

/* node.c: room for a class or a name in sysfs */
#define RSTMEM__NODE_NAME	256

struct rstmem__node {
	char class[RSTMEM__NODE_NAME];
	char name[RSTMEM__NODE_NAME];
};

int rstmem__node_read(const char *path, struct rstmem__node *node);
int rstmem__node_of(int fd, struct rstmem__node *node);
int rstmem__tee_number(const char *name);

/* tee.c */
int rstmem__tee_open(const char *path);
int rstmem__tee_check(int fd);
int rstmem__tee_query(int fd, struct tee_ioctl_rstmem_query *data);

/* dma_heap.c */
#define RSTMEM__HEAP_DIR	"/dev/dma_heap"
int rstmem__heap_open(const char *path, uint32_t *use_case);
int rstmem__heaps_open(int heaps[RSTMEM__HEAPS]);
void rstmem__heaps_close(int heaps[RSTMEM__HEAPS]);
int rstmem__heap_alloc(int fd, uint64_t size, uint64_t *allocated);

#endif /* RSTMEM_INTERNAL_H */
