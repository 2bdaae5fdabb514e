// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TEE behind a device, for the conformance suite: it tests ids, and looks into
 * buffers with the services of <linux/tee_rstmem_services.h>, where there are any.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "conform.h"

#define MAX_PARAMS	4

/* An id that no device gives soon. */
#define NO_ID		0x7ffffff0

static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;
/* No service has it. */
static const uint8_t nobody_uuid[] = {
	0x4d, 0x0b, 0x5a, 0x4e, 0x0c, 0x6f, 0x4b, 0x37,
	0x93, 0x5a, 0x1e, 0x61, 0xb2, 0x0f, 0x77, 0xd9,
};

static struct tee_ioctl_param memref(uint64_t type, int32_t id, uint64_t offset,
				     uint64_t size)
{
	return (struct tee_ioctl_param){
		.attr = type,
		.a = offset,
		.b = size,
		.c = (uint64_t)(int64_t)id,
	};
}

/* Return: 0 with the TEE's own result in @ret, or -errno. */
static int open_session(const struct conform *c, const uint8_t *uuid,
			const struct tee_ioctl_param *param, uint32_t *session,
			uint32_t *ret)
{
	union {
		struct tee_ioctl_open_session_arg arg;
		char room[sizeof(struct tee_ioctl_open_session_arg) +
			  sizeof(struct tee_ioctl_param)];
	} u = { 0 };
	struct tee_ioctl_buf_data buf = {
		.buf_ptr = (uintptr_t)&u,
		.buf_len = sizeof(u.arg) + (param ? sizeof(*param) : 0),
	};

	memcpy(u.arg.uuid, uuid, sizeof(u.arg.uuid));
	u.arg.clnt_login = TEE_IOCTL_LOGIN_PUBLIC;
	if (param) {
		u.arg.num_params = 1;
		memcpy(u.arg.params, param, sizeof(*param));
	}
	if (ioctl(c->fd, TEE_IOC_OPEN_SESSION, &buf))
		return -errno;
	*session = u.arg.session;
	*ret = u.arg.ret;
	return 0;
}

/*
 * True when an id names a buffer in this open file. The kernel looks the id up before
 * it asks the TEE, which knows no such service.
 */
bool conform_id_works(const struct conform *c, int32_t id)
{
	struct tee_ioctl_param param =
		memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INOUT, id, 0, 16);
	uint32_t session = 0, ret = 0;

	return !open_session(c, nobody_uuid, &param, &session, &ret);
}

/*
 * True when the driver opens sessions. The TEE core reads the argument only if it does,
 * so NULL tells.
 */
bool conform_opens_sessions(const struct conform *c)
{
	return ioctl(c->fd, TEE_IOC_OPEN_SESSION, NULL) != -1 || errno != EINVAL;
}

static void need_sessions(struct conform *c)
{
	if (!conform_opens_sessions(c))
		conform_skip(c, "open_session is missing, see id.sessions");
}

/* Skip the check if the device does not show which ids work. */
void conform_need_ids(struct conform *c)
{
	need_sessions(c);
	if (conform_id_works(c, NO_ID))
		conform_skip(c, "the device does not tell whether an id is one");
}

static uint32_t service(struct conform *c, const uint8_t *uuid, const char *name)
{
	uint32_t session = 0, ret = 0;
	int err = open_session(c, uuid, NULL, &session, &ret);

	if (err || ret)
		conform_skip(c, "the TEE has no service \"%s\" of tee_rstmem_services.h",
			     name);
	return session;
}

static uint32_t cipher, digest;

/* Skip the check if the TEE cannot show the contents of a buffer. */
void conform_need_services(struct conform *c)
{
	need_sessions(c);
	cipher = service(c, cipher_uuid, "cipher");
	digest = service(c, digest_uuid, "digest");
}

static void invoke(struct conform *c, uint32_t session, uint32_t func,
		   const struct tee_ioctl_param *params, unsigned int count)
{
	union {
		struct tee_ioctl_invoke_arg arg;
		char room[sizeof(struct tee_ioctl_invoke_arg) +
			  MAX_PARAMS * sizeof(struct tee_ioctl_param)];
	} u = { 0 };
	struct tee_ioctl_buf_data buf = {
		.buf_ptr = (uintptr_t)&u,
		.buf_len = sizeof(u.arg) + count * sizeof(*params),
	};

	u.arg.func = func;
	u.arg.session = session;
	u.arg.num_params = count;
	memcpy(u.arg.params, params, count * sizeof(*params));
	if (ioctl(c->fd, TEE_IOC_INVOKE, &buf))
		conform_fail(c, "a call of a service with the buffer: %s",
			     strerror(errno));
	if (u.arg.ret)
		conform_fail(c, "a call of a service with the buffer gives 0x%x",
			     u.arg.ret);
}

static void get_memory(struct conform *c, size_t size, struct conform_memory *mem)
{
	struct tee_ioctl_shm_alloc_data data = { .size = size };

	mem->fd = ioctl(c->fd, TEE_IOC_SHM_ALLOC, &data);
	if (mem->fd < 0)
		conform_skip(c, "TEE_IOC_SHM_ALLOC: %s", strerror(errno));
	mem->id = data.id;
	mem->size = data.size;
	mem->addr = mmap(NULL, mem->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 mem->fd, 0);
	if (mem->addr == MAP_FAILED)
		conform_skip(c, "memory for the TEE: %s", strerror(errno));
}

static void put_memory(struct conform_memory *mem)
{
	munmap(mem->addr, mem->size);
	close(mem->fd);
}

/* Have the TEE write CONFORM_MARK bytes, others for another @seed. */
void conform_fill(struct conform *c, int32_t id, uint64_t offset, unsigned char seed)
{
	struct tee_ioctl_param params[2];
	struct conform_memory mem;

	get_memory(c, CONFORM_MARK, &mem);
	memset(mem.addr, seed, CONFORM_MARK);
	params[0] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, mem.id, 0,
			   RSTMEM_SVC_CIPHER_KEY_SIZE);
	params[1] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, mem.id, 0,
			   RSTMEM_SVC_CIPHER_IV_SIZE);
	invoke(c, cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
	params[0] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, mem.id, 0,
			   CONFORM_MARK);
	params[1] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, id, offset,
			   CONFORM_MARK);
	invoke(c, cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 2);
	put_memory(&mem);
}

/* Have the TEE digest CONFORM_MARK bytes. */
void conform_digest(struct conform *c, int32_t id, uint64_t offset,
		    unsigned char result[32])
{
	struct tee_ioctl_param params[2];
	struct conform_memory mem;

	get_memory(c, CONFORM_MARK, &mem);
	params[0] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT, id, offset,
			   CONFORM_MARK);
	params[1] = memref(TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_OUTPUT, mem.id, 0,
			   RSTMEM_SVC_DIGEST_SHA256_SIZE);
	invoke(c, digest, RSTMEM_SVC_DIGEST_SHA256, params, 2);
	memcpy(result, mem.addr, RSTMEM_SVC_DIGEST_SHA256_SIZE);
	put_memory(&mem);
}
