/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts about the guest's kernel, for test programs. */
#ifndef _TESTS_GUEST_H
#define _TESTS_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Returns whether the kernel is at least of this release. Only for changes of the ABI that
 * cannot be seen otherwise.
 */
bool guest_since(int version, int patchlevel);

/* Returns the number in a file of sysfs or procfs, or -errno. */
int guest_number(const char *path);

/*
 * Returns the number of references to algorithms of the crypto API. Each session of
 * softtee's cipher and digest services holds one, so the number shows leaked sessions.
 */
int guest_crypto_users(void);

/* Returns whether /proc/self/fdinfo has this line for a descriptor. */
bool guest_fdinfo_has(int fd, const char *line);

/*
 * Reads at most a page of physical memory through a mapping of /dev/mem, in a process of
 * its own. Returns 0, -errno if the mapping fails, or the signal that ended the process.
 */
int guest_devmem(uint64_t addr, void *data, size_t size);

/* Returns a dma-buf of a page of normal memory. Bails out on failure. */
int guest_udmabuf(void);

/*
 * Returns the address of softtee's first pool. No driver uses the memory without struct
 * pages that begins 80 MiB above it, see lab/boards.
 */
uint64_t guest_carveout(void);

/* Returns a number of /proc/meminfo, in bytes. Bails out without it. */
uint64_t guest_meminfo(const char *key);

/*
 * Waits until no buffer is being freed: a backend may clear buffers after they are closed, and
 * they count as used until then. Bails out after a minute.
 */
void guest_settle(void);

/* Returns whether /proc/iomem has an entry of this name at @addr. */
bool guest_iomem_has(uint64_t addr, const char *name);

/*
 * Binds the calling thread to @cpu. Returns 0 or -errno: -EINVAL for a CPU that does not
 * exist.
 */
int guest_run_on(int cpu);

/* Writes @text to the file at @path, emptied first where it can be. Returns 0 or -errno. */
int guest_write(const char *path, const char *text);

/* Sets the time that an allocation waits for growth, ms. */
void guest_set_wait_ms(const char *ms);

/*
 * Suspends to idle for ten seconds. A board that its clock cannot wake goes through the first
 * part of that only, which stops all tasks. Returns 0 or -errno; -EOPNOTSUPP when the kernel
 * cannot do that part alone.
 */
int guest_suspend(void);

/*
 * Tells the lab that modules stay in use on purpose. It does not unload them at the end of
 * this guest, and does not see their leaks.
 */
void guest_keep_modules(void);

#endif
