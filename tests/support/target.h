/* SPDX-License-Identifier: GPL-2.0-only */
/* The TEE under test: softtee or OP-TEE, with its restricted memory in the lab's guests. */
#ifndef _TESTS_TARGET_H
#define _TESTS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct target - a TEE
 * @impl_id:	of TEE_IOC_VERSION
 * @name:	its name
 * @use_cases:	mask of its use cases
 * @total:	bytes for secure-video
 * @caps:	TEE_RSTMEM_CAP_*
 * @open:	address of memory outside the kernel that any bus master may read:
 *		firmware, or the memory that OP-TEE shares
 * @death:	the signal that ends a process that reads its memory
 * @devices:	its firewall keeps devices out
 * @driver:	its driver, below /sys/bus/platform/drivers
 * @device:	the driver's device
 * @soft:	it runs in the kernel, and its sessions can be counted
 */
struct target {
	uint32_t impl_id;
	const char *name;
	uint64_t use_cases;
	uint64_t total;
	uint32_t caps;
	uint64_t open;
	int death;
	bool devices;
	const char *driver;
	const char *device;
	bool soft;
};

/* Returns the TEE of this guest. Bails out without one. */
const struct target *target(void);

/* Opens its device. Bails out on failure. */
int target_open(void);

/* Returns whether it offers a use case. */
bool target_offers(uint32_t use_case);

/* Returns its use case number @n, counted modulo their number. */
uint32_t target_use_case(unsigned int n);

/* Returns whether the TEE keeps the CPU from reading a buffer. */
bool target_protects(void);

/*
 * Unbind the device from its driver, like a removal of the hardware, and bind it again.
 * OP-TEE's supplicant keeps a file open: it is stopped before, and started afterwards.
 * Return 0 or -errno.
 */
int target_remove(void);
int target_return(void);

/* Ends OP-TEE's supplicant and starts it again. Returns 0 or -errno. */
int target_restart(void);

#endif
