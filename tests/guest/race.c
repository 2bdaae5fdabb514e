// SPDX-License-Identifier: GPL-2.0-only
/*
 * Concurrency: threads and processes allocate, close, attach, call the TEE, register
 * and remove the device, for thousands of rounds. The kernel log must stay clean and
 * the pools must be empty afterwards.
 *
 *	race [ROUNDS [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD

static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;
static unsigned int rounds = 3000;
static unsigned int seed = 1;

static bool empty(int tee)
{
	return !tee_used(tee, VIDEO) && !tee_used(tee, UI) &&
	       !tee_used(tee, RECORD);
}

/* Opens softtee. Returns -1 while its device is removed. */
static int try_open(void)
{
	struct tee_ioctl_version_data vers;
	int fd = open("/dev/tee0", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && (ioctl(fd, TEE_IOC_VERSION, &vers) ||
			vers.impl_id != SOFTTEE_IMPL_ID)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Two threads share a context: one closes buffers that the other uses. */
struct shared {
	int tee;
	uint32_t session;
	int out_id;
	_Atomic int buf, id;
	atomic_bool stop;
	atomic_ulong done;
	unsigned long wrong;
};

/*
 * Tells whether to go on after @n rounds: until the other thread has done more than @least
 * as well, which a busy machine may put off. It has two minutes from @begin.
 */
static bool goes_on(const struct shared *s, unsigned int n, unsigned long least,
		    time_t begin)
{
	return n < rounds || (s->done <= least && time(NULL) - begin < 120);
}

static void *invoker(void *arg)
{
	struct shared *s = arg;
	struct tee_ioctl_param params[2];
	uint32_t ret;
	int rc;

	while (!s->stop) {
		params[0] = tee_in(s->id, 0, 4096);
		params[1] = tee_out(s->out_id, 0, 32);
		rc = tee_invoke(s->tee, s->session, RSTMEM_SVC_DIGEST_SHA256, 0,
				params, 2, &ret, NULL);
		s->done++;
		/* The id may be unknown by now; other errors are wrong. */
		if (rc && rc != -EINVAL)
			s->wrong++;
		if (!rc && ret)
			s->wrong++;
	}
	return NULL;
}

static void test_close_while_used(void)
{
	int tee = tee_open(SOFTTEE_IMPL_ID), id, buf;
	struct shared s = { .tee = tee };
	struct tee_mem out;
	pthread_t thread;
	time_t begin = time(NULL);
	unsigned int n;

	s.session = tee_service(tee, digest_uuid);
	tee_mem_alloc(tee, 32, &out);
	s.out_id = out.id;
	pthread_create(&thread, NULL, invoker, &s);
	for (n = 0; goes_on(&s, n, 100, begin); n++) {
		buf = tee_rstmem(tee, VIDEO, 4096, &id);
		if (buf < 0) {
			s.wrong++;
			continue;
		}
		s.id = id;
		if (n % 7 == 0)
			sched_yield();
		close(buf);
	}
	s.stop = true;
	pthread_join(thread, NULL);
	ktap(!s.wrong,
	     "close: %u closes while another thread calls the TEE cause no error but EINVAL",
	     rounds);
	ktap(s.done > 100,
	     "close: another thread calls the TEE more than 100 times meanwhile (%lu)",
	     (unsigned long)s.done);
	tee_mem_free(&out);
	ktap(empty(tee), "pools: are empty after closing against TEE calls");
	close(tee);
}

/* One thread closes a descriptor number while another attaches it. */
static void *attacher(void *arg)
{
	struct shared *s = arg;
	int edu = edu_open(), rc;

	while (!s->stop) {
		rc = edu_map(edu, s->buf, RSTMEM_EDU_TO_DEVICE, NULL);
		if (!rc) {
			edu_unmap(edu);
			s->done++;
		} else if (rc != -EBADF && rc != -EINVAL) {
			s->wrong++;
		}
	}
	close(edu);
	return NULL;
}

static void test_close_while_attached(void)
{
	struct shared s = { .buf = -1, .tee = tee_open(SOFTTEE_IMPL_ID) };
	pthread_t thread;
	time_t begin = time(NULL);
	unsigned int n;
	int edu = edu_open();

	edu_mask(edu, 40);
	close(edu);
	pthread_create(&thread, NULL, attacher, &s);
	for (n = 0; goes_on(&s, n, 10, begin); n++) {
		s.buf = tee_rstmem(s.tee, n % 2 ? VIDEO : RECORD,
				   4096 << n % 5, NULL);
		if (n % 5 == 0)
			sched_yield();
		close(s.buf);
	}
	s.stop = true;
	pthread_join(thread, NULL);
	ktap(!s.wrong,
	     "close: %u closes while another thread attaches cause no error but EBADF, EINVAL",
	     rounds);
	ktap(s.done > 10,
	     "close: another thread attaches more than 10 times meanwhile (%lu)",
	     (unsigned long)s.done);
	ktap(empty(s.tee), "pools: are empty after closing against attaching");
	close(s.tee);
}

/* A thread registers buffers that another closes, and calls the TEE with them. */
static void *registrar(void *arg)
{
	int other = tee_open(SOFTTEE_IMPL_ID), id, reg, rc;
	uint32_t session = tee_service(other, digest_uuid), ret;
	struct tee_ioctl_param params[2];
	struct shared *s = arg;
	struct tee_mem out;

	tee_mem_alloc(other, 32, &out);
	while (!s->stop) {
		reg = tee_register_fd(other, s->buf, &id);
		if (reg < 0) {
			s->wrong += reg != -EBADF && reg != -EINVAL;
			continue;
		}
		params[0] = tee_in(id, 0, 4096);
		params[1] = tee_out(out.id, 0, 32);
		rc = tee_invoke(other, session, RSTMEM_SVC_DIGEST_SHA256, 0,
				params, 2, &ret, NULL);
		/* The registration keeps the buffer: the call must succeed. */
		s->wrong += rc || ret;
		s->done++;
		close(reg);
	}
	tee_mem_free(&out);
	close(other);
	return NULL;
}

static void test_close_while_registered(void)
{
	struct shared s = { .buf = -1, .tee = tee_open(SOFTTEE_IMPL_ID) };
	pthread_t thread;
	time_t begin = time(NULL);
	unsigned int n;

	pthread_create(&thread, NULL, registrar, &s);
	for (n = 0; goes_on(&s, n, 10, begin); n++) {
		s.buf = tee_rstmem(s.tee, n % 2 ? VIDEO : RECORD, 4096, NULL);
		if (n % 3 == 0)
			sched_yield();
		close(s.buf);
	}
	s.stop = true;
	pthread_join(thread, NULL);
	ktap(!s.wrong,
	     "close: %u closes while another thread registers leave registered ids usable",
	     rounds);
	ktap(s.done > 10,
	     "close: another thread registers more than 10 times meanwhile (%lu)",
	     (unsigned long)s.done);
	ktap(empty(s.tee),
	     "pools: are empty after closing against registering");
	close(s.tee);
}

static int heap_alloc(int heap, uint64_t len)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static void close_all(int *fds, unsigned int n)
{
	while (n--) {
		if (fds[n] >= 0)
			close(fds[n]);
		fds[n] = -1;
	}
}

/* Random operations of one process on buffers, contexts and registrations. */
static int churn(unsigned int my_seed, unsigned int n)
{
	int heap = open("/dev/dma_heap/protected,secure-video", O_RDWR);
	int edu = open("/dev/rstmem_edu", O_RDWR | O_CLOEXEC);
	int tee = -1, buf[8], id[8] = {}, reg[8], k;
	uint32_t session = 0;

	srand(my_seed);
	for (k = 0; k < 8; k++)
		buf[k] = reg[k] = -1;
	while (n--) {
		if (tee < 0) {
			tee = try_open();
			if (tee < 0) {
				/* It comes back when its buffers are closed. */
				close_all(buf, 8);
				close_all(reg, 8);
				usleep(1000);
				continue;
			}
			if (tee_session(tee, digest_uuid, &session, NULL, NULL))
				session = 0;
		}
		k = rand() % 8;
		switch (rand() % 13) {
		case 0 ... 4:
			close_all(&buf[k], 1);
			buf[k] = tee_rstmem(tee, 1 + rand() % 3,
					    1 + rand() % (1 << rand() % 21),
					    &id[k]);
			break;
		case 5:
			close_all(&buf[k], 1);
			break;
		case 6:
			if (buf[k] >= 0 && edu >= 0 &&
			    !edu_map(edu, buf[k], RSTMEM_EDU_TO_DEVICE, NULL))
				edu_unmap(edu);
			break;
		case 7: {
			struct tee_ioctl_param params[2];

			params[0] = tee_in(buf[k] >= 0 ? id[k] : rand() % 20, 0,
					   4096);
			params[1] = tee_out(rand() % 20, 0, 32);
			tee_invoke(tee, session, 0, 0, params, 2, NULL, NULL);
			break;
		}
		case 8:
			close(tee);
			tee = -1;
			break;
		case 9: {
			struct tee_ioctl_rstmem_query query;

			tee_query(tee, rand() % 5, &query);
			break;
		}
		case 10:
			close_all(&reg[k], 1);
			reg[k] = tee_register_fd(tee, buf[rand() % 8], &id[k]);
			break;
		case 11:
			close_all(&reg[k], 1);
			break;
		case 12:
			close_all(&buf[k], 1);
			buf[k] = heap_alloc(heap, 1 + rand() % 65536);
			break;
		}
	}
	return 0;
}

static void test_processes(void)
{
	pid_t pid[2];
	int status, n, bad = 0, tee;

	for (n = 0; n < 2; n++) {
		pid[n] = fork();
		if (!pid[n])
			_exit(churn(seed * 2 + n, rounds));
	}
	for (n = 0; n < 2; n++) {
		waitpid(pid[n], &status, 0);
		bad += status != 0;
	}
	ktap(!bad,
	     "churn: two processes end well after %u random operations each",
	     rounds);
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap(empty(tee), "pools: are empty after two processes churned");
	close(tee);
}

/* Processes killed at random moments. */
static void test_killed(void)
{
	unsigned int n, kills = rounds / 30 + 1;
	int status, tee;
	pid_t pid;

	for (n = 0; n < kills; n++) {
		pid = fork();
		if (!pid)
			_exit(churn(seed * 1000 + n, ~0u));
		usleep(rand() % 40000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap(empty(tee),
	     "pools: are empty after %u processes are killed at random moments",
	     kills);
	close(tee);
}

/* The device is removed under two processes that use it, and returns. */
static void test_unbind(void)
{
	unsigned int n, times = rounds / 60 + 2, away = 0, back = 0;
	pid_t pid[2];
	int status, k, tee;

	for (k = 0; k < 2; k++) {
		pid[k] = fork();
		if (!pid[k])
			_exit(churn(seed * 7 + k, ~0u));
	}
	for (n = 0; n < times; n++) {
		usleep(rand() % 20000);
		away += !target_remove();
		/* Busy while an old buffer is alive. */
		for (k = 0; k < 1000 && target_return(); k++)
			usleep(5000);
		back += k < 1000;
	}
	for (k = 0; k < 2; k++) {
		kill(pid[k], SIGKILL);
		waitpid(pid[k], &status, 0);
	}
	ktap_eq(away, times,
		"removal: succeeds %u times while the device is in use",
		times);
	ktap_eq(back, times, "removal: the device comes back every time");
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap(empty(tee), "pools: are empty after removals in use");
	close(tee);
}

/* A backend is loaded and unloaded while processes allocate from it. */
static void test_unload(void)
{
	unsigned int n, times = rounds / 60 + 2, gone = 0, allocated = 0;
	pid_t pid[2];
	int status, k;
	unsigned int *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (k = 0; k < 2; k++) {
		pid[k] = fork();
		if (pid[k])
			continue;
		for (;;) {
			int fd = open("/dev/tee1", O_RDWR | O_CLOEXEC);
			int buf = fd < 0 ? -1 : tee_rstmem(fd, VIDEO, 4096, NULL);

			if (fd >= 0)
				close(fd);
			if (buf >= 0) {
				count[k]++;
				close(buf);
			}
		}
	}
	for (n = 0; n < times; n++) {
		if (system("modprobe rstmem_fake paddr=0x4000000000"))
			continue;
		for (k = 0; k < 5000; k++) {
			if (!system("rmmod rstmem_fake 2>/dev/null")) {
				gone++;
				break;
			}
		}
	}
	for (k = 0; k < 2; k++) {
		kill(pid[k], SIGKILL);
		waitpid(pid[k], &status, 0);
	}
	allocated = count[0] + count[1];
	ktap_eq(gone, times,
		"unload: a backend in use is loaded and unloaded %u times",
		times);
	ktap(allocated,
	     "unload: two processes allocate from the backend meanwhile (%u times)",
	     allocated);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 0);
	srand(seed);

	ktap_start();
	ktap_note("%u rounds, seed %u", rounds, seed);
	test_close_while_used();
	test_close_while_attached();
	test_close_while_registered();
	test_processes();
	test_killed();
	test_unbind();
	test_unload();
	return ktap_end();
}
