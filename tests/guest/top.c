// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem top on a terminal: processes that allocate and end, keys, sizes of the
 * terminal, devices that go and come back, and terminals without a cursor. And rstmem
 * alloc, whose command gets the signals of a terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"
#include "../support/terminal.h"

#define NOBODY	65534
#define UI_ACCOUNT	"tee0,trusted-ui"

static char *const top[] = { "rstmem", "top", "-i", "0.2", NULL };

/*
 * Starts a process named @name of user @uid that holds @count buffers until it is
 * killed. With @attach the test device maps the first.
 */
static pid_t holder(const char *name, uid_t uid, uint32_t use_case, uint64_t size,
		    int count, bool attach)
{
	int ready[2], tee, buf, edu, n;
	char c;
	pid_t pid;

	if (pipe(ready))
		ktap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		tee = target_open();
		edu = attach ? edu_open() : -1;
		if (setgroups(0, NULL) || setuid(uid))
			_exit(1);
		for (n = 0; n < count; n++) {
			buf = tee_rstmem(tee, use_case, size, NULL);
			if (buf < 0)
				_exit(2);
			if (!n && attach &&
			    (edu_mask(edu, 40) ||
			     edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL)))
				_exit(3);
		}
		if (write(ready[1], "", 1) != 1)
			_exit(4);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("%s could not allocate", name);
	close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Returns whether the row with @text also has @more. */
static bool row_has(const struct terminal *t, const char *text, const char *more)
{
	int y = terminal_row(t, text);

	if (y >= 0 && strstr(t->cell[y], more))
		return true;
	ktap_note("\"%s\" is not with \"%s\":", more, text);
	terminal_print(t);
	return false;
}

static bool is_above(const struct terminal *t, const char *a, const char *b)
{
	int x = terminal_row(t, a), y = terminal_row(t, b);

	return x >= 0 && y >= 0 && x < y;
}

static bool ended_with(struct terminal *t, int want)
{
	int status = terminal_end(t);

	if (WIFEXITED(status) && WEXITSTATUS(status) == want)
		return true;
	ktap_note("wait status 0x%x", status);
	return false;
}

static void test_who(void)
{
	pid_t decoder = holder("decoder", 1001, 1, 8 * MIB, 3, true);
	pid_t menu = holder("menu", NOBODY, 2, 2 * MIB, 1, false);
	struct terminal t;

	account_write(UI_ACCOUNT, "limits/user_bytes", "4M");
	terminal_start(&t, 24, 130, "vt100", 0, top);
	ktap(terminal_shows(&t, "menu"),
	     "processes: shows a process that has buffers");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "24 MiB  64 MiB"),
	     "accounts: shows how much is used and how much there is");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "[####"), "accounts: shows a bar");
	ktap(row_has(&t, "decoder", "24 MiB") && row_has(&t, "decoder", "38%") &&
	     row_has(&t, "decoder", "1001") &&
	     row_has(&t, "decoder", VIDEO_ACCOUNT) && row_has(&t, "decoder", ":"),
	     "processes: shows share, user, account and attached device");
	ktap(row_has(&t, "menu", "nobody") && row_has(&t, "menu", "2 MiB"),
	     "processes: shows the user by name");
	ktap(is_above(&t, "decoder", "menu"),
	     "processes: lists the larger user of memory first");
	ktap(terminal_shows(&t, "a user: 4 MiB"),
	     "accounts: shows limits that are set");

	terminal_type(&t, "r");
	terminal_shows(&t, "size reversed");
	ktap(is_above(&t, "menu", "decoder"), "key r: reverses the order");
	terminal_type(&t, "r<");
	ktap(terminal_shows(&t, "by account"),
	     "key <: selects the previous order");
	terminal_type(&t, ">>");
	ktap(terminal_shows(&t, "by buffers"), "key >: selects the next order");
	terminal_type(&t, "u");
	ktap(terminal_shows(&t, "OF-LIMIT") && terminal_row(&t, "menu") < 0,
	     "key u: shows users in place of processes");
	ktap(row_has(&t, "nobody", "50%"), "users: shows the share of a limit");
	terminal_type(&t, "b");
	ktap(terminal_shows(&t, "INODE") && terminal_shows(&t, "1-4 of 4"),
	     "key b: shows all buffers");
	terminal_type(&t, "\t");
	ktap(terminal_shows(&t, "processes 1-2 of 2"),
	     "key Tab: shows processes after buffers");
	terminal_type(&t, "ff");
	ktap(terminal_shows(&t, "use case trusted-ui") &&
	     terminal_row(&t, "decoder") < 0 && terminal_row(&t, "menu") >= 0,
	     "key f: shows one use case");
	terminal_type(&t, "ff");
	ktap(terminal_shows(&t, "use case all") && terminal_shows(&t, "decoder"),
	     "key f: shows all use cases again");
	terminal_type(&t, "d");
	ktap(terminal_shows(&t, "seconds between rounds"),
	     "key d: asks for the time between rounds");
	terminal_type(&t, "9x9\b.5\r");
	ktap(terminal_shows(&t, "every 9.5 s"), "key d: accepts 9.5 seconds");
	terminal_type(&t, "d0\r");
	ktap(terminal_shows(&t, "not 0.1 to 3600 seconds: 0"),
	     "key d: refuses 0 seconds");
	terminal_type(&t, "d.2\r");
	ktap(terminal_shows(&t, "every 0.2 s"), "key d: accepts 0.2 seconds");
	terminal_type(&t, "h");
	ktap(terminal_shows(&t, "Any key goes back."), "key h: shows help");
	terminal_type(&t, "x");
	ktap(terminal_shows(&t, "decoder"),
	     "help: any key returns to processes");

	stop(decoder);
	ktap(terminal_shows(&t, "processes 1-1 of 1") &&
	     terminal_row(&t, "decoder") < 0,
	     "processes: a process that ended disappears");
	/* Its buffers go after its descriptors. */
	ktap(terminal_shows(&t, "[----"), "accounts: a bar shows the peak");
	stop(menu);
	ktap(terminal_shows(&t, "no buffers"),
	     "processes: no buffer is listed in the end");
	ktap(!t.unknown, "screen: nothing is sent that a vt100 does not know");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "key q: ends with status 0");
	account_write(UI_ACCOUNT, "limits/user_bytes", "max");
}

