/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/rstmem_edu: a device driver that imports dma-bufs, for tests.
 *
 * Behind it is the "edu" PCI device of QEMU (docs/specs/edu.rst there), a bus
 * master with a DMA engine. An open file can hold one attachment. The file hands
 * out what the device reads: it must never exist where content matters.
 */
#ifndef _RSTMEM_EDU_H
#define _RSTMEM_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RSTMEM_EDU_TO_DEVICE	1	/* the device will read the buffer */
#define RSTMEM_EDU_FROM_DEVICE	2	/* the device will write the buffer */

/**
 * struct rstmem_edu_map - attach a dma-buf and map it
 * @fd:		in: the dma-buf
 * @dir:	in: RSTMEM_EDU_*, or both
 * @addr:	out: DMA address of the first segment
 * @size:	out: sum of all segments, bytes
 * @segments:	out: number of segments
 * @cpu_bytes:	out: size that the scatterlist shows to a CPU, bytes
 */
struct rstmem_edu_map {
	__s32 fd;
	__u32 dir;
	__u64 addr;
	__u64 size;
	__u32 segments;
	__u32 cpu_bytes;
};

/**
 * struct rstmem_edu_copy - have the device move bytes
 * @offset:	in: into the mapped buffer, or, for RAW, a DMA address
 * @ptr:	in: user memory
 * @size:	in: bytes
 */
struct rstmem_edu_copy {
	__u64 offset;
	__u64 ptr;
	__u64 size;
};

/**
 * struct rstmem_edu_info - the answer of tee_rstmem_dma_buf_info() for a dma-buf
 * @fd:		in: the dma-buf
 * @use_case:	out
 * @size:	out: bytes
 */
struct rstmem_edu_info {
	__s32 fd;
	__u32 use_case;
	__u64 size;
};

/**
 * struct rstmem_edu_of - have another device map, and unmap
 * @fd:		in: the dma-buf
 * @compatible:	in: its string in the device tree; the first one does
 */
struct rstmem_edu_of {
	__s32 fd;
	char compatible[60];
};

/*
 * Address bits of the driver's DMA mask. When it is loaded, 28, or as many more as
 * it takes to reach the kernel's memory; fewer are refused.
 */
#define RSTMEM_EDU_SET_MASK	_IOW('e', 0, __u32)
#define RSTMEM_EDU_MAP		_IOWR('e', 1, struct rstmem_edu_map)
#define RSTMEM_EDU_UNMAP	_IO('e', 2)
/* Out of the buffer, into user memory; and the reverse. */
#define RSTMEM_EDU_READ		_IOW('e', 3, struct rstmem_edu_copy)
#define RSTMEM_EDU_WRITE	_IOW('e', 4, struct rstmem_edu_copy)
/* As READ, from any DMA address, whatever is mapped. */
#define RSTMEM_EDU_READ_RAW	_IOW('e', 5, struct rstmem_edu_copy)
#define RSTMEM_EDU_INFO		_IOWR('e', 6, struct rstmem_edu_info)
/* Whether the kernel gets a CPU mapping: 0 when dma_buf_vmap() is refused. */
#define RSTMEM_EDU_VMAP		_IOW('e', 7, __s32)

/* ENODEV when there is no such platform device. */
#define RSTMEM_EDU_MAP_OF	_IOW('e', 8, struct rstmem_edu_of)

#ifdef __KERNEL__
/* For other modules of the tests. */
struct device;
struct device *rstmem_edu_device(void);
int rstmem_edu_copy(u64 src, u64 dst, size_t size);
#endif

#endif /* _RSTMEM_EDU_H */
