// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection. A site is an allocation or a copy from or to user space. Each
 * operation is repeated, and each time its next site fails, until the operation ends
 * before the site is reached. After each attempt nothing of the operation may be left,
 * and it must work when nothing fails. An operation that works although a site failed
 * has absorbed the failure, which is allowed.
 *
 * Needs a kernel with failslab, fail_page_alloc, fail_usercopy and fail-nth, see
 * Documentation/fault-injection in its source. fail-nth is of a task, so one task does
 * everything.
 *
 *	fail [calls | pages | bind | load | attach]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "../../include/tee_gp.h"
#include "../fail/inject.h"
#include "../fail/op.h"
#include "../fail/state.h"
#include "../support/account.h"
#include "../support/ktap.h"

/* More than any operation has sites. */
#define MAX_SITES	20000

static unsigned int all_sites, all_failed, all_absorbed;

/* Returns whether a failed allocation or copy may cause this result. */
static bool is_expected(const struct op *op, int rc)
{
	size_t n;

	for (n = 0; n < COUNT(op->errors); n++)
		if (rc == op->errors[n])
			return true;
	return rc == -ENOMEM || rc == -EFAULT ||
	       rc == (int)TEEC_ERROR_OUT_OF_MEMORY;
}

/* Runs an operation, with site @nth failing unless it is 0. Returns its result. */
static int attempt(const struct op *op, unsigned int nth, bool *hit)
{
	int rc;

	op->prepare();
	fail_at(nth);
	rc = op->run();
	*hit = fail_stop() && nth;
	if (op->undo)
		op->undo();
	else
		undo();
	return rc;
}

static void torture(const struct op *op)
{
	unsigned int nth, failed = 0, absorbed = 0;
	struct state was;
	bool hit, ok = true;
	int rc;

	/* One run without failures makes objects of first use. */
	rc = attempt(op, 0, &hit);
	if (rc) {
		ktap(false, "%s: works when nothing fails: %d", op->name, rc);
		return;
	}
	look(&was);
	leave_out(op->without ? op->without : KMEMLEAK);
	for (nth = 1; nth < MAX_SITES; nth++) {
		rc = attempt(op, nth, &hit);
		if (!hit) {
			if (rc)
				ktap_note("no site failed, but the operation did: %d", rc);
			ok = ok && !rc;
			break;
		}
		if (!rc)
			absorbed++;
		else
			failed++;
		if (rc && (op->works || !is_expected(op, rc))) {
			ktap_note("site %u: returns %d (%s)", nth, rc,
				  rc < 0 && rc > -4096 ? strerror(-rc) : "TEE");
			ok = false;
		}
		if (!settled(&was)) {
			ktap_note("site %u: the failed operation leaves something", nth);
			ok = false;
		}
		rc = attempt(op, 0, &hit);
		if (rc) {
			ktap_note("site %u: the operation fails afterwards: %d", nth, rc);
			ok = false;
		}
		if (!settled(&was)) {
			ktap_note("site %u: the next operation leaves something", nth);
			ok = false;
		}
		if (!ok)
			break;
	}
	ktap(ok && nth < MAX_SITES && (nth > 1 || op->no_site),
	     "%s: leaves nothing behind at any of %u failed sites (%u errors, %u absorbed)",
	     op->name,
	     failed + absorbed, failed, absorbed);
	all_sites += failed + absorbed;
	all_failed += failed;
	all_absorbed += absorbed;
}

static void torture_all(const struct op *ops, size_t num)
{
	size_t n;

	for (n = 0; n < num; n++)
		torture(&ops[n]);
}

#define TORTURE(ops)	torture_all(ops, num_##ops)

/*
 * Drop the capability that exempts root from limits, and set limits to the needs of the
 * operations: a charge left behind makes the next operation fail.
 */
static void be_limited(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	char text[32];
	size_t n;

	if (syscall(SYS_capget, &head, data))
		ktap_bail("capget: %s", strerror(errno));
	data[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	if (syscall(SYS_capset, &head, data))
		ktap_bail("capset: %s", strerror(errno));
	snprintf(text, sizeof(text), "%lu", 2 * SIZE);
	for (n = 0; n < ACCOUNTS; n++)
		if (account_write(accounts[n], "limits/user_bytes", text) ||
		    account_write(accounts[n], "limits/user_buffers", "2"))
			ktap_bail("limits: %s", accounts[n]);
}

/*
 * softtee maps and clears its pools in pieces when it is bound, and each piece has the
 * same sites. With small pools each kind of site is tried, and not a thousand times.
 */
static void have_small_pools(void)
{
	char pools[512], command[640], *item;
	FILE *f = fopen("/sys/module/softtee/parameters/pool", "r");
	int len;

	if (!f || !fgets(pools, sizeof(pools), f))
		ktap_bail("softtee has no pool");
	fclose(f);
	len = snprintf(command, sizeof(command), "rmmod softtee && modprobe softtee pool=");
	for (item = strtok(pools, ",\n"); item; item = strtok(NULL, ",\n"))
		len += snprintf(command + len, sizeof(command) - len, "%s256K%s",
				command[len - 1] == '=' ? "" : ",", strchr(item, '@'));
	if (system(command))
		ktap_bail("%s: fails", command);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";

	ktap_start();
	if (!injection_start()) {
		ktap_skip("fault injection: operations leave nothing behind",
			  "this kernel has no fault injection");
		return ktap_end();
	}
	if (!strcmp(only, "bind") || !strcmp(only, "load") || !strcmp(only, "attach"))
		have_small_pools();
	forget();
	find_modules();
	be_limited();
	if (!*only || !strcmp(only, "calls"))
		TORTURE(calls);
	if (!*only || !strcmp(only, "calls") || !strcmp(only, "pages")) {
		if (system("modprobe rstmem_fake mode=pages"))
			ktap_bail("rstmem_fake does not load");
		TORTURE(page_calls);
		if (system("rmmod rstmem_fake"))
			ktap(false, "fault injection: rstmem_fake unloads");
	}
	if (!*only || !strcmp(only, "bind"))
		TORTURE(binding);
	if (!*only || !strcmp(only, "load") || !strcmp(only, "attach")) {
		if (system("rmmod rstmem_edu"))
			ktap_bail("rstmem_edu does not unload");
		injection_of_modules();
		if (strcmp(only, "attach"))
			TORTURE(loading);
		if (strcmp(only, "load")) {
			if (system("modprobe rstmem_host"))
				ktap_bail("rstmem_host does not load");
			TORTURE(attaching);
		}
		have_none();
	}
	ktap_note("%u sites failed: %u operations with them, %u absorbed it",
		  all_sites, all_failed, all_absorbed);
	ktap(all_failed > 0, "fault injection: sites were found and failed");
	return ktap_end();
}
