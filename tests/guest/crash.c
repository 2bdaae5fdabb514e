// SPDX-License-Identifier: GPL-2.0-only
/*
 * A crash with restricted memory in use: the part of it in the dump.
 *
 *	crash		loads a kernel for the dump, fills restricted memory, and crashes
 *	crash dump	the command of that kernel
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../elastic/pool.h"
#include "../support/content.h"
#include "../support/guest.h"
#include "../support/kexec.h"
#include "../support/ktap.h"

#define VMCORE		"/proc/vmcore"
#define MOST_PARTS	1024
/*
 * RAM since boot, whether the kernel lists its RAM anew when a block leaves, and the blocks
 * that a dump has. kexec-tools, which lists the RAM on arm64, leaves out RAM that a driver added.
 */
#ifdef __aarch64__
#define FLOOR_START	0xc0000000ULL
#define BOOT_RAM	0x48000000ULL
#define LISTS_ANEW	false
#define DUMPED		0
#else
#define FLOOR_START	0x10000000ULL
#define BOOT_RAM	0x138000000ULL
#define LISTS_ANEW	true
#define DUMPED		(BLOCKS - 1)
#endif
/* The last block of those that are loaded, a part of a larger one. */
#define LAST_BLOCK	(START + (BLOCKS - 1) * BLOCK)
/* More than the floor, and more than half of a block. */
#define LARGE		(96 * MIB)

static Elf64_Phdr part[MOST_PARTS];
static int parts, vmcore;

static bool logged(const char *text)
{
	char command[256];

	snprintf(command, sizeof(command), "dmesg | grep -q '%s'", text);
	return !system(command);
}

/* That softtee cannot be loaded, and that the log says why. */
static void refused(const char *options, const char *otherwise)
{
	char command[256];

	system("dmesg -c >/dev/null");
	snprintf(command, sizeof(command), "modprobe softtee %s 2>/dev/null", options);
	if (!system(command) || !logged("cannot leave a kernel with crashkernel="))
		ktap_bail("%s", otherwise);
}

/* Root sets the state of all blocks of the pool. */
static void set_blocks(const char *state)
{
	char path[64];

	for (uint64_t at = START; at < START + (BLOCKS - 1) * BLOCK; at += BLOCK) {
		snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu/state",
			 (unsigned long long)(at / BLOCK));
		guest_write(path, state);
	}
}

/* A block comes and goes. Returns whether the log says that a dump may have it. */
static bool come_and_go(void)
{
	uint64_t returned = elastic("returned");

	system("dmesg -c >/dev/null");
	close(tee_rstmem(dev, VIDEO, LARGE, NULL));
	set("idle_ms", 0);
	if (!reaches("out", 0) || elastic("returned") == returned)
		ktap_bail("no block comes and goes");
	set("idle_ms", 600000);
	return logged("a crash dump may have this memory");
}

static void crash(const uint8_t *secret)
{
	char *argv[] = { "crash", "dump", NULL };
	uint64_t size[] = { FLOOR, LARGE };
	char options[256];
	int id;

	snprintf(options, sizeof(options), "elastic=128M@%#llx elastic_boot_ram=1", BOOT_RAM);
	refused(options,
		"RAM since boot may leave beside the memory of a crash kernel");
	/* The last block becomes RAM as a part of a larger one. */
	snprintf(options, sizeof(options),
		 "modprobe softtee elastic=256M@%#llx elastic_block=268435456 && rmmod softtee",
		 LAST_BLOCK);
	if (system(options))
		ktap_bail("no pool of one large block");
	snprintf(options, sizeof(options), "elastic=128M@%#llx", LAST_BLOCK);
	refused(options,
		"a part of a block may leave beside the memory of a crash kernel");
	load_blocks((BLOCKS - 1) * BLOCK, "elastic_warm=0 pool=" POOL);
	set_blocks("offline");
	if (come_and_go())
		ktap_bail("no crash kernel is loaded, and the log warns of its dump");
	set_blocks("online_movable");
	/* All blocks are RAM now. The list of RAM has to change when one leaves. */
	kexec_on_crash(argv);
	/* A block that root took offline leaves without a new list. */
	set_blocks("offline");
	if (!come_and_go())
		ktap_bail("a block leaves without a new list of RAM, and the log does not say it");
	set_blocks("online_movable");
	if (come_and_go() == LISTS_ANEW)
		ktap_bail("a block leaves, and the log does not say whether a dump may have it");
	for (int n = 0; n < 2; n++) {
		if (tee_rstmem(dev, VIDEO, size[n], &id) < 0)
			ktap_bail("no buffer of %llu bytes", (unsigned long long)size[n]);
		content_fill(dev, id, 0, secret, PAGE);
		content_fill(dev, id, size[n] - PAGE, secret, PAGE);
	}
	if (elastic("out") != BLOCK)
		ktap_bail("%llu bytes of blocks are out", (unsigned long long)elastic("out"));
	guest_write("/proc/sysrq-trigger", "c");
	ktap_bail("the kernel did not crash");
}

