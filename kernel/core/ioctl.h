/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls of TEE devices that are about restricted memory. */
#ifndef _RSTMEM_IOCTL_H
#define _RSTMEM_IOCTL_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct tee_context;
struct tee_device;
struct tee_rstmem_device;

bool rstmem_ioctl_is_ours(unsigned int cmd);
long rstmem_ioctl_alloc(struct tee_context *ctx, void __user *arg,
			struct tee_rstmem_device *
			(*find)(const struct tee_device *teedev));
long rstmem_ioctl(struct tee_rstmem_device *rdev, struct tee_context *ctx,
		  unsigned int cmd, void __user *arg);

#endif /* _RSTMEM_IOCTL_H */
