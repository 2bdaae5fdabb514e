// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: bytes and buffers of a user, bytes of a buffer, a reserve. They are set
 * through sysfs; a buffer is charged once, and uncharged when its memory is free.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../../examples/importer/rstmem_display.h"
#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define ACCOUNT	VIDEO_ACCOUNT
#define HEAP	"/dev/dma_heap/protected,secure-video"
#define GROUP	1500
#define ALICE	1001
#define BOB	1002

/* Requests of the test to the process of a user. */
enum wish { RUN_ON, ALLOCATE, BY_HEAP, CLOSE, SEND, REGISTER, QUIT };

struct order {
	enum wish wish;
	uint64_t size;
};

/* A process of a user. It executes orders and keeps the buffers it allocated. */
struct user {
	pid_t pid;
	int sock;
};

static int watch;

static void set(const char *name, const char *value)
{
	int rc = account_write(ACCOUNT, name, value);

	if (rc)
		ktap_bail("%s: %s", name, strerror(-rc));
}

static void no_limits(void)
{
	set("limits/user_bytes", "max");
	set("limits/user_buffers", "max");
	set("limits/buffer_bytes", "max");
	set("limits/reserve", "0");
}

static int heap_alloc(int heap, uint64_t len)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static _Noreturn void serve(int sock, uid_t uid)
{
	int tee, heap, bufs[64], n = 0, result, fd;
	const gid_t group = GROUP;
	struct order order;

	if (setgroups(1, &group) || setgid(uid) || setuid(uid))
		_exit(1);
	/* A process that changed its uid is no longer killed with its parent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	heap = open(HEAP, O_RDWR | O_CLOEXEC);
	while (read(sock, &order, sizeof(order)) == sizeof(order)) {
		result = 0;
		switch (order.wish) {
		case RUN_ON:
			result = guest_run_on(order.size);
			break;
		case ALLOCATE:
		case BY_HEAP:
			result = order.wish == ALLOCATE ?
				 tee_rstmem(tee, VIDEO, order.size, NULL) :
				 heap_alloc(heap, order.size);
			if (result >= 0) {
				bufs[n++] = result;
				result = 0;
			}
			break;
		case CLOSE:
			while (n)
				close(bufs[--n]);
			break;
		case SEND:
			result = socket_send_fd(sock, bufs[n - 1]);
			continue;
		case REGISTER:
			fd = socket_receive_fd(sock);
			result = tee_register_fd(tee, fd, NULL);
			close(fd);
			if (result >= 0)
				result = 0;
			break;
		case QUIT:
			_exit(0);
		}
		if (write(sock, &result, sizeof(result)) != sizeof(result))
			break;
	}
	_exit(0);
}

static void user_start(struct user *user, uid_t uid)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	user->pid = fork();
	if (!user->pid) {
		close(pair[0]);
		close(watch);
		serve(pair[1], uid);
	}
	close(pair[1]);
	user->sock = pair[0];
}

static void user_end(struct user *user)
{
	close(user->sock);
	kill(user->pid, SIGKILL);
	waitpid(user->pid, NULL, 0);
}

static void user_order(struct user *user, enum wish wish, uint64_t size)
{
	struct order order = { .wish = wish, .size = size };

	if (write(user->sock, &order, sizeof(order)) != sizeof(order))
		ktap_bail("a user does not listen");
}

static int user_result(struct user *user)
{
	int result;

	if (read(user->sock, &result, sizeof(result)) != sizeof(result))
		ktap_bail("a user does not answer");
	return result;
}

static int user_does(struct user *user, enum wish wish, uint64_t size)
{
	user_order(user, wish, size);
	return user_result(user);
}

static uint64_t used(void)
{
	return tee_used(watch, VIDEO);
}

/* All counters of the account and of the pool are 0. */
static bool all_zero(void)
{
	return !account_number(ACCOUNT, "used") &&
	       !account_number(ACCOUNT, "buffers") && !used() &&
	       !tee_buffers(watch, VIDEO) && !account_buffers(NULL, NULL);
}

static void test_files(void)
{
	static const char * const bad[] = {
		"", "\n", "x", "-1", "1 2", "max 1", "0x",
		"18446744073709551616",
		"1X", "1MM", "16777216T", "17179869184G", "1\n2", "1\n\n",
	};
	char text[64];
	size_t n;

	account_read(ACCOUNT, "limits/user_bytes", text, sizeof(text));
	ktap(!strcmp(text, "max"), "limits: user_bytes is \"max\" by default");
	account_read(ACCOUNT, "limits/user_buffers", text, sizeof(text));
	ktap(!strcmp(text, "max"),
	     "limits: user_buffers is \"max\" by default");
	account_read(ACCOUNT, "limits/buffer_bytes", text, sizeof(text));
	ktap(!strcmp(text, "max"),
	     "limits: buffer_bytes is \"max\" by default");
	ktap_eq(account_number(ACCOUNT, "limits/reserve"), 0,
		"limits: reserve is 0 by default");
	for (n = 0; n < sizeof(bad) / sizeof(*bad); n++)
		ktap_eq(account_write(ACCOUNT, "limits/user_bytes", bad[n]),
			!*bad[n] ? 0 : n == 7 || n == 11 ? -ERANGE : -EINVAL,
			*bad[n] ? "limits: \"%s\" is refused" :
				  "limits: \"%s\" writes nothing",
			*bad[n] == '\n' ? "\\n" : bad[n]);
	account_read(ACCOUNT, "limits/user_bytes", text, sizeof(text));
	ktap(!strcmp(text, "max"), "limits: refused values change nothing");
	set("limits/user_bytes", "0x100000\n");
	ktap_eq(account_number(ACCOUNT, "limits/user_bytes"), 1 << 20,
		"limits: accept a hexadecimal number");
	set("limits/user_bytes", "3M\n");
	ktap_eq(account_number(ACCOUNT, "limits/user_bytes"), 3 << 20,
		"limits: accept a number of MiB");
	no_limits();
}

static void test_permissions(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		char text[16];

		if (setgroups(0, NULL) || setgid(ALICE) || setuid(ALICE))
			_exit(1);
		account_read(ACCOUNT, "limits/user_bytes", text, sizeof(text));
		account_number(ACCOUNT, "used");
		account_number(ACCOUNT, "failures/limit");
		_exit(account_write(ACCOUNT, "limits/user_bytes",
		"1") != -EACCES ||
		      account_write(ACCOUNT, "importers", "any") != -EACCES);
	}
	waitpid(pid, &status, 0);
	ktap(status == 0,
	     "sysfs: any user reads the files, only root writes them");
}

