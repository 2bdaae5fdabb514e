// SPDX-License-Identifier: GPL-2.0-only
/*
 * softtee as a TEE for programs, at the level that libteec builds on: sessions,
 * parameters, shared memory, and the services against OpenSSL and published
 * vectors. What is in restricted memory is seen through the digest service, which
 * is itself checked against OpenSSL first.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../lib/content.h"
#include "../lib/ktap.h"
#include "../lib/tee.h"

#define VIDEO		TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI		TEE_IOC_UC_TRUSTED_UI
#define RECORD		TEE_IOC_UC_SECURE_VIDEO_RECORD

#define PAGE		(4 * KIB)
/* softtee works in chunks of this. */
#define CHUNK		(32 * KIB)
#define SIZE		(256 * KIB)
/* Takes long enough for another thread to interfere. */
#define LONG		(64 * MIB)
#define MAX_SESSIONS	64
#define FUZZ_PARAMS	32

/* Stream position of an UPDATE that leaves it out. */
#define NEXT		UINT64_MAX

static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t copy_uuid[] = RSTMEM_SVC_COPY_UUID;
static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;
static const uint8_t unknown_uuid[16] = { 0x6d, 0xc9, 0x5b, 0xeb, 1 };

/* What nearly every test needs, see setup(). */
static int dev;
static uint32_t cipher, copy, digest;
static struct tee_mem small;	/* a page: key, first counter block, results */
static struct tee_mem mem;	/* SIZE of normal memory, the input */
static int buf, buf_id;		/* SIZE of restricted memory, and */
static uint8_t shadow[SIZE];	/* what should be in it */

static uint8_t key[32], iv[16];
static uint32_t seed = 1;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static uint64_t rnd64(void)
{
	return (uint64_t)rnd() << 32 | rnd();
}

static void wait_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static unsigned int now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Calls. */

