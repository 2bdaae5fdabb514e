// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile input to softtee and its services: parameters of a wrong number or type,
 * unknown commands, input that changes during the call, and random calls.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/tee.h"

#define FUZZ_PARAMS	32

/* Parameters. */

/* Invoke a command or open a session with any list of parameters. */
static int try_params(bool open, struct tee_ioctl_param *params, unsigned int n,
		      uint32_t *ret, uint32_t *origin)
{
	uint32_t session;
	int rc;

	if (!open)
		return tee_invoke(svc.dev, svc.copy, RSTMEM_SVC_COPY_COPY, 0,
				  params, n, ret, origin);
	rc = svc_open(svc.dev, svc_copy_uuid, TEE_IOCTL_LOGIN_PUBLIC, 0, params,
		      n, &session, ret, origin);
	if (!rc && !*ret)
		tee_close_session(svc.dev, session);
	return rc;
}

static void test_param_list(bool open)
{
	const char *what = open ? "open session" : "invoke";
	struct tee_ioctl_param params[8] = {};
	uint32_t ret, origin;
	int rc;

	/* COPY needs two parameters, opening a session none. */
	if (!open) {
		params[0] = tee_in(svc.buf_id, 0, 16);
		params[1] = tee_out(svc.buf_id, 0, 16);
	}
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && !ret, "%s: accepts 4 parameters", what);
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && !ret,
	     "%s: accepts 8 parameters, NONE from the fifth on", what);

	params[4] = tee_value(1, 2);
	rc = try_params(open, params, 5, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: refuses a fifth value: BAD_PARAMETERS", what);
	params[4] = (struct tee_ioctl_param)TEE_NONE;
	params[7] = tee_in(svc.small.id, 0, 16);
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: refuses an eighth memory reference: BAD_PARAMETERS", what);
	params[7] = (struct tee_ioctl_param)TEE_NONE;

	params[2].attr = TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: refuses META on NONE: BAD_PARAMETERS", what);
	params[2] = tee_value(1, 2);
	params[2].attr |= TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: refuses META on a value: BAD_PARAMETERS", what);
	params[2] = (struct tee_ioctl_param)TEE_NONE;
	params[6].attr = TEE_IOCTL_PARAM_ATTR_META;
	rc = try_params(open, params, 8, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS && origin == TEEC_ORIGIN_TEE,
	     "%s: refuses META on the seventh parameter: BAD_PARAMETERS", what);
	params[6] = (struct tee_ioctl_param)TEE_NONE;

	params[3] = tee_value(1, 2);
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS &&
	     origin == TEEC_ORIGIN_TRUSTED_APP,
	     "%s: refuses an extra value: BAD_PARAMETERS", what);
	params[3] = tee_in(-1, 0, 0);
	rc = try_params(open, params, 4, &ret, &origin);
	ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS &&
	     origin == TEEC_ORIGIN_TRUSTED_APP,
	     "%s: refuses an extra NULL reference: BAD_PARAMETERS", what);

	params[3] = (struct tee_ioctl_param){ .attr = 4 };
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: refuses type 4: EINVAL", what);
	/* Since 6.17 type 8 is a buffer of user space, which no service takes. */
	params[3].attr = 8;
	rc = try_params(open, params, 4, &ret, &origin);
	if (guest_since(6, 17))
		ktap(!rc && ret == TEEC_ERROR_BAD_PARAMETERS,
		     "%s: refuses type 8: BAD_PARAMETERS", what);
	else
		ktap_eq(rc, -EINVAL, "%s: refuses type 8: EINVAL", what);
	params[3].attr = 14;
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: refuses type 14: EINVAL", what);
	params[3].attr = 0x200;
	ktap_eq(try_params(open, params, 4, &ret, &origin), -EINVAL,
		"%s: refuses an unknown attribute: EINVAL", what);
}

static void test_open_params(void)
{
	test_param_list(true);
}

