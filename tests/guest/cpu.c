// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU cannot reach restricted memory through the dma-buf, shared memory of the
 * TEE core or /dev/mem, and the kernel has no mapping of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE	(64 * KIB)

static void test_dmabuf(int buf)
{
	static const struct {
		const char *name;
		int prot, flags;
	} maps[] = {
		{ "shared, for reading", PROT_READ, MAP_SHARED },
		{ "shared, for writing", PROT_WRITE, MAP_SHARED },
		{ "shared, for both", PROT_READ | PROT_WRITE, MAP_SHARED },
		{ "private", PROT_READ | PROT_WRITE, MAP_PRIVATE },
		{ "shared, without access", PROT_NONE, MAP_SHARED },
	};
	struct dma_buf_sync sync = { DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	char data[16] = {};
	size_t n;

	for (n = 0; n < sizeof(maps) / sizeof(*maps); n++)
		ktap(mmap(NULL, SIZE, maps[n].prot, maps[n].flags, buf, 0) ==
		     MAP_FAILED && errno == EINVAL,
		     "dma-buf: mmap %s is refused: EINVAL",
		     maps[n].name);
	ktap(read(buf, data, sizeof(data)) < 0, "dma-buf: read is refused");
	ktap(write(buf, data, sizeof(data)) < 0, "dma-buf: write is refused");
	ktap(pread(buf, data, sizeof(data), 0) < 0,
	     "dma-buf: pread is refused");
	ktap(!ioctl(buf, DMA_BUF_IOCTL_SYNC, &sync) &&
	     mmap(NULL, SIZE, PROT_READ, MAP_SHARED, buf, 0) == MAP_FAILED,
	     "dma-buf: mmap is refused after DMA_BUF_IOCTL_SYNC");
}

/* A restricted id must not come with a mappable descriptor of the stock core. */
static void test_shm(void)
{
	char path[64], target[64];
	int n, found = 0;
	ssize_t len;

	for (n = 0; n < 64; n++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", n);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = 0;
		found += !!strstr(target, "tee_shm");
	}
	ktap(!found, "id: comes with no shared memory descriptor");
}

/* On arm64 /dev/mem reads and writes RAM only, and checks this first. */
#ifdef __aarch64__
#define DEVMEM_ERROR	EFAULT
#else
#define DEVMEM_ERROR	EPERM
#endif

static void test_devmem(uint64_t addr, const void *content)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	uint8_t data[16] = {}, byte = 0;
	ssize_t n;

	if (fd < 0)
		ktap_bail("/dev/mem: %s", strerror(errno));
	n = pread(fd, data, sizeof(data), addr);
	ktap(n < 0 || memcmp(data, content, sizeof(data)),
	     "/dev/mem: a read does not return the buffer's content");
	ktap(n < 0 && errno == DEVMEM_ERROR,
	     "/dev/mem: a read at the buffer is refused: %s",
	     strerror(DEVMEM_ERROR));
	n = pwrite(fd, data, sizeof(data), addr);
	ktap(n < 0 && errno == DEVMEM_ERROR,
	     "/dev/mem: a write at the buffer is refused: %s",
	     strerror(DEVMEM_ERROR));
	ktap_eq(guest_devmem(addr, &byte, 1), -EPERM,
		"/dev/mem: mmap at the buffer is refused: EPERM");
	/* Unclaimed memory can be mapped: the refusal above is the claim's. */
	ktap_eq(guest_devmem(target()->open, &byte, 1), 0,
		"/dev/mem: unclaimed memory outside the kernel can be mapped and read");
	close(fd);
}

/* No entry of the kernel's list of mappings covers the buffer. */
static void test_vmalloc(uint64_t addr, uint64_t size)
{
	FILE *f = fopen("/proc/vmallocinfo", "r");
	unsigned long long phys;
	char line[512], *at;
	int hits = 0, maps = 0;

	if (!f)
		ktap_bail("/proc/vmallocinfo: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, "phys=");
		if (!at || sscanf(at, "phys=%llx", &phys) != 1)
			continue;
		maps++;
		if (phys >= addr && phys < addr + size) {
			ktap_note("%s", line);
			hits++;
		}
	}
	fclose(f);
	ktap(maps, "vmalloc: /proc/vmallocinfo lists physical addresses");
	ktap(!hits, "vmalloc: no mapping covers the buffer");
}

int main(void)
{
	struct rstmem_edu_map map;
	uint8_t *content = malloc(SIZE);
	int tee, edu, buf, id, rc;

	ktap_start();
	tee = target_open();
	edu = edu_open();
	buf = tee_rstmem(tee, VIDEO, SIZE, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	content_make(content, SIZE, 1);
	content_fill(tee, id, 0, content, SIZE);
	ktap(content_is(tee, id, 0, content, SIZE),
	     "TEE: reads the content it decrypted into the buffer");

	test_dmabuf(buf);
	test_shm();
	ktap_eq(edu_vmap(edu, buf), 0,
		"dma-buf: vmap by an importer is refused");

	edu_mask(edu, 32);
	rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);
	ktap_eq(rc, 0, "importer: maps the buffer");
	ktap(map.addr >= (target_protects() ? 0x0ec00000 : 256 * MIB),
	     "importer: the buffer lies in the carveout");
	ktap_eq(map.size, SIZE, "importer: the map has the size of the buffer");
	ktap_eq(map.cpu_bytes, 0,
		"importer: the scatterlist has no page for a CPU");
	test_devmem(map.addr, content);
	test_vmalloc(map.addr, SIZE);
	ktap(guest_iomem_has(map.addr, "rstmem"),
	     "iomem: /proc/iomem shows the claim of the carveout");
	ktap(!guest_iomem_has(map.addr, "System RAM"),
	     "iomem: /proc/iomem shows no System RAM at the carveout");
	edu_unmap(edu);

	close(buf);
	close(edu);
	close(tee);
	return ktap_end();
}
