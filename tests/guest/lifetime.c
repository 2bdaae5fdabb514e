// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long things live: memory until the dma-buf is released and no TEE call
 * holds it, ids until the dma-buf or the TEE file is closed, sessions until the
 * TEE file is closed whoever has the dma-buf by then.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE	(8 * KIB)

static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;

/* Watches the pool from outside everything that is opened and closed. */
static int watch;
static uint8_t content[SIZE];

static uint64_t used(void)
{
	return tee_used(watch, VIDEO);
}

static int new_buffer(int tee, int *id)
{
	int buf = tee_rstmem(tee, VIDEO, SIZE, id);

	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	return buf;
}

static void test_order(void)
{
	int tee = target_open(), buf, copy;

	buf = new_buffer(tee, NULL);
	close(tee);
	ktap_eq(used(), SIZE, "the TEE file first: the buffer stays");
	close(buf);
	ktap_eq(used(), 0, "until the dma-buf is closed");

	tee = target_open();
	buf = new_buffer(tee, NULL);
	copy = dup(buf);
	close(buf);
	ktap_eq(used(), SIZE, "a duplicate keeps the buffer");
	close(copy);
	ktap_eq(used(), 0, "until it is closed");
	close(tee);
}

/* Ids that are about to be used for the first time, and what came of it. */
struct uses {
	int tee;
	uint32_t session;
	const int *id;
	int known, unknown;
};

static void *use_all(void *arg)
{
	struct uses *uses = arg;
	struct tee_ioctl_param params[2];
	struct tee_mem out;
	uint32_t ret;
	int n, rc;

	tee_mem_alloc(uses->tee, 32, &out);
	params[1] = tee_out(out.id, 0, 32);
	for (n = 0; n < 200; n++) {
		params[0] = tee_in(uses->id[n], 0, SIZE);
		rc = tee_invoke(uses->tee, uses->session,
				RSTMEM_SVC_DIGEST_SHA256, 0, params, 2, &ret,
				NULL);
		uses->known += !rc && !ret;
		uses->unknown += rc == -EINVAL;
	}
	tee_mem_free(&out);
	return NULL;
}

static void test_many(void)
{
	int tee = target_open(), buf[200], id[200], n, m;
	int other = target_open();
	struct uses uses[2], foreign = { other, 0, id, 0, 0 };
	bool distinct = true;
	pthread_t thread;

	for (n = 0; n < 200; n++)
		buf[n] = new_buffer(tee, &id[n]);
	for (n = 0; n < 200; n++)
		for (m = 0; m < n; m++)
			distinct = distinct && id[n] != id[m];
	ktap(distinct, "200 buffers have 200 ids");
	ktap_eq(tee_buffers(watch, VIDEO), 200, "all are counted");
	for (n = 0; n < 200; n += 2)
		close(buf[n]);
	ktap_eq(used(), 100 * SIZE, "half of them closed");

	for (n = 0; n < 2; n++)
		uses[n] = (struct uses){ .tee = tee, .id = id };
	uses[0].session = tee_service(tee, digest_uuid);
	uses[1].session = tee_service(tee, digest_uuid);
	foreign.session = tee_service(other, digest_uuid);
	pthread_create(&thread, NULL, use_all, &uses[0]);
	use_all(&uses[1]);
	pthread_join(thread, NULL);
	ktap(uses[0].known == 100 && uses[0].unknown == 100 &&
	     uses[1].known == 100 && uses[1].unknown == 100,
	     "two threads find the other half's ids, all at once");
	use_all(&foreign);
	ktap_eq(foreign.unknown, 200, "another context none of them");
	buf[0] = new_buffer(tee, &id[0]);
	use_all(&uses[0]);
	ktap_eq(uses[0].known, 201, "one more is found as well");
	close(buf[0]);
	close(other);

	close(tee);
	ktap_eq(used(), 100 * SIZE, "and the TEE file");
	for (n = 1; n < 200; n += 2)
		close(buf[n]);
	ktap_eq(used(), 0, "and the rest");
}

