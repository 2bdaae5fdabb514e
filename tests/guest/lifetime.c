// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lifetimes. Memory lives until the dma-buf is released and no TEE call holds it,
 * an id until the dma-buf or the TEE file is closed, a session until the TEE file
 * is closed, even when another process has the dma-buf.
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
#define SIZE	(16 * KIB)	/* whole pages, of 4 KiB or 16 KiB */

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
	ktap_eq(used(), SIZE,
		"buffer: outlives the TEE file that allocated it");
	close(buf);
	ktap_eq(used(), 0, "buffer: is freed when its dma-buf is closed");

	tee = target_open();
	buf = new_buffer(tee, NULL);
	copy = dup(buf);
	close(buf);
	ktap_eq(used(), SIZE,
		"buffer: lives while a duplicate descriptor is open");
	close(copy);
	ktap_eq(used(), 0,
		"buffer: is freed when the last duplicate is closed");
	close(tee);
}

/* Ids to be used for the first time, and the results of using them. */
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
	ktap(distinct, "ids: 200 buffers of a context have 200 different ids");
	ktap_eq(tee_buffers(watch, VIDEO), 200, "query: counts 200 buffers");
	for (n = 0; n < 200; n += 2)
		close(buf[n]);
	ktap_eq(used(), 100 * SIZE,
		"query: used bytes halve when 100 of 200 buffers are closed");

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
	     "ids: two threads find all ids of open buffers and no others");
	use_all(&foreign);
	ktap_eq(foreign.unknown, 200,
		"ids: are all unknown in another context");
	buf[0] = new_buffer(tee, &id[0]);
	use_all(&uses[0]);
	ktap_eq(uses[0].known, 201,
		"ids: an id allocated after 200 others is valid");
	close(buf[0]);
	close(other);

	close(tee);
	ktap_eq(used(), 100 * SIZE,
		"buffer: 100 open buffers outlive their TEE file");
	for (n = 1; n < 200; n += 2)
		close(buf[n]);
	ktap_eq(used(), 0,
		"buffer: 100 buffers are freed when their dma-bufs are closed");
}

/* The creator is killed. The receiver of the descriptor keeps the buffer. */
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
	     "dma-buf: reaches another process although its creator is killed");
	ktap_eq(used(), SIZE, "buffer: outlives its killed creator");
	edu = edu_open();
	edu_mask(edu, 32);
	ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) &&
	     !edu_read(edu, 0, seen, SIZE) &&
	     !memcmp(seen, content, SIZE) == !target_protects(),
	     "buffer: a device %s the content left by a killed process",
	     target_protects() ? "cannot read" : "reads");
	close(edu);
	own = target_open();
	reg = tee_register_fd(own, buf, &id);
	ktap(reg >= 0 && content_is(own, id, 0, content, SIZE),
	     "buffer: the TEE reads the content left by a killed process");
	close(reg);
	close(own);
	close(buf);
	ktap_eq(used(), 0,
		"buffer: of a killed process is freed with the last descriptor");
	close(pair[0]);
	close(pair[1]);
	free(seen);
}

/* A live buffer keeps neither the sessions of its creator nor the device. */
static void test_creator_gone(void)
{
	int before = guest_crypto_users(), tee, buf, status;
	time_t end = time(NULL) + 10;
	pid_t pid;

	tee = target_open();
	buf = new_buffer(tee, NULL);
	tee_service(tee, digest_uuid);
	if (target()->soft)
		ktap(guest_crypto_users() > before,
		     "session: has a crypto user that the test can count");
	close(tee);
	if (target()->soft)
		ktap_eq(guest_crypto_users(), before,
			"session: ends with its context while a buffer is alive");
	else
		ktap_skip("session: ends with its context while a buffer is alive",
			  "sessions of this TEE cannot be counted");
	ktap_eq(used(), SIZE, "buffer: is alive after its context is closed");

	/* Removal does not wait for the buffer. */
	close(watch);
	pid = fork();
	if (!pid)
		_exit(target_remove() != 0);
	for (status = -1; status == -1 && time(NULL) <= end; usleep(10000))
		if (waitpid(pid, &status, WNOHANG) != pid)
			status = -1;
	ktap(status == 0, "removal: does not wait for a live buffer");
	close(buf);
	if (status == -1)
		waitpid(pid, &status, 0);

	ktap_eq(target_return(), 0,
		"device: comes back when the buffer is closed");
	watch = target_open();
	ktap_eq(used(), 0, "pool: is empty when the device comes back");
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
	ktap(status == 0,
	     "id: is valid in a child that inherited the TEE file");
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(buf);
	close(tee);
	ktap_eq(used(), SIZE,
		"buffer: lives while a child has its inherited descriptors");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ktap_eq(used(), 0, "buffer: is freed when the child is killed");
}

