// SPDX-License-Identifier: GPL-2.0-only
/*
 * The next kernel, after a kexec that waits for no process. Nothing that was in restricted
 * memory is in its RAM, and memory that the last kernel lent to the TEE without taking it back
 * stays out of use.
 *
 *	successor leave		fills memory, and starts the kernel in /root/vmlinuz
 *	successor arrive USED EMPTY	the command of that kernel. The addresses are those of a
 *				block with a buffer and of one without, or 0 where the pool
 *				is not elastic
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../elastic/pool.h"
#include "../support/account.h"
#include "../support/content.h"
#include "../support/guest.h"
#include "../support/kcore.h"
#include "../support/kexec.h"
#include "../support/ktap.h"
#include "../support/target.h"

/* More than half of a block. */
#define LARGE	(96 * MIB)

static bool has_blocks(void)
{
	return !access("/sys/class/rstmem/" VIDEO_ACCOUNT "/elastic", F_OK);
}

/* softtee is loaded here, OP-TEE's backend by the lab. */
static void prepare(void)
{
	if (!access("/sys/module/optee_rstmem", F_OK))
		dev = target_open();
	else
		load("", "elastic_idle_ms=100");
}

/* Fills the first page and the last one. */
static int filled(uint64_t size, const uint8_t *content)
{
	int id, buf = tee_rstmem(dev, VIDEO, size, &id);

	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	content_fill(dev, id, 0, content, PAGE);
	content_fill(dev, id, size - PAGE, content, PAGE);
	return buf;
}

static void leave(const uint8_t *content)
{
	char used[32] = "0", empty[32] = "0";
	char *argv[] = { "successor", "arrive", used, empty, NULL };
	int buf;

	if (!has_blocks()) {
		filled(target()->total, content);
		kexec_into(argv);
	}
	set("idle_ms", 600000);
	set("warm", 0);
	buf = filled(LARGE, content);
	snprintf(empty, sizeof(empty), "%#llx",
		 (unsigned long long)block_in("active", 0));
	filled(LARGE, content);
	snprintf(used, sizeof(used), "%#llx",
		 (unsigned long long)block_in("active", strtoull(empty, NULL, 0)));
	close(buf);
	guest_settle();
	if (elastic("out") != 2 * BLOCK)
		ktap_bail("no block stays lent without a buffer");
	kexec_into(argv);
}

/* A service has to look at memory that no CPU can read. */
static void arrive_static(const uint8_t *content)
{
	uint8_t *zero = calloc(1, PAGE);
	int id, buf = tee_rstmem(dev, VIDEO, target()->total, &id);

	ktap(buf >= 0, "kexec: the next kernel allocates all memory");
	ktap(content_is(dev, id, 0, zero, PAGE) &&
	     content_is(dev, id, target()->total - PAGE, zero, PAGE),
	     "kexec: what was in a buffer is cleared before the memory is used again");
	content_fill(dev, id, 0, content, PAGE);
	ktap(content_is(dev, id, 0, content, PAGE) && !content_is(dev, id, 0, zero, PAGE),
	     "kexec: the service that looks for content finds it where it is");
	free(zero);
}

static void arrive_lent(uint64_t used, uint64_t empty)
{
	uint8_t byte;

	ktap(reaches("poisoned", BLOCK) && block_in("poisoned", 0) == used,
	     "kexec: a block that had a buffer is poisoned in the next kernel, no other");
	ktap(guest_iomem_has(used, "rstmem") && !guest_iomem_has(used, "System RAM"),
	     "kexec: that block is claimed, and is not RAM");
	ktap_eq(guest_devmem(used, &byte, 1), target()->death,
		"kexec: that block stays protected");
	ktap(reaches("out", BLOCK) && kcore_read(empty, &byte, 1) == 1,
	     "kexec: a block that was lent and empty is RAM of the next kernel");
}

static void arrive(uint64_t used, uint64_t empty, const uint8_t *content)
{
	unsigned int n = 0, serving = BLOCKS;
	int buf[BLOCKS];
	uint8_t *own;

	if (!target()->soft)
		ktap(!system("xtest regression_1001 >/dev/null"),
		     "kexec: OP-TEE works with the next kernel");
	if (!used) {
		arrive_static(content);
		return;
	}
	set("idle_ms", 100);
	if (target_protects()) {
		arrive_lent(used, empty);
		serving--;
	} else {
		ktap(reaches("out", 0), "kexec: all blocks are RAM of the next kernel");
	}
	/* Before a block is lent, and cleared for that. */
	ktap_eq(kcore_find(START, BLOCKS * BLOCK, content, PAGE), 0,
		"kexec: the next kernel finds nothing of the content in the RAM of the pool");
	for (n = 0; n < BLOCKS; n++) {
		buf[n] = tee_rstmem(dev, VIDEO, LARGE, NULL);
		if (buf[n] < 0)
			break;
	}
	ktap_eq(n, serving, "kexec: all other blocks serve the next kernel");
	close_all(buf, n);
	ktap(reaches("out", (BLOCKS - serving) * BLOCK), "kexec: they go back");
	own = aligned_alloc(PAGE, PAGE);
	memcpy(own, content, PAGE);
	ktap(kcore_has_own(own, PAGE),
	     "kexec: the same search finds the content in other memory");
	free(own);
	if (target_protects())
		guest_keep_modules();
}

int main(int argc, char **argv)
{
	/* Not where kcore_find() would find it. */
	uint8_t *content = malloc(PAGE + 64) + 32;

	content_make(content, PAGE, 1);
	if (argc == 4 && !strcmp(argv[1], "arrive")) {
		ktap_start();
		prepare();
		arrive(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0), content);
		close(dev);
		return ktap_end();
	}
	if (argc != 2 || strcmp(argv[1], "leave"))
		ktap_bail("usage: successor leave, or successor arrive USED EMPTY");
	prepare();
	guest_set_wait_ms("600000");
	leave(content);
}
