// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the lab's guest: mounts the usual file systems, loads the modules of
 * /lab/modules, runs /lab/start if there is one, runs the command of /lab/argv,
 * sends what it prints and how it ended to the host (lab/wire.h), unloads the
 * project's modules and powers off.
 *
 * The command writes to pipes and this process carries their contents to the
 * host, rather than the command writing to a virtio port itself: a port can be
 * open only once, so /dev/stderr could not be opened, and what is still queued
 * in a port when the machine stops is lost. The verdict follows the output
 * through the same port, so the host cannot see it before all of the output.
 *
 * The kernel log reaches the host by the serial port, where part of it may be lost
 * without a sign. So this process divides it into stretches by lines with the nonce
 * of the run, counts what is in each, and ends it with a line that has the counts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static int port = -1;

/* The kernel log, and the counts of its stretches so far. */
static struct {
	int fd;
	bool whole;
	char nonce[64];
	struct stretch {
		unsigned long lines, bytes;
	} stretches[16];
	size_t n;
} kernel_log = { .fd = -1, .whole = true };

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A line for the kernel log, where lab/check-log reads it. */
static void log_line(const char *format, ...)
{
	char line[512];
	va_list args;
	int fd, n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n >= (int)sizeof(line) - 1)
		n = sizeof(line) - 2;
	/* Without, the kernel waits for the rest of the line. */
	line[n++] = '\n';
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, line, n) < 0) {
		/* Nowhere else to say it. */
	}
	close(fd);
}

static void write_all(const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(port, p, size);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			log_line("lab: cannot write to the host: %s", strerror(errno));
			return;
		}
		p += n;
		size -= n;
	}
}

static void send_frame(enum wire_kind kind, const void *data, size_t size)
{
	struct wire_head head = { .kind = kind, .size = size };

	write_all(&head, sizeof(head));
	write_all(data, size);
}

/* Reads exactly size bytes from the host; false when they do not come. */
static bool receive(void *data, size_t size)
{
	struct pollfd pfd = { .fd = port, .events = POLLIN };
	char *p = data;

	while (size) {
		ssize_t n = -1;

		if (poll(&pfd, 1, 10000) == 1)
			n = read(port, p, size);
		if (n <= 0)
			return false;
		p += n;
		size -= n;
	}
	return true;
}

/* Receives a frame; data has room for 4096 bytes. */
static bool receive_frame(struct wire_head *head, void *data)
{
	return receive(head, sizeof(*head)) && head->size <= 4096 &&
	       receive(data, head->size);
}

/* Waits until the host has read everything, then ends the machine. */
static _Noreturn void power_off(void)
{
	struct wire_head head = { .kind = 0 };
	char data[4096];

	while (port >= 0 && head.kind != WIRE_DONE)
		if (!receive_frame(&head, data)) {
			log_line("lab: no answer from the host");
			break;
		}
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* The lab itself does not work: not the command's fault. */
static _Noreturn void give_up(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	log_line("lab: %s", line);
	if (port >= 0)
		send_frame(WIRE_FAILURE, line, strlen(line));
	power_off();
}

static void mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
		bool optional;
	} mounts[] = {
		{ "proc", "/proc", NULL, false },
		{ "sysfs", "/sys", NULL, false },
		{ "devtmpfs", "/dev", "mode=755", false },
		{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", false },
		{ "tmpfs", "/dev/shm", "mode=1777", false },
		{ "tmpfs", "/tmp", "mode=1777", false },
		{ "tmpfs", "/run", "mode=755", false },
		{ "debugfs", "/sys/kernel/debug", NULL, true },
		{ "tracefs", "/sys/kernel/tracing", NULL, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
			  mounts[i].options) && !mounts[i].optional)
			log_line("lab: cannot mount %s: %s", mounts[i].where, strerror(errno));
	}
	/* The work of udev; shells and tests expect these files. */
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("fd/0", "/dev/stdin") ||
	    symlink("fd/1", "/dev/stdout") || symlink("fd/2", "/dev/stderr"))
		log_line("lab: no /dev/fd");
}