static void test_user_bytes(void)
{
	uint64_t failures = account_number(ACCOUNT, "failures/limit");
	struct user alice, bob, again;
	int id;

	set("limits/user_bytes", "1048576");
	user_start(&alice, ALICE);
	user_start(&bob, BOB);
	ktap_eq(user_does(&alice, ALLOCATE, 1048576), 0,
		"user_bytes: a user can allocate up to the limit");
	ktap_eq(user_does(&alice, ALLOCATE, 1), -EDQUOT,
		"user_bytes: refuses one byte over the limit: EDQUOT");
	ktap_eq(user_does(&alice, BY_HEAP, 1), -EDQUOT,
		"user_bytes: refuses a heap allocation over the limit: EDQUOT");
	ktap(account_number(ACCOUNT, "used") == 1048576 && used() == 1048576 &&
	     tee_buffers(watch, VIDEO) == 1,
	     "account: refused allocations leave nothing charged");
	ktap_eq(account_number(ACCOUNT, "failures/limit"), failures + 2,
		"failures/limit: counts refusals by TEE device and heap");
	user_start(&again, ALICE);
	ktap_eq(user_does(&again, ALLOCATE, 1), -EDQUOT,
		"user_bytes: is shared by all processes of a user: EDQUOT");
	ktap_eq(user_does(&bob, ALLOCATE, 1048576), 0,
		"user_bytes: one user at the limit does not limit another");
	close(tee_rstmem(watch, VIDEO, 2 << 20, &id));
	ktap_eq(account_number(ACCOUNT, "failures/limit"), failures + 3,
		"failures/limit: does not count root, whose allocations have no limit");

	user_does(&alice, CLOSE, 0);
	ktap_eq(user_does(&again, BY_HEAP, 1048576), 0,
		"user_bytes: a closed buffer can be allocated again");
	ktap_eq(user_does(&alice, ALLOCATE, 1048577), -EDQUOT,
		"user_bytes: charges the rounded size: EDQUOT");
	user_end(&alice);
	user_end(&again);
	user_end(&bob);
	ktap(all_zero(),
	     "user_bytes: all counters are 0 when all users have ended");
	no_limits();
}

