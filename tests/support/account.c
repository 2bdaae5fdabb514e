// SPDX-License-Identifier: GPL-2.0-only
/* Accounts in sysfs and buffers in debugfs, see account.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "guest.h"
#include "ktap.h"

#define CLASS	"/sys/class/rstmem/"
#define BUFFERS	"/sys/kernel/debug/rstmem/buffers"

void account_read(const char *account, const char *name, char *text,
		  unsigned int size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), CLASS "%s/%s", account, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (n < 0)
		ktap_bail("%s: %s", path, strerror(errno));
	close(fd);
	text[n] = 0;
	if (n && text[n - 1] == '\n')
		text[n - 1] = 0;
}

uint64_t account_number(const char *account, const char *name)
{
	char text[64], *end;
	uint64_t value;

	guest_settle();
	account_read(account, name, text, sizeof(text));
	value = strtoull(text, &end, 10);
	if (end == text || *end)
		ktap_bail("%s/%s is \"%s\"", account, name, text);
	return value;
}

int account_write(const char *account, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CLASS "%s/%s", account, name);
	return guest_write(path, text);
}

static bool parse(char *line, struct account_buffer *buf)
{
	char *word, *save, *value;
	unsigned int seen = 0;

	memset(buf, 0, sizeof(*buf));
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (!value)
			return false;
		*value++ = 0;
		seen++;
		if (!strcmp(word, "ino")) {
			buf->has_ino = *value != '-';
			buf->ino = strtoul(value, NULL, 10);
		} else if (!strcmp(word, "account")) {
			snprintf(buf->account, sizeof(buf->account), "%s", value);
		} else if (!strcmp(word, "size")) {
			buf->size = strtoull(value, NULL, 10);
		} else if (!strcmp(word, "age_ms")) {
			buf->age_ms = strtoull(value, NULL, 10);
		} else if (!strcmp(word, "uid")) {
			snprintf(buf->uid, sizeof(buf->uid), "%s", value);
		} else if (!strcmp(word, "pid")) {
			buf->pid = atoi(value);
		} else if (!strcmp(word, "comm")) {
			snprintf(buf->comm, sizeof(buf->comm), "%s", value);
		} else if (!strcmp(word, "refs")) {
			buf->refs = strtoul(value, NULL, 10);
		} else if (!strcmp(word, "importers")) {
			snprintf(buf->importers, sizeof(buf->importers), "%s",
				 value);
		} else if (!strcmp(word, "gone")) {
			buf->gone = atoi(value);
		} else {
			seen--;
		}
	}
	return seen == 10;
}

unsigned int account_buffers(bool (*each)(const struct account_buffer *buf,
					  void *arg), void *arg)
{
	FILE *f = fopen(BUFFERS, "re");
	struct account_buffer buf;
	unsigned int n = 0;
	size_t size = 0;
	char *line = NULL;
	ssize_t len;

	if (!f)
		ktap_bail(BUFFERS ": %s", strerror(errno));
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] != '\n')
			ktap_bail(BUFFERS ": a line without an end");
		line[len - 1] = 0;
		if (!parse(line, &buf))
			ktap_bail(BUFFERS ": a strange line");
		n++;
		if (each && !each(&buf, arg))
			break;
	}
	free(line);
	fclose(f);
	return n;
}

struct wanted {
	unsigned long ino;
	struct account_buffer *buf;
	bool found;
};

static bool is_wanted(const struct account_buffer *buf, void *arg)
{
	struct wanted *wanted = arg;

	if (buf->has_ino && buf->ino == wanted->ino) {
		*wanted->buf = *buf;
		wanted->found = true;
	}
	return !wanted->found;
}

bool account_find(int fd, struct account_buffer *buf)
{
	struct wanted wanted = { .buf = buf };
	struct stat st;

	if (fstat(fd, &st))
		ktap_bail("fstat: %s", strerror(errno));
	wanted.ino = st.st_ino;
	account_buffers(is_wanted, &wanted);
	return wanted.found;
}
