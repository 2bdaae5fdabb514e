// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and descriptors: inspect them, of this process and of others. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "../../support/guest.h"
#include "common.h"

static const struct rstmem_info unknown = { .device = -1 };

/* Returns whether @info has exactly these values. */
static bool info_is(const struct rstmem_info *info, uint32_t known,
		    uint64_t size, uint32_t use_case, int32_t device)
{
	struct rstmem_info want = {
		.size = size,
		.use_case = use_case,
		.device = device,
		.known = known,
	};

	if (device >= 0)
		snprintf(want.path, sizeof(want.path), "/dev/tee%d", device);
	if (!memcmp(info, &want, sizeof(want)))
		return true;
	ktap_note("size %llu, use case %u, flags %u, device %d, known %u, path %s",
		  (unsigned long long)info->size, info->use_case, info->flags,
		  info->device, info->known, info->path);
	return false;
}

bool inspected(int pid, int fd, uint32_t known, uint64_t size,
		      uint32_t use_case, int32_t device)
{
	struct rstmem_info info;
	int ret;

	memset(&info, 0xff, sizeof(info));
	ret = pid ? rstmem_inspect_process(pid, fd, &info) :
		    rstmem_inspect(fd, &info);
	if (ret)
		ktap_note("inspection is %d", ret);
	return !ret && info_is(&info, known, size, use_case, device);
}

/* Returns the error of an inspection, or 1 without one or with a wrong *info. */
static int not_inspected(int pid, int fd)
{
	struct rstmem_info info;
	int ret;

	memset(&info, 0xff, sizeof(info));
	ret = pid ? rstmem_inspect_process(pid, fd, &info) :
		    rstmem_inspect(fd, &info);
	return ret && !memcmp(&info, &unknown, sizeof(info)) ? ret : 1;
}

/* Any user can write lines to the fdinfo of a dma-buf like this. */
static void name_dmabuf(int fd, const char *name)
{
	if (ioctl(fd, DMA_BUF_SET_NAME_B, name))
		ktap_bail("DMA_BUF_SET_NAME: %s", strerror(errno));
}

static struct rstmem_buffer some;	/* 8 KiB for a trusted UI */
static int foreign;			/* a dma-buf of normal memory */

static void *inspect_own_descriptor(void *arg)
{
	long good;

	(void)arg;
	if (unshare(CLONE_FILES) || dup2(some.fd, 150) != 150)
		return NULL;
	good = inspected(0, 150, READ, 8192, UI, -1);
	return (void *)good;
}

/* User nobody cannot open the TEE device, but can read the own fdinfo. */
static int inspect_as_nobody(struct rstmem *dev)
{
	struct rlimit limit = { 3, 3 };
	pthread_t thread;
	void *good;
	int file;

	become_nobody();
	file = open("/etc/passwd", O_RDONLY);
	if (!inspected(0, some.fd, READ, 8192, UI, -1))
		return 1;
	if (not_inspected(0, foreign) != -EOPNOTSUPP)
		return 2;
	if (not_inspected(0, file) != -EINVAL ||
	    not_inspected(0, 0) != -EINVAL ||
	    not_inspected(0, rstmem_fd(dev)) != -EINVAL)
		return 3;
	if (not_inspected(0, -1) != -EBADF || not_inspected(0, 200) != -EBADF)
		return 4;
	/* The name of a dma-buf does not decide. */
	name_dmabuf(foreign, "x\nexp_name:\trstmem,4\nsize:\t1");
	name_dmabuf(some.fd, "x\nexp_name:\tsystem\nsize:\t1");
	if (!inspected(0, some.fd, READ, 8192, UI, -1) ||
	    not_inspected(0, foreign) != -EOPNOTSUPP)
		return 5;
	if (pthread_create(&thread, NULL, inspect_own_descriptor, NULL) ||
	    pthread_join(thread, &good) || !good || fcntl(150, F_GETFD) >= 0)
		return 6;
	setrlimit(RLIMIT_NOFILE, &limit);
	return not_inspected(0, some.fd) == -EMFILE ? 0 : 7;
}

