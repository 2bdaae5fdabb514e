/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts in sysfs and buffers in debugfs, for test programs. */
#ifndef _TESTS_ACCOUNT_H
#define _TESTS_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#define VIDEO_ACCOUNT	"tee0,secure-video"

/* Returns the number in /sys/class/rstmem/ACCOUNT/NAME. Bails out without one. */
uint64_t account_number(const char *account, const char *name);

/* Writes /sys/class/rstmem/ACCOUNT/NAME. Returns 0 or -errno. */
int account_write(const char *account, const char *name, const char *text);

/* Reads /sys/class/rstmem/ACCOUNT/NAME, without the line feed at its end. */
void account_read(const char *account, const char *name, char *text,
		  unsigned int size);

/* A line of debugfs's rstmem/buffers. */
struct account_buffer {
	bool has_ino;
	unsigned long ino;
	char account[48];
	uint64_t size;
	uint64_t age_ms;
	char uid[16];
	int pid;
	char comm[64];
	unsigned int refs;
	char importers[128];
	int gone;
};

/*
 * Calls @each for every line until it returns false. Returns the number of lines. Bails
 * out on a malformed line.
 */
unsigned int account_buffers(bool (*each)(const struct account_buffer *buf,
					  void *arg), void *arg);

/* Finds the line of the dma-buf behind a descriptor. Returns whether it exists. */
bool account_find(int fd, struct account_buffer *buf);

#endif