static void test_invoke_params(void)
{
	test_param_list(false);
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

#define COMMANDS	5

/* All commands, with valid parameters. */
static unsigned int commands(struct command list[COMMANDS])
{
	const struct command all[] = {
		{ "SET_KEY", svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY, 2,
		  { tee_in(svc.small.id, 0, 32), tee_in(svc.small.id, 32, 16) },
		  { T(MEMREF_INPUT), T(MEMREF_INPUT), T(NONE), T(NONE) } },
		{ "UPDATE", svc.cipher, RSTMEM_SVC_CIPHER_UPDATE, 2,
		  { tee_in(svc.mem.id, 0, 64), tee_out(svc.buf_id, 0, 64),
		    tee_value(0, 0) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE) | T(VALUE_INPUT),
		    T(NONE) } },
		{ "COPY", svc.copy, RSTMEM_SVC_COPY_COPY, 2,
		  { tee_in(svc.buf_id, 0, 64), tee_out(svc.buf_id, 64, 64) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE), T(NONE) } },
		{ "CLEAR", svc.copy, RSTMEM_SVC_COPY_CLEAR, 1,
		  { tee_out(svc.buf_id, 128, 64) },
		  { OUTPUTS, T(NONE), T(NONE), T(NONE) } },
		{ "SHA256", svc.digest, RSTMEM_SVC_DIGEST_SHA256, 2,
		  { tee_in(svc.buf_id, 0, 64), tee_out(svc.small.id, 128, 32) },
		  { T(MEMREF_INPUT), OUTPUTS, T(NONE), T(NONE) } },
	};

	memcpy(list, all, sizeof(all));
	return COMMANDS;
}

/* The parameters of a command, with one of them turned into another type. */
static void twist(const struct command *c, struct tee_ioctl_param params[4],
		  unsigned int n, unsigned int type)
{
	memcpy(params, c->params, sizeof(c->params));
	if (n >= c->num_memrefs && type >= TEE_IOCTL_PARAM_ATTR_TYPE_MEMREF_INPUT)
		params[n] = tee_in(svc.small.id, 0, 32);
	params[n].attr = type;
}

static void test_param_types(void)
{
	static const unsigned int types[] = { 0, 1, 2, 3, 5, 6, 7 };
	struct tee_ioctl_param params[4];
	struct command list[COMMANDS];
	unsigned int n, p, t, num = commands(list), good;
	bool ok;

	svc_refill();
	for (n = 0; n < num; n++) {
		for (p = 0; p < 4; p++) {
			ok = true;
			for (t = 0; t < 7; t++) {
				if (list[n].allowed[p] & 1u << types[t])
					continue;
				twist(&list[n], params, p, types[t]);
				if (!svc_gives(list[n].session, list[n].func,
					       params, 4,
					       TEEC_ERROR_BAD_PARAMETERS)) {
					ktap_note("type %u", types[t]);
					ok = false;
				}
			}
			ktap(ok,
			     "%s: refuses parameter %u of a wrong type: BAD_PARAMETERS",
			     list[n].name, p);
		}
		for (p = 0; p < list[n].num_memrefs; p++) {
			memcpy(params, list[n].params, sizeof(params));
			ktap(svc_gives(list[n].session, list[n].func, params, p,
				       TEEC_ERROR_BAD_PARAMETERS),
			     "%s: refuses a list that ends before parameter %u: BAD_PARAMETERS",
			     list[n].name, p);
		}
	}
	ktap(svc_unchanged(), "services: refused parameters write nothing");

	for (n = 0; n < num; n++) {
		ok = true;
		good = 0;
		for (p = 0; p < 4; p++) {
			for (t = 0; t < 7; t++) {
				if (!(list[n].allowed[p] & 1u << types[t]))
					continue;
				twist(&list[n], params, p, types[t]);
				ok = svc_gives(list[n].session, list[n].func,
					       params, 4, TEEC_SUCCESS) && ok;
				good++;
			}
		}
		ktap(ok && good >= 4,
		     "%s: accepts every parameter of a valid type",
		     list[n].name);
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
		{ "cipher", svc.cipher, RSTMEM_SVC_CIPHER_LICENCE + 1 },
		{ "cipher", svc.cipher, UINT32_MAX },
		{ "copy", svc.copy, RSTMEM_SVC_COPY_CLEAR + 1 },
		{ "copy", svc.copy, UINT32_MAX },
		{ "digest", svc.digest, 1 },
		{ "digest", svc.digest, UINT32_MAX },
	};

	for (n = 0; n < 6; n++) {
		tee_invoke(svc.dev, cases[n].session, cases[n].func, 0, NULL, 0,
			   &ret, &origin);
		ktap(ret == TEEC_ERROR_NOT_SUPPORTED &&
		     origin == TEEC_ORIGIN_TRUSTED_APP,
		     "%s: refuses unknown command %u: NOT_SUPPORTED",
		     cases[n].name,
		     cases[n].func);
	}
}