static int inspect_without_proc(struct rstmem *dev)
{
	(void)dev;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    umount2("/proc", MNT_DETACH) || !access("/proc/self", F_OK))
		return 99;
	if (!inspected(0, some.fd, ASKED, 8192, UI, 0) ||
	    not_inspected(0, foreign) != -EOPNOTSUPP)
		return 1;
	become_nobody();
	return not_inspected(0, some.fd) == -ENXIO ? 0 : 2;
}

/* A dma-buf of an exporter whose name begins alike; only a /proc of tests has one. */
static int inspect_alike(struct rstmem *dev)
{
	char path[64];

	(void)dev;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", "tmpfs", 0, NULL) || mkdir("/proc/thread-self", 0755) ||
	    mkdir("/proc/thread-self/fdinfo", 0755))
		return 99;
	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", some.fd);
	write_file(path, "size:\t8192\nexp_name:\trstmemory\n");
	become_nobody();
	return not_inspected(0, some.fd) == -EOPNOTSUPP ? 0 : 1;
}

void test_inspect(struct rstmem *dev)
{
	static const uint32_t named[] = { VIDEO, UI, RECORD };
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP);
	struct rstmem *heap = open_device(VIDEO_HEAP);
	struct rstmem_registration reg;
	struct rstmem_buffer buf;
	int fds = count_fds(), fd;
	size_t n;

	for (n = 0; n < sizeof(named) / sizeof(*named); n++) {
		if (rstmem_alloc(dev, named[n], 5000, 0, &buf))
			ktap_bail("rstmem_alloc");
		ktap(inspected(0, buf.fd, ASKED, 8192, named[n], 0),
		     "inspect: knows all about a buffer for use case %u",
		     named[n]);
		rstmem_buffer_close(&buf);
		if (rstmem_alloc(heaps, named[n], 5000, 0, &buf))
			ktap_bail("rstmem_alloc");
		ktap(inspected(0, buf.fd, ASKED, 8192, named[n], 0),
		     "inspect: knows all about a buffer from a heap");
		rstmem_buffer_close(&buf);
	}

	if (rstmem_alloc(dev, UI, 5000, 0, &some) ||
	    rstmem_register(dev, some.fd, 0, &reg))
		ktap_bail("rstmem_alloc");
	foreign = guest_udmabuf();
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	ktap_eq(not_inspected(0, foreign), -EOPNOTSUPP,
		"inspect: refuses a dma-buf of normal memory: EOPNOTSUPP");
	ktap_eq(not_inspected(0, fd), -EINVAL,
		"inspect: refuses a file: EINVAL");
	ktap_eq(not_inspected(0, 0), -EINVAL,
		"inspect: refuses /dev/null: EINVAL");
	ktap_eq(not_inspected(0, rstmem_fd(dev)), -EINVAL,
		"inspect: refuses the TEE device: EINVAL");
	ktap_eq(not_inspected(0, rstmem_fd(heap)), -EINVAL,
		"inspect: refuses a heap: EINVAL");
	ktap_eq(not_inspected(0, reg.fd), -EINVAL,
		"inspect: refuses a registration: EINVAL");
	ktap_eq(not_inspected(0, -1), -EBADF,
		"inspect: refuses descriptor -1: EBADF");
	ktap_eq(not_inspected(0, INT_MIN), -EBADF,
		"inspect: refuses descriptor INT_MIN: EBADF");
	ktap_eq(not_inspected(0, INT_MAX), -EBADF,
		"inspect: refuses descriptor INT_MAX: EBADF");
	ktap_eq(not_inspected(0, 200), -EBADF,
		"inspect: refuses a closed descriptor: EBADF");
	rstmem_unregister(&reg);
	close(fd);

	ktap_eq(in_child(inspect_as_nobody, dev), 0,
		"inspect: without permission, size and use case are known");
	ktap_eq(in_child(inspect_without_proc, NULL), 0,
		"inspect: without /proc, the TEE device knows");
	ktap_eq(in_child(inspect_alike, NULL), 0,
		"inspect: refuses a dma-buf of an exporter whose name begins alike: EOPNOTSUPP");
	rename("/dev/tee0", "/dev/hidden");
	ktap(inspected(0, some.fd, READ, 8192, UI, -1),
	     "inspect: without a TEE device, /proc knows size and use case");
	make_node("/dev/tee0", "/dev/null", 0600);
	rename("/dev/hidden", "/dev/tee3");
	ktap(inspected(0, some.fd, ASKED, 8192, UI, 0),
	     "inspect: the search passes over a tee0 that is no TEE");
	rename("/dev/tee3", "/dev/tee0");
	close(foreign);
	rstmem_buffer_close(&some);
	ktap_eq(count_fds(), fds, "inspect: no descriptor stays open");
	rstmem_close(heap);
	rstmem_close(heaps);
}

