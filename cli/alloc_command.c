// SPDX-License-Identifier: GPL-2.0-only
/* A command that inherits a buffer. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verbs.h"

/* Passed on to the command. */
static const int forwarded[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
};

static int export_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return setenv(name, text, 1);
}

static int export_buffer(struct rstmem *dev, const struct rstmem_buffer *buf)
{
	char use_case[RSTMEM_USE_CASE_NAME_SIZE];

	/* A buffer from a heap has none; do not pass on those of another buffer. */
	if (rstmem_via(dev) == RSTMEM_VIA_HEAP) {
		if (unsetenv("RSTMEM_TEE_FD") || unsetenv("RSTMEM_ID"))
			return -1;
	} else if (export_number("RSTMEM_TEE_FD", (uint64_t)rstmem_fd(dev)) ||
		   export_number("RSTMEM_ID", (uint64_t)buf->id)) {
		return -1;
	}

	rstmem_use_case_name(buf->use_case, use_case, sizeof(use_case));
	return export_number("RSTMEM_FD", (uint64_t)buf->fd) ||
	       export_number("RSTMEM_SIZE", buf->size) ||
	       setenv("RSTMEM_USE_CASE", use_case, 1);
}

/* Return: 0 when the command will inherit the descriptors. */
static int pass_descriptors(struct rstmem *dev, const struct rstmem_buffer *buf)
{
	return fcntl(buf->fd, F_SETFD, 0) ||
	       (rstmem_via(dev) == RSTMEM_VIA_TEE &&
		fcntl(rstmem_fd(dev), F_SETFD, 0));
}

static void __attribute__((noreturn))
child(struct rstmem *dev, const struct rstmem_buffer *buf, char **argv)
{
	int err;

	if (!export_buffer(dev, buf) && !pass_descriptors(dev, buf))
		execvp(argv[0], argv);

	err = errno;
	error("cannot run %s: %s", argv[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/*
 * The terminal sends the signals of its keys to a command in the same process group as well.
 * It sends SIGHUP to the first process of the session only.
 */
static bool has_signal(pid_t pid, const siginfo_t *info)
{
	return info->si_code == SI_KERNEL && info->si_signo != SIGHUP &&
	       getpgid(pid) == getpgrp();
}

static int wait_for(pid_t pid, const sigset_t *set)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(set, &info) < 0)
			continue;	/* EINTR: was stopped and goes on */
		if (info.si_signo != SIGCHLD) {
			if (!has_signal(pid, &info))
				kill(pid, info.si_signo);
			continue;
		}
		if (waitpid(pid, &status, WNOHANG) != pid)
			continue;
		return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) :
					     WEXITSTATUS(status);
	}
}

/*
 * Run argv[0] with the descriptors of @buf and @dev and wait for it. They stay open
 * here as well, so that the id stays valid if the command closes them.
 *
 * Return: the exit status.
 */
int run(struct rstmem *dev, const struct rstmem_buffer *buf, char **argv)
{
	struct sigaction old_chld, action;
	sigset_t set, old_set;
	unsigned int i;
	pid_t pid;

	/* With SIGCHLD ignored, the end of a child is not signalled. */
	action = (struct sigaction){ .sa_handler = SIG_DFL };
	sigaction(SIGCHLD, &action, &old_chld);

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
		if (!sigaction(forwarded[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&set, forwarded[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &old_set);

	pid = fork();
	if (pid < 0) {
		error("cannot run %s: %s", argv[0], strerror(errno));
		return EXIT_NOT_RUN;
	}
	if (!pid) {
		sigprocmask(SIG_SETMASK, &old_set, NULL);
		sigaction(SIGCHLD, &old_chld, NULL);
		child(dev, buf, argv);
	}

	return wait_for(pid, &set);
}
