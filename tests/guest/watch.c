// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of sysfs and debugfs under load: workers allocate, share, attach and are killed
 * at random, readers read every file, and in every pause and in the end the counters
 * match the pool.
 *
 *	watch [SECONDS [SEED]]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define READERS	4
#define WORKERS	3
/* A buffer has 4 KiB; softtee has room for twice as many. */
#define MAX_BUFFERS	8192

static const char * const accounts[] = {
	NULL, "tee0,secure-video", "tee0,trusted-ui", "tee0,secure-video-record",
};

static int all;

static void test_line(void)
{
	struct account_buffer line;
	int buf = tee_rstmem(all, 1, 5000, NULL), edu = edu_open(), reg, other;

	ktap(account_find(buf, &line), "buffers: a buffer has a line");
	ktap(line.size == 8192 && !strcmp(line.account, accounts[1]),
	     "buffers: a line has size and account");
	ktap(!strcmp(line.uid, "0") && line.pid == getpid() &&
	     !strcmp(line.comm, "watch"),
	     "buffers: a line has user, process and command");
	ktap(line.refs == 2 && !line.gone && !strcmp(line.importers, "-"),
	     "buffers: a new buffer is held by its dma-buf and its id, by no importer");
	usleep(300000);
	other = target_open();
	reg = tee_register_fd(other, buf, NULL);
	edu_mask(edu, 40);
	edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);
	ktap(account_find(buf, &line) && line.refs == 3 &&
	     strchr(line.importers, ':'),
	     "buffers: a registration is one reference more, an importer is named");
	ktap(line.age_ms >= 300 && line.age_ms < 60000,
	     "buffers: a line has the age");
	close(edu);
	close(reg);
	close(other);
	close(buf);
	guest_settle();
	ktap_eq(account_buffers(NULL, NULL), 0,
		"buffers: no line is left when the buffer is closed");
}

/*
 * An O_PATH descriptor keeps the dma-buf but not its file, and nothing may use the file
 * then. Such a use shows on the debug kernel only; this case shows the results.
 */
static void test_path(void)
{
	int buf = tee_rstmem(all, 1, 4096, NULL), file;
	struct account_buffer line;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", buf);
	file = open(path, O_PATH | O_CLOEXEC);
	close(buf);
	ktap(account_find(file, &line) && line.refs == 2 &&
	     tee_used(all, 1) == 4096,
	     "path: an O_PATH descriptor keeps a buffer");
	close(file);
	guest_settle();
	ktap(!account_buffers(NULL, NULL) && !tee_used(all, 1),
	     "path: closing it frees the buffer");
}

static bool comm_is_escaped(const struct account_buffer *buf, void *arg)
{
	*(bool *)arg = !strcmp(buf->comm, "a\\040b\\011c");
	return false;
}

static void test_comm(void)
{
	bool escaped = false;
	int buf, status;
	pid_t pid = fork();

	if (!pid) {
		FILE *f = fopen("/proc/self/comm", "w");

		fputs("a b\tc", f);
		fclose(f);
		buf = tee_rstmem(all, 1, 4096, NULL);
		account_buffers(comm_is_escaped, &escaped);
		close(buf);
		_exit(!escaped);
	}
	waitpid(pid, &status, 0);
	ktap(status == 0, "buffers: white space in a command is escaped");
}

static bool count_one(const struct account_buffer *buf, void *arg)
{
	(void)buf;
	++*(unsigned int *)arg;
	return true;
}

/* More lines than one read returns; buffers go between two reads. */
static void test_many(void)
{
	struct rlimit limit = { 20000, 20000 };
	const unsigned int count = target()->total / 4096 / 2;
	static int bufs[MAX_BUFFERS];
	unsigned int n, lines = 0;
	char text[512];
	FILE *f;

	setrlimit(RLIMIT_NOFILE, &limit);
	for (n = 0; n < count; n++)
		bufs[n] = tee_rstmem(all, 1, 4096, NULL);
	ktap_eq(account_buffers(count_one, &lines), count,
		"buffers: %u buffers have as many lines", count);

	f = fopen("/sys/kernel/debug/rstmem/buffers", "r");
	for (n = 0; n < 100; n++)
		if (!fgets(text, sizeof(text), f))
			ktap_bail("a line is missing");
	/* Close the next buffer and more, while the reader is between two reads. */
	for (n = 0; n < count; n += 2)
		close(bufs[n]);
	for (lines = 100; fgets(text, sizeof(text), f); lines++)
		;
	ktap_eq(lines, count,
		"buffers: a reader sees the list as it was when it began");
	guest_settle();
	rewind(f);
	for (lines = 0; fgets(text, sizeof(text), f); lines++)
		;
	ktap_eq(lines, count / 2,
		"buffers: a reader that rewinds sees the buffers that are left");
	/* A reader that stops in the middle. */
	rewind(f);
	ktap(fgets(text, sizeof(text), f),
	     "buffers: a reader can stop after one line");
	for (n = 1; n < count; n += 2)
		close(bufs[n]);
	fclose(f);
	guest_settle();
	ktap_eq(account_buffers(NULL, NULL), 0,
		"buffers: no line is left when all buffers are closed");
}

static unsigned int seed = 1;

static unsigned int rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void read_all(const char *path)
{
	struct dirent *entry;
	char name[512], data[4096];
	DIR *dir = opendir(path);
	int fd;

	while (dir && (entry = readdir(dir))) {
		if (*entry->d_name == '.' || entry->d_type == DT_LNK)
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_DIR) {
			read_all(name);
			continue;
		}
		fd = open(name, O_RDONLY | O_CLOEXEC);
		while (fd >= 0 && read(fd, data, sizeof(data)) > 0)
			;
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
}

