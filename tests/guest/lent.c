// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that the kernel lends to OP-TEE, on the board whose firmware protects it at run
 * time. optee_rstmem is loaded with 512 MiB of blocks, which the guest sets aside at boot, and
 * the kernel's checks of /dev/mem are off (iomem=relaxed). The CPU is kept out: a read is a
 * granule protection fault, and ends the process. Devices are not: the emulator does not
 * check them, so a bus master reads lent memory here, and could not on hardware.
 *
 *	lent		all but what follows
 *	lent poison	blocks that OP-TEE does not give back, and an end of the stock driver
 *			while a buffer lives: the memory is out of use until reboot
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../elastic/pool.h"
#include "../support/account.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/ktap.h"
#include "../support/target.h"

#define LOAD	"modprobe optee_rstmem dynamic=512M@0xc8000000"
#define SLOW	"/sys/module/rstmem_slow/parameters/"
#define HALF	(96 * MIB)

/* Not at the beginning of a page, where kcore_find() would find it. */
static uint8_t *content;

/* Settings of a pool that was just made. */
static void settle_in(void)
{
	dev = target_open();
	set("idle_ms", 100);
	set("warm", 0);
	if (!reaches("out", 0))
		ktap_bail("the blocks do not become RAM");
}

static int alloc(uint64_t size, int *id)
{
	return tee_rstmem(dev, VIDEO, size, id);
}

/* How a process ended. */
static int end_of(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Maps a page of physical memory as root. */
static const volatile uint8_t *map(uint64_t addr)
{
	int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);
	void *mem = MAP_FAILED;

	if (fd >= 0)
		mem = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, addr);
	return mem == MAP_FAILED ? NULL : mem;
}

/*
 * The kernel has given a block up, and is about to lend it, on one processor. On the other, a
 * process of root reads the block, and goes on while it is lent.
 */
static void test_moment(void)
{
	pid_t owner, spinner;
	uint8_t byte = 0xa5;
	uint64_t addr;
	char ready = 0;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) ||
	    system("modprobe rstmem_slow function=optee_lend ms=40000"))
		ktap_bail("cannot make lending slow");
	owner = fork();
	if (!owner) {
		dev = target_open();
		_exit(alloc(HALF, NULL) < 0);
	}
	while (guest_number(SLOW "inside") != 1)
		poll(NULL, 0, 1);
	addr = block_in("absent", 0);
	ktap_eq(guest_devmem(addr, &byte, 1), 0,
		"before: root reads a page that is about to be lent");
	spinner = fork();
	if (!spinner) {
		const volatile uint8_t *mem = map(addr);

		for (unsigned int n = 0; mem; n++) {
			(void)*mem;
			if (n == 1000 && write(pipes[1], "", 1) != 1)
				break;
		}
		_exit(1);
	}
	close(pipes[1]);
	ktap(read(pipes[0], &ready, 1) == 1 && !waitpid(spinner, NULL, WNOHANG),
	     "before: a process of root reads the page again and again");
	close(pipes[0]);
	guest_write(SLOW "slow", "0");
	ktap_eq(end_of(owner), 0, "moment: the memory is lent meanwhile");
	ktap_eq(end_of(spinner), -SIGKILL,
		"moment: the process that reads the page is killed when it is lent");
	if (system("rmmod rstmem_slow"))
		ktap_bail("rstmem_slow stays loaded");
	reaches("out", 0);
}

/* Pages of a buffer that root cannot read: the first, the middle one and the last. */
static int unreadable(uint64_t addr, uint64_t size)
{
	const uint64_t at[] = { 0, size / 2, size - PAGE };
	int n, count = 0;
	uint8_t byte;

	for (n = 0; n < 3; n++)
		count += guest_devmem(addr + at[n], &byte, 1) == SIGKILL;
	return count;
}

static uint64_t address(int edu, int buf)
{
	struct rstmem_edu_map map;

	if (edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map) || map.segments != 1)
		ktap_bail("no address");
	return map.addr;
}

