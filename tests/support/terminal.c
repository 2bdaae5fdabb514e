// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ktap.h"
#include "terminal.h"

#define PATIENCE_MS	10000

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void blank(struct terminal *t, int y, int from, int to)
{
	if (y >= 0 && y < t->rows)
		for (; from < to && from < t->columns; from++)
			t->cell[y][from] = ' ';
}

static void resize(struct terminal *t, int rows, int columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	int y;

	if (rows > TERMINAL_ROWS || columns > TERMINAL_COLUMNS)
		ktap_bail("a terminal of %d x %d", rows, columns);
	memset(t->cell, 0, sizeof(t->cell));
	t->rows = rows;
	t->columns = columns;
	t->y = t->x = t->top = 0;
	t->bottom = rows - 1;
	for (y = 0; y < rows; y++)
		blank(t, y, 0, columns);
	if (ioctl(t->fd, TIOCSWINSZ, &size))
		ktap_bail("TIOCSWINSZ: %s", strerror(errno));
}

void terminal_start(struct terminal *t, int rows, int columns, const char *term,
		    uid_t uid, char *const argv[])
{
	const char *name;
	int fd;

	memset(t, 0, sizeof(*t));
	t->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->fd < 0 || grantpt(t->fd) || unlockpt(t->fd))
		ktap_bail("no pty: %s", strerror(errno));
	name = ptsname(t->fd);
	resize(t, rows, columns);
	t->pid = fork();
	if (t->pid < 0)
		ktap_bail("fork: %s", strerror(errno));
	if (t->pid)
		return;

	setsid();
	fd = open(name, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0))
		_exit(99);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	if (term)
		setenv("TERM", term, 1);
	else
		unsetenv("TERM");
	if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
		_exit(98);
	execvp(argv[0], argv);
	_exit(97);
}

static int clamp(int n, int end)
{
	return n < 0 ? 0 : n >= end ? end - 1 : n;
}

static void line_feed(struct terminal *t)
{
	if (t->y != t->bottom) {
		t->y = clamp(t->y + 1, t->rows);
		return;
	}
	memmove(t->cell[t->top], t->cell[t->top + 1],
		(t->bottom - t->top) * sizeof(t->cell[0]));
	blank(t, t->bottom, 0, t->columns);
}

static void line_back(struct terminal *t)
{
	if (t->y != t->top) {
		t->y = clamp(t->y - 1, t->rows);
		return;
	}
	memmove(t->cell[t->top + 1], t->cell[t->top],
		(t->bottom - t->top) * sizeof(t->cell[0]));
	blank(t, t->top, 0, t->columns);
}

/* ESC [ NUMBER ; NUMBER LETTER */
static void control(struct terminal *t, const char *s)
{
	int a = -1, b = -1, y, n;
	char letter = s[strlen(s) - 1];

	if (*s == '?') {	/* modes */
		if (!strcmp(s, "?7h") || !strcmp(s, "?7l"))
			t->no_wrap = letter == 'l';
		return;
	}
	if (sscanf(s, "%d;%d", &a, &b) < 1)
		sscanf(s, ";%d", &b);
	n = a < 1 ? 1 : a;
	t->x = clamp(t->x, t->columns);
	switch (letter) {
	case 'A':
		t->y = clamp(t->y - n, t->rows);
		break;
	case 'B':
		t->y = clamp(t->y + n, t->rows);
		break;
	case 'C':
		t->x = clamp(t->x + n, t->columns);
		break;
	case 'D':
		t->x = clamp(t->x - n, t->columns);
		break;
	case 'H':
		t->y = clamp(n - 1, t->rows);
		t->x = clamp(b < 1 ? 0 : b - 1, t->columns);
		break;
	case 'J':
		if (a > 0) {
			t->unknown = true;
			break;
		}
		blank(t, t->y, t->x, t->columns);
		for (y = t->y + 1; y < t->rows; y++)
			blank(t, y, 0, t->columns);
		break;
	case 'K':
		if (a < 1)
			blank(t, t->y, t->x, t->columns);
		else if (a == 1)
			blank(t, t->y, 0, t->x + 1);
		else
			t->unknown = true;
		break;
	case 'r':
		t->top = clamp(n - 1, t->rows);
		t->bottom = clamp(b < 1 ? t->rows - 1 : b - 1, t->rows);
		t->y = t->x = 0;
		break;
	case 'm':		/* attributes */
	case 'h':
	case 'l':
		break;
	default:
		t->unknown = true;
	}
}

