// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem top on a terminal, used as a person does: what it shows of processes that
 * allocate and go, its keys, sizes of the terminal, devices that go and come back,
 * and what it makes of terminals that cannot do it.
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
 * A process named @name of user @uid that has @count buffers, of which a device has
 * the first, until it is killed.
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

/* Whether the row that has @text has @more as well. */
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
	ktap(terminal_shows(&t, "menu"), "a screen");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "24 MiB  64 MiB"),
	     "how much is used and how much there is");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "[####"), "as a bar");
	ktap(row_has(&t, "decoder", "24 MiB") && row_has(&t, "decoder", "38%") &&
	     row_has(&t, "decoder", "1001") &&
	     row_has(&t, "decoder", VIDEO_ACCOUNT) && row_has(&t, "decoder", ":"),
	     "who has it: how much of it, which user, which device is attached");
	ktap(row_has(&t, "menu", "nobody") && row_has(&t, "menu", "2 MiB"),
	     "and the other one");
	ktap(is_above(&t, "decoder", "menu"), "who has more comes first");
	ktap(terminal_shows(&t, "a user: 4 MiB"), "limits, where there are");

	terminal_type(&t, "r");
	terminal_shows(&t, "size reversed");
	ktap(is_above(&t, "menu", "decoder"), "r: the other way round");
	terminal_type(&t, "r<");
	ktap(terminal_shows(&t, "by account"), "<: another order");
	terminal_type(&t, ">>");
	ktap(terminal_shows(&t, "by buffers"), ">: the next one");
	terminal_type(&t, "u");
	ktap(terminal_shows(&t, "OF LIMIT") && terminal_row(&t, "menu") < 0,
	     "u: users");
	ktap(row_has(&t, "nobody", "50%"), "and how much of their limit they have");
	terminal_type(&t, "b");
	ktap(terminal_shows(&t, "INODE") && terminal_shows(&t, "1-4 of 4"),
	     "b: buffers");
	terminal_type(&t, "\t");
	ktap(terminal_shows(&t, "processes 1-2 of 2"), "Tab: processes again");
	terminal_type(&t, "ff");
	ktap(terminal_shows(&t, "use case trusted-ui") &&
	     terminal_row(&t, "decoder") < 0 && terminal_row(&t, "menu") >= 0,
	     "f: one use case");
	terminal_type(&t, "ff");
	ktap(terminal_shows(&t, "use case all") && terminal_shows(&t, "decoder"),
	     "and all again");
	terminal_type(&t, "d");
	ktap(terminal_shows(&t, "seconds between rounds"), "d: asks");
	terminal_type(&t, "9x9\b.5\r");
	ktap(terminal_shows(&t, "every 9.5 s"), "and takes a number");
	terminal_type(&t, "d0\r");
	ktap(terminal_shows(&t, "not 0.1 to 3600 seconds: 0"), "if it is one");
	terminal_type(&t, "d.2\r");
	ktap(terminal_shows(&t, "every 0.2 s"), "of any fraction");
	terminal_type(&t, "h");
	ktap(terminal_shows(&t, "Any key goes back."), "h: help");
	terminal_type(&t, "x");
	ktap(terminal_shows(&t, "decoder"), "and back");

	stop(decoder);
	ktap(terminal_shows(&t, "processes 1-1 of 1") &&
	     terminal_row(&t, "decoder") < 0, "who goes disappears by itself");
	/* Its buffers go after its descriptors. */
	ktap(terminal_shows(&t, "[----"), "leaving a peak");
	stop(menu);
	ktap(terminal_shows(&t, "no buffers"), "no buffer is listed");
	ktap(!t.unknown, "nothing was sent that a vt100 does not know");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "q: quits");
	account_write(UI_ACCOUNT, "limits/user_bytes", "max");
}