static int open_session(int fd, const uint8_t *uuid, uint32_t login,
			uint32_t login_data, const struct tee_ioctl_param *params,
			unsigned int num_params, uint32_t *session,
			uint32_t *ret, uint32_t *origin)
{
	union {
		struct tee_ioctl_open_session_arg arg;
		char space[sizeof(struct tee_ioctl_open_session_arg) +
			   8 * sizeof(struct tee_ioctl_param)];
	} u = {};
	struct tee_ioctl_buf_data data = {
		.buf_ptr = (uintptr_t)&u,
		.buf_len = sizeof(u.arg) + num_params * sizeof(*params),
	};
	int rc;

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

static int cancel(int fd, uint32_t session, uint32_t cancel_id)
{
	struct tee_ioctl_cancel_arg arg = {
		.session = session,
		.cancel_id = cancel_id,
	};

	return ioctl(fd, TEE_IOC_CANCEL, &arg) ? -errno : 0;
}

/* Whether a command gives @want, from the service. Says so if not. */
static bool gives(uint32_t session, uint32_t func, struct tee_ioctl_param *params,
		  unsigned int num_params, uint32_t want)
{
	uint32_t ret, origin;
	int rc = tee_invoke(dev, session, func, 0, params, num_params, &ret,
			    &origin);

	if (!rc && ret == want && origin == TEEC_ORIGIN_TRUSTED_APP)
		return true;
	ktap_note("errno %d, result 0x%x of origin %u, not 0x%x", -rc, ret,
		  origin, want);
	return false;
}

static uint32_t set_key_of(uint32_t session, const uint8_t *new_key,
			   const uint8_t *new_iv)
{
	struct tee_ioctl_param params[2] = {
		tee_in(small.id, 0, 32),
		tee_in(small.id, 32, 16),
	};

	memcpy(small.addr, new_key, 32);
	memcpy(small.addr + 32, new_iv, 16);
	return tee_call(dev, session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
}

static void set_key(void)
{
	uint32_t ret = set_key_of(cipher, key, iv);

	if (ret)
		ktap_bail("set key: 0x%x", ret);
}

/* From @from of mem to @to of buf. A wrong size of the output is an error. */
static uint32_t update_of(uint32_t session, uint64_t pos, size_t from, size_t to,
			  size_t len)
{
	struct tee_ioctl_param params[3] = {
		tee_in(mem.id, from, len),
		tee_out(buf_id, to, len),
		tee_value(pos & UINT32_MAX, pos >> 32),
	};
	uint32_t ret;

	ret = tee_call(dev, session, RSTMEM_SVC_CIPHER_UPDATE, params,
		       pos == NEXT ? 2 : 3);
	return !ret && params[1].b != len ? TEEC_ERROR_GENERIC : ret;
}

static uint32_t update(uint64_t pos, size_t from, size_t to, size_t len)
{
	return update_of(cipher, pos, from, to, len);
}

/* What such an update should do. */
static void expect(uint64_t pos, size_t from, size_t to, size_t len)
{
	if (len)
		content_encrypt(key, iv, pos, mem.addr + from, shadow + to, len);
}

/* Whether a restricted buffer has @data at @offset. */
static bool holds(int id, size_t offset, const void *data, size_t len)
{
	struct tee_ioctl_param params[2] = {
		tee_in(id, offset, len),
		tee_out(small.id, 64, 32),
	};
	uint8_t want[32];
	uint32_t ret;

	memset(small.addr + 64, 0, 32);
	ret = tee_call(dev, digest, RSTMEM_SVC_DIGEST_SHA256, params, 2);
	content_sha256(data, len, want);
	return !ret && !memcmp(small.addr + 64, want, 32);
}

/* Whether buf is like shadow in a range and a little around it. */
static bool right(size_t offset, size_t len)
{
	size_t begin = offset > 40 ? offset - 40 : 0;
	size_t end = offset + len + 40 < SIZE ? offset + len + 40 : SIZE;

	return holds(buf_id, begin, shadow + begin, end - begin);
}

static bool unchanged(void)
{
	return holds(buf_id, 0, shadow, SIZE);
}

/* Restricted memory with known contents; ends with its descriptor. */
static int new_buffer(uint32_t use_case, size_t size, int *id)
{
	int fd = tee_rstmem(dev, use_case, size, id);

	if (fd < 0)
		ktap_bail("allocation of %zu: %s", size, strerror(-fd));
	return fd;
}

static void setup(void)
{
	dev = tee_open(SOFTTEE_IMPL_ID);
	cipher = tee_service(dev, cipher_uuid);
	copy = tee_service(dev, copy_uuid);
	digest = tee_service(dev, digest_uuid);
	tee_mem_alloc(dev, PAGE, &small);
	tee_mem_alloc(dev, SIZE, &mem);
	buf = new_buffer(VIDEO, SIZE, &buf_id);
}

/* Fills mem and buf, and sets the key. */
static void refill(void)
{
	content_make(key, sizeof(key), rnd());
	content_make(iv, sizeof(iv), rnd());
	content_make(mem.addr, SIZE, rnd());
	set_key();
	if (update(0, 0, 0, SIZE))
		ktap_bail("update of everything");
	expect(0, 0, 0, SIZE);
	if (!unchanged())
		ktap_bail("what was encrypted is not there");
}

static void teardown(void)
{
	close(buf);
	tee_mem_free(&mem);
	tee_mem_free(&small);
	close(dev);
}

/* The device. */

static void test_version(void)
{
	struct tee_ioctl_version_data vers;
	const uint32_t caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM |
			      TEE_GEN_CAP_MEMREF_NULL;

	ktap(!ioctl(dev, TEE_IOC_VERSION, &vers), "TEE_IOC_VERSION");
	ktap_eq(vers.impl_id, SOFTTEE_IMPL_ID, "the implementation is softtee");
	ktap_eq(vers.impl_caps, 0, "which has no capabilities of its own");
	ktap_eq(vers.gen_caps & (caps | TEE_GEN_CAP_PRIVILEGED), caps,
		"GlobalPlatform, registered memory and NULL references");
}

static void test_open_session(void)
{
	uint32_t ret, origin, session, other;
	int rc;

	rc = open_session(dev, unknown_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
			  &session, &ret, &origin);
	ktap_eq(rc, 0, "opening a session with an unknown service works");
	ktap_eq(ret, TEEC_ERROR_ITEM_NOT_FOUND, "and gives ITEM_NOT_FOUND");
	ktap_eq(origin, TEEC_ORIGIN_TEE, "from the TEE");
	ktap_eq(session, 0, "and no session");

	rc = open_session(dev, copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
			  &session, &ret, &origin);
	ktap(!rc && !ret && origin == TEEC_ORIGIN_TRUSTED_APP,
	     "with a service of softtee it gives a session");
	rc = open_session(dev, copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
			  &other, &ret, &origin);
	ktap(!rc && !ret && other != session, "the next is another one");
	ktap_eq(tee_close_session(dev, session), 0, "close");
	ktap_eq(tee_close_session(dev, session), -EINVAL,
		"close twice: EINVAL");
	ktap_eq(tee_invoke(dev, session, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"invoke in a closed session: EINVAL");
	ktap_eq(cancel(dev, session, 0), -EINVAL,
		"cancel in a closed session: EINVAL");
	ktap_eq(cancel(dev, other, 0), 0, "cancel with nothing running");
	tee_close_session(dev, other);

	ktap_eq(tee_close_session(dev, 0), -EINVAL, "close session 0: EINVAL");
	ktap_eq(tee_close_session(dev, UINT32_MAX), -EINVAL,
		"close session 2^32-1: EINVAL");
	ktap_eq(tee_invoke(dev, 0, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"invoke in session 0: EINVAL");
	ktap_eq(tee_invoke(dev, UINT32_MAX, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"invoke in session 2^32-1: EINVAL");
}

static void test_login(void)
{
	static const struct {
		const char *name;
		uint32_t login, data;
		int error;
	} cases[] = {
		{ "PUBLIC", TEE_IOCTL_LOGIN_PUBLIC, 0, 0 },
		{ "PUBLIC with data", TEE_IOCTL_LOGIN_PUBLIC, 12345, 0 },
		{ "USER", TEE_IOCTL_LOGIN_USER, 0, 0 },
		{ "GROUP of the caller", TEE_IOCTL_LOGIN_GROUP, 0, 0 },
		{ "GROUP of others", TEE_IOCTL_LOGIN_GROUP, 12345, -EPERM },
		{ "GROUP -1", TEE_IOCTL_LOGIN_GROUP, UINT32_MAX, -EPERM },
		{ "APPLICATION", TEE_IOCTL_LOGIN_APPLICATION, 0, -EINVAL },
		{ "USER_APPLICATION", TEE_IOCTL_LOGIN_USER_APPLICATION, 0,
		  -EINVAL },
		{ "GROUP_APPLICATION", TEE_IOCTL_LOGIN_GROUP_APPLICATION, 0,
		  -EINVAL },
		{ "an unknown one", 77, 0, -EINVAL },
		{ "the kernel's", TEE_IOCTL_LOGIN_REE_KERNEL_MIN, 0, -EPERM },
	};
	const gid_t group = 12345;
	uint32_t ret, origin, session;
	unsigned int n;
	int rc;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		rc = open_session(dev, digest_uuid, cases[n].login,
				  cases[n].data, NULL, 0, &session, &ret,
				  &origin);
		ktap_eq(rc, cases[n].error, "login %s: %s", cases[n].name,
			cases[n].error ? strerror(-cases[n].error) : "works");
		if (!rc && !ret)
			tee_close_session(dev, session);
	}

	if (setgroups(1, &group))
		ktap_bail("setgroups: %s", strerror(errno));
	rc = open_session(dev, digest_uuid, TEE_IOCTL_LOGIN_GROUP, group, NULL,
			  0, &session, &ret, &origin);
	ktap(!rc && !ret, "login GROUP of others, once the caller is in it");
	tee_close_session(dev, session);
	if (setgroups(0, NULL))
		ktap_bail("setgroups: %s", strerror(errno));
}

static void test_session_limit(void)
{
	int one = tee_open(SOFTTEE_IMPL_ID), two = tee_open(SOFTTEE_IMPL_ID);
	uint32_t session[MAX_SESSIONS], ret, origin, more;
	unsigned int n, m;
	bool distinct = true;
	int rc;

	for (n = 0; n < MAX_SESSIONS; n++)
		session[n] = tee_service(one, n % 2 ? cipher_uuid : digest_uuid);
	for (n = 0; n < MAX_SESSIONS; n++)
		for (m = 0; m < n; m++)
			distinct = distinct && session[n] != session[m];
	ktap(distinct, "64 sessions have 64 ids");
	rc = open_session(one, copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
			  &more, &ret, &origin);
	ktap_eq(rc, 0, "opening one more works");
	ktap_eq(ret, TEEC_ERROR_OUT_OF_MEMORY, "and gives OUT_OF_MEMORY");
	ktap_eq(origin, TEEC_ORIGIN_TEE, "from the TEE");
	ktap_eq(more, 0, "and no session");
	ktap(!tee_session(two, copy_uuid, &more, &ret, NULL) && !ret,
	     "another file has its own sessions");

	tee_close_session(one, session[17]);
	ktap(!tee_session(one, copy_uuid, &session[17], &ret, NULL) && !ret,
	     "after a close there is room for one");
	ktap(!tee_session(one, copy_uuid, &more, &ret, NULL) &&
	     ret == TEEC_ERROR_OUT_OF_MEMORY, "and no more");
	for (n = 0; n < MAX_SESSIONS; n++)
		if (tee_close_session(one, session[n]))
			break;
	ktap_eq(n, MAX_SESSIONS, "all of them close");
	for (n = 0; n < MAX_SESSIONS; n++)
		session[n] = tee_service(one, copy_uuid);
	ktap(true, "and 64 fit again");
	close(one);
	close(two);
}

static void test_foreign(void)
{
	int other = tee_open(SOFTTEE_IMPL_ID);
	struct tee_ioctl_param params[2];
	uint32_t session = tee_service(other, digest_uuid);
	struct tee_mem theirs;
	int n;

	/* An id that this file does not have. */
	for (n = 0; n < 8; n++)
		session = tee_service(other, digest_uuid);
	ktap_eq(tee_invoke(dev, session, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"invoke in another file's session: EINVAL");
	ktap_eq(tee_close_session(dev, session), -EINVAL,
		"close another file's session: EINVAL");
	ktap_eq(cancel(dev, session, 0), -EINVAL,
		"cancel in another file's session: EINVAL");

	tee_mem_alloc(other, PAGE, &theirs);
	params[0] = tee_in(theirs.id, 0, 1);
	params[1] = tee_out(small.id, 0, 32);
	ktap_eq(tee_invoke(dev, digest, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"another file's normal memory: EINVAL");
	params[0] = tee_in(buf_id, 0, 1);
	params[1] = tee_out(theirs.id, 0, 32);
	ktap_eq(tee_invoke(other, session, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"another file's restricted memory: EINVAL");
	tee_mem_free(&theirs);
	close(other);
}

/* Parameters. */

/* Where more parameters than GlobalPlatform knows, or META, are sent. */
static int try_params(bool open, struct tee_ioctl_param *params, unsigned int n,
		      uint32_t *ret, uint32_t *origin)
{
	uint32_t session;
	int rc;

	if (!open)
		return tee_invoke(dev, copy, RSTMEM_SVC_COPY_COPY, 0, params, n,
				  ret, origin);
	rc = open_session(dev, copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, params, n,
			  &session, ret, origin);
	if (!rc && !*ret)
		tee_close_session(dev, session);
	return rc;
}

static void test_param_list(bool open)
{
	const char *what = open ? "open session" : "invoke";
	struct tee_ioctl_param params[8] = {};
	uint32_t ret, origin;
	int rc;

	/* COPY gets what it needs, opening a session needs nothing. */
	if (!open) {
		params[0] = tee_in(buf_id, 0, 16);
		params[1] = tee_out(buf_id, 0, 16);
	}
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && !ret, "%s: 4 parameters", what);
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && !ret, "%s: 8 parameters, all from the fifth on NONE", what);

	params[4] = tee_value(1, 2);
	rc = try_params(open, params, 5, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: a fifth value: BAD_PARAMETERS", what);
	params[4] = (struct tee_ioctl_param)TEE_NONE;
	params[7] = tee_in(small.id, 0, 16);
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: an eighth memory reference: BAD_PARAMETERS", what);
	params[7] = (struct tee_ioctl_param)TEE_NONE;

	params[2].attr = TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: META on NONE: BAD_PARAMETERS", what);
	params[2] = tee_value(1, 2);
	params[2].attr |= TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: META on a value: BAD_PARAMETERS", what);
	params[2] = (struct tee_ioctl_param)TEE_NONE;
	params[6].attr = TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: META on the seventh: BAD_PARAMETERS", what);
	params[6] = (struct tee_ioctl_param)TEE_NONE;

	params[3] = tee_value(1, 2);
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS &&
	     origin == TEEC_ORIGIN_TRUSTED_APP,
	     "%s: a value that is not asked for: BAD_PARAMETERS", what);
	params[3] = tee_in(-1, 0, 0);
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS &&
	     origin == TEEC_ORIGIN_TRUSTED_APP,
	     "%s: NULL that is not asked for: BAD_PARAMETERS", what);

	params[3] = (struct tee_ioctl_param){ .attr = 4 };
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: type 4: EINVAL", what);
	params[3].attr = 8;
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: type 8: EINVAL", what);
	params[3].attr = 0x200;
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: an unknown attribute: EINVAL", what);
}

struct command {
	const char *name;
	uint32_t session, func;
	unsigned int num_memrefs;
	struct tee_ioctl_param params[4];
	unsigned int allowed[4];	/* bit N: type N */
};

#define T(type)	(1u << TEE_IOCTL_PARAM_ATTR_TYPE_##type)
#define OUTPUTS	(T(MEMREF_OUTPUT) | T(MEMREF_INOUT))

/* All commands with parameters that they take. */
static unsigned int commands(struct command list[4])
{
	const struct command all[] = {
		{ "SET_KEY", cipher, RSTMEM_SVC_CIPHER_SET_KEY, 2,
		  { tee_in(small.id, 0, 32), tee_in(small.id, 32, 16) },
		  { T(MEMREF_INPUT), T(MEMREF_INPUT), T(NONE), T(NONE) } },
		{ "UPDATE", cipher, RSTMEM_SVC_CIPHER_UPDATE, 2,
		  { tee_in(mem.id, 0, 64), tee_out(buf_id, 0, 64),
		    tee_value(0, 0) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE) | T(VALUE_INPUT),
		    T(NONE) } },
		{ "COPY", copy, RSTMEM_SVC_COPY_COPY, 2,
		  { tee_in(buf_id, 0, 64), tee_out(buf_id, 64, 64) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE), T(NONE) } },
		{ "SHA256", digest, RSTMEM_SVC_DIGEST_SHA256, 2,
		  { tee_in(buf_id, 0, 64), tee_out(small.id, 128, 32) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE), T(NONE) } },
	};

	memcpy(list, all, sizeof(all));
	return 4;
}

/* The parameters of a command, with one of them turned into another type. */
static void twist(const struct command *c, struct tee_ioctl_param params[4],
		  unsigned int n, unsigned int type)
{
	memcpy(params, c->params, sizeof(c->params));
	if (n >= c->num_memrefs && type >= TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT)
		params[n] = tee_in(small.id, 0, 32);
	params[n].attr = type;
}

static void test_param_types(void)
{
	static const unsigned int types[] = { 0, 1, 2, 3, 5, 6, 7 };
	struct tee_ioctl_param params[4];
	struct command list[4];
	unsigned int n, p, t, num = commands(list), good;
	bool ok;

	refill();
	for (n = 0; n < num; n++) {
		for (p = 0; p < 4; p++) {
			ok = true;
			for (t = 0; t < 7; t++) {
				if (list[n].allowed[p] & 1u << types[t])
					continue;
				twist(&list[n], params, p, types[t]);
				if (!gives(list[n].session, list[n].func,
					   params, 4, TEEC_ERROR_BAD_PARAMETERS)) {
					ktap_note("type %u", types[t]);
					ok = false;
				}
			}
			ktap(ok, "%s: parameter %u of a wrong type: BAD_PARAMETERS",
			     list[n].name, p);
		}
		for (p = 0; p < list[n].num_memrefs; p++) {
			memcpy(params, list[n].params, sizeof(params));
			params[p].c = TEE_MEMREF_NULL;
			ok = gives(list[n].session, list[n].func, params, 4,
				   TEEC_ERROR_BAD_PARAMETERS);
			memcpy(params, list[n].params, sizeof(params));
			params[p].c = TEE_MEMREF_NULL;
			params[p].a = 0;
			params[p].b = 0;
			ktap(gives(list[n].session, list[n].func, params, 4,
				   TEEC_ERROR_BAD_PARAMETERS) && ok,
			     "%s: parameter %u NULL: BAD_PARAMETERS",
			     list[n].name, p);
			memcpy(params, list[n].params, sizeof(params));
			ktap(gives(list[n].session, list[n].func, params, p,
				   TEEC_ERROR_BAD_PARAMETERS),
			     "%s: parameter %u missing: BAD_PARAMETERS",
			     list[n].name, p);
		}
	}
	ktap(unchanged(), "nothing of that wrote anything");

	for (n = 0; n < num; n++) {
		ok = true;
		good = 0;
		for (p = 0; p < 4; p++) {
			for (t = 0; t < 7; t++) {
				if (!(list[n].allowed[p] & 1u << types[t]))
					continue;
				twist(&list[n], params, p, types[t]);
				ok = gives(list[n].session, list[n].func,
					   params, 4, TEEC_SUCCESS) && ok;
				good++;
			}
		}
		ktap(ok && good >= 4, "%s: types that are right", list[n].name);
	}
}

static void test_unknown_commands(void)
{
	uint32_t ret, origin;
	int n;
	const struct {
		const char *name;
		uint32_t session, func;
	} cases[] = {
		{ "cipher", cipher, 2 }, { "cipher", cipher, UINT32_MAX },
		{ "copy", copy, 1 }, { "copy", copy, UINT32_MAX },
		{ "digest", digest, 1 }, { "digest", digest, UINT32_MAX },
	};

	for (n = 0; n < 6; n++) {
		tee_invoke(dev, cases[n].session, cases[n].func, 0, NULL, 0,
			   &ret, &origin);
		ktap(ret == TEEC_ERROR_NOT_SUPPORTED &&
		     origin == TEEC_ORIGIN_TRUSTED_APP,
		     "%s: command %u: NOT_SUPPORTED", cases[n].name,
		     cases[n].func);
	}
}

/* Shared memory. */

static int alloc_shm(uint64_t size, uint32_t flags,
		     struct tee_ioctl_shm_alloc_data *data)
{
	int fd;

	memset(data, 0, sizeof(*data));
	data->size = size;
	data->flags = flags;
	fd = ioctl(dev, TEE_IOC_SHM_ALLOC, data);
	return fd < 0 ? -errno : fd;
}

static bool is_zero(const uint8_t *p, size_t size)
{
	return !*p && !memcmp(p, p + 1, size - 1);
}

static void test_shm_alloc(void)
{
	static const struct {
		const char *name;
		uint64_t size;
		uint32_t flags;
		int error;
	} bad[] = {
		{ "size 0", 0, 0, -EINVAL },
		{ "4 MiB + 1", 4 * MIB + 1, 0, -ENOMEM },
		{ "5 MiB", 5 * MIB, 0, -ENOMEM },
		{ "4 GiB", 4096 * MIB, 0, -ENOMEM },
		{ "2^63", 1ULL << 63, 0, -ENOMEM },
		{ "SIZE_MAX - 4095", SIZE_MAX - 4095, 0, -ENOMEM },
		{ "SIZE_MAX", SIZE_MAX, 0, -ENOMEM },
		{ "flag 1", PAGE, 1, -EINVAL },
		{ "flag 2^31", PAGE, 1u << 31, -EINVAL },
	};
	struct tee_ioctl_shm_alloc_data data;
	struct tee_mem one, two;
	unsigned int n;
	void *p;
	int fd;

	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++) {
		fd = alloc_shm(bad[n].size, bad[n].flags, &data);
		ktap_eq(fd, bad[n].error, "shared memory, %s: %s", bad[n].name,
			strerror(-bad[n].error));
		if (fd >= 0)
			close(fd);
	}

	fd = alloc_shm(1, 0, &data);
	ktap(fd >= 0 && data.size == PAGE, "1 byte gives a page");
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ktap(p == MAP_FAILED, "more than it has is not mapped");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	ktap(p == MAP_FAILED, "nor what is behind it");
	close(fd);

	tee_mem_alloc(dev, 4 * MIB, &one);
	ktap_eq(one.size, 4 * MIB, "4 MiB");
	ktap(is_zero(one.addr, one.size), "are zero");
	memset(one.addr, 0xa5, one.size);
	tee_mem_alloc(dev, 4 * MIB, &two);
	ktap(two.id != one.id && is_zero(two.addr, two.size),
	     "another 4 MiB are other memory");
	tee_mem_free(&one);
	tee_mem_alloc(dev, 4 * MIB, &one);
	ktap(is_zero(one.addr, one.size), "after a free they are zero again");

	/* Both ends of it, through a service. */
	content_make(one.addr, one.size, 5);
	ktap(holds(one.id, 0, one.addr, one.size), "services see all of it");
	close(one.fd);
	one.fd = -1;
	content_make(two.addr, two.size, 5);
	ktap(!memcmp(one.addr, two.addr, one.size),
	     "a mapping outlives the descriptor");
	tee_mem_free(&one);
	tee_mem_free(&two);
}

