// SPDX-License-Identifier: GPL-2.0-only
/* librstmem, shared memory and sessions: the exchanges of a program with the TEE. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../../include/tee_gp.h"
#include "../../support/nist.h"
#include "common.h"

#define PAGE	4096UL

_Static_assert(sizeof(struct rstmem_session) == 40, "size in every ABI");
_Static_assert(offsetof(struct rstmem_session, tee) == 0, "layout");
_Static_assert(offsetof(struct rstmem_session, id) == 4, "layout");
_Static_assert(offsetof(struct rstmem_session, reserved) == 8, "layout");
_Static_assert(sizeof(struct rstmem_result) == 8, "size in every ABI");
_Static_assert(offsetof(struct rstmem_result, code) == 0, "layout");
_Static_assert(offsetof(struct rstmem_result, origin) == 4, "layout");
_Static_assert(sizeof(struct rstmem_param) == 40, "size in every ABI");
_Static_assert(offsetof(struct rstmem_param, type) == 0, "layout");
_Static_assert(offsetof(struct rstmem_param, id) == 4, "layout");
_Static_assert(offsetof(struct rstmem_param, offset) == 8, "layout");
_Static_assert(offsetof(struct rstmem_param, size) == 16, "layout");
_Static_assert(offsetof(struct rstmem_param, a) == 24, "layout");
_Static_assert(offsetof(struct rstmem_param, b) == 32, "layout");
_Static_assert(sizeof(struct rstmem_shm) == 48 + sizeof(void *), "size");
_Static_assert(offsetof(struct rstmem_shm, fd) == 0, "layout");
_Static_assert(offsetof(struct rstmem_shm, id) == 4, "layout");
_Static_assert(offsetof(struct rstmem_shm, size) == 8, "layout");
_Static_assert(offsetof(struct rstmem_shm, addr) == 16, "layout");
_Static_assert(offsetof(struct rstmem_shm, mapped) == 16 + sizeof(void *), "layout");
_Static_assert(offsetof(struct rstmem_shm, reserved) == 20 + sizeof(void *), "layout");
_Static_assert(RSTMEM_NONE == 0 && RSTMEM_VALUE_IN == 1 && RSTMEM_VALUE_OUT == 2 &&
	       RSTMEM_VALUE_INOUT == 3 && RSTMEM_MEMREF_IN == 5 &&
	       RSTMEM_MEMREF_OUT == 6 && RSTMEM_MEMREF_INOUT == 7, "values");
_Static_assert(RSTMEM_NULL == -1 && RSTMEM_PARAMS == 4, "values");

static const uint8_t cipher_uuid[16] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;

/* SHA-256 of "abc" */
static const uint8_t abc[32] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
	0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
	0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static struct rstmem_param ref(uint32_t type, int32_t id, uint64_t offset,
			       uint64_t size)
{
	return (struct rstmem_param){
		.type = type, .id = id, .offset = offset, .size = size,
	};
}

static struct rstmem_session open_session(struct rstmem *dev, const uint8_t *uuid)
{
	struct rstmem_session session;
	int ret = rstmem_session_open(dev, uuid, &session, NULL);

	if (ret)
		ktap_bail("rstmem_session_open: %s", rstmem_explain(ret));
	return session;
}

int session_digest(struct rstmem *dev, int32_t id, uint64_t size, uint8_t digest[32])
{
	struct rstmem_session session = open_session(dev, digest_uuid);
	struct rstmem_param params[2];
	struct rstmem_shm shm;
	int ret;

	if (rstmem_shm_alloc(dev, 32, &shm))
		ktap_bail("rstmem_shm_alloc");
	params[0] = ref(RSTMEM_MEMREF_IN, id, 0, size);
	params[1] = ref(RSTMEM_MEMREF_OUT, shm.id, 0, 32);
	ret = rstmem_invoke(&session, RSTMEM_SVC_DIGEST_SHA256, params, 2, NULL);
	memcpy(digest, shm.addr, 32);
	/* The memory for the result may have got the number of an id that ended. */
	if (id == shm.id)
		ret = -EINVAL;
	rstmem_shm_free(&shm);
	rstmem_session_close(&session);
	return ret;
}

/* Shared memory. */

static bool has_no_shm(int ret, int error, struct rstmem_shm *shm)
{
	static const struct rstmem_shm none = { .fd = -1 };

	if (ret != -error)
		ktap_note("%d, not %d", ret, -error);
	if (ret != -error || memcmp(shm, &none, sizeof(none)))
		return false;
	rstmem_shm_free(shm);
	return shm->fd == -1;
}

