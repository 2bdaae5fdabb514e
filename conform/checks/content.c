// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: contents of buffers, as the TEE's services see them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"

#define DIGEST	32

/* Marks both ends of a buffer, and digests them. */
static void mark(struct conform *c, const struct conform_buffer *buf,
		 unsigned char seed, unsigned char digests[2][DIGEST])
{
	unsigned char before[2][DIGEST];
	uint64_t end = buf->size - CONFORM_MARK;

	conform_digest(c, buf->id, 0, before[0]);
	conform_digest(c, buf->id, end, before[1]);
	conform_fill(c, buf->id, 0, seed);
	conform_fill(c, buf->id, end, seed);
	conform_digest(c, buf->id, 0, digests[0]);
	conform_digest(c, buf->id, end, digests[1]);
	if (!memcmp(before[0], digests[0], DIGEST) ||
	    !memcmp(before[1], digests[1], DIGEST))
		conform_skip(c, "the TEE's services do not show what is written");
}

static void run_own(struct conform *c)
{
	unsigned char digests[2][DIGEST], again[2][DIGEST], other[2][DIGEST];
	struct conform_buffer a, b;

	conform_need_services(c);
	conform_get(c, 4 * c->granule, &a);
	conform_get(c, 4 * c->granule, &b);
	mark(c, &a, 0x11, digests);
	mark(c, &b, 0x22, other);
	conform_digest(c, a.id, 0, again[0]);
	conform_digest(c, a.id, a.size - CONFORM_MARK, again[1]);
	if (memcmp(digests, again, sizeof(digests)))
		conform_fail(c, "data written to one buffer shows in another");
}

static void run_next_owner(struct conform *c)
{
	unsigned char old[2][DIGEST], new[2][DIGEST];
	struct tee_ioctl_rstmem_query query;
	struct conform_buffer buf;
	int ret;

	conform_need_services(c);
	ret = conform_ask(c, c->use_case, &query);
	if (ret)
		conform_fail(c, "TEE_IOC_RSTMEM_QUERY fails: %s", strerror(-ret));
	if (!(query.caps & TEE_RSTMEM_CAP_SCRUBS))
		conform_skip(c, "the device says that it does not clear buffers");
	if (!query.largest_free)
		conform_cannot(c, c->granule, -ENOMEM);

	/* The largest there is, so that the next one gets the same memory. */
	conform_get(c, query.largest_free, &buf);
	mark(c, &buf, 0x33, old);
	close(buf.fd);
	conform_get(c, query.largest_free, &buf);
	conform_digest(c, buf.id, 0, new[0]);
	conform_digest(c, buf.id, buf.size - CONFORM_MARK, new[1]);
	if (!memcmp(old[0], new[0], DIGEST) || !memcmp(old[1], new[1], DIGEST))
		conform_fail(c, "contents of the freed buffer are in the new one, and caps has TEE_RSTMEM_CAP_SCRUBS");
}

static const struct conform_check checks[] = {
	{ "content.own", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "Live buffers share no memory.", run_own },
	{ "content.next-owner", CONFORM_MUST_NOT, CONFORM_TEE, "Asking",
	  "Contents of a freed buffer reach its next owner, on a device that clears buffers by its capabilities.",
	  run_next_owner },
};

const struct conform_group conform_content = { checks, CONFORM_COUNT(checks) };
