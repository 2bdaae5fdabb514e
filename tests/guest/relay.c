// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restricted memory in OP-TEE: from the normal world to an application, from there to another
 * application and to a part of OP-TEE itself, its pseudo-application for tests. These are the
 * patterns of OP-TEE's own tests of the secure data path, which Debian's xtest lacks. OP-TEE
 * gives a pseudo-application no restricted memory straight from the normal world.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"
#include "../ta/relay/relay.h"

#define VIDEO		TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE		(256 * KIB)
#define ROUNDS		40
#define DIGEST		RSTMEM_SVC_DIGEST_SHA256_SIZE

/* lib/libutee/include/pta_invoke_tests.h of OP-TEE */
#define PTA_INVOKE_TESTS_UUID \
	{ 0xd9, 0x6a, 0x5b, 0x40, 0xc3, 0xe5, 0x21, 0xe3, \
	  0x87, 0x94, 0x10, 0x02, 0xa5, 0xd5, 0xc6, 0x1b }
#define COPY_NSEC_TO_SEC	3
#define READ_MODIFY_SEC		4
#define COPY_SEC_TO_NSEC	5

/* GlobalPlatform's numbers */
#define INPUT			5u
#define OUTPUT			6u
#define INOUT			7u
#define TYPES(a, b, c)		((a) | (b) << 4 | (c) << 8)

static const uint8_t relay_uuid[16] = RELAY_UUID;
static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;
static const uint8_t pta_uuid[16] = PTA_INVOKE_TESTS_UUID;

static int dev;
static uint32_t session;
static uint8_t *content;
/* Normal memory: calls at its beginning, and data behind them. */
static struct tee_mem mem;
#define DATA	4096UL

static struct tee_ioctl_param call_at(unsigned int n, const uint8_t uuid[16],
				      uint32_t command, uint32_t types)
{
	struct relay_call *call = (struct relay_call *)mem.addr + n;

	memcpy(call->uuid, uuid, sizeof(call->uuid));
	call->command = command;
	call->types = types;
	return tee_in(mem.id, n * sizeof(*call), sizeof(*call));
}

static struct tee_ioctl_param data_out(size_t size)
{
	memset((uint8_t *)mem.addr + DATA, 0, size);
	return tee_out(mem.id, DATA, size);
}

static bool data_is(const void *want, size_t size)
{
	return !memcmp((uint8_t *)mem.addr + DATA, want, size);
}

static uint32_t relay(struct tee_ioctl_param *params, unsigned int n)
{
	return tee_call(dev, session, RELAY_INVOKE, params, n);
}

/* Whether the digest application finds the content, behind @hops relays. */
static bool found(int id, uint64_t offset, uint64_t size, unsigned int hops)
{
	struct tee_ioctl_param params[4] = { [3] = TEE_NONE };
	uint8_t want[DIGEST];
	unsigned int n = 0;

	if (hops == 2)
		params[n++] = call_at(0, relay_uuid, RELAY_INVOKE,
				      TYPES(INPUT, INPUT, OUTPUT));
	params[n++] = call_at(1, digest_uuid, RSTMEM_SVC_DIGEST_SHA256,
			      TYPES(INPUT, OUTPUT, 0));
	params[n++] = tee_in(id, offset, size);
	params[n++] = data_out(DIGEST);
	content_sha256(content + offset, size, want);
	return !relay(params, n) && data_is(want, DIGEST);
}

static void test_applications(int id)
{
	unsigned int round, one = 0, two = 0;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t offset = random() % SIZE, size = 1 + random() % (SIZE - offset);

		one += found(id, offset, size, 1);
		two += found(id, offset, size, 2);
	}
	ktap_eq(one, ROUNDS,
		"application to application: the digests of random parts are right");
	ktap_eq(two, ROUNDS,
		"through two applications to a third: the digests of random parts are right");
}