static void test_shm_register(void)
{
	struct tee_ioctl_shm_register_data data;
	struct tee_ioctl_param params[2];
	struct tee_mem reg;
	size_t offset, len;
	uint8_t *area, want[32];
	bool ok = true;
	void *p;
	int rc;

	area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		ktap_bail("mmap: %s", strerror(errno));
	content_make(area, 16 * PAGE, 6);

	for (offset = 0; offset < 2 * PAGE; offset += 511) {
		len = 1 + (offset * 13) % (8 * PAGE);
		rc = tee_mem_register(dev, area + offset, len, &reg);
		if (rc || reg.size != len ||
		    !holds(reg.id, 0, area + offset, len) ||
		    !holds(reg.id, len / 2, area + offset + len / 2,
			   len - len / 2)) {
			ktap_note("offset %zu, %zu bytes: %s", offset, len,
				  strerror(-rc));
			ok = false;
		}
		if (!rc)
			tee_mem_free(&reg);
	}
	ktap(ok, "registered memory, any address and length, as input");

	/* An output across pages. */
	rc = tee_mem_register(dev, area + 100, 2 * PAGE, &reg);
	ktap_eq(rc, 0, "register");
	content_sha256("abc", 3, want);
	memcpy(small.addr, "abc", 3);
	params[0] = tee_in(small.id, 0, 3);
	params[1] = tee_out(reg.id, PAGE - 100 - 7, 32);
	ktap(!tee_call(dev, digest, RSTMEM_SVC_DIGEST_SHA256, params, 2) &&
	     !memcmp(area + PAGE - 7, want, 32), "and as output across pages");
	content_make(shadow, 16 * PAGE, 6);
	memcpy(shadow + PAGE - 7, want, 32);
	ktap(!memcmp(area, shadow, 16 * PAGE), "nothing around it was written");
	params[0] = tee_in(reg.id, 2 * PAGE, 1);
	params[1] = tee_out(small.id, 64, 32);
	ktap_eq(tee_invoke(dev, digest, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"a byte behind it: EINVAL");
	params[0] = tee_in(reg.id, UINT64_MAX, 2);
	ktap_eq(tee_invoke(dev, digest, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"a reference that wraps around: EINVAL");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reg.fd, 0);
	ktap(p == MAP_FAILED, "its descriptor cannot be mapped");
	munmap(area, PAGE * 16);
	ktap(holds(reg.id, 0, shadow + 100, 2 * PAGE),
	     "services see it even after munmap");
	tee_mem_free(&reg);

	ktap(tee_mem_register(dev, area, PAGE, &reg) == -EFAULT,
	     "an address without memory: EFAULT");
	ktap(tee_mem_register(dev, (void *)0xffff888000000000, PAGE, &reg) ==
	     -EFAULT, "an address of the kernel: EFAULT");
	area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(area + 2 * PAGE, 2 * PAGE);
	rc = tee_mem_register(dev, area, 4 * PAGE, &reg);
	ktap(rc < 0, "a range that is half there: refused, %s", strerror(-rc));
	rc = tee_mem_register(dev, area, 0, &reg);
	ktap(rc < 0, "0 bytes: refused, %s", strerror(-rc));
	rc = tee_mem_register(dev, area, SIZE_MAX, &reg);
	ktap(rc < 0, "SIZE_MAX: refused, %s", strerror(-rc));
	rc = tee_mem_register(dev, area, 1UL << 47, &reg);
	ktap(rc < 0, "2^47: refused, %s", strerror(-rc));
	memset(&data, 0, sizeof(data));
	data.addr = (uintptr_t)area;
	data.length = PAGE;
	data.flags = 1;
	ktap(ioctl(dev, TEE_IOC_SHM_REGISTER, &data) < 0 && errno == EINVAL,
	     "flag 1: EINVAL");
	mprotect(area, 2 * PAGE, PROT_READ);
	rc = tee_mem_register(dev, area, PAGE, &reg);
	ktap_eq(rc, -EFAULT, "memory that the program may only read: EFAULT");
	munmap(area, 2 * PAGE);
}

/* The digest service. */

static void test_digest(void)
{
	static const struct {
		const char *name, *data;
		uint8_t digest[32];
	} known[] = {
		{ "nothing", "",
		  { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
		    0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
		    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
		    0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 } },
		{ "abc", "abc",
		  { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		    0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		    0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad } },
		{ "448 bits",
		  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  { 0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8,
		    0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39,
		    0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff, 0x21, 0x67,
		    0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1 } },
	};
	/* FIPS 180-2, B.3 */
	static const uint8_t million[32] = {
		0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
		0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
		0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
		0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
	};
	struct tee_ioctl_param params[2];
	struct tee_mem input;
	size_t len;
	bool ok = true;
	unsigned int n;

	for (n = 0; n < 3; n++) {
		len = strlen(known[n].data);
		memcpy(small.addr, known[n].data, len);
		params[0] = tee_in(small.id, 0, len);
		params[1] = tee_out(small.id, 128, PAGE - 128);
		ktap(gives(digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
			   TEEC_SUCCESS) &&
		     !memcmp(small.addr + 128, known[n].digest, 32),
		     "SHA-256 of %s", known[n].name);
		ktap_eq(params[1].b, 32, "its size is 32");
	}
	tee_mem_alloc(dev, 1000000, &input);
	memset(input.addr, 'a', 1000000);
	params[0] = tee_in(input.id, 0, 1000000);
	params[1] = tee_inout(input.id, 3, 32);
	ktap(gives(digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, TEEC_SUCCESS) &&
	     !memcmp(input.addr + 3, million, 32),
	     "SHA-256 of a million a, over the input");
	tee_mem_free(&input);

	content_make(mem.addr, SIZE, 7);
	for (n = 0; n < 200 && ok; n++) {
		len = n < 130 ? n : CHUNK - 165 + n;
		ok = holds(mem.id, n % 7, mem.addr + n % 7, len);
	}
	ktap(ok, "SHA-256 of normal memory of %u lengths, as OpenSSL", n);
	/* Also that a digest is of its range and not of all. */
	ktap(!holds(mem.id, 1, mem.addr, 64), "of a range only");

	for (n = 0; n < 32; n += 31) {
		memset(small.addr + 128, 0xa5, 64);
		params[0] = tee_in(mem.id, 0, 100);
		params[1] = tee_out(small.id, 128, n);
		ktap(gives(digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
			   TEEC_ERROR_SHORT_BUFFER),
		     "room for %u bytes: SHORT_BUFFER", n);
		ktap_eq(params[1].b, 32, "with the size needed");
		memset(small.addr + 192, 0xa5, 64);
		ktap(!memcmp(small.addr + 128, small.addr + 192, 64),
		     "and nothing written");
	}
}

/* Access rules. */

static void test_access(void)
{
	struct tee_ioctl_param params[3];
	int other, other_id;
	uint8_t *before = malloc(SIZE);

	refill();
	memcpy(before, mem.addr, SIZE);
	params[0] = tee_in(mem.id, 0, 64);
	params[1] = tee_out(mem.id, 100, 64);
	params[2] = tee_value(0, 0);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(mem.addr, before, SIZE),
	     "cipher into normal memory: ACCESS_DENIED, nothing written");
	params[1] = tee_inout(mem.id, 100, 0);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_ACCESS_DENIED) && params[1].b == 0,
	     "even of size 0");
	params[0] = tee_in(buf_id, 0, 64);
	params[1] = tee_out(buf_id, 100, 64);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_ACCESS_DENIED),
	     "cipher of restricted memory: ACCESS_DENIED");
	params[1] = tee_out(mem.id, 100, 64);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(mem.addr, before, SIZE),
	     "cipher from restricted into normal memory: ACCESS_DENIED");
	params[0] = tee_in(buf_id, 0, 32);
	params[1] = tee_in(small.id, 0, 16);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED),
	     "a key in restricted memory: ACCESS_DENIED");
	params[0] = tee_in(small.id, 0, 32);
	params[1] = tee_in(buf_id, 0, 16);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED),
	     "a counter block in restricted memory: ACCESS_DENIED");

	params[0] = tee_in(buf_id, 0, 64);
	params[1] = tee_out(mem.id, 0, 64);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(mem.addr, before, SIZE),
	     "copy into normal memory: ACCESS_DENIED, nothing written");
	params[0] = tee_in(mem.id, 0, 64);
	params[1] = tee_out(buf_id, 0, 64);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED),
	     "copy from normal memory: ACCESS_DENIED");
	params[0] = tee_in(mem.id, 0, 64);
	params[1] = tee_out(mem.id, 64, 64);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED) &&
	     !memcmp(mem.addr, before, SIZE),
	     "copy between normal memory: ACCESS_DENIED");
	params[0] = tee_in(buf_id, 0, 64);
	params[1] = tee_out(buf_id, 0, 64);
	ktap(gives(digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
		   TEEC_ERROR_ACCESS_DENIED),
	     "digest into restricted memory: ACCESS_DENIED");
	params[0] = tee_in(mem.id, 0, 64);
	ktap(gives(digest, RSTMEM_SVC_DIGEST_SHA256, params, 2,
		   TEEC_ERROR_ACCESS_DENIED),
	     "even of normal memory");
	ktap(unchanged(), "nothing was written to restricted memory");

	other = new_buffer(UI, PAGE, &other_id);
	content_fill(dev, other_id, 0, before, PAGE);
	params[0] = tee_in(buf_id, 0, 64);
	params[1] = tee_out(other_id, 0, 64);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED) && holds(other_id, 0, before, PAGE),
	     "copy to another use case: ACCESS_DENIED, nothing written");
	params[0] = tee_in(other_id, 0, 64);
	params[1] = tee_out(buf_id, 0, 64);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
		   TEEC_ERROR_ACCESS_DENIED) && unchanged(),
	     "copy from another use case: ACCESS_DENIED, nothing written");
	close(other);
	free(before);
}

