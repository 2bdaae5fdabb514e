// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protected dma-heaps, to a program that uses mainline's <linux/dma-heap.h> only. The
 * test does not depend on the kernel, whose framework or the project's own nodes serve
 * the heaps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../../conform/cases.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"

#define VIDEO	"protected,secure-video"
#define MIB	(1024UL * 1024)

static int count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int heap_open(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		ktap_bail("%s: %s", path, strerror(errno));
	return fd;
}

/* Returns the dma-buf or -errno. */
static int heap_alloc(int heap, uint64_t len, uint32_t fd_flags)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = fd_flags,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static void test_heap(uint32_t use_case, const char *name, const char *exporter)
{
	char path[64], line[64];
	int heap, fd;
	struct stat st;

	if (!target_offers(use_case)) {
		ktap_skip(name, "this TEE does not offer the use case");
		return;
	}
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	if (!ktap(!stat(path, &st) && S_ISCHR(st.st_mode),
		  "%s: the heap has a node", name))
		return;
	ktap(!st.st_uid && !st.st_gid && (st.st_mode & 07777) == 0600,
	     "%s: the node is root's, mode 0600, by default", name);
	heap = heap_open(name);
	fd = heap_alloc(heap, 3 * MIB - 5, O_RDWR | O_CLOEXEC);
	if (!ktap(fd >= 0, "%s: the heap allocates", name)) {
		ktap_note("%s", strerror(-fd));
		close(heap);
		return;
	}
	ktap_eq(lseek(fd, 0, SEEK_END), 3 * MIB,
		"%s: the size is rounded up", name);
	snprintf(line, sizeof(line), "exp_name:\t%s", exporter);
	ktap(guest_fdinfo_has(fd, line),
	     "%s: fdinfo names the exporter %s", name, exporter);
	ktap(mmap(NULL, MIB, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED,
	     "%s: mmap of a buffer is refused", name);
	close(heap);
	ktap_eq(lseek(fd, 0, SEEK_END), 3 * MIB,
		"%s: a buffer outlives the heap's descriptor", name);
	close(fd);
}

static void test_flags(int heap)
{
	static const struct {
		uint32_t flags;
		int mode;
		int cloexec;
	} cases[] = {
		{ O_RDWR, O_RDWR, 0 },
		{ O_RDONLY, O_RDONLY, 0 },
		{ O_WRONLY, O_WRONLY, 0 },
		{ O_RDWR | O_CLOEXEC, O_RDWR, FD_CLOEXEC },
	};
	size_t n;
	int fd;

	for (n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		fd = heap_alloc(heap, 4096, cases[n].flags);
		ktap(fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == cases[n].mode &&
		     (fcntl(fd, F_GETFD) & FD_CLOEXEC) == cases[n].cloexec,
		     "fd_flags: 0%o are the flags of the descriptor",
		     cases[n].flags);
		close(fd);
	}
}

static void test_refused(int heap, const struct heap_case *t)
{
	struct dma_heap_allocation_data data = t->data;
	int fds = count_fds(), rc, error;

	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);
	error = errno;
	if (!ktap(rc == -1 && error == t->error && count_fds() == fds,
		  "alloc: refuses %s: %s, and leaves no descriptor",
		  t->name, strerror(t->error)))
		ktap_note("returned %d, %s", rc, strerror(error));
}

static void test_errors(int heap)
{
	/* It exceeds the pools of the lab. */
	static const struct heap_case too_large = {
		.name = "length 4 GiB",
		.data = { .len = 1ULL << 32 },
		.error = ENOMEM,
	};
	size_t n;

	for (n = 0; n < sizeof(heap_cases) / sizeof(*heap_cases); n++)
		test_refused(heap, &heap_cases[n]);
	test_refused(heap, &too_large);
	ktap(ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 1, int), &n) == -1 &&
	     errno == EINVAL, "ioctl: refuses an unknown command: EINVAL");
}

