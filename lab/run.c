// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab-run [-t] SECONDS VERDICT COMPLAINTS COMMAND ARG...: the host's end of
 * lab/wire.h.
 *
 * Runs COMMAND, which is QEMU, with a socket to the guest as descriptor 3,
 * writes what the guest sends to stdout and stderr, and how it ended to the file
 * VERDICT: "status N", "timeout", "failure TEXT", "died", or "unborn" when it ended
 * before it reached user space. The output of QEMU itself goes to the file
 * COMPLAINTS. QEMU never outlives this process, and is
 * ended after SECONDS, unless that is 0, or by the signal that ends this one. With -t
 * input that is typed on the terminal that is stdin goes to the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "wire.h"

#define GUEST_FD	3

static volatile sig_atomic_t signalled;
static volatile pid_t qemu;

static void on_signal(int number)
{
	/* The first counts: a later one may be the answer to it. */
	if (!signalled)
		signalled = number;
	if (qemu > 0)
		kill(qemu, SIGKILL);
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "lab-run: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void catch_signals(void)
{
	/* No SA_RESTART: a write to a reader that sleeps must end, too. */
	struct sigaction catch = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGALRM, &catch, NULL);
	sigaction(SIGINT, &catch, NULL);
	sigaction(SIGTERM, &catch, NULL);
	sigaction(SIGHUP, &catch, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static pid_t start(int guest, int complaints, char **argv)
{
	pid_t parent = getpid(), pid = fork();
	int null;

	if (pid < 0)
		fail("fork");
	if (pid)
		return pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	/* A group of its own: the lab handles the signals of a terminal. */
	setpgid(0, 0);
	null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(complaints, 1);
	dup2(complaints, 2);
	dup2(guest, GUEST_FD);
	closefrom(GUEST_FD + 1);
	execvp(argv[0], argv);
	fprintf(stderr, "lab-run: %s: %s\n", argv[0], strerror(errno));
	_exit(125);
}

/* Reads exactly size bytes from the guest; false when it has gone. */
static bool receive(int guest, void *data, size_t size)
{
	char *p = data;

	while (size) {
		ssize_t n = read(guest, p, size);

		if (n < 0 && errno == EINTR && !signalled)
			continue;
		if (n <= 0)
			return false;
		p += n;
		size -= n;
	}
	return true;
}

static struct termios cooked;
static volatile sig_atomic_t resized;

static void on_resize(int number)
{
	resized = number;
}

/* Has the terminal pass every key, as the guest has one of its own. */
static void make_raw(void)
{
	struct sigaction catch = { .sa_handler = on_resize };
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &cooked))
		fail("stdin");
	raw = cooked;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	sigaction(SIGWINCH, &catch, NULL);
	/* That of the other end may differ. */
	resized = SIGWINCH;
}

static void send_frame(int guest, enum wire_kind kind, const void *data, size_t size)
{
	char frame[sizeof(struct wire_head) + 4096];
	struct wire_head head = { .kind = kind, .size = size };

	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), data, size);
	if (write(guest, frame, sizeof(head) + size) < 0) {
		/* The guest has gone, which reading from it shows. */
	}
}

/* Sends the guest what is typed until it has something to say. */
static void pass_input(int guest)
{
	struct pollfd pfd[] = {
		{ .fd = guest, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	while (!signalled) {
		char data[4096];
		ssize_t n;

		if (resized) {
			struct winsize ws;

			resized = 0;
			if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &ws)) {
				struct wire_size size = { ws.ws_row, ws.ws_col };

				send_frame(guest, WIRE_SIZE, &size, sizeof(size));
			}
		}
		if (poll(pfd, 2, 500) < 0)
			continue;
		if (pfd[1].revents) {
			n = read(STDIN_FILENO, data, sizeof(data));
			if (n > 0)
				send_frame(guest, WIRE_INPUT, data, n);
			else
				pfd[1].fd = -1;
		}
		if (pfd[0].revents)
			return;
	}
}

/*
 * Writes to one of the lab's own outputs. When nobody reads it, the rest is lost;
 * otherwise false when it cannot be written.
 */
