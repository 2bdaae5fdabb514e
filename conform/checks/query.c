// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: TEE_IOC_RSTMEM_QUERY. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "conform.h"

#define KNOWN_CAPS	(TEE_RSTMEM_CAP_SCRUBS | TEE_RSTMEM_CAP_PROTECTED | \
			 TEE_RSTMEM_CAP_KEEPS_MAPPING)

/* The command for a structure of another version. */
#define QUERY_OF(size)	_IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC, \
			     _IOC_NR(TEE_IOC_RSTMEM_QUERY), (size))

static void ask(struct conform *c, struct tee_ioctl_rstmem_query *query)
{
	int ret = conform_ask(c, c->use_case, query);

	if (ret)
		conform_fail(c, "it fails: %s", strerror(-ret));
}

/* Backends need not tell. */
static void ask_figures(struct conform *c, struct tee_ioctl_rstmem_query *query)
{
	ask(c, query);
	if (!query->total)
		conform_skip(c, "the device tells no figures");
}

static void run_use_cases(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;
	int ret = conform_ask(c, TEE_IOC_UC_RESERVED, &query);

	if (ret)
		conform_fail(c, "it fails: %s", strerror(-ret));
	if (query.use_cases & 1)
		conform_fail(c, "bit 0 is set, that of the reserved use case");
	if (!query.use_cases)
		conform_fail(c, "no bit is set");
	query.use_cases = 0;
	if (memcmp(&query, &(struct tee_ioctl_rstmem_query){ 0 }, sizeof(query)))
		conform_fail(c, "more than use_cases is not 0");
}

static void run_every_use_case(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;
	uint32_t i;
	int ret;

	for (i = 1; i <= TEE_IOC_UC_MAX; i++) {
		if (!(c->use_cases >> i & 1))
			continue;
		ret = conform_ask(c, i, &query);
		if (ret)
			conform_fail(c, "a query of use case %u, which is offered, fails: %s",
				     i, strerror(-ret));
		if (query.use_cases != c->use_cases || query.use_case != i)
			conform_fail(c, "use case %u has other use cases, or another number",
				     i);
	}
}

static void run_use_case_unknown(struct conform *c)
{
	static const uint32_t never[] = { 64, 65, 0x10001, 0xffffffff };
	struct tee_ioctl_rstmem_query query;
	uint32_t i;

	for (i = 1; i <= TEE_IOC_UC_MAX; i++) {
		if (!(c->use_cases >> i & 1))
			conform_expect_error(c, conform_ask(c, i, &query), EINVAL,
					     "a use case that is not offered");
	}
	for (i = 0; i < CONFORM_COUNT(never); i++)
		conform_expect_error(c, conform_ask(c, never[i], &query), EINVAL,
				     "a use case above TEE_IOC_UC_MAX");
}

static void run_flags(struct conform *c)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		struct tee_ioctl_rstmem_query query = {
			.use_case = c->use_case,
			.flags = 1u << bit,
		};
		int ret = ioctl(c->fd, TEE_IOC_RSTMEM_QUERY, &query) ? -errno : 0;

		conform_expect_error(c, ret, EINVAL, "a flag");
	}
}

static void run_fault(struct conform *c)
{
	conform_expect_error(c, ioctl(c->fd, TEE_IOC_RSTMEM_QUERY, NULL) ?
			     -errno : 0, EFAULT, "NULL");
}

static void run_grows(struct conform *c)
{
	struct {
		struct tee_ioctl_rstmem_query query;
		uint64_t more[2];
	} large = { .query.use_case = c->use_case };
	struct tee_ioctl_rstmem_query small;
	int ret;

	if (ioctl(c->fd, QUERY_OF(sizeof(large)), &large))
		conform_fail(c, "a larger structure with a tail of zeros fails: %s",
			     strerror(errno));
	ask(c, &small);
	if (large.query.use_cases != small.use_cases ||
	    large.query.total != small.total)
		conform_fail(c, "a larger structure gets another answer");
	if (large.more[0] || large.more[1])
		conform_fail(c, "the tail is not 0");

	large.query = (struct tee_ioctl_rstmem_query){ .use_case = c->use_case };
	large.more[1] = 1;
	ret = ioctl(c->fd, QUERY_OF(sizeof(large)), &large) ? -errno : 0;
	conform_expect_error(c, ret, E2BIG, "a tail that is not 0");
	ret = ioctl(c->fd, QUERY_OF(TEE_IOC_RSTMEM_QUERY_SIZE_VER0 - 8), &small) ?
	      -errno : 0;
	conform_expect_error(c, ret, EINVAL, "a structure smaller than ever");
}

static void run_granule(struct conform *c)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct tee_ioctl_rstmem_query query;

	ask_figures(c, &query);
	if (query.granule < page || query.granule & (query.granule - 1))
		conform_fail(c, "the granule is %llu, which is no power of two or smaller than a page",
			     (unsigned long long)query.granule);
}

static void run_consistent(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;

	ask_figures(c, &query);
	if (query.most && (query.floor > query.total || query.total > query.most))
		conform_fail(c, "%llu bytes are there, not between the floor of %llu and %llu at most",
			     (unsigned long long)query.total,
			     (unsigned long long)query.floor,
			     (unsigned long long)query.most);
	if (query.used > query.total)
		conform_fail(c, "%llu bytes are used of %llu",
			     (unsigned long long)query.used,
			     (unsigned long long)query.total);
	if (query.largest_free > query.total - query.used)
		conform_fail(c, "the largest buffer is %llu bytes, and %llu are free",
			     (unsigned long long)query.largest_free,
			     (unsigned long long)(query.total - query.used));
}

