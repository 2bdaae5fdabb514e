/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations that the files of rip share: a victim, and methods that try to read its memory. */
#ifndef RIP_H
#define RIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PLAIN_SIZE	(64 << 10)
#define MOST_BUFFERS	16

/*
 * The target of a method: a process, its buffers, as files that hold the memory, and where
 * the memory is. The film's files are its dma-bufs; ordinary memory has a memfd as well.
 */
struct victim {
	pid_t pid;
	unsigned int num;
	int buffer[MOST_BUFFERS];
	int file;			/* to read from; -1 for the buffers */
	uint64_t addr, size;		/* in /dev/mem */
	uint32_t fb;			/* framebuffer of rstmem_ramfb */
};

/*
 * Returns 1 if it found the pattern, 0 if it got other bytes, NO_SUCH_THING if the kernel
 * lacks what the method needs, and another -errno if it was refused.
 */
struct method {
	const char *name;
	int (*run)(const struct victim *v);
};

#define NO_SUCH_THING	(-ENXIO)

/* rip.c: writes the pattern, and looks for it in memory, or in a mapping of each buffer. */
void fill(uint8_t *p, size_t size);
int look_plain(void *map, size_t size);
int map_each(const struct victim *v, int prot, int (*look)(void *map, size_t size));

/* rip_kms.c: methods of a display that is a DRM/KMS driver. */
extern const struct method kms_methods[];
extern const unsigned int kms_count;

/* Opens the display. Returns whether it is a DRM/KMS driver. */
bool kms_open(void);

/* Returns the framebuffer on the display, and one with the pattern in ordinary memory. */
uint32_t kms_shown(void);
uint32_t kms_plain(void);

#endif /* RIP_H */
