// SPDX-License-Identifier: GPL-2.0-only
/* Processes: find out if one still runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

/* Error of times that the kernel counts in ticks. */
#define SLACK_MS	100

/* The inode of the first PID namespace (PROC_PID_INIT_INO). */
#define FIRST_NAMESPACE	0xeffffffcU

/* The kernel's numbers are those of the first PID namespace. */
static bool has_same_numbers(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == FIRST_NAMESPACE;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Find the start time of a process, for process_is_older().
 *
 * Return: 0; -ESRCH when it has ended, or is a zombie, which holds nothing; -ENXIO
 * when that is not known.
 */
int process_started(int pid, int64_t *started)
{
	char path[32], text[1024], *rest;
	unsigned long long ticks;
	int fd, i;
	ssize_t n;

	if (access("/proc/self", F_OK) || !has_same_numbers())
		return -ENXIO;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -ENXIO;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -ESRCH;
	text[n] = 0;

	/* The name may be anything, parentheses included: the last one ends it. */
	rest = strrchr(text, ')');
	if (!rest || strlen(rest) < 4)
		return -ENXIO;
	rest += 2;
	if (*rest == 'Z' || *rest == 'X')
		return -ESRCH;
	/* The state is the third field, the start is the 22nd. */
	for (i = 3; i < 22 && rest; i++) {
		rest = strchr(rest, ' ');
		rest = rest ? rest + 1 : NULL;
	}
	if (!rest)
		return -ENXIO;
	ticks = strtoull(rest, NULL, 10);
	*started = (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
	return 0;
}

/* True for a process that ran @age_ms ago: no later one with its number. */
bool process_is_older(int64_t started, uint64_t age_ms)
{
	return started <= now_ms() - (int64_t)age_ms + SLACK_MS;
}
