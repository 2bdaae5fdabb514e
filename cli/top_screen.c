// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem top on a terminal. Every round draws everything anew; ncurses sends the
 * changes. All text is cut to the current size of the terminal.
 */
#define _GNU_SOURCE	/* ppoll() */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verbs.h"

/* After verbs.h: ncurses has macros with names such as "filter" and "clear". */
#define NCURSES_NOMACROS
#include <curses.h>
#include <term.h>

enum {
	PAIR_NONE,
	PAIR_GOOD,
	PAIR_FULL,
	PAIR_BAD,
	PAIR_DIM,
};

struct screen {
	struct top *top;
	bool has_colors;
	bool help;
	bool asking;		/* for the interval */
	char answer[8];
	char message[96];	/* until the next key */
	size_t first;		/* row of the list on top */
	size_t rows;		/* of the list */
	unsigned int left;	/* columns of it to the left of the screen */
	unsigned int width;	/* columns of it */
	unsigned int page;	/* rows of it that are shown */
};

static volatile sig_atomic_t ended;

static void end(int sig)
{
	(void)sig;
	ended = 1;
}

/* Return: true on a terminal that can move its cursor. */
bool screen_works(void)
{
	const char *name = getenv("TERM");
	const char *cup;
	int err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (!name || !*name || setupterm(NULL, STDOUT_FILENO, &err))
		return false;
	cup = tigetstr("cup");
	return cup && cup != (char *)-1;
}

static attr_t color(const struct screen *s, int pair, attr_t without)
{
	return s->has_colors ? (attr_t)COLOR_PAIR(pair) : without;
}

/* Cut @text to the row; the rest of the row stays as it is. */
static void put(int y, int x, const char *text, attr_t attr)
{
	char line[TABLE_LINE];

	if (y < 0 || y >= LINES || x >= COLS)
		return;
	snprintf(line, sizeof(line), "%s", text);
	text_clip(line, (unsigned int)(COLS - x));
	attron((int)attr);
	mvaddstr(y, x, line);
	attroff((int)attr);
}

/* The whole row has @attr. */
static void put_row(int y, const char *text, attr_t attr)
{
	if (y < 0 || y >= LINES)
		return;
	put(y, 0, text, A_NORMAL);
	mvchgat(y, 0, -1, attr, attr == A_NORMAL || attr & A_REVERSE ? 0 :
		(short)PAIR_NUMBER((int)attr), NULL);
}

static void draw_title(struct screen *s)
{
	const struct top *top = s->top;
	uint64_t buffers = 0, used = 0;
	char text[160], now[16], size[SIZE_TEXT];
	time_t seconds = time(NULL);
	struct tm tm;
	size_t i;

	for (i = 0; i < top->accounts.count; i++) {
		buffers += top->accounts.account[i].buffers;
		used += top->accounts.account[i].used;
	}
	localtime_r(&seconds, &tm);
	strftime(now, sizeof(now), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text),
		 "rstmem top  %s  every %g s  %s in %llu buffers", now,
		 top->interval_ms / 1000.0, size_format(used, size),
		 (unsigned long long)buffers);
	put_row(0, text, A_REVERSE);
	snprintf(text, sizeof(text), "h help  q quit");
	if (COLS > 75)
		put(0, COLS - (int)strlen(text) - 1, text, A_REVERSE);
}

/* Green, and red when it is nearly full. */
static attr_t bar_color(const struct screen *s, const struct rstmem_account *a)
{
	uint64_t in_use = a->total > a->free ? a->total - a->free : 0;
	double part = a->total ? (double)in_use / (double)a->total : 0;

	if (part >= 0.9)
		return color(s, PAIR_BAD, A_BOLD) | A_BOLD;
	return part >= 0.7 ? color(s, PAIR_FULL, A_BOLD) :
			     color(s, PAIR_GOOD, A_BOLD);
}

static void color_bar(const struct screen *s, int y, int x, const char *bar,
		      const struct rstmem_account *a)
{
	int n;

	for (n = 0; bar[n] && bar[n] != ']'; n++) {
		attr_t attr = A_NORMAL;

		if (bar[n] == '#')
			attr = bar_color(s, a);
		else if (bar[n] == '+')
			attr = color(s, PAIR_FULL, A_NORMAL);
		else if (bar[n] == 'x')
			attr = color(s, PAIR_BAD, A_BOLD);
		else if (bar[n] == '-' || bar[n] == 'r')
			attr = color(s, PAIR_DIM, A_DIM) | A_DIM;
		if (x + n < COLS)
			mvaddch(y, x + n, (chtype)(unsigned char)bar[n] | attr);
	}
}

