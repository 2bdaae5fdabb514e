// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and accounts: list them, find those of a device, read their members. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/account.h"
#include "common.h"

#define UI_ACCOUNT	"tee0,trusted-ui"
#define RECORD_ACCOUNT	"tee0,secure-video-record"

/* The numbers of the accounts. Their order is documented, their values are not. */
static int first, second, third;

static bool is_empty(const struct rstmem_account *account)
{
	static const struct rstmem_account empty = { .device = -1 };

	return !memcmp(account, &empty, sizeof(empty));
}

/* Returns the number of the account after @after if @name fits; NULL is no account. */
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
	     "next_account: gives three accounts in the order of their use cases");
	ktap(!next_is(third, NULL),
	     "next_account: ends after the last account: ENOENT");
	ktap_eq(next_is(INT_MIN, VIDEO_ACCOUNT), first,
		"next_account: accepts INT_MIN as a start");
	ktap(!next_is(INT_MAX, NULL),
	     "next_account: accepts INT_MAX as a start: ENOENT");

	if (system("modprobe rstmem_fake use_cases=0x8000000000000012"))
		ktap_bail("modprobe rstmem_fake");
	first = next_is(third, "tee1,secure-video");
	second = next_is(first, "tee1,4");
	ktap(first > third && next_is(second, "tee1,63") > second,
	     "next_account: gives the accounts of a second device, also without a name");
	if (system("rmmod rstmem_fake"))
		ktap_bail("rmmod rstmem_fake");
	ktap(!next_is(third, NULL),
	     "next_account: ends after the last account when the second device is gone");
}

static bool read_of(struct rstmem *dev, uint32_t use_case,
		    struct rstmem_account *account)
{
	memset(account, 0xff, sizeof(*account));
	return !rstmem_account_of(dev, use_case, account);
}

/* Returns whether no account is found, with @error. */
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
	     !strcmp(a.name, UI_ACCOUNT),
	     "account_of: finds the account of a device");
	ktap(!rstmem_query(dev, UI, &u) && a.total == u.total &&
	     a.granule == u.granule && a.largest_free == u.largest_free,
	     "account_of: total, granule and largest free are those of query");
	ktap(!a.used && !a.buffers && a.free == a.total,
	     "account_of: nothing is used without a buffer");

	if (rstmem_alloc(dev, UI, 12288, 0, &buf))
		ktap_bail("rstmem_alloc");
	ktap(read_of(dev, UI, &b) && b.used == 12288 && b.buffers == 1 &&
	     b.free == a.free - 12288 && b.peak >= 12288,
	     "account_of: counts a buffer and keeps the peak");
	rstmem_buffer_close(&buf);
	ktap(read_of(dev, UI, &a) && !a.used && !a.buffers &&
	     a.peak == b.peak && a.free == a.total,
	     "account_of: the peak stays when the buffer is gone");

	if (!rstmem_alloc(dev, UI, UINT64_C(1) << 32, 0, &buf))
		ktap_bail("4 GiB");
	ktap(read_of(dev, UI, &b) &&
	     b.failed_no_memory == a.failed_no_memory + 1 &&
	     b.failed_limit == a.failed_limit &&
	     b.failed_backend == a.failed_backend &&
	     b.failed_importer == a.failed_importer &&
	     b.failed_reach == a.failed_reach,
	     "account_of: counts a failure for lack of memory");
	memset(&a, 0, sizeof(a));
	ktap(!memcmp(a.reserved, b.reserved, sizeof(a.reserved)),
	     "account_of: reserved members are 0");
}

static void test_limits(struct rstmem *dev)
{
	struct rstmem_account a;

	ktap(read_of(dev, UI, &a) && a.max_user_bytes == RSTMEM_NO_LIMIT &&
	     a.max_user_buffers == RSTMEM_NO_LIMIT &&
	     a.max_buffer_bytes == RSTMEM_NO_LIMIT && !a.reserve,
	     "account_of: no limit is set at first");
	account_write(UI_ACCOUNT, "limits/user_bytes", "18446744073709551614");
	account_write(UI_ACCOUNT, "limits/user_buffers", "16");
	account_write(UI_ACCOUNT, "limits/buffer_bytes", "8M");
	account_write(UI_ACCOUNT, "limits/reserve", "0x1000");
	ktap(read_of(dev, UI, &a) && a.max_user_bytes == UINT64_MAX - 1 &&
	     a.max_user_buffers == 16 && a.max_buffer_bytes == 8 << 20 &&
	     a.reserve == 4096, "account_of: tells the limits that were set");
	ktap(read_of(dev, VIDEO, &a) && a.max_user_buffers == RSTMEM_NO_LIMIT,
	     "account_of: limits of one use case leave another without");
	account_write(UI_ACCOUNT, "limits/user_bytes", "max");
	account_write(UI_ACCOUNT, "limits/user_buffers", "max");
	account_write(UI_ACCOUNT, "limits/buffer_bytes", "max");
	account_write(UI_ACCOUNT, "limits/reserve", "0");
}

