/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services of softtee, its trusted applications: their table of operations, and functions
 * for them. Results are TEEC_* of <tee_gp.h>.
 */
#ifndef _SOFTTEE_SERVICE_H
#define _SOFTTEE_SERVICE_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/tee_core.h>
#include <linux/types.h>
#include <linux/uuid.h>

/* GlobalPlatform's limit of parameters. */
#define SOFTTEE_PARAMS		4

/* Bytes that a service handles between two calls of softtee_call_stopped(). */
#define SOFTTEE_CHUNK		SZ_32K

/**
 * struct softtee_call - a command under way
 * @ctx:	context of the caller
 * @func:	command
 * @params:	parameters, padded with NONE; the service sets the size of
 *		outputs in place
 * @cancel_id:	the caller's name for the command
 * @cancelled:	set once by softtee_session_cancel(), under the session's
 *		calls_lock; read without a lock
 * @node:	in the session's list of calls, guarded by its calls_lock
 */
struct softtee_call {
	struct tee_context *ctx;
	u32 func;
	struct tee_param params[SOFTTEE_PARAMS];
	u32 cancel_id;
	bool cancelled;
	struct list_head node;
};

/**
 * struct softtee_service - a service
 * @uuid:	its name
 * @open:	start a session; stores the session's state. Optional.
 *		Returns TEEC_SUCCESS or a TEEC_ERROR_*.
 * @close:	free that state. Called once, after the last @invoke. Optional.
 * @invoke:	carry out @call. Calls of one session come one at a time, but sessions
 *		run in parallel. Process context, may sleep.
 *		Returns TEEC_SUCCESS or a TEEC_ERROR_*.
 */
struct softtee_service {
	uuid_t uuid;
	u32 (*open)(void **state);
	void (*close)(void *state);
	u32 (*invoke)(struct softtee_call *call, void *state);
};

extern const struct softtee_service softtee_cipher;
extern const struct softtee_service softtee_copy;
extern const struct softtee_service softtee_decoder;
extern const struct softtee_service softtee_digest;

/* licence.c */
u32 softtee_licence_open(const u8 *licence, u8 *key);

/* session.c */
bool softtee_call_stopped(const struct softtee_call *call);

/* mem.c: kinds of memory behind a reference */
#define SOFTTEE_NORMAL		BIT(0)
#define SOFTTEE_RESTRICTED	BIT(1)

u32 softtee_call_input(struct softtee_call *call, unsigned int n,
		       unsigned int kinds, struct tee_param_memref **ref);
u32 softtee_call_output(struct softtee_call *call, unsigned int n,
			unsigned int kinds, struct tee_param_memref **ref);
bool softtee_mem_same_use_case(const struct tee_param_memref *a,
			       const struct tee_param_memref *b);
u32 softtee_call_none(const struct softtee_call *call, unsigned int n);
int softtee_mem_read(const struct tee_param_memref *ref, size_t pos,
		     void *buf, size_t len);
int softtee_mem_write(const struct tee_param_memref *ref, size_t pos,
		      void *buf, size_t len);
void *softtee_mem_map(const struct tee_param_memref *ref);
void softtee_mem_unmap(const struct tee_param_memref *ref, void *va);

#endif /* _SOFTTEE_SERVICE_H */
