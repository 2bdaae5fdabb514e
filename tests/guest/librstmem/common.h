/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the tests of librstmem. */
#ifndef _TESTS_COMMON_H
#define _TESTS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rstmem.h>

#include "../../support/ktap.h"
#include "../../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define NOBODY	65534

#define HEAP_DIR	"/dev/dma_heap"
#define VIDEO_HEAP	HEAP_DIR "/protected,secure-video"
#define UI_HEAP		HEAP_DIR "/protected,trusted-ui"
#define RECORD_HEAP	HEAP_DIR "/protected,secure-video-record"
/* A heap of the kernel's own framework, with normal memory. */
#define SYSTEM_HEAP	HEAP_DIR "/system"

int count_fds(void);

/* Bail out on failure. */
struct rstmem *open_device(const char *path);
struct rstmem *open_via(const char *path, enum rstmem_via via);

/* Bytes that are allocated for VIDEO. */
uint64_t used(struct rstmem *dev);

/* Open and close. Return the error, and check *dev. */
int try_open(const char *path);
int try_via(const char *path, enum rstmem_via via);
/* Returns the way of a device, found by path or search, or -errno. */
int way(const char *path);

/* Returns whether an allocation fails with @error and leaves *buf as documented. */
bool fails(struct rstmem *dev, uint32_t use_case, uint64_t size, uint32_t flags,
	   int error);

/* Runs @run in a child, which cannot undo it. Returns its result, 0 to 255. */
int in_child(int (*run)(struct rstmem *dev), struct rstmem *dev);
void become_nobody(void);
void write_file(const char *path, const char *text);

/* Makes a node of the device at @same_as, in place of an older one. */
void make_node(const char *path, const char *same_as, int mode);

/* heap.c: use cases of the heap at @path or, with NULL, of all; 0 for none */
uint64_t offered(const char *path);
/* Returns whether heaps can say that they have no device; the framework's cannot. */
bool heaps_tell(void);
void test_heaps(void);
void test_alloc_from_heaps(struct rstmem *watch);

/* account.c */
void test_accounts(struct rstmem *dev);

/* registration.c: returns whether a registration fails with @error, as documented */
bool unregistrable(struct rstmem *dev, int fd, uint32_t flags, int error);
void test_register(struct rstmem *dev);

/* session.c: SHA-256 of the first bytes of the memory with an id, by the TEE; 0 or -errno */
int session_digest(struct rstmem *dev, int32_t id, uint64_t size, uint8_t digest[32]);
void test_sessions(struct rstmem *dev);

/* inspect.c: members known when /proc was read, or a TEE device asked */
#define READ	(RSTMEM_INFO_SIZE | RSTMEM_INFO_USE_CASE)
#define ASKED	(READ | RSTMEM_INFO_FLAGS | RSTMEM_INFO_DEVICE)
/* Returns whether an inspection gives exactly this; @pid 0 is the calling process. */
bool inspected(int pid, int fd, uint32_t known, uint64_t size, uint32_t use_case,
	       int32_t device);
void test_inspect(struct rstmem *dev);
void test_inspect_process(struct rstmem *dev);

#endif
