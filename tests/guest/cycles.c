// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of processes of two users allocate, share, fork, exec and are killed. All
 * buffers are charged. At the end every counter must be 0.
 *
 *	cycles [CYCLES [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"

#define GROUP	1500

static const char * const accounts[] = {
	NULL, "tee0,secure-video", "tee0,trusted-ui",
	"tee0,secure-video-record",
};

/* The limit of user_bytes of each account. */
static uint64_t limit;

static unsigned int seed = 1;

static unsigned int rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* Becomes a user, allocates, and keeps some descriptors over exec(). */
static _Noreturn void child(int sock, uid_t uid, unsigned int what)
{
	const gid_t group = GROUP;
	int tee, bufs[4], n, reg = -1;
	pid_t pid;

	if (setgroups(1, &group) || setgid(uid) || setuid(uid))
		_exit(1);
	tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	if (tee < 0)
		_exit(2);
	for (n = 0; n < 4; n++)
		bufs[n] = tee_rstmem(tee, target_use_case(what + n), 4096 << n, NULL);
	if (what & 1)
		reg = tee_register_fd(tee, bufs[0], NULL);
	if (what & 2)
		socket_send_fd(sock, bufs[1]);
	fcntl(bufs[2], F_SETFD, 0);
	if (what & 4)
		close(tee);
	pid = fork();
	if (!pid) {
		/* Ends when the socket is closed. */
		dup2(sock, 0);
		execl("/bin/busybox", "cat", NULL);
		_exit(3);
	}
	if (what & 8)
		_exit(reg == -2);
	execl("/bin/busybox", "sleep", "1000", NULL);
	_exit(3);
}

static void cycle(unsigned int *sent)
{
	unsigned int what = rnd();
	int pair[2], fd = -1, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid)
		child(pair[1], what & 16 ? 1001 : 1002, what);
	close(pair[1]);
	if (what & 2) {
		fd = socket_receive_fd(pair[0]);
		*sent += fd >= 0;
	}
	if (what & 32)
		usleep(what >> 8 & 4095);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	/* Ends the grandchild, if it exists by now. */
	close(pair[0]);
	if (fd >= 0)
		close(fd);
}

static bool all_zero(int tee)
{
	uint32_t uc;

	for (uc = 1; uc <= 3; uc++)
		if (target_offers(uc) &&
		    (tee_used(tee, uc) || tee_buffers(tee, uc) ||
		     account_number(accounts[uc], "used") ||
		     account_number(accounts[uc], "buffers")))
			return false;
	return !account_buffers(NULL, NULL);
}

/* A user without buffers can allocate the whole limit. */
static bool may_allocate(uid_t uid)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		const gid_t group = GROUP;
		int tee;

		if (setgroups(1, &group) || setgid(uid) || setuid(uid))
			_exit(1);
		tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
		_exit(tee_rstmem(tee, 1, limit, NULL) < 0);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

int main(int argc, char **argv)
{
	unsigned int cycles = argc > 1 ? atoi(argv[1]) : 1000, n, sent = 0;
	uint64_t refused = 0;
	char text[32];
	int tee;

	if (argc > 2)
		seed = atoi(argv[2]);
	ktap_start();
	/* Init reaps grandchildren. */
	signal(SIGPIPE, SIG_IGN);
	tee = target_open();
	fcntl(tee, F_SETFD, FD_CLOEXEC);
	if (chown("/dev/tee0", 0, GROUP) || chmod("/dev/tee0", 0660))
		ktap_bail("chmod: %s", strerror(errno));
	limit = target()->total / 8;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
	for (n = 1; n <= 3; n++)
		if (target_offers(n) &&
		    account_write(accounts[n], "limits/user_bytes", text))
			ktap_bail("limit");
	for (n = 0; n < cycles; n++)
		cycle(&sent);
	ktap(sent > cycles / 10,
	     "cycles: %u cycles share more than a tenth as many buffers (%u)",
	     cycles, sent);
	for (n = 0; n < 300 && !all_zero(tee); n++)
		usleep(10000);
	ktap(all_zero(tee), "cycles: every counter is 0 at the end");
	for (n = 1; n <= 3; n++)
		if (target_offers(n))
			refused += account_number(accounts[n],
			"failures/limit");
	ktap_eq(refused, 0,
		"user_bytes: refuses no allocation, so freed buffers are uncharged");
	ktap(may_allocate(1001) && may_allocate(1002),
	     "user_bytes: both users can allocate their whole limit afterwards");
	for (n = 1; n <= 3; n++)
		if (target_offers(n))
			account_write(accounts[n], "limits/user_bytes", "max");
	close(tee);
	return ktap_end();
}
