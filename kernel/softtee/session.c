// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts and their sessions: open, close, invoke, cancel.
 *
 * A session is freed after it is closed and its last call has ended. Closing does not
 * wait for calls and does not stop them.
 */
#include <linux/freezer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <tee_gp.h>

#include "service.h"
#include "softtee.h"

static const struct softtee_service * const services[] = {
	&softtee_cipher,
	&softtee_copy,
	&softtee_decoder,
	&softtee_digest,
};

/**
 * struct context - softtee's state of an open file
 * @sessions:	its sessions, by id; under the array's lock, finding a session and
 *		getting a reference are one step
 */
struct context {
	struct xarray sessions;
};

/**
 * struct session - a session
 * @ref:	one until closed, one for each call
 * @service:	its service
 * @state:	state of the service; the pointer is constant, the running call owns
 *		the state
 * @calls_lock:	guards @calls and the node of each, innermost
 * @calls:	calls in order of arrival; the first runs, the others wait
 * @turn:	woken when a call leaves @calls or is cancelled
 */
struct session {
	struct kref ref;
	const struct softtee_service *service;
	void *state;
	spinlock_t calls_lock;	/* guards calls */
	struct list_head calls;
	wait_queue_head_t turn;
};

static const struct softtee_service *find_service(const u8 *uuid)
{
	int n;

	for (n = 0; n < ARRAY_SIZE(services); n++)
		if (!memcmp(&services[n]->uuid, uuid, UUID_SIZE))
			return services[n];
	return NULL;
}

/* Open a session. Returns NULL on failure, with a TEEC_ERROR_* in @ret. */
static struct session *session_create(const struct softtee_service *service,
				      u32 *ret)
{
	struct session *sess;

	sess = kzalloc(sizeof(*sess), GFP_KERNEL_ACCOUNT);
	if (!sess) {
		*ret = TEEC_ERROR_OUT_OF_MEMORY;
		return NULL;
	}
	kref_init(&sess->ref);
	sess->service = service;
	spin_lock_init(&sess->calls_lock);
	INIT_LIST_HEAD(&sess->calls);
	init_waitqueue_head(&sess->turn);

	*ret = service->open ? service->open(&sess->state) : TEEC_SUCCESS;
	if (*ret) {
		kfree(sess);
		return NULL;
	}
	return sess;
}

static void session_destroy(struct kref *ref)
{
	struct session *sess = container_of(ref, struct session, ref);

	if (sess->service->close)
		sess->service->close(sess->state);
	kfree(sess);
}

static void session_put(struct session *sess)
{
	kref_put(&sess->ref, session_destroy);
}

static struct session *session_get(struct context *c, u32 id)
{
	struct session *sess;

	xa_lock(&c->sessions);
	sess = xa_load(&c->sessions, id);
	if (sess)
		kref_get(&sess->ref);
	xa_unlock(&c->sessions);
	return sess;
}

/*
 * Fill @params with the @num_params of @param, then NONE. Parameters beyond SOFTTEE_PARAMS
 * must be NONE.
 */
static u32 params_get(struct tee_param params[SOFTTEE_PARAMS],
		      const struct tee_param *param, u32 num_params)
{
	u32 n;

	memset(params, 0, SOFTTEE_PARAMS * sizeof(*params));
	for (n = 0; n < num_params; n++) {
		if (param[n].attr & ~TEE_IOCTL_PARAM_ATTR_TYPE_MASK)
			return TEEC_ERROR_BAD_PARAMETERS;
		if (n < SOFTTEE_PARAMS)
			params[n] = param[n];
		else if (param[n].attr != TEE_IOCTL_PARAM_ATTR_TYPE_NONE)
			return TEEC_ERROR_BAD_PARAMETERS;
	}
	return TEEC_SUCCESS;
}