/* Ids allocated on two processors. */
static void test_processors(void)
{
	int tee = target_open(), id[2], buf[2], cpu, other;

	if (guest_run_on(1)) {
		ktap_skip("ids: differ between two processors",
			  "there is one processor");
		close(tee);
		return;
	}
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(cpu);
		buf[cpu] = new_buffer(tee, &id[cpu]);
	}
	ktap(id[0] != id[1], "ids: differ between two processors");
	content_fill(tee, id[0], 0, content, SIZE);
	content_fill(tee, id[1], 0, content + 1, SIZE - 1);
	ktap(content_is(tee, id[0], 0, content, SIZE) &&
	     content_is(tee, id[1], 0, content + 1, SIZE - 1),
	     "ids: the TEE finds ids of two processors");
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(!cpu);
		close(buf[cpu]);
	}
	ktap_eq(used(), 0, "buffer: is freed when closed on another processor");

	/* Ids that no call has used. */
	for (cpu = 0; cpu < 2; cpu++) {
		guest_run_on(cpu);
		buf[cpu] = new_buffer(tee, &id[cpu]);
	}
	close(buf[0]);
	buf[0] = new_buffer(tee, &other);
	ktap(other != id[0] && other != id[1],
	     "id: of a closed buffer is not the next to be allocated");
	close(tee);
	ktap_eq(used(), 2 * SIZE,
		"buffer: outlives its TEE file when no call used its id");
	close(buf[0]);
	close(buf[1]);
	ktap_eq(used(), 0,
		"buffer: is freed on close when no call used its id");
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
			-EINVAL, "id: %d is unknown: EINVAL", ids[n]);
	}
	close(buf);
	params[0] = tee_in(id, 0, SIZE);
	ktap_eq(tee_invoke(tee, session, 0, 0, params, 2, &ret, NULL), -EINVAL,
		"id: ends with its dma-buf: EINVAL");
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

/*
 * Closes @fd, the last that names the memory of @job, while its call runs. Returns whether
 * the memory stays until then. Looks for the moment with @delay, us: a call with an id that
 * has ended fails, so the close was too early.
 */
static bool close_in_flight(struct job *job, int fd, unsigned int *delay)
{
	pthread_t thread;
	bool held;

	job->started = false;
	pthread_create(&thread, NULL, digest_job, job);
	while (!job->started)
		usleep(100);
	usleep(*delay);
	close(fd);
	held = used() == job->size;
	pthread_join(thread, NULL);
	*delay = job->rc ? *delay * 2 : *delay / 2 + 100;
	return held;
}

/* Memory must not come back under a TEE call that works on it. */
static void test_in_flight(void)
{
	int tee = target_open(), buf;
	struct job job = { .tee = tee, .size = target()->total / 2 };
	unsigned int tries, delay = 20000;
	bool held = false;

	job.session = tee_service(tee, digest_uuid);
	for (tries = 0; tries < 40 && !held; tries++) {
		buf = tee_rstmem(tee, VIDEO, job.size, &job.id);
		if (buf < 0)
			ktap_bail("allocation: %s", strerror(-buf));
		held = close_in_flight(&job, buf, &delay);
	}
	ktap(held, "TEE call: keeps the memory after the dma-buf is closed");
	ktap(job.rc == 0 && job.ret == TEEC_SUCCESS,
	     "TEE call: succeeds although the dma-buf is closed meanwhile");
	ktap_eq(used(), 0,
		"TEE call: frees the memory of a closed dma-buf at its end");
	close(tee);
}

/* 0 when the digest service reads the buffer with this id. */
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