#define BAR_LEAST	8
#define BAR_GOOD	24

/*
 * Draw accounts, a line each and one more for their rules, unless that would leave
 * too little room. Return: the next free row.
 */
static int draw_accounts(struct screen *s, int y)
{
	const struct accounts *accounts = &s->top->accounts;
	char line[TABLE_LINE], rules[RULES_TEXT];
	int special = 0, most = (LINES - y) * 2 / 3, last, bar_at, width;
	bool all = true;
	struct table t;
	size_t i;

	for (i = 0; i < accounts->count; i++)
		special += *view_rules(&accounts->account[i], rules) != 0;
	if ((int)accounts->count + special + 1 > most)
		special = 0;

	/* As wide as the rest leaves room for. */
	view_accounts(&t, accounts, BAR_LEAST, all);
	table_header(&t, line);
	width = COLS - (int)text_width(line) + BAR_LEAST;
	if (width < BAR_GOOD) {
		all = false;
		table_deinit(&t);
		view_accounts(&t, accounts, BAR_LEAST, all);
		table_header(&t, line);
		width = COLS - (int)text_width(line) + BAR_LEAST;
	}
	table_deinit(&t);
	if (width < BAR_LEAST)
		width = BAR_LEAST;
	view_accounts(&t, accounts, (unsigned int)width, all);
	table_header(&t, line);
	put_row(y++, line, A_BOLD);
	last = y + most - 1;
	for (i = 0; i < accounts->count && y < last; i++) {
		const struct rstmem_account *a = &accounts->account[i];

		table_row(&t, i, line);
		put(y, 0, line, A_NORMAL);
		/* The name of an account has no bracket. */
		bar_at = (int)strcspn(line, "[");
		color_bar(s, y++, bar_at, line + bar_at, a);
		if (special && *view_rules(a, rules)) {
			put(y, 2, rules, *rules == 'r' ?
			    color(s, PAIR_FULL, A_NORMAL) : A_NORMAL);
			y++;
		}
	}
	table_deinit(&t);
	return y;
}

static void clamp_first(struct screen *s)
{
	size_t most = s->rows > s->page ? s->rows - s->page : 0;

	if (s->first > most)
		s->first = most;
	if (s->left >= s->width)
		s->left = s->width ? s->width - 1 : 0;
}

/* The list, from row @y to the last but one. */
static void draw_buffers(struct screen *s, int y)
{
	char line[TABLE_LINE], text[REASON_TEXT];
	struct top *top = s->top;
	struct reason reason;
	struct table t;
	size_t i;

	s->rows = s->page = s->width = 0;
	if (top->buffers_err) {
		buffers_explain(top->buffers_err, &reason);
		put(y, 0, reason_text(&reason, text), A_NORMAL);
		return;
	}
	buffers_group(&top->buffers, top->view);
	buffers_sort(&top->buffers, &top->order);
	view_buffers(&t, &top->buffers, top->view, &top->accounts,
		     NULL);
	table_header(&t, line);
	s->width = text_width(line);
	s->rows = top->buffers.count;
	s->page = LINES - 2 > y ? (unsigned int)(LINES - 2 - y) : 0;
	clamp_first(s);
	put_row(y++, text_skip(line, s->left), A_REVERSE);
	for (i = s->first; i < s->rows && i < s->first + s->page; i++) {
		table_row(&t, i, line);
		/* No process is left that could release it. */
		put(y++, 0, text_skip(line, s->left),
		    top->buffers.record[i].process == PROCESS_ENDED ?
			    color(s, PAIR_FULL, A_BOLD) : A_NORMAL);
	}
	if (!s->rows)
		put(y, 0, "no buffers", A_NORMAL);
	table_deinit(&t);
}