static atomic_bool stop;

static void *scribble_thread(void *unused)
{
	uint32_t x = 1;
	size_t n;

	(void)unused;
	while (!stop)
		for (n = 0; n < SVC_SIZE; n += 64) {
			x = x * 1664525 + 1013904223;
			*(volatile uint32_t *)(svc.mem.addr + n) = x;
		}
	return NULL;
}

static void test_changing_input(void)
{
	uint32_t hasher = tee_service(svc.dev, svc_digest_uuid);
	struct tee_ioctl_param params[2];
	pthread_t thread;
	bool ok = true;
	int n;

	svc_refill();
	stop = false;
	pthread_create(&thread, NULL, scribble_thread, NULL);
	for (n = 0; n < 20; n++) {
		ok = ok && !svc_update(0, 0, 0, SVC_SIZE);
		params[0] = tee_in(svc.mem.id, 0, SVC_SIZE);
		params[1] = tee_out(svc.mem.id, n, 32);
		ok = ok && svc_gives(hasher, RSTMEM_SVC_DIGEST_SHA256, params,
				     2, TEEC_SUCCESS);
		/* The key changes as well. */
		params[0] = tee_in(svc.mem.id, n, 32);
		params[1] = tee_in(svc.mem.id, 60, 16);
		ok = ok && svc_gives(svc.cipher, RSTMEM_SVC_CIPHER_SET_KEY,
				     params, 2, TEEC_SUCCESS);
	}
	stop = true;
	pthread_join(thread, NULL);
	ktap(ok, "services: calls succeed while their input changes");
	svc_refill();
	ktap(svc_unchanged(),
	     "cipher: the session decrypts right after its input changed");
	tee_close_session(svc.dev, hasher);
}

/* Random calls. */

static uint64_t any_number(void)
{
	static const uint64_t known[] = { 0, 1, 16, 31, 32, 33, 64, PAGE,
		CHUNK, SVC_SIZE - 1, SVC_SIZE, SVC_SIZE + 1, UINT32_MAX,
		1ULL << 32, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX };

	switch (svc_rnd() % 4) {
	case 0:
		return known[svc_rnd() % (sizeof(known) / sizeof(*known))];
	case 1:
		return svc_rnd64() >> svc_rnd() % 64;
	default:
		return svc_rnd() % PAGE;
	}
}

static uint64_t any_attr(void)
{
	static const uint64_t types[] = { 0, 1, 2, 3, 5, 5, 6, 7 };

	switch (svc_rnd() % 64) {
	case 0:
		return svc_rnd64();
	case 1:
		return svc_rnd() % 16 | TEE_IOCTL_PARAM_ATTR_META;
	case 2:
		return svc_rnd() % 16;
	default:
		return types[svc_rnd() % 8];
	}
}

