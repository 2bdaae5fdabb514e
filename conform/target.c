// SPDX-License-Identifier: GPL-2.0-only
/* The device that the conformance suite tests, by either front end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/dma-heap.h>

#include "conform.h"

/* Memory may come back a moment after its last reference ended. */
#define ROOM_MS		1000

_Static_assert(sizeof(struct tee_ioctl_rstmem_alloc_data) == CONFORM_REQUEST,
	       "24 bytes in every ABI");
_Static_assert(sizeof(struct dma_heap_allocation_data) == CONFORM_REQUEST,
	       "24 bytes in every ABI");

static bool is_heap(const struct conform *c)
{
	return c->on == CONFORM_HEAP;
}

/* Another open file of the device. Return: its descriptor or -errno. */
int conform_reopen(struct conform *c)
{
	int fd = open(c->path, (is_heap(c) ? O_RDONLY : O_RDWR) | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Memory that may grow counts as it is at most. Earlier modules leave that 0. */
static uint64_t all_memory(const struct tee_ioctl_rstmem_query *query)
{
	return query->most > query->total ? query->most : query->total;
}

/* Fills in the rest of @c. Return: 0 or -errno. */
int conform_target_open(struct conform *c)
{
	struct tee_ioctl_rstmem_query query = { 0 };
	int ret;

	c->granule = (uint64_t)sysconf(_SC_PAGESIZE);
	c->fd = conform_reopen(c);
	if (c->fd < 0)
		return c->fd;
	if (!is_heap(c)) {
		ret = conform_ask(c, c->use_case, &query);
		if (ret)
			return ret;
		if (query.granule)
			c->granule = query.granule;
	}
	c->total = all_memory(&query);
	c->room = c->total - query.used;
	c->largest = c->total ? query.largest_free : conform_find_largest(c);
	return 0;
}

/* Writes the structure of the front end's command, CONFORM_REQUEST bytes. */
void conform_write_request(const struct conform *c, void *request, uint64_t size)
{
	if (is_heap(c)) {
		struct dma_heap_allocation_data data = {
			.len = size,
			.fd_flags = O_RDWR | O_CLOEXEC,
		};

		memcpy(request, &data, sizeof(data));
	} else {
		struct tee_ioctl_rstmem_alloc_data data = {
			.size = size,
			.use_case = c->use_case,
		};

		memcpy(request, &data, sizeof(data));
	}
}

/* @request may be any pointer. Return: the dma-buf or -errno. */
int conform_send_request(const struct conform *c, void *request)
{
	struct dma_heap_allocation_data data;
	int ret = ioctl(c->fd, is_heap(c) ? DMA_HEAP_IOCTL_ALLOC :
			TEE_IOC_RSTMEM_ALLOC, request);

	if (ret < 0)
		return -errno;
	if (!is_heap(c))
		return ret;
	memcpy(&data, request, sizeof(data));
	return (int)data.fd;
}

/* Return: 0 or -errno. */
int conform_ask(const struct conform *c, uint32_t use_case,
		struct tee_ioctl_rstmem_query *query)
{
	*query = (struct tee_ioctl_rstmem_query){ .use_case = use_case };
	return ioctl(c->fd, TEE_IOC_RSTMEM_QUERY, query) ? -errno : 0;
}

/* @data may be NULL. Return: the registration's descriptor or -errno. */
int conform_register_fd(const struct conform *c, int64_t fd,
			struct tee_ioctl_shm_register_fd_data *data)
{
	struct tee_ioctl_shm_register_fd_data here;
	int reg;

	if (!data)
		data = &here;
	*data = (struct tee_ioctl_shm_register_fd_data){ .fd = fd };
	reg = ioctl(c->fd, TEE_IOC_SHM_REGISTER_FD, data);
	return reg < 0 ? -errno : reg;
}

/* Without figures: take all there is, in ever smaller pieces. */
static uint64_t room_by_filling(struct conform *c)
{
	uint64_t room = 0, size = CONFORM_LARGEST;
	struct conform_buffer buf;
	size_t count = 0, i;
	int *held = NULL;

	while (size >= c->granule) {
		int fd = conform_try(c, size, &buf);

		if (fd == -ENOMEM || fd == -EINVAL) {
			size /= 2;
			continue;
		}
		if (fd < 0)
			conform_cannot(c, size, fd);
		held = xrealloc(held, count + 1, sizeof(*held));
		held[count++] = fd;
		room += buf.size;
	}
	for (i = 0; i < count; i++)
		close(held[i]);
	free(held);
	return room;
}

/* Bytes that can be allocated now. */
uint64_t conform_room(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;
	int ret;

	if (!c->total)
		return room_by_filling(c);
	ret = conform_ask(c, c->use_case, &query);
	if (ret)
		conform_fail(c, "TEE_IOC_RSTMEM_QUERY fails: %s", strerror(-ret));
	return all_memory(&query) - query.used;
}

/*
 * Waits a moment for the memory that there was when the suite began: a device may clear the
 * buffers of the check before after they are closed.
 */
void conform_settle(struct conform *c)
{
	int ms;

	for (ms = 0; ms < ROOM_MS && conform_room(c) < c->room; ms += 20)
		usleep(20000);
}

/* Fails when there is no such room a moment later. */
void conform_expect_room(struct conform *c, uint64_t room, const char *when)
{
	uint64_t now;
	int ms;

	for (ms = 0;; ms += 20) {
		now = conform_room(c);
		if (now == room)
			return;
		if (ms >= ROOM_MS)
			break;
		usleep(20000);
	}
	conform_fail(c, "%s, %llu bytes can be had, not %llu", when,
		     (unsigned long long)now, (unsigned long long)room);
}

/* @got is -errno, or a descriptor or 0 when there was no error. */
void conform_expect_error(struct conform *c, int got, int want, const char *what)
{
	if (got >= 0)
		conform_fail(c, "%s: no error, not %s", what, strerror(want));
	if (got != -want)
		conform_fail(c, "%s: %s, not %s", what, strerror(-got),
			     strerror(want));
}

/* How many are open, of those that the suite could have opened. */
unsigned int conform_descriptors(void)
{
	unsigned int count = 0;
	int fd;

	for (fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* The number that the next one gets, which shows those that are only reserved. */
int conform_next_descriptor(void)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}
