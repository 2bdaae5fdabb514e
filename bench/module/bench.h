/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Definitions that the benchmark's program and its modules share. */
#ifndef _RSTMEM_BENCH_H
#define _RSTMEM_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The TEE device of bench_rstmem, and the use case of its second pool. */
#define BENCH_IMPL_ID	0x6265
#define BENCH_USE_CASE	16

/* The TEE device of bench_mainline. */
#define BENCH_MAINLINE_IMPL_ID	0x6266

/**
 * struct bench_import - cost of an importer inside the kernel
 * @fd:		in: a dma-buf
 * @rounds:	in: how often, not 0
 * @all:	out: attach, map, unmap and detach
 * @map:	out: map of a buffer that is attached, and has been mapped before
 * @unmap:	out: unmap of the same
 *
 * In the clock's units, the smallest of all rounds.
 */
struct bench_import {
	__s32 fd;
	__u32 rounds;
	__u64 all;
	__u64 map;
	__u64 unmap;
};

/* The ioctl of /dev/bench_import. */
#define BENCH_IMPORT	_IOWR('b', 0, struct bench_import)

#endif /* _RSTMEM_BENCH_H */
