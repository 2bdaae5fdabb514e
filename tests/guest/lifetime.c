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
#include "../lib/content.h"
#include "../lib/edu.h"
#include "../lib/guest.h"
#include "../lib/ktap.h"
#include "../lib/socket.h"
#include "../lib/tee.h"

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
	int tee = tee_open(SOFTTEE_IMPL_ID), buf, copy;

	buf = new_buffer(tee, NULL);
	close(tee);
	ktap_eq(used(), SIZE, "the TEE file first: the buffer stays");
	close(buf);
	ktap_eq(used(), 0, "until the dma-buf is closed");

	tee = tee_open(SOFTTEE_IMPL_ID);
	buf = new_buffer(tee, NULL);
	copy = dup(buf);
	close(buf);
	ktap_eq(used(), SIZE, "a duplicate keeps the buffer");
	close(copy);
	ktap_eq(used(), 0, "until it is closed");
	close(tee);
}

static void test_many(void)
{
	int tee = tee_open(SOFTTEE_IMPL_ID), buf[200], id[200], n, m;
	bool distinct = true;

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
	close(tee);
	ktap_eq(used(), 100 * SIZE, "and the TEE file");
	for (n = 1; n < 200; n += 2)
		close(buf[n]);
	ktap_eq(used(), 0, "and the rest");
}

/* Which contexts exist cannot be asked; that sessions are closed is seen here. */
static void test_handed_over(void)
{
	int pair[2], buf, status;
	uint8_t *seen = malloc(SIZE);
	struct rstmem_edu_map map;
	pid_t pid;
	int edu;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		int tee, id;

		close(watch);
		tee = tee_open(SOFTTEE_IMPL_ID);
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
	     !edu_read(edu, 0, seen, SIZE) && !memcmp(seen, content, SIZE),
	     "a device reads what the dead process left in it");
	close(edu);
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

	tee = tee_open(SOFTTEE_IMPL_ID);
	buf = new_buffer(tee, NULL);
	tee_service(tee, digest_uuid);
	ktap(guest_crypto_users() > before, "a session can be seen");
	close(tee);
	ktap_eq(guest_crypto_users(), before,
		"it ends with its context, though the buffer is alive");
	ktap_eq(used(), SIZE, "which it is");

	/* Nor does the buffer keep the device: removal waits for nothing. */
	close(watch);
	pid = fork();
	if (!pid)
		_exit(guest_softtee("unbind") != 0);
	for (status = -1; status == -1 && time(NULL) <= end; usleep(10000))
		if (waitpid(pid, &status, WNOHANG) != pid)
			status = -1;
	ktap(status == 0, "nor does it keep the device");
	close(buf);
	if (status == -1)
		waitpid(pid, &status, 0);

	ktap_eq(guest_softtee("bind"), 0, "the device comes back");
	watch = tee_open(SOFTTEE_IMPL_ID);
	ktap_eq(used(), 0, "with an empty pool");
}

static void test_fork(void)
{
	int tee = tee_open(SOFTTEE_IMPL_ID), id, buf = new_buffer(tee, &id);
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

static void test_id_gone(void)
{
	int tee = tee_open(SOFTTEE_IMPL_ID), id, buf = new_buffer(tee, &id);
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
	int tee = tee_open(SOFTTEE_IMPL_ID), buf;
	struct job job = { .tee = tee, .size = 32 * MIB };
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

/* SIGKILL in the middle of a TEE call. */
static void test_killed(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct job job = { .size = 64 * MIB };

		close(watch);
		job.tee = tee_open(SOFTTEE_IMPL_ID);
		job.session = tee_service(job.tee, digest_uuid);
		if (tee_rstmem(job.tee, VIDEO, job.size, &job.id) < 0)
			_exit(1);
		digest_job(&job);
		_exit(2);
	}
	while (used() != 64 * MIB && !waitpid(pid, &status, WNOHANG))
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
	watch = tee_open(SOFTTEE_IMPL_ID);
	content_make(content, SIZE, 9);
	test_order();
	test_many();
	test_handed_over();
	test_fork();
	test_id_gone();
	test_in_flight();
	test_killed();
	test_creator_gone();
	return ktap_end();
}
