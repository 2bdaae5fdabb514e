// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and accounts: walk over them, find a device's, read all they tell. */
#define _FILE_OFFSET_BITS	64

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../../support/account.h"
#include "common.h"

#define UI_ACCOUNT	"tee0,trusted-ui"
#define RECORD_ACCOUNT	"tee0,secure-video-record"

/* Numbers of accounts are documented to be in this order, not what they are. */
static int first, second, third;

static bool is_empty(const struct rstmem_account *account)
{
	static const struct rstmem_account empty = { .device = -1 };

	return !memcmp(account, &empty, sizeof(empty));
}

/* The account after a number, as it should be: its name, or NULL for none. */
static int next_is(int after, const char *name)
{
	struct rstmem_account account;
	int number;

	memset(&account, 0xff, sizeof(account));
	number = rstmem_next_account(after, &account);
	if (number < 0)
		return !name && number == -ENOENT && is_empty(&account) ? 0 : -1;
	if (!name || strcmp(account.name, name)) {
		ktap_note("%d is followed by %s", after, account.name);
		return -1;
	}
	return number;
}

static void test_next(void)
{
	first = next_is(-1, VIDEO_ACCOUNT);
	second = next_is(first, UI_ACCOUNT);
	third = next_is(second, RECORD_ACCOUNT);
	ktap(first >= 0 && second > first && third > second,
	     "three accounts in the order of their use cases");
	ktap(!next_is(third, NULL), "and no more: ENOENT");
	ktap_eq(next_is(INT_MIN, VIDEO_ACCOUNT), first,
		"any number to begin with");
	ktap(!next_is(INT_MAX, NULL), "any number to end with");

	if (system("modprobe rstmem_fake use_cases=0x8000000000000012"))
		ktap_bail("modprobe rstmem_fake");
	first = next_is(third, "tee1,secure-video");
	second = next_is(first, "tee1,4");
	ktap(first > third && next_is(second, "tee1,63") > second,
	     "those of another device follow, also without a name");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rmmod rstmem_fake");
	ktap(!next_is(third, NULL), "until that is gone");
}

static bool read_of(struct rstmem *dev, uint32_t use_case,
		    struct rstmem_account *account)
{
	memset(account, 0xff, sizeof(*account));
	return !rstmem_account_of(dev, use_case, account);
}

/* Whether no account is found, for this reason. */
static bool none_of(struct rstmem *dev, uint32_t use_case, int error)
{
	struct rstmem_account account;
	int ret;

	memset(&account, 0xff, sizeof(account));
	ret = rstmem_account_of(dev, use_case, &account);
	if (ret != -error)
		ktap_note("rstmem_account_of() is %d", ret);
	return ret == -error && is_empty(&account);
}

static void test_figures(struct rstmem *dev)
{
	struct rstmem_account a, b;
	struct rstmem_buffer buf;
	struct rstmem_usage u;

	ktap(read_of(dev, UI, &a) && a.device == 0 && a.use_case == UI &&
	     !strcmp(a.name, UI_ACCOUNT), "the account of a device");
	ktap(!rstmem_query(dev, UI, &u) && a.total == u.total &&
	     a.granule == u.granule && a.largest_free == u.largest_free,
	     "says what a query says");
	ktap(!a.used && !a.buffers && a.free == a.total, "and that it is free");

	if (rstmem_alloc(dev, UI, 12288, 0, &buf))
		ktap_bail("rstmem_alloc");
	ktap(read_of(dev, UI, &b) && b.used == 12288 && b.buffers == 1 &&
	     b.free == a.free - 12288 && b.peak >= 12288,
	     "or how much is used, and was at most");
	rstmem_buffer_close(&buf);
	ktap(read_of(dev, UI, &a) && !a.used && !a.buffers &&
	     a.peak == b.peak && a.free == a.total, "which stays");

	if (!rstmem_alloc(dev, UI, UINT64_C(1) << 32, 0, &buf))
		ktap_bail("4 GiB");
	ktap(read_of(dev, UI, &b) &&
	     b.failed_no_memory == a.failed_no_memory + 1 &&
	     b.failed_limit == a.failed_limit &&
	     b.failed_backend == a.failed_backend &&
	     b.failed_importer == a.failed_importer &&
	     b.failed_reach == a.failed_reach, "what does not fit is counted");
	memset(&a, 0, sizeof(a));
	ktap(!memcmp(a.reserved, b.reserved, sizeof(a.reserved)),
	     "what is reserved is 0");
}