/* Which contexts exist cannot be asked; that sessions are closed is seen here. */
static void test_handed_over(void)
{
	int pair[2], buf, status, own, reg, id;
	uint8_t *seen = malloc(SIZE);
	struct rstmem_edu_map map;
	pid_t pid;
	int edu;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		int tee;

		close(watch);
		tee = target_open();
		buf = new_buffer(tee, &id);
		content_fill(tee, id, 0, content, SIZE);
		socket_send_fd(pair[1], buf);
		kill(getpid(), SIGKILL);
	}
	buf = socket_receive_fd(pair[0]);
	waitpid(pid, &status, 0);
	ktap(buf >= 0 && WIFSIGNALED(status),
	     "a process hands a buffer over and is killed");
	ktap_eq(used(), SIZE, "the buffer lives on");
	edu = edu_open();
	edu_mask(edu, 32);
	ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) &&
	     !edu_read(edu, 0, seen, SIZE) &&
	     !memcmp(seen, content, SIZE) == !target_protects(),
	     "a device %s what the dead process left in it",
	     target_protects() ? "cannot read" : "reads");
	close(edu);
	own = target_open();
	reg = tee_register_fd(own, buf, &id);
	ktap(reg >= 0 && content_is(own, id, 0, content, SIZE),
	     "the TEE finds it");
	close(reg);
	close(own);
	close(buf);
	ktap_eq(used(), 0, "and it ends with the descriptor");
	close(pair[0]);
	close(pair[1]);
	free(seen);
}

/* Sessions of the dead are closed, whoever holds their buffers by then. */
static void test_creator_gone(void)
{
	int before = guest_crypto_users(), tee, buf, status;
	time_t end = time(NULL) + 10;
	pid_t pid;

	tee = target_open();
	buf = new_buffer(tee, NULL);
	tee_service(tee, digest_uuid);
	if (target()->soft)
		ktap(guest_crypto_users() > before, "a session can be seen");
	close(tee);
	if (target()->soft)
		ktap_eq(guest_crypto_users(), before,
			"it ends with its context, though the buffer is alive");
	else
		ktap_skip("sessions end with their context",
			  "those of this TEE cannot be counted");
	ktap_eq(used(), SIZE, "which it is");

	/* Nor does the buffer keep the device: removal waits for nothing. */
	close(watch);
	pid = fork();
	if (!pid)
		_exit(target_remove() != 0);
	for (status = -1; status == -1 && time(NULL) <= end; usleep(10000))
		if (waitpid(pid, &status, WNOHANG) != pid)
			status = -1;
	ktap(status == 0, "nor does it keep the device");
	close(buf);
	if (status == -1)
		waitpid(pid, &status, 0);

	ktap_eq(target_return(), 0, "the device comes back");
	watch = target_open();
	ktap_eq(used(), 0, "with an empty pool");
}

static void test_fork(void)
{
	int tee = target_open(), id, buf = new_buffer(tee, &id);
	int status;
	pid_t pid;

	content_fill(tee, id, 0, content, SIZE);
	pid = fork();
	if (!pid)
		_exit(!content_is(tee, id, 0, content, SIZE));
	waitpid(pid, &status, 0);
	ktap(status == 0, "a child uses the id in the file it inherited");
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(buf);
	close(tee);
	ktap_eq(used(), SIZE, "a child that inherited the descriptors keeps it");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ktap_eq(used(), 0, "until it is dead");
}

/* Ids that were given out on two processors. */
static void test_processors(void)
{
	int tee = target_open(), id[2], buf[2], cpu, other;

	if (guest_run_on(1)) {
		ktap_skip("ids of two processors", "there is one");
		close(tee);
		return;
	}
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(cpu);
		buf[cpu] = new_buffer(tee, &id[cpu]);
	}
	ktap(id[0] != id[1], "two processors give out two ids");
	content_fill(tee, id[0], 0, content, SIZE);
	content_fill(tee, id[1], 0, content + 1, SIZE - 1);
	ktap(content_is(tee, id[0], 0, content, SIZE) &&
	     content_is(tee, id[1], 0, content + 1, SIZE - 1),
	     "both are known to the TEE");
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(!cpu);
		close(buf[cpu]);
	}
	ktap_eq(used(), 0, "each ends on the other processor");

	/* And those that no call has asked for yet. */
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(cpu);
		buf[cpu] = new_buffer(tee, &id[cpu]);
	}
	close(buf[0]);
	buf[0] = new_buffer(tee, &other);
	ktap(other != id[0] && other != id[1],
	     "a number does not come back at once");
	close(tee);
	ktap_eq(used(), 2 * SIZE, "the TEE file goes, the buffers do not");
	close(buf[0]);
	close(buf[1]);
	ktap_eq(used(), 0, "until they are closed");
}

