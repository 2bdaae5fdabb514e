/* SPDX-License-Identifier: GPL-2.0-only */
/* softtee: declarations that its files share. service.h has those for services. */
#ifndef _SOFTTEE_H
#define _SOFTTEE_H

#include <linux/tee_rstmem.h>
#include <linux/types.h>

struct softtee_pools;

/* impl_id of TEE_IOC_VERSION: "st". Not one of mainline's TEE_IMPL_ID_*. */
#define SOFTTEE_IMPL_ID		0x7374

/* Sessions that one open file may have. */
#define SOFTTEE_MAX_SESSIONS	64

/* main.c: module parameters */
extern bool softtee_boot_ram;
extern bool softtee_keep_mapping;
extern ulong softtee_block;
extern ulong softtee_warm;
extern uint softtee_idle_ms;

/* pool.c */
extern const struct tee_rstmem_ops softtee_rstmem_ops;

int softtee_pools_parse(const char *list, const char *elastic);
struct softtee_pools *softtee_pools_create(void);
void softtee_pools_destroy(struct softtee_pools *pools);
u64 softtee_pools_use_cases(const struct softtee_pools *pools);

/* session.c */
int softtee_context_open(struct tee_context *ctx);
void softtee_context_release(struct tee_context *ctx);
int softtee_session_open(struct tee_context *ctx,
			 struct tee_ioctl_open_session_arg *arg,
			 struct tee_param *param);
int softtee_session_close(struct tee_context *ctx, u32 id);
int softtee_session_invoke(struct tee_context *ctx,
			   struct tee_ioctl_invoke_arg *arg,
			   struct tee_param *param);
int softtee_session_cancel(struct tee_context *ctx, u32 cancel_id, u32 id);

#endif /* _SOFTTEE_H */
