// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protected dma-heaps: memory behind a firewall, which the CPU cannot read. The tests
 * run for each heap whose name begins with "protected".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>

#include "../kselftest.h"

#define DEVPATH		"/dev/dma_heap"
#define PREFIX		"protected"
#define MAX_HEAPS	16
#define MAX_BUFFERS	256
#define CASES		7

static long page;

/* Returns the dma-buf, or -errno. */
static int alloc(int heap, uint64_t len, uint32_t fd_flags, uint64_t heap_flags)
{
	struct dma_heap_allocation_data data = {
		.len = len,
		.fd_flags = fd_flags,
		.heap_flags = heap_flags,
	};

	return ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : (int)data.fd;
}

static int alloc_plain(int heap, uint64_t len)
{
	return alloc(heap, len, O_RDWR | O_CLOEXEC, 0);
}

static void test_size(const char *name, int heap)
{
	int buf = alloc_plain(heap, page + 1);
	off_t size = buf < 0 ? buf : lseek(buf, 0, SEEK_END);

	ksft_test_result(size >= 2 * page && size % page == 0,
			 "%s: a size is rounded up to pages: %ld\n", name, (long)size);
	if (buf >= 0)
		close(buf);
}

static void test_cpu(const char *name, int heap)
{
	int buf = alloc_plain(heap, page);
	void *map;
	char byte;

	map = mmap(NULL, page, PROT_READ, MAP_SHARED, buf, 0);
	ksft_test_result(buf >= 0 && map == MAP_FAILED,
			 "%s: the CPU cannot map a buffer\n", name);
	if (map != MAP_FAILED)
		munmap(map, page);
	ksft_test_result(buf >= 0 && read(buf, &byte, 1) < 0 && write(buf, "", 1) < 0,
			 "%s: the CPU cannot read or write a buffer\n", name);
	if (buf >= 0)
		close(buf);
}

static void test_flags(const char *name, int heap)
{
	int buf = alloc(heap, page, O_RDWR | O_CLOEXEC, 0);
	int cloexec = buf < 0 ? buf : fcntl(buf, F_GETFD);

	ksft_test_result(cloexec == FD_CLOEXEC, "%s: O_CLOEXEC is obeyed\n", name);
	if (buf >= 0)
		close(buf);
	ksft_test_result(alloc(heap, page, O_RDWR | O_DIRECTORY, 0) == -EINVAL &&
			 alloc(heap, page, O_RDWR, 1ULL << 63) == -EINVAL,
			 "%s: unknown flags are refused\n", name);
}

static void test_zero(const char *name, int heap)
{
	ksft_test_result(alloc_plain(heap, 0) == -EINVAL,
			 "%s: size 0 is refused\n", name);
}

/* How many buffers of @len there are. All are freed. */
static int count(int heap, uint64_t len)
{
	int buf[MAX_BUFFERS], n, got;

	for (n = 0; n < MAX_BUFFERS; n++) {
		buf[n] = alloc_plain(heap, len);
		if (buf[n] < 0)
			break;
	}
	got = n;
	while (n--)
		close(buf[n]);
	return got;
}

/* Memory that is cleared when it is freed may come back a moment later. */
static void test_freed(const char *name, int heap)
{
	int first = count(heap, 256 * page), again = 0, tries;

	if (first == MAX_BUFFERS) {
		ksft_test_result_skip("%s: too large to be filled\n", name);
		return;
	}
	for (tries = 0; again < first && tries < 100; tries++) {
		usleep(10000);
		again = count(heap, 256 * page);
	}
	ksft_test_result(first > 0 && again >= first,
			 "%s: freed memory can be allocated again: %d of %d\n", name,
			 again, first);
}

static void test_heap(const char *name)
{
	int heap = open(name, O_RDONLY | O_CLOEXEC);

	if (heap < 0)
		ksft_exit_fail_msg("%s: %s\n", name, strerror(errno));
	test_size(name, heap);
	test_cpu(name, heap);
	test_flags(name, heap);
	test_zero(name, heap);
	test_freed(name, heap);
	close(heap);
}

int main(void)
{
	char names[MAX_HEAPS][256];
	struct dirent *entry;
	int count = 0, n;
	DIR *dir = NULL;

	page = sysconf(_SC_PAGESIZE);
	ksft_print_header();
	if (!chdir(DEVPATH))
		dir = opendir(".");
	while (dir && count < MAX_HEAPS && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			snprintf(names[count++], sizeof(names[0]), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	if (!count)
		ksft_exit_skip("No protected heap\n");
	ksft_set_plan(count * CASES);
	for (n = 0; n < count; n++)
		test_heap(names[n]);
	ksft_finished();
}
