/* SPDX-License-Identifier: GPL-2.0-only */
/* Physical memory as /proc/kcore shows it, for test programs. */
#ifndef _TESTS_KCORE_H
#define _TESTS_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads physical memory. Returns the number of bytes, or -errno: -ENXIO when the file has
 * no segment of the address.
 */
ssize_t kcore_read(uint64_t addr, void *data, size_t size);

/*
 * Counts the pages of a range that begin with @data, of at most a page. Bails out when
 * nothing of the range can be read.
 */
unsigned int kcore_find(uint64_t addr, uint64_t range, const void *data, size_t size);

/* Returns the physical address of a page of the program, 0 without one. */
uint64_t kcore_address(const void *page);

/* Returns whether kcore_find() finds @data of the program, which is in a page of its own. */
bool kcore_has_own(const void *data, size_t size);

#endif
