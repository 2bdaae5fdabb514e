// SPDX-License-Identifier: GPL-2.0-only
/*
 * One client on three kernels: the proposal's ioctl, the heaps of rstmem, and the heap that
 * mainline has since 6.18. docs/moving.md explains its two functions.
 *
 *	moving			on rstmem
 *	moving mainline		on a kernel with a heap of its own, where rstmem comes, and is
 *				retired
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../../bench/module/bench.h"
#include "../support/ktap.h"
#include "../support/tee.h"

#define SIZE	(64 * KIB)
#define VIDEO	"/dev/dma_heap/protected,secure-video"
#define UI	"/dev/dma_heap/protected,trusted-ui"

/* Memory of a client: a dma-buf, its id in the TEE, and the descriptor that keeps the id. */
struct memory {
	int buf;
	int id;
	int registration;
};

/* The proposal's ioctl. Returns 0 or -errno; -EINVAL where the kernel does not have it. */
static int by_ioctl(int tee, uint32_t use_case, struct memory *mem)
{
	mem->registration = -1;
	mem->buf = tee_rstmem(tee, use_case, SIZE, &mem->id);
	return mem->buf < 0 ? mem->buf : 0;
}

/* A heap, of rstmem or of mainline. Returns 0 or -errno. */
static int by_heap(int tee, const char *path, struct memory *mem)
{
	struct dma_heap_allocation_data data = {
		.len = SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open(path, O_RDONLY | O_CLOEXEC);
	int rc = heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : 0;

	if (heap >= 0)
		close(heap);
	if (rc)
		return rc;
	mem->buf = data.fd;
	mem->registration = tee_register_fd(tee, mem->buf, &mem->id);
	if (mem->registration >= 0)
		return 0;
	close(mem->buf);
	return mem->registration;
}

static void put(struct memory *mem)
{
	if (mem->registration >= 0)
		close(mem->registration);
	close(mem->buf);
}

/* Properties of the memory in each way, checked by the client alone. */
static void check(const char *way, int rc, struct memory *mem)
{
	void *map;

	if (!ktap_eq(rc, 0, "%s: the client gets memory and an id", way))
		return;
	ktap_eq(lseek(mem->buf, 0, SEEK_END), SIZE, "%s: the dma-buf has the size of the memory", way);
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, mem->buf, 0);
	ktap(map == MAP_FAILED, "%s: the CPU cannot map it", way);
	ktap(mem->id >= 0, "%s: the id is not negative", way);
	put(mem);
}

static void test_rstmem(void)
{
	struct memory mem;
	int tee = tee_open(SOFTTEE_IMPL_ID);

	check("ioctl", by_ioctl(tee, TEE_IOC_UC_SECURE_VIDEO_PLAY, &mem), &mem);
	check("heap of rstmem", by_heap(tee, VIDEO, &mem), &mem);
	close(tee);
}

static void command(const char *text)
{
	if (system(text))
		ktap_bail("%s: fails", text);
}

static void test_mainline(void)
{
	struct memory mem;
	int tee;

	command("modprobe bench_mainline size=16777216");
	tee = tee_open(BENCH_MAINLINE_IMPL_ID);
	ktap_eq(by_ioctl(tee, TEE_IOC_UC_TRUSTED_UI, &mem), -EINVAL,
		"mainline: the proposal's ioctl fails with EINVAL");
	check("heap of mainline", by_heap(tee, UI, &mem), &mem);

	command("modprobe softtee pool=16M@0x10000000:secure-video,16M@0x11000000:trusted-ui");
	test_rstmem();
	check("heap of mainline beside rstmem", by_heap(tee, UI, &mem), &mem);
	command("rmmod softtee tee_rstmem");
	/* The kernel's framework has no way to remove the node. */
	ktap_eq(by_heap(tee, VIDEO, &mem), -ENODEV,
		"retired: an allocation from the heap of rstmem fails with ENODEV");
	check("heap of mainline after rstmem", by_heap(tee, UI, &mem), &mem);
	close(tee);
}

int main(int argc, char **argv)
{
	ktap_start();
	if (argc > 1 && !strcmp(argv[1], "mainline"))
		test_mainline();
	else
		test_rstmem();
	return ktap_end();
}
