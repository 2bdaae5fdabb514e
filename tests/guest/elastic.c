// SPDX-License-Identifier: GPL-2.0-only
/*
 * Elastic pools: memory is RAM while no buffer needs it, leaves the kernel while one
 * does, and comes back. softtee is loaded with a floor of 64 MiB and 512 MiB of blocks,
 * which the guest sets aside at boot.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../elastic/pool.h"
#include "../elastic/trouble.h"
#include "../support/content.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/ktap.h"

/* Whether the kernel has a struct page for @addr, by its log. */
static bool has_page(uint64_t addr)
{
	char command[192];

	snprintf(command, sizeof(command),
		 "modprobe lab_fault kind=pfn addr=%#llx && rmmod lab_fault; dmesg | grep 'page frame of' | tail -n 1 | grep -qv 'not valid'",
		 (unsigned long long)addr);
	return !system(command);
}

static void test_absent(uint64_t addr)
{
	uint8_t byte;

	ktap(guest_iomem_has(addr, "rstmem") && !guest_iomem_has(addr, "System RAM"),
	     "absent: /proc/iomem shows a lent block as claimed, and not as System RAM");
	ktap(!has_page(addr), "absent: a lent block has no page structures");
	ktap(kcore_read(addr, &byte, 1) < 0,
	     "absent: /proc/kcore does not read a lent block");
	ktap_eq(guest_devmem(addr, &byte, 1), -EPERM,
		"absent: /dev/mem does not map a lent block: EPERM");
}

static void test_present(uint64_t addr)
{
	uint8_t byte;

	ktap(guest_iomem_has(addr, "System RAM"),
	     "present: /proc/iomem shows a block that came back as System RAM");
	ktap(has_page(addr), "present: a block that came back has page structures");
	ktap_eq(kcore_read(addr, &byte, 1), 1,
		"present: /proc/kcore reads a block that came back");
}

static void test_grow(uint64_t idle)
{
	int buf[FRAMES], n, allocated = 0;
	struct tee_ioctl_rstmem_query query;
	struct worker worker;

	tee_query(dev, VIDEO, &query);
	ktap(query.floor == FLOOR && query.total == FLOOR &&
	     query.most == FLOOR + BLOCKS * BLOCK,
	     "query: an idle pool tells its floor, the same now, and the most");

	worker_start(&worker, 100 * MIB);
	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		allocated += buf[n] >= 0;
		if (buf[n] < 0)
			ktap_note("frame %d: %s", n, strerror(-buf[n]));
	}
	ktap_eq(allocated, FRAMES, "grow: forty frames of 12 MiB are allocated");
	tee_query(dev, VIDEO, &query);
	ktap(query.total == FLOOR + elastic("out") && query.total > query.used,
	     "query: a pool that grew tells what it has now");
	ktap_eq(idle - ram(), elastic("out"),
		"grow: MemTotal falls by the blocks that are out, and no byte more");
	test_absent(START);
	for (n = 0; n < FRAMES; n++)
		close(buf[n]);
	ktap(reaches("out", 0), "return: all blocks go back after the idle time");
	ktap_eq(ram(), idle, "return: MemTotal is what it was");
	ktap(worker_end(&worker),
	     "grow: a process that works meanwhile finds its memory intact");
	test_present(START);
}

static void test_secrets(void)
{
	static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;
	uint8_t *content = malloc(PAGE), *zero = aligned_alloc(PAGE, FRAME);
	uint8_t want[32], digest[32];
	int buf[8], id, in_block, count, n, clear = 0;
	struct worker worker;
	uint32_t session;

	session = tee_service(dev, digest_uuid);
	memset(zero, 0, FRAME);
	content_sha256(zero, FRAME, want);
	/* The blocks are full of a process's memory when they leave. */
	worker_start(&worker, 300 * MIB);
	worker_end(&worker);
	count = fill_floor(buf);
	for (n = 0; n < 3; n++) {
		in_block = tee_rstmem(dev, VIDEO, FRAME, &id);
		tee_digest(dev, session, id, 0, FRAME, digest);
		clear += !memcmp(digest, want, sizeof(want));
		if (n < 2)
			close(in_block);
	}
	ktap_eq(clear, 3, "secrets: a buffer has nothing of what was in the RAM before");

	content_make(content, PAGE, 7);
	content_fill(dev, id, 0, content, PAGE);
	close(in_block);
	close_all(buf, count);
	if (!reaches("out", 0))
		ktap_bail("the blocks do not return");
	ktap(kcore_find(START, BLOCKS * BLOCK, content, PAGE) == 0,
	     "secrets: RAM that came back has nothing of a buffer's content");
	memcpy(zero, content, PAGE);
	ktap(kcore_has_own(zero, PAGE),
	     "secrets: the same search finds content in ordinary RAM");
	tee_close_session(dev, session);
	free(content);
	free(zero);
}