/* Returns whether the list of importers is @list, or @error. */
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
	     "account_importers: any device may attach at first");
	ktap(importers_are(&a, 4, "any", 0),
	     "account_importers: a list may fill the buffer");
	ktap(importers_are(&a, 3, "", ENOSPC),
	     "account_importers: a buffer one byte too small fails: ENOSPC");
	ktap(importers_are(&a, 0, "", ENOSPC),
	     "account_importers: no buffer fails: ENOSPC");
	account_write(UI_ACCOUNT, "importers", "driver:a*\ndevice:b\n");
	ktap(importers_are(&a, RSTMEM_IMPORTERS_SIZE, "driver:a* device:b", 0),
	     "account_importers: tells the list that was set");
	memset(list, 'x', sizeof(list));
	memcpy(list, "driver:", 7);
	list[4000] = 0;
	ktap(!account_write(UI_ACCOUNT, "importers", list) &&
	     importers_are(&a, RSTMEM_IMPORTERS_SIZE, list, 0),
	     "account_importers: tells a list of 4000 characters");
	account_write(UI_ACCOUNT, "importers", "any");
	strcpy(a.name, "tee9,trusted-ui");
	ktap(importers_are(&a, RSTMEM_IMPORTERS_SIZE, "", ENOENT),
	     "account_importers: fails for an unknown account: ENOENT");
}

static void test_account_of(struct rstmem *dev)
{
	struct rstmem_account a;
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP), *other;

	ktap(none_of(dev, 4, EINVAL) && none_of(dev, 0, EINVAL) &&
	     none_of(dev, UINT32_MAX, EINVAL),
	     "account_of: refuses a use case that is not offered: EINVAL");
	ktap(read_of(heaps, RECORD, &a) && !strcmp(a.name, RECORD_ACCOUNT),
	     "account_of: heaps give the account of their device");
	ktap(none_of(heaps, 4, EINVAL),
	     "account_of: refuses a use case that heaps do not offer: EINVAL");
	rstmem_close(heaps);
	heaps = open_device(UI_HEAP);
	ktap(read_of(heaps, UI, &a) && !strcmp(a.name, UI_ACCOUNT),
	     "account_of: one heap gives the account of its device");
	ktap(none_of(heaps, VIDEO, EINVAL),
	     "account_of: refuses a use case other than the heap's: EINVAL");
	rstmem_close(heaps);
	make_node("/dev/other", "/dev/tee0", 0600);
	other = open_device("/dev/other");
	ktap(read_of(other, VIDEO, &a) && !strcmp(a.name, VIDEO_ACCOUNT),
	     "account_of: a device has its account under any name of the node");
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

/* Other modules and other sysfs: accounts that look different. */

#define CLASS	"/sys/class/rstmem"

static void make_account(const char *name, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CLASS "/%s", name);
	mkdir(path, 0700);
	if (!file)
		return;
	snprintf(path, sizeof(path), CLASS "/%s/%s", name, file);
	write_file(path, text);
}

static int read_next(struct rstmem_account *account)
{
	memset(account, 0xff, sizeof(*account));
	return rstmem_next_account(-1, account);
}

/* Removes the account while it is read. */
static bool is_gone_meanwhile(const char *name)
{
	char path[128], fifo[160];
	struct rstmem_account a;
	pid_t pid;
	int fd;

	snprintf(path, sizeof(path), CLASS "/%s", name);
	snprintf(fifo, sizeof(fifo), "%s/granule", path);
	mkdir(path, 0700);
	if (mkfifo(fifo, 0600))
		return false;
	pid = fork();
	if (!pid) {
		fd = open(fifo, O_WRONLY | O_CLOEXEC);
		_exit(fd < 0 || rename(path, CLASS "/gone") || write(fd, "1\n", 2) != 2);
	}
	return read_next(&a) == -ENOENT && is_empty(&a) &&
	       waitpid(pid, NULL, 0) == pid && !access(CLASS "/gone", F_OK);
}

static int others_accounts(struct rstmem *dev)
{
	static const char *const no_names[] = {
		"tee5", "tee5,hat", "tee32,secure-video", "tee05,secure-video",
		"fee5,secure-video", "tee-1,secure-video", "tee5,1", ",secure-video",
	};
	struct rstmem_account a;
	size_t n;

	(void)dev;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", CLASS, "tmpfs", 0, NULL))
		return 99;
	for (n = 0; n < sizeof(no_names) / sizeof(*no_names); n++)
		make_account(no_names[n], NULL, NULL);
	if (read_next(&a) != -ENOENT || !is_empty(&a))
		return 1;
	write_file(CLASS "/tee1,4", "a file");
	if (read_next(&a) != -ENOTDIR || !is_empty(&a))
		return 2;
	unlink(CLASS "/tee1,4");

	make_account("tee1,4", "used", "12\n");
	if (read_next(&a) < 0 || a.device != 1 || a.use_case != 4 || a.used != 12 ||
	    a.granule || a.lost || a.max_user_bytes != RSTMEM_NO_LIMIT || a.reserve)
		return 3;
	if (!importers_are(&a, RSTMEM_IMPORTERS_SIZE, "", ENOENT))
		return 4;
	make_account("tee1,4", "used", "12");
	if (read_next(&a) != -EIO || !is_empty(&a))
		return 5;
	make_account("tee1,4", "used", "many\n");
	if (read_next(&a) != -EIO || !is_empty(&a))
		return 6;
	rename(CLASS "/tee1,4", CLASS "/old");
	return is_gone_meanwhile("tee1,4") ? 0 : 7;
}

void test_accounts(struct rstmem *dev)
{
	test_next();
	test_figures(dev);
	test_limits(dev);
	test_importers(dev);
	test_account_of(dev);
	ktap_eq(in_child(without_permission, dev), 0,
		"accounts: can be read without permission for devices");
	ktap_eq(in_child(without_sysfs, dev), 0,
		"accounts: there are none without sysfs");
	ktap_eq(in_child(others_accounts, dev), 0,
		"next_account: missing numbers are 0, others are refused, an account may go: EIO, ENOTDIR, ENOENT");
}
