/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* /dev/rstmem_screen: a display on kernels without DRM. */
#ifndef _RSTMEM_SCREEN_H
#define _RSTMEM_SCREEN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct rstmem_screen_frame - a picture in XRGB8888
 * @fd:		dma-buf
 * @width:	pixels, 16 to 4096
 * @height:	rows, the same
 * @stride:	bytes from row to row, at least 4 * @width
 * @offset:	bytes before the first row
 * @reserved:	0
 */
struct rstmem_screen_frame {
	__s32 fd;
	__u32 width;
	__u32 height;
	__u32 stride;
	__u32 offset;
	__u32 reserved;
};

/*
 * Shows a picture. The screen keeps the dma-buf until it shows another picture or is blank.
 * Errors: EACCES, the buffer is restricted memory that is not for a display; EBADF; EINVAL,
 * the picture is not within the buffer, or not as described; errors of attaching and
 * mapping, see docs/importers.md; EIO, the display is out of order.
 */
#define RSTMEM_SCREEN_SHOW	_IOW('d', 0x10, struct rstmem_screen_frame)

/* Makes the screen blank. The last close of the file does the same. */
#define RSTMEM_SCREEN_BLANK	_IO('d', 0x11)

#endif /* _RSTMEM_SCREEN_H */