/* The floor is nearly full, so the next frame would wait. */
static void test_warm(void)
{
	int buf[8], count = fill_floor(buf);

	ktap(reaches("out", BLOCK), "warm: the pool grows before an allocation needs it");
	ktap_eq(elastic("wanted"), 0, "warm: no allocation waits for that");
	close_all(buf, count);
	ktap(reaches("out", 0), "warm: the reserve goes back when no buffer lives");
}

/* The TEE takes no block, and the pool wants one for its reserve. */
static void test_refused(void)
{
	uint64_t failed = elastic("failed");
	int buf[8], count;

	failing("softtee:softtee_lend", -EIO);
	count = fill_floor(buf);
	ktap(exceeds("failed", failed + 2) && elastic("out") <= BLOCK,
	     "refused: not more than one block is out while the TEE takes none");
	working();
	ktap(reaches("out", BLOCK), "refused: the reserve comes when the TEE takes blocks again");
	close_all(buf, count);
	reaches("out", 0);
}

static void test_limit(void)
{
	int buf[FRAMES], n, got = 0;

	set("limit", BLOCK);
	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	ktap_eq(n < FRAMES ? -buf[n] : 0, ENOMEM,
		"limit: an allocation beyond the pool's limit fails with ENOMEM");
	ktap_eq(elastic("out"), BLOCK, "limit: only the blocks of the limit are out");
	close_all(buf, got);
	set("limit", UINT64_MAX);
	ktap_eq(elastic("limit"), BLOCKS * BLOCK,
		"limit: a value beyond the blocks counts as all blocks");
	ktap(reaches("out", 0), "limit: the block goes back");
	ktap_eq(tee_rstmem(dev, VIDEO, BLOCK + PAGE, NULL), -ENOMEM,
		"limit: a buffer that is larger than a block fails with ENOMEM at once");
}

static void test_unload(uint64_t idle)
{
	int buf[8], count, more;

	count = fill_floor(buf);
	more = frame();
	ktap(elastic("out") >= BLOCK, "unload: a block is out");
	close(more);
	close_all(buf, count);
	ktap(unload(), "unload: the module goes with a block out");
	ktap_eq(ram(), idle, "unload: the memory is RAM afterwards");
	if (access("/sys/module/tee_rstmem/initstate", F_OK))
		ktap_skip("unload: the module of the pool goes as well", "the kernel has it built in");
	else
		ktap(!system("rmmod tee_rstmem"), "unload: the module of the pool goes as well");
	ktap(guest_iomem_has(START, "System RAM (rstmem)"),
	     "unload: /proc/iomem still names the memory");
	load(POOL, "elastic_idle_ms=500");
	ktap_eq(ram(), idle, "unload: the next load finds the blocks as RAM");
}