static void read_parts(void)
{
	Elf64_Ehdr head;

	vmcore = open(VMCORE, O_RDONLY | O_CLOEXEC);
	if (vmcore < 0 || pread(vmcore, &head, sizeof(head), 0) != sizeof(head) ||
	    head.e_phnum > MOST_PARTS ||
	    pread(vmcore, part, head.e_phnum * sizeof(*part), head.e_phoff) < 0)
		ktap_bail("cannot read " VMCORE);
	parts = head.e_phnum;
}

/* Bytes of a range that the dump has. */
static uint64_t dumped(uint64_t start, uint64_t size)
{
	uint64_t from, to, sum = 0;

	for (const Elf64_Phdr *p = part; p < part + parts; p++) {
		if (p->p_type != PT_LOAD)
			continue;
		from = p->p_paddr > start ? p->p_paddr : start;
		to = p->p_paddr + p->p_memsz;
		if (to > start + size)
			to = start + size;
		if (from < to)
			sum += to - from;
	}
	return sum;
}

static unsigned int pages_with(const uint8_t *content)
{
	static uint8_t chunk[256 * PAGE];
	unsigned int found = 0;
	ssize_t n, at;

	for (const Elf64_Phdr *p = part; p < part + parts; p++) {
		if (p->p_type != PT_LOAD)
			continue;
		for (uint64_t done = 0; done < p->p_memsz; done += n) {
			uint64_t left = p->p_memsz - done;

			n = pread(vmcore, chunk, left < sizeof(chunk) ? left : sizeof(chunk),
				  p->p_offset + done);
			if (n <= 0)
				ktap_bail(VMCORE " ends at %#llx",
					  (unsigned long long)(p->p_paddr + done));
			for (at = 0; at + (ssize_t)PAGE <= n; at += PAGE)
				found += !memcmp(chunk + at, content, PAGE);
		}
	}
	return found;
}

static void dump(const uint8_t *secret, const uint8_t *own)
{
	unsigned int whole = 0, absent = 0;

	read_parts();
	for (int n = 0; n < BLOCKS; n++) {
		uint64_t bytes = dumped(START + n * BLOCK, BLOCK);

		whole += bytes == BLOCK;
		absent += !bytes;
	}
	ktap_eq(dumped(FLOOR_START, FLOOR), 0, "crash: the dump has nothing of a static pool");
	ktap_eq(absent, BLOCKS - DUMPED, "crash: the dump has nothing of the block that was out");
	ktap_eq(whole, DUMPED, "crash: the dump has %d of the blocks that were RAM", DUMPED);
	ktap(pages_with(own), "crash: the dump has a page of a program");
	ktap_eq(pages_with(secret), 0, "crash: the dump has no page of a buffer");
}

int main(int argc, char **argv)
{
	uint8_t *secret = malloc(PAGE), *own = aligned_alloc(PAGE, PAGE);

	content_make(secret, PAGE, 1);
	content_make(own, PAGE, 2);
	if (argc == 2 && !strcmp(argv[1], "dump")) {
		ktap_start();
		dump(secret, own);
		return ktap_end();
	}
	if (argc != 1)
		ktap_bail("usage: crash, or crash dump");
	crash(secret);
}
