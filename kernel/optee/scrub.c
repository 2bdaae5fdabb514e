// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clearing OP-TEE's memory. The kernel cannot write to it. So the project's trusted
 * application "copy" clears the memory, in a session of the kernel.
 *
 * The session begins with the first allocation, because OP-TEE needs tee-supplicant to load
 * the application. All of OP-TEE's own memory is cleared then: OP-TEE has not cleared it, and
 * buffers may have been freed when there was no device. From then on the session does not
 * need tee-supplicant.
 */
#define pr_fmt(fmt) "optee_rstmem: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/tee_drv.h>
#include <linux/tee_rstmem.h>
#include <tee_gp.h>
#include <uapi/linux/tee_rstmem_services.h>

#include "optee.h"

/* Bytes that one call clears. OP-TEE maps them for the application. */
#define CLEAR_AT_ONCE	SZ_1M

/* Attempts to clear a buffer, and the time between them. */
#define ATTEMPTS	6
#define RETRY_MS	1000

/* After an error, allocations fail for this time, so that all that wait get the error. */
#define ERROR_LASTS	(HZ / 10)

/* Open the session, unless it is open. */
static int session_open(struct optee_scrub *scrub)
{
	static const u8 uuid[] = RSTMEM_SVC_COPY_UUID;
	struct tee_ioctl_open_session_arg arg = {
		.clnt_login = TEE_IOCTL_LOGIN_PUBLIC,
	};
	int rc;

	lockdep_assert_held(&scrub->lock);

	if (scrub->open)
		return 0;
	if (!scrub->ctx)
		return -ENODEV;
	static_assert(sizeof(uuid) == sizeof(arg.uuid));
	memcpy(arg.uuid, uuid, sizeof(uuid));
	rc = tee_client_open_session(scrub->ctx, &arg, NULL);
	if (rc || arg.ret) {
		pr_err_ratelimited("no session with the service that clears memory: error %d, TEE result 0x%x; start tee-supplicant, with %pUb.ta in its directory, or load the module with scrub=0\n",
				   rc, arg.ret, uuid);
		return -ECOMM;
	}
	scrub->session = arg.session;
	scrub->open = true;
	return 0;
}

static void session_close(struct optee_scrub *scrub)
{
	lockdep_assert_held(&scrub->lock);

	WRITE_ONCE(scrub->ready, false);
	if (scrub->open)
		tee_client_close_session(scrub->ctx, scrub->session);
	scrub->open = false;
}

/* Have a range cleared, piece by piece. A session whose application died is closed. */
static int clear(struct optee_scrub *scrub, phys_addr_t start, u64 size)
{
	struct tee_shm shm = {
		.paddr = start,
		.size = size,
		.flags = TEE_SHM_RESTRICTED,
	};
	struct tee_ioctl_invoke_arg arg;
	struct tee_param params[4];
	u64 done;
	size_t n;
	int rc;

	lockdep_assert_held(&scrub->lock);

	for (done = 0; done < size; done += n) {
		n = min_t(u64, size - done, CLEAR_AT_ONCE);
		memset(&arg, 0, sizeof(arg));
		arg.func = RSTMEM_SVC_COPY_CLEAR;
		arg.session = scrub->session;
		arg.num_params = ARRAY_SIZE(params);
		memset(params, 0, sizeof(params));
		params[0].attr = TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT;
		params[0].u.memref.shm = &shm;
		params[0].u.memref.shm_offs = done;
		params[0].u.memref.size = n;
		rc = tee_client_invoke_func(scrub->ctx, &arg, params);
		if (!rc && !arg.ret && params[0].u.memref.size == n)
			continue;
		pr_err_ratelimited("clearing %zu bytes failed: error %d, TEE result 0x%x\n",
				   n, rc, arg.ret);
		if (!rc && arg.ret == TEEC_ERROR_TARGET_DEAD)
			session_close(scrub);
		return -EIO;
	}
	return 0;
}

