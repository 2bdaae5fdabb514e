// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors: their meaning, and the next step. */
#include <errno.h>
#include <limits.h>

#include "../include/tee_gp.h"
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
		return "the use case is not offered, the size, a flag or a parameter is not possible, or the descriptor is no dma-buf; \"rstmem info\" shows the use cases";
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
	case ECOMM:
		return "the TEE does not answer, so it cannot clear memory; start tee-supplicant, the kernel log has details";
	case ETIMEDOUT:
		return "no memory came free in time; ask for less, release buffers or try again";
	case EMFILE:
		return "this process has no file descriptor left; close some or raise the limit (ulimit -n)";
	case ENFILE:
		return "the system has no file descriptor left; close some or raise fs.file-max";
	case EREMOTEIO:
		return "the TEE refused; rstmem_explain_result() explains its answer";
	case EINTR:
		return "a signal ended the call; the TEE may have run a part of it";
	case EFAULT:
		return "no memory of the program there, or none that it may write to";
	case ENOSPC:
		return "the memory given for the result is too small";
	default:
		return "no known error of restricted memory; the kernel log may have details";
	}
}

const char *rstmem_explain_result(uint32_t code)
{
	switch (code) {
	case TEEC_SUCCESS:
		return "TEEC_SUCCESS";
	case TEEC_ERROR_GENERIC:
		return "TEEC_ERROR_GENERIC: the service does not say why; the log of the TEE may have details";
	case TEEC_ERROR_ACCESS_DENIED:
		return "TEEC_ERROR_ACCESS_DENIED: the service may not reach memory of this kind that way; pass restricted or shared memory where it wants it";
	case TEEC_ERROR_CANCEL:
		return "TEEC_ERROR_CANCEL: cancelled; a part of the work may be done";
	case TEEC_ERROR_ACCESS_CONFLICT:
		return "TEEC_ERROR_ACCESS_CONFLICT: another client uses the same; try again";
	case TEEC_ERROR_EXCESS_DATA:
		return "TEEC_ERROR_EXCESS_DATA: the service got more than it takes; pass less";
	case TEEC_ERROR_BAD_FORMAT:
		return "TEEC_ERROR_BAD_FORMAT: the service cannot read the data; compare with the manual of the service";
	case TEEC_ERROR_BAD_PARAMETERS:
		return "TEEC_ERROR_BAD_PARAMETERS: a parameter has the wrong type or size; compare with the manual of the service";
	case TEEC_ERROR_BAD_STATE:
		return "TEEC_ERROR_BAD_STATE: another command has to come first";
	case TEEC_ERROR_ITEM_NOT_FOUND:
		return "TEEC_ERROR_ITEM_NOT_FOUND: the TEE has no such service; install its trusted application";
	case TEEC_ERROR_NOT_IMPLEMENTED:
		return "TEEC_ERROR_NOT_IMPLEMENTED: this version of the service lacks that; install a newer one";
	case TEEC_ERROR_NOT_SUPPORTED:
		return "TEEC_ERROR_NOT_SUPPORTED: the service has no such command, or the TEE lacks the algorithm";
	case TEEC_ERROR_NO_DATA:
		return "TEEC_ERROR_NO_DATA: the service expects data that was not passed";
	case TEEC_ERROR_OUT_OF_MEMORY:
		return "TEEC_ERROR_OUT_OF_MEMORY: the TEE has no memory left; close sessions";
	case TEEC_ERROR_BUSY:
		return "TEEC_ERROR_BUSY: the TEE or the service is busy; try again";
	case TEEC_ERROR_COMMUNICATION:
		return "TEEC_ERROR_COMMUNICATION: the TEE cannot be reached; the kernel log may have details";
	case TEEC_ERROR_SECURITY:
		return "TEEC_ERROR_SECURITY: what was passed is not for this TEE, or was changed; ask for another";
	case TEEC_ERROR_SHORT_BUFFER:
		return "TEEC_ERROR_SHORT_BUFFER: an output is too small; its size is now what it needs";
	case TEEC_ERROR_TARGET_DEAD:
		return "TEEC_ERROR_TARGET_DEAD: the service panicked; open a new session";
	default:
		return "a result of the service's own; its documentation has the number";
	}
}