/* Two blocks are needed. Then they go back, and the kernel finds nothing in them. */
static void test_growth(uint64_t idle)
{
	struct tee_ioctl_rstmem_query query;
	int edu = edu_open(), more = edu_open(), buf[2], id[2], n;
	uint64_t addr[2], grown = elastic("grown");
	uint8_t seen[PAGE], byte, *own;

	tee_query(dev, VIDEO, &query);
	ktap(!query.floor && !query.total && query.most == BLOCKS * BLOCK,
	     "query: an idle pool has no memory, and tells the most");
	ktap(query.caps == (TEE_RSTMEM_CAP_PROTECTED | TEE_RSTMEM_CAP_SCRUBS),
	     "query: the memory is protected, and cleared when it is freed");

	edu_mask(edu, 32);
	edu_mask(more, 32);
	for (n = 0; n < 2; n++) {
		buf[n] = alloc(HALF, &id[n]);
		if (buf[n] < 0)
			ktap_bail("buffer %d: %s", n, strerror(-buf[n]));
		addr[n] = address(n ? more : edu, buf[n]);
	}
	ktap(elastic("grown") == grown + 2 && elastic("out") == 2 * BLOCK,
	     "growth: two buffers of 96 MiB get a lent block each");
	ktap_eq(idle - ram(), 2 * BLOCK, "growth: the kernel has that much less RAM");
	ktap(unreadable(addr[0], HALF) == 3 && unreadable(addr[1], HALF) == 3,
	     "lent: a read by root ends with SIGKILL, in both blocks");
	ktap_eq(guest_devmem(target()->open, &byte, 1), 0,
		"lent: root reads memory outside the kernel that is not lent");

	content_make(content, PAGE, 1);
	content_fill(dev, id[0], 0, content, PAGE);
	content_fill(dev, id[1], HALF - PAGE, content, PAGE);
	ktap(content_is(dev, id[0], 0, content, PAGE) &&
	     content_is(dev, id[1], HALF - PAGE, content, PAGE),
	     "lent: an application decrypts into both blocks, and the digests are right");
	ktap(!edu_read(edu, 0, seen, PAGE) && !memcmp(seen, content, PAGE),
	     "lent: a bus master reads the content: the emulator does not check devices");

	close(edu);
	close(more);
	close(buf[0]);
	close(buf[1]);
	ktap(reaches("out", 0) && ram() == idle, "return: the blocks are RAM again");
	ktap_eq(kcore_find(START, BLOCKS * BLOCK, content, PAGE), 0,
		"return: the kernel finds nothing of the content in them");
	own = aligned_alloc(PAGE, PAGE);
	memcpy(own, content, PAGE);
	ktap(kcore_has_own(own, PAGE),
	     "return: the same search finds the content in other memory");
	free(own);
	ktap_eq(kcore_read(addr[0], &byte, 1), 1, "return: the kernel reads the block");
}

/* The blocks are full of a process's memory when they are lent. */
static void test_secrets(void)
{
	uint8_t *zero = calloc(1, 4 * MIB);
	struct worker worker;
	int buf, id;

	worker_start(&worker, 450 * MIB);
	worker_end(&worker);
	buf = alloc(4 * MIB, &id);
	ktap(content_is(dev, id, 0, zero, 4 * MIB),
	     "secrets: a buffer has nothing of what was in the RAM before");
	close(buf);
	reaches("out", 0);
	free(zero);
}

/* A buffer lives while the machine suspends, and while the supplicant ends and begins. */
static void test_outlive(void)
{
	int id, rc, buf = alloc(HALF, &id);
	uint64_t addr = block_in("active", 0);

	content_fill(dev, id, HALF - PAGE, content, PAGE);
	rc = guest_suspend();
	if (rc == -EOPNOTSUPP)
		ktap_skip("suspend: the machine suspends while a buffer lives",
			  "the kernel cannot suspend for a test");
	else
		ktap_eq(rc, 0, "suspend: the machine suspends while a buffer lives");
	ktap(content_is(dev, id, HALF - PAGE, content, PAGE) && unreadable(addr, HALF) == 3,
	     "suspend: the buffer has its content afterwards, and is protected");
	ktap(!target_restart() && content_is(dev, id, HALF - PAGE, content, PAGE) &&
	     unreadable(addr, HALF) == 3,
	     "supplicant: a buffer keeps its content, and is protected, when it is started again");
	close(buf);
	ktap(reaches("out", 0), "supplicant: the block goes back after that");
}

/* A step fails once. Afterwards the pool serves as before. */
static void test_failed(const char *function, int result, const char *what)
{
	int buf;

	failing(function, result);
	buf = alloc(HALF, NULL);
	ktap(buf == -ENOMEM || buf == -ETIMEDOUT,
	     "failing: an allocation fails when %s", what);
	working();
	ktap(reaches("out", 0), "failing: no block is out after that");
	for (double end = seconds() + 300; buf < 0 && seconds() < end; poll(NULL, 0, 50))
		buf = alloc(HALF, NULL);
	ktap(buf >= 0, "failing: an allocation succeeds when it is over");
	close(buf);
	reaches("out", 0);
}

