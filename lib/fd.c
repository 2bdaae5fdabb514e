// SPDX-License-Identifier: LGPL-2.1-or-later
/* File descriptors: system calls with -errno, and away from 0, 1 and 2. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* Return: a descriptor above those of stdio with FD_CLOEXEC, or -errno. */
int rstmem__open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : rstmem__above_stdio(fd);
}

/* Return: what ioctl(2) does, or -errno. */
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
 * Return: @fd or what replaces it, or -errno with @fd closed.
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
