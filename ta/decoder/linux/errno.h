/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the error that the decoder returns. */
#ifndef TA_LINUX_ERRNO_H
#define TA_LINUX_ERRNO_H

#define EINVAL	22

#endif