/* Takes in the next character of an escape sequence. */
static void escape(struct terminal *t, char c)
{
	char *s = t->escape;

	if (t->escape_len + 1 >= sizeof(t->escape)) {
		t->unknown = true;
		t->escape_len = 0;
		return;
	}
	s[t->escape_len++] = c;
	s[t->escape_len] = 0;
	if (t->escape_len < 2)
		return;
	switch (s[1]) {
	case '[':
		if (t->escape_len == 2 || c < '@' || c > '~')
			return;
		control(t, s + 2);
		break;
	case '(':		/* character sets */
	case ')':
		if (t->escape_len < 3)
			return;
		break;
	case 'M':
		line_back(t);
		break;
	case '7':		/* cursor and keypad modes */
	case '8':
	case '=':
	case '>':
		break;
	default:
		t->unknown = true;
	}
	t->escape_len = 0;
}

static void show(struct terminal *t, char c)
{
	t->bytes++;
	if (t->escape_len || c == 27) {
		escape(t, c);
		return;
	}
	switch (c) {
	case 0:			/* padding */
	case 7:
	case 14:
	case 15:
		return;
	case '\b':
		t->x = clamp(clamp(t->x, t->columns) - 1, t->columns);
		return;
	case '\r':
		t->x = 0;
		return;
	case '\n':
		line_feed(t);
		return;
	case '\t':
		t->x = clamp((t->x | 7) + 1, t->columns);
		return;
	}
	/* The cursor stays in the last column until the next character. */
	if (t->x >= t->columns) {
		t->x = 0;
		line_feed(t);
	}
	t->cell[t->y][t->x++] = c;
	if (t->no_wrap)
		t->x = clamp(t->x, t->columns);
}

void terminal_read(struct terminal *t, int ms)
{
	struct pollfd fd = { .fd = t->fd, .events = POLLIN };
	long until = now_ms() + ms;
	char buf[4096];
	ssize_t n, i;

	for (;;) {
		long left = until - now_ms();

		if (poll(&fd, 1, left > 0 ? (int)left : 0) <= 0)
			return;
		n = read(t->fd, buf, sizeof(buf));
		if (n <= 0)
			return;
		for (i = 0; i < n; i++)
			show(t, buf[i]);
	}
}

void terminal_type(struct terminal *t, const char *keys)
{
	if (write(t->fd, keys, strlen(keys)) != (ssize_t)strlen(keys))
		ktap_bail("pty: %s", strerror(errno));
}

void terminal_resize(struct terminal *t, int rows, int columns)
{
	terminal_read(t, 0);
	resize(t, rows, columns);
}

int terminal_row(const struct terminal *t, const char *text)
{
	int y;

	for (y = 0; y < t->rows; y++)
		if (strstr(t->cell[y], text))
			return y;
	return -1;
}

bool terminal_shows(struct terminal *t, const char *text)
{
	long until = now_ms() + PATIENCE_MS;

	do {
		terminal_read(t, 50);
		if (terminal_row(t, text) >= 0)
			return true;
	} while (now_ms() < until);
	ktap_note("no \"%s\" on the screen:", text);
	terminal_print(t);
	return false;
}

void terminal_print(const struct terminal *t)
{
	int y;

	for (y = 0; y < t->rows; y++)
		ktap_note("|%.*s|", t->columns, t->cell[y]);
}

int terminal_end(struct terminal *t)
{
	long until = now_ms() + PATIENCE_MS;
	int status;

	while (now_ms() < until) {
		if (t->fd >= 0)
			terminal_read(t, 20);
		else
			usleep(20000);
		if (waitpid(t->pid, &status, WNOHANG) == t->pid)
			goto out;
	}
	kill(t->pid, SIGKILL);
	waitpid(t->pid, &status, 0);
	status = -1;
out:
	if (t->fd >= 0) {
		terminal_read(t, 0);
		close(t->fd);
	}
	t->fd = -1;
	return status;
}

int terminal_hang_up(struct terminal *t)
{
	close(t->fd);
	t->fd = -1;
	return terminal_end(t);
}