static void test_limits(struct rstmem *dev)
{
	struct rstmem_account a;

	ktap(read_of(dev, UI, &a) && a.max_user_bytes == RSTMEM_NO_LIMIT &&
	     a.max_user_buffers == RSTMEM_NO_LIMIT &&
	     a.max_buffer_bytes == RSTMEM_NO_LIMIT && !a.reserve,
	     "no limits at first");
	account_write(UI_ACCOUNT, "limits/user_bytes", "18446744073709551614");
	account_write(UI_ACCOUNT, "limits/user_buffers", "16");
	account_write(UI_ACCOUNT, "limits/buffer_bytes", "8M");
	account_write(UI_ACCOUNT, "limits/reserve", "0x1000");
	ktap(read_of(dev, UI, &a) && a.max_user_bytes == UINT64_MAX - 1 &&
	     a.max_user_buffers == 16 && a.max_buffer_bytes == 8 << 20 &&
	     a.reserve == 4096, "then those that were set");
	ktap(read_of(dev, VIDEO, &a) && a.max_user_buffers == RSTMEM_NO_LIMIT,
	     "each use case has its own");
	account_write(UI_ACCOUNT, "limits/user_bytes", "max");
	account_write(UI_ACCOUNT, "limits/user_buffers", "max");
	account_write(UI_ACCOUNT, "limits/buffer_bytes", "max");
	account_write(UI_ACCOUNT, "limits/reserve", "0");
}

/* A list, or an error. */
static bool importers_are(const struct rstmem_account *account, size_t size,
			  const char *list, int error)
{
	char text[RSTMEM_IMPORTERS_SIZE];
	int ret = rstmem_account_importers(account, text, size);

	if (ret)
		ktap_note("rstmem_account_importers() is %d", ret);
	return ret == -error && (ret || !strcmp(text, list));
}

static void test_importers(struct rstmem *dev)
{
	char list[RSTMEM_IMPORTERS_SIZE];
	struct rstmem_account a;

	if (!read_of(dev, UI, &a))
		ktap_bail("rstmem_account_of");
	ktap(importers_are(&a, RSTMEM_IMPORTERS_SIZE, "any", 0),
	     "any device may attach at first");
	ktap(importers_are(&a, 4, "any", 0), "a list that just fits");
	ktap(importers_are(&a, 3, "", ENOSPC), "one byte less: ENOSPC");
	ktap(importers_are(&a, 0, "", ENOSPC), "no memory at all: ENOSPC");
	account_write(UI_ACCOUNT, "importers", "driver:a*\ndevice:b\n");
	ktap(importers_are(&a, RSTMEM_IMPORTERS_SIZE, "driver:a* device:b", 0),
	     "then those that were set");
	memset(list, 'x', sizeof(list));
	memcpy(list, "driver:", 7);
	list[4000] = 0;
	ktap(!account_write(UI_ACCOUNT, "importers", list) &&
	     importers_are(&a, RSTMEM_IMPORTERS_SIZE, list, 0),
	     "however long the list is");
	account_write(UI_ACCOUNT, "importers", "any");
	strcpy(a.name, "tee9,trusted-ui");
	ktap(importers_are(&a, RSTMEM_IMPORTERS_SIZE, "", ENOENT),
	     "no such account: ENOENT");
}

static void test_account_of(struct rstmem *dev)
{
	struct rstmem_account a;
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP), *other;

	ktap(none_of(dev, 4, EINVAL) && none_of(dev, 0, EINVAL) &&
	     none_of(dev, UINT32_MAX, EINVAL), "a use case not offered: EINVAL");
	ktap(read_of(heaps, RECORD, &a) && !strcmp(a.name, RECORD_ACCOUNT),
	     "heaps have that of the device behind them");
	ktap(none_of(heaps, 4, EINVAL), "not offered by heaps: EINVAL");
	rstmem_close(heaps);
	heaps = open_device(UI_HEAP);
	ktap(read_of(heaps, UI, &a) && !strcmp(a.name, UI_ACCOUNT),
	     "one heap, too");
	ktap(none_of(heaps, VIDEO, EINVAL), "but only for its own use case");
	rstmem_close(heaps);
	make_node("/dev/other", "/dev/tee0", 0600);
	other = open_device("/dev/other");
	ktap(read_of(other, VIDEO, &a) && !strcmp(a.name, VIDEO_ACCOUNT),
	     "what a node is called does not matter");
	rstmem_close(other);
	unlink("/dev/other");
}

static int without_permission(struct rstmem *dev)
{
	struct rstmem_account a;

	(void)dev;
	become_nobody();
	if (next_is(-1, VIDEO_ACCOUNT) < 0 || rstmem_next_account(-1, &a) < 0)
		return 1;
	return importers_are(&a, RSTMEM_IMPORTERS_SIZE, "any", 0) ? 0 : 2;
}

static int without_sysfs(struct rstmem *dev)
{
	struct rstmem_account a;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 99;
	if (rstmem_next_account(-1, &a) < 0)
		return 1;
	umount2("/sys", MNT_DETACH);
	if (next_is(-1, NULL) || !none_of(dev, VIDEO, ENOENT))
		return 2;
	return importers_are(&a, RSTMEM_IMPORTERS_SIZE, "", ENOENT) ? 0 : 3;
}

void test_accounts(struct rstmem *dev)
{
	test_next();
	test_figures(dev);
	test_limits(dev);
	test_importers(dev);
	test_account_of(dev);
	ktap_eq(in_child(without_permission, dev), 0,
		"everybody may read accounts");
	ktap_eq(in_child(without_sysfs, dev), 0, "without sysfs there are none");
}
