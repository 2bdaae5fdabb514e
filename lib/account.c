// SPDX-License-Identifier: LGPL-2.1-or-later
/* Accounts: figures and limits of each use case of a device, from sysfs. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define CLASS	"/sys/class/rstmem"

/* Numbers of accounts: those of a device follow each other. */
#define PER_DEVICE	(TEE_IOC_UC_MAX + 1)

_Static_assert(RSTMEM__DEVICES <= INT32_MAX / PER_DEVICE, "numbers fit");

/*
 * Numbers of an account: file, member, and the value without the file, which another
 * version of the modules may not have. Used is read before the peak.
 */
static const struct {
	const char *file;
	size_t at;
	uint64_t without;
} numbers[] = {
#define NUMBER(file, member) { file, offsetof(struct rstmem_account, member), 0 }
#define LIMIT(file, member) \
	{ file, offsetof(struct rstmem_account, member), RSTMEM_NO_LIMIT }
	NUMBER("granule", granule),
	NUMBER("total", total),
	NUMBER("free", free),
	NUMBER("largest_free", largest_free),
	NUMBER("used", used),
	NUMBER("peak", peak),
	NUMBER("buffers", buffers),
	NUMBER("lost", lost),
	NUMBER("floor", floor),
	NUMBER("most", most),
	NUMBER("elastic/out", out),
	NUMBER("elastic/wanted", wanted),
	NUMBER("elastic/poisoned", poisoned),
	NUMBER("elastic/failed", failed_steps),
	LIMIT("limits/user_bytes", max_user_bytes),
	LIMIT("limits/user_buffers", max_user_buffers),
	LIMIT("limits/buffer_bytes", max_buffer_bytes),
	NUMBER("limits/reserve", reserve),
	NUMBER("failures/no_memory", failed_no_memory),
	NUMBER("failures/limit", failed_limit),
	NUMBER("failures/backend", failed_backend),
	NUMBER("failures/importer", failed_importer),
	NUMBER("failures/reach", failed_reach),
#undef NUMBER
#undef LIMIT
};

static void account_name(int device, uint32_t use_case,
			 char name[RSTMEM_ACCOUNT_NAME_SIZE])
{
	char known[RSTMEM_USE_CASE_NAME_SIZE];

	rstmem_use_case_name(use_case, known, sizeof(known));
	snprintf(name, RSTMEM_ACCOUNT_NAME_SIZE, "tee%d,%s", device, known);
}

/* "tee0,secure-video". Return: the account's number, or -EINVAL. */
static int parse_name(const char *name)
{
	char again[RSTMEM_ACCOUNT_NAME_SIZE];
	const char *comma = strchr(name, ',');
	unsigned long device;
	uint32_t use_case;

	if (!comma || strncmp(name, "tee", 3) ||
	    rstmem_use_case_parse(comma + 1, &use_case))
		return -EINVAL;
	device = strtoul(name + 3, NULL, 10);
	if (device >= RSTMEM__DEVICES)
		return -EINVAL;

	/* Only as the kernel writes it. */
	account_name((int)device, use_case, again);
	return strcmp(name, again) ? -EINVAL :
				     (int)device * PER_DEVICE + (int)use_case;
}

/* Return: 0 or -errno. */
static int read_number(int dir, const char *file, uint64_t *value)
{
	char text[32], *end;
	ssize_t len = rstmem__read_file(dir, file, text, sizeof(text));

	if (len < 0)
		return (int)len;
	if (!strcmp(text, "max\n")) {
		*value = RSTMEM_NO_LIMIT;
		return 0;
	}
	*value = strtoull(text, &end, 10);
	return end == text || strcmp(end, "\n") ? -EIO : 0;
}

/* Return: a descriptor of the account's directory, or -errno. */
static int open_account(const char *name)
{
	char path[sizeof(CLASS) + RSTMEM_ACCOUNT_NAME_SIZE];

	snprintf(path, sizeof(path), CLASS "/%s", name);
	return rstmem__open(path, O_RDONLY | O_DIRECTORY);
}

