/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal for test programs: a pty with a program in it, and the screen that a
 * person would see, as far as TERM=vt100 goes.
 */
#ifndef _TESTS_TERMINAL_H
#define _TESTS_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

#define TERMINAL_ROWS	60
#define TERMINAL_COLUMNS	200

struct terminal {
	int fd;
	pid_t pid;
	int rows, columns;
	int y, x;
	int top, bottom;	/* rows that scroll */
	bool no_wrap;
	char cell[TERMINAL_ROWS][TERMINAL_COLUMNS + 1];
	unsigned long bytes;	/* that ever came */
	char escape[32];	/* a sequence that is not complete */
	unsigned int escape_len;
	bool unknown;		/* a sequence came that this does not know */
};

/* Starts @argv, as user @uid, with @term for TERM, none if NULL. */
void terminal_start(struct terminal *t, int rows, int columns, const char *term,
		    uid_t uid, char *const argv[]);

/* Shows what has come, and what comes within @ms. */
void terminal_read(struct terminal *t, int ms);

void terminal_type(struct terminal *t, const char *keys);
void terminal_resize(struct terminal *t, int rows, int columns);

/* Whether @text is somewhere on the screen, within 10 s. */
bool terminal_shows(struct terminal *t, const char *text);

/* The row that has @text, at once; -1 if none has. */
int terminal_row(const struct terminal *t, const char *text);

/* The screen, as diagnostic lines. */
void terminal_print(const struct terminal *t);

/* Waits up to 10 s. Returns the wait status, -1 when it had to be killed. */
int terminal_end(struct terminal *t);

/* Hangs up, then as terminal_end(). */
int terminal_hang_up(struct terminal *t);

#endif
