// SPDX-License-Identifier: GPL-2.0-only
/*
 * softtee at the level of the ioctls that libteec uses: sessions, shared memory, and
 * calls of several threads. services.c tests its services, hostile.c hostile input.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
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
#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/tee.h"

/* A digest of this size takes long enough for another thread to interfere. */
#define LONG		(64 * MIB)
#define MAX_SESSIONS	64

static const uint8_t unknown_uuid[16] = { 0x6d, 0xc9, 0x5b, 0xeb, 1 };

static void wait_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* The device. */

static void test_version(void)
{
	struct tee_ioctl_version_data vers;
	const uint32_t caps = TEE_GEN_CAP_GP | TEE_GEN_CAP_REG_MEM |
			      TEE_GEN_CAP_MEMREF_NULL;

	ktap(!ioctl(svc.dev, TEE_IOC_VERSION, &vers),
	     "version: TEE_IOC_VERSION succeeds");
	ktap_eq(vers.impl_id, SOFTTEE_IMPL_ID,
		"version: the implementation is softtee");
	ktap_eq(vers.impl_caps, 0,
		"version: softtee has no capabilities of its own");
	ktap_eq(vers.gen_caps & (caps | TEE_GEN_CAP_PRIVILEGED), caps,
		"version: has GP, REG_MEM and MEMREF_NULL, not PRIVILEGED");
}

