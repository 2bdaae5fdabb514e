// SPDX-License-Identifier: GPL-2.0-only
/* The services of a TEE for test programs, see services.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "content.h"
#include "guest.h"
#include "ktap.h"
#include "services.h"
#include "target.h"

#define MAX_PARAMS	8

const uint8_t svc_cipher_uuid[16] = RSTMEM_SVC_CIPHER_UUID;
const uint8_t svc_copy_uuid[16] = RSTMEM_SVC_COPY_UUID;
const uint8_t svc_digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;

struct svc svc;

static uint32_t seed = 1;

uint32_t svc_rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

uint64_t svc_rnd64(void)
{
	return (uint64_t)svc_rnd() << 32 | svc_rnd();
}

unsigned int svc_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int svc_open(int fd, const uint8_t *uuid, uint32_t login, uint32_t login_data,
	     const struct tee_ioctl_param *params, unsigned int num_params,
	     uint32_t *session, uint32_t *ret, uint32_t *origin)
{
	union {
		struct tee_ioctl_open_session_arg arg;
		char space[sizeof(struct tee_ioctl_open_session_arg) +
			   MAX_PARAMS * sizeof(struct tee_ioctl_param)];
	} u = {};
	struct tee_ioctl_buf_data data = {
		.buf_ptr = (uintptr_t)&u,
		.buf_len = sizeof(u.arg) + num_params * sizeof(*params),
	};
	int rc;

	if (num_params > MAX_PARAMS)
		ktap_bail("%u parameters", num_params);
	memcpy(u.arg.uuid, uuid, sizeof(u.arg.uuid));
	memcpy(u.arg.clnt_uuid, &login_data, sizeof(login_data));
	u.arg.clnt_login = login;
	u.arg.session = 12345;
	u.arg.num_params = num_params;
	if (num_params)
		memcpy(u.arg.params, params, num_params * sizeof(*params));
	rc = ioctl(fd, TEE_IOC_OPEN_SESSION, &data) ? -errno : 0;
	if (session)
		*session = u.arg.session;
	*ret = u.arg.ret;
	*origin = u.arg.ret_origin;
	return rc;
}

int svc_cancel(int fd, uint32_t session, uint32_t cancel_id)
{
	struct tee_ioctl_cancel_arg arg = {
		.session = session,
		.cancel_id = cancel_id,
	};

	return ioctl(fd, TEE_IOC_CANCEL, &arg) ? -errno : 0;
}

bool svc_gives(uint32_t session, uint32_t func, struct tee_ioctl_param *params,
	       unsigned int num_params, uint32_t want)
{
	uint32_t ret, origin;
	int rc = tee_invoke(svc.dev, session, func, 0, params, num_params, &ret,
			    &origin);

	if (!rc && ret == want && origin == TEEC_ORIGIN_TRUSTED_APP)
		return true;
	ktap_note("errno %d, result 0x%x of origin %u, not 0x%x", -rc, ret,
		  origin, want);
	return false;
}

uint32_t svc_set_key_of(uint32_t session, const uint8_t *new_key,
			const uint8_t *new_iv)
{
	struct tee_ioctl_param params[2] = {
		tee_in(svc.small.id, 0, 32),
		tee_in(svc.small.id, 32, 16),
	};

	memcpy(svc.small.addr, new_key, 32);
	memcpy(svc.small.addr + 32, new_iv, 16);
	return tee_call(svc.dev, session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
}

void svc_set_key(void)
{
	uint32_t ret = svc_set_key_of(svc.cipher, svc.key, svc.iv);

	if (ret)
		ktap_bail("set key: 0x%x", ret);
}

uint32_t svc_update_of(uint32_t session, uint64_t pos, size_t from, size_t to,
		       size_t len)
{
	struct tee_ioctl_param params[3] = {
		tee_in(svc.mem.id, from, len),
		tee_out(svc.buf_id, to, len),
		tee_value(pos & UINT32_MAX, pos >> 32),
	};
	uint32_t ret;

	ret = tee_call(svc.dev, session, RSTMEM_SVC_CIPHER_UPDATE, params,
		       pos == SVC_NEXT ? 2 : 3);
	return !ret && params[1].b != len ? TEEC_ERROR_GENERIC : ret;
}

uint32_t svc_update(uint64_t pos, size_t from, size_t to, size_t len)
{
	return svc_update_of(svc.cipher, pos, from, to, len);
}

void svc_expect(uint64_t pos, size_t from, size_t to, size_t len)
{
	if (len)
		content_encrypt(svc.key, svc.iv, pos, svc.mem.addr + from,
				svc.shadow + to, len);
}

bool svc_holds(int id, size_t offset, const void *data, size_t len)
{
	struct tee_ioctl_param params[2] = {
		tee_in(id, offset, len),
		tee_out(svc.small.id, 64, 32),
	};
	uint8_t want[32];
	uint32_t ret;

	memset(svc.small.addr + 64, 0, 32);
	ret = tee_call(svc.dev, svc.digest, RSTMEM_SVC_DIGEST_SHA256, params,
		       2);
	content_sha256(data, len, want);
	return !ret && !memcmp(svc.small.addr + 64, want, 32);
}

bool svc_matches(size_t offset, size_t len)
{
	size_t begin = offset > 40 ? offset - 40 : 0;
	size_t end = offset + len + 40;

	if (end > SVC_SIZE)
		end = SVC_SIZE;
	return svc_holds(svc.buf_id, begin, svc.shadow + begin, end - begin);
}

bool svc_unchanged(void)
{
	return svc_holds(svc.buf_id, 0, svc.shadow, SVC_SIZE);
}

int svc_buffer(uint32_t use_case, size_t size, int *id)
{
	int fd = tee_rstmem(svc.dev, use_case, size, id);

	if (fd < 0)
		ktap_bail("allocation of %zu: %s", size, strerror(-fd));
	return fd;
}

void svc_refill(void)
{
	content_make(svc.key, sizeof(svc.key), svc_rnd());
	content_make(svc.iv, sizeof(svc.iv), svc_rnd());
	content_make(svc.mem.addr, SVC_SIZE, svc_rnd());
	svc_set_key();
	if (svc_update(0, 0, 0, SVC_SIZE))
		ktap_bail("update of everything");
	svc_expect(0, 0, 0, SVC_SIZE);
	if (!svc_unchanged())
		ktap_bail("what was encrypted is not there");
}

static void setup(void)
{
	svc.dev = target_open();
	svc.cipher = tee_service(svc.dev, svc_cipher_uuid);
	svc.copy = tee_service(svc.dev, svc_copy_uuid);
	svc.digest = tee_service(svc.dev, svc_digest_uuid);
	tee_mem_alloc(svc.dev, PAGE, &svc.small);
	tee_mem_alloc(svc.dev, SVC_SIZE, &svc.mem);
	svc.buf = svc_buffer(VIDEO, SVC_SIZE, &svc.buf_id);
}

static void teardown(void)
{
	close(svc.buf);
	tee_mem_free(&svc.mem);
	tee_mem_free(&svc.small);
	close(svc.dev);
}

static int module_users(void)
{
	int n = guest_number("/sys/module/softtee/refcnt");

	if (n < 0)
		ktap_bail("users of softtee: %s", strerror(-n));
	return n;
}

/* Check that the tests left nothing. */
static void end(int users, int crypto)
{
	int watch = target_open();
	uint32_t use_case;

	for (use_case = VIDEO; use_case <= RECORD; use_case++) {
		if (!target_offers(use_case))
			continue;
		ktap_eq(tee_used(watch, use_case), 0,
			"end: no memory of use case %u is in use", use_case);
		ktap_eq(tee_buffers(watch, use_case), 0,
			"end: no buffer of use case %u is left", use_case);
	}
	close(watch);
	if (!target()->soft) {
		ktap_skip("end: no session is left",
			  "sessions of this TEE cannot be counted");
		return;
	}
	ktap_eq(guest_crypto_users(), crypto, "end: no session is left");
	ktap_eq(module_users(), users, "end: softtee has no users left");
	/* Unloading waits for shared memory: a leak would hang it. */
	ktap(!syscall(SYS_delete_module, "softtee", O_NONBLOCK),
	     "end: softtee unloads");
}

int svc_run(const struct svc_test *tests, unsigned int num)
{
	struct tee_ioctl_param params[1];
	unsigned int n, begin;
	int users, crypto;

	ktap_start();
	users = target()->soft ? module_users() : 0;
	/* One setup without a test makes the crypto API's objects of first use. */
	setup();
	params[0] = tee_in(svc.small.id, 0, RSTMEM_SVC_CIPHER_LICENCE_SIZE);
	svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_LICENCE, params, 1, TEEC_ERROR_SECURITY);
	teardown();
	crypto = guest_crypto_users();
	setup();
	for (n = 0; n < num; n++) {
		begin = svc_now_ms();
		tests[n].run();
		ktap_note("%s: %u ms", tests[n].name, svc_now_ms() - begin);
	}
	teardown();
	end(users, crypto);
	return ktap_end();
}