/* A registration gives another context an id of its own, which ends with it. */
static void test_registered(void)
{
	int before = guest_crypto_users(), pair[2];
	int tee = target_open(), other = target_open();
	int id, reg_id, buf = new_buffer(tee, &id), reg, again;

	reg = tee_register_fd(other, buf, &reg_id);
	ktap(reg >= 0, "registration: another context can register a buffer");
	ktap_eq(id_result(tee, reg_id), -EINVAL,
		"registration: its id is unknown in the context of the allocation");
	ktap_eq(id_result(other, id), -EINVAL,
		"id: of an allocation is unknown in a context that registered the buffer");
	content_fill(tee, id, 0, content, SIZE);
	ktap(content_is(other, reg_id, 0, content, SIZE),
	     "registration: its id names the memory of the allocation");

	close(tee);
	ktap(content_is(other, reg_id, 0, content, SIZE),
	     "registration: its id is valid after the creator closed its TEE file");
	close(buf);
	ktap(used() == SIZE && content_is(other, reg_id, 0, content, SIZE),
	     "registration: its id is valid after the dma-buf is closed");
	again = target_open();
	ktap_eq(id_result(again, reg_id), -EINVAL,
		"registration: its id is unknown in a third context");
	close(again);
	close(reg);
	ktap_eq(used(), 0, "registration: frees the buffer when closed last");
	ktap_eq(id_result(other, reg_id), -EINVAL,
		"registration: its id ends when it is closed");

	/* Now the registration is closed first. */
	buf = new_buffer(other, &id);
	reg = tee_register_fd(other, buf, &reg_id);
	close(reg);
	ktap(id_result(other, reg_id) == -EINVAL && !id_result(other, id),
	     "registration: ends only its own id when closed first");
	reg = tee_register_fd(other, buf, &reg_id);
	close(buf);
	ktap(id_result(other, id) == -EINVAL && !id_result(other, reg_id),
	     "dma-buf: its end ends the allocation's id, not a registration's");
	close(reg);
	ktap_eq(used(), 0,
		"buffer: is freed when dma-buf and registration are closed");

	/* A registration in flight to another process keeps no session. */
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
	     "registration: keeps the buffer while in flight to another process");
	close(other);
	if (target()->soft)
		ktap_eq(guest_crypto_users(), before,
			"session: ends with its context while a registration is in flight");
	ktap_eq(used(), 0,
		"registration: in flight keeps no memory after its context ended");
	reg = socket_receive_fd(pair[0]);
	ktap(reg >= 0, "registration: arrives after its context ended");
	close(pair[0]);
	close(pair[1]);
	close(reg);
	ktap_eq(used(), 0,
		"registration: of an ended context changes nothing when closed");
}

enum { DMABUF, MAPPING, REG, TEE, KEEPERS };

static unsigned int bits(unsigned int mask, unsigned int bit)
{
	return mask >> bit & 1;
}

/*
 * Drop the four references in one of 24 orders. After each, check that the memory
 * exists exactly while a reference is left. A registration counts as long as its
 * TEE file is open.
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
	     "buffer: lives exactly as long as a reference in %u of %u orders",
	     right, n);
}

/* A call under way keeps memory whose registration is closed. */
static void test_registered_in_flight(void)
{
	int tee = target_open(), buf, reg;
	struct job job = { .tee = tee, .size = target()->total / 2 };
	unsigned int tries, delay = 20000;
	bool held = false;

	job.session = tee_service(tee, digest_uuid);
	for (tries = 0; tries < 40 && !held; tries++) {
		buf = tee_rstmem(tee, VIDEO, job.size, NULL);
		reg = tee_register_fd(tee, buf, &job.id);
		close(buf);
		held = close_in_flight(&job, reg, &delay);
	}
	ktap(held,
	     "TEE call: keeps the memory after dma-buf and registration are closed");
	ktap(job.rc == 0 && job.ret == TEEC_SUCCESS,
	     "TEE call: succeeds although the registration is closed meanwhile");
	ktap_eq(used(), 0,
		"TEE call: frees the memory of a closed registration at its end");
	close(tee);
}

/* Removal ends registrations and does not wait for them. */
static void test_registered_removal(void)
{
	int tee = target_open(), buf = new_buffer(tee, NULL), reg;
	struct tee_ioctl_rstmem_fd_info info;
	time_t end = time(NULL) + 10;
	int status = -1;
	pid_t pid;

	ktap(!tee_fd_info(watch, buf, &info) && !info.device,
	     "fd info: names the buffer's device");
	reg = tee_register_fd(tee, buf, NULL);
	close(tee);
	close(watch);
	pid = fork();
	if (!pid)
		_exit(target_remove() != 0);
	for (; status == -1 && time(NULL) <= end; usleep(10000))
		if (waitpid(pid, &status, WNOHANG) != pid)
			status = -1;
	ktap(status == 0, "removal: does not wait for a registration");
	ktap(reg >= 0 && !close(reg),
	     "registration: can be closed after removal");
	if (target()->soft) {
		target_return();
		/* The buffer still claims the old device's pool. */
		ktap_eq(access("/dev/tee0", F_OK), -1,
			"device: does not come back while a buffer of it is alive");
	}
	close(buf);
	ktap_eq(target_return(), 0,
		"device: comes back when its last buffer is closed");
	watch = target_open();
	ktap_eq(used(), 0,
		"pool: is empty when the device returns after a registration");
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
	     "TEE call: its process can be killed meanwhile");
	ktap_eq(used(), 0,
		"TEE call: a killed process leaves no memory in use");
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