/* A charge made on one CPU counts on all. */
static void test_processors(void)
{
	struct user alice;

	user_start(&alice, ALICE);
	if (user_does(&alice, RUN_ON, 1)) {
		ktap_skip("user_bytes: counts on two processors",
			  "there is one processor");
		user_end(&alice);
		return;
	}
	set("limits/user_bytes", "1048576");
	ktap(!user_does(&alice, ALLOCATE, 524288) &&
	     !user_does(&alice, RUN_ON, 0) &&
	     !user_does(&alice, ALLOCATE, 524288),
	     "user_bytes: halves allocated on two processors fit the limit");
	ktap_eq(account_buffers(NULL, NULL), 2,
		"account: lists buffers of two processors");
	ktap_eq(user_does(&alice, ALLOCATE, 1), -EDQUOT,
		"user_bytes: counts charges of another processor: EDQUOT");
	user_does(&alice, RUN_ON, 1);
	ktap_eq(user_does(&alice, BY_HEAP, 1), -EDQUOT,
		"user_bytes: counts charges of another processor for a heap: EDQUOT");
	user_does(&alice, CLOSE, 0);
	ktap(all_zero(),
	     "account: buffers closed on one processor are uncharged on two");
	ktap(!user_does(&alice, ALLOCATE, 1048576),
	     "user_bytes: bytes freed on two processors can be allocated on one");
	user_does(&alice, CLOSE, 0);
	no_limits();

	user_does(&alice, ALLOCATE, 4096);
	user_does(&alice, RUN_ON, 0);
	user_does(&alice, ALLOCATE, 4096);
	set("limits/user_buffers", "3");
	ktap(!user_does(&alice, ALLOCATE, 4096) &&
	     user_does(&alice, ALLOCATE, 4096) == -EDQUOT,
	     "user_buffers: counts buffers that two processors allocated before it is set");
	user_end(&alice);
	ktap(all_zero(),
	     "account: all counters are 0 after use on two processors");
	no_limits();
}

/* A shared buffer is charged to its allocator only, until it is free. */
static void test_charged_once(void)
{
	struct user alice, bob, again;
	int buf;

	set("limits/user_bytes", "65536");
	user_start(&alice, ALICE);
	user_start(&bob, BOB);
	/* Started here so that it does not inherit descriptors received below. */
	user_start(&again, ALICE);
	user_does(&alice, ALLOCATE, 65536);
	user_order(&alice, SEND, 0);
	buf = socket_receive_fd(alice.sock);
	user_order(&bob, REGISTER, 0);
	socket_send_fd(bob.sock, buf);
	ktap_eq(user_result(&bob), 0,
		"registration: another user can register a passed buffer");
	ktap_eq(user_does(&bob, ALLOCATE, 65536), 0,
		"charge: registering does not charge the registering user");
	user_end(&alice);
	ktap_eq(user_does(&again, ALLOCATE, 4096), -EDQUOT,
		"charge: a live buffer stays charged after its process ended: EDQUOT");
	close(buf);
	ktap_eq(user_does(&again, ALLOCATE, 4096), -EDQUOT,
		"charge: a buffer kept by a registration stays charged: EDQUOT");
	user_end(&bob);
	ktap_eq(user_does(&again, ALLOCATE, 65536), 0,
		"charge: ends when the last registration is closed");
	user_end(&again);
	ktap(all_zero(), "charge: all counters are 0 after sharing");
	no_limits();
}

