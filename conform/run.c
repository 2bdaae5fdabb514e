// SPDX-License-Identifier: GPL-2.0-only
/* One check of the conformance suite: in a process of its own, with a deadline. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform.h"

/* Long enough for a full pool to be cleared on an emulated machine. */
#define DEADLINE_MS	120000

/* How long a process that was killed may take to go. */
#define KILL_MS		60000

static void __attribute__((format(printf, 3, 0), noreturn))
answer(struct conform *c, enum conform_verdict verdict, const char *format,
       va_list args)
{
	struct conform_result result = { .verdict = verdict };

	vsnprintf(result.reason, sizeof(result.reason), format, args);
	if (write(c->answer, &result, sizeof(result)) != sizeof(result))
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* The device fails the check. Does not return. */
void conform_fail(struct conform *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	answer(c, CONFORM_FAIL, format, args);
}

/* There is nothing to test on this device or kernel. Does not return. */
void conform_skip(struct conform *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	answer(c, CONFORM_SKIP, format, args);
}

/* The surroundings kept the device from being tested. Does not return. */
void conform_untested(struct conform *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	answer(c, CONFORM_UNTESTED, format, args);
}

static void __attribute__((noreturn))
run_here(struct conform *c, const struct conform_check *check)
{
	struct conform_result pass = { .verdict = CONFORM_PASS };
	struct rlimit limit;

	/* A check's buffers end with the check, and with the suite. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	/* A full pool may be many buffers. */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}

	c->check = check;
	c->fd = conform_reopen(c);
	if (c->fd == -EMFILE || c->fd == -ENFILE)
		conform_untested(c, "cannot open the device: %s",
				 strerror(-c->fd));
	if (c->fd < 0)
		conform_fail(c, "cannot open the device: %s", strerror(-c->fd));
	if (c->room)
		conform_settle(c);
	check->run(c);
	if (write(c->answer, &pass, sizeof(pass)) != sizeof(pass))
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

static void set_result(struct conform_result *result,
		       enum conform_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void set_result(struct conform_result *result,
		       enum conform_verdict verdict, const char *format, ...)
{
	va_list args;

	result->verdict = verdict;
	va_start(args, format);
	vsnprintf(result->reason, sizeof(result->reason), format, args);
	va_end(args);
}

/* Return: true when it has ended, with its wait status in @status. */
static bool reap(pid_t pid, int *status)
{
	int ms;

	for (ms = 0; ms < KILL_MS; ms += 10) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		usleep(10000);
	}
	return false;
}

/*
 * End the processes that a check started, and wait: the next check must find all
 * memory free. They became children of this process when the check ended.
 */
static void reap_rest(pid_t group)
{
	int ms;

	kill(-group, SIGKILL);
	for (ms = 0; ms < KILL_MS; ms += 10) {
		pid_t pid;

		do
			pid = waitpid(-group, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0)
			return;
		usleep(10000);
	}
}

static struct conform_result collect(pid_t pid, int from)
{
	struct pollfd poll_fd = { .fd = from, .events = POLLIN };
	struct conform_result result;
	int status = 0, ready;
	ssize_t len = 0;

	ready = poll(&poll_fd, 1, DEADLINE_MS);
	if (ready > 0)
		len = read(from, &result, sizeof(result));
	if (ready <= 0)
		kill(pid, SIGKILL);
	/* Its memory is free when it has ended. */
	if (!reap(pid, &status)) {
		kill(pid, SIGKILL);
		set_result(&result, CONFORM_FAIL,
			   "the process does not end: it hangs in the kernel");
	} else if (ready <= 0) {
		set_result(&result, CONFORM_FAIL, "no answer within %d s",
			   DEADLINE_MS / 1000);
	} else if (len != sizeof(result)) {
		if (WIFSIGNALED(status))
			set_result(&result, CONFORM_FAIL,
				   "the process was ended by signal %d",
				   WTERMSIG(status));
		else
			set_result(&result, CONFORM_FAIL,
				   "the process ended without a result");
	}
	reap_rest(pid);
	return result;
}

/* Run a check. A check that does not come to a result is a failure. */
struct conform_result conform_run(struct conform *c,
				  const struct conform_check *check)
{
	struct conform_result result = { 0 };
	int ends[2];
	pid_t pid;

	if (pipe(ends)) {
		set_result(&result, CONFORM_UNTESTED, "pipe: %s", strerror(errno));
		return result;
	}

	/* With SIGCHLD ignored, no child can be waited for. */
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		c->answer = ends[1];
		run_here(c, check);
	}
	close(ends[1]);
	if (pid < 0)
		set_result(&result, CONFORM_UNTESTED, "fork: %s", strerror(errno));
	else
		result = collect(pid, ends[0]);
	close(ends[0]);
	return result;
}