static void test_open_session(void)
{
	uint32_t ret, origin, session, other;
	int rc;

	rc = svc_open(svc.dev, unknown_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
		      &session, &ret, &origin);
	ktap_eq(rc, 0, "open unknown service: the ioctl succeeds");
	ktap_eq(ret, TEEC_ERROR_ITEM_NOT_FOUND,
		"open unknown service: returns ITEM_NOT_FOUND");
	ktap_eq(origin, TEEC_ORIGIN_TEE,
		"open unknown service: the origin is the TEE");
	ktap_eq(session, 0, "open unknown service: the session is 0");

	rc = svc_open(svc.dev, svc_copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL,
		      0, &session, &ret, &origin);
	ktap(!rc && !ret && origin == TEEC_ORIGIN_TRUSTED_APP,
	     "open: a service of softtee gives a session");
	rc = svc_open(svc.dev, svc_copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL,
		      0, &other, &ret, &origin);
	ktap(!rc && !ret && other != session,
	     "open: a second session has another id");
	ktap_eq(tee_close_session(svc.dev, session), 0,
		"close: an open session closes");
	ktap_eq(tee_close_session(svc.dev, session), -EINVAL,
		"close: refuses a closed session: EINVAL");
	ktap_eq(tee_invoke(svc.dev, session, 0, 0, NULL, 0, NULL, NULL),
		-EINVAL, "invoke: refuses a closed session: EINVAL");
	ktap_eq(svc_cancel(svc.dev, session, 0), -EINVAL,
		"cancel: refuses a closed session: EINVAL");
	ktap_eq(svc_cancel(svc.dev, other, 0), 0,
		"cancel: succeeds when no call runs");
	tee_close_session(svc.dev, other);

	ktap_eq(tee_close_session(svc.dev, 0), -EINVAL,
		"close: refuses session 0: EINVAL");
	ktap_eq(tee_close_session(svc.dev, UINT32_MAX), -EINVAL,
		"close: refuses session 2^32-1: EINVAL");
	ktap_eq(tee_invoke(svc.dev, 0, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"invoke: refuses session 0: EINVAL");
	ktap_eq(tee_invoke(svc.dev, UINT32_MAX, 0, 0, NULL, 0, NULL, NULL),
		-EINVAL, "invoke: refuses session 2^32-1: EINVAL");
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
		{ "method 77", 77, 0, -EINVAL },
		{ "REE_KERNEL", TEE_IOCTL_LOGIN_REE_KERNEL_MIN, 0, -EPERM },
	};
	const gid_t group = 12345;
	uint32_t ret, origin, session;
	unsigned int n;
	int rc;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		rc = svc_open(svc.dev, svc_digest_uuid, cases[n].login,
			      cases[n].data, NULL, 0, &session, &ret,
			      &origin);
		ktap_eq(rc, cases[n].error,
			"login: %s gives: %s", cases[n].name,
			strerror(-cases[n].error));
		if (!rc && !ret)
			tee_close_session(svc.dev, session);
	}

	if (setgroups(1, &group))
		ktap_bail("setgroups: %s", strerror(errno));
	rc = svc_open(svc.dev, svc_digest_uuid, TEE_IOCTL_LOGIN_GROUP, group,
		      NULL, 0, &session, &ret, &origin);
	ktap(!rc && !ret,
	     "login: GROUP of others is accepted when the caller joined it");
	tee_close_session(svc.dev, session);
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
		session[n] = tee_service(one, n % 2 ? svc_cipher_uuid :
						      svc_digest_uuid);
	for (n = 0; n < MAX_SESSIONS; n++)
		for (m = 0; m < n; m++)
			distinct = distinct && session[n] != session[m];
	ktap(distinct, "session limit: 64 sessions have 64 different ids");
	rc = svc_open(one, svc_copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, NULL, 0,
		      &more, &ret, &origin);
	ktap_eq(rc, 0, "session limit: the ioctl succeeds for a 65th session");
	ktap_eq(ret, TEEC_ERROR_OUT_OF_MEMORY,
		"session limit: a 65th session returns OUT_OF_MEMORY");
	ktap_eq(origin, TEEC_ORIGIN_TEE,
		"session limit: the origin of a 65th session is the TEE");
	ktap_eq(more, 0, "session limit: the id of a 65th session is 0");
	ktap(!tee_session(two, svc_copy_uuid, &more, &ret, NULL) && !ret,
	     "session limit: a full file does not limit another file");

	tee_close_session(one, session[17]);
	ktap(!tee_session(one, svc_copy_uuid, &session[17], &ret, NULL) && !ret,
	     "session limit: closing one of 64 sessions makes room");
	ktap(!tee_session(one, svc_copy_uuid, &more, &ret, NULL) &&
	     ret == TEEC_ERROR_OUT_OF_MEMORY,
	     "session limit: closing one session makes room for one only");
	for (n = 0; n < MAX_SESSIONS; n++)
		if (tee_close_session(one, session[n]))
			break;
	ktap_eq(n, MAX_SESSIONS, "session limit: all 64 sessions close");
	for (n = 0; n < MAX_SESSIONS; n++)
		if (tee_session(one, svc_copy_uuid, &session[n], &ret, NULL) ||
		    ret)
			break;
	ktap_eq(n, MAX_SESSIONS, "session limit: 64 sessions open again");
	close(one);
	close(two);
}

