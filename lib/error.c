// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors: their meaning, and the next step. */
#include <errno.h>
#include <limits.h>

#include "internal.h"

const char *rstmem_explain(int error)
{
	/* -INT_MIN is not a number. */
	if (error < 0 && error != INT_MIN)
		error = -error;

	switch (error) {
	case 0:
		return "success";
	case ENXIO:
		return "no TEE device and no dma-heap has restricted memory; load softtee or a backend (see tee_rstmem(7))";
	case ENOENT:
		return "no such device; \"rstmem info\" lists those there are";
	case EOPNOTSUPP:
		return "no restricted memory there, or a dma-heap cannot do that; \"rstmem info\" shows devices and heaps, \"rstmem inspect\" a dma-buf";
	case ENOTTY:
		return "neither a TEE device nor a dma-heap; their paths are /dev/tee0, /dev/dma_heap/protected,secure-video or the like";
	case ENODEV:
		return "the device's restricted memory is gone or going away; open it again when its backend is loaded";
	case EACCES:
	case EPERM:
		return "no permission to open the device, or to look into the process; run as root or join the group that owns the device";
	case EINVAL:
		return "the use case is not offered, the size or a flag is not possible, or the descriptor is no dma-buf; \"rstmem info\" shows the use cases";
	case EBADF:
		return "not an open descriptor; pass that of a dma-buf";
	case EXDEV:
		return "restricted memory of another TEE device; register it there, \"rstmem inspect\" shows the device";
	case ESRCH:
		return "no such process; it may have ended";
	case ENOMEM:
		return "no room for it now; ask for less or release buffers";
	case EDQUOT:
		return "a limit of the administrator is exceeded; release buffers or have it raised";
	case EIO:
		return "the backend misbehaves; the kernel log has details";
	case EMFILE:
		return "this process has no file descriptor left; close some or raise the limit (ulimit -n)";
	case ENFILE:
		return "the system has no file descriptor left; close some or raise fs.file-max";
	case ENOSPC:
		return "the memory given for the result is too small";
	default:
		return "no known error of restricted memory; the kernel log may have details";
	}
}