static void test_id_gone(void)
{
	int tee = target_open(), id, buf = new_buffer(tee, &id);
	uint32_t session = tee_service(tee, digest_uuid), ret;
	struct tee_ioctl_param params[2];
	struct tee_mem out;
	int ids[] = { 0, -1, -2, 0x7fffffff };
	size_t n;

	tee_mem_alloc(tee, 32, &out);
	params[1] = tee_out(out.id, 0, 32);
	for (n = 0; n < sizeof(ids) / sizeof(*ids); n++) {
		if (ids[n] == -1)
			continue;
		params[0] = tee_in(ids[n], 0, SIZE);
		ktap_eq(tee_invoke(tee, session, 0, 0, params, 2, &ret, NULL),
			-EINVAL, "id %d is nobody's", ids[n]);
	}
	close(buf);
	params[0] = tee_in(id, 0, SIZE);
	ktap_eq(tee_invoke(tee, session, 0, 0, params, 2, &ret, NULL), -EINVAL,
		"an id ends with its dma-buf");
	tee_mem_free(&out);
	close(tee);
}

struct job {
	int tee;
	int id;
	uint32_t session;
	uint64_t size;
	uint32_t ret;
	int rc;
	atomic_bool started;
};

/* Digests a buffer, which takes a while. */
static void *digest_job(void *arg)
{
	struct job *job = arg;
	struct tee_ioctl_param params[2];
	struct tee_mem out;

	tee_mem_alloc(job->tee, 32, &out);
	params[0] = tee_in(job->id, 0, job->size);
	params[1] = tee_out(out.id, 0, 32);
	job->started = true;
	job->rc = tee_invoke(job->tee, job->session, RSTMEM_SVC_DIGEST_SHA256,
			     0, params, 2, &job->ret, NULL);
	tee_mem_free(&out);
	return NULL;
}

/* Memory must not come back under a TEE call that works on it. */
static void test_in_flight(void)
{
	int tee = target_open(), buf;
	struct job job = { .tee = tee, .size = target()->total / 2 };
	struct tee_ioctl_rstmem_query query;
	pthread_t thread;
	unsigned int tries;
	bool held = false;

	job.session = tee_service(tee, digest_uuid);
	for (tries = 0; tries < 20 && !held; tries++) {
		buf = tee_rstmem(tee, VIDEO, job.size, &job.id);
		if (buf < 0)
			ktap_bail("allocation: %s", strerror(-buf));
		job.started = false;
		pthread_create(&thread, NULL, digest_job, &job);
		while (!job.started)
			usleep(100);
		usleep(20000 << tries % 4);
		close(buf);
		tee_query(tee, VIDEO, &query);
		held = query.used == job.size;
		pthread_join(thread, NULL);
	}
	ktap(held, "a TEE call keeps the memory after close");
	ktap(job.rc == 0 && job.ret == TEEC_SUCCESS, "and ends well");
	ktap_eq(used(), 0, "then the memory comes back");
	close(tee);
}

/* Whether the digest service finds the buffer's content under an id. */
static int id_result(int tee, int id)
{
	struct tee_ioctl_param params[2];
	struct tee_mem out;
	uint32_t session = tee_service(tee, digest_uuid), ret;
	int rc;

	tee_mem_alloc(tee, 32, &out);
	params[0] = tee_in(id, 0, SIZE);
	params[1] = tee_out(out.id, 0, 32);
	rc = tee_invoke(tee, session, RSTMEM_SVC_DIGEST_SHA256, 0, params, 2,
			&ret, NULL);
	tee_mem_free(&out);
	tee_close_session(tee, session);
	return rc ?: (int)ret;
}

