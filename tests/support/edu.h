/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/rstmem_edu for test programs. Functions return 0 or -errno. */
#ifndef _TESTS_EDU_H
#define _TESTS_EDU_H

#include <stddef.h>
#include <stdint.h>

#include "../modules/rstmem_edu.h"

/* Opens the device. Bails out without one. */
int edu_open(void);
int edu_mask(int edu, uint32_t bits);

/*
 * Sets the initial DMA mask of the driver, and returns its number of bits. It does not
 * reach the carveouts of the lab's guests.
 */
uint32_t edu_least_mask(int edu);
/* @map may be NULL. */
int edu_map(int edu, int buf, uint32_t dir, struct rstmem_edu_map *map);
int edu_unmap(int edu);
int edu_read(int edu, uint64_t offset, void *data, size_t size);
int edu_write(int edu, uint64_t offset, const void *data, size_t size);
int edu_read_raw(int edu, uint64_t addr, void *data, size_t size);
int edu_info(int edu, int buf, uint32_t *use_case, uint64_t *size);
int edu_vmap(int edu, int buf);
/* Maps a buffer for a device of the device tree; -ENODEV without one. */
int edu_map_of(int edu, int buf, const char *compatible);

#endif