static void test_many(void)
{
	pid_t pid = holder("many", 0, 1, 4096, 200, false);
	struct terminal t;

	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "many");
	terminal_type(&t, "b");
	ktap(terminal_shows(&t, "buffers 1-16 of 200"),
	     "buffers: the first screen shows 16 of 200");
	/* The arrows of a vt100; letters for the keys that a vt100 lacks. */
	terminal_type(&t, "\033OB\033OBjk");
	ktap(terminal_shows(&t, "buffers 3-18 of 200"),
	     "keys j, k and arrows: move by a row");
	terminal_type(&t, "G");
	ktap(terminal_shows(&t, "buffers 185-200 of 200"),
	     "key G: moves to the end");
	terminal_type(&t, "g");
	ktap(terminal_shows(&t, "buffers 1-16 of 200"),
	     "key g: moves to the beginning");
	ktap(terminal_row(&t, "IMPORTERS") < 0,
	     "buffers: 80 columns do not show the last field");
	terminal_type(&t, "\033OC\033OC\033OC\033OC");
	ktap(terminal_shows(&t, "IMPORTERS"),
	     "right arrow: shows the last field");
	terminal_type(&t, "\033OD\033OD\033OD\033OD");
	ktap(terminal_shows(&t, "SIZE  ACCOUNT"),
	     "left arrow: shows the first fields again");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "key q: ends with status 0 in a long list");
	stop(pid);
}

static void test_sizes(void)
{
	pid_t pid = holder("some", 0, 1, 1 * MIB, 2, false);
	static const int sizes[][2] = {
		{ 1, 1 }, { 2, 200 }, { 60, 1 }, { 3, 10 }, { 60, 200 }, { 4, 30 },
	};
	struct terminal t;
	unsigned int n;

	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "some");
	for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		unsigned long before = t.bytes;

		terminal_resize(&t, sizes[n][0], sizes[n][1]);
		terminal_type(&t, "ubphx");
		terminal_read(&t, 1000);
		ktap(t.bytes > before && !waitpid(t.pid, NULL, WNOHANG),
		     "resize: %d x %d: goes on", sizes[n][0], sizes[n][1]);
	}
	terminal_resize(&t, 24, 80);
	ktap(terminal_shows(&t, "some") && terminal_shows(&t, "q quit"),
	     "resize: 24 x 80 shows everything again");
	ktap(!t.unknown, "resize: nothing is sent that a vt100 does not know");
	kill(t.pid, SIGTERM);
	ktap(ended_with(&t, 0), "SIGTERM: ends with status 0");
	terminal_start(&t, 1, 1, "vt100", 0, top);
	terminal_read(&t, 500);
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "1 x 1: starts, and ends with status 0");
	stop(pid);
}