static void test_other_limits(void)
{
	struct tee_ioctl_rstmem_query query;
	struct user alice;

	user_start(&alice, ALICE);
	set("limits/user_buffers", "3");
	ktap(!user_does(&alice, ALLOCATE, 1) && !user_does(&alice, BY_HEAP, 1) &&
	     !user_does(&alice, ALLOCATE, 1),
	     "user_buffers: three buffers fit a limit of 3");
	ktap_eq(user_does(&alice, ALLOCATE, 1), -EDQUOT,
		"user_buffers: refuses a fourth buffer: EDQUOT");
	set("limits/user_buffers", "2");
	ktap_eq(account_number(ACCOUNT, "buffers"), 3,
		"user_buffers: a limit below current use frees nothing");
	user_does(&alice, CLOSE, 0);
	no_limits();

	set("limits/buffer_bytes", "8192");
	ktap_eq(user_does(&alice, ALLOCATE, 8192), 0,
		"buffer_bytes: allows a buffer of the limit");
	ktap_eq(user_does(&alice, ALLOCATE, 8193), -EDQUOT,
		"buffer_bytes: refuses a buffer over the limit: EDQUOT");
	user_does(&alice, CLOSE, 0);
	no_limits();

	tee_query(watch, VIDEO, &query);
	set("limits/reserve", "1048576");
	ktap_eq(user_does(&alice, ALLOCATE, query.total - 1048576), 0,
		"reserve: a user can allocate all but the reserve");
	ktap_eq(user_does(&alice, ALLOCATE, 4096), -EDQUOT,
		"reserve: refuses a user: EDQUOT");
	ktap_eq(user_does(&alice, ALLOCATE, query.total), -ENOMEM,
		"reserve: a buffer larger than the free memory fails with ENOMEM");
	close(tee_rstmem(watch, VIDEO, 1048576, NULL));
	ktap_eq(account_number(ACCOUNT, "peak"), query.total,
		"reserve: CAP_SYS_RESOURCE can allocate it");
	user_end(&alice);
	ktap(all_zero(), "reserve: all counters are 0 when the user has ended");
	no_limits();
}

/* Allocations of a driver are charged to no user and have no limit. */
static void test_kernel(void)
{
	uint64_t size = 1 << 20;
	int display, status;
	pid_t pid;

	if (system("modprobe rstmem_display"))
		ktap_bail("rstmem_display does not load");
	chmod("/dev/rstmem_display", 0666);
	set("limits/user_bytes", "0");
	set("limits/buffer_bytes", "0");
	display = open("/dev/rstmem_display", O_RDWR | O_CLOEXEC);
	pid = fork();
	if (!pid) {
		if (setgid(ALICE) || setuid(ALICE))
			_exit(1);
		_exit(ioctl(display, RSTMEM_DISPLAY_BLANK, &size) != 0);
	}
	waitpid(pid, &status, 0);
	ktap(status == 0 && account_number(ACCOUNT, "used") == size,
	     "in-kernel allocation: ignores the limits of the calling user");
	close(display);
	ktap(all_zero(),
	     "in-kernel allocation: all counters are 0 after it is freed");
	ktap(!system("rmmod rstmem_display"),
	     "in-kernel allocation: the driver unloads afterwards");
	no_limits();
}

