// SPDX-License-Identifier: GPL-2.0-only
/* Waiting: for a signal, for the end of stdin, for a time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "verbs.h"

/*
 * True for a stdin that can end. /dev/null, which services and background jobs have,
 * is at its end from the start and says nothing about when to stop.
 */
static bool stdin_can_end(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st))
		return false;
	return S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	       isatty(STDIN_FILENO);
}

/* Return: false when stdin has ended or cannot be read. */
static bool drain_stdin(bool *ended)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	*ended = n == 0;
	/* EIO: a background job's terminal. */
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Wait for SIGHUP, SIGINT or SIGTERM; also for @seconds if @has_limit, else for the
 * end of stdin. A signal that was ignored at the start stays ignored.
 *
 * Return: the exit status.
 */
int hold(bool has_limit, uint32_t seconds)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int64_t deadline = now_ms() + (int64_t)seconds * 1000;
	struct sigaction old;
	sigset_t set;
	unsigned int i;
	int ret;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (!sigaction(signals[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A background job that reads its terminal shall not be stopped. */
	signal(SIGTTIN, SIG_IGN);

	fds[0].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fds[0].fd < 0) {
		error("cannot wait for signals: %s", strerror(errno));
		return EXIT_FAILED;
	}
	fds[1].fd = !has_limit && stdin_can_end() ? STDIN_FILENO : -1;

	for (;;) {
		int64_t left = has_limit ? deadline - now_ms() : -1;

		if (has_limit && left < 0)
			left = 0;
		/* A day at a time: poll() takes an int. */
		if (left > 86400000)
			left = 86400000;
		ret = poll(fds, 2, (int)left);
		if (ret < 0 && errno != EINTR) {
			error("cannot wait: %s", strerror(errno));
			break;
		}
		if (ret <= 0) {
			if (has_limit && now_ms() >= deadline)
				break;
			continue;
		}
		if (fds[0].revents)
			break;
		if (fds[1].revents) {
			bool ended;

			if (!drain_stdin(&ended))
				fds[1].fd = -1;
			if (ended)
				break;
		}
	}

	close(fds[0].fd);
	return ret < 0 && errno != EINTR ? EXIT_FAILED : EXIT_OK;
}