static void test_foreign(void)
{
	int other = tee_open(SOFTTEE_IMPL_ID);
	struct tee_ioctl_param params[2];
	uint32_t session = tee_service(other, svc_digest_uuid);
	struct tee_mem theirs;
	int n;

	/* An id that this file does not have. */
	for (n = 0; n < 8; n++)
		session = tee_service(other, svc_digest_uuid);
	ktap_eq(tee_invoke(svc.dev, session, 0, 0, NULL, 0, NULL, NULL),
		-EINVAL, "invoke: refuses a session of another file: EINVAL");
	ktap_eq(tee_close_session(svc.dev, session), -EINVAL,
		"close: refuses a session of another file: EINVAL");
	ktap_eq(svc_cancel(svc.dev, session, 0), -EINVAL,
		"cancel: refuses a session of another file: EINVAL");

	tee_mem_alloc(other, PAGE, &theirs);
	params[0] = tee_in(theirs.id, 0, 1);
	params[1] = tee_out(svc.small.id, 0, 32);
	ktap_eq(tee_invoke(svc.dev, svc.digest, 0, 0, params, 2, NULL, NULL),
		-EINVAL,
		"invoke: refuses normal memory of another file: EINVAL");
	params[0] = tee_in(svc.buf_id, 0, 1);
	params[1] = tee_out(theirs.id, 0, 32);
	ktap_eq(tee_invoke(other, session, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"invoke: refuses restricted memory of another file: EINVAL");
	tee_mem_free(&theirs);
	close(other);
}

/* Shared memory. */

static int alloc_shm(uint64_t size, uint32_t flags,
		     struct tee_ioctl_shm_alloc_data *data)
{
	int fd;

	memset(data, 0, sizeof(*data));
	data->size = size;
	data->flags = flags;
	fd = ioctl(svc.dev, TEE_IOC_SHM_ALLOC, data);
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
		ktap_eq(fd, bad[n].error,
			"shm alloc: refuses %s: %s", bad[n].name,
			strerror(-bad[n].error));
		if (fd >= 0)
			close(fd);
	}

	fd = alloc_shm(1, 0, &data);
	ktap(fd >= 0 && data.size == PAGE,
	     "shm alloc: 1 byte is rounded up to a page");
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ktap(p == MAP_FAILED, "shm mmap: refuses more than the size");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	ktap(p == MAP_FAILED, "shm mmap: refuses an offset beyond the size");
	close(fd);

	tee_mem_alloc(svc.dev, 4 * MIB, &one);
	ktap_eq(one.size, 4 * MIB, "shm alloc: gives 4 MiB");
	ktap(is_zero(one.addr, one.size), "shm alloc: new memory is zero");
	memset(one.addr, 0xa5, one.size);
	tee_mem_alloc(svc.dev, 4 * MIB, &two);
	ktap(two.id != one.id && is_zero(two.addr, two.size),
	     "shm alloc: a second allocation is other memory, and zero");
	tee_mem_free(&one);
	tee_mem_alloc(svc.dev, 4 * MIB, &one);
	ktap(is_zero(one.addr, one.size),
	     "shm alloc: memory allocated after a free is zero");

	/* A service and the mapping see the same memory. */
	content_make(one.addr, one.size, 5);
	ktap(svc_holds(one.id, 0, one.addr, one.size),
	     "shm alloc: the digest service reads all of it");
	close(one.fd);
	one.fd = -1;
	content_make(two.addr, two.size, 5);
	ktap(!memcmp(one.addr, two.addr, one.size),
	     "shm alloc: a mapping outlives the descriptor");
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
		rc = tee_mem_register(svc.dev, area + offset, len, &reg);
		if (rc || reg.size != len ||
		    !svc_holds(reg.id, 0, area + offset, len) ||
		    !svc_holds(reg.id, len / 2, area + offset + len / 2,
			       len - len / 2)) {
			ktap_note("offset %zu, %zu bytes: %s", offset, len,
				  strerror(-rc));
			ok = false;
		}
		if (!rc)
			tee_mem_free(&reg);
	}
	ktap(ok, "shm register: memory of any address and length is an input");

	/* An output across pages. */
	rc = tee_mem_register(svc.dev, area + 100, 2 * PAGE, &reg);
	ktap_eq(rc, 0, "shm register: an unaligned range is registered");
	content_sha256("abc", 3, want);
	memcpy(svc.small.addr, "abc", 3);
	params[0] = tee_in(svc.small.id, 0, 3);
	params[1] = tee_out(reg.id, PAGE - 100 - 7, 32);
	ktap(!tee_call(svc.dev, svc.digest, RSTMEM_SVC_DIGEST_SHA256,
		       params, 2) &&
	     !memcmp(area + PAGE - 7, want, 32),
	     "shm register: memory across pages is an output");
	content_make(svc.shadow, 16 * PAGE, 6);
	memcpy(svc.shadow + PAGE - 7, want, 32);
	ktap(!memcmp(area, svc.shadow, 16 * PAGE),
	     "shm register: an output writes nothing around it");
	params[0] = tee_in(reg.id, 2 * PAGE, 1);
	params[1] = tee_out(svc.small.id, 64, 32);
	ktap_eq(tee_invoke(svc.dev, svc.digest, 0, 0, params, 2, NULL, NULL),
		-EINVAL,
		"shm register: a reference to a byte beyond it is refused: EINVAL");
	params[0] = tee_in(reg.id, UINT64_MAX, 2);
	ktap_eq(tee_invoke(svc.dev, svc.digest, 0, 0, params, 2, NULL, NULL),
		-EINVAL,
		"shm register: a reference that wraps is refused: EINVAL");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reg.fd, 0);
	ktap(p == MAP_FAILED, "shm register: its descriptor cannot be mapped");
	munmap(area, PAGE * 16);
	ktap(svc_holds(reg.id, 0, svc.shadow + 100, 2 * PAGE),
	     "shm register: services read it after munmap");
	tee_mem_free(&reg);

	ktap(tee_mem_register(svc.dev, area, PAGE, &reg) == -EFAULT,
	     "shm register: refuses an unmapped address: EFAULT");
	rc = tee_mem_register(svc.dev, (void *)0xffff888000000000, PAGE, &reg);
	ktap_eq(rc, -EFAULT,
		"shm register: refuses an address of the kernel: EFAULT");
	area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(area + 2 * PAGE, 2 * PAGE);
	rc = tee_mem_register(svc.dev, area, 4 * PAGE, &reg);
	ktap(rc < 0,
	     "shm register: refuses a half mapped range (%s)", strerror(-rc));
	rc = tee_mem_register(svc.dev, area, 0, &reg);
	ktap(rc < 0, "shm register: refuses 0 bytes (%s)", strerror(-rc));
	rc = tee_mem_register(svc.dev, area, SIZE_MAX, &reg);
	ktap(rc < 0,
	     "shm register: refuses SIZE_MAX bytes (%s)", strerror(-rc));
	rc = tee_mem_register(svc.dev, area, 1UL << 47, &reg);
	ktap(rc < 0, "shm register: refuses 2^47 bytes (%s)", strerror(-rc));
	memset(&data, 0, sizeof(data));
	data.addr = (uintptr_t)area;
	data.length = PAGE;
	data.flags = 1;
	ktap(ioctl(svc.dev, TEE_IOC_SHM_REGISTER, &data) < 0 && errno == EINVAL,
	     "shm register: refuses flag 1: EINVAL");
	mprotect(area, 2 * PAGE, PROT_READ);
	rc = tee_mem_register(svc.dev, area, PAGE, &reg);
	ktap_eq(rc, -EFAULT, "shm register: refuses read-only memory: EFAULT");
	munmap(area, 2 * PAGE);
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
		tee_out(svc.small.id, call->result, 32),
	};

	memset(svc.small.addr + call->result, 0xa5, 32);
	call->rc = tee_invoke(svc.dev, call->session, RSTMEM_SVC_DIGEST_SHA256,
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
	return !memcmp(svc.small.addr + call->result, want, sizeof(want));
}

