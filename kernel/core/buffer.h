/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers: allocations of restricted memory, and their lifetime. */
#ifndef _RSTMEM_BUFFER_H
#define _RSTMEM_BUFFER_H

#include <linux/container_of.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/tee_rstmem.h>

#include "account.h"
#include "device.h"
#include "extent.h"

/**
 * struct rstmem_request - arguments of an allocation
 * @flags:	must be 0, no flag is defined
 * @use_case:	any number
 * @size:	bytes, any number
 * @for_user:	true: the current user pays and is limited; false: the kernel pays
 */
struct rstmem_request {
	u32 flags;
	u32 use_case;
	u64 size;
	bool for_user;
};

/**
 * struct rstmem_buffer - allocated restricted memory
 * @shm:	memory from the backend: address or pages, and size. The TEE core never
 *		sees this object
 * @ref:	one for the dma-buf, one for each id; a TEE call keeps its ids alive
 * @exported:	the dma-buf exists; set once, then cleared once; read without a lock
 * @offer:	the use case; the buffer holds a reference to its device and one to the
 *		backend's module
 * @charge:	its charge
 * @extent:	for the pool that @shm came from
 * @id:		for struct rstmem_id_ops: the id that ends with the dma-buf, or NULL
 * @flags:	flags in force
 * @pid:	process that allocated the buffer, in the initial namespace
 * @comm:	name of that process
 * @alloc_time:	time of the allocation, in jiffies
 * @ino:	inode of the dma-buf, which names the buffer across processes
 * @attachments: attached devices that have mapped the buffer, see dmabuf.h; guarded by
 *		the account's lock
 * @freeing:	in the list of buffers that the work queue frees; the account lists the
 *		buffer as well until it is free
 */
struct rstmem_buffer {
	struct tee_shm shm;
	struct kref ref;
	bool exported;
	struct rstmem_offer *offer;
	struct rstmem_charge charge;
	struct rstmem_extent extent;
	void *id;
	u32 flags;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	u64 alloc_time;
	unsigned long ino;
	struct list_head attachments;
	struct llist_node freeing;
};

/**
 * shm_to_buffer() - get the buffer around the argument of a backend's op
 * @shm:	the struct tee_shm inside a buffer, no other
 *
 * Return: the buffer.
 */
static inline struct rstmem_buffer *shm_to_buffer(struct tee_shm *shm)
{
	return container_of(shm, struct rstmem_buffer, shm);
}

/**
 * charge_to_buffer() - get the buffer around a charge
 * @charge:	the charge of a buffer
 *
 * Return: the buffer.
 */
static inline const struct rstmem_buffer *
charge_to_buffer(const struct rstmem_charge *charge)
{
	return container_of_const(charge, struct rstmem_buffer, charge);
}

/**
 * rstmem_buffer_name() - get the name of a buffer's use case in sysfs and in the log
 * @buf:	the buffer
 *
 * Return: the name, which stays while the buffer lives.
 */
static inline const char *rstmem_buffer_name(const struct rstmem_buffer *buf)
{
	return dev_name(&buf->offer->dev);
}

/**
 * rstmem_buffer_get() - take a reference
 * @buf:	the buffer; the caller has a reference
 *
 * Return: @buf.
 */
static inline struct rstmem_buffer *rstmem_buffer_get(struct rstmem_buffer *buf)
{
	kref_get(&buf->ref);
	return buf;
}

int rstmem_buffer_init(void);
void rstmem_buffer_exit(void);
void rstmem_buffer_flush(void);

struct rstmem_buffer *rstmem_buffer_alloc(const struct tee_device *teedev,
					  const struct rstmem_request *req);
void rstmem_buffer_put(struct rstmem_buffer *buf);
void rstmem_buffer_info(const struct rstmem_buffer *buf,
			struct tee_rstmem_info *info);
size_t rstmem_buffer_run(const struct rstmem_buffer *buf, size_t offset,
			 phys_addr_t *paddr);

#endif /* _RSTMEM_BUFFER_H */