static void draw_bottom(struct screen *s)
{
	const struct top *top = s->top;
	char text[256], name[RSTMEM_USE_CASE_NAME_SIZE] = "all";
	size_t end_row = s->first + s->page < s->rows ? s->first + s->page :
							 s->rows;

	if (s->asking) {
		snprintf(text, sizeof(text),
			 "seconds between rounds, 0.1 to 3600: %s_", s->answer);
	} else if (*s->message) {
		snprintf(text, sizeof(text), "%s", s->message);
	} else {
		if (top->filter.use_case)
			rstmem_use_case_name(top->filter.use_case, name,
					     sizeof(name));
		snprintf(text, sizeof(text),
			 "%s %zu-%zu of %zu by %s%s, use case %s   p u b view  < > r sort  f filter  d delay",
			 view_name(top->view),
			 end_row > s->first ? s->first + 1 : 0,
			 end_row > s->first ? end_row : 0, s->rows,
			 order_name(top->order.key),
			 top->order.reverse ? " reversed" : "", name);
	}
	put_row(LINES - 1, text, A_REVERSE);
}

static const char * const help_lines[] = {
	"p u b, Tab    processes, users, single buffers; the next of these",
	"< >           sort by the previous key, the next key",
	"r             reverse the order",
	"f             only one use case: the next one, or all again",
	"d             set the seconds between rounds",
	"Space         another round now",
	"arrows, PgUp PgDn Home End    move in the list",
	"h ?           this help",
	"q             quit",
	"",
	"In a bar:  # used   + used by other use cases that share the memory",
	"           - used at the peak   r reserved for CAP_SYS_RESOURCE",
	"           x lost: could not be cleared, out of use",
	"",
	"SHARE: part of all memory of the use case. OF-LIMIT: part of a user's limit.",
	"A buffer is charged to the process that asked for it, also after that has",
	"ended and others hold it; see \"rstmem buffers\" and rstmem(1).",
	"",
	"Any key goes back.",
};

static void draw(struct screen *s)
{
	char text[REASON_TEXT];
	struct reason reason;
	unsigned int i;
	int y;

	erase();
	if (s->help) {
		put_row(0, "rstmem top: help", A_REVERSE);
		for (i = 0; i < sizeof(help_lines) / sizeof(help_lines[0]); i++)
			put((int)i + 1, 0, help_lines[i], A_NORMAL);
		refresh();
		return;
	}
	draw_title(s);
	if (s->top->accounts.count) {
		y = draw_accounts(s, 1);
	} else {
		filter_explain(&s->top->filter, &reason);
		put(1, 0, reason_text(&reason, text), A_BOLD);
		put(2, 0, "waiting for it", A_NORMAL);
		y = 3;
	}
	if (y + 4 < LINES)
		y++;
	draw_buffers(s, y);
	draw_bottom(s);
	refresh();
}

/* The use case after the one that is shown alone; after the last one all. */
static void next_use_case(struct top *top)
{
	struct filter filter = { .device = top->filter.device };
	uint32_t next = TEE_IOC_UC_RESERVED;
	struct accounts accounts;
	size_t i;

	if (accounts_read(&accounts, &filter))
		return;
	for (i = 0; i < accounts.count; i++) {
		uint32_t use_case = accounts.account[i].use_case;

		if (use_case > top->filter.use_case &&
		    (!next || use_case < next))
			next = use_case;
	}
	accounts_deinit(&accounts);
	top->filter.use_case = next;
}

static void answer_key(struct screen *s, int key)
{
	size_t len = strlen(s->answer);

	if (key == '\r' || key == '\n' || key == KEY_ENTER) {
		if (*s->answer &&
		    top_parse_interval(s->answer, &s->top->interval_ms))
			snprintf(s->message, sizeof(s->message),
				 "not 0.1 to 3600 seconds: %s", s->answer);
		s->asking = false;
	} else if (key == 27 || key == 'q') {
		s->asking = false;
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		if (len)
			s->answer[len - 1] = 0;
	} else if (((key >= '0' && key <= '9') || key == '.') &&
		   len + 1 < sizeof(s->answer)) {
		s->answer[len] = (char)key;
		s->answer[len + 1] = 0;
	}
}

static void change_view(struct screen *s, enum view view)
{
	s->top->view = view;
	s->first = s->left = 0;
}

static void change_order(struct screen *s, unsigned int by)
{
	s->top->order.key = (enum order_key)((s->top->order.key + by) %
					     ORDER_KEYS);
	s->first = 0;
}

#define SIDE_STEP	8

