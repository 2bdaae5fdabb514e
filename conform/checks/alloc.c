// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: the results of an allocation. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "conform.h"

#define THREADS		4
#define ROUNDS		50
/* Buffers that a thread has at a time. */
#define HELD		4
/* Granules of the largest of them. */
#define MOST		5

static void send(struct conform *c, struct tee_ioctl_rstmem_alloc_data *data,
		 uint64_t size)
{
	int fd;

	conform_write_request(c, data, size);
	fd = conform_send_request(c, data);
	if (fd < 0)
		conform_cannot(c, size, fd);
}

static void run_descriptor(struct conform *c)
{
	struct conform_buffer buf;

	conform_get(c, 1, &buf);
	if (!buf.size)
		conform_fail(c, "lseek() to the end finds no size");
	if (lseek(buf.fd, 0, SEEK_SET))
		conform_fail(c, "lseek() back does not work");
}

static void run_size(struct conform *c)
{
	struct tee_ioctl_rstmem_alloc_data data;
	off_t end;
	int fd;

	conform_write_request(c, &data, 1);
	fd = conform_send_request(c, &data);
	if (fd < 0)
		conform_cannot(c, 1, fd);
	end = lseek(fd, 0, SEEK_END);
	if (end < 0 || data.size != (uint64_t)end)
		conform_fail(c, "size is %llu, the dma-buf has %lld bytes",
			     (unsigned long long)data.size, (long long)end);
}

static void run_rounding(struct conform *c)
{
	uint64_t g = c->granule, sizes[] = { 1, g - 1, g, g + 1, 3 * g - 1, 3 * g };
	struct conform_buffer buf;
	unsigned int i;

	for (i = 0; i < CONFORM_COUNT(sizes); i++) {
		uint64_t want = (sizes[i] + g - 1) / g * g;

		conform_get(c, sizes[i], &buf);
		if (buf.size != want)
			conform_fail(c, "%llu bytes become %llu, with a granule of %llu",
				     (unsigned long long)sizes[i],
				     (unsigned long long)buf.size,
				     (unsigned long long)g);
		close(buf.fd);
	}
}

static void run_flags(struct conform *c)
{
	struct tee_ioctl_rstmem_alloc_data data;

	send(c, &data, 1);
	if (data.flags)
		conform_fail(c, "flags is 0x%x", data.flags);
}

static void run_use_case(struct conform *c)
{
	struct tee_ioctl_rstmem_alloc_data data;

	send(c, &data, 1);
	if (data.use_case != c->use_case)
		conform_fail(c, "use_case has become %u", data.use_case);
	if (data.pad)
		conform_fail(c, "pad has become %u", data.pad);
}

static void run_cloexec(struct conform *c)
{
	struct conform_buffer buf;

	conform_get(c, 1, &buf);
	if (!(fcntl(buf.fd, F_GETFD) & FD_CLOEXEC))
		conform_fail(c, "it is not set");
}

static void run_any_use_case(struct conform *c)
{
	uint32_t i;

	for (i = 1; i <= TEE_IOC_UC_MAX; i++) {
		struct tee_ioctl_rstmem_alloc_data data = {
			.size = 1,
			.use_case = i,
		};
		int fd;

		if (!(c->use_cases >> i & 1))
			continue;
		fd = ioctl(c->fd, TEE_IOC_RSTMEM_ALLOC, &data);
		if (fd < 0)
			conform_cannot_for(c, i, 1, -errno);
		close(fd);
	}
}

static void run_too_large(struct conform *c)
{
	uint64_t room = conform_room(c), most = c->total ? c->total : room;

	conform_expect_refused(c, conform_try(c, most + 1, NULL), ENOMEM,
			       "one byte more than there is");
	conform_expect_room(c, room, "after that");
}

static void run_exhaustion(struct conform *c)
{
	uint64_t room = conform_room(c), got = 0, size = c->granule;
	struct conform_buffer buf;
	size_t count = 0, i;
	int *held = NULL, fd;

	/* Few buffers: the largest that fits each time. */
	while (size <= room / 2)
		size *= 2;
	while (size >= c->granule) {
		fd = conform_try(c, size, &buf);
		if (fd >= 0) {
			held = xrealloc(held, count + 1, sizeof(*held));
			held[count++] = fd;
			got += buf.size;
			continue;
		}
		if (fd == -EDQUOT || fd == -EMFILE || fd == -ENFILE)
			conform_cannot(c, size, fd);
		if (fd != -ENOMEM)
			conform_fail(c, "with %llu bytes allocated, another %llu: %s, not %s",
				     (unsigned long long)got,
				     (unsigned long long)size, strerror(-fd),
				     strerror(ENOMEM));
		size /= 2;
	}
	if (got != room)
		conform_fail(c, "%llu bytes could be allocated of %llu",
			     (unsigned long long)got, (unsigned long long)room);
	if (!count)
		conform_cannot(c, c->granule, -ENOMEM);

	conform_expect_error(c, conform_try(c, 1, NULL), ENOMEM,
			     "one byte when all is taken");
	close(held[--count]);
	fd = conform_try(c, 1, NULL);
	if (fd < 0)
		conform_fail(c, "with one of the buffers closed there is no room again: %s",
			     strerror(-fd));
	close(fd);
	for (i = 0; i < count; i++)
		close(held[i]);
	free(held);
	conform_expect_room(c, room, "with all of them closed");
}

