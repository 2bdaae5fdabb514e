/* SPDX-License-Identifier: GPL-2.0-only */
/* softtee's elastic pool, and a process that works in its RAM. */
#ifndef _ELASTIC_POOL_H
#define _ELASTIC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define FLOOR	(64 * MIB)
#define BLOCK	(128 * MIB)
#define BLOCKS	4
#define FRAME	(12 * MIB)
#define FRAMES	40
#define PAGE	4096UL

/* As lab/boards sets memory aside. */
#ifdef __aarch64__
#define POOL	"64M@0xc0000000"
#define START	0xc8000000ULL
#else
#define POOL	"64M@0x10000000"
#define START	0x108000000ULL
#endif

/* The TEE device. */
extern int dev;

/* A number of the pool in sysfs. */
uint64_t elastic(const char *name);
void set(const char *name, uint64_t value);
double seconds(void);
/* Wait up to five minutes until a number of the pool has a value, or a larger one. */
bool reaches(const char *name, uint64_t value);
bool exceeds(const char *name, uint64_t value);
/* Bytes of RAM that the kernel has. */
uint64_t ram(void);
/* Loads softtee with all blocks, and waits until they are RAM. */
void load(const char *pool, const char *more);
/* Loads softtee with @size bytes of blocks and no floor, and waits in the same way. */
void load_blocks(uint64_t size, const char *more);
bool unload(void);

/*
 * Returns the address of a block in a state, as sysfs names it, other than the one at
 * @besides. Bails out without one.
 */
uint64_t block_in(const char *state, uint64_t besides);

int frame(void);
/* Fills the floor, so that the next buffer needs a block. Returns the number of buffers. */
int fill_floor(int *buf);
void close_all(int *buf, int count);

/* Makes a function return @result and do nothing else, and ends that. */
void failing(const char *function, int result);
void working(void);

/* A process that works in memory: its data must be there until it is asked. */
struct worker {
	pid_t pid;
	int ask, answer;
};

void worker_start(struct worker *worker, size_t size);
/* Returns whether all its memory was intact. */
bool worker_end(struct worker *worker);

#endif
