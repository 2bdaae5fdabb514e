// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: TEE_IOC_RSTMEM_FD_INFO. */
#define _GNU_SOURCE	/* memfd_create() */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/udmabuf.h>

#include "conform.h"

/* The command for a structure of another version. */
#define INFO_OF(size)	_IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC, \
			     _IOC_NR(TEE_IOC_RSTMEM_FD_INFO), (size))

static int ask(const struct conform *c, struct tee_ioctl_rstmem_fd_info *info)
{
	return ioctl(c->fd, TEE_IOC_RSTMEM_FD_INFO, info) ? -errno : 0;
}

static int ask_about(const struct conform *c, int64_t fd)
{
	struct tee_ioctl_rstmem_fd_info info = { .fd = fd };

	return ask(c, &info);
}

static void run_describes(struct conform *c)
{
	struct tee_ioctl_rstmem_fd_info info = { 0 };
	struct conform_buffer buf;
	int other = conform_reopen(c), ret, number;

	conform_get(c, c->granule + 1, &buf);
	if (other < 0)
		conform_fail(c, "it opens only once: %s", strerror(-other));
	c->fd = other;
	info.fd = buf.fd;
	ret = ask(c, &info);
	if (ret)
		conform_fail(c, "it fails: %s", strerror(-ret));
	if (info.size != buf.size || info.use_case != c->use_case || info.flags ||
	    info.pad || info.fd != buf.fd)
		conform_fail(c, "size %llu, use case %u, flags 0x%x, pad %u",
			     (unsigned long long)info.size, info.use_case,
			     info.flags, info.pad);
	/* The node may be called anything. */
	if (sscanf(c->path, "/dev/tee%d", &number) == 1 && info.device != number)
		conform_fail(c, "device is %d", info.device);
}

static void run_bad_descriptor(struct conform *c)
{
	static const int64_t bad[] = {
		-1, INT64_MIN, 1LL << 31, INT64_MAX, 1000000,
	};
	struct conform_buffer buf;
	unsigned int i;

	for (i = 0; i < CONFORM_COUNT(bad); i++)
		conform_expect_error(c, ask_about(c, bad[i]), EBADF,
				     "a descriptor that is not open");
	conform_get(c, c->granule, &buf);
	conform_expect_error(c, ask_about(c, 1LL << 32 | buf.fd), EBADF,
			     "one that is, and 2^32");
}

static void run_no_dma_buf(struct conform *c)
{
	int root = open("/", O_RDONLY | O_CLOEXEC);

	conform_expect_error(c, ask_about(c, root), EINVAL, "a directory");
	conform_expect_error(c, ask_about(c, c->fd), EINVAL, "the TEE device");
}

static void run_foreign(struct conform *c)
{
	struct udmabuf_create create = {
		.size = (uint64_t)sysconf(_SC_PAGESIZE),
		.flags = UDMABUF_FLAGS_CLOEXEC,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), foreign;

	if (device < 0)
		conform_skip(c, "/dev/udmabuf: %s", strerror(errno));
	create.memfd = (uint32_t)memfd_create("conform",
					      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate((int)create.memfd, (off_t)create.size) ||
	    fcntl((int)create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		conform_skip(c, "memfd: %s", strerror(errno));
	foreign = ioctl(device, UDMABUF_CREATE, &create);
	if (foreign < 0)
		conform_skip(c, "UDMABUF_CREATE: %s", strerror(errno));
	conform_expect_error(c, ask_about(c, foreign), EOPNOTSUPP,
			     "a dma-buf of normal memory");
}

static void run_reserved(struct conform *c)
{
	struct tee_ioctl_rstmem_fd_info info;
	struct conform_buffer buf;
	unsigned int bit;

	conform_get(c, c->granule, &buf);
	for (bit = 0; bit < 32; bit++) {
		info = (struct tee_ioctl_rstmem_fd_info){
			.fd = buf.fd,
			.flags = 1u << bit,
		};
		conform_expect_error(c, ask(c, &info), EINVAL, "a flag");
		info = (struct tee_ioctl_rstmem_fd_info){
			.fd = buf.fd,
			.pad = 1u << bit,
		};
		conform_expect_error(c, ask(c, &info), EINVAL, "padding");
	}
	conform_expect_error(c, ask(c, NULL), EFAULT, "NULL");
}

static void run_grows(struct conform *c)
{
	struct {
		struct tee_ioctl_rstmem_fd_info info;
		uint64_t more[2];
	} large = { 0 };
	struct conform_buffer buf;
	int ret;

	conform_get(c, c->granule, &buf);
	large.info.fd = buf.fd;
	if (ioctl(c->fd, INFO_OF(sizeof(large)), &large))
		conform_fail(c, "a larger structure with a tail of zeros: %s",
			     strerror(errno));
	if (large.info.size != buf.size)
		conform_fail(c, "a larger structure gets another answer");
	large.info = (struct tee_ioctl_rstmem_fd_info){ .fd = buf.fd };
	large.more[1] = 1;
	ret = ioctl(c->fd, INFO_OF(sizeof(large)), &large) ? -errno : 0;
	conform_expect_error(c, ret, E2BIG, "a tail that is not 0");
	large.info = (struct tee_ioctl_rstmem_fd_info){ .fd = buf.fd };
	ret = ioctl(c->fd, INFO_OF(TEE_IOC_RSTMEM_FD_INFO_SIZE_VER0 - 8), &large) ?
	      -errno : 0;
	conform_expect_error(c, ret, EINVAL, "a structure smaller than ever");
}

static const struct conform_check checks[] = {
	{ "info.describes", CONFORM_MUST, CONFORM_TEE, "What is this descriptor?",
	  "Every open file of a TEE device returns size, use case and device of a buffer.",
	  run_describes },
	{ "info.descriptor-bad", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "A question about a number that is no open descriptor fails with EBADF, for all 64 bits.",
	  run_bad_descriptor },
	{ "info.no-dma-buf", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "A question about a descriptor that is no dma-buf fails with EINVAL.",
	  run_no_dma_buf },
	{ "info.foreign", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "A question about a dma-buf of other memory fails with EOPNOTSUPP.",
	  run_foreign },
	{ "info.reserved", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "A question with flags or padding that are not 0 succeeds; it fails with EINVAL.",
	  run_reserved },
	{ "info.grows", CONFORM_MUST, CONFORM_TEE, "What is this descriptor?",
	  "A larger structure works if its tail is 0 and fails with E2BIG otherwise; one smaller than the first version fails with EINVAL.",
	  run_grows },
};

const struct conform_group conform_info = { checks, CONFORM_COUNT(checks) };