static _Noreturn void reader(unsigned int n)
{
	for (;;) {
		if (n % 2)
			account_buffers(NULL, NULL);
		else
			read_all("/sys/devices/virtual/rstmem");
	}
}

/* Runs until it is killed. */
static _Noreturn void worker(unsigned int my_seed)
{
	int bufs[16], regs[16], own = target_open(), edu = edu_open();
	unsigned int n, k;

	close(all);
	seed = my_seed * 2654435761u + 1;
	memset(bufs, -1, sizeof(bufs));
	memset(regs, -1, sizeof(regs));
	for (;;) {
		n = rnd() % 16;
		k = rnd() % 16;
		switch (rnd() % 8) {
		case 0 ... 2:
			if (bufs[n] >= 0)
				close(bufs[n]);
			bufs[n] = tee_rstmem(own, target_use_case(rnd()),
					     1 + rnd() % (1 << rnd() % 20),
					     NULL);
			break;
		case 3:
			if (bufs[n] >= 0)
				close(bufs[n]);
			bufs[n] = -1;
			break;
		case 4:
			if (regs[k] >= 0)
				close(regs[k]);
			regs[k] = tee_register_fd(own, bufs[n], NULL);
			break;
		case 5:
			edu_unmap(edu);
			edu_map(edu, bufs[n], RSTMEM_EDU_TO_DEVICE, NULL);
			break;
		case 6:
			if (bufs[n] >= 0 && bufs[k] < 0)
				bufs[k] = dup(bufs[n]);
			break;
		case 7:
			/* Too large: the failure is counted. */
			tee_rstmem(own, target_use_case(rnd()), 1ULL << 32, NULL);
			break;
		}
	}
}

/* Compares the counters of accounts, list and pools while no worker runs. */
static bool agree(bool empty)
{
	uint64_t used[4] = {}, count[4] = {};
	bool right = true;
	uint32_t uc;

	for (uc = 1; uc <= 3; uc++) {
		if (!target_offers(uc))
			continue;
		used[uc] = account_number(accounts[uc], "used");
		count[uc] = account_number(accounts[uc], "buffers");
		if (used[uc] != tee_used(all, uc) ||
		    count[uc] != tee_buffers(all, uc) ||
		    account_number(accounts[uc], "peak") < used[uc] ||
		    account_number(accounts[uc], "free") + used[uc] !=
			    account_number(accounts[uc], "total") ||
		    (empty && (used[uc] || count[uc]))) {
			ktap_note("%s: %llu bytes, the pool says %llu; %llu buffers, not %u",
				  accounts[uc], (unsigned long long)used[uc],
				  (unsigned long long)tee_used(all, uc),
				  (unsigned long long)count[uc],
				  tee_buffers(all, uc));
			right = false;
		}
	}
	if (account_buffers(NULL, NULL) != count[1] + count[2] + count[3]) {
		ktap_note("the list has %u lines", account_buffers(NULL, NULL));
		right = false;
	}
	return right;
}

static void stop_all(const pid_t *pids, unsigned int n, int sig)
{
	unsigned int k;

	for (k = 0; k < n; k++)
		kill(pids[k], sig);
}

/* A process may end a system call before it stops. */
static void wait_stopped(const pid_t *pids, unsigned int n)
{
	unsigned int k;
	int status;

	for (k = 0; k < n; k++)
		waitpid(pids[k], &status, WUNTRACED);
}

static void test_load(unsigned int seconds)
{
	unsigned int n, kills = 0, pauses = 0, wrong = 0, dead = 0;
	pid_t readers[READERS], workers[WORKERS];
	time_t end = time(NULL) + seconds;
	int status;

	for (n = 0; n < READERS; n++) {
		readers[n] = fork();
		if (!readers[n])
			reader(n);
	}
	for (n = 0; n < WORKERS; n++) {
		workers[n] = fork();
		if (!workers[n])
			worker(rnd());
	}
	while (time(NULL) < end) {
		usleep(rnd() % 50000);
		n = rnd() % WORKERS;
		kill(workers[n], SIGKILL);
		waitpid(workers[n], &status, 0);
		workers[n] = fork();
		if (!workers[n])
			worker(rnd());
		if (++kills % 16)
			continue;
		stop_all(workers, WORKERS, SIGSTOP);
		wait_stopped(workers, WORKERS);
		wrong += !agree(false);
		pauses++;
		stop_all(workers, WORKERS, SIGCONT);
	}
	stop_all(workers, WORKERS, SIGKILL);
	for (n = 0; n < WORKERS; n++)
		waitpid(workers[n], &status, 0);
	for (n = 0; n < READERS; n++) {
		dead += waitpid(readers[n], &status, WNOHANG) != 0;
		kill(readers[n], SIGKILL);
		waitpid(readers[n], &status, 0);
	}
	ktap_note("%u s: %u processes killed, %u pauses", seconds, kills,
		  pauses);
	ktap_eq(dead, 0, "load: readers go on until they are stopped");
	ktap(pauses && !wrong,
	     "load: in each pause the counters match the pool");
	ktap(agree(true), "load: all counters are 0 in the end");
	ktap(account_number(accounts[1], "failures/no_memory"),
	     "load: failures for lack of memory are counted");
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 20;

	if (argc > 2)
		seed = atoi(argv[2]);
	ktap_start();
	all = target_open();
	test_line();
	test_path();
	test_comm();
	test_many();
	test_load(seconds);
	close(all);
	return ktap_end();
}