static bool not_allocated(struct rstmem *dev, uint64_t size, int error)
{
	struct rstmem_shm shm;

	memset(&shm, 0xff, sizeof(shm));
	return has_no_shm(rstmem_shm_alloc(dev, size, &shm), error, &shm);
}

static bool not_registered(struct rstmem *dev, void *addr, uint64_t size, int error)
{
	struct rstmem_shm shm;

	memset(&shm, 0xff, sizeof(shm));
	return has_no_shm(rstmem_shm_register(dev, addr, size, &shm), error, &shm);
}

static char area[3 * PAGE];

static int shm_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { (rlim_t)rstmem_fd(dev) + 1, 64 };
	int fd;

	for (fd = rstmem_fd(dev) + 1; fd < 64; fd++)
		close(fd);
	while ((fd = dup(1)) >= 0 && fd < rstmem_fd(dev))
		;
	close(fd);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!not_allocated(dev, PAGE, EMFILE) ||
	    !not_registered(dev, area, PAGE, EMFILE))
		return 1;
	/* Descriptor 0 is free, and shared memory must not get it. */
	close(0);
	return not_allocated(dev, PAGE, EMFILE) &&
	       not_registered(dev, area, PAGE, EMFILE) &&
	       fcntl(0, F_GETFD) == -1 ? 0 : 2;
}

static int shm_without_addresses(struct rstmem *dev)
{
	struct rlimit limit = { PAGE, PAGE };
	int fds = count_fds();

	setrlimit(RLIMIT_AS, &limit);
	return not_allocated(dev, PAGE, ENOMEM) && count_fds() == fds ? 0 : 1;
}

static bool is_mapped(void *addr)
{
	unsigned char there;

	return !mincore(addr, PAGE, &there);
}

static void test_shm(struct rstmem *dev, struct rstmem *heaps)
{
	static const struct rstmem_shm zero;
	struct rstmem_shm shm, second;
	int fds = count_fds();
	void *addr, *constant;

	memset(&shm, 0xff, sizeof(shm));
	ktap_eq(rstmem_shm_alloc(dev, 5000, &shm), 0, "shm_alloc: succeeds");
	ktap(shm.fd > 2 && fcntl(shm.fd, F_GETFD) == FD_CLOEXEC,
	     "shm_alloc: the descriptor has FD_CLOEXEC");
	ktap(shm.id > 0 && shm.size == 2 * PAGE && shm.addr && shm.mapped == 1,
	     "shm_alloc: gives an id, whole pages and an address");
	ktap(!memcmp(shm.reserved, zero.reserved, sizeof(zero.reserved)),
	     "shm_alloc: reserved members are 0");
	memset(shm.addr, 0x5a, shm.size);
	ktap(!rstmem_shm_alloc(dev, 1, &second) && second.id != shm.id,
	     "shm_alloc: a second one has another id");
	rstmem_shm_free(&second);
	addr = shm.addr;
	rstmem_shm_free(&shm);
	ktap(shm.fd == -1 && !shm.id && !shm.addr && !is_mapped(addr),
	     "shm_free: unmaps shared memory and resets the structure");
	rstmem_shm_free(&shm);
	rstmem_shm_free(NULL);
	shm = zero;
	rstmem_shm_free(&shm);
	ktap(fcntl(0, F_GETFD) >= 0 && shm.fd == -1,
	     "shm_free: does not close stdin for a structure of zeroes");

	memset(&shm, 0xff, sizeof(shm));
	ktap_eq(rstmem_shm_register(dev, area + 77, 5000, &shm), 0,
		"shm_register: accepts memory of the program");
	ktap(shm.fd > 2 && fcntl(shm.fd, F_GETFD) == FD_CLOEXEC,
	     "shm_register: the descriptor has FD_CLOEXEC");
	ktap(shm.id > 0 && shm.size == 5000 && shm.addr == area + 77 && !shm.mapped,
	     "shm_register: gives an id, and size and address of the program");
	ktap(!memcmp(shm.reserved, zero.reserved, sizeof(zero.reserved)),
	     "shm_register: reserved members are 0");
	rstmem_shm_free(&shm);
	ktap(shm.fd == -1 && !shm.addr && is_mapped((void *)((uintptr_t)area & -PAGE)),
	     "shm_free: leaves memory of the program");

	ktap(not_allocated(dev, 0, EINVAL), "shm_alloc: refuses size 0: EINVAL");
	ktap(not_registered(dev, area, 0, EINVAL),
	     "shm_register: refuses size 0: EINVAL");
	if (sizeof(size_t) < sizeof(uint64_t))
		ktap(not_allocated(dev, (1ULL << 32) + PAGE, ENOMEM),
		     "shm_alloc: does not cut a size to 32 bits: ENOMEM");
	else
		ktap_skip("shm_alloc: does not cut a size to 32 bits: ENOMEM",
			  "addresses have 64");
	ktap(not_registered(dev, NULL, PAGE, EFAULT),
	     "shm_register: refuses NULL: EFAULT");
	constant = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ktap(not_registered(dev, constant, PAGE, EFAULT),
	     "shm_register: refuses memory without permission to write: EFAULT");
	munmap(constant, PAGE);
	ktap(not_allocated(heaps, PAGE, EOPNOTSUPP) &&
	     not_registered(heaps, area, PAGE, EOPNOTSUPP),
	     "shm: heaps have none: EOPNOTSUPP");
	ktap_eq(in_child(shm_without_fds, dev), 0,
		"shm: fails without a free descriptor above 2: EMFILE");
	ktap_eq(in_child(shm_without_addresses, dev), 0,
		"shm_alloc: fails without room to map it, and keeps nothing: ENOMEM");
	ktap_eq(count_fds(), fds, "shm: no descriptor stays open");
}

