/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that have restricted memory: a backend, seen from the core. */
#ifndef _RSTMEM_DEVICE_H
#define _RSTMEM_DEVICE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/tee_rstmem.h>

#include "../heap/node.h"
#include "number.h"

struct file;
struct rstmem_account;
struct rstmem_buffer;

/**
 * struct rstmem_id - the id of a buffer in the context that asked for it
 * @number:	the id; its value is 0 when there is none, or no longer
 * @node:	among the ids of the context
 * @handle:	what the TEE core knows it by, NULL as long as it does not
 *
 * Part of the buffer. All of it is for who implements struct rstmem_id_ops, but that
 * @number.value starts as 0.
 */
struct rstmem_id {
	struct rstmem_number number;
	struct hlist_node node;
	void *handle;
};

/**
 * struct rstmem_id_ops - names for buffers in TEE contexts
 * @bind:	give @buf an id in @ctx that lasts as long as the dma-buf: once at
 *		most. Called with that held. Returns the id, above 0, or -errno.
 * @register_file: give @buf an id in @ctx, into the int, that lasts as long as the
 *		file it returns, and keeps @buf. Called with a reference to
 *		@buf held. Returns ERR_PTR on failure.
 * @drop:	take the id that @bind gave @buf back, if it did; its dma-buf is
 *		being released. Calls that were given one before keep the buffer
 *		until they end.
 * @release:	the device is being released; its id_data is not used again
 *
 * Implemented by whoever keeps the ids of the TEE core.
 */
struct rstmem_id_ops {
	int (*bind)(struct tee_context *ctx, struct rstmem_buffer *buf);
	struct file *(*register_file)(struct tee_context *ctx,
				      struct rstmem_buffer *buf, int *id);
	void (*drop)(struct rstmem_buffer *buf);
	void (*release)(void *id_data);
};

/**
 * struct tee_rstmem_device - restricted memory of a TEE device
 * @ref:	one for the registration and for each ongoing call, and, once the
 *		accounts are stopped, for each buffer
 * @ops:	the backend
 * @id_ops:	where ids come from
 * @id_data:	for @id_ops, which release it
 * @use_cases:	bit N: use case N is offered
 * @accounts:	of each of these, by its number
 * @ctx:	what the backend's ops are given; pins the struct tee_device
 * @node:	in the list of devices; changed under that list's lock, read under
 *		rstmem_calls
 * @gone:	no new allocation; set once, read under rstmem_calls
 * @rcu:	frees the device when no reader of the graft's pointer is left
 */
struct tee_rstmem_device {
	struct kref ref;
	const struct tee_rstmem_ops *ops;
	const struct rstmem_id_ops *id_ops;
	void *id_data;
	u64 use_cases;
	struct rstmem_account *accounts[TEE_IOC_UC_MAX + 1];
	struct tee_context ctx;
	struct list_head node;
	bool gone;
	struct rcu_head rcu;
};

struct tee_rstmem_device *
rstmem_device_create(struct tee_device *teedev, const struct tee_rstmem_ops *ops,
		     u64 use_cases, void *data);
void rstmem_device_destroy(struct tee_rstmem_device *rdev);
int rstmem_device_start(struct tee_rstmem_device *rdev);
void rstmem_device_stop(struct tee_rstmem_device *rdev);
void rstmem_device_wait(void);
void rstmem_device_put(struct tee_rstmem_device *rdev);

/**
 * rstmem_device_call_begin() - about to call rstmem_alloc or rstmem_query
 *
 * Enters rstmem_calls, in which who looks for a device is as well, and a heap's
 * allocation from the start.
 *
 * To be followed by a look at rstmem_device_gone(). Up to rstmem_device_call_end()
 * a device that is found does not go away. Removal waits for that, so user space
 * must not be able to prolong it.
 *
 * Return: a token for rstmem_device_call_end(), which must follow.
 */
static inline int rstmem_device_call_begin(void)
	__acquires(&rstmem_calls)
{
	return srcu_read_lock(&rstmem_calls);
}

/**
 * rstmem_device_call_end() - the call returned, or was not made
 * @token:	from rstmem_device_call_begin()
 */
static inline void rstmem_device_call_end(int token)
	__releases(&rstmem_calls)
{
	srcu_read_unlock(&rstmem_calls, token);
}

/**
 * rstmem_device_gone() - whether a device is being removed
 * @rdev:	the device; the caller has a reference
 *
 * Return: true when its backend must not be called for anything new. When it is
 * false after rstmem_device_call_begin(), rstmem_device_stop() waits for
 * rstmem_device_call_end().
 */
static inline bool rstmem_device_gone(const struct tee_rstmem_device *rdev)
{
	return READ_ONCE(rdev->gone);
}

/**
 * rstmem_device_check() - whether a device offers a use case
 * @rdev:	the device
 * @use_case:	any number
 *
 * Return: 0, -EINVAL when it does not, -EOPNOTSUPP when it offers none at all.
 */
static inline int rstmem_device_check(const struct tee_rstmem_device *rdev,
				      u32 use_case)
{
	if (!rdev->use_cases)
		return -EOPNOTSUPP;
	if (use_case > TEE_IOC_UC_MAX || !(rdev->use_cases & BIT_ULL(use_case)))
		return -EINVAL;
	return 0;
}

struct tee_rstmem_device *rstmem_device_find(const struct tee_device *teedev,
					     u32 use_case);

#endif /* _RSTMEM_DEVICE_H */