/* The cipher service. */

/* NIST SP 800-38A, F.5.5 and F.5.6 */
static const uint8_t nist_key[32] = {
	0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
	0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
	0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
	0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4,
};

static const uint8_t nist_iv[16] = {
	0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
	0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
};

static const uint8_t nist_plain[64] = {
	0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
	0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
	0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c,
	0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51,
	0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,
	0xe5, 0xfb, 0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef,
	0xf6, 0x9f, 0x24, 0x45, 0xdf, 0x4f, 0x9b, 0x17,
	0xad, 0x2b, 0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10,
};

static const uint8_t nist_cipher[64] = {
	0x60, 0x1e, 0xc3, 0x13, 0x77, 0x57, 0x89, 0xa5,
	0xb7, 0xa7, 0xf5, 0x04, 0xbb, 0xf3, 0xd2, 0x28,
	0xf4, 0x43, 0xe3, 0xca, 0x4d, 0x62, 0xb5, 0x9a,
	0xca, 0x84, 0xe9, 0x90, 0xca, 0xca, 0xf5, 0xc5,
	0x2b, 0x09, 0x30, 0xda, 0xa2, 0x3d, 0xe9, 0x4c,
	0xe8, 0x70, 0x17, 0xba, 0x2d, 0x84, 0x98, 0x8d,
	0xdf, 0xc9, 0xc5, 0x8d, 0xb6, 0x7a, 0xad, 0xa6,
	0x13, 0xc2, 0xdd, 0x08, 0x45, 0x79, 0x41, 0xa6,
};