/* Sessions. */

static void test_open_session(struct rstmem *dev, struct rstmem *heaps)
{
	static const struct rstmem_session zero, none = { .tee = -1 };
	static const uint8_t unknown[16] = { 1, 2, 3 };
	struct rstmem_result result = { 77, 77 };
	struct rstmem_session session, second;
	uint32_t id;
	int ret;

	memset(&session, 0xff, sizeof(session));
	ktap_eq(rstmem_session_open(dev, digest_uuid, &session, &result), 0,
		"session_open: opens a session of a service");
	ktap(result.code == TEEC_SUCCESS && result.origin == TEEC_ORIGIN_TRUSTED_APP,
	     "session_open: the answer is success, of the service");
	ktap(session.tee == rstmem_fd(dev) &&
	     !memcmp(session.reserved, zero.reserved, sizeof(zero.reserved)),
	     "session_open: names the device; reserved members are 0");
	ktap(!rstmem_session_open(dev, digest_uuid, &second, NULL) &&
	     second.id != session.id,
	     "session_open: a second session has another number");
	rstmem_session_close(&second);
	id = session.id;
	rstmem_session_close(&session);
	ktap(session.tee == -1 && !session.id,
	     "session_close: resets the structure");
	ktap_eq(tee_invoke(rstmem_fd(dev), id, 0, 0, NULL, 0, NULL, NULL), -EINVAL,
		"session_close: the number is invalid afterwards");
	rstmem_session_close(&session);
	rstmem_session_close(NULL);
	session = zero;
	rstmem_session_close(&session);
	ktap_eq(session.tee, -1,
		"session_close: accepts a closed session, NULL and zeroes");

	memset(&session, 0xff, sizeof(session));
	ret = rstmem_session_open(dev, unknown, &session, &result);
	ktap(ret == -EREMOTEIO && result.code == TEEC_ERROR_ITEM_NOT_FOUND &&
	     result.origin == TEEC_ORIGIN_TEE,
	     "session_open: an unknown service gives ITEM_NOT_FOUND of the TEE: EREMOTEIO");
	ktap(!memcmp(&session, &none, sizeof(none)),
	     "session_open: gives no session when the TEE refuses");
	ktap_eq(rstmem_session_open(dev, unknown, &session, NULL), -EREMOTEIO,
		"session_open: the answer may be ignored");
	memset(&session, 0xff, sizeof(session));
	result.code = 77;
	ret = rstmem_session_open(heaps, digest_uuid, &session, &result);
	ktap(ret == -EOPNOTSUPP && !result.code && !result.origin &&
	     !memcmp(&session, &none, sizeof(none)),
	     "session_open: heaps have no services: EOPNOTSUPP");
}

static bool is_refused(struct rstmem_session *session, const struct rstmem_param *params,
		       size_t count)
{
	struct rstmem_result result = { 77, 77 };
	struct rstmem_param tried[RSTMEM_PARAMS + 1];
	int ret;

	memset(tried, 0, sizeof(tried));
	memcpy(tried, params, (count < 2 ? count : 2) * sizeof(*params));
	ret = rstmem_invoke(session, RSTMEM_SVC_DIGEST_SHA256, tried, count, &result);
	if (ret != -EINVAL)
		ktap_note("rstmem_invoke() is %d, result 0x%x", ret, result.code);
	return ret == -EINVAL && !result.code && !result.origin &&
	       !memcmp(tried, params, (count < 2 ? count : 2) * sizeof(*params));
}

