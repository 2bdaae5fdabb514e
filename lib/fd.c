// SPDX-License-Identifier: LGPL-2.1-or-later
/* File descriptors: system calls with -errno, and away from 0, 1 and 2. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

static int open_at(int dir, const char *path, int flags)
{
	int fd = openat(dir, path, flags | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : rstmem__above_stdio(fd);
}

/* Return: a descriptor above those of stdio with FD_CLOEXEC, or -errno. */
int rstmem__open(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags);
}

/*
 * The beginning of a file, below @dir if that is not AT_FDCWD, as a string.
 *
 * Return: its length, below @size, or -errno.
 */
ssize_t rstmem__read_file(int dir, const char *path, char *text, size_t size)
{
	int fd = open_at(dir, path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, text + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	n = n < 0 ? -errno : (ssize_t)len;
	close(fd);

	text[len] = 0;
	return n;
}

/* Return: the result of ioctl(2), or -errno. */
int rstmem__ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret;

	do
		ret = ioctl(fd, cmd, arg);
	while (ret < 0 && errno == EINTR);

	return ret < 0 ? -errno : ret;
}

/*
 * A program started without stdin, stdout or stderr would be handed their
 * numbers and print into the device. Takes over @fd, which has FD_CLOEXEC.
 *
 * Return: @fd or another descriptor instead, or -errno with @fd closed.
 */
int rstmem__above_stdio(int fd)
{
	int above = fd;

	if (fd <= STDERR_FILENO) {
		above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (above < 0)
			above = -errno;
		close(fd);
	}

	return above;
}
