// SPDX-License-Identifier: GPL-2.0-only
/*
 * While calls run in a session of softtee, or wait for their turn, the machine can
 * suspend and processes can be killed. A waiting call that is given up does not run later.
 * An allocation that waits does not hold up a suspend either.
 *
 * The cgroup freezer stops tasks like a suspend does; it stands in for one on kernels
 * that cannot suspend for a test (CONFIG_PM_DEBUG).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/tee.h"

#define CALLS		14
#define SIZE		(48 * MIB)
#define DIGEST		32

#define FREEZER		"/tmp/freezer"
#define GROUP		FREEZER "/test"

static int dev, buf_id;
static uint32_t session;
static struct tee_mem out;	/* a digest for each call */
static uint8_t want[DIGEST];

static uint8_t *result(unsigned int n)
{
	return out.addr + n * DIGEST;
}

static bool is_written(unsigned int n)
{
	static const uint8_t none[DIGEST];

	return memcmp(result(n), none, DIGEST);
}

static uint32_t digest(unsigned int n)
{
	struct tee_ioctl_param params[2] = {
		tee_in(buf_id, 0, SIZE),
		tee_out(out.id, n * DIGEST, DIGEST),
	};

	return tee_call(dev, session, RSTMEM_SVC_DIGEST_SHA256, params, 2);
}

static void *call(void *arg)
{
	digest((uintptr_t)arg);
	return NULL;
}

/* Processes share the session, and out: a child makes calls @first to @first + @n. */
static pid_t calls(unsigned int first, unsigned int n)
{
	pthread_t thread[CALLS];
	pid_t pid = fork();
	uintptr_t i;

	if (pid < 0)
		ktap_bail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	for (i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, call, (void *)(first + i)))
			_exit(1);
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

static bool reads(const char *path, const char *text)
{
	char line[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	return n >= 0 && !strcmp(line, text);
}

static bool freezer(void)
{
	mkdir(FREEZER, 0755);
	return !mount("cgroup", FREEZER, "cgroup", 0, "freezer") &&
	       !mkdir(GROUP, 0755);
}

/* Stops a process. Returns false if it does not stop within a minute. */
static bool freeze(pid_t pid)
{
	unsigned int tries = 0;
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (guest_write(GROUP "/cgroup.procs", text) ||
	    guest_write(GROUP "/freezer.state", "FROZEN"))
		ktap_bail("the freezer of cgroups: %s", strerror(errno));
	/* A task on its way into a wait needs to be told again. */
	while (!reads(GROUP "/freezer.state", "FROZEN\n") && tries++ < 6000) {
		usleep(10 * 1000);
		guest_write(GROUP "/freezer.state", "FROZEN");
	}
	return tries < 6000;
}

static void thaw(void)
{
	guest_write(GROUP "/freezer.state", "THAWED");
}

static unsigned int count_written(unsigned int n)
{
	unsigned int written = 0;

	while (n--)
		written += is_written(n);
	return written;
}

static bool all_right(unsigned int n)
{
	bool right = true;

	while (n--)
		right = right && !memcmp(result(n), want, DIGEST);
	return right;
}

static void test_freeze(void)
{
	pid_t pid;
	int status;

	memset(out.addr, 0, out.size);
	pid = calls(0, CALLS);
	usleep(200 * 1000);
	/* A call that cannot be frozen runs to its end, and writes its digest. */
	ktap(freeze(pid) && !count_written(CALLS), "freeze: stops running and waiting calls");
	ktap_note("%u of %u calls ended before all were frozen",
		  count_written(CALLS), CALLS);
	thaw();
	waitpid(pid, &status, 0);
	ktap(!status && all_right(CALLS),
	     "thaw: all calls end with the right digest");
}

/* The backend says that room may come, and none comes. */
static void test_freeze_alloc(void)
{
	pid_t pid;
	int tee;

	if (system("modprobe rstmem_fake mode=error error=-11"))
		ktap_bail("rstmem_fake does not load");
	guest_set_wait_ms("600000");
	pid = fork();
	if (!pid) {
		tee = tee_open(FAKE_IMPL_ID);
		_exit(tee_rstmem(tee, VIDEO, 4096, NULL) >= 0);
	}
	usleep(200 * 1000);
	ktap(freeze(pid), "freeze: stops an allocation that waits");
	thaw();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	guest_set_wait_ms("20000");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rstmem_fake does not unload");
}

static void test_suspend(void)
{
	static const char name[] = "suspend: is not refused with calls queued";
	pid_t pid;
	int rc;

	if (guest_write("/sys/power/pm_test", "freezer")) {
		ktap_skip(name, "this kernel has no CONFIG_PM_DEBUG");
		return;
	}
	memset(out.addr, 0, out.size);
	pid = calls(0, CALLS);
	usleep(200 * 1000);
	rc = guest_write("/sys/power/state", "freeze");
	ktap(!rc, "%s", name);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	guest_write("/sys/power/pm_test", "none");
}

static void test_kill(void)
{
	pid_t running, waiting;

	memset(out.addr, 0, out.size);
	running = calls(0, 1);
	usleep(100 * 1000);
	waiting = calls(1, 1);
	usleep(100 * 1000);
	kill(waiting, SIGKILL);
	waitpid(waiting, NULL, 0);
	ktap(!is_written(0), "kill: ends a waiting call before the running one");
	waitpid(running, NULL, 0);
	ktap(all_right(1), "kill: leaves the running call alone");
	ktap(!digest(2) && !memcmp(result(2), want, DIGEST),
	     "kill: the session goes on");
	ktap(!is_written(1), "kill: a call that was waiting does not run later");
}

int main(void)
{
	int buf;

	ktap_start();
	dev = tee_open(SOFTTEE_IMPL_ID);
	session = tee_service(dev, svc_digest_uuid);
	tee_mem_alloc(dev, CALLS * DIGEST, &out);
	buf = tee_rstmem(dev, VIDEO, SIZE, &buf_id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	if (digest(0))
		ktap_bail("digest");
	memcpy(want, result(0), DIGEST);
	test_kill();
	if (freezer()) {
		test_freeze();
		test_freeze_alloc();
		rmdir(GROUP);
		umount(FREEZER);
	} else {
		ktap_skip("freeze: stops calls and allocations that wait",
			  "this kernel has no freezer of cgroups");
	}
	test_suspend();
	close(buf);
	tee_mem_free(&out);
	close(dev);
	return ktap_end();
}