static void move_list(struct screen *s, int key)
{
	size_t page = s->page ? s->page : 1;

	switch (key) {
	case KEY_LEFT:
		s->left -= s->left < SIDE_STEP ? s->left : SIDE_STEP;
		break;
	case KEY_RIGHT:
		s->left += SIDE_STEP;
		break;
	case KEY_UP:
	case 'k':
		s->first -= s->first ? 1 : 0;
		break;
	case KEY_DOWN:
	case 'j':
		s->first++;
		break;
	case KEY_PPAGE:
		s->first -= s->first < page ? s->first : page;
		break;
	case KEY_NPAGE:
		s->first += page;
		break;
	case KEY_HOME:
	case 'g':
		s->first = 0;
		break;
	case KEY_END:
	case 'G':
		s->first = s->rows;
		break;
	}
	clamp_first(s);
}

/* Return: true when the key ends the program. */
static bool press(struct screen *s, int key)
{
	*s->message = 0;
	if (key == KEY_RESIZE)
		return false;
	if (s->asking) {
		answer_key(s, key);
		return false;
	}
	if (s->help) {
		s->help = false;
		return false;
	}

	switch (key) {
	case 'q':
	case 'Q':
	case KEY_F(10):
		return true;
	case 'h':
	case '?':
	case KEY_F(1):
		s->help = true;
		break;
	case 'p':
		change_view(s, VIEW_PROCESSES);
		break;
	case 'u':
		change_view(s, VIEW_USERS);
		break;
	case 'b':
		change_view(s, VIEW_BUFFERS);
		break;
	case '\t':
		change_view(s, s->top->view == VIEW_BUFFERS ? VIEW_PROCESSES :
			    (enum view)(s->top->view + 1));
		break;
	case '<':
		change_order(s, ORDER_KEYS - 1);
		break;
	case '>':
	case 's':
		change_order(s, 1);
		break;
	case 'r':
	case 'R':
		s->top->order.reverse = !s->top->order.reverse;
		break;
	case 'f':
		next_use_case(s->top);
		s->first = 0;
		break;
	case 'd':
		s->asking = true;
		*s->answer = 0;
		break;
	case ' ':
		break;
	case 12:	/* ^L: as if nothing were there */
		clearok(curscr, TRUE);
		break;
	default:
		move_list(s, key);
	}
	return false;
}

static void catch_signals(sigset_t *unblocked)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = end }, old;
	sigset_t set;
	unsigned int i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], NULL, &old) ||
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, unblocked);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait for a time, a key or a signal. Return: false when the terminal is gone. */
static bool wait_until(int64_t deadline, const sigset_t *unblocked)
{
	struct pollfd stdin_fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left = deadline - now_ms();
	struct timespec ts;

	if (left < 0)
		left = 0;
	ts.tv_sec = left / 1000;
	ts.tv_nsec = left % 1000 * 1000000;
	if (ppoll(&stdin_fd, 1, &ts, unblocked) <= 0)
		return true;
	return !(stdin_fd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void start_colors(struct screen *s)
{
	const char *unwanted = getenv("NO_COLOR");

	s->has_colors = has_colors() && !(unwanted && *unwanted) &&
			start_color() == OK && use_default_colors() == OK;
	if (!s->has_colors)
		return;
	init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	init_pair(PAIR_FULL, COLOR_YELLOW, -1);
	init_pair(PAIR_BAD, COLOR_RED, -1);
	init_pair(PAIR_DIM, COLOR_CYAN, -1);
}

static bool press_all(struct screen *s, bool *any)
{
	int key;

	*any = false;
	while ((key = getch()) != ERR) {
		*any = true;
		if (press(s, key))
			return true;
	}
	return false;
}

/* Where screen_works(). Return: the exit status. */
int screen_run(struct top *top)
{
	struct screen s = { .top = top };
	int64_t deadline = now_ms();
	bool there = true, pressed, done = false;
	int ret = 0;
	uint64_t round = 0;
	sigset_t unblocked;
	SCREEN *terminal;

	terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		error("cannot use this terminal; try: rstmem top --text");
		return EXIT_FAILED;
	}
	catch_signals(&unblocked);
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	start_colors(&s);

	while (!done && there && !ended) {
		ret = top_read(top);
		if (ret)
			break;
		draw(&s);
		/* A key is answered with a round of its own. */
		if (now_ms() >= deadline) {
			deadline = now_ms() + top->interval_ms;
			if (++round == top->rounds)
				break;
		}
		there = wait_until(deadline, &unblocked);
		done = press_all(&s, &pressed);
		if (pressed && deadline > now_ms() + top->interval_ms)
			deadline = now_ms() + top->interval_ms;
	}

	endwin();
	delscreen(terminal);
	return ret ? accounts_error(ret) : EXIT_OK;
}
