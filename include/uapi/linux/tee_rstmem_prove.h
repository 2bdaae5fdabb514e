/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/rstmem_prove: look for a pattern in restricted memory, for "rstmem doctor --prove".
 *
 * The module rstmem_prove makes the device. Opening it takes CAP_SYS_RAWIO, and fails with
 * EPERM on a kernel that is locked down. An open file looks at one page: a page of a buffer
 * of restricted memory, a page next to the buffer, a page of the buffer with a power of two
 * added to its address, or a page of normal memory for comparison. The kernel never returns
 * the bytes that it reads. It only says whether the page begins with the pattern, zeros or
 * ones.
 *
 * mmap() of one page maps the page for reading, at offset 0 uncached, and at offset
 * RSTMEM_PROVE_MAP_CACHED cached. It fails with EPERM for RAM of the kernel, except for the
 * page for comparison. The mapping of that page is always cached.
 */
#ifndef _UAPI_LINUX_TEE_RSTMEM_PROVE_H
#define _UAPI_LINUX_TEE_RSTMEM_PROVE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RSTMEM_PROVE_PATTERN	32

/* A page next to a buffer is at most this many bytes outside the buffer. */
#define RSTMEM_PROVE_NEAR	0x10000

/* The kernel survives a load that the bus refuses. */
#define RSTMEM_PROVE_SURVIVES	(1 << 0)

/**
 * struct rstmem_prove_info - facts about this machine
 * @flags:	out: RSTMEM_PROVE_SURVIVES
 * @bits:	out: width of a physical address
 */
struct rstmem_prove_info {
	__u32 flags;
	__u32 bits;
};

/**
 * struct rstmem_prove_aim - choose the page, once for each open file
 * @fd:		in: a dma-buf of restricted memory; -1: a new page of normal memory, which
 *		begins with @pattern
 * @bit:	in: N to add 2^N to the address, or 0
 * @offset:	in: bytes from the start of the buffer, whole pages; inside the buffer, or
 *		with @bit 0 at most RSTMEM_PROVE_NEAR outside
 * @pattern:	in: what to look for
 * @addr:	out: physical address of the page
 * @is_ram:	out: 1 when the page is RAM of the kernel
 * @pad:	in: 0
 *
 * Errors: EBUSY when the file has a page; EINVAL for a dma-buf of other memory, and for
 * values that make no sense; ERANGE when the machine has no such address.
 */
struct rstmem_prove_aim {
	__s32 fd;
	__u32 bit;
	__s64 offset;
	__u8 pattern[RSTMEM_PROVE_PATTERN];
	__u64 addr;
	__u32 is_ram;
	__u32 pad;
};

/* Ways for the kernel to look. */
#define RSTMEM_PROVE_UNCACHED	0	/* loads through an uncached mapping */
#define RSTMEM_PROVE_CACHED	1	/* loads through a cached mapping */
#define RSTMEM_PROVE_ENGINE	2	/* a DMA engine copies */

/* Content at the start of the page. */
#define RSTMEM_PROVE_SEES_OTHER		0
#define RSTMEM_PROVE_SEES_PATTERN	1
#define RSTMEM_PROVE_SEES_ZEROS		2
#define RSTMEM_PROVE_SEES_ONES		3

/**
 * struct rstmem_prove_look - have the kernel look
 * @way:	in: a way
 * @engine:	in: number of the DMA engine, from 0 on
 * @sees:	out: RSTMEM_PROVE_SEES_*
 * @pad:	in: 0
 * @name:	out: name of the DMA engine
 *
 * Errors: EFAULT when the bus refuses the load and the kernel survives; ENXIO when there is no
 * such DMA engine; EOPNOTSUPP for an uncached mapping of RAM; ENOMEM when the kernel cannot
 * map the page; errors of the DMA engine. Without RSTMEM_PROVE_SURVIVES, a load that the bus
 * refuses is a fault of the kernel, which ends the process at best.
 */
struct rstmem_prove_look {
	__u32 way;
	__u32 engine;
	__u32 sees;
	__u32 pad;
	char name[32];
};

#define RSTMEM_PROVE_INFO	_IOR('e', 0x70, struct rstmem_prove_info)
#define RSTMEM_PROVE_AIM	_IOWR('e', 0x71, struct rstmem_prove_aim)
#define RSTMEM_PROVE_LOOK	_IOWR('e', 0x72, struct rstmem_prove_look)

/* Offset for mmap(). */
#define RSTMEM_PROVE_MAP_CACHED	0x100000

#endif /* _UAPI_LINUX_TEE_RSTMEM_PROVE_H */
