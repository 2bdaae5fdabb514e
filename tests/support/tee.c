// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of TEE devices for test programs, see tee.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "guest.h"
#include "ktap.h"
#include "tee.h"

#define MAX_PARAMS	16

static int done(int rc)
{
	return rc < 0 ? -errno : rc;
}

int tee_open(uint32_t impl_id)
{
	struct tee_ioctl_version_data vers;
	char path[32];
	int n, fd;

	for (n = 0; n < 16; n++) {
		snprintf(path, sizeof(path), "/dev/tee%d", n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, TEE_IOC_VERSION, &vers) &&
		    vers.impl_id == impl_id)
			return fd;
		close(fd);
	}
	ktap_bail("no TEE device with implementation id 0x%x", impl_id);
}

int tee_rstmem(int tee, uint32_t use_case, uint64_t size, int *id)
{
	struct tee_ioctl_rstmem_alloc_data data = {
		.size = size,
		.use_case = use_case,
	};
	int fd = done(ioctl(tee, TEE_IOC_RSTMEM_ALLOC, &data));

	if (id)
		*id = data.id;
	return fd;
}

int tee_register_fd(int tee, int64_t fd, int *id)
{
	struct tee_ioctl_shm_register_fd_data data = { .fd = fd };
	int reg = done(ioctl(tee, TEE_IOC_SHM_REGISTER_FD, &data));

	if (id)
		*id = data.id;
	return reg;
}

int tee_fd_info(int tee, int64_t fd, struct tee_ioctl_rstmem_fd_info *info)
{
	memset(info, 0, sizeof(*info));
	info->fd = fd;
	return done(ioctl(tee, TEE_IOC_RSTMEM_FD_INFO, info));
}

int tee_query(int tee, uint32_t use_case, struct tee_ioctl_rstmem_query *query)
{
	guest_settle();
	memset(query, 0, sizeof(*query));
	query->use_case = use_case;
	return done(ioctl(tee, TEE_IOC_RSTMEM_QUERY, query));
}

uint64_t tee_used(int tee, uint32_t use_case)
{
	struct tee_ioctl_rstmem_query query;
	int rc = tee_query(tee, use_case, &query);

	if (rc)
		ktap_bail("TEE_IOC_RSTMEM_QUERY: %s", strerror(-rc));
	return query.used;
}

uint32_t tee_buffers(int tee, uint32_t use_case)
{
	struct tee_ioctl_rstmem_query query;
	int rc = tee_query(tee, use_case, &query);

	if (rc)
		ktap_bail("TEE_IOC_RSTMEM_QUERY: %s", strerror(-rc));
	return query.buffers;
}

void tee_mem_alloc(int tee, size_t size, struct tee_mem *mem)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };

	mem->fd = ioctl(tee, TEE_IOC_SHM_ALLOC, &data);
	if (mem->fd < 0)
		ktap_bail("TEE_IOC_SHM_ALLOC of %zu: %s", size, strerror(errno));
	mem->id = data.id;
	mem->size = data.size;
	mem->addr = mmap(NULL, mem->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 mem->fd, 0);
	if (mem->addr == MAP_FAILED)
		ktap_bail("mmap of shared memory: %s", strerror(errno));
}

int tee_mem_register(int tee, void *addr, size_t size, struct tee_mem *mem)
{
	struct tee_ioctl_shm_register_data data = {
		.addr = (uintptr_t)addr,
		.length = size,
	};

	mem->fd = done(ioctl(tee, TEE_IOC_SHM_REGISTER, &data));
	mem->id = data.id;
	mem->size = data.length;
	mem->addr = NULL;
	return mem->fd < 0 ? mem->fd : 0;
}

void tee_mem_free(struct tee_mem *mem)
{
	if (mem->addr)
		munmap(mem->addr, mem->size);
	close(mem->fd);
}

static struct tee_ioctl_param memref(uint64_t attr, int id, uint64_t offset,
				     uint64_t size)
{
	return (struct tee_ioctl_param){
		.attr = attr, .a = offset, .b = size, .c = (uint64_t)(int64_t)id,
	};
}