static void test_many(void)
{
	pid_t pid = holder("many", 0, 1, 4096, 200, false);
	struct terminal t;

	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "many");
	terminal_type(&t, "b");
	ktap(terminal_shows(&t, "buffers 1-16 of 200"), "more than a screen");
	/* Keys as a vt100 sends them; those that it has not, by letters. */
	terminal_type(&t, "\033OB\033OBjk");
	ktap(terminal_shows(&t, "buffers 3-18 of 200"), "arrows");
	terminal_type(&t, "G");
	ktap(terminal_shows(&t, "buffers 185-200 of 200"), "the end");
	terminal_type(&t, "g");
	ktap(terminal_shows(&t, "buffers 1-16 of 200"), "the beginning");
	ktap(terminal_row(&t, "IMPORTERS") < 0, "not all columns fit");
	terminal_type(&t, "\033OC\033OC\033OC\033OC");
	ktap(terminal_shows(&t, "IMPORTERS"), "to the right");
	terminal_type(&t, "\033OD\033OD\033OD\033OD");
	ktap(terminal_shows(&t, "SIZE  ACCOUNT"), "and back");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "the end");
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
		     "%d x %d: goes on", sizes[n][0], sizes[n][1]);
	}
	terminal_resize(&t, 24, 80);
	ktap(terminal_shows(&t, "some") && terminal_shows(&t, "q quit"),
	     "and is all there when there is room again");
	ktap(!t.unknown, "nothing was sent that a vt100 does not know");
	kill(t.pid, SIGTERM);
	ktap(ended_with(&t, 0), "SIGTERM ends it");
	terminal_start(&t, 1, 1, "vt100", 0, top);
	terminal_read(&t, 500);
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "it starts on the smallest terminal");
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
	ktap(ended_with(&t, 0), "^C ends it");
	terminal_start(&t, 24, 80, "vt100", 0, top);
	terminal_shows(&t, "q quit");
	status = terminal_hang_up(&t);
	ktap(status != -1, "a hangup ends it");
	terminal_start(&t, 24, 80, "vt100", 0, twice);
	ktap(ended_with(&t, 0), "and so does -n");
}

static void test_permission(void)
{
	pid_t pid = holder("secret", 0, 1, 1 * MIB, 2, false);
	struct terminal t;

	terminal_start(&t, 24, 130, "vt100", NOBODY, top);
	ktap(terminal_shows(&t, "only root may see the buffers"),
	     "without root: what that would show");
	ktap(row_has(&t, VIDEO_ACCOUNT " ", "2 MiB  64 MiB"),
	     "and how full it is all the same");
	ktap(terminal_row(&t, "secret") < 0, "but not who has it");
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
	     terminal_shows(&t, "waiting for it"), "a device goes");
	if (target_return())
		ktap_bail("cannot return the device");
	ktap(terminal_shows(&t, VIDEO_ACCOUNT), "and comes back");
	terminal_type(&t, "q");
	ktap(ended_with(&t, 0), "all the while it runs");
}

/* Terminals that cannot, and what is none. */
static void test_text(void)
{
	static char *const once[] = { "rstmem", "top", "-n", "1", NULL };
	static char *const text[] = { "rstmem", "top", "-n", "1", "-t", NULL };
	static const char *const names[] = { NULL, "", "dumb", "no-such-terminal" };
	struct terminal t;
	unsigned int n;

	for (n = 0; n < 4; n++) {
		terminal_start(&t, 24, 200, names[n], 0, once);
		ktap(ended_with(&t, 0) && terminal_row(&t, "LARGEST FREE") >= 0 &&
		     terminal_row(&t, "q quit") < 0, "TERM %s: text",
		     names[n] ? names[n] : "not set");
	}
	terminal_start(&t, 24, 200, "vt100", 0, text);
	ktap(ended_with(&t, 0) && terminal_row(&t, "LARGEST FREE") >= 0 &&
	     terminal_row(&t, "q quit") < 0, "--text: text");
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
	return ktap_end();
}
