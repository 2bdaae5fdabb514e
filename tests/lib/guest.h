/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest's kernel tells of itself, for test programs. */
#ifndef _TESTS_GUEST_H
#define _TESTS_GUEST_H

#include <stdbool.h>

/* The number in a file of sysfs or procfs, or -errno. */
int guest_number(const char *path);

/*
 * References to all of the crypto API's algorithms. Sessions of softtee's cipher
 * and digest services hold one each, so this shows whether sessions are left.
 */
int guest_crypto_users(void);

/* Whether /proc/self/fdinfo has a line for one of the program's descriptors. */
bool guest_fdinfo_has(int fd, const char *line);

/* A dma-buf of a page that is not restricted; bails out when there is none. */
int guest_udmabuf(void);

/* Writes softtee's device to a file of its driver: "bind" or "unbind". */
int guest_softtee(const char *what);

#endif
