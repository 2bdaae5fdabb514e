// SPDX-License-Identifier: GPL-2.0-only
/*
 * Old contents never reach the owner of a buffer: softtee clears a pool before it
 * allocates from it, and its zeros reach memory, not only the CPU's caches. Starts without
 * softtee.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../support/content.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/tee.h"

/* The beginning of the guest's memory without struct pages, see lab/boards. */
#define POOL		0x10000000
#define POOL_TEXT	"0x10000000"
#define SIZE		(4 * MIB)
#define PAGE		(4 * KIB)

#define TRACING		"/sys/kernel/tracing/"

/* Imitate what an earlier kernel left: /dev/mem reaches memory without a claim. */
static void leave(uint8_t byte)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	void *memory;

	if (fd < 0)
		ktap_bail("/dev/mem: %s", strerror(errno));
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, POOL);
	if (memory == MAP_FAILED)
		ktap_bail("mmap of /dev/mem: %s", strerror(errno));
	memset(memory, byte, SIZE);
	munmap(memory, SIZE);
	close(fd);
}

static bool holds(int tee, int id, uint8_t byte)
{
	static uint8_t data[SIZE];

	memset(data, byte, SIZE);
	return content_is(tee, id, 0, data, SIZE);
}

static void test_first(void)
{
	int tee, buf, id;

	leave(0x53);
	if (system("modprobe softtee pool=4M@" POOL_TEXT))
		ktap_bail("softtee does not load");
	tee = tee_open(SOFTTEE_IMPL_ID);
	buf = tee_rstmem(tee, TEE_IOC_UC_SECURE_VIDEO_PLAY, SIZE, &id);
	ktap(buf >= 0, "alloc: succeeds for the whole of a new pool");
	ktap(!holds(tee, id, 0x53),
	     "first owner: does not see what was in memory before");
	ktap(holds(tee, id, 0), "first owner: sees zeros");
	close(buf);
	close(tee);
}

/* The bytes that the kernel's write-backs were for since they are traced. */
static uint64_t written_back(void)
{
	uint64_t sum = 0;
	char line[512], *size;
	FILE *trace = fopen(TRACING "trace", "r");

	if (!trace)
		ktap_bail("trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), trace)) {
		size = strstr(line, "size=");
		if (size)
			sum += strtoull(size + 5, NULL, 0);
	}
	fclose(trace);
	return sum;
}

/* No guest has an incoherent device, so look whether the operation is called. */
static void test_write_back(void)
{
	static const uint8_t data[64 * KIB];
	int tee = tee_open(SOFTTEE_IMPL_ID), buf, id;

	buf = tee_rstmem(tee, TEE_IOC_UC_SECURE_VIDEO_PLAY, SIZE, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	content_fill(tee, id, PAGE, data, sizeof(data));
	ktap_eq(written_back(), sizeof(data),
		"write: the service's output is written back to memory");
	guest_write(TRACING "trace", "");
	close(buf);
	ktap_eq(written_back(), SIZE, "free: zeros are written back to memory");
	close(tee);
}

int main(void)
{
	ktap_start();
	test_first();
	if (guest_write(TRACING "kprobe_events",
		"p:wb arch_wb_cache_pmem size=$arg2:u64\n") ||
	    guest_write(TRACING "events/kprobes/wb/enable", "1")) {
		ktap_skip("write: the service's output is written back to memory",
			  "this kernel has no kprobe events");
		ktap_skip("free: zeros are written back to memory",
			  "this kernel has no kprobe events");
	} else {
		test_write_back();
	}
	return ktap_end();
}
