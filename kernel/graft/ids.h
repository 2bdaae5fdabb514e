/* SPDX-License-Identifier: GPL-2.0-only */
/* Ids: restricted buffers in TEE contexts, for &struct rstmem_id_ops. */
#ifndef _RSTMEM_IDS_H
#define _RSTMEM_IDS_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/wait.h>

struct file;
struct rstmem_buffer;
struct tee_context;
struct tee_device;
struct tee_shm;

/**
 * struct rstmem_ids - the ids of a device; &tee_rstmem_device.id_data points to it
 * @teedev:	the device
 * @stopped:	no new ids; guarded by the device's mutex
 * @count:	ids that the TEE core has not yet freed
 * @drained:	woken when @count becomes 0
 */
struct rstmem_ids {
	struct tee_device *teedev;
	bool stopped;
	atomic_t count;
	wait_queue_head_t drained;
};

void rstmem_ids_init(struct rstmem_ids *ids, struct tee_device *teedev);
void rstmem_ids_stop(struct rstmem_ids *ids);
void rstmem_ids_report_users(struct rstmem_ids *ids);
void rstmem_ids_end_ctx(struct tee_context *ctx);

int rstmem_id_create(struct tee_context *ctx, struct rstmem_buffer *buf);
struct file *rstmem_id_register_file(struct tee_context *ctx,
				     struct rstmem_buffer *buf, int *id);
void rstmem_id_end(struct rstmem_buffer *buf);
void rstmem_id_free(struct tee_shm *shm);

#endif /* _RSTMEM_IDS_H */