struct tee_ioctl_param tee_in(int id, uint64_t offset, uint64_t size)
{
	return memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, id, offset, size);
}

struct tee_ioctl_param tee_out(int id, uint64_t offset, uint64_t size)
{
	return memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, id, offset, size);
}

struct tee_ioctl_param tee_inout(int id, uint64_t offset, uint64_t size)
{
	return memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT, id, offset, size);
}

struct tee_ioctl_param tee_value(uint64_t a, uint64_t b)
{
	return (struct tee_ioctl_param){
		.attr = TEE_IOCTL_PARAM_ATTR_TYPE_VALUE_INPUT, .a = a, .b = b,
	};
}

int tee_session(int tee, const uint8_t uuid[16], uint32_t *session,
		uint32_t *ret, uint32_t *origin)
{
	struct tee_ioctl_open_session_arg arg = {};
	struct tee_ioctl_buf_data buf = {
		.buf_ptr = (uintptr_t)&arg,
		.buf_len = sizeof(arg),
	};
	int rc;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	arg.clnt_login = TEE_IOCTL_LOGIN_PUBLIC;
	rc = done(ioctl(tee, TEE_IOC_OPEN_SESSION, &buf));
	if (session)
		*session = arg.session;
	if (ret)
		*ret = arg.ret;
	if (origin)
		*origin = arg.ret_origin;
	return rc;
}

int tee_close_session(int tee, uint32_t session)
{
	struct tee_ioctl_close_session_arg arg = { .session = session };

	return done(ioctl(tee, TEE_IOC_CLOSE_SESSION, &arg));
}

int tee_invoke(int tee, uint32_t session, uint32_t func, uint32_t cancel_id,
	       struct tee_ioctl_param *params, unsigned int num_params,
	       uint32_t *ret, uint32_t *origin)
{
	union {
		struct tee_ioctl_invoke_arg arg;
		char space[sizeof(struct tee_ioctl_invoke_arg) +
			   MAX_PARAMS * sizeof(struct tee_ioctl_param)];
	} u = {};
	struct tee_ioctl_buf_data buf = {
		.buf_ptr = (uintptr_t)&u,
		.buf_len = sizeof(u.arg) + num_params * sizeof(*params),
	};
	int rc;

	if (num_params > MAX_PARAMS)
		ktap_bail("%u parameters", num_params);
	u.arg.func = func;
	u.arg.session = session;
	u.arg.cancel_id = cancel_id;
	u.arg.num_params = num_params;
	if (num_params)
		memcpy(u.arg.params, params, num_params * sizeof(*params));
	rc = done(ioctl(tee, TEE_IOC_INVOKE, &buf));
	if (num_params)
		memcpy(params, u.arg.params, num_params * sizeof(*params));
	if (ret)
		*ret = u.arg.ret;
	if (origin)
		*origin = u.arg.ret_origin;
	return rc;
}

uint32_t tee_call(int tee, uint32_t session, uint32_t func,
		  struct tee_ioctl_param *params, unsigned int num_params)
{
	uint32_t ret;
	int rc = tee_invoke(tee, session, func, 0, params, num_params, &ret,
			    NULL);

	if (rc)
		ktap_bail("TEE_IOC_INVOKE: %s", strerror(-rc));
	return ret;
}

uint32_t tee_service(int tee, const uint8_t uuid[16])
{
	uint32_t session, ret;
	int rc = tee_session(tee, uuid, &session, &ret, NULL);

	if (rc || ret)
		ktap_bail("open session: errno %d, result 0x%x", -rc, ret);
	return session;
}

uint32_t tee_digest(int tee, uint32_t session, int id, uint64_t offset,
		    uint64_t size, uint8_t digest[32])
{
	struct tee_ioctl_param params[2];
	struct tee_mem out;
	uint32_t ret;

	tee_mem_alloc(tee, 32, &out);
	params[0] = tee_in(id, offset, size);
	params[1] = tee_out(out.id, 0, 32);
	ret = tee_call(tee, session, RSTMEM_SVC_DIGEST_SHA256, params, 2);
	memcpy(digest, out.addr, 32);
	tee_mem_free(&out);
	return ret;
}