static void test_invoke_errors(struct rstmem *dev)
{
	struct rstmem_session session = open_session(dev, digest_uuid);
	struct rstmem_session zero = { 0 };
	struct rstmem_param good[2], params[2];
	struct rstmem_buffer buf;
	struct rstmem_shm shm;
	uint32_t type;
	bool ok = true;

	if (rstmem_shm_alloc(dev, PAGE, &shm) || rstmem_alloc(dev, VIDEO, PAGE, 0, &buf))
		ktap_bail("rstmem_shm_alloc");
	good[0] = ref(RSTMEM_MEMREF_IN, shm.id, 0, 3);
	good[1] = ref(RSTMEM_MEMREF_OUT, shm.id, 64, 32);
	for (type = 4; type <= 0x400; type = type == 4 ? 8 : type * 2) {
		memcpy(params, good, sizeof(params));
		params[0].type = type;
		ok = is_refused(&session, params, 2) && ok;
	}
	ktap(ok, "invoke: refuses types of parameters that do not exist: EINVAL");
	ktap(is_refused(&session, good, RSTMEM_PARAMS + 1),
	     "invoke: refuses five parameters: EINVAL");
	memcpy(params, good, sizeof(params));
	params[0].id = 0;
	ktap(is_refused(&session, params, 2), "invoke: refuses id 0: EINVAL");
	params[0].id = INT32_MAX;
	ktap(is_refused(&session, params, 2), "invoke: refuses an unknown id: EINVAL");
	params[0] = ref(RSTMEM_MEMREF_IN, buf.id, PAGE - 2, 3);
	ktap(is_refused(&session, params, 2),
	     "invoke: refuses a range beyond the end of a buffer: EINVAL");
	params[0] = ref(RSTMEM_MEMREF_IN, buf.id, UINT64_MAX, 2);
	ktap(is_refused(&session, params, 2),
	     "invoke: refuses a range that overflows: EINVAL");
	params[0] = ref(RSTMEM_MEMREF_IN, buf.id, 0, 3);
	rstmem_buffer_close(&buf);
	ktap(is_refused(&session, params, 2),
	     "invoke: refuses the id of a closed buffer: EINVAL");
	ktap(is_refused(&zero, good, 2),
	     "invoke: refuses a session of zeroes: EINVAL");
	rstmem_session_close(&session);
	ktap(is_refused(&session, good, 2), "invoke: refuses a closed session: EINVAL");
	rstmem_shm_free(&shm);
}

static void test_invoke(struct rstmem *dev)
{
	struct rstmem_session digest = open_session(dev, digest_uuid);
	struct rstmem_result result = { 77, 77 };
	struct rstmem_param params[2];
	struct rstmem_shm shm;
	int ret;

	if (rstmem_shm_alloc(dev, PAGE, &shm))
		ktap_bail("rstmem_shm_alloc");
	memcpy((char *)shm.addr + 100, "abc", 3);
	params[0] = ref(RSTMEM_MEMREF_IN, shm.id, 100, 3);
	params[1] = ref(RSTMEM_MEMREF_OUT, shm.id, 200, 64);
	ktap_eq(rstmem_invoke(&digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, &result), 0,
		"invoke: runs a command");
	ktap(result.code == TEEC_SUCCESS && result.origin == TEEC_ORIGIN_TRUSTED_APP,
	     "invoke: the answer is success, of the service");
	ktap(!memcmp((char *)shm.addr + 200, abc, 32) && params[1].size == 32,
	     "invoke: reads from one offset, writes to another, and sets the size");

	rstmem_shm_free(&shm);
	memcpy(area + 5, "abc", 3);
	if (rstmem_shm_register(dev, area + 5, PAGE, &shm))
		ktap_bail("rstmem_shm_register");
	params[0] = ref(RSTMEM_MEMREF_IN, shm.id, 0, 3);
	params[1] = ref(RSTMEM_MEMREF_INOUT, shm.id, PAGE - 32, 32);
	ktap(!rstmem_invoke(&digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, NULL) &&
	     !memcmp(area + 5 + PAGE - 32, abc, 32),
	     "invoke: reads and writes memory of the program");

	params[0] = ref(RSTMEM_MEMREF_IN, RSTMEM_NULL, 0, 0);
	params[1] = ref(RSTMEM_MEMREF_OUT, shm.id, 100, 31);
	ret = rstmem_invoke(&digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, &result);
	ktap(ret == -EREMOTEIO && result.code == TEEC_ERROR_SHORT_BUFFER &&
	     result.origin == TEEC_ORIGIN_TRUSTED_APP,
	     "invoke: a small output gives SHORT_BUFFER of the service: EREMOTEIO");
	ktap_eq(params[1].size, 32, "invoke: a small output tells the size needed");
	ktap_eq(rstmem_invoke(&digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, NULL), 0,
		"invoke: accepts NULL as memory");
	ktap_eq(rstmem_invoke(&digest, 77, NULL, 0, NULL), -EREMOTEIO,
		"invoke: the answer may be ignored");

	/* The kernel clears values that the service does not set. */
	params[0] = (struct rstmem_param){ .type = RSTMEM_VALUE_OUT, .a = 5, .b = 6 };
	params[1] = (struct rstmem_param){ .type = RSTMEM_VALUE_INOUT, .a = 7, .b = 8 };
	ret = rstmem_invoke(&digest, RSTMEM_SVC_DIGEST_SHA256, params, 2, &result);
	ktap(ret == -EREMOTEIO && result.code == TEEC_ERROR_BAD_PARAMETERS &&
	     !params[0].a && !params[0].b && params[1].a == 7 && params[1].b == 8,
	     "invoke: updates values, also when the service refuses");
	rstmem_shm_free(&shm);
	rstmem_session_close(&digest);
}