/**
 * softtee_context_open() - set up an opened file; the driver's operation open
 * @ctx:	its context
 *
 * The context keeps the module. The shared memory of a closed file keeps the context, and
 * softtee_exit() waits for it.
 *
 * Return: 0, -ENOMEM, or -ENODEV when the module is being unloaded.
 */
int softtee_context_open(struct tee_context *ctx)
{
	struct context *c;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	if (!try_module_get(THIS_MODULE)) {
		kfree(c);
		return -ENODEV;
	}
	xa_init_flags(&c->sessions, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	ctx->data = c;
	ctx->cap_memref_null = true;
	return 0;
}

/**
 * softtee_context_release() - clean up a closed file; the driver's operation release
 * @ctx:	its context; no call is running, and its shared memory is gone
 */
void softtee_context_release(struct tee_context *ctx)
{
	struct context *c = ctx->data;
	struct session *sess;
	unsigned long id;

	xa_for_each(&c->sessions, id, sess)
		session_put(sess);
	xa_destroy(&c->sessions);
	kfree(c);
	/* softtee_exit() still waits, for the reference to the device that the caller has. */
	module_put(THIS_MODULE);
}

/**
 * softtee_session_open() - open a session; the driver's operation open_session
 * @ctx:	context of the caller
 * @arg:	in: UUID and login; out: session, ret and ret_origin
 * @param:	parameters; the services take none
 *
 * Return: 0 with the result in @arg, or -errno when the login is refused.
 */
int softtee_session_open(struct tee_context *ctx,
			 struct tee_ioctl_open_session_arg *arg,
			 struct tee_param *param)
{
	struct tee_param params[SOFTTEE_PARAMS];
	const struct softtee_service *service;
	struct context *c = ctx->data;
	struct session *sess;
	uuid_t client;
	u32 id, n;
	int rc;

	/* No service uses the client's identity, but it must be valid. */
	rc = tee_session_calc_client_uuid(&client, arg->clnt_login,
					  arg->clnt_uuid);
	if (rc)
		return rc;

	arg->session = 0;
	arg->ret_origin = TEEC_ORIGIN_TEE;
	service = find_service(arg->uuid);
	if (!service) {
		arg->ret = TEEC_ERROR_ITEM_NOT_FOUND;
		return 0;
	}
	arg->ret = params_get(params, param, arg->num_params);
	if (arg->ret)
		return 0;

	arg->ret_origin = TEEC_ORIGIN_TRUSTED_APP;
	for (n = 0; n < SOFTTEE_PARAMS; n++) {
		if (params[n].attr != TEE_IOCTL_PARAM_ATTR_TYPE_NONE) {
			arg->ret = TEEC_ERROR_BAD_PARAMETERS;
			return 0;
		}
	}
	sess = session_create(service, &arg->ret);
	if (!sess)
		return 0;

	/* From here on another thread may find the session and close it. */
	rc = xa_alloc(&c->sessions, &id, sess,
		      XA_LIMIT(1, SOFTTEE_MAX_SESSIONS), GFP_KERNEL);
	if (rc) {
		session_put(sess);
		arg->ret = TEEC_ERROR_OUT_OF_MEMORY;
		arg->ret_origin = TEEC_ORIGIN_TEE;
		return 0;
	}
	arg->session = id;
	return 0;
}

/**
 * softtee_session_close() - close a session; the driver's operation close_session
 * @ctx:	context of the caller
 * @id:		the session
 *
 * Return: 0, or -EINVAL when the context has no such session.
 */
int softtee_session_close(struct tee_context *ctx, u32 id)
{
	struct context *c = ctx->data;
	struct session *sess = xa_erase(&c->sessions, id);

	if (!sess)
		return -EINVAL;
	session_put(sess);
	return 0;
}

static void call_begin(struct session *sess, struct softtee_call *call)
{
	spin_lock(&sess->calls_lock);
	list_add_tail(&call->node, &sess->calls);
	spin_unlock(&sess->calls_lock);
}

static void call_end(struct session *sess, struct softtee_call *call)
{
	spin_lock(&sess->calls_lock);
	list_del(&call->node);
	spin_unlock(&sess->calls_lock);
	wake_up(&sess->turn);
}

static bool call_is_due(struct session *sess, const struct softtee_call *call)
{
	bool due;

	spin_lock(&sess->calls_lock);
	due = call->cancelled || list_is_first(&call->node, &sess->calls);
	spin_unlock(&sess->calls_lock);
	return due;
}

/*
 * Wait until @call may run. The task can be frozen here, so that a suspend need not wait
 * for earlier calls. Returns 0, or an error when the task is being killed.
 */
static int call_wait(struct session *sess, const struct softtee_call *call)
{
	return wait_event_state(sess->turn, call_is_due(sess, call),
				(TASK_KILLABLE | TASK_FREEZABLE));
}

/**
 * softtee_session_invoke() - carry out a command; the driver's operation invoke_func
 * @ctx:	context of the caller
 * @arg:	in: session, command and cancel_id; out: ret and ret_origin
 * @param:	parameters; sizes of outputs are set
 *
 * Waits for earlier calls of the session. The wait ends when the call is cancelled or the
 * task killed, and the task can be frozen meanwhile.
 *
 * Return: 0 with the result in @arg, or -EINVAL when the context has no such
 * session.
 */
int softtee_session_invoke(struct tee_context *ctx,
			   struct tee_ioctl_invoke_arg *arg,
			   struct tee_param *param)
{
	struct softtee_call call = {
		.ctx = ctx,
		.func = arg->func,
		.cancel_id = arg->cancel_id,
	};
	struct session *sess;

	sess = session_get(ctx->data, arg->session);
	if (!sess)
		return -EINVAL;

	arg->ret_origin = TEEC_ORIGIN_TEE;
	arg->ret = params_get(call.params, param, arg->num_params);
	if (arg->ret)
		goto out_put;

	call_begin(sess, &call);
	arg->ret = TEEC_ERROR_CANCEL;
	if (!call_wait(sess, &call) && !softtee_call_stopped(&call)) {
		arg->ret_origin = TEEC_ORIGIN_TRUSTED_APP;
		arg->ret = sess->service->invoke(&call, sess->state);
	}
	call_end(sess, &call);
	if (arg->num_params)
		memcpy(param, call.params, sizeof(*param) *
		       min_t(u32, arg->num_params, SOFTTEE_PARAMS));
out_put:
	session_put(sess);
	return 0;
}

/**
 * softtee_call_stopped() - check whether a call is to end early
 * @call:	the call, of the current task
 *
 * Call this between the chunks of a long operation, without locks. It lets other tasks run,
 * lets this task freeze, and notices a cancellation or a fatal signal.
 *
 * Return: true when the service is to return TEEC_ERROR_CANCEL.
 */
bool softtee_call_stopped(const struct softtee_call *call)
{
	cond_resched();
	try_to_freeze();
	return READ_ONCE(call->cancelled) || fatal_signal_pending(current);
}

/**
 * softtee_session_cancel() - cancel a command; the driver's operation cancel_req
 * @ctx:	context of the caller
 * @cancel_id:	the caller's name for the command
 * @id:		the session of the command
 *
 * Cancels all commands of that name. Does not wait for their end.
 *
 * Return: 0, also when no command of that name runs, or -EINVAL when the context has no
 * such session.
 */
int softtee_session_cancel(struct tee_context *ctx, u32 cancel_id, u32 id)
{
	struct softtee_call *call;
	struct session *sess;

	sess = session_get(ctx->data, id);
	if (!sess)
		return -EINVAL;

	spin_lock(&sess->calls_lock);
	list_for_each_entry(call, &sess->calls, node)
		if (call->cancel_id == cancel_id)
			WRITE_ONCE(call->cancelled, true);
	spin_unlock(&sess->calls_lock);
	wake_up(&sess->turn);

	session_put(sess);
	return 0;
}
