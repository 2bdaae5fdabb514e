// SPDX-License-Identifier: GPL-2.0-only
#include "kcore.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"

#define PAGE	4096UL

/*
 * Finds where the file has a physical address. Returns 0 or -errno. Of several segments it takes
 * the one with the lowest virtual address, which is the map of all RAM: that of the kernel's
 * text also covers pages that were freed after boot, and shows nothing there.
 */
static int locate(int fd, uint64_t addr, off_t *offset)
{
	Elf64_Addr lowest = -1;
	Elf64_Ehdr head;
	Elf64_Phdr part;
	int n;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return -EIO;
	for (n = 0; n < head.e_phnum; n++) {
		if (pread(fd, &part, sizeof(part),
			  head.e_phoff + n * sizeof(part)) != sizeof(part))
			return -EIO;
		/* A segment without a physical address has -1. */
		if (part.p_type != PT_LOAD || part.p_paddr == (Elf64_Addr)-1 ||
		    addr < part.p_paddr || addr - part.p_paddr >= part.p_memsz ||
		    part.p_vaddr >= lowest)
			continue;
		lowest = part.p_vaddr;
		*offset = part.p_offset + (addr - part.p_paddr);
	}
	return lowest == (Elf64_Addr)-1 ? -ENXIO : 0;
}

ssize_t kcore_read(uint64_t addr, void *data, size_t size)
{
	int fd = open("/proc/kcore", O_RDONLY);
	off_t offset;
	ssize_t rc;

	if (fd < 0)
		ktap_bail("/proc/kcore: %s", strerror(errno));
	rc = locate(fd, addr, &offset);
	if (!rc) {
		rc = pread(fd, data, size, offset);
		if (rc < 0)
			rc = -errno;
	}
	close(fd);
	return rc;
}

unsigned int kcore_find(uint64_t addr, uint64_t range, const void *data, size_t size)
{
	static uint8_t chunk[256 * PAGE];
	unsigned int found = 0, pages = 0;
	uint64_t end = addr + range;
	ssize_t n, at;

	for (; addr < end; addr += sizeof(chunk)) {
		n = kcore_read(addr, chunk, sizeof(chunk));
		for (at = 0; at + (ssize_t)PAGE <= n; at += PAGE) {
			pages++;
			found += !memcmp(chunk + at, data, size);
		}
	}
	memset(chunk, 0, sizeof(chunk));
	if (!pages)
		ktap_bail("/proc/kcore has nothing of the range");
	return found;
}

uint64_t kcore_address(const void *page)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (fd < 0)
		ktap_bail("/proc/self/pagemap: %s", strerror(errno));
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	/* Bit 63: present; the low 55 bits: the page's number. */
	return entry >> 63 ? (entry & ((1ULL << 55) - 1)) * PAGE : 0;
}

bool kcore_has_own(const void *data, size_t size)
{
	uint8_t there[PAGE];
	uint64_t addr = 0;
	ssize_t rc = 0;
	int tries;

	/* The kernel may move the page meanwhile. */
	for (tries = 0; tries < 10; tries++) {
		addr = kcore_address(data) + (uintptr_t)data % PAGE;
		rc = kcore_read(addr, there, size);
		if (rc == (ssize_t)size && !memcmp(there, data, size))
			return true;
	}
	ktap_note("reading %zu bytes at %#llx gives %zd", size, (unsigned long long)addr, rc);
	return false;
}