static void test_decrypt(struct rstmem *dev)
{
	struct rstmem_session cipher = open_session(dev, cipher_uuid);
	struct rstmem_param params[3] = { 0 };
	struct rstmem_buffer buf;
	struct rstmem_shm shm;
	uint8_t want[32], got[32];
	int ret;

	if (rstmem_shm_alloc(dev, PAGE, &shm) || rstmem_alloc(dev, VIDEO, PAGE, 0, &buf))
		ktap_bail("rstmem_alloc");
	memcpy(shm.addr, nist_key, sizeof(nist_key));
	memcpy((char *)shm.addr + sizeof(nist_key), nist_iv, sizeof(nist_iv));
	params[0] = ref(RSTMEM_MEMREF_IN, shm.id, 0, RSTMEM_SVC_CIPHER_KEY_SIZE);
	params[1] = ref(RSTMEM_MEMREF_IN, shm.id, RSTMEM_SVC_CIPHER_KEY_SIZE,
			RSTMEM_SVC_CIPHER_IV_SIZE);
	ktap_eq(rstmem_invoke(&cipher, RSTMEM_SVC_CIPHER_SET_KEY, params, 2, NULL), 0,
		"invoke: the cipher service takes a key");

	/* The second half first: a value says where. */
	memcpy(shm.addr, nist_cipher, 32);
	params[0] = ref(RSTMEM_MEMREF_IN, shm.id, 16, 16);
	params[1] = ref(RSTMEM_MEMREF_OUT, buf.id, 16, 16);
	params[2] = (struct rstmem_param){ .type = RSTMEM_VALUE_IN, .a = 16 };
	ret = rstmem_invoke(&cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3, NULL);
	params[0] = ref(RSTMEM_MEMREF_IN, shm.id, 0, 16);
	params[1] = ref(RSTMEM_MEMREF_OUT, buf.id, 0, 16);
	params[2].a = 0;
	ret = ret ?: rstmem_invoke(&cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 3, NULL);

	memcpy(shm.addr, nist_plain, 32);
	if (session_digest(dev, shm.id, 32, want))
		ktap_bail("digest of normal memory");
	ktap(!ret && !session_digest(dev, buf.id, 32, got) && !memcmp(want, got, 32),
	     "invoke: the cipher service decrypts into a buffer, at an offset too");
	rstmem_buffer_close(&buf);
	rstmem_shm_free(&shm);
	rstmem_session_close(&cipher);
}

void test_sessions(struct rstmem *dev)
{
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP);
	int fds = count_fds();

	test_shm(dev, heaps);
	test_open_session(dev, heaps);
	test_invoke(dev);
	test_invoke_errors(dev);
	test_decrypt(dev);
	ktap_eq(count_fds(), fds, "sessions: no descriptor stays open");
	ktap_eq(used(dev), 0, "sessions: nothing stays in use");
	rstmem_close(heaps);
}