/* The backend rounds up to a granule larger than a page. */
static void test_granule(void)
{
	static const char account[] = "tee1,secure-video";
	struct tee_ioctl_rstmem_query query;
	char command[128];
	int fake, status;
	pid_t pid;

	snprintf(command, sizeof(command),
		 "modprobe rstmem_fake mode=pool paddr=0x%llx pool_size=0x100000 granule=65536",
		 (unsigned long long)guest_carveout() + 80 * MIB);
	if (system(command))
		ktap_bail("rstmem_fake does not load");
	fake = tee_open(FAKE_IMPL_ID);
	account_write(account, "limits/user_bytes", "65536");
	pid = fork();
	if (!pid) {
		int buf;

		if (setgid(ALICE) || setuid(ALICE))
			_exit(1);
		buf = tee_rstmem(fake, VIDEO, 4096, NULL);
		if (buf < 0 || tee_rstmem(fake, VIDEO, 4096, NULL) != -EDQUOT)
			_exit(2);
		close(buf);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ktap(status == 0,
	     "granule: 4 KiB rounded up to 64 KiB are charged as 64 KiB");
	account_write(account, "limits/user_bytes", "65535");
	pid = fork();
	if (!pid) {
		if (setgid(ALICE) || setuid(ALICE))
			_exit(1);
		_exit(tee_rstmem(fake, VIDEO, 4096, NULL) != -EDQUOT);
	}
	waitpid(pid, &status, 0);
	tee_query(fake, VIDEO, &query);
	ktap(status == 0 && !query.used && !account_number(account, "used"),
	     "granule: a size over the limit once rounded is refused and freed: EDQUOT");
	close(tee_rstmem(fake, VIDEO, 4096, NULL));
	ktap_eq(account_number(account, "peak"), 65536,
		"granule: root is charged the rounded size");
	close(fake);
	ktap(!system("rmmod rstmem_fake"),
	     "granule: the backend unloads afterwards");
}

/* As newuidmap(1) does: uid 0 is ALICE, uids from 1 on are subordinate ones. */
static void map_uids(pid_t pid)
{
	static const char map[] = "0 1001 1\n1 100000 65535\n";
	char path[64];
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	rc = guest_write(path, map);
	if (rc)
		ktap_bail("%s: %s", path, strerror(-rc));
}

/* A user with subordinate uids has one limit, not one for each of them. */
static void test_namespaces(void)
{
	int out[2], in[2], status, got;
	char byte = 0;
	pid_t pid;

	set("limits/user_buffers", "2");
	if (pipe2(out, O_CLOEXEC) || pipe2(in, O_CLOEXEC))
		ktap_bail("pipe");
	pid = fork();
	if (!pid) {
		uid_t uid;

		if (setgroups(0, NULL) || setresuid(ALICE, ALICE, ALICE) ||
		    tee_rstmem(watch, VIDEO, 4096, NULL) < 0 ||
		    unshare(CLONE_NEWUSER) || write(out[1], &byte, 1) != 1 ||
		    read(in[0], &byte, 1) != 1)
			_exit(255);
		got = 1;
		for (uid = 0; uid <= 20; uid++) {
			if (setresuid(uid, 0, 0))
				_exit(254);
			while (tee_rstmem(watch, VIDEO, 4096, NULL) >= 0)
				got++;
		}
		_exit(got);
	}
	if (read(out[0], &byte, 1) == 1) {
		map_uids(pid);
		if (write(in[1], &byte, 1) != 1)
			ktap_bail("pipe: %s", strerror(errno));
	}
	waitpid(pid, &status, 0);
	close(out[0]);
	close(out[1]);
	close(in[0]);
	close(in[1]);
	ktap_eq(WEXITSTATUS(status), 2,
		"user_buffers: subordinate uids share the limit of their owner");
	ktap(all_zero(),
	     "user_buffers: all counters are 0 after a user namespace has ended");
	no_limits();
}

/* Use cases that take from the same memory have one limit, not one each. */
static void test_shared(void)
{
	char command[128], text[32];
	int fake, status;
	pid_t pid;

	snprintf(command, sizeof(command),
		 "modprobe rstmem_fake mode=pool paddr=0x%llx pool_size=0x100000 use_cases=6 shared=1",
		 (unsigned long long)guest_carveout() + 80 * MIB);
	if (system(command))
		ktap_bail("rstmem_fake does not load");
	fake = tee_open(FAKE_IMPL_ID);
	account_write("tee1,secure-video", "limits/user_bytes", "65536");
	account_read("tee1,trusted-ui", "limits/user_bytes", text, sizeof(text));
	ktap(!strcmp(text, "65536"),
	     "shared memory: a limit set for one use case is in force for the other");
	pid = fork();
	if (!pid) {
		int buf;

		if (setgid(ALICE) || setuid(ALICE))
			_exit(1);
		buf = tee_rstmem(fake, VIDEO, 65536, NULL);
		if (buf < 0)
			_exit(2);
		if (tee_rstmem(fake, TEE_IOC_UC_TRUSTED_UI, 4096, NULL) != -EDQUOT)
			_exit(3);
		close(buf);
		_exit(tee_rstmem(fake, TEE_IOC_UC_TRUSTED_UI, 65536, NULL) < 0);
	}
	waitpid(pid, &status, 0);
	ktap_eq(WEXITSTATUS(status), 0,
		"shared memory: use cases share the bytes of a user");
	account_write("tee1,secure-video", "limits/user_bytes", "max");
	account_write("tee1,trusted-ui", "limits/reserve", "1044480");
	pid = fork();
	if (!pid) {
		if (setgid(ALICE) || setuid(ALICE) ||
		    tee_rstmem(fake, TEE_IOC_UC_TRUSTED_UI, 4096, NULL) < 0)
			_exit(1);
		_exit(tee_rstmem(fake, VIDEO, 4096, NULL) != -EDQUOT);
	}
	waitpid(pid, &status, 0);
	ktap_eq(WEXITSTATUS(status), 0,
		"shared memory: use cases share the reserve");
	close(fake);
	ktap(!system("rmmod rstmem_fake"),
	     "shared memory: the backend unloads afterwards");
}

/* 200 users at once. */
static void test_many_users(void)
{
	uint64_t failures = account_number(ACCOUNT, "failures/limit");
	unsigned int n, bad = 0;
	int hold[2], status;
	pid_t pids[200];
	char byte;

	set("limits/user_buffers", "1");
	if (pipe2(hold, O_CLOEXEC))
		ktap_bail("pipe");
	for (n = 0; n < 200; n++) {
		pids[n] = fork();
		if (!pids[n]) {
			const gid_t group = GROUP;
			int tee, buf;

			close(hold[1]);
			if (setgroups(1, &group) || setuid(5000 + n))
				_exit(1);
			tee = open("/dev/tee0", O_RDWR);
			buf = tee_rstmem(tee, VIDEO, 4096, NULL);
			if (buf < 0 || tee_rstmem(tee, VIDEO, 1, NULL) != -EDQUOT)
				_exit(2);
			_exit(read(hold[0], &byte, 1) != 0);
		}
	}
	while (account_number(ACCOUNT, "failures/limit") < failures + 200)
		usleep(1000);
	ktap_eq(account_number(ACCOUNT, "buffers"), 200,
		"user_buffers: 200 users have one buffer each");
	close(hold[1]);
	for (n = 0; n < 200; n++) {
		waitpid(pids[n], &status, 0);
		bad += status != 0;
	}
	close(hold[0]);
	ktap_eq(bad, 0, "user_buffers: refuses 200 users a second buffer");
	ktap(all_zero(), "user_buffers: all counters are 0 after 200 users");
	no_limits();
}

int main(void)
{
	ktap_start();
	watch = target_open();
	/* Allow a group to use the devices, as a udev rule does. */
	if (chown("/dev/tee0", 0, GROUP) || chmod("/dev/tee0", 0660) ||
	    chown(HEAP, 0, GROUP) || chmod(HEAP, 0660))
		ktap_bail("chmod: %s", strerror(errno));
	test_files();
	test_permissions();
	test_user_bytes();
	test_processors();
	test_charged_once();
	test_other_limits();
	test_kernel();
	test_namespaces();
	if (target()->soft) {
		test_granule();
		test_shared();
	} else {
		ktap_skip("granule: rounded sizes are charged",
			  "only softtee's memory has room for a second pool");
	}
	test_many_users();
	ktap(all_zero(), "account: all counters are 0 at the end");
	close(watch);
	return ktap_end();
}