/* Starts a process that holds @some until it is killed. */
static pid_t holder(bool as_nobody, bool dumpable)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		ktap_bail("pipe");
	pid = fork();
	if (!pid) {
		if (as_nobody)
			become_nobody();
		if (dumpable)
			prctl(PR_SET_DUMPABLE, 1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		ktap_bail("child");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static pid_t roots, nobodys, undumpable;

static int look_as_nobody(struct rstmem *dev)
{
	(void)dev;
	become_nobody();
	if (not_inspected(roots, some.fd) != -EPERM ||
	    not_inspected(undumpable, some.fd) != -EPERM)
		return 1;
	/* All users may open the device. */
	if (!inspected(nobodys, some.fd, ASKED, 8192, UI, 0))
		return 2;
	return not_inspected(nobodys, 200) == -EBADF ? 0 : 3;
}

/* With Yama: only a parent may attach to its children. */
static int look_without_attaching(struct rstmem *dev)
{
	(void)dev;
	become_nobody();
	if (!inspected(nobodys, some.fd, READ, 8192, UI, -1))
		return 1;
	if (not_inspected(nobodys, foreign) != -EOPNOTSUPP ||
	    not_inspected(nobodys, 0) != -EINVAL ||
	    not_inspected(nobodys, 200) != -EBADF)
		return 2;
	return not_inspected(roots, some.fd) == -EPERM ? 0 : 3;
}

static int look_at_hidden(struct rstmem *dev)
{
	(void)dev;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, "hidepid=2"))
		return 99;
	become_nobody();
	return not_inspected(roots, some.fd) == -EPERM ? 0 : 1;
}

static void *look_by_thread(void *arg)
{
	/* A thread is no process, but /proc has its number. */
	int tid = (int)syscall(SYS_gettid);
	long good = tid != getpid() && inspected(tid, some.fd, READ, 8192, UI, -1);

	(void)arg;
	return (void *)good;
}

static int look_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { 3, 3 };

	(void)dev;
	setrlimit(RLIMIT_NOFILE, &limit);
	return not_inspected(roots, some.fd) == -EMFILE ? 0 : 1;
}

static int look_without_stdio(struct rstmem *dev)
{
	int fd;

	(void)dev;
	for (fd = 0; fd < 3; fd++)
		close(fd);
	if (!inspected(roots, some.fd, ASKED, 8192, UI, 0) ||
	    !inspected(0, some.fd, ASKED, 8192, UI, 0))
		return 1;
	return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 &&
	       fcntl(2, F_GETFD) < 0 ? 0 : 2;
}

