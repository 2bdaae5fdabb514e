/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers: one allocation each, and how long it lives. */
#ifndef _RSTMEM_BUFFER_H
#define _RSTMEM_BUFFER_H

#include <linux/cache.h>
#include <linux/container_of.h>
#include <linux/dma-resv.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/tee_rstmem.h>

#include "account.h"
#include "device.h"
#include "extent.h"
#include "map.h"

struct dma_buf;

/**
 * struct rstmem_request - what somebody wants
 * @flags:	0, no flag is defined
 * @use_case:	any number
 * @size:	bytes, any number
 * @file_flags:	of the dma-buf's file: an access mode, O_CLOEXEC means nothing
 * @for_user:	the current user pays and is limited; if not, the kernel
 */
struct rstmem_request {
	u32 flags;
	u32 use_case;
	u64 size;
	unsigned int file_flags;
	bool for_user;
};

/**
 * struct rstmem_buffer - restricted memory that somebody has
 * @extent:	for the pool that @shm came from, if it keeps its books this way
 * @resv:	of the dma-buf; constructed, and as new when the buffer is freed
 * @shm:	what the backend allocated: address or pages, and size. Not an
 *		object of the TEE core, which never sees it
 * @ref:	one for the dma-buf, one for each id in a TEE context, registered
 *		or not, which calls that were given the id prolong
 * @rdev:	the device, kept by the charge; the dma-buf and every id that the TEE
 *		core knows pin its backend's module
 * @use_case:	TEE_IOC_UC_*
 * @flags:	flags in force
 * @id:		in the context that asked for it
 * @account:	of the use case; as valid as @rdev
 * @charge:	what is charged there
 * @ino:	inode of the dma-buf, which names the buffer across processes
 * @born:	when, in jiffies
 * @pid:	process that asked for it, in the initial namespace
 * @comm:	its name
 * @exported:	the dma-buf exists. Its file may be gone before, so there is no
 *		way to that from here. Guarded by the lock of the charge's book, as
 *		all below
 * @attachments: devices that are attached
 */
struct rstmem_buffer {
	struct rstmem_extent extent ____cacheline_aligned_in_smp;
	struct dma_resv resv;
	struct tee_shm shm;
	struct kref ref;
	struct tee_rstmem_device *rdev;
	u32 use_case;
	u32 flags;
	struct rstmem_id id;
	struct rstmem_account *account;
	struct rstmem_charge charge;
	unsigned long ino;
	u64 born;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool exported;
	struct list_head attachments;
};

/**
 * struct rstmem_attachment - an importer of a buffer
 * @node:	in the buffer's list, guarded by the lock of its charge's book
 * @dev:	the device
 * @map:	its mapping, if @mapped; guarded, as all that follows, by the dma-buf's
 *		reservation lock
 * @dir:	direction of @map
 * @mapped:	there is one, which may be kept while nobody uses it
 * @users:	number of dma_buf_map_attachment() not yet undone
 */
struct rstmem_attachment {
	struct list_head node;
	struct device *dev;
	struct rstmem_map map;
	enum dma_data_direction dir;
	bool mapped;
	unsigned int users;
};

/**
 * shm_to_buffer() - the buffer around what a backend's ops are given
 * @shm:	the struct tee_shm that is inside a buffer, no other
 *
 * Return: the buffer.
 */
static inline struct rstmem_buffer *shm_to_buffer(struct tee_shm *shm)
{
	return container_of(shm, struct rstmem_buffer, shm);
}

/**
 * rstmem_buffer_get() - take a reference
 * @buf:	a buffer that the caller has a reference to
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

struct rstmem_buffer *rstmem_buffer_alloc(struct tee_rstmem_device *rdev,
					  const struct rstmem_request *req);
void rstmem_buffer_put(struct rstmem_buffer *buf);
void rstmem_buffer_abandon(struct rstmem_buffer *buf);
void rstmem_buffer_info(const struct rstmem_buffer *buf,
			struct tee_rstmem_info *info);
size_t rstmem_buffer_run(const struct rstmem_buffer *buf, size_t offset,
			 phys_addr_t *paddr);

#endif /* _RSTMEM_BUFFER_H */
