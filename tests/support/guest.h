/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest's kernel tells of itself, for test programs. */
#ifndef _TESTS_GUEST_H
#define _TESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether the kernel is at least as new as this release: for what the kernel
 * changed in its ABI and does not tell otherwise.
 */
bool guest_since(int version, int patchlevel);

/* The number in a file of sysfs or procfs, or -errno. */
int guest_number(const char *path);

/*
 * References to all of the crypto API's algorithms, by those who use them. Sessions of
 * softtee's cipher and digest services hold one each, so this shows whether sessions
 * are left.
 */
int guest_crypto_users(void);

/* Whether /proc/self/fdinfo has a line for one of the program's descriptors. */
bool guest_fdinfo_has(int fd, const char *line);

/*
 * Reads at most a page of physical memory through a mapping of /dev/mem, in a process
 * of its own. Returns 0, -errno if it cannot be mapped, or the signal that ended it.
 */
int guest_devmem(uint64_t addr, void *data, size_t size);

/* A dma-buf of a page that is not restricted; bails out when there is none. */
int guest_udmabuf(void);

/*
 * Where softtee's first pool is. From 80 MiB on behind it, memory without struct
 * pages goes on that is nobody's, see lab/boards.
 */
uint64_t guest_carveout(void);

/*
 * Has the calling thread run on @cpu from now on. Returns 0, or -errno: -EINVAL when
 * there is none of that number.
 */
int guest_run_on(int cpu);

/*
 * Tell the lab that modules stay in use on purpose: it does not unload them at the end
 * of this guest, so it finds no leak of theirs either.
 */
void guest_keep_modules(void);

#endif