/* An id that another context registered is its own, and ends with it. */
static void test_registered(void)
{
	int before = guest_crypto_users(), pair[2];
	int tee = target_open(), other = target_open();
	int id, reg_id, buf = new_buffer(tee, &id), reg, again;

	reg = tee_register_fd(other, buf, &reg_id);
	ktap(reg >= 0, "another context registers the buffer");
	ktap_eq(id_result(tee, reg_id), -EINVAL,
		"its id is not valid in the first");
	ktap_eq(id_result(other, id), -EINVAL, "nor the reverse");
	content_fill(tee, id, 0, content, SIZE);
	ktap(content_is(other, reg_id, 0, content, SIZE),
	     "both name the same memory");

	close(tee);
	ktap(content_is(other, reg_id, 0, content, SIZE),
	     "the id is valid when the creator has closed its device");
	close(buf);
	ktap(used() == SIZE && content_is(other, reg_id, 0, content, SIZE),
	     "and when nobody has the dma-buf any more");
	again = target_open();
	ktap_eq(id_result(again, reg_id), -EINVAL, "in that context only");
	close(again);
	close(reg);
	ktap_eq(used(), 0, "the registration was the last to keep it");
	ktap_eq(id_result(other, reg_id), -EINVAL, "and its id ends with it");

	/* The other way round: the registration goes first. */
	buf = new_buffer(other, &id);
	reg = tee_register_fd(other, buf, &reg_id);
	close(reg);
	ktap(id_result(other, reg_id) == -EINVAL && !id_result(other, id),
	     "an id ends with its registration, the allocation's does not");
	reg = tee_register_fd(other, buf, &reg_id);
	close(buf);
	ktap(id_result(other, id) == -EINVAL && !id_result(other, reg_id),
	     "an allocation's id ends with the dma-buf, a registered one not");
	close(reg);
	ktap_eq(used(), 0, "nothing is left");

	/* A registration that somebody else has keeps no session. */
	buf = new_buffer(other, NULL);
	reg = tee_register_fd(other, buf, &reg_id);
	close(buf);
	tee_service(other, digest_uuid);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	socket_send_fd(pair[1], reg);
	close(reg);
	ktap(used() == SIZE &&
	     (!target()->soft || guest_crypto_users() > before),
	     "a registration on its way to another process");
	close(other);
	if (target()->soft)
		ktap_eq(guest_crypto_users(), before,
			"sessions end with the context, whoever has its registrations");
	ktap_eq(used(), 0, "and so does what these kept");
	reg = socket_receive_fd(pair[0]);
	ktap(reg >= 0, "what arrives stands for nothing");
	close(pair[0]);
	close(pair[1]);
	close(reg);
	ktap_eq(used(), 0, "and changes nothing when closed");
}

enum { DMABUF, MAPPING, REG, TEE, KEEPERS };

static unsigned int bits(unsigned int mask, unsigned int bit)
{
	return mask >> bit & 1;
}

/*
 * Takes references away in one of the 24 orders there are and looks after each
 * whether the memory is there exactly as long as somebody keeps it: the
 * registration does as long as its TEE file is open.
 */
static bool order_is_right(const unsigned int order[KEEPERS])
{
	int other = target_open(), edu = edu_open(), id, reg_id;
	int tee = target_open(), buf = new_buffer(tee, &id);
	int fds[KEEPERS] = { buf, edu, tee_register_fd(other, buf, &reg_id),
			     other };
	unsigned int left = (1 << KEEPERS) - 1, n;
	uint64_t want;
	bool right;

	edu_mask(edu, 32);
	right = !edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL) && fds[REG] >= 0;
	close(tee);
	for (n = 0; n < KEEPERS; n++) {
		close(fds[order[n]]);
		left &= ~(1 << order[n]);
		want = bits(left, DMABUF) || bits(left, MAPPING) ||
		       (bits(left, REG) && bits(left, TEE)) ? SIZE : 0;
		if (used() != want) {
			ktap_note("%llu bytes used with 0x%x left",
				  (unsigned long long)used(), left);
			right = false;
		}
		if (bits(left, TEE) &&
		    (id_result(other, reg_id) == 0) != bits(left, REG)) {
			ktap_note("id wrong with 0x%x left", left);
			right = false;
		}
	}
	return right;
}

