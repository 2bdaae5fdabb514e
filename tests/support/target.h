/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TEE that is tested: softtee, or OP-TEE, with the restricted memory that it has
 * in the lab's guests.
 */
#ifndef _TESTS_TARGET_H
#define _TESTS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct target - a TEE
 * @impl_id:	of TEE_IOC_VERSION
 * @name:	what it is called
 * @use_cases:	mask of those it offers
 * @total:	bytes for secure-video
 * @caps:	TEE_RSTMEM_CAP_*
 * @open:	address of memory outside the kernel's that everybody may read:
 *		firmware, what OP-TEE shares
 * @driver:	its driver, below /sys/bus/platform/drivers
 * @device:	the driver's device
 * @soft:	the kernel plays it, so that its sessions can be counted
 */
struct target {
	uint32_t impl_id;
	const char *name;
	uint64_t use_cases;
	uint64_t total;
	uint32_t caps;
	uint64_t open;
	const char *driver;
	const char *device;
	bool soft;
};

/* The one of this guest; bails out when there is none. */
const struct target *target(void);

/* Opens its device; bails out when that fails. */
int target_open(void);

/* Whether it offers a use case. */
bool target_offers(uint32_t use_case);

/* A use case that it offers; another one for another @n, if there is another. */
uint32_t target_use_case(unsigned int n);

/*
 * Whether the TEE keeps everybody else out: what is in a buffer is for it alone, and
 * a device without permission reads something else.
 */
bool target_protects(void);

/*
 * Takes the device from its driver, as removing the hardware would, and gives it back.
 * For OP-TEE the supplicant has to end first, which keeps a file open, and is started
 * again. Return 0 or -errno.
 */
int target_remove(void);
int target_return(void);

#endif
