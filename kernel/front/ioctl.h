/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctl front end: commands of TEE devices that concern restricted memory. */
#ifndef _RSTMEM_IOCTL_H
#define _RSTMEM_IOCTL_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct tee_context;

bool rstmem_ioctl_handles(unsigned int cmd);
long rstmem_ioctl(struct tee_context *ctx, unsigned int cmd, void __user *arg);

#endif /* _RSTMEM_IOCTL_H */