/* The port appears once the driver has spoken with the host. */
static void open_port(void)
{
	long end = now_ms() + 20000;

	while (port < 0 && now_ms() < end) {
		DIR *dir = opendir("/sys/class/virtio-ports");
		struct dirent *entry;

		while (dir && port < 0 && (entry = readdir(dir))) {
			char path[512], name[64] = "";
			FILE *f;

			snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
				 entry->d_name);
			f = fopen(path, "re");
			if (!f)
				continue;
			if (fgets(name, sizeof(name), f) && !strcmp(name, WIRE_PORT "\n")) {
				snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
				port = open(path, O_RDWR | O_CLOEXEC);
			}
			fclose(f);
		}
		if (dir)
			closedir(dir);
		if (port < 0)
			usleep(5000);
	}
	if (port < 0)
		give_up("the port to the host is missing");
}

/* Reads a whole file and puts a 0 behind it. */
static char *slurp(const char *path, size_t *size)
{
	size_t room = 4096, used = 0;
	char *data = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !data)
		give_up("cannot read %s: %s", path, strerror(errno));
	for (;;) {
		ssize_t n = read(fd, data + used, room - used - 1);

		if (n < 0)
			give_up("cannot read %s: %s", path, strerror(errno));
		if (!n)
			break;
		used += n;
		if (used + 1 == room) {
			room *= 2;
			data = realloc(data, room);
			if (!data)
				give_up("no memory for %s", path);
		}
	}
	close(fd);
	data[used] = 0;
	if (size)
		*size = used;
	return data;
}

/* Lines of /lab/modules are a path, and parameters after a space. */
static void load_modules(void)
{
	char *line, *lines = slurp("/lab/modules", NULL), *save;

	for (line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *params = strchr(line, ' ');
		int fd;

		if (params)
			*params++ = 0;
		fd = open(line, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, params ? params : "", 0))
			give_up("cannot load %s: %s", line, strerror(errno));
		close(fd);
	}
	free(lines);
}

/* Counts what the console shows of a record of /dev/kmsg, lines and bytes in them. */
static void count_record(struct stretch *stretch, const char *text)
{
	stretch->lines++;
	for (; *text && *text != '\n'; text++) {
		unsigned int c;

		/* That is how /dev/kmsg writes what is not printable. */
		if (*text == '\\' && sscanf(text, "\\x%2x", &c) == 1) {
			text += 3;
			if (c == '\n') {
				stretch->lines++;
				continue;
			}
		}
		stretch->bytes++;
	}
}

/* Counts what is new in the kernel log, up to a record that is mark, if any. */
static bool read_log(const char *mark)
{
	struct stretch *stretch = &kernel_log.stretches[kernel_log.n];
	char record[16384];
	ssize_t n;

	for (;;) {
		const char *text;

		n = read(kernel_log.fd, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE) {
			kernel_log.whole = false;
			continue;
		}
		if (n <= 0)
			return false;
		record[n] = 0;
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		if (mark && !strncmp(text, mark, strlen(mark)) && text[strlen(mark)] == '\n')
			return true;
		count_record(stretch, text);
	}
}

/* Reads the nonce, and all of the log since the kernel began. */
static void open_log(void)
{
	int n;

	n = open("/lab/nonce", O_RDONLY | O_CLOEXEC);
	if (n < 0 || read(n, kernel_log.nonce, sizeof(kernel_log.nonce) - 1) <= 0)
		give_up("cannot read /lab/nonce: %s", strerror(errno));
	close(n);
	kernel_log.nonce[strcspn(kernel_log.nonce, "\n")] = 0;
	kernel_log.fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kernel_log.fd < 0)
		give_up("cannot read /dev/kmsg: %s", strerror(errno));
}

/* Ends a stretch of the kernel log; the next begins with this line. */
static void end_stretch(void)
{
	long end = now_ms() + 20000;
	char mark[128];

	if (kernel_log.n + 1 == ARRAY_SIZE(kernel_log.stretches))
		return;
	snprintf(mark, sizeof(mark), "lab: %s stretch %zu", kernel_log.nonce,
		 kernel_log.n + 1);
	log_line("%s", mark);
	while (!read_log(mark)) {
		struct pollfd pfd = { .fd = kernel_log.fd, .events = POLLIN };

		if (now_ms() > end)
			give_up("the kernel log has no '%s'", mark);
		poll(&pfd, 1, 100);
	}
	kernel_log.n++;
}

/* The last word of a log that is whole. */
static void end_log(void)
{
	char counts[400] = "";
	size_t i, used = 0;

	end_stretch();
	for (i = 0; i < kernel_log.n; i++)
		used += snprintf(counts + used, sizeof(counts) - used, " %lu/%lu",
				 kernel_log.stretches[i].lines, kernel_log.stretches[i].bytes);
	log_line("lab: %s %s%s", kernel_log.nonce, kernel_log.whole ? "end" : "overrun", counts);
}

