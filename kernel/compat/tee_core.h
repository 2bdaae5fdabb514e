/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * <linux/tee_core.h> of the newest mainline, for kernels with an older one.
 *
 * TEE_SHM_DMA_BUF and TEE_SHM_DMA_MEM came with 6.18 (protected memory). On older kernels
 * no tee_shm has these flags. TEE_IOC_SHM_REGISTER_FD came with 6.18, too. If <linux/tee.h>
 * lacks it, <linux/tee_rstmem.h> defines it and TEE_RSTMEM_DEFINES_REGISTER_FD.
 */
#ifndef _RSTMEM_COMPAT_TEE_CORE_H
#define _RSTMEM_COMPAT_TEE_CORE_H

#include <linux/kconfig.h>
#include <linux/tee_core.h>
#include <uapi/linux/tee_rstmem.h>

/* 1 if the stock drivers may serve protected memory themselves. */
#ifdef TEE_SHM_DMA_MEM
#define TEE_HAS_PROTMEM		1
#else
#define TEE_HAS_PROTMEM		0
#endif

/* 1 if the stock driver for OP-TEE lends memory itself, to an OP-TEE that protects it. */
#define TEE_LENDS_PROTMEM	IS_ENABLED(CONFIG_TEE_DMABUF_HEAPS)

#ifndef TEE_SHM_DMA_BUF
#define TEE_SHM_DMA_BUF		0
#endif
#ifndef TEE_SHM_DMA_MEM
#define TEE_SHM_DMA_MEM		0
#endif

#ifdef TEE_RSTMEM_DEFINES_REGISTER_FD
#define TEE_HAS_REGISTER_FD	0
#else
#define TEE_HAS_REGISTER_FD	1
#endif

#endif /* _RSTMEM_COMPAT_TEE_CORE_H */
