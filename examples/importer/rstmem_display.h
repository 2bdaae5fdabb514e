/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* /dev/rstmem_display: the interface of the example. */
#ifndef _RSTMEM_DISPLAY_H
#define _RSTMEM_DISPLAY_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Shows a dma-buf. The display keeps a reference until it shows another buffer or
 * the last file is closed. Errors: EACCES if the use case of the buffer is not for
 * a display; EBADF; EINVAL; errors of attaching and mapping.
 */
#define RSTMEM_DISPLAY_SHOW	_IOW('d', 0, __s32)

/*
 * Allocates a buffer of restricted memory of the given size and shows it. Errors:
 * those of tee_rstmem_alloc().
 */
#define RSTMEM_DISPLAY_BLANK	_IOW('d', 1, __u64)

/*
 * Returns the use case of the shown buffer: TEE_IOC_UC_*, or 0 for memory that is
 * not restricted. Error: ENODATA if nothing is shown.
 */
#define RSTMEM_DISPLAY_SHOWN	_IOR('d', 2, __u32)

#endif /* _RSTMEM_DISPLAY_H */
