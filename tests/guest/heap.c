// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protected dma-heaps as a program sees them that was written against mainline's
 * <linux/dma-heap.h> alone: nothing here knows which kernel runs, nor whether its
 * framework or the project's own nodes answer.
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
		ktap_skip(name, "this TEE does not offer it");
		return;
	}
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	if (!ktap(!stat(path, &st) && S_ISCHR(st.st_mode),
		  "%s: has a node", name))
		return;
	ktap(!st.st_uid && !st.st_gid && (st.st_mode & 07777) == 0600,
	     "%s: only root may, until a rule says otherwise", name);
	heap = heap_open(name);
	fd = heap_alloc(heap, 3 * MIB - 5, O_RDWR | O_CLOEXEC);
	if (!ktap(fd >= 0, "%s: allocates", name)) {
		ktap_note("%s", strerror(-fd));
		close(heap);
		return;
	}
	ktap_eq(lseek(fd, 0, SEEK_END), 3 * MIB, "%s: rounds up", name);
	snprintf(line, sizeof(line), "exp_name:\t%s", exporter);
	ktap(guest_fdinfo_has(fd, line), "%s: fdinfo shows %s", name, exporter);
	ktap(mmap(NULL, MIB, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED,
	     "%s: cannot be mapped", name);
	close(heap);
	ktap_eq(lseek(fd, 0, SEEK_END), 3 * MIB,
		"%s: a buffer does without its heap", name);
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
		     "fd_flags 0%o are those of the descriptor", cases[n].flags);
		close(fd);
	}
}

static void test_refused(int heap, const struct heap_case *t)
{
	struct dma_heap_allocation_data data = t->data;
	int fds = count_fds(), rc, error;

	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);
	error = errno;
	if (!ktap(rc == -1 && error == t->error && count_fds() == fds, "%s: %s",
		  t->name, strerror(t->error)))
		ktap_note("returned %d, %s", rc, strerror(error));
}

static void test_errors(int heap)
{
	/* For a pool such as those of the lab. */
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
	     errno == EINVAL, "another command: EINVAL");
}

/* Structures of another time, as the framework takes them. */
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
	     "a structure without heap_flags");
	close((int)small.fd);
	rc = ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 0, large), &large);
	ktap(!rc && lseek((int)large.data.fd, 0, SEEK_END) == 4096,
	     "a larger one, whatever it ends in");
	ktap(large.more[0] == 0x5a5a5a5a5a5a5a5a && large.more[19] == large.more[0],
	     "which stays as it was");
	close((int)large.data.fd);

	/* Nowhere to put the descriptor: it is installed and the number lost. */
	rc = ioctl(heap, _IOWR(DMA_HEAP_IOC_MAGIC, 0, tiny), &tiny);
	ktap(!rc && count_fds() == fds + 1, "a structure without fd");
	closefrom(fds);
	rc = ioctl(heap, _IOR(DMA_HEAP_IOC_MAGIC, 0, large.data), &large.data);
	ktap(rc == -1 && errno == EINVAL,
	     "a command that only reads has length 0: EINVAL");
	ktap_eq(count_fds(), fds, "no descriptor is left");
}

static void test_fault(int heap)
{
	struct dma_heap_allocation_data *data;
	long page = sysconf(_SC_PAGESIZE);
	int fds = count_fds(), next, fd, rc;

	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, NULL);
	ktap(rc == -1 && errno == EFAULT, "NULL: EFAULT");

	data = mmap(NULL, page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	data->len = 4096;
	next = dup(0);
	close(next);
	mprotect(data, page, PROT_READ);
	rc = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, data);
	ktap(rc == -1 && errno == EFAULT, "read-only memory: EFAULT");
	ktap_eq(count_fds(), fds, "no descriptor is left");
	fd = dup(0);
	ktap_eq(fd, next, "and none is reserved");
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
	ktap_eq(rc, -EMFILE, "no descriptor left: EMFILE");
}

/* The whole pool, which only works when nothing above has been lost. */
static void test_all(int heap)
{
	int fd = heap_alloc(heap, target()->total, O_RDWR);

	ktap(fd >= 0, "all there is can be had");
	ktap_eq(heap_alloc(heap, 1, O_RDWR), -ENOMEM, "and then nothing: ENOMEM");
	close(fd);
	fd = heap_alloc(heap, 1, O_RDWR);
	ktap(fd >= 0, "until it is closed");
	close(fd);
}

static void test_removal(int heap)
{
	int fd = heap_alloc(heap, 4096, O_RDWR);

	ktap_eq(target_remove(), 0, "the TEE goes");
	ktap_eq(heap_alloc(heap, 4096, O_RDWR), -ENODEV,
		"its heap stays, and allocates nothing: ENODEV");
	ktap_eq(lseek(fd, 0, SEEK_END), 4096, "buffers live on");
	close(fd);
	ktap_eq(target_return(), 0, "the TEE comes back");
	fd = heap_alloc(heap, 4096, O_RDWR);
	ktap(fd >= 0, "and the heap allocates again");
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