/* Open the session, and clear the whole range unless it was cleared before. */
static void start(struct work_struct *work)
{
	struct optee_scrub *scrub = container_of(work, struct optee_scrub, start);
	int rc;

	mutex_lock(&scrub->lock);
	rc = session_open(scrub);
	if (!rc && !scrub->clean)
		rc = clear(scrub, scrub->range.start, scrub->range.size);
	if (!rc)
		scrub->clean = true;
	else
		session_close(scrub);
	WRITE_ONCE(scrub->error, rc);
	WRITE_ONCE(scrub->failed, jiffies);
	WRITE_ONCE(scrub->ready, !rc);
	mutex_unlock(&scrub->lock);
	tee_rstmem_room_changed();
}

/**
 * optee_scrub_init() - prepare for clearing a range
 * @scrub:	zeroed by the caller
 * @ctx:	a context of OP-TEE's device; closed by optee_scrub_end()
 * @range:	the range that OP-TEE has for buffers; size 0 if it has none
 */
void optee_scrub_init(struct optee_scrub *scrub, struct tee_context *ctx,
		      const struct optee_range *range)
{
	mutex_init(&scrub->lock);
	INIT_WORK(&scrub->start, start);
	scrub->ctx = ctx;
	scrub->range = *range;
}

/**
 * optee_scrub_start() - check that freed memory will be cleared
 * @scrub:	initialised
 *
 * Called before each allocation. Starts the session if there is none. Does not sleep.
 *
 * Return: 0; -EAGAIN while the session starts, which ends with tee_rstmem_room_changed();
 * -ENODEV after optee_scrub_end(); -ECOMM when OP-TEE cannot load the service; -EIO when
 * the service does not clear the memory.
 */
int optee_scrub_start(struct optee_scrub *scrub)
{
	unsigned long failed;
	int rc;

	if (READ_ONCE(scrub->ready))
		return 0;
	rc = READ_ONCE(scrub->error);
	failed = READ_ONCE(scrub->failed);
	if (rc && time_in_range(jiffies, failed, failed + ERROR_LASTS))
		return rc;
	/* Not on a freezable queue: the work may wait for tee-supplicant, which freezes first. */
	queue_work(system_long_wq, &scrub->start);
	return -EAGAIN;
}

/**
 * optee_scrub_clear() - clear freed memory
 * @scrub:	initialised
 * @start:	physical address
 * @size:	bytes
 *
 * After optee_scrub_end() this does nothing for OP-TEE's own memory: the next attachment
 * clears the whole range. For lent memory it fails, because no attachment will clear it and
 * the memory must not go back to the kernel. May sleep.
 *
 * Return: 0, or -errno when the memory must not be used again.
 */
int optee_scrub_clear(struct optee_scrub *scrub, phys_addr_t start, u64 size)
{
	unsigned int attempts = ATTEMPTS;
	int rc = 0;

	mutex_lock(&scrub->lock);
	while (scrub->ctx) {
		rc = session_open(scrub) ?: clear(scrub, start, size);
		if (!rc || !--attempts)
			break;
		/* OP-TEE may be short of memory, or tee-supplicant about to start. */
		mutex_unlock(&scrub->lock);
		msleep(RETRY_MS);
		mutex_lock(&scrub->lock);
	}
	if (!scrub->ctx)
		rc = scrub->range.size ? 0 : -ENODEV;
	mutex_unlock(&scrub->lock);
	return rc;
}

/**
 * optee_scrub_end() - close the session and the context
 * @scrub:	initialised
 *
 * Waits while the service clears memory, and while tee-supplicant loads the service.
 */
void optee_scrub_end(struct optee_scrub *scrub)
{
	mutex_lock(&scrub->lock);
	session_close(scrub);
	tee_client_close_context(scrub->ctx);
	scrub->ctx = NULL;
	mutex_unlock(&scrub->lock);
}

/**
 * optee_scrub_deinit() - undo optee_scrub_init()
 * @scrub:	ended; no other function is called again
 *
 * May sleep.
 */
void optee_scrub_deinit(struct optee_scrub *scrub)
{
	cancel_work_sync(&scrub->start);
	mutex_destroy(&scrub->lock);
}