/* Structures of older and newer programs, as mainline's framework takes them. */
static void test_sizes(int heap)
{
	struct {
		uint64_t len;
		uint32_t fd;
		uint32_t fd_flags;
	} small = { .len = 4096, .fd_flags = O_RDWR };
	struct {
		struct dma_heap_allocation_data data;
		uint64_t more[20];
	} large = { .data = { .len = 4096, .fd_flags = O_RDWR } };
	struct {
		uint64_t len;
	} tiny = { .len = 4096 };
	int fds = count_fds(), rc;

	memset(large.more, 0x5a, sizeof(large.more));
	rc = ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 0, small), &small);
	ktap(!rc && lseek((int)small.fd, 0, SEEK_END) == 4096,
	     "alloc: accepts a structure without heap_flags");
	close((int)small.fd);
	rc = ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 0, large), &large);
	ktap(!rc && lseek((int)large.data.fd, 0, SEEK_END) == 4096,
	     "alloc: accepts a larger structure with any tail");
	ktap(large.more[0] == 0x5a5a5a5a5a5a5a5a && large.more[19] == large.more[0],
	     "alloc: leaves the tail of a larger structure unchanged");
	close((int)large.data.fd);

	/* The descriptor is installed, and its number lost. */
	rc = ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 0, tiny), &tiny);
	ktap(!rc && count_fds() == fds + 1,
	     "alloc: accepts a structure without fd and installs a descriptor");
	closefrom(fds);
	rc = ioctl(heap, _IOR(DMA_HEAP_IOC_MAGIC, 0, large.data), &large.data);
	ktap(rc == -1 && errno == EINVAL,
	     "alloc: refuses a read-only command, whose length is 0: EINVAL");
	ktap_eq(count_fds(), fds, "alloc: odd structures leave no descriptor");
}

static void test_fault(int heap)
{
	struct dma_heap_allocation_data *data;
	long page = sysconf(_SC_PAGESIZE);
	int fds = count_fds(), next, fd, rc;

	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, NULL);
	ktap(rc == -1 && errno == EFAULT, "alloc: refuses NULL: EFAULT");

	data = mmap(NULL, page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data->len = 4096;
	next = dup(0);
	close(next);
	mprotect(data, page, PROT_READ);
	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, data);
	ktap(rc == -1 && errno == EFAULT,
	     "alloc: refuses read-only memory: EFAULT");
	if (access("/sys/class/rstmem_heap", F_OK) && !guest_since(7, 3) &&
	    count_fds() != fds) {
		/* Linux 6.12 leaks it. */
		close(next);
		ktap_skip("alloc: a failed copy leaves no descriptor",
			  "the kernel's dma-heap framework leaves one");
	} else {
		ktap_eq(count_fds(), fds, "alloc: a failed copy leaves no descriptor");
	}
	fd = dup(0);
	ktap_eq(fd, next, "alloc: a failed copy reserves no descriptor");
	close(fd);
	munmap(data, page);
}

static void test_no_fd(int heap)
{
	struct rlimit limit, none;
	int rc;

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	rc = heap_alloc(heap, 4096, O_RDWR);
	setrlimit(RLIMIT_NOFILE, &limit);
	ktap_eq(rc, -EMFILE, "alloc: fails without a free descriptor: EMFILE");
}

/* Allocating the whole pool works only when nothing above leaked. */
static void test_all(int heap)
{
	int fd = heap_alloc(heap, target()->total, O_RDWR);

	ktap(fd >= 0, "full pool: the heap allocates all of it");
	ktap_eq(heap_alloc(heap, 1, O_RDWR), -ENOMEM,
		"full pool: the heap refuses one byte: ENOMEM");
	close(fd);
	fd = heap_alloc(heap, 1, O_RDWR);
	ktap(fd >= 0, "full pool: the heap allocates again after close");
	close(fd);
}

static void test_removal(int heap)
{
	int fd = heap_alloc(heap, 4096, O_RDWR);

	ktap_eq(target_remove(), 0, "removal: the TEE device can be removed");
	ktap_eq(heap_alloc(heap, 4096, O_RDWR), -ENODEV,
		"removal: an open heap refuses to allocate: ENODEV");
	ktap_eq(lseek(fd, 0, SEEK_END), 4096,
		"removal: a buffer outlives the device");
	close(fd);
	ktap_eq(target_return(), 0, "removal: the TEE device comes back");
	fd = heap_alloc(heap, 4096, O_RDWR);
	ktap(fd >= 0,
	     "removal: the open heap allocates when the device is back");
	close(fd);
}

int main(void)
{
	int heap;

	ktap_start();
	ktap_note("%zu-bit program", 8 * sizeof(long));
	test_heap(1, VIDEO, "rstmem,secure-video");
	test_heap(2, "protected,trusted-ui", "rstmem,trusted-ui");
	test_heap(3, "protected,secure-video-record",
		  "rstmem,secure-video-record");

	heap = heap_open(VIDEO);
	test_flags(heap);
	test_errors(heap);
	test_sizes(heap);
	test_fault(heap);
	test_no_fd(heap);
	test_all(heap);
	test_removal(heap);
	test_all(heap);
	close(heap);
	return ktap_end();
}