/* True when the account of a directory has not gone since that was opened. */
static int is_there(int dir, const char *name)
{
	char path[sizeof(CLASS) + RSTMEM_ACCOUNT_NAME_SIZE];
	struct stat now, opened;

	snprintf(path, sizeof(path), CLASS "/%s", name);
	return !stat(path, &now) && !fstat(dir, &opened) &&
	       now.st_dev == opened.st_dev && now.st_ino == opened.st_ino;
}

/* Return: 0 or -errno; -ENOENT when there is no such account, or no longer. */
static int read_account(int number, struct rstmem_account *account)
{
	struct rstmem_account new = {
		.device = number / PER_DEVICE,
		.use_case = (uint32_t)number % PER_DEVICE,
	};
	int dir, ret = 0, missing = 0;
	uint64_t *to;
	size_t i;

	account_name(new.device, new.use_case, new.name);
	/* By one directory: another account may get the name meanwhile. */
	dir = open_account(new.name);
	if (dir < 0)
		return dir;
	for (i = 0; !ret && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		to = (void *)((char *)&new + numbers[i].at);
		ret = read_number(dir, numbers[i].file, to);
		if (ret == -ENOENT || ret == -EACCES) {
			*to = numbers[i].without;
			missing = 1;
			ret = 0;
		}
	}
	if (missing && !is_there(dir, new.name))
		ret = -ENOENT;
	close(dir);
	if (ret)
		return ret == -ENODEV ? -ENOENT : ret;

	*account = new;
	return 0;
}

/* Return: the lowest number above @after, or -errno. */
static int find_next(int after)
{
	struct dirent *entry;
	int number, best = -ENOENT;
	DIR *dir;
	int fd;

	fd = rstmem__open(CLASS, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir))) {
		number = parse_name(entry->d_name);
		if (number > after && (best < 0 || number < best))
			best = number;
	}
	closedir(dir);
	return best;
}

int rstmem_next_account(int after, struct rstmem_account *account)
{
	int number = after < 0 ? -1 : after, ret;

	*account = (struct rstmem_account){ .device = -1 };
	do {
		number = find_next(number);
		if (number < 0)
			return number;
		ret = read_account(number, account);
		/* Gone since then, which leaves the next. */
	} while (ret == -ENOENT);

	return ret ? ret : number;
}

int rstmem_account_of(struct rstmem *dev, uint32_t use_case,
		      struct rstmem_account *account)
{
	struct rstmem__node node;
	uint64_t offered;
	int number = -1, ret;

	*account = (struct rstmem_account){ .device = -1 };
	ret = rstmem_use_cases(dev, &offered);
	if (ret)
		return ret;
	if (use_case > TEE_IOC_UC_MAX || !(offered >> use_case & 1))
		return -EINVAL;

	if (dev->via == RSTMEM_VIA_TEE) {
		number = -ENOENT;
		if (!rstmem__node_of(dev->fd, &node))
			number = rstmem__tee_number(node.name);
		if (number < 0 || number >= RSTMEM__DEVICES)
			return -ENOENT;
		return read_account(number * PER_DEVICE + (int)use_case, account);
	}

	/* A heap takes from the first device that has the use case. */
	do
		number = find_next(number);
	while (number >= 0 && (uint32_t)number % PER_DEVICE != use_case);
	return number < 0 ? number : read_account(number, account);
}

int rstmem_account_importers(const struct rstmem_account *account, char *text,
			     size_t size)
{
	char buf[RSTMEM_IMPORTERS_SIZE + 1];
	ssize_t len;
	int dir;

	dir = open_account(account->name);
	if (dir < 0)
		return dir;
	len = rstmem__read_file(dir, "importers", buf, sizeof(buf));
	close(dir);
	if (len < 0)
		return len == -ENODEV ? -ENOENT : (int)len;

	buf[strcspn(buf, "\n")] = 0;
	if (strlen(buf) >= size)
		return -ENOSPC;
	strcpy(text, buf);
	return 0;
}