void test_inspect_process(struct rstmem *dev)
{
	static const char scope[] = "/proc/sys/kernel/yama/ptrace_scope";
	int fds = count_fds();
	pthread_t thread;
	siginfo_t info;
	pid_t gone;
	void *good;

	if (rstmem_alloc(dev, UI, 5000, 0, &some))
		ktap_bail("rstmem_alloc");
	foreign = guest_udmabuf();
	roots = holder(false, true);
	nobodys = holder(true, true);
	undumpable = holder(true, false);

	ktap(inspected(roots, some.fd, ASKED, 8192, UI, 0),
	     "inspect_process: knows all about a buffer of another process");
	ktap(inspected(undumpable, some.fd, ASKED, 8192, UI, 0),
	     "inspect_process: knows all about a buffer of another user's process");
	ktap(inspected(getpid(), some.fd, ASKED, 8192, UI, 0),
	     "inspect_process: accepts the number of the calling process");
	ktap_eq(not_inspected(roots, foreign), -EOPNOTSUPP,
		"inspect_process: refuses a dma-buf of normal memory: EOPNOTSUPP");
	ktap_eq(not_inspected(roots, 0), -EINVAL,
		"inspect_process: refuses /dev/null: EINVAL");
	ktap_eq(not_inspected(roots, -1), -EBADF,
		"inspect_process: refuses descriptor -1: EBADF");
	ktap_eq(not_inspected(roots, INT_MAX), -EBADF,
		"inspect_process: refuses descriptor INT_MAX: EBADF");
	ktap_eq(not_inspected(roots, 200), -EBADF,
		"inspect_process: refuses a closed descriptor: EBADF");
	ktap_eq(rstmem_inspect_process(0, 0, &(struct rstmem_info){ 0 }),
		-ESRCH, "inspect_process: refuses process 0: ESRCH");
	ktap_eq(not_inspected(-1, some.fd), -ESRCH,
		"inspect_process: refuses process -1: ESRCH");
	ktap_eq(not_inspected(INT_MIN, some.fd), -ESRCH,
		"inspect_process: refuses process INT_MIN: ESRCH");
	ktap_eq(not_inspected(INT_MAX, some.fd), -ESRCH,
		"inspect_process: refuses process INT_MAX: ESRCH");
	gone = holder(false, true);
	kill(gone, SIGKILL);
	waitid(P_PID, (id_t)gone, &info, WEXITED | WNOWAIT);
	ktap_eq(not_inspected(gone, some.fd), -ESRCH,
		"inspect_process: refuses a zombie: ESRCH");
	end(gone);
	ktap_eq(not_inspected(gone, some.fd), -ESRCH,
		"inspect_process: refuses a process that ended: ESRCH");
	if (pthread_create(&thread, NULL, look_by_thread, NULL) ||
	    pthread_join(thread, &good))
		ktap_bail("pthread_create");
	ktap(good,
	     "inspect_process: the number of a thread gives size and use case");

	chmod("/dev/tee0", 0666);
	ktap_eq(in_child(look_as_nobody, NULL), 0,
		"inspect_process: a user sees own processes and not root's: EPERM");
	if (access(scope, F_OK)) {
		ktap_skip("inspect_process: without permission to attach, size and use case are known", "no Yama");
	} else {
		write_file(scope, "1");
		ktap_eq(in_child(look_without_attaching, NULL), 0,
			"inspect_process: without permission to attach, size and use case are known");
		write_file(scope, "0");
	}
	chmod("/dev/tee0", 0600);
	ktap_eq(in_child(look_at_hidden, NULL), 0,
		"inspect_process: fails for a process that /proc hides: EPERM");
	ktap_eq(in_child(look_without_fds, NULL), 0,
		"inspect_process: fails without a free descriptor: EMFILE");
	ktap_eq(in_child(look_without_stdio, NULL), 0,
		"inspect_process: opens nothing in place of closed stdin, stdout, stderr");

	end(roots);
	end(nobodys);
	end(undumpable);
	close(foreign);
	rstmem_buffer_close(&some);
	ktap_eq(count_fds(), fds, "inspect_process: no descriptor stays open");
}
