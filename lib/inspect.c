// SPDX-License-Identifier: LGPL-2.1-or-later
/* Descriptors: describe the memory behind one, in this process or another. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

static const struct rstmem_info nothing = { .device = -1 };

/*
 * Asks the TEE devices that may be opened; any that has restricted memory knows
 * about all of it.
 *
 * Return: 0, -EBADF, -EOPNOTSUPP for a dma-buf of other memory, or -EAGAIN when no
 * device knew. That includes files that are no dma-buf: to a device without
 * restricted memory the question itself is invalid.
 */
static int ask_tee(int fd, struct rstmem_info *info)
{
	struct tee_ioctl_rstmem_fd_info data;
	char path[RSTMEM_DEVICE_PATH_SIZE];
	int i = -1, ret, tee;

	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		tee = rstmem__tee_open(path);
		if (tee < 0)
			continue;
		data = (struct tee_ioctl_rstmem_fd_info){ .fd = fd };
		ret = rstmem__ioctl(tee, TEE_IOC_RSTMEM_FD_INFO, &data);
		close(tee);

		if (ret == -EBADF || ret == -EOPNOTSUPP)
			return ret;
		if (ret < 0)
			continue;

		info->size = data.size;
		info->use_case = data.use_case;
		info->flags = data.flags;
		info->device = data.device;
		info->known = RSTMEM_INFO_SIZE | RSTMEM_INFO_USE_CASE |
			      RSTMEM_INFO_FLAGS | RSTMEM_INFO_DEVICE;
		if (data.device >= 0)
			snprintf(info->path, sizeof(info->path), "/dev/tee%d",
				 data.device);
		return 0;
	}

	return -EAGAIN;
}

/*
 * The value of a line "KEY:\tVALUE" in @text, ended there. The first counts: the
 * name that any user may give a dma-buf comes last and may have lines of its own.
 */
static char *take_value(char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && (strncmp(text, key, len) || text[len] != ':')) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!text)
		return NULL;
	text += len + 1;
	text += strspn(text, "\t ");
	text[strcspn(text, "\n")] = 0;
	return text;
}

/*
 * From a file of /proc/PID/fdinfo, which tells size and exporter of a dma-buf.
 *
 * Return: 0, -EINVAL when it is no dma-buf, -EOPNOTSUPP for one of other memory, or
 * -errno when the file could not be read.
 */
static int read_fdinfo(const char *path, struct rstmem_info *info)
{
	static const char exporter[] = "rstmem";
	char text[1024], *name, *size;
	uint32_t use_case;
	ssize_t len;

	len = rstmem__read_file(AT_FDCWD, path, text, sizeof(text));
	if (len < 0)
		return (int)len;

	/* In the reverse order of their lines, since each ends the text. */
	name = take_value(text, "exp_name");
	if (!name)
		return -EINVAL;
	size = take_value(text, "size");
	if (strncmp(name, exporter, strlen(exporter)))
		return -EOPNOTSUPP;
	name += strlen(exporter);
	if (*name && *name != ',')
		return -EOPNOTSUPP;

	if (size) {
		info->size = strtoull(size, NULL, 10);
		info->known |= RSTMEM_INFO_SIZE;
	}
	if (*name && !rstmem_use_case_parse(name + 1, &use_case)) {
		info->use_case = use_case;
		info->known |= RSTMEM_INFO_USE_CASE;
	}
	return 0;
}

int rstmem_inspect(int fd, struct rstmem_info *info)
{
	char path[64];
	int ret;

	*info = nothing;

	if (fcntl(fd, F_GETFD) < 0)
		return -EBADF;
	ret = ask_tee(fd, info);
	if (ret != -EAGAIN)
		return ret;

	/* Threads may have descriptors of their own. */
	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	ret = read_fdinfo(path, info);
	return ret == -ENOENT ? -ENXIO : ret;
}

/* Return: the same descriptor here, or -errno. */
static int get_descriptor(int pid, int fd)
{
	int pidfd, copy;

	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy < 0)
		copy = -errno;
	close(pidfd);
	return copy < 0 ? copy : rstmem__above_stdio(copy);
}

int rstmem_inspect_process(int pid, int fd, struct rstmem_info *info)
{
	char path[64];
	int copy, ret;

	*info = nothing;

	if (pid <= 0)
		return -ESRCH;
	if (fd < 0)
		return -EBADF;

	copy = get_descriptor(pid, fd);
	if (copy >= 0) {
		ret = rstmem_inspect(copy, info);
		close(copy);
		return ret;
	}
	if (copy == -ESRCH || copy == -EBADF || copy == -EMFILE ||
	    copy == -ENFILE)
		return copy;

	/* Reading may be permitted where taking is not. */
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	ret = read_fdinfo(path, info);
	if (ret != -ENOENT && ret != -EACCES)
		return ret;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	return access(path, X_OK) ? -EPERM : -EBADF;
}