static void test_every_order(void)
{
	unsigned int a, b, c, d, n = 0, right = 0;

	for (a = 0; a < KEEPERS; a++) {
		for (b = 0; b < KEEPERS; b++) {
			for (c = 0; c < KEEPERS; c++) {
				if (a == b || a == c || b == c)
					continue;
				d = 6 - a - b - c;
				n++;
				right += order_is_right(
					(unsigned int[]){ a, b, c, d });
			}
		}
	}
	ktap(n == 24 && right == n,
	     "whichever of the last references goes first, in %u of %u orders",
	     right, n);
}

/* A call under way keeps what its registration kept. */
static void test_registered_in_flight(void)
{
	int tee = target_open(), buf, reg;
	struct job job = { .tee = tee, .size = target()->total / 2 };
	unsigned int tries;
	pthread_t thread;
	bool held = false;

	job.session = tee_service(tee, digest_uuid);
	for (tries = 0; tries < 20 && !held; tries++) {
		buf = tee_rstmem(tee, VIDEO, job.size, NULL);
		reg = tee_register_fd(tee, buf, &job.id);
		close(buf);
		job.started = false;
		pthread_create(&thread, NULL, digest_job, &job);
		while (!job.started)
			usleep(100);
		usleep(20000 << tries % 4);
		close(reg);
		held = used() == job.size;
		pthread_join(thread, NULL);
	}
	ktap(held, "a TEE call keeps the memory without dma-buf and registration");
	ktap(job.rc == 0 && job.ret == TEEC_SUCCESS, "and ends well");
	ktap_eq(used(), 0, "then the memory comes back");
	close(tee);
}

/* Registrations are taken back with the device and do not delay it. */
static void test_registered_removal(void)
{
	int tee = target_open(), buf = new_buffer(tee, NULL), reg;
	struct tee_ioctl_rstmem_fd_info info;
	time_t end = time(NULL) + 10;
	int status = -1;
	pid_t pid;

	ktap(!tee_fd_info(watch, buf, &info) && !info.device,
	     "a buffer tells its device");
	reg = tee_register_fd(tee, buf, NULL);
	close(tee);
	close(watch);
	pid = fork();
	if (!pid)
		_exit(target_remove() != 0);
	for (; status == -1 && time(NULL) <= end; usleep(10000))
		if (waitpid(pid, &status, WNOHANG) != pid)
			status = -1;
	ktap(status == 0, "a registration does not keep the device");
	ktap(reg >= 0 && !close(reg), "and is closed when that is gone");
	if (target()->soft) {
		target_return();
		/* The pool of the first is still claimed by the buffer. */
		ktap_eq(access("/dev/tee0", F_OK), -1,
			"the device waits for the buffer with coming back");
	}
	close(buf);
	ktap_eq(target_return(), 0, "it comes back");
	watch = target_open();
	ktap_eq(used(), 0, "with an empty pool");
}

/* SIGKILL in the middle of a TEE call. */
static void test_killed(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct job job = { .size = target()->total };

		close(watch);
		job.tee = target_open();
		job.session = tee_service(job.tee, digest_uuid);
		if (tee_rstmem(job.tee, VIDEO, job.size, &job.id) < 0)
			_exit(1);
		while (!job.rc && !job.ret)
			digest_job(&job);
		_exit(2);
	}
	while (used() != target()->total && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	usleep(200000);
	kill(pid, SIGKILL);
	ktap(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
	     "a process dies in the middle of a TEE call");
	ktap_eq(used(), 0, "and leaves nothing behind");
}

int main(void)
{
	ktap_start();
	watch = target_open();
	content_make(content, SIZE, 9);
	test_order();
	test_many();
	test_handed_over();
	test_fork();
	test_processors();
	test_id_gone();
	test_in_flight();
	test_registered();
	test_every_order();
	test_registered_in_flight();
	test_killed();
	test_creator_gone();
	test_registered_removal();
	return ktap_end();
}
