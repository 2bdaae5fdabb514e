// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attempts to allocate: the one place that tells a fault of the device from its
 * surroundings. Limits of the administrator and memory that other programs hold
 * say nothing about the device.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"

enum outcome {
	GOT,
	REFUSED,	/* by policy: a limit is exceeded */
	NO_FD,		/* this process may not have more descriptors */
	BUSY,		/* others hold the memory */
	WRONG,
};

/*
 * ENOMEM is right if the memory was not there when the suite began, with what the
 * check has taken since, and is not there now. Memory that was there then is the
 * device's to give: the suite is to be alone.
 */
static bool is_busy(const struct conform *c, uint32_t use_case, uint64_t size)
{
	struct tee_ioctl_rstmem_query query;

	if (use_case == c->use_case && c->largest >= c->taken + size)
		return false;
	if (c->on == CONFORM_HEAP)
		return true;
	if (conform_ask(c, use_case, &query))
		return false;
	return !query.total || query.largest_free < size;
}

/* @ret is the result of an allocation of @size bytes: a descriptor or -errno. */
static enum outcome judge(const struct conform *c, uint32_t use_case,
			  uint64_t size, int ret)
{
	if (ret >= 0)
		return GOT;
	switch (ret) {
	case -EDQUOT:
		return REFUSED;
	case -EMFILE:
	case -ENFILE:
		return NO_FD;
	case -ENOMEM:
		return is_busy(c, use_case, size) ? BUSY : WRONG;
	default:
		return WRONG;
	}
}

/* End the check as untested if the surroundings explain @outcome. */
static void blame_surroundings(struct conform *c, enum outcome outcome)
{
	switch (outcome) {
	case REFUSED:
		conform_untested(c, "a limit is in the way; \"rstmem stat\" shows the limits, CAP_SYS_RESOURCE lifts them");
	case NO_FD:
		conform_untested(c, "this process may not open more descriptors; see ulimit -n");
	case BUSY:
		conform_untested(c, "other programs hold the memory; \"rstmem buffers\" lists them");
	case GOT:
	case WRONG:
		break;
	}
}

/* End the check because an allocation of @size bytes for @use_case failed. */
void conform_cannot_for(struct conform *c, uint32_t use_case, uint64_t size,
			int err)
{
	blame_surroundings(c, judge(c, use_case, size, err));
	conform_fail(c, "use case %u: an allocation of %llu bytes fails: %s",
		     use_case, (unsigned long long)size, strerror(-err));
}

void conform_cannot(struct conform *c, uint64_t size, int err)
{
	conform_cannot_for(c, c->use_case, size, err);
}

/* @buf may be NULL. Return: the dma-buf or -errno. */
int conform_try(const struct conform *c, uint64_t size, struct conform_buffer *buf)
{
	unsigned char request[CONFORM_REQUEST];
	struct tee_ioctl_rstmem_alloc_data data;
	off_t end;
	int fd;

	conform_write_request(c, request, size);
	fd = conform_send_request(c, request);
	if (fd < 0 || !buf)
		return fd;

	end = lseek(fd, 0, SEEK_END);
	buf->fd = fd;
	buf->size = end < 0 ? 0 : (uint64_t)end;
	memcpy(&data, request, sizeof(data));
	buf->id = c->on == CONFORM_HEAP ? 0 : data.id;
	return fd;
}

/* An allocation that must work. @buf may be NULL. */
void conform_get(struct conform *c, uint64_t size, struct conform_buffer *buf)
{
	int fd = conform_try(c, size, buf);

	if (fd < 0)
		conform_cannot(c, size, fd);
	c->taken += size + c->granule;
}

/*
 * The precondition of a check that wants an allocation of @size bytes to fail for
 * another reason: without that it works.
 */
void conform_need(struct conform *c, uint64_t size)
{
	struct conform_buffer buf;

	conform_get(c, size, &buf);
	close(buf.fd);
}

/*
 * The outcome of an allocation that must fail with @want; @got is -errno, or a
 * descriptor or 0.
 */
void conform_expect_refused(struct conform *c, int got, int want, const char *what)
{
	if (got != -want && want != EMFILE)
		blame_surroundings(c, judge(c, c->use_case, c->granule, got));
	conform_expect_error(c, got, want, what);
}

/* The largest buffer that can be had now, from a device that does not tell it. */
uint64_t conform_find_largest(const struct conform *c)
{
	uint64_t size;
	int fd;

	for (size = CONFORM_LARGEST; size >= c->granule; size /= 2) {
		fd = conform_try(c, size, NULL);
		if (fd >= 0) {
			close(fd);
			return size;
		}
	}
	return 0;
}
