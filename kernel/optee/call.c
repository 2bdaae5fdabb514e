// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to OP-TEE that no function of the TEE core sends. They are yielding calls: the
 * secure world may interrupt such a call, and may make requests to this kernel during it.
 *
 * The stock driver makes such calls. It queues them for OP-TEE's threads. A call that waits
 * for another call sleeps in the stock driver. If the other call bypassed the driver, its
 * request to wake the sleeping call would be lost. So this file calls the function of the
 * stock driver. The function is static, but the driver's private data, struct optee, points
 * to struct optee_ops, whose first member points to the function. Only this file relies on
 * that: optee_call_find() checks the name of the function, and refuses any other function.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/tee_core.h>
#include <linux/tee_drv.h>
#include <linux/uaccess.h>

#include "optee.h"

#define STOCK_NAME	"optee_smc_do_call_with_arg"

/* The beginning of struct optee_ops and of struct optee of drivers/tee/optee, 6.12 to 7.3. */
struct stock_ops {
	optee_call_fn *do_call_with_arg;
};

struct stock_optee {
	struct tee_device *supp_teedev;
	struct tee_device *teedev;
	const struct stock_ops *ops;
};

/* struct optee_msg_arg of OP-TEE's ABI, core/include/optee_msg.h of OP-TEE */
struct message {
	u32 cmd;
	u32 func;
	u32 session;
	u32 cancel_id;
	u32 pad;
	u32 ret;
	u32 ret_origin;
	u32 num_params;
	struct optee_param params[];
};

static_assert(sizeof(struct message) == 32);
static_assert(sizeof(struct optee_param) == 32);

/**
 * optee_call_find() - find the stock driver's function for yielding calls
 * @ctx:	a context of its device
 *
 * Return: the function, or NULL when the driver is not one that this module knows.
 */
optee_call_fn *optee_call_find(struct tee_context *ctx)
{
	char name[sizeof(STOCK_NAME) + 16];
	struct stock_optee optee;
	struct stock_ops ops;

	if (copy_from_kernel_nofault(&optee, tee_get_drvdata(ctx->teedev),
				     sizeof(optee)) ||
	    optee.teedev != ctx->teedev ||
	    copy_from_kernel_nofault(&ops, optee.ops, sizeof(ops)))
		return NULL;
	/* "NAME [MODULE]", or only the name if the driver is built in. */
	snprintf(name, sizeof(name), "%ps", ops.do_call_with_arg);
	if (strcmp(name, STOCK_NAME) && strcmp(name, STOCK_NAME " [optee]"))
		return NULL;
	return ops.do_call_with_arg;
}

/**
 * optee_call() - send a message and wait for the answer
 * @ctx:	a context of OP-TEE's device
 * @fn:		from optee_call_find()
 * @cmd:	the message
 * @params:	in and out: its parameters
 * @count:	number of @params
 * @ret:	out: OP-TEE's result, TEEC_*
 *
 * The stock driver's function handles OP-TEE's requests during the call. May sleep.
 *
 * Return: 0 when OP-TEE answered; -ENOMEM when nothing was sent; -EIO when it is
 * unknown whether OP-TEE acted on the message.
 */
int optee_call(struct tee_context *ctx, optee_call_fn *fn, u32 cmd,
	       struct optee_param *params, unsigned int count, u32 *ret)
{
	struct message *msg;
	struct tee_shm *shm;
	int rc;

	/* OP-TEE's own requests use the space behind the message. */
	shm = tee_shm_alloc_priv_buf(ctx, PAGE_SIZE);
	if (IS_ERR(shm))
		return -ENOMEM;
	msg = tee_shm_get_va(shm, 0);
	memset(msg, 0, PAGE_SIZE);
	msg->cmd = cmd;
	msg->num_params = count;
	memcpy(msg->params, params, count * sizeof(*params));
	rc = fn(ctx, shm, 0, false);
	memcpy(params, msg->params, count * sizeof(*params));
	*ret = msg->ret;
	tee_shm_free(shm);
	return rc ? -EIO : 0;
}
