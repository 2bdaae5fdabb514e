/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal for test programs: a pty that runs a program, and its screen, for the escape
 * sequences of a vt100.
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
	unsigned long bytes;	/* received so far */
	char escape[32];	/* an incomplete sequence */
	unsigned int escape_len;
	bool unknown;		/* an unknown sequence came */
};

/* Starts @argv as user @uid, with TERM set to @term, or unset for NULL. */
void terminal_start(struct terminal *t, int rows, int columns, const char *term,
		    uid_t uid, char *const argv[]);

/* Reads the output so far, and the output of the next @ms. */
void terminal_read(struct terminal *t, int ms);

void terminal_type(struct terminal *t, const char *keys);
void terminal_resize(struct terminal *t, int rows, int columns);

/* Returns whether @text is on the screen within 10 s. */
bool terminal_shows(struct terminal *t, const char *text);

/* Returns the row that has @text now, or -1. */
int terminal_row(const struct terminal *t, const char *text);

/* Prints the screen as diagnostic lines. */
void terminal_print(const struct terminal *t);

/* Waits up to 10 s. Returns the wait status, or -1 if it must kill the program. */
int terminal_end(struct terminal *t);

/* Hangs up, then as terminal_end(). */
int terminal_hang_up(struct terminal *t);

#endif