/* The pseudo-application copies in, negates each byte, and copies out. */
static void test_pseudo(int id)
{
	struct tee_ioctl_param params[3];
	const uint64_t at = 3 * KIB + 5, size = 9000;
	uint8_t *negated = malloc(size);
	size_t n;

	memcpy((uint8_t *)mem.addr + DATA, content, size);
	for (n = 0; n < size; n++)
		negated[n] = -content[n];

	params[0] = call_at(0, pta_uuid, COPY_NSEC_TO_SEC, TYPES(INPUT, OUTPUT, 0));
	params[1] = tee_in(mem.id, DATA, size);
	params[2] = tee_out(id, at, size);
	ktap(!relay(params, 3) && content_is(dev, id, at, content, size),
	     "pseudo-application: copies into restricted memory");

	params[0] = call_at(0, pta_uuid, READ_MODIFY_SEC, TYPES(INOUT, 0, 0));
	params[1] = tee_inout(id, at, size);
	ktap(!relay(params, 2) && content_is(dev, id, at, negated, size),
	     "pseudo-application: changes restricted memory");

	params[0] = call_at(0, pta_uuid, COPY_SEC_TO_NSEC, TYPES(INPUT, OUTPUT, 0));
	params[1] = tee_in(id, at, size);
	params[2] = data_out(size);
	ktap(!relay(params, 3) && data_is(negated, size),
	     "pseudo-application: copies out of restricted memory, as no product should let it");
	free(negated);
}

/* The pseudo-application wants memory of the right kind on each side. */
static void test_kinds(int id)
{
	static const char name[] = "kinds: restricted memory is not taken for normal memory";
	struct tee_ioctl_param params[3];

	params[0] = call_at(0, pta_uuid, COPY_NSEC_TO_SEC, TYPES(INPUT, OUTPUT, 0));
	params[1] = tee_in(id, 0, 64);
	params[2] = tee_out(id, 4096, 64);
	/* OP-TEE 4.10 looks at the address, which is in the normal world's memory. */
	if (target()->total)
		ktap(relay(params, 3), name);
	else
		ktap_skip(name, "OP-TEE's core takes lent memory for either kind");
	params[1] = tee_in(mem.id, DATA, 64);
	params[2] = tee_out(mem.id, DATA + 64, 64);
	ktap(relay(params, 3), "kinds: normal memory is not taken for restricted memory");
}

/* References past the end fail, in the kernel or in OP-TEE, and do no harm. */
static void test_bounds(int id)
{
	const struct { uint64_t offset, size; } past[] = {
		{ SIZE, 1 }, { SIZE - 1, 2 }, { 0, SIZE + 1 }, { SIZE + 4096, 64 },
		{ UINT64_MAX, 2 }, { 1, UINT64_MAX },
	};
	unsigned int n, refused = 0, count = sizeof(past) / sizeof(*past);
	struct tee_ioctl_param params[3];
	uint32_t ret, origin;

	for (n = 0; n < count; n++) {
		params[0] = call_at(0, digest_uuid, RSTMEM_SVC_DIGEST_SHA256,
				    TYPES(INPUT, OUTPUT, 0));
		params[1] = tee_in(id, past[n].offset, past[n].size);
		params[2] = data_out(DIGEST);
		refused += tee_invoke(dev, session, RELAY_INVOKE, 0, params, 3, &ret,
				      &origin) || ret;
	}
	ktap_eq(refused, count, "bounds: every reference past the end is refused");
	ktap(found(id, SIZE - 1, 1, 1), "bounds: the last byte can be referred to");
}

/* The id of a registration lives after the descriptor of the buffer is closed. */
static void test_alive(void)
{
	int other = target_open(), own_id, id, buf, registration;
	uint64_t before = tee_used(dev, VIDEO);

	buf = tee_rstmem(other, VIDEO, SIZE, &own_id);
	registration = tee_register_fd(dev, buf, &id);
	content_fill(other, own_id, 0, content, SIZE);
	close(buf);
	close(other);
	ktap(found(id, 0, SIZE, 2),
	     "alive: a registered buffer works when its descriptor and its device are closed");
	close(registration);
	ktap(tee_used(dev, VIDEO) == before, "alive: its memory is free after that");
}

int main(void)
{
	int id, buf;

	ktap_start();
	srandom(1);
	dev = target_open();
	buf = tee_rstmem(dev, VIDEO, SIZE, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	content = malloc(SIZE);
	content_make(content, SIZE, 1);
	content_fill(dev, id, 0, content, SIZE);
	tee_mem_alloc(dev, 64 * KIB, &mem);
	session = tee_service(dev, relay_uuid);

	test_applications(id);
	test_bounds(id);
	test_alive();
	test_kinds(id);
	test_pseudo(id);

	tee_close_session(dev, session);
	tee_mem_free(&mem);
	close(buf);
	return ktap_end();
}
