/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices: a backend as the core sees it, and the use cases that it offers. */
#ifndef _RSTMEM_DEVICE_H
#define _RSTMEM_DEVICE_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/tee_rstmem.h>

#include "account.h"
#include "policy.h"

struct file;
struct rstmem_buffer;

/* Reasons for a refusal; sysfs has a file for each. */
enum rstmem_failure {
	RSTMEM_FAILURE_NO_MEMORY,	/* pool or kernel has no room */
	RSTMEM_FAILURE_LIMIT,		/* over a limit */
	RSTMEM_FAILURE_BACKEND,		/* any other error of the backend */
	RSTMEM_FAILURE_IMPORTER,	/* device not in the list */
	RSTMEM_FAILURE_REACH,		/* device needs a copy to reach the buffer */
	RSTMEM_FAILURES
};

/**
 * struct rstmem_offer - a use case that a device offers
 * @dev:	device of class rstmem, in sysfs while @rdev is plugged. A reference to @dev
 *		is a reference to the offer. The name is the name of the TEE device and
 *		of the use case, for example "tee0,secure-video"
 * @rdev:	the device; valid while @dev is in sysfs or a buffer lives
 * @use_case:	TEE_IOC_UC_*
 * @exporter:	exp_name of dma-bufs: "rstmem," and the name or number of the use case
 * @granule:	bytes, a power of two; sizes are rounded up to a multiple
 * @own:	account of memory that is not shared with an earlier offer
 * @tally:	sums over the buffers of this use case, in @own or the account of the
 *		earlier offer
 * @policy:	devices that may import
 * @elastic:	pool that grows, or NULL
 * @failures:	number of refusals, by reason
 */
struct rstmem_offer {
	struct device dev;
	struct tee_rstmem_device *rdev;
	u32 use_case;
	char exporter[32];
	u64 granule;
	struct rstmem_account own;
	struct rstmem_tally tally;
	struct rstmem_policy policy;
	struct tee_rstmem_pool *elastic;
	atomic64_t failures[RSTMEM_FAILURES];
};

/**
 * struct rstmem_id_ops - names for buffers in TEE contexts
 * @create:	give @buf an id in @ctx that ends with the dma-buf. Called at most once for
 *		a buffer. The caller holds the dma-buf. Returns the id, above 0, or -errno.
 * @register_file: give @buf an id in @ctx, and store the id at @id. Returns a file,
 *		which ends the id when it is released, or ERR_PTR. The caller has a
 *		reference to @buf.
 * @end:	end the id that @create gave @buf, if it has not ended
 * @release:	the device is being released; @id_data is not used again
 *
 * An id holds a reference to @buf. No call finds an id that has ended. A call that found
 * the id earlier keeps the buffer alive until it returns.
 *
 * The core calls the TEE core's side through these operations. The TEE core's side calls
 * rstmem_device_create(), rstmem_plug() and rstmem_ioctl().
 */
struct rstmem_id_ops {
	int (*create)(struct tee_context *ctx, struct rstmem_buffer *buf);
	struct file *(*register_file)(struct tee_context *ctx,
				      struct rstmem_buffer *buf, int *id);
	void (*end)(struct rstmem_buffer *buf);
	void (*release)(void *id_data);
};

/**
 * struct tee_rstmem_device - restricted memory of a TEE device
 * @ref:	one for the registration, one for each buffer, one for each call that
 *		uses the device
 * @ops:	the backend
 * @id_ops:	source of ids
 * @id_data:	for @id_ops, which release it
 * @use_cases:	mask of offered use cases: bit N for use case N
 * @offers:	offered use cases, by number
 * @ctx:	first argument of the backend's ops; pins the struct tee_device
 * @node:	in the list of plugged devices, SRCU
 * @free_later:	buffers are freed by the work queue; constant
 * @freeing:	number of buffers that the work queue has not freed yet
 * @unplugged:	no call of the backend begins, except for rstmem_free and release; set
 *		once
 */
struct tee_rstmem_device {
	struct kref ref;
	const struct tee_rstmem_ops *ops;
	const struct rstmem_id_ops *id_ops;
	void *id_data;
	u64 use_cases;
	struct rstmem_offer *offers[TEE_IOC_UC_MAX + 1];
	struct tee_context ctx;
	struct list_head node;
	bool free_later;
	atomic_t freeing;
	bool unplugged;
};

struct tee_rstmem_device *
rstmem_device_create(struct tee_device *teedev, const struct tee_rstmem_desc *desc,
		     void *data);
void rstmem_device_plug(struct tee_rstmem_device *rdev);
void rstmem_device_unplug(struct tee_rstmem_device *rdev);
void rstmem_device_put(struct tee_rstmem_device *rdev);

struct tee_rstmem_device *rstmem_device_enter(const struct tee_device *teedev,
					      u32 use_case, int *idx);
void rstmem_device_exit(int idx);
bool rstmem_device_exists(const struct tee_device *teedev, u64 *use_cases);
void rstmem_device_usage(struct tee_rstmem_device *rdev, u32 use_case,
			 struct tee_rstmem_usage *usage);
int rstmem_room(void);
int rstmem_room_wait(int seen, unsigned long end, bool freezable);
struct rstmem_offer *rstmem_device_offer(const struct tee_rstmem_device *rdev,
					 u32 use_case);
void rstmem_offer_refused(struct rstmem_offer *offer, int error);

/**
 * rstmem_device_is_unplugged() - check whether a device is being removed
 * @rdev:	the device; the caller has a reference
 *
 * The answer is a hint and may change at once.
 *
 * Return: true when the device serves no new allocations.
 */
static inline bool rstmem_device_is_unplugged(const struct tee_rstmem_device *rdev)
{
	return READ_ONCE(rdev->unplugged);
}

#endif /* _RSTMEM_DEVICE_H */