static void run_counts(struct conform *c)
{
	struct tee_ioctl_rstmem_query before, one, two, after;
	uint64_t room = conform_room(c);
	struct conform_buffer a, b;
	bool grows;

	ask_figures(c, &before);
	grows = before.most > before.floor;
	conform_get(c, 3 * c->granule, &a);
	ask(c, &one);
	conform_get(c, 1, &b);
	ask(c, &two);
	if (one.used != before.used + a.size || two.used != one.used + b.size)
		conform_fail(c, "used is %llu, then %llu with a buffer of %llu, %llu with one of %llu more",
			     (unsigned long long)before.used,
			     (unsigned long long)one.used,
			     (unsigned long long)a.size,
			     (unsigned long long)two.used,
			     (unsigned long long)b.size);
	if (one.buffers != before.buffers + 1 || two.buffers != one.buffers + 1)
		conform_fail(c, "buffers is %u, then %u and %u", before.buffers,
			     one.buffers, two.buffers);
	if ((one.total != before.total && !grows) || one.granule != before.granule ||
	    one.caps != before.caps)
		conform_fail(c, "an allocation changes total, granule or caps");

	close(a.fd);
	close(b.fd);
	conform_expect_room(c, room, "with both buffers closed");
	ask(c, &after);
	if (after.buffers != before.buffers)
		conform_fail(c, "buffers is %u, not %u again", after.buffers,
			     before.buffers);
}

static void run_largest(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;

	ask_figures(c, &query);
	if (!query.largest_free)
		conform_cannot(c, c->granule, -ENOMEM);
	conform_get(c, query.largest_free, NULL);
	ask(c, &query);
	if (!query.largest_free)
		return;
	conform_get(c, query.largest_free, NULL);
}

static void run_caps(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;

	ask(c, &query);
	if (query.caps & ~KNOWN_CAPS)
		conform_fail(c, "caps is 0x%x", query.caps);
}

static void run_scrubs(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;

	ask(c, &query);
	if (!(query.caps & TEE_RSTMEM_CAP_SCRUBS))
		conform_fail(c, "caps does not have TEE_RSTMEM_CAP_SCRUBS");
}

static void run_protected(struct conform *c)
{
	struct tee_ioctl_rstmem_query query;

	ask(c, &query);
	if (!(query.caps & TEE_RSTMEM_CAP_PROTECTED))
		conform_fail(c, "caps does not have TEE_RSTMEM_CAP_PROTECTED: the device imitates protection");
}

#ifdef TEE_GEN_CAP_RSTMEM
static void run_gen_cap(struct conform *c)
{
	struct tee_ioctl_version_data version;
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		conform_skip(c, "the kernel's version cannot be told");
	if (major > 6 || (major == 6 && minor >= 17))
		conform_skip(c, "the bit means something else since Linux 6.17");
	if (ioctl(c->fd, TEE_IOC_VERSION, &version))
		conform_fail(c, "TEE_IOC_VERSION fails: %s", strerror(errno));
	if (!(version.gen_caps & TEE_GEN_CAP_RSTMEM))
		conform_fail(c, "gen_caps is 0x%x", version.gen_caps);
}
#else
static void run_gen_cap(struct conform *c)
{
	conform_skip(c, "the bit means something else since Linux 6.17");
}
#endif

static const struct conform_check checks[] = {
	{ "query.use-cases", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "A query of use case 0 returns the use cases that the device offers, and nothing else.",
	  run_use_cases },
	{ "query.every-use-case", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "A query works for every use case that the device offers.",
	  run_every_use_case },
	{ "query.use-case-unknown", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "A query of a use case that is not offered succeeds; it fails with EINVAL.",
	  run_use_case_unknown },
	{ "query.flags-unknown", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "A query with a flag succeeds; it fails with EINVAL.", run_flags },
	{ "query.fault", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "A query with a bad pointer fails with EFAULT.", run_fault },
	{ "query.grows", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "A larger structure works if its tail is 0 and fails with E2BIG otherwise; one smaller than the first version fails with EINVAL.",
	  run_grows },
	{ "query.granule", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "The granule is a power of two and at least a page.",
	  run_granule },
	{ "query.consistent", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "Used memory is at most the total, the largest free buffer at most the free memory, and the total between the floor and the most.",
	  run_consistent },
	{ "query.counts", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "Used memory and the number of buffers grow with each buffer and fall when it is closed.",
	  run_counts },
	{ "query.largest-free", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "A buffer of the size largest_free can be allocated.",
	  run_largest },
	{ "query.caps", CONFORM_MUST_NOT, CONFORM_TEE, "Asking",
	  "The device sets undefined capability bits.", run_caps },
	{ "query.gen-cap", CONFORM_MUST, CONFORM_TEE, "Asking",
	  "Before Linux 6.17, TEE_IOC_VERSION has TEE_GEN_CAP_RSTMEM set.",
	  run_gen_cap },
	{ "query.scrubs", CONFORM_SHOULD, CONFORM_TEE, "Asking",
	  "The device clears freed buffers, by its capabilities.", run_scrubs },
	{ "query.protected", CONFORM_SHOULD, CONFORM_TEE, "Asking",
	  "Something outside the kernel keeps the CPU out, by the device's capabilities.",
	  run_protected },
};

const struct conform_group conform_query = { checks, CONFORM_COUNT(checks) };
