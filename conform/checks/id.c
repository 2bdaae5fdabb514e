// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: the ids that name buffers in calls of the TEE. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"

#define BUFFERS	8

static void run_positive(struct conform *c)
{
	struct conform_buffer buf;

	conform_get(c, c->granule, &buf);
	if (buf.id <= 0)
		conform_fail(c, "it is %d", buf.id);
}

static void run_unique(struct conform *c)
{
	struct conform_buffer bufs[BUFFERS];
	unsigned int i, j;

	for (i = 0; i < BUFFERS; i++) {
		conform_get(c, c->granule, &bufs[i]);
		for (j = 0; j < i; j++) {
			if (bufs[j].id == bufs[i].id)
				conform_fail(c, "buffers %u and %u have id %d", j,
					     i, bufs[i].id);
		}
	}
}

static void run_sessions(struct conform *c)
{
	if (!conform_opens_sessions(c))
		conform_fail(c, "open_session is missing in the driver's operations: TEE_IOC_OPEN_SESSION with a bad pointer fails with EINVAL (%s), not with EFAULT",
			     strerror(EINVAL));
}

static void run_works(struct conform *c)
{
	struct conform_buffer buf;

	conform_need_ids(c);
	conform_get(c, c->granule, &buf);
	if (!conform_id_works(c, buf.id))
		conform_fail(c, "a memory reference with it is refused");
}

static void switch_context(struct conform *c)
{
	int other = conform_reopen(c);

	if (other < 0)
		conform_fail(c, "the device opens only once: %s", strerror(-other));
	c->fd = other;
}

static void run_elsewhere(struct conform *c)
{
	struct conform_buffer buf, own;

	conform_need_ids(c);
	conform_get(c, c->granule, &buf);
	switch_context(c);
	if (conform_id_works(c, buf.id))
		conform_fail(c, "another open file of the device takes it");
	/* Nor when that one has buffers of its own. */
	conform_get(c, c->granule, &own);
	if (own.id != buf.id && conform_id_works(c, buf.id))
		conform_fail(c, "another open file that has a buffer takes it");
}

static void run_ends(struct conform *c)
{
	struct conform_buffer buf;

	conform_need_ids(c);
	conform_get(c, c->granule, &buf);
	close(buf.fd);
	if (conform_id_works(c, buf.id))
		conform_fail(c, "the id still works when the dma-buf is closed");
}

static void run_context_ends(struct conform *c)
{
	struct conform_buffer buf;
	int old = c->fd;

	conform_need_ids(c);
	conform_get(c, c->granule, &buf);
	switch_context(c);
	close(old);
	if (conform_id_works(c, buf.id))
		conform_fail(c, "the next one to open the device can use it");
	if (lseek(buf.fd, 0, SEEK_END) != (off_t)buf.size)
		conform_fail(c, "the dma-buf needs the open file");
}

static const struct conform_check checks[] = {
	{ "id.positive", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "The id of a buffer is above 0.", run_positive },
	{ "id.unique", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "No two buffers of an open file have the same id.", run_unique },
	{ "id.sessions", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "The driver opens sessions, whose calls name a buffer by its id.", run_sessions },
	{ "id.works", CONFORM_MUST, CONFORM_TEE, "Allocating",
	  "The id names the buffer in memory references of the same open file.",
	  run_works },
	{ "id.elsewhere", CONFORM_MUST_NOT, CONFORM_TEE, "Allocating",
	  "The id names the buffer in memory references of another open file.", run_elsewhere },
	{ "id.ends", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "The id ends with the dma-buf.", run_ends },
	{ "id.context-ends", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "The id ends with the open file; the dma-buf stays.",
	  run_context_ends },
};

const struct conform_group conform_id = { checks, CONFORM_COUNT(checks) };