struct thread {
	struct conform *c;
	pthread_t thread;
	unsigned int number;
	int err;
	unsigned int wrong_size;
	/* The buffers that are held in the end; those of the TEE have ids. */
	struct conform_buffer held[HELD];
};

static void *work(void *arg)
{
	struct thread *t = arg;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++) {
		struct conform_buffer *buf = &t->held[round % HELD];
		uint64_t size = (1 + (round * 7 + t->number) % MOST) * t->c->granule;
		int fd;

		if (round >= HELD)
			close(buf->fd);
		buf->fd = -1;
		fd = conform_try(t->c, size, buf);
		if (fd < 0) {
			t->err = fd;
			return NULL;
		}
		if (buf->size != size)
			t->wrong_size++;
	}
	return NULL;
}

static void run_concurrent(struct conform *c)
{
	struct thread threads[THREADS] = { 0 };
	uint64_t room = conform_room(c);
	unsigned int i, j, k;

	for (i = 0; i < THREADS; i++) {
		threads[i].c = c;
		threads[i].number = i;
		if (pthread_create(&threads[i].thread, NULL, work, &threads[i]))
			conform_untested(c, "no thread can be started");
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].thread, NULL);

	for (i = 0; i < THREADS; i++) {
		if (threads[i].err)
			conform_cannot(c, THREADS * HELD * MOST * c->granule,
				       threads[i].err);
		if (threads[i].wrong_size)
			conform_fail(c, "%u buffers are not of the size asked for",
				     threads[i].wrong_size);
	}
	for (i = 0; i < THREADS * HELD; i++) {
		struct conform_buffer *a = &threads[i / HELD].held[i % HELD];

		for (j = 0; a->id && j < i; j++) {
			if (a->id == threads[j / HELD].held[j % HELD].id)
				conform_fail(c, "two buffers have id %d", a->id);
		}
	}
	for (i = 0; i < THREADS; i++) {
		for (k = 0; k < HELD; k++)
			close(threads[i].held[k].fd);
	}
	conform_expect_room(c, room, "with all of them closed");
}

static const struct conform_check checks[] = {
	{ "alloc.descriptor", CONFORM_MUST, CONFORM_BOTH, "Allocating",
	  "An allocation returns a dma-buf, whose size lseek(2) finds.",
	  run_descriptor },
	{ "alloc.size-written-back", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "The size that is written back is the size of the dma-buf.", run_size },
	{ "alloc.rounding", CONFORM_MUST, CONFORM_BOTH, "Allocating",
	  "The size is rounded up to the granule and no further.",
	  run_rounding },
	{ "alloc.flags-written-back", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "The flags that are written back are 0.",
	  run_flags },
	{ "alloc.use-case-kept", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "Use case and padding are left as they are.", run_use_case },
	{ "alloc.cloexec", CONFORM_MUST, CONFORM_BOTH, "Allocating",
	  "The descriptor has FD_CLOEXEC set; from a heap, if fd_flags ask for it.",
	  run_cloexec },
	{ "alloc.every-use-case", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "An allocation works for every use case that the device offers.",
	  run_any_use_case },
	{ "alloc.too-large", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "A size above all memory fails with ENOMEM, and nothing stays allocated.",
	  run_too_large },
	{ "alloc.exhaustion", CONFORM_MUST, CONFORM_BOTH, "Errors",
	  "All free memory can be allocated; then an allocation fails with ENOMEM, and works again after a close.",
	  run_exhaustion },
	{ "alloc.concurrent", CONFORM_MUST, CONFORM_BOTH, "Allocating",
	  "Threads that allocate and close at the same time get buffers of the right size, and all memory comes back.",
	  run_concurrent },
};

const struct conform_group conform_alloc = { checks, CONFORM_COUNT(checks) };
