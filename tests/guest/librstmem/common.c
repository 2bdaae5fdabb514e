// SPDX-License-Identifier: GPL-2.0-only
/* Shared by the tests of librstmem, see common.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

int count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

struct rstmem *open_via(const char *path, enum rstmem_via via)
{
	struct rstmem *dev;
	int ret = rstmem_open_via(path, via, &dev);

	if (ret)
		ktap_bail("rstmem_open_via: %s", rstmem_explain(ret));
	return dev;
}

struct rstmem *open_device(const char *path)
{
	struct rstmem *dev;
	int ret = rstmem_open(path, &dev);

	if (ret)
		ktap_bail("rstmem_open: %s", rstmem_explain(ret));
	return dev;
}

uint64_t used(struct rstmem *dev)
{
	struct rstmem_usage usage;
	int ret = rstmem_query(dev, VIDEO, &usage);

	if (ret)
		ktap_bail("rstmem_query: %s", rstmem_explain(ret));
	return usage.used;
}

/* Opens and closes. Returns the error, and checks *dev. */
int try_open(const char *path)
{
	struct rstmem *dev = (void *)1;
	int ret = rstmem_open(path, &dev);

	if (!ret != !!dev)
		ktap_bail("rstmem_open: %d and %p", ret, (void *)dev);
	rstmem_close(dev);
	return ret;
}

int try_via(const char *path, enum rstmem_via via)
{
	struct rstmem *dev = (void *)1;
	int ret = rstmem_open_via(path, via, &dev);

	if (!ret != !!dev)
		ktap_bail("rstmem_open_via: %d and %p", ret, (void *)dev);
	if (!ret && via != RSTMEM_VIA_ANY && rstmem_via(dev) != via)
		ktap_bail("rstmem_via: %d", rstmem_via(dev));
	rstmem_close(dev);
	return ret;
}

/* Returns the way of a device, found by path or search, or -errno. */
int way(const char *path)
{
	struct rstmem *dev;
	int ret = rstmem_open(path, &dev);

	if (ret)
		return ret;
	ret = rstmem_via(dev);
	rstmem_close(dev);
	return ret;
}

/* Runs @run in a child, which cannot undo it. Returns its result, 0 to 255. */
int in_child(int (*run)(struct rstmem *dev), struct rstmem *dev)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(run(dev));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		ktap_bail("child");
	return WEXITSTATUS(status);
}

void become_nobody(void)
{
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(99);
}

void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		ktap_bail("%s: %s", path, strerror(errno));
}

/* Returns whether an allocation fails with @error and leaves *buf as documented. */
bool fails(struct rstmem *dev, uint32_t use_case, uint64_t size,
		  uint32_t flags, int error)
{
	static const struct rstmem_buffer none = { .fd = -1 };
	struct rstmem_buffer buf;
	int ret;

	memset(&buf, 0xff, sizeof(buf));
	ret = rstmem_alloc(dev, use_case, size, flags, &buf);
	if (ret != -error)
		ktap_note("rstmem_alloc() is %d, not %d", ret, -error);
	if (!ret) {
		rstmem_buffer_close(&buf);
		return false;
	}
	if (memcmp(&buf, &none, sizeof(buf)))
		return false;
	rstmem_buffer_close(&buf);
	return ret == -error && buf.fd == -1;
}

void make_node(const char *path, const char *same_as, int mode)
{
	struct stat st;

	unlink(path);
	if (stat(same_as, &st) || mknod(path, S_IFCHR, st.st_rdev) ||
	    chmod(path, (mode_t)mode))
		ktap_bail("mknod %s: %s", path, strerror(errno));
}