/* Kills a process in the middle of calls. Returns how long that took, in ms. */
static unsigned int kill_in_call(struct call call)
{
	unsigned int begin;
	pid_t pid = fork();

	if (!pid) {
		close(svc.dev);
		svc.dev = tee_open(SOFTTEE_IMPL_ID);
		tee_mem_alloc(svc.dev, PAGE, &svc.small);
		svc_buffer(VIDEO, LONG - MIB, &call.input);
		call.size = LONG - MIB;
		call.session = tee_service(svc.dev, svc_digest_uuid);
		for (;;)
			digest_thread(&call);
	}
	wait_ms(150);
	begin = svc_now_ms();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return svc_now_ms() - begin;
}

static void test_cancel(void)
{
	uint32_t session = tee_service(svc.dev, svc_digest_uuid), other;
	struct call one = { .session = session, .cancel_id = 7, .size = LONG,
			    .result = 1024 };
	struct call two = { .session = session, .cancel_id = 8, .size = MIB,
			    .result = 2048 };
	unsigned int begin, whole, cancels, took, tries;
	uint8_t want[32];
	int fd, rc = 0;

	other = tee_service(svc.dev, svc_digest_uuid);
	/* The buffer of LONG needs this memory. */
	close(svc.buf);
	fd = svc_buffer(VIDEO, LONG, &one.input);
	two.input = one.input;

	begin = svc_now_ms();
	start(&one);
	for (cancels = 0; !one.done; cancels++) {
		rc = rc ?: svc_cancel(svc.dev, session, 8);
		rc = rc ?: svc_cancel(svc.dev, other, 7);
		wait_ms(1);
	}
	pthread_join(one.thread, NULL);
	whole = svc_now_ms() - begin;
	memcpy(want, svc.small.addr + one.result, 32);
	ktap(!rc && !one.rc && !one.ret && cancels,
	     "cancel: another cancel id or session does not end a call");
	ktap_note("a digest of 64 MiB takes %u ms", whole);

	begin = svc_now_ms();
	start(&one);
	for (cancels = 0; !one.done; cancels++) {
		rc = rc ?: svc_cancel(svc.dev, session, 7);
		wait_ms(1);
	}
	pthread_join(one.thread, NULL);
	ktap(!rc && !one.rc && one.ret == TEEC_ERROR_CANCEL &&
	     one.origin == TEEC_ORIGIN_TRUSTED_APP,
	     "cancel: ends a digest of 64 MiB with CANCEL");
	ktap(svc_now_ms() - begin < whole / 2,
	     "cancel: ends a digest in less than half its time");
	ktap(wrote_nothing(&one), "cancel: a cancelled digest writes nothing");
	ktap_eq(svc_cancel(svc.dev, session, 7), 0,
		"cancel: succeeds after its call ended");

	start(&one);
	wait_ms(whole / 8);
	start(&two);
	while (!two.done) {
		svc_cancel(svc.dev, session, 8);
		wait_ms(1);
	}
	ktap(!one.done, "cancel: ends a waiting call before the running one");
	pthread_join(one.thread, NULL);
	pthread_join(two.thread, NULL);
	ktap(!two.rc && two.ret == TEEC_ERROR_CANCEL && wrote_nothing(&two),
	     "cancel: ends a call that waits for another call");
	ktap(!one.rc && !one.ret &&
	     !memcmp(want, svc.small.addr + one.result, 32),
	     "cancel: does not end the call that another one waits for");

	/* The session is closed during a call. */
	begin = svc_now_ms();
	start(&one);
	wait_ms(whole / 8);
	ktap_eq(tee_close_session(svc.dev, session), 0,
		"close: succeeds during a call");
	ktap(!one.done, "close: does not wait for a call");
	ktap_eq(tee_invoke(svc.dev, session, 0, 0, NULL, 0, NULL, NULL),
		-EINVAL, "close: during a call refuses further calls: EINVAL");
	ktap_eq(svc_cancel(svc.dev, session, 7), -EINVAL,
		"close: during a call refuses to cancel it: EINVAL");
	pthread_join(one.thread, NULL);
	ktap(!one.rc && !one.ret &&
	     !memcmp(want, svc.small.addr + one.result, 32),
	     "close: a call under way succeeds");
	close(fd);

	/* A guest that is starved in the middle may try again. */
	took = whole;
	for (tries = 0; tries < 5 && took >= whole / 2; tries++)
		took = kill_in_call(one);
	ktap(took < whole / 2, "kill: ends a call in less than half its time");
	fd = tee_rstmem(svc.dev, VIDEO, LONG - MIB, NULL);
	ktap(fd >= 0, "kill: frees the buffer of the call");
	close(fd);
	tee_close_session(svc.dev, other);
	svc.buf = svc_buffer(VIDEO, SVC_SIZE, &svc.buf_id);
}

