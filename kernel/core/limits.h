/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits: how much memory one user may have. Pure. */
#ifndef _RSTMEM_LIMITS_H
#define _RSTMEM_LIMITS_H

#include <linux/types.h>

/* No limit. */
#define RSTMEM_UNLIMITED	(~0ULL)

/**
 * struct rstmem_limits - limits that the administrator sets
 * @user_bytes:	bytes that one user may have, or RSTMEM_UNLIMITED
 * @user_buffers: buffers that one user may have, or RSTMEM_UNLIMITED
 * @buffer_bytes: bytes of the largest buffer, or RSTMEM_UNLIMITED
 * @reserve:	bytes that must stay free
 */
struct rstmem_limits {
	u64 user_bytes;
	u64 user_buffers;
	u64 buffer_bytes;
	u64 reserve;
};

/**
 * struct rstmem_load - the state before an allocation
 * @user_bytes:	bytes that the user has
 * @user_buffers: buffers that the user has
 * @free:	bytes free, or RSTMEM_UNLIMITED if unknown
 */
struct rstmem_load {
	u64 user_bytes;
	u64 user_buffers;
	u64 free;
};

/**
 * rstmem_limits_allow() - check an allocation against the limits
 * @limits:	the limits
 * @load:	the state before the allocation
 * @size:	bytes of the allocation
 *
 * No value of the arguments makes a sum overflow.
 *
 * Return: true when the allocation stays within all limits.
 */
static inline bool rstmem_limits_allow(const struct rstmem_limits *limits,
				       const struct rstmem_load *load, u64 size)
{
	if (size > limits->buffer_bytes)
		return false;
	if (limits->user_buffers != RSTMEM_UNLIMITED &&
	    load->user_buffers >= limits->user_buffers)
		return false;
	if (limits->user_bytes != RSTMEM_UNLIMITED &&
	    (load->user_bytes > limits->user_bytes ||
	     size > limits->user_bytes - load->user_bytes))
		return false;
	/* A size that is larger than @free passes here. The pool refuses it. */
	if (limits->reserve && load->free != RSTMEM_UNLIMITED &&
	    size <= load->free && load->free - size < limits->reserve)
		return false;
	return true;
}

#endif /* _RSTMEM_LIMITS_H */
