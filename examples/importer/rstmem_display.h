/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* /dev/rstmem_display: what user space says to the example. */
#ifndef _RSTMEM_DISPLAY_H
#define _RSTMEM_DISPLAY_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Shows a dma-buf, of which the display keeps a reference until another is shown
 * or the last file is closed. Errors: EACCES when it is restricted memory of a use
 * case that is not for a display, those of attaching and mapping, EBADF, EINVAL.
 */
#define RSTMEM_DISPLAY_SHOW	_IOW('d', 0, __s32)

/*
 * Shows a buffer of restricted memory that the display allocates itself, of as
 * many bytes as given. Errors: those of tee_rstmem_alloc().
 */
#define RSTMEM_DISPLAY_BLANK	_IOW('d', 1, __u64)

/* What is shown: TEE_IOC_UC_*, 0 for memory that is not restricted, or ENODATA. */
#define RSTMEM_DISPLAY_SHOWN	_IOR('d', 2, __u32)

#endif /* _RSTMEM_DISPLAY_H */