#define SLOT	(CHUNK + 100)
#define SLOTS	7

static atomic_int next_slot;

/* Each thread takes the next part of the stream. */
static void *stream_thread(void *arg)
{
	bool *ok = arg;
	int slot;

	*ok = true;
	while ((slot = next_slot++) < SLOTS)
		*ok = *ok && !svc_update(SVC_NEXT, 0, slot * SLOT, SLOT);
	return NULL;
}

static void test_serialised(void)
{
	pthread_t thread[2];
	bool ok[2], whole = true, seen;
	int round, slot, part;
	unsigned int found;
	uint8_t *stream = malloc(SLOTS * SLOT);

	svc_refill();
	memset(svc.mem.addr, 0, SVC_SIZE);
	memset(stream, 0, SLOTS * SLOT);
	content_encrypt(svc.key, svc.iv, 0, stream, stream, SLOTS * SLOT);
	for (round = 0; round < 10; round++) {
		svc_set_key();
		next_slot = 0;
		pthread_create(&thread[0], NULL, stream_thread, &ok[0]);
		pthread_create(&thread[1], NULL, stream_thread, &ok[1]);
		pthread_join(thread[0], NULL);
		pthread_join(thread[1], NULL);
		/* Each part must be in a slot of its own. */
		for (found = 0, slot = 0; slot < SLOTS; slot++) {
			seen = false;
			for (part = 0; part < SLOTS && !seen; part++) {
				seen = !(found & 1u << part) &&
				       svc_holds(svc.buf_id, slot * SLOT,
						 stream + part * SLOT, SLOT);
				if (seen)
					found |= 1u << part;
			}
		}
		whole = whole && ok[0] && ok[1] && found == (1u << SLOTS) - 1;
	}
	ktap(whole, "session: calls of two threads do not mix");
	free(stream);
}