static void test_nist(void)
{
	size_t pos, len;
	bool ok = true;

	ktap_eq(set_key_of(cipher, nist_key, nist_iv), 0, "set key");
	memcpy(mem.addr, nist_plain, 64);
	ktap(!update(NEXT, 0, 1000, 64) && holds(buf_id, 1000, nist_cipher, 64),
	     "CTR-AES256.Encrypt of SP 800-38A");
	ktap(!holds(buf_id, 1000, nist_plain, 64), "which the digest tells apart");
	memcpy(mem.addr, nist_cipher, 64);
	ktap(!update(0, 0, 2000, 64) && holds(buf_id, 2000, nist_plain, 64),
	     "CTR-AES256.Decrypt of SP 800-38A");
	memcpy(mem.addr, nist_plain, 64);
	for (pos = 0; pos < 64; pos++)
		for (len = 1; len <= 64 - pos; len += 9)
			ok = ok && !update(pos, pos, 3000, len) &&
			     holds(buf_id, 3000, nist_cipher + pos, len);
	ktap(ok, "every part of it by itself");
	for (pos = 0, ok = !set_key_of(cipher, nist_key, nist_iv); pos < 64;
	     pos += len) {
		len = pos % 13 + 1 < 64 - pos ? pos % 13 + 1 : 64 - pos;
		ok = ok && !update(NEXT, pos, 4000 + pos, len);
	}
	ktap(ok && holds(buf_id, 4000, nist_cipher, 64), "and piece after piece");
}

static void test_cipher_bounds(void)
{
	static const size_t lens[] = { 1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49 };
	static const long around[] = { -17, -16, -15, -1, 0, 1, 15, 16, 17 };
	size_t pos, to, from, len;
	unsigned int n, count = 0;
	bool ok = true;

	refill();
	for (pos = 0; pos <= 48; pos++) {
		for (n = 0; n < sizeof(lens) / sizeof(*lens); n++) {
			from = count % 61;
			to = 100 + count % 67;
			count++;
			expect(pos, from, to, lens[n]);
			if (!update(pos, from, to, lens[n]) &&
			    right(to, lens[n]))
				continue;
			ktap_note("position %zu, %zu bytes", pos, lens[n]);
			ok = false;
		}
	}
	ktap(ok, "every position from 0 to 48, %u short lengths", n);

	for (ok = true, pos = 0; pos <= 48; pos++) {
		/* All lengths for the offsets in a block, one for the others. */
		for (n = pos < 17 ? 0 : pos % 9; n < 9; n += pos < 17 ? 1 : 9) {
			len = CHUNK + around[n];
			from = count % 61;
			to = PAGE - 20 + count % 41;
			count++;
			expect(pos, from, to, len);
			if (!update(pos, from, to, len) && right(to, len))
				continue;
			ktap_note("position %zu, %zu bytes", pos, len);
			ok = false;
		}
	}
	ktap(ok, "and lengths around 32 KiB");

	for (ok = true, n = 0; n < 9; n++) {
		len = 4 * CHUNK + around[n];
		expect(n, 1, 5, len);
		ok = ok && !update(n, 1, 5, len) && right(5, len);
	}
	ktap(ok && unchanged(), "and around 128 KiB, nothing else is written");

	/* Where restricted memory ends. */
	expect(3, 0, SIZE - 50, 50);
	ktap(!update(3, 0, SIZE - 50, 50) && unchanged(), "up to the last byte");
}

static void test_cipher_stream(void)
{
	size_t pos, len, at[100];
	unsigned int n, m;
	bool ok = true;

	refill();
	set_key();
	for (pos = 0, n = 0; n < 60; n++, pos += len) {
		len = n % 10 == 9 ? CHUNK / 2 + rnd() % 1000 : rnd() % 100;
		if (pos + len > SIZE)
			break;
		ok = ok && !update(NEXT, 0, pos, len);
		expect(pos, 0, pos, len);
	}
	ktap(ok && unchanged(), "without positions one follows the other");
	ok = !update(1000, 0, 0, 77) && !update(NEXT, 77, 77, 23);
	expect(1000, 0, 0, 77);
	expect(1077, 77, 77, 23);
	ktap(ok && unchanged(), "also after one with a position");
	ok = !update(NEXT, 0, 0, 0) && !update(NEXT, 5, 5, 300);
	expect(1100, 5, 5, 300);
	ktap(ok && unchanged(), "0 bytes change nothing");
	ok = !update(2000, 0, 0, 0) && !update(NEXT, 5, 5, 300);
	expect(2000, 5, 5, 300);
	ktap(ok && unchanged(), "but that their position counts");
	set_key();
	ok = !update(NEXT, 0, 0, 300);
	expect(0, 0, 0, 300);
	ktap(ok && unchanged(), "a new key starts at 0");

	/* Random access: 100 pieces in any order. */
	for (n = 0; n < 100; n++) {
		m = rnd() % (n + 1);
		at[n] = at[m];
		at[m] = n;
	}
	content_make(mem.addr, SIZE, rnd());
	for (ok = true, n = 0; n < 100; n++)
		ok = ok && !update(at[n] * 1001, at[n] * 1001, at[n] * 1001,
				   1001);
	expect(0, 0, 0, 100 * 1001);
	ktap(ok && unchanged(), "100 pieces in random order make a whole");
}

static void test_cipher_counter(void)
{
	static const struct {
		const char *name;
		uint8_t iv[16];
	} cases[] = {
		{ "0", {} },
		{ "2^128-1", { 255, 255, 255, 255, 255, 255, 255, 255,
			       255, 255, 255, 255, 255, 255, 255, 255 } },
		{ "2^128-2", { 255, 255, 255, 255, 255, 255, 255, 255,
			       255, 255, 255, 255, 255, 255, 255, 254 } },
		{ "2^64-1", { 0, 0, 0, 0, 0, 0, 0, 0,
			      255, 255, 255, 255, 255, 255, 255, 255 } },
		{ "2^64-3 and more above", { 1, 2, 3, 4, 5, 6, 7, 255,
			     255, 255, 255, 255, 255, 255, 255, 253 } },
		{ "2^32-1", { 9, 9, 9, 9, 9, 9, 9, 9,
			      9, 9, 9, 9, 255, 255, 255, 255 } },
	};
	static const uint64_t positions[] = {
		0, 1, 15, 16, 17, 31, 32, 48, 64, 100,
		0xfffffff0, 0xffffffff, 0x100000000, 0x100000001,
		0xffffffff0, 0xfffffffff, 0x1000000000, 0x1000000005,
		1ULL << 63, (1ULL << 63) - 5, 0xfffffffffffffe00,
	};
	unsigned int n, p;
	bool ok;

	refill();
	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		memcpy(iv, cases[n].iv, sizeof(iv));
		set_key();
		ok = true;
		for (p = 0; p < sizeof(positions) / sizeof(*positions); p++) {
			expect(positions[p], p, p * 200, 150);
			if (update(positions[p], p, p * 200, 150) ||
			    !right(p * 200, 150)) {
				ktap_note("position 0x%llx",
					  (long long)positions[p]);
				ok = false;
			}
		}
		expect(0, 0, 0, 3 * CHUNK);
		ktap(!update(0, 0, 0, 3 * CHUNK) && unchanged() && ok,
		     "the counter from %s on", cases[n].name);
	}
}

static void test_cipher_random(void)
{
	const unsigned int count = 800;
	unsigned int n, shift, bad = 0;
	size_t len, from, to;
	uint64_t pos;

	refill();
	for (n = 0; n < count; n++) {
		if (n % 8 == 0) {
			content_make(key, sizeof(key), rnd());
			content_make(iv, sizeof(iv), rnd());
			memset(iv + rnd() % 16, 255, 1 + rnd() % 2);
			if (n % 16 == 0)
				memset(iv + 8, 255, 8);
			set_key();
		}
		shift = rnd() % 64;
		pos = rnd64() >> shift;
		len = rnd() % (n % 16 ? 2000 : 70000);
		from = rnd() % (SIZE - len);
		to = rnd() % (SIZE - len);
		if (pos > UINT64_MAX - len)
			pos -= len;
		expect(pos, from, to, len);
		if (update(pos, from, to, len) || !right(to, len)) {
			ktap_note("position %llu, %zu bytes from %zu to %zu",
				  (long long)pos, len, from, to);
			bad++;
		}
	}
	ktap_eq(bad, 0, "%u random updates, as OpenSSL", count);
	ktap(unchanged(), "and nothing else is written");
}