static char **command(void)
{
	size_t size, i, n = 0;
	char *data = slurp("/lab/argv", &size);
	char **argv;

	/* Every argument ends in a 0. */
	for (i = 0; i < size; i++)
		n += !data[i];
	argv = calloc(n + 1, sizeof(*argv));
	if (!argv || !n)
		give_up("no command");
	for (i = 0; i < n; i++, data += strlen(data) + 1)
		argv[i] = data;
	return argv;
}

/* The kind of terminal that the command gets, if any. */
static char terminal[64];

static pid_t start(char **argv, int out, int err)
{
	static const char *const path =
		"/root:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	pid_t pid = fork();
	sigset_t none;
	int in, e;

	if (pid < 0)
		give_up("fork: %s", strerror(errno));
	if (pid)
		return pid;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	in = terminal[0] ? out : open("/dev/null", O_RDONLY);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	closefrom(3);
	clearenv();
	if (terminal[0]) {
		ioctl(0, TIOCSCTTY, 0);
		setenv("TERM", terminal, 1);
	}
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("PATH", path, 1);
	if (chdir("/root"))
		_exit(125);
	execvp(argv[0], argv);
	e = errno;
	/* As a shell would. */
	dprintf(2, "lab: %s: %s\n", argv[0],
		e == ENOENT ? "no such command in the guest" : strerror(e));
	_exit(e == ENOENT ? 127 : 126);
}

/* Runs a script that the board wants to run besides the command. */
static void start_services(void)
{
	char *argv[] = { "/lab/start", NULL };
	int log, status;

	if (access(argv[0], X_OK))
		return;
	log = open("/dev/console", O_WRONLY | O_CLOEXEC);
	if (waitpid(start(argv, log, log), &status, 0) < 0 || status)
		give_up("%s fails", argv[0]);
	close(log);
}

/* Carries what a pipe holds to the host; false at its end. */
static bool carry(int fd, enum wire_kind kind)
{
	static char buf[65536];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		send_frame(kind, buf, n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Names what outlived SIGKILL, which only the kernel can be the reason for. */
static void report_survivors(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[300], line[256] = "", name[64] = "";
		int pid = atoi(entry->d_name), ppid = 0;
		char state = 0;
		FILE *f;

		if (pid <= 1)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(line, sizeof(line), f) &&
		    sscanf(line, "%*d (%60[^)]) %c %d", name, &state, &ppid) == 3 &&
		    ppid != 2 && pid != 2)
			log_line("lab: leak: process %d (%s) does not die, state %c",
				 pid, name, state);
		fclose(f);
	}
	if (dir)
		closedir(dir);
}

