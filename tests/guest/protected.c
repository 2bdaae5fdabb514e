// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware protection: the kernel's checks of /dev/mem are off (iomem=relaxed); root
 * and a PCI device read the physical address of a buffer. A real TEE's hardware must
 * stop both. They do read the memory of softtee, and normal memory, which shows that
 * the reads reach the memory.
 *
 *	rstmem alloc -s 256K -- protected
 *	protected load		also has the kernel load from the buffer, which is an
 *				oops where memory is protected
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define PAGE	4096UL
#define SIZE	(256 * KIB)
#define HEAP	"/dev/dma_heap/protected,secure-video"

static uint8_t content[SIZE];

/* The TEE decrypts into a buffer, and its digest must be that of the content. */
static void fill(int tee, int id, unsigned int seed, const char *how)
{
	content_make(content, SIZE, seed);
	content_fill(tee, id, 0, content, SIZE);
	ktap(content_is(tee, id, 0, content, SIZE),
	     "%s: the TEE decrypts into the buffer and its digest is right",
	     how);
}

/* The physical address of a buffer, from an importer without an IOMMU. */
static uint64_t address(int edu, int buf)
{
	struct rstmem_edu_map map;
	int rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);

	if (rc || map.size != SIZE || map.segments != 1)
		ktap_bail("no address: %s", strerror(-rc));
	return map.addr;
}

/* Root and a device read the first page, the middle one and the last. */
static void look(int buf, const char *how)
{
	static const size_t pages[] = { 0, SIZE / PAGE / 2, SIZE / PAGE - 1 };
	bool by_device = true, by_root = true;
	uint8_t seen[PAGE];
	int edu = edu_open(), rc;
	uint64_t addr;
	size_t n, pos;

	edu_mask(edu, 32);
	addr = address(edu, buf);
	for (n = 0; n < sizeof(pages) / sizeof(*pages); n++) {
		pos = pages[n] * PAGE;
		memset(seen, 0xa5, sizeof(seen));
		rc = guest_devmem(addr + pos, seen, sizeof(seen));
		if (target_protects() ? rc != target()->death :
		    rc || memcmp(seen, content + pos, PAGE)) {
			ktap_note("0x%llx: %d", (unsigned long long)addr + pos, rc);
			by_root = false;
		}
		rc = edu_read(edu, pos, seen, PAGE);
		if (rc || !memcmp(seen, content + pos, PAGE) == target()->devices) {
			ktap_note("page %zu: %d", pages[n], rc);
			by_device = false;
		}
		for (pos = 1; pos < PAGE && seen[pos] == seen[0]; pos++)
			;
		if (target()->devices && pos != PAGE) {
			ktap_note("the device sees something");
			by_device = false;
		}
	}
	close(edu);
	ktap(by_root, "%s: %s", how, !target_protects() ?
	     "root reads the content at the buffer's address" :
	     target()->death == SIGBUS ?
	     "a read by root at the buffer's address is a bus error" :
	     "a read by root at the buffer's address kills the process");
	ktap(by_device, "%s: %s", how, target()->devices ?
	     "a bus master reads nothing of the buffer" :
	     target_protects() ?
	     "a bus master reads the content: the emulator does not check devices" :
	     "a bus master reads the content of the buffer");
}

/* Normal memory: root and a device can read it. */
static void look_at_normal(void)
{
	uint8_t seen[PAGE], *mem;
	int edu = edu_open(), buf = guest_udmabuf(), rc;

	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);
	if (mem == MAP_FAILED)
		ktap_bail("udmabuf: %s", strerror(errno));
	content_make(mem, PAGE, 77);
	edu_mask(edu, 32);
	rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);
	if (!rc)
		rc = edu_read(edu, 0, seen, PAGE);
	ktap(!rc && !memcmp(seen, mem, PAGE),
	     "normal memory: a bus master reads it");
	munmap(mem, PAGE);
	close(buf);
	close(edu);
	ktap_eq(guest_devmem(target()->open, seen, PAGE), 0,
		"normal memory: root reads memory outside the kernel");
}

/* A buffer from `rstmem alloc`, which starts this program. */
static int by_command(void)
{
	const char *buf = getenv("RSTMEM_FD"), *tee = getenv("RSTMEM_TEE_FD"),
		   *id = getenv("RSTMEM_ID");

	if (!buf || !tee || !id)
		ktap_bail("this is for rstmem alloc to start");
	fill(atoi(tee), atoi(id), 1, "rstmem alloc");
	look(atoi(buf), "rstmem alloc");
	return atoi(buf);
}

static int by_heap(int tee)
{
	struct dma_heap_allocation_data data = {
		.len = SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open(HEAP, O_RDWR | O_CLOEXEC), reg, id;

	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		ktap_bail(HEAP ": %s", strerror(errno));
	close(heap);
	reg = tee_register_fd(tee, (int)data.fd, &id);
	if (reg < 0)
		ktap_bail("registration: %s", strerror(-reg));
	fill(tee, id, 2, "heap");
	close(reg);
	look((int)data.fd, "heap");
	return (int)data.fd;
}

/* One process allocates the buffer, another fills it. */
static int by_another_process(int tee)
{
	int pair[2], buf, reg, id, status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		ktap_bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		int own = target_open();

		_exit(socket_send_fd(pair[1],
				     tee_rstmem(own, VIDEO, SIZE, NULL)) != 0);
	}
	buf = socket_receive_fd(pair[0]);
	waitpid(pid, &status, 0);
	reg = tee_register_fd(tee, buf, &id);
	ktap(status == 0 && reg >= 0,
	     "another process: its buffer is registered after it ended");
	fill(tee, id, 3, "another process");
	close(reg);
	look(buf, "another process");
	close(pair[0]);
	close(pair[1]);
	return buf;
}

/* A module loads from the buffer. The log tells what it read, or its oops. */
static void load(int buf)
{
	char command[128], text[3 * 16 + 1] = "";
	uint64_t addr;
	int edu = edu_open(), status, n;

	edu_mask(edu, 32);
	addr = address(edu, buf);
	close(edu);
	for (n = 0; n < 16; n++)
		sprintf(text + 3 * n, "%02x ", content[n]);
	printf("# content: %s\n", text);
	snprintf(command, sizeof(command),
	"modprobe lab_fault kind=load addr=0x%llx",
		 (unsigned long long)addr);
	fflush(stdout);
	status = system(command);
	ktap(!status == !target_protects(), "kernel: a load from the buffer %s",
	     target_protects() ? "kills the process that asked for it" :
	     "succeeds");
}

int main(int argc, char **argv)
{
	int tee, bufs[3], n;

	ktap_start();
	tee = target_open();
	look_at_normal();
	bufs[0] = by_command();
	if (argc > 1 && !strcmp(argv[1], "load")) {
		load(bufs[0]);
		return ktap_end();
	}
	bufs[1] = by_heap(tee);
	bufs[2] = by_another_process(tee);
	for (n = 0; n < 3; n++)
		close(bufs[n]);
	close(tee);
	return ktap_end();
}