static void test_cipher_inputs(void)
{
	struct tee_ioctl_param params[3];
	uint8_t *area = malloc(SIZE + 77);
	struct tee_mem reg;
	bool ok;

	refill();
	content_make(area, SIZE + 77, 9);
	if (tee_mem_register(dev, area + 77, SIZE, &reg))
		ktap_bail("register");
	params[0] = tee_in(reg.id, 5, SIZE - 100);
	params[1] = tee_inout(buf_id, 11, SIZE - 50);
	params[2] = tee_value(7, 0);
	ok = gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3, TEEC_SUCCESS);
	content_encrypt(key, iv, 7, area + 77 + 5, shadow + 11, SIZE - 100);
	ktap(ok && unchanged(), "registered memory as input");
	ktap_eq(params[1].b, SIZE - 100,
		"a larger output gets the size that was written");

	/* Key and counter block from there, too. */
	memcpy(area + 77 + 4090, key, 32);
	memcpy(area + 77 + 8185, iv, 16);
	params[0] = tee_in(reg.id, 4090, 32);
	params[1] = tee_in(reg.id, 8185, 16);
	ok = gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2, TEEC_SUCCESS) &&
	     !update(NEXT, 0, 0, 1000);
	expect(0, 0, 0, 1000);
	ktap(ok && unchanged(), "and for the key");
	tee_mem_free(&reg);
	free(area);
}

static void test_cipher_errors(void)
{
	struct tee_ioctl_param params[3];
	uint32_t session = tee_service(dev, cipher_uuid);
	size_t size;
	bool ok = true;

	refill();
	params[0] = tee_in(mem.id, 0, 64);
	params[1] = tee_out(buf_id, 0, 64);
	params[2] = tee_value(0, 0);
	ktap(gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_STATE), "UPDATE before SET_KEY: BAD_STATE");
	params[0] = tee_in(mem.id, 0, 0);
	params[1] = tee_out(buf_id, 0, 0);
	ktap(gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
		   TEEC_ERROR_BAD_STATE), "even of 0 bytes");
	params[0] = tee_in(small.id, 0, 31);
	params[1] = tee_in(small.id, 32, 16);
	ok = gives(session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
		   TEEC_ERROR_BAD_PARAMETERS);
	params[0] = tee_in(mem.id, 0, 64);
	params[1] = tee_out(buf_id, 0, 64);
	ktap(gives(session, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_STATE) && ok, "even after a wrong SET_KEY");
	tee_close_session(dev, session);

	for (ok = true, size = 0; size <= 64; size++) {
		if (size == 32)
			continue;
		params[0] = tee_in(mem.id, 0, size);
		params[1] = tee_in(mem.id, 64, 16);
		ok = gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
			   TEEC_ERROR_BAD_PARAMETERS) && ok;
	}
	ktap(ok, "key sizes other than 32: BAD_PARAMETERS");
	for (ok = true, size = 0; size <= 64; size++) {
		if (size == 16)
			continue;
		params[0] = tee_in(mem.id, 0, 32);
		params[1] = tee_in(mem.id, 64, size);
		ok = gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
			   TEEC_ERROR_BAD_PARAMETERS) && ok;
	}
	ktap(ok, "sizes of the counter block other than 16: BAD_PARAMETERS");
	ok = !update(NEXT, 0, 0, 500);
	expect(SIZE, 0, 0, 500);
	ktap(ok && unchanged(), "after which key and position are as before");

	/* Positions. */
	params[0] = tee_in(mem.id, 0, 16);
	params[1] = tee_out(buf_id, 0, 16);
	params[2] = tee_value(0xfffffff0, 0xffffffff);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_PARAMETERS),
	     "a position that overflows: BAD_PARAMETERS");
	params[2] = tee_value(0xffffffff, 0xffffffff);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_PARAMETERS), "the same for the largest");
	params[2] = tee_value(1ULL << 32, 0);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_PARAMETERS),
	     "a lower half of more than 32 bits: BAD_PARAMETERS");
	params[2] = tee_value(0, 1ULL << 32);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3,
		   TEEC_ERROR_BAD_PARAMETERS),
	     "an upper half of more than 32 bits: BAD_PARAMETERS");
	ktap(unchanged(), "nothing was written");
	params[0].b = 15;
	params[1].b = 15;
	params[2] = tee_value(0xfffffff0, 0xffffffff);
	expect(0xfffffffffffffff0, 0, 0, 15);
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3, TEEC_SUCCESS) &&
	     unchanged(), "just before the end of positions");
	params[0].b = 1;
	params[1].b = 1;
	ktap(gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
		   TEEC_ERROR_BAD_PARAMETERS) && unchanged(),
	     "and none can follow: BAD_PARAMETERS");

	/* Outputs that are too small. */
	update(100, 0, 0, 100);
	expect(100, 0, 0, 100);
	for (size = 0, ok = true; size < 1000; size += 333) {
		params[0] = tee_in(mem.id, 0, 1000);
		params[1] = tee_out(buf_id, 50, size);
		ok = gives(cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 2,
			   TEEC_ERROR_SHORT_BUFFER) && params[1].b == 1000 && ok;
	}
	ktap(ok, "too small an output: SHORT_BUFFER with the size needed");
	ktap(unchanged(), "and nothing written");
	ok = !update(NEXT, 0, 0, 100);
	expect(200, 0, 0, 100);
	ktap(ok && unchanged(), "and the position stays");
}

static void test_cipher_sessions(void)
{
	uint32_t two = tee_service(dev, cipher_uuid);
	uint8_t key2[32], iv2[16];
	size_t pos = 0, len;
	bool ok = true;
	int n;

	refill();
	content_make(key2, sizeof(key2), 100);
	content_make(iv2, sizeof(iv2), 101);
	set_key();
	ok = !set_key_of(two, key2, iv2);
	for (n = 0; n < 50; n++, pos += len) {
		len = 1 + rnd() % 1000;
		ok = ok && !update_of(cipher, NEXT, 0, pos, len) &&
		     !update_of(two, NEXT, 0, SIZE / 2 + pos, len);
		expect(pos, 0, pos, len);
		content_encrypt(key2, iv2, pos, mem.addr,
				shadow + SIZE / 2 + pos, len);
	}
	ktap(ok && unchanged(), "two sessions have their own key and position");
	tee_close_session(dev, two);
}

/* The copy service. */

static bool try_copy(size_t from, size_t to, size_t len)
{
	struct tee_ioctl_param params[2] = {
		tee_in(buf_id, from, len),
		tee_out(buf_id, to, len),
	};
	size_t begin = from < to ? from : to;

	memmove(shadow + to, shadow + from, len);
	if (gives(copy, RSTMEM_SVC_COPY_COPY, params, 2, TEEC_SUCCESS) &&
	    params[1].b == len &&
	    right(begin, (from < to ? to : from) - begin + len))
		return true;
	ktap_note("%zu bytes from %zu to %zu", len, from, to);
	return false;
}

static void test_copy(void)
{
	static const size_t distances[] = { 0, 1, 15, 16, 17, PAGE - 1, PAGE,
		PAGE + 1, CHUNK - 1, CHUNK, CHUNK + 1, 40000, 2 * CHUNK };
	static const size_t lens[] = { 0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1,
		70000, 3 * CHUNK };
	struct tee_ioctl_param params[2];
	unsigned int n, m;
	int other, other_id;
	bool up = true, down = true;
	size_t at;

	refill();
	for (n = 0; n < sizeof(distances) / sizeof(*distances); n++) {
		for (m = 0; m < sizeof(lens) / sizeof(*lens); m++) {
			at = 50 + n * 13 + m * 7;
			up = try_copy(at, at + distances[n], lens[m]) && up;
			down = try_copy(at + distances[n], at, lens[m]) && down;
		}
	}
	ktap(up, "copies to the same place and above, overlapping and not");
	ktap(down, "and below");
	ktap(unchanged(), "nothing else is written");
	ktap(try_copy(0, SIZE - CHUNK - 1, CHUNK + 1) && unchanged(),
	     "from the first byte to the last");

	other = new_buffer(VIDEO, SIZE, &other_id);
	params[0] = tee_in(buf_id, 3, SIZE - 10);
	params[1] = tee_inout(other_id, 7, SIZE - 7);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2, TEEC_SUCCESS) &&
	     holds(other_id, 7, shadow + 3, SIZE - 10),
	     "copies between buffers");
	ktap_eq(params[1].b, SIZE - 10, "and says how much");
	params[0] = tee_in(other_id, 7, SIZE - 10);
	params[1] = tee_out(buf_id, 0, SIZE - 10);
	memmove(shadow, shadow + 3, SIZE - 10);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2, TEEC_SUCCESS) &&
	     unchanged(), "and back");
	for (n = 0, up = true; n < 1000; n += 333) {
		params[0] = tee_in(other_id, 0, 1000);
		params[1] = tee_out(buf_id, 100, n);
		up = gives(copy, RSTMEM_SVC_COPY_COPY, params, 2,
			   TEEC_ERROR_SHORT_BUFFER) && params[1].b == 1000 && up;
	}
	ktap(up, "too small an output: SHORT_BUFFER with the size needed");
	ktap(unchanged(), "and nothing written");
	close(other);
	/* Another use case works the same. */
	other = new_buffer(RECORD, 2 * PAGE, &other_id);
	content_fill(dev, other_id, 0, shadow, PAGE);
	params[0] = tee_in(other_id, 0, PAGE);
	params[1] = tee_out(other_id, PAGE, PAGE);
	ktap(gives(copy, RSTMEM_SVC_COPY_COPY, params, 2, TEEC_SUCCESS) &&
	     holds(other_id, PAGE, shadow, PAGE), "a copy beyond 4 GiB");
	close(other);
}