/* Opens a terminal as lab/vm describes it in /lab/terminal: its kind and its size. */
static void open_terminal(int pair[2])
{
	char *description = slurp("/lab/terminal", NULL), name[64];
	struct winsize size = { 0 };

	if (sscanf(description, "%63s %hu %hu", terminal, &size.ws_row, &size.ws_col) != 3)
		give_up("/lab/terminal makes no sense");
	pair[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pair[0] < 0 || grantpt(pair[0]) || unlockpt(pair[0]) ||
	    ptsname_r(pair[0], name, sizeof(name)) ||
	    (pair[1] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
	    ioctl(pair[0], TIOCSWINSZ, &size))
		give_up("no terminal: %s", strerror(errno));
	free(description);
}

/* Takes a frame from the host: typed input, or a new size. */
static void take_input(int tty)
{
	struct wire_head head;
	struct wire_size size;
	char data[4096];

	if (!receive_frame(&head, data))
		return;
	if (head.kind == WIRE_SIZE && head.size == sizeof(size)) {
		struct winsize ws = { 0 };

		memcpy(&size, data, sizeof(size));
		ws.ws_row = size.rows;
		ws.ws_col = size.columns;
		ioctl(tty, TIOCSWINSZ, &ws);
	}
	if (head.kind == WIRE_INPUT && write(tty, data, head.size) < 0)
		log_line("lab: input is lost: %s", strerror(errno));
}

/*
 * Runs the command to its end, and ends whatever it leaves behind. Returns its
 * status as a shell would give it.
 */
static int run(char **argv)
{
	int out[2], err[2], sig, status = -1, wstatus;
	struct sched_param first = { .sched_priority = 1 };
	long end = 0;
	bool children = true;
	sigset_t chld;
	pid_t pid, child;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sig = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig < 0)
		give_up("signalfd: %s", strerror(errno));
	if (!access("/lab/terminal", F_OK)) {
		open_terminal(out);
		err[0] = -1;
		err[1] = fcntl(out[1], F_DUPFD_CLOEXEC, 0);
	} else if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
		give_up("pipe: %s", strerror(errno));
	}

	/*
	 * Ahead of the command, so that what it prints is with the host before
	 * it can do the next thing, which may be the end of the kernel.
	 */
	sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);

	child = start(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	if (err[0] >= 0)
		fcntl(err[0], F_SETFL, O_NONBLOCK);

	while (children || out[0] >= 0 || err[0] >= 0) {
		struct pollfd pfd[] = {
			{ .fd = out[0], .events = POLLIN },
			{ .fd = err[0], .events = POLLIN },
			{ .fd = sig, .events = POLLIN },
			{ .fd = kernel_log.fd, .events = POLLIN },
			{ .fd = terminal[0] ? port : -1, .events = POLLIN },
		};
		struct signalfd_siginfo info;

		poll(pfd, ARRAY_SIZE(pfd), end ? 100 : -1);
		if (pfd[0].revents && !carry(out[0], WIRE_STDOUT)) {
			close(out[0]);
			out[0] = -1;
		}
		if (pfd[1].revents && !carry(err[0], WIRE_STDERR)) {
			close(err[0]);
			err[0] = -1;
		}
		if (pfd[3].revents)
			read_log(NULL);
		if (pfd[4].revents & POLLIN && out[0] >= 0)
			take_input(out[0]);
		if (pfd[2].revents && read(sig, &info, sizeof(info)) < 0)
			continue;

		while ((pid = waitpid(-1, &wstatus, WNOHANG)) > 0) {
			if (pid != child)
				continue;
			status = WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) :
							WEXITSTATUS(wstatus);
			end = now_ms() + 10000;
		}
		children = pid >= 0;
		if (end) {
			/* Again and again: one of them may be forking. */
			kill(-1, SIGKILL);
			if (now_ms() > end) {
				report_survivors();
				break;
			}
		}
	}
	return status;
}

/* Whether /lab/unload, one name a line, has this module. */
static bool ours(const char *names, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = names; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, name, n) && p[n] == '\n')
			return true;
	return false;
}

/*
 * Removes the project's modules, the youngest first as /proc/modules lists them,
 * whoever loaded them. A reference may be dropped a moment after its owner died;
 * one that stays is a leak.
 */
static void unload_modules(void)
{
	char *names = slurp("/lab/unload", NULL);
	long end = now_ms() + 3000;
	bool left, late;

	do {
		char *line, *save, *list = slurp("/proc/modules", NULL);

		late = now_ms() > end;
		left = false;
		for (line = strtok_r(list, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			line[strcspn(line, " ")] = 0;
			if (!ours(names, line) ||
			    !syscall(SYS_delete_module, line, O_NONBLOCK))
				continue;
			left = true;
			if (late)
				log_line("lab: leak: module %s is still in use (%s)",
					 line, strerror(errno));
		}
		free(list);
		if (left)
			usleep(20000);
	} while (left && !late);
	free(names);
}

/* A kernel for debugging looks for memory that nobody points to any more. */
static void report_lost_memory(void)
{
	static const char *const path = "/sys/kernel/debug/kmemleak";
	char line[256];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	long ripe = now_ms() + 6000;
	FILE *f;

	if (fd < 0)
		return;
	/*
	 * It does not tell of memory that may have changed since the scan before, nor of
	 * memory that is younger than five seconds.
	 */
	if (write(fd, "scan", 4) != 4)
		log_line("lab: leak: no scan: %s", strerror(errno));
	while (now_ms() < ripe)
		usleep(100000);
	if (write(fd, "scan", 4) != 4)
		log_line("lab: leak: no scan: %s", strerror(errno));
	close(fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		log_line("lab: leak: %s", line);
	}
	if (f)
		fclose(f);
}

int main(void)
{
	unsigned char status;

	if (getpid() != 1)
		return 125;
	mount_all();
	open_port();
	send_frame(WIRE_BEGIN, NULL, 0);
	open_log();
	end_stretch();
	load_modules();
	start_services();
	end_stretch();
	status = run(command());
	end_stretch();
	unload_modules();
	report_lost_memory();
	end_log();
	send_frame(WIRE_STATUS, &status, 1);
	power_off();
}