/* softtee without pool=. The test loads the module. */
static int none(void)
{
	struct tee_ioctl_rstmem_query query;
	uint32_t use_case;

	ktap_start();
	if (system("modprobe softtee"))
		ktap_bail("modprobe softtee");
	svc.dev = tee_open(SOFTTEE_IMPL_ID);
	for (use_case = 1; use_case <= 3; use_case++) {
		ktap_eq(tee_rstmem(svc.dev, use_case, PAGE, NULL), -EOPNOTSUPP,
			"no pool: allocation for use case %u fails: EOPNOTSUPP",
			use_case);
		ktap_eq(tee_query(svc.dev, use_case, &query), -EOPNOTSUPP,
			"no pool: a query of use case %u fails: EOPNOTSUPP",
			use_case);
	}
	ktap_eq(tee_query(svc.dev, TEE_IOC_UC_RESERVED, &query), -EOPNOTSUPP,
		"no pool: a query of the device fails: EOPNOTSUPP");
	test_version();
	svc.digest = tee_service(svc.dev, svc_digest_uuid);
	tee_mem_alloc(svc.dev, PAGE, &svc.small);
	tee_mem_alloc(svc.dev, SVC_SIZE, &svc.mem);
	content_make(svc.mem.addr, SVC_SIZE, 1);
	ktap(svc_holds(svc.mem.id, 0, svc.mem.addr, SVC_SIZE),
	     "no pool: the digest service works");
	tee_mem_free(&svc.mem);
	tee_mem_free(&svc.small);
	close(svc.dev);
	ktap(!syscall(SYS_delete_module, "softtee", O_NONBLOCK),
	     "no pool: the module unloads");
	return ktap_end();
}

int main(int argc, char **argv)
{
	static const struct svc_test tests[] = {
		{ "version", test_version },
		{ "sessions", test_open_session },
		{ "login", test_login },
		{ "session limit", test_session_limit },
		{ "other files", test_foreign },
		{ "allocated memory", test_shm_alloc },
		{ "registered memory", test_shm_register },
		{ "serialised", test_serialised },
		{ "cancel", test_cancel },
	};

	if (argc > 1 && !strcmp(argv[1], "none"))
		return none();
	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