/* commands(), with memory that may be overwritten. */
static void fuzz_commands(struct command list[COMMANDS], const uint32_t session[3],
			  const uint64_t ids[6])
{
	unsigned int n, p;

	commands(list);
	for (n = 0; n < COMMANDS; n++) {
		list[n].session = session[n / 2];
		for (p = 0; p < list[n].num_memrefs; p++)
			list[n].params[p].c = ids[list[n].params[p].c ==
						  (uint64_t)svc.buf_id ? 3 : 0];
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
	struct command list[COMMANDS];
	uint32_t session[4];
	uint64_t ids[8];
	struct tee_mem fodder, guard;
	unsigned int n, p, num, which, works = 0, refused = 0, failed = 0;
	int video, video_id, ui, ui_id;
	uint8_t *area = malloc(SVC_SIZE);
	struct tee_mem reg;

	tee_mem_alloc(svc.dev, SVC_SIZE, &fodder);
	tee_mem_alloc(svc.dev, SVC_SIZE, &guard);
	content_make(guard.addr, SVC_SIZE, 12);
	content_make(fodder.addr, SVC_SIZE, 13);
	if (tee_mem_register(svc.dev, area, SVC_SIZE, &reg))
		ktap_bail("register");
	svc_refill();
	video = svc_buffer(VIDEO, SVC_SIZE, &video_id);
	ui = svc_buffer(UI, SVC_SIZE, &ui_id);
	session[0] = tee_service(svc.dev, svc_cipher_uuid);
	session[1] = tee_service(svc.dev, svc_copy_uuid);
	session[2] = tee_service(svc.dev, svc_digest_uuid);
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
		which = svc_rnd() % COMMANDS;
		num = svc_rnd() % 4 ? 2 + svc_rnd() % 3 :
				      svc_rnd() % (FUZZ_PARAMS + 1);
		for (p = 0; p < num; p++) {
			param = &u.arg.params[p];
			/* Valid parameters, some of them spoilt. */
			if (p < 4)
				*param = list[which].params[p];
			ids[7] = svc_rnd64() >> svc_rnd() % 64;
			if (svc_rnd() % 16 == 0)
				param->attr = any_attr();
			if (svc_rnd() % 8 == 0)
				param->a = any_number();
			if (svc_rnd() % 8 == 0)
				param->b = any_number();
			if (svc_rnd() % 16 == 0)
				param->c = ids[svc_rnd() % 8];
		}
		session[3] = svc_rnd();
		u.arg.session = svc_rnd() % 32 ? list[which].session :
					     session[svc_rnd() % 4];
		u.arg.func = svc_rnd() % 32 ? list[which].func : svc_rnd();
		u.arg.cancel_id = svc_rnd();
		u.arg.num_params = num;
		data.buf_ptr = (uintptr_t)&u;
		data.buf_len = sizeof(u.arg) +
			       num * sizeof(struct tee_ioctl_param);
		if (svc_rnd() % 64 == 0)
			data.buf_len = svc_rnd() % sizeof(u);
		if (ioctl(svc.dev, TEE_IOC_INVOKE, &data))
			refused++;
		else if (u.arg.ret)
			failed++;
		else
			works++;
		if (n % 16 == 0)
			svc_cancel(svc.dev, session[svc_rnd() % 4], svc_rnd());
	}
	ktap_note("%u calls: %u refused, %u failed, %u worked", rounds, refused,
		  failed, works);
	ktap(works > 100 && refused > 100 && failed > 100,
	     "random: %u calls are refused, fail and succeed over 100 times each",
	     rounds);
	content_make(fodder.addr, SVC_SIZE, 12);
	ktap(!memcmp(guard.addr, fodder.addr, SVC_SIZE) && svc_unchanged(),
	     "random: calls write no memory that is not theirs");
	ktap(svc_holds(guard.id, 0, guard.addr, SVC_SIZE),
	     "random: the digest service works afterwards");
	for (n = 0; n < 3; n++)
		if (tee_close_session(svc.dev, session[n]))
			ktap_bail("a session is gone");
	close(video);
	close(ui);
	tee_mem_free(&fodder);
	tee_mem_free(&guard);
	tee_mem_free(&reg);
	free(area);
}

int main(void)
{
	static const struct svc_test tests[] = {
		{ "parameters of open session", test_open_params },
		{ "parameters of invoke", test_invoke_params },
		{ "parameter types", test_param_types },
		{ "unknown commands", test_unknown_commands },
		{ "changing input", test_changing_input },
		{ "fuzz", test_fuzz },
	};

	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