static bool deliver(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0) {
			if (errno == EAGAIN) {
				struct pollfd pfd = { .fd = fd, .events = POLLOUT };

				poll(&pfd, 1, 100);
			} else if (errno != EINTR) {
				return errno == EPIPE;
			}
			if (signalled)
				return true;
			continue;
		}
		data += n;
		size -= n;
	}
	return true;
}

/* The start of a line of stderr, see deliver_lines(). */
static char held[4096];
static size_t n_held;

static bool deliver_held(void)
{
	size_t n = n_held;

	n_held = 0;
	return deliver(STDERR_FILENO, held, n);
}

/*
 * Writes the lines of stderr that have ended. A program may write a line in pieces, and
 * stdout, which may be the same file, must not come between them.
 */
static bool deliver_lines(const char *data, size_t size)
{
	const char *end = memrchr(data, '\n', size);
	size_t whole = end ? end + 1 - data : 0;
	bool delivered = true;

	if (n_held + size - whole > sizeof(held))
		whole = size;
	if (whole)
		delivered = deliver_held() && deliver(STDERR_FILENO, data, whole);
	memcpy(held + n_held, data + whole, size - whole);
	n_held += size - whole;
	return delivered;
}

/* Handles frames until the guest or a signal ends them. */
static void serve(int guest, FILE *verdict, bool typed)
{
	static char data[1 << 20];
	struct wire_head head;
	bool begun = false, delivered = true;

	for (;;) {
		/* Before user space is up nobody reads it there. */
		if (typed && begun)
			pass_input(guest);
		if (!receive(guest, &head, sizeof(head)) || head.size >= sizeof(data) ||
		    !receive(guest, data, head.size))
			break;
		switch (head.kind) {
		case WIRE_BEGIN:
			begun = true;
			break;
		case WIRE_STDOUT:
			delivered &= deliver(STDOUT_FILENO, data, head.size);
			break;
		case WIRE_STDERR:
			delivered &= deliver_lines(data, head.size);
			break;
		case WIRE_STATUS:
			if (deliver_held() && delivered)
				fprintf(verdict, "status %d\n", (unsigned char)data[0]);
			else
				fprintf(verdict, "failure the output cannot be written\n");
			goto acknowledge;
		case WIRE_FAILURE:
			data[head.size] = 0;
			fprintf(verdict, "failure %s\n", data);
			goto acknowledge;
		default:
			fprintf(verdict, "failure the guest sends nonsense\n");
			return;
		}
	}
	if (signalled == SIGALRM)
		fprintf(verdict, "timeout\n");
	else if (!signalled)
		fprintf(verdict, begun ? "died\n" : "unborn\n");
	return;

acknowledge:
	fflush(verdict);
	send_frame(guest, WIRE_DONE, NULL, 0);
	/* Until the guest has powered off: its log may go on. */
	while (read(guest, data, sizeof(data)) > 0)
		;
	if (signalled == SIGALRM) {
		rewind(verdict);
		fprintf(verdict, "timeout\n");
	}
}

int main(int argc, char **argv)
{
	struct itimerval timer = { .it_interval.tv_sec = 1 };
	FILE *verdict;
	bool typed = argc > 1 && !strcmp(argv[1], "-t");
	int pair[2], complaints;

	argc -= typed;
	argv += typed;
	if (argc < 5)
		return 125;
	timer.it_value.tv_sec = atol(argv[1]);
	verdict = fopen(argv[2], "we");
	if (!verdict)
		fail(argv[2]);
	complaints = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (complaints < 0)
		fail(argv[3]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		fail("socketpair");
	catch_signals();
	/* lab/vm killed outright cannot tell. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	qemu = start(pair[1], complaints, argv + 4);
	close(pair[1]);
	if (timer.it_value.tv_sec)
		setitimer(ITIMER_REAL, &timer, NULL);
	if (typed)
		make_raw();
	if (signalled)
		kill(qemu, SIGKILL);

	serve(pair[0], verdict, typed);
	deliver_held();
	if (typed)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	if (fclose(verdict))
		fail(argv[2]);

	/* A guest that said its last word has nothing to lose. */
	kill(qemu, SIGKILL);
	while (waitpid(qemu, NULL, 0) < 0 && errno == EINTR)
		;
	return signalled && signalled != SIGALRM ? 128 + signalled : 0;
}