/* Several threads. */

struct call {
	pthread_t thread;
	uint32_t session, cancel_id;
	int input;
	size_t size;
	size_t result;		/* where in small */
	atomic_bool done;
	int rc;
	uint32_t ret, origin;
};

static void *digest_thread(void *arg)
{
	struct call *call = arg;
	struct tee_ioctl_param params[2] = {
		tee_in(call->input, 0, call->size),
		tee_out(small.id, call->result, 32),
	};

	memset(small.addr + call->result, 0xa5, 32);
	call->rc = tee_invoke(dev, call->session, RSTMEM_SVC_DIGEST_SHA256,
			      call->cancel_id, params, 2, &call->ret,
			      &call->origin);
	call->done = true;
	return NULL;
}

static void start(struct call *call)
{
	call->done = false;
	if (pthread_create(&call->thread, NULL, digest_thread, call))
		ktap_bail("pthread_create");
}

static bool wrote_nothing(const struct call *call)
{
	uint8_t want[32];

	memset(want, 0xa5, sizeof(want));
	return !memcmp(small.addr + call->result, want, sizeof(want));
}

static void test_cancel(void)
{
	uint32_t session = tee_service(dev, digest_uuid), other;
	struct call one = { .session = session, .cancel_id = 7, .size = LONG,
			    .result = 1024 };
	struct call two = { .session = session, .cancel_id = 8, .size = MIB,
			    .result = 2048 };
	unsigned int begin, whole, cancels;
	uint8_t want[32];
	int fd, rc = 0;
	pid_t pid;

	other = tee_service(dev, digest_uuid);
	fd = new_buffer(VIDEO, LONG, &one.input);
	two.input = one.input;

	begin = now_ms();
	start(&one);
	for (cancels = 0; !one.done; cancels++) {
		rc = rc ?: cancel(dev, session, 8) ?: cancel(dev, other, 7);
		wait_ms(1);
	}
	pthread_join(one.thread, NULL);
	whole = now_ms() - begin;
	memcpy(want, small.addr + one.result, 32);
	ktap(!rc && !one.rc && !one.ret && cancels,
	     "a cancel of another name or session changes nothing");
	ktap_note("a digest of 64 MiB takes %u ms", whole);

	begin = now_ms();
	start(&one);
	for (cancels = 0; !one.done; cancels++) {
		rc = rc ?: cancel(dev, session, 7);
		wait_ms(1);
	}
	pthread_join(one.thread, NULL);
	ktap(!rc && !one.rc && one.ret == TEEC_ERROR_CANCEL &&
	     one.origin == TEEC_ORIGIN_TRUSTED_APP,
	     "a digest of 64 MiB is cancelled");
	ktap(now_ms() - begin < whole / 2, "at once");
	ktap(wrote_nothing(&one), "and writes nothing");
	ktap_eq(cancel(dev, session, 7), 0, "a cancel after it has ended");

	start(&one);
	wait_ms(whole / 8);
	start(&two);
	while (!two.done) {
		cancel(dev, session, 8);
		wait_ms(1);
	}
	pthread_join(one.thread, NULL);
	pthread_join(two.thread, NULL);
	ktap(!two.rc && two.ret == TEEC_ERROR_CANCEL && wrote_nothing(&two),
	     "a call that waits for another is cancelled");
	ktap(!one.rc && !one.ret && !memcmp(want, small.addr + one.result, 32),
	     "but not the other");

	/* The session and its file end under a call. */
	begin = now_ms();
	start(&one);
	wait_ms(whole / 8);
	ktap_eq(tee_close_session(dev, session), 0, "close during a call");
	ktap(!one.done, "does not wait for it");
	ktap_eq(tee_invoke(dev, session, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"no other call can start");
	ktap_eq(cancel(dev, session, 7), -EINVAL, "or be cancelled");
	pthread_join(one.thread, NULL);
	ktap(!one.rc && !one.ret && !memcmp(want, small.addr + one.result, 32),
	     "the call ends normally");
	close(fd);

	pid = fork();
	if (!pid) {
		close(dev);
		dev = tee_open(SOFTTEE_IMPL_ID);
		tee_mem_alloc(dev, PAGE, &small);
		fd = new_buffer(VIDEO, LONG - MIB, &one.input);
		one.size = LONG - MIB;
		one.session = tee_service(dev, digest_uuid);
		for (;;)
			digest_thread(&one);
	}
	wait_ms(150);
	begin = now_ms();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ktap(now_ms() - begin < whole / 2, "a kill ends a call at once");
	fd = new_buffer(VIDEO, LONG - MIB, NULL);
	ktap(true, "and releases its buffer");
	close(fd);
	tee_close_session(dev, other);
}

#define SLOT	(CHUNK + 100)
#define SLOTS	7

static atomic_int next_slot;

/* Each takes the next part of the stream, whichever that is. */
static void *stream_thread(void *arg)
{
	bool *ok = arg;
	int slot;

	*ok = true;
	while ((slot = next_slot++) < SLOTS)
		*ok = *ok && !update(NEXT, 0, slot * SLOT, SLOT);
	return NULL;
}

static void test_serialised(void)
{
	pthread_t thread[2];
	bool ok[2], whole = true, seen;
	int round, slot, part;
	unsigned int found;
	uint8_t *stream = malloc(SLOTS * SLOT);

	refill();
	memset(mem.addr, 0, SIZE);
	memset(stream, 0, SLOTS * SLOT);
	content_encrypt(key, iv, 0, stream, stream, SLOTS * SLOT);
	for (round = 0; round < 10; round++) {
		set_key();
		next_slot = 0;
		pthread_create(&thread[0], NULL, stream_thread, &ok[0]);
		pthread_create(&thread[1], NULL, stream_thread, &ok[1]);
		pthread_join(thread[0], NULL);
		pthread_join(thread[1], NULL);
		/* Every part is in a slot of its own. */
		for (found = 0, slot = 0; slot < SLOTS; slot++) {
			seen = false;
			for (part = 0; part < SLOTS && !seen; part++) {
				seen = !(found & 1u << part) &&
				       holds(buf_id, slot * SLOT,
					     stream + part * SLOT, SLOT);
				if (seen)
					found |= 1u << part;
			}
		}
		whole = whole && ok[0] && ok[1] && found == (1u << SLOTS) - 1;
	}
	ktap(whole, "calls of two threads in one session do not mix");
	free(stream);
}

static atomic_bool stop;

static void *scribble_thread(void *unused)
{
	uint32_t x = 1;
	size_t n;

	(void)unused;
	while (!stop)
		for (n = 0; n < SIZE; n += 64) {
			x = x * 1664525 + 1013904223;
			*(volatile uint32_t *)(mem.addr + n) = x;
		}
	return NULL;
}

static void test_changing_input(void)
{
	uint32_t hasher = tee_service(dev, digest_uuid);
	struct tee_ioctl_param params[2];
	pthread_t thread;
	bool ok = true;
	int n;

	refill();
	stop = false;
	pthread_create(&thread, NULL, scribble_thread, NULL);
	for (n = 0; n < 20; n++) {
		ok = ok && !update(0, 0, 0, SIZE);
		params[0] = tee_in(mem.id, 0, SIZE);
		params[1] = tee_out(mem.id, n, 32);
		ok = ok && gives(hasher, RSTMEM_SVC_DIGEST_SHA256, params, 2,
				 TEEC_SUCCESS);
		/* Even the key. */
		params[0] = tee_in(mem.id, n, 32);
		params[1] = tee_in(mem.id, 60, 16);
		ok = ok && gives(cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2,
				 TEEC_SUCCESS);
	}
	stop = true;
	pthread_join(thread, NULL);
	ktap(ok, "input that changes during the call");
	refill();
	ktap(true, "and the session is as good as before");
	tee_close_session(dev, hasher);
}

/* Anything. */

static uint64_t any_number(void)
{
	static const uint64_t known[] = { 0, 1, 16, 31, 32, 33, 64, PAGE,
		CHUNK, SIZE - 1, SIZE, SIZE + 1, UINT32_MAX, 1ULL << 32,
		1ULL << 63, UINT64_MAX - 1, UINT64_MAX };

	switch (rnd() % 4) {
	case 0:
		return known[rnd() % (sizeof(known) / sizeof(*known))];
	case 1:
		return rnd64() >> rnd() % 64;
	default:
		return rnd() % PAGE;
	}
}

static uint64_t any_attr(void)
{
	static const uint64_t types[] = { 0, 1, 2, 3, 5, 5, 6, 7 };

	switch (rnd() % 64) {
	case 0:
		return rnd64();
	case 1:
		return rnd() % 16 | TEE_IOCTL_PARAM_ATTR_META;
	case 2:
		return rnd() % 16;
	default:
		return types[rnd() % 8];
	}
}

/* commands() with memory to spoil. */
static void fuzz_commands(struct command list[4], const uint32_t session[3],
			  const uint64_t ids[6])
{
	unsigned int n, p;

	commands(list);
	for (n = 0; n < 4; n++) {
		list[n].session = session[n < 2 ? 0 : n - 1];
		for (p = 0; p < list[n].num_memrefs; p++)
			list[n].params[p].c = ids[list[n].params[p].c ==
						  (uint64_t)buf_id ? 3 : 0];
	}
}

static void test_fuzz(void)
{
	const unsigned int rounds = 6000;
	static union {
		struct tee_ioctl_invoke_arg arg;
		char space[sizeof(struct tee_ioctl_invoke_arg) +
			   FUZZ_PARAMS * sizeof(struct tee_ioctl_param)];
	} u;
	struct tee_ioctl_buf_data data;
	struct tee_ioctl_param *param;
	struct command list[4];
	uint32_t session[4];
	uint64_t ids[8];
	struct tee_mem fodder, guard;
	unsigned int n, p, num, which, works = 0, refused = 0, failed = 0;
	int video, video_id, ui, ui_id;
	uint8_t *area = malloc(SIZE);
	struct tee_mem reg;

	tee_mem_alloc(dev, SIZE, &fodder);
	tee_mem_alloc(dev, SIZE, &guard);
	content_make(guard.addr, SIZE, 12);
	content_make(fodder.addr, SIZE, 13);
	if (tee_mem_register(dev, area, SIZE, &reg))
		ktap_bail("register");
	refill();
	video = new_buffer(VIDEO, SIZE, &video_id);
	ui = new_buffer(UI, SIZE, &ui_id);
	session[0] = tee_service(dev, cipher_uuid);
	session[1] = tee_service(dev, copy_uuid);
	session[2] = tee_service(dev, digest_uuid);
	ids[0] = fodder.id;
	ids[1] = fodder.id;
	ids[2] = reg.id;
	ids[3] = video_id;
	ids[4] = video_id;
	ids[5] = ui_id;
	ids[6] = TEE_MEMREF_NULL;
	fuzz_commands(list, session, ids);

	for (n = 0; n < rounds; n++) {
		memset(&u, 0, sizeof(u));
		which = rnd() % 4;
		num = rnd() % 4 ? 2 + rnd() % 3 : rnd() % (FUZZ_PARAMS + 1);
		for (p = 0; p < num; p++) {
			param = &u.arg.params[p];
			/* Something right, and then this or that of it not. */
			if (p < 4)
				*param = list[which].params[p];
			ids[7] = rnd64() >> rnd() % 64;
			if (rnd() % 16 == 0)
				param->attr = any_attr();
			if (rnd() % 8 == 0)
				param->a = any_number();
			if (rnd() % 8 == 0)
				param->b = any_number();
			if (rnd() % 16 == 0)
				param->c = ids[rnd() % 8];
		}
		session[3] = rnd();
		u.arg.session = rnd() % 32 ? list[which].session :
					     session[rnd() % 4];
		u.arg.func = rnd() % 32 ? list[which].func : rnd();
		u.arg.cancel_id = rnd();
		u.arg.num_params = num;
		data.buf_ptr = (uintptr_t)&u;
		data.buf_len = sizeof(u.arg) +
			       num * sizeof(struct tee_ioctl_param);
		if (rnd() % 64 == 0)
			data.buf_len = rnd() % sizeof(u);
		if (ioctl(dev, TEE_IOC_INVOKE, &data))
			refused++;
		else if (u.arg.ret)
			failed++;
		else
			works++;
		if (n % 16 == 0)
			cancel(dev, session[rnd() % 4], rnd());
	}
	ktap_note("%u calls: %u refused, %u failed, %u worked", rounds, refused,
		  failed, works);
	ktap(works > 100 && refused > 100 && failed > 100,
	     "%u random calls do every kind of thing", rounds);
	content_make(fodder.addr, SIZE, 12);
	ktap(!memcmp(guard.addr, fodder.addr, SIZE) && unchanged(),
	     "and leave alone what they were not given");
	ktap(holds(guard.id, 0, guard.addr, SIZE), "services work as before");
	for (n = 0; n < 3; n++)
		if (tee_close_session(dev, session[n]))
			ktap_bail("a session is gone");
	close(video);
	close(ui);
	tee_mem_free(&fodder);
	tee_mem_free(&guard);
	tee_mem_free(&reg);
	free(area);
}

static int module_users(void)
{
	FILE *f = fopen("/sys/module/softtee/refcnt", "r");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		fclose(f);
	return n;
}

/* Sessions hold ciphers and digests of the crypto API, which counts them. */
static int crypto_users(void)
{
	FILE *f = fopen("/proc/crypto", "r");
	char line[256];
	int n, sum = 0;

	if (!f)
		ktap_bail("/proc/crypto: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "refcnt : %d", &n) == 1)
			sum += n;
	fclose(f);
	return sum;
}

static void test_end(int users, int crypto)
{
	int watch = tee_open(SOFTTEE_IMPL_ID);
	const uint32_t use_cases[] = { VIDEO, UI, RECORD };
	int n;

	for (n = 0; n < 3; n++) {
		ktap_eq(tee_used(watch, use_cases[n]), 0,
			"nothing of use case %u is left", use_cases[n]);
		ktap_eq(tee_buffers(watch, use_cases[n]), 0, "and no buffer");
	}
	close(watch);
	ktap_eq(crypto_users(), crypto, "no session is left");
	ktap_eq(module_users(), users, "the module has no users left");
	/* Waits for all shared memory: what leaks would hang it. */
	ktap(!syscall(SYS_delete_module, "softtee", O_NONBLOCK),
	     "and can be unloaded");
}

/* Without pool=; the module is loaded here. */
static int none(void)
{
	struct tee_ioctl_rstmem_query query;
	uint32_t use_case;

	ktap_start();
	if (system("modprobe softtee"))
		ktap_bail("modprobe softtee");
	dev = tee_open(SOFTTEE_IMPL_ID);
	for (use_case = 1; use_case <= 3; use_case++) {
		ktap_eq(tee_rstmem(dev, use_case, PAGE, NULL), -EOPNOTSUPP,
			"allocation for use case %u: EOPNOTSUPP", use_case);
		ktap_eq(tee_query(dev, use_case, &query), -EOPNOTSUPP,
			"query of use case %u: EOPNOTSUPP", use_case);
	}
	ktap_eq(tee_query(dev, TEE_IOC_UC_RESERVED, &query), -EOPNOTSUPP,
		"query of the device: EOPNOTSUPP");
	test_version();
	digest = tee_service(dev, digest_uuid);
	tee_mem_alloc(dev, PAGE, &small);
	tee_mem_alloc(dev, SIZE, &mem);
	content_make(mem.addr, SIZE, 1);
	ktap(holds(mem.id, 0, mem.addr, SIZE), "services work");
	tee_mem_free(&mem);
	tee_mem_free(&small);
	close(dev);
	ktap(!syscall(SYS_delete_module, "softtee", O_NONBLOCK),
	     "the module can be unloaded");
	return ktap_end();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "version", test_version },
		{ "sessions", test_open_session },
		{ "login", test_login },
		{ "session limit", test_session_limit },
		{ "other files", test_foreign },
		{ "digest", test_digest },
		{ "NIST vectors", test_nist },
		{ "parameter types", test_param_types },
		{ "unknown commands", test_unknown_commands },
		{ "allocated memory", test_shm_alloc },
		{ "registered memory", test_shm_register },
		{ "access", test_access },
		{ "cipher bounds", test_cipher_bounds },
		{ "cipher stream", test_cipher_stream },
		{ "cipher counter", test_cipher_counter },
		{ "cipher random", test_cipher_random },
		{ "cipher inputs", test_cipher_inputs },
		{ "cipher errors", test_cipher_errors },
		{ "cipher sessions", test_cipher_sessions },
		{ "copy", test_copy },
		{ "serialised", test_serialised },
		{ "changing input", test_changing_input },
		{ "fuzz", test_fuzz },
	};
	int users = module_users(), crypto;
	unsigned int n, begin;

	if (argc > 1 && !strcmp(argv[1], "none"))
		return none();
	ktap_start();
	/* Once without a test: what the crypto API makes at first use stays. */
	setup();
	teardown();
	crypto = crypto_users();
	setup();
	test_param_list(true);
	test_param_list(false);
	for (n = 0; n < sizeof(tests) / sizeof(*tests); n++) {
		begin = now_ms();
		tests[n].run();
		ktap_note("%s: %u ms", tests[n].name, now_ms() - begin);
	}
	/* Needs the memory of buf. */
	close(buf);
	test_cancel();
	buf = -1;
	teardown();
	test_end(users, crypto);
	return ktap_end();
}
