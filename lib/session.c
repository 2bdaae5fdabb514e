// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: open one with a service of the TEE, and have it run commands. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/*
 * Unlike rstmem__ioctl(), does not repeat a call that a signal ended, because the TEE may
 * have run a part of the command. The kernel writes the answer of the TEE to @code and
 * @origin, which are in @arg.
 *
 * Return: 0; -EREMOTEIO when the TEE refuses, with @result set; -errno when there is no
 * answer.
 */
static int call(int tee, unsigned long cmd, void *arg, size_t size,
		const uint32_t *code, const uint32_t *origin,
		struct rstmem_result *result)
{
	struct tee_ioctl_buf_data data = {
		.buf_ptr = (uintptr_t)arg,
		.buf_len = size,
	};

	if (ioctl(tee, cmd, &data) < 0)
		return -errno;
	if (result)
		*result = (struct rstmem_result){ *code, *origin };
	return *code ? -EREMOTEIO : 0;
}

int rstmem_session_open(struct rstmem *dev, const uint8_t uuid[16],
			struct rstmem_session *session,
			struct rstmem_result *result)
{
	struct tee_ioctl_open_session_arg arg = {
		.clnt_login = TEE_IOCTL_LOGIN_PUBLIC,
	};
	int ret;

	*session = (struct rstmem_session){ .tee = -1 };
	if (result)
		*result = (struct rstmem_result){ 0 };
	if (dev->via == RSTMEM_VIA_HEAP)
		return -EOPNOTSUPP;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = call(dev->fd, TEE_IOC_OPEN_SESSION, &arg, sizeof(arg), &arg.ret,
		   &arg.ret_origin, result);
	if (ret)
		return ret;

	session->tee = dev->fd;
	session->id = arg.session;
	return 0;
}

void rstmem_session_close(struct rstmem_session *session)
{
	struct tee_ioctl_close_session_arg arg;

	if (!session)
		return;
	/* Below are no TEE devices, see rstmem_buffer_close(). */
	if (session->tee > STDERR_FILENO) {
		arg.session = session->id;
		rstmem__ioctl(session->tee, TEE_IOC_CLOSE_SESSION, &arg);
	}
	session->tee = -1;
	session->id = 0;
}

/* The types of parameters are those of the kernel. */
_Static_assert(RSTMEM_NONE == TEE_IOCTL_PARAM_ATTR_TYPE_NONE &&
	       RSTMEM_VALUE_IN == TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT &&
	       RSTMEM_VALUE_OUT == TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_OUTPUT &&
	       RSTMEM_VALUE_INOUT == TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INOUT &&
	       RSTMEM_MEMREF_IN == TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT &&
	       RSTMEM_MEMREF_OUT == TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT &&
	       RSTMEM_MEMREF_INOUT == TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT,
	       "types");

static int is_value(const struct rstmem_param *param)
{
	return param->type >= RSTMEM_VALUE_IN && param->type <= RSTMEM_VALUE_INOUT;
}

static int is_memref(const struct rstmem_param *param)
{
	return param->type >= RSTMEM_MEMREF_IN &&
	       param->type <= RSTMEM_MEMREF_INOUT;
}

/* Return: 0, or -EINVAL for a type that does not exist. */
static int pack(struct tee_ioctl_param *to, const struct rstmem_param *from)
{
	to->attr = from->type;
	if (is_memref(from)) {
		to->a = from->offset;
		to->b = from->size;
		/* -1 is TEE_MEMREF_NULL. */
		to->c = (uint64_t)(int64_t)from->id;
	} else if (is_value(from)) {
		to->a = from->a;
		to->b = from->b;
	} else if (from->type != RSTMEM_NONE) {
		return -EINVAL;
	}
	return 0;
}

static void unpack(struct rstmem_param *to, const struct tee_ioctl_param *from)
{
	if (is_memref(to)) {
		to->size = from->b;
	} else if (is_value(to)) {
		to->a = from->a;
		to->b = from->b;
	}
}

int rstmem_invoke(struct rstmem_session *session, uint32_t command,
		  struct rstmem_param *params, size_t count,
		  struct rstmem_result *result)
{
	union {
		struct tee_ioctl_invoke_arg arg;
		char room[sizeof(struct tee_ioctl_invoke_arg) +
			  RSTMEM_PARAMS * sizeof(struct tee_ioctl_param)];
	} data = { 0 };
	size_t i;
	int ret;

	if (result)
		*result = (struct rstmem_result){ 0 };
	if (session->tee <= STDERR_FILENO || count > RSTMEM_PARAMS)
		return -EINVAL;

	data.arg.func = command;
	data.arg.session = session->id;
	data.arg.num_params = (uint32_t)count;
	for (i = 0; i < count; i++) {
		ret = pack(&data.arg.params[i], &params[i]);
		if (ret)
			return ret;
	}

	ret = call(session->tee, TEE_IOC_INVOKE, &data,
		   sizeof(data.arg) + count * sizeof(data.arg.params[0]),
		   &data.arg.ret, &data.arg.ret_origin, result);
	if (ret && ret != -EREMOTEIO)
		return ret;

	for (i = 0; i < count; i++)
		unpack(&params[i], &data.arg.params[i]);
	return ret;
}