/* OP-TEE or the kernel has no memory for a moment, when a block is to go back. */
static void test_short_of_memory(void)
{
	int buf = alloc(HALF, NULL);

	failing("optee_call", -ENOMEM);
	close(buf);
	while (!guest_number("/sys/module/rstmem_failing/parameters/failed"))
		poll(NULL, 0, 50);
	working();
	ktap(reaches("out", 0) && !elastic("poisoned"),
	     "reclaim: it is tried again after a lack of memory");
}

/* A block stays lent without a buffer. */
static void lend_empty(void)
{
	set("idle_ms", 600000);
	close(alloc(HALF, NULL));
	guest_settle();
	if (elastic("out") != BLOCK)
		ktap_bail("no block stays lent");
}

static void test_unload(uint64_t idle)
{
	int buf;

	lend_empty();
	close(dev);
	ktap(!system("rmmod optee_rstmem"),
	     "unload: the module goes while a block is lent and empty");
	ktap_eq(ram(), idle, "unload: all memory is RAM afterwards");
	ktap(!system("xtest regression_1001 >/dev/null"), "unload: OP-TEE works");
	if (system(LOAD))
		ktap_bail("cannot load it again");
	settle_in();
	buf = alloc(HALF, NULL);
	ktap(buf >= 0, "unload: the next load lends the memory again");
	close(buf);
	reaches("out", 0);
}

/* The stock driver goes and comes back. A block that is lent then is given back first. */
static void test_unbind(uint64_t idle)
{
	int buf;

	lend_empty();
	close(dev);
	ktap(!target_remove(), "unbind: the stock driver is unbound with a block lent and empty");
	ktap_eq(ram(), idle, "unbind: all memory is RAM afterwards");
	ktap(!target_return(), "unbind: the stock driver is bound again");
	settle_in();
	buf = alloc(HALF, NULL);
	ktap(buf >= 0, "unbind: memory is lent again");
	close(buf);
	reaches("out", 0);
}

static void test_poison(void)
{
	struct tee_ioctl_rstmem_query query;
	int buf[BLOCKS], n;
	uint64_t addr;
	uint8_t byte;

	failing("optee_reclaim", -EIO);
	buf[0] = alloc(HALF, NULL);
	close(buf[0]);
	ktap(reaches("poisoned", BLOCK),
	     "poison: a block that OP-TEE does not give back is poisoned");
	working();
	tee_query(dev, VIDEO, &query);
	ktap_eq(query.most, (BLOCKS - 1) * BLOCK, "poison: the pool has that much less");
	addr = block_in("poisoned", 0);
	ktap(guest_iomem_has(addr, "rstmem") && !guest_iomem_has(addr, "System RAM"),
	     "poison: the block stays claimed, and is not RAM");
	ktap_eq(guest_devmem(addr, &byte, 1), SIGKILL, "poison: the block stays protected");
	for (n = 0; n < BLOCKS; n++) {
		buf[n] = alloc(HALF, NULL);
		if (buf[n] < 0)
			break;
	}
	ktap_eq(n, BLOCKS - 1, "poison: the other blocks still serve");
	close_all(buf, n);
	ktap(reaches("out", BLOCK), "poison: the other blocks go back");

	buf[0] = alloc(HALF, NULL);
	addr = block_in("active", 0);
	close(dev);
	ktap(!target_remove(), "unbind: the stock driver is unbound while a buffer lives");
	close(buf[0]);
	ktap(guest_iomem_has(addr, "rstmem") && !guest_iomem_has(addr, "System RAM"),
	     "unbind: the block of the buffer stays claimed, and is not RAM");
	ktap_eq(guest_devmem(addr, &byte, 1), SIGKILL, "unbind: the block of the buffer stays protected");
	guest_keep_modules();
}

int main(int argc, char **argv)
{
	uint64_t idle;

	ktap_start();
	content = malloc(PAGE);
	guest_set_wait_ms("600000");
	settle_in();
	if (argc > 1 && !strcmp(argv[1], "poison")) {
		test_poison();
		return ktap_end();
	}
	idle = ram();
	test_moment();
	test_growth(idle);
	test_secrets();
	test_outlive();
	test_failed("optee_lend", -EIO, "OP-TEE does not protect a block");
	test_short_of_memory();
	test_unload(idle);
	test_unbind(idle);
	close(dev);
	return ktap_end();
}