/* RAM since boot: some blocks leave, others have allocations of the kernel. */
static void test_boot_ram(void)
{
	uint64_t idle = ram();
	int buf[FRAMES], n, got = 0;

	for (n = 0; n < FRAMES; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	ktap(n == FRAMES || buf[n] == -ENOMEM || buf[n] == -ETIMEDOUT,
	     "boot: RAM since boot serves, or an allocation fails with ENOMEM or ETIMEDOUT");
	ktap_note("%d of %d frames in %llu blocks", got, FRAMES,
		  (unsigned long long)(elastic("out") / BLOCK));
	/* Page structures of boot are not in MemTotal, and become ordinary memory. */
	ktap_eq(idle - ram(), elastic("out") - elastic("out") / 64,
		"boot: MemTotal falls by the blocks that are out, less their page structures");
	close_all(buf, got);
	ktap(reaches("out", 0), "boot: all blocks go back");
	ktap(ram() >= idle, "boot: MemTotal is not less than it was");
}

/* RAM that the kernel keeps mapped. */
static void test_kept(void)
{
	struct tee_ioctl_rstmem_query query;
	uint64_t all = ram(), before, size = elastic("block_size");
	int buf[FRAMES], n, got = 0;
	struct worker worker;

	before = guest_meminfo("MemAvailable");
	for (n = 0; n < FRAMES / 2; n++) {
		buf[n] = frame();
		if (buf[n] < 0)
			break;
		got++;
	}
	tee_query(dev, VIDEO, &query);
	ktap(query.caps & TEE_RSTMEM_CAP_KEEPS_MAPPING,
	     "kept: the query tells that the kernel keeps its mapping");
	ktap(got > 0, "kept: RAM that stays mapped serves");
	ktap_eq(elastic("out"), (got + size / FRAME - 1) / (size / FRAME) * size,
		"kept: no more blocks are out than the frames need");
	ktap_eq(ram(), all, "kept: MemTotal does not change");
	ktap(before - guest_meminfo("MemAvailable") > elastic("out") / 2,
	     "kept: programs have less memory meanwhile");
	close_all(buf, got);
	ktap(reaches("out", 0), "kept: all blocks go back");

	/* The pages of a block have to move, and the attempt is over before that. */
	worker_start(&worker, 600 * MIB);
	set("attempt_ms", 0);
	ktap(frame() < 0, "kept: an allocation fails if no block can be emptied in time");
	set("attempt_ms", 20000);
	/* Blocks that failed are tried again later. */
	for (n = 0; (buf[0] = frame()) < 0 && n < 90; n++)
		sleep(1);
	ktap(buf[0] >= 0, "kept: the same allocation succeeds if the kernel has time");
	close(buf[0]);
	ktap(worker_end(&worker), "kept: memory of a program is intact");
}

/* Small blocks, which come and go in a moment. */
#define SMALL	(16 * MIB)

/* A million of these, on two CPUs, with the lengths of races left to the machine. */
struct racer {
	pthread_t thread;
	unsigned int rounds, failed;
	int cpu;
};

static void *race(void *arg)
{
	struct racer *racer = arg;
	int own, buf;

	guest_run_on(racer->cpu);
	own = tee_open(SOFTTEE_IMPL_ID);
	for (unsigned int n = 0; n < racer->rounds; n++) {
		buf = tee_rstmem(own, VIDEO, 64 * KIB, NULL);
		if (buf < 0)
			racer->failed++;
		else
			close(buf);
	}
	close(own);
	return NULL;
}

static void test_race(unsigned int rounds)
{
	struct racer racer[2];
	uint64_t grown = elastic("grown");
	int n;

	/* Clearing would take nearly all of the time, so that there were few races. */
	failing("tee_rstmem:tee_rstmem_clear", 0);
	set("idle_ms", 0);
	set("warm", 0);
	for (n = 0; n < 2; n++) {
		racer[n] = (struct racer){ .rounds = rounds / 2, .cpu = n };
		pthread_create(&racer[n].thread, NULL, race, &racer[n]);
	}
	for (n = 0; n < 2; n++)
		pthread_join(racer[n].thread, NULL);
	working();
	ktap_eq(racer[0].failed + racer[1].failed, 0,
		"race: every allocation of %u succeeds while the last free returns the block",
		rounds);
	ktap(elastic("grown") > grown + 1, "race: blocks come and go meanwhile: %llu",
	     (unsigned long long)(elastic("grown") - grown));
	ktap(reaches("out", 0), "race: all blocks go back");
}

static void test_cycles(unsigned int cycles)
{
	unsigned int n, ok = 0;
	uint64_t idle = ram();

	set("idle_ms", 0);
	set("warm", 0);
	for (n = 0; n < cycles; n++) {
		int buf = frame();

		if (buf < 0)
			break;
		close(buf);
		ok += reaches("out", 0);
		if ((n + 1) % 50 == 0)
			ktap_note("cycle %u of %u", n + 1, cycles);
	}
	ktap_eq(ok, cycles, "cycles: a block comes and goes every time");
	ktap_eq(ram(), idle, "cycles: MemTotal is what it was");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "all";
	unsigned int count = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	uint64_t set_aside = ram(), idle;

	ktap_start();
	if (!strcmp(mode, "boot")) {
		load("", "elastic_idle_ms=100 elastic_boot_ram=1");
		test_boot_ram();
		return ktap_end();
	}
	if (!strcmp(mode, "kept")) {
		load("", "elastic_idle_ms=100 elastic_keep_mapping=1 elastic_warm=0");
		test_kept();
		return ktap_end();
	}
	/* On a debugging kernel, memory hot-plug of a block takes a second. */
	if (argc > 3 && !strcmp(argv[3], "small")) {
		load_blocks(SMALL, "elastic_keep_mapping=1 elastic_block=2097152");
		test_race(count);
		return ktap_end();
	}
	if (strcmp(mode, "all")) {
		load("", "elastic_idle_ms=100");
		if (!strcmp(mode, "race"))
			test_race(count);
		else if (!strcmp(mode, "cycles"))
			test_cycles(count);
		else
			test_poison();
		return ktap_end();
	}

	load(POOL, "elastic_idle_ms=500");
	guest_set_wait_ms("120000");
	set("attempt_ms", 20000);
	idle = ram();
	ktap(idle > set_aside + (BLOCKS - 1) * BLOCK + BLOCK / 2,
	     "idle: memory that was set aside is RAM");
	test_grow(idle);
	test_secrets();
	test_warm();
	test_refused();
	test_limit();
	test_enemy();
	test_failed_growth("offline_and_remove_memory", -EBUSY, "take a block");
	test_failed_growth("softtee:softtee_lend", -EIO, "lend a block");
	test_failed_return("add_memory_driver_managed", -ENOMEM, "add memory");
	test_failed_return("kernel_write", -EIO, "put memory online");
	test_cpu_hotplug();
	test_pressure();
	test_suspend();
	test_removal(idle);
	test_unload(idle);
	close(dev);
	return ktap_end();
}