static void test_ends(void)
{
	static char *const twice[] = {
		"rstmem", "top", "-i", "0.1", "-n", "2", NULL
	};
	int status;
	struct terminal t;

	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "q quit");
	terminal_type(&t, "\003");
	ktap(ended_with(&t, 0), "^C: ends with status 0");
	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "q quit");
	status = terminal_hang_up(&t);
	ktap(status != -1, "hangup: ends");
	terminal_start(&t, 24, 80, "vt100", 0, twice);
	ktap(ended_with(&t, 0), "-n 2: ends with status 0");
}

static void test_permission(void)
{
	pid_t pid = holder("secret", 0, 1, 1 * MIB, 2, false);
	struct terminal t;

	terminal_start(&t, 24, 130, "vt100", NOBODY, top);
	ktap(terminal_shows(&t, "only root may see the buffers"),
	     "without root: says that buffers need root");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "2 MiB  64 MiB"),
	     "without root: shows how much is used");
	ktap(terminal_row(&t, "secret") < 0, "without root: shows no process");
	terminal_type(&t, "q");
	ended_with(&t, 0);
	stop(pid);
}

static void test_device(void)
{
	struct terminal t;

	terminal_start(&t, 24, 130, "vt100", 0, top);
	terminal_shows(&t, VIDEO_ACCOUNT);
	if (target_remove())
		ktap_bail("cannot remove the device");
	ktap(terminal_shows(&t, "no TEE device has restricted memory") &&
	     terminal_shows(&t, "waiting for it"),
	     "removal: says that it waits for a device");
	if (target_return())
		ktap_bail("cannot return the device");
	ktap(terminal_shows(&t, VIDEO_ACCOUNT),
	     "removal: shows the device when it is back");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "removal: runs on until it is told to quit");
}

/* Terminals without a cursor, and no terminal. */
static void test_text(void)
{
	static char *const once[] = { "rstmem", "top", "-n", "1", NULL };
	static char *const text[] = { "rstmem", "top", "-n", "1", "-t", NULL };
	static const char *const names[] = { NULL, "", "dumb", "no-such-terminal" };
	struct terminal t;
	unsigned int n;

	for (n = 0; n < 4; n++) {
		terminal_start(&t, 24, 200, names[n], 0, once);
		ktap(ended_with(&t, 0) && terminal_row(&t, "LARGEST-FREE") >= 0 &&
		     terminal_row(&t, "q quit") < 0,
		     "TERM %s: prints text in place of a screen",
		     names[n] ? names[n] : "not set");
	}
	terminal_start(&t, 24, 200, "vt100", 0, text);
	ktap(ended_with(&t, 0) && terminal_row(&t, "LARGEST-FREE") >= 0 &&
	     terminal_row(&t, "q quit") < 0,
	     "--text: prints text in place of a screen");
}

/* Starts a command with a buffer, and returns when the command runs. */
static void alloc_start(struct terminal *t, const char *command)
{
	char *const argv[] = { "rstmem", "alloc", "-s", "1M", "--", "sh", "-c",
			       (char *)command, NULL };

	terminal_start(t, 24, 80, "vt100", 0, argv);
	if (!terminal_shows(t, "runs"))
		ktap_bail("the command of rstmem alloc does not run");
}

static void test_alloc(void)
{
	struct terminal t;

	alloc_start(&t, "echo runs; exec sleep 1000");
	ktap_eq(terminal_hang_up(&t), (128 + SIGHUP) << 8,
		"alloc: a terminal that hangs up ends the command");
	alloc_start(&t, "echo runs; exec sleep 1000");
	terminal_type(&t, "\003");
	ktap_eq(terminal_end(&t), (128 + SIGINT) << 8, "alloc: Ctrl-C ends the command");
	alloc_start(&t, "exec setsid sh -c 'echo runs; exec sleep 1000'");
	terminal_type(&t, "\003");
	ktap_eq(terminal_end(&t), (128 + SIGINT) << 8,
		"alloc: Ctrl-C ends a command with its own process group");
	alloc_start(&t, "n=0; trap 'n=$((n + 1))' INT; echo runs; until [ $n -gt 0 ]; do sleep 0.1; done; sleep 2; echo got $n");
	terminal_type(&t, "\003");
	ktap(terminal_shows(&t, "got 1"), "alloc: the command gets Ctrl-C once");
	terminal_end(&t);
}

int main(void)
{
	ktap_start();
	test_who();
	test_many();
	test_sizes();
	test_ends();
	test_permission();
	test_device();
	test_text();
	test_alloc();
	return ktap_end();
}
