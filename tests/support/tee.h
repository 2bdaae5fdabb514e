/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of TEE devices for test programs. The wrappers are thin, so that a test sees
 * the kernel's behaviour. Functions return the result of the ioctl, or -errno.
 */
#ifndef _TESTS_TEE_H
#define _TESTS_TEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/tee.h>
#include <linux/tee_rstmem.h>

#define SOFTTEE_IMPL_ID	0x7374
#define FAKE_IMPL_ID	0x6661

#define KIB	1024UL
#define MIB	(1024UL * KIB)

/* Opens the first TEE device of an implementation. Bails out without one. */
int tee_open(uint32_t impl_id);

/* TEE_IOC_RSTMEM_ALLOC; *@id may be NULL. Returns the dma-buf. */
int tee_rstmem(int tee, uint32_t use_case, uint64_t size, int *id);

/*
 * TEE_IOC_SHM_REGISTER_FD; *@id may be NULL. Returns the registration's
 * descriptor.
 */
int tee_register_fd(int tee, int64_t fd, int *id);

/* TEE_IOC_RSTMEM_FD_INFO */
int tee_fd_info(int tee, int64_t fd, struct tee_ioctl_rstmem_fd_info *info);

/* TEE_IOC_RSTMEM_QUERY */
int tee_query(int tee, uint32_t use_case, struct tee_ioctl_rstmem_query *query);

/* Bytes and buffers in use. Bail out when the query fails. */
uint64_t tee_used(int tee, uint32_t use_case);
uint32_t tee_buffers(int tee, uint32_t use_case);

/* TEE_IOC_SHM_ALLOC: maps the memory; @fd keeps it. Bails out on failure. */
struct tee_mem {
	void *addr;
	size_t size;
	int fd;
	int id;
};

void tee_mem_alloc(int tee, size_t size, struct tee_mem *mem);
/* TEE_IOC_SHM_REGISTER of memory of the program. */
int tee_mem_register(int tee, void *addr, size_t size, struct tee_mem *mem);
void tee_mem_free(struct tee_mem *mem);

/* Parameters. */
#define TEE_NONE { .attr = TEE_IOCTL_PARAM_ATTR_TYPE_NONE }
struct tee_ioctl_param tee_in(int id, uint64_t offset, uint64_t size);
struct tee_ioctl_param tee_out(int id, uint64_t offset, uint64_t size);
struct tee_ioctl_param tee_inout(int id, uint64_t offset, uint64_t size);
struct tee_ioctl_param tee_value(uint64_t a, uint64_t b);

/* TEE_IOC_OPEN_SESSION without parameters. */
int tee_session(int tee, const uint8_t uuid[16], uint32_t *session,
		uint32_t *ret, uint32_t *origin);
int tee_close_session(int tee, uint32_t session);

/*
 * TEE_IOC_INVOKE. @params are updated. Returns -errno, or 0 and the result in
 * *@ret and *@origin, either of which may be NULL.
 */
int tee_invoke(int tee, uint32_t session, uint32_t func, uint32_t cancel_id,
	       struct tee_ioctl_param *params, unsigned int num_params,
	       uint32_t *ret, uint32_t *origin);

/* TEE_IOC_INVOKE. Returns the result of the TEE. Bails out on failure. */
uint32_t tee_call(int tee, uint32_t session, uint32_t func,
		  struct tee_ioctl_param *params, unsigned int num_params);

/* Opens a session with a built-in service. Bails out on failure. */
uint32_t tee_service(int tee, const uint8_t uuid[16]);

/* SHA-256 of @size bytes at @offset of a buffer, by the digest service. */
uint32_t tee_digest(int tee, uint32_t session, int id, uint64_t offset,
		    uint64_t size, uint8_t digest[32]);

#endif
