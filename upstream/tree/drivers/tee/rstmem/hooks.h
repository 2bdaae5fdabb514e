/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks: calls of the TEE core that concern restricted memory. */
#ifndef _RSTMEM_HOOKS_H
#define _RSTMEM_HOOKS_H

#include <linux/errno.h>
#include <linux/tee_core.h>

#ifdef CONFIG_TEE_RSTMEM

int tee_rstmem_init(void);
void tee_rstmem_exit(void);
long tee_rstmem_ioctl(struct tee_context *ctx, unsigned int cmd, void __user *arg);
void tee_rstmem_close(struct tee_context *ctx);
void tee_rstmem_shm_release(struct tee_shm *shm);
#ifdef TEE_GEN_CAP_RSTMEM
u32 tee_rstmem_gen_caps(const struct tee_device *teedev);
#endif

#else

static inline int tee_rstmem_init(void)
{
	return 0;
}

static inline void tee_rstmem_exit(void)
{
}

static inline long tee_rstmem_ioctl(struct tee_context *ctx, unsigned int cmd,
				    void __user *arg)
{
	return -ENOIOCTLCMD;
}

static inline void tee_rstmem_close(struct tee_context *ctx)
{
}

static inline void tee_rstmem_shm_release(struct tee_shm *shm)
{
}

#ifdef TEE_GEN_CAP_RSTMEM
static inline u32 tee_rstmem_gen_caps(const struct tee_device *teedev)
{
	return 0;
}
#endif

#endif /* CONFIG_TEE_RSTMEM */

#endif /* _RSTMEM_HOOKS_H */
