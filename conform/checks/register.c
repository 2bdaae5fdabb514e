// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: TEE_IOC_SHM_REGISTER_FD of restricted memory. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conform.h"

/* A buffer, and then @c is another open file, as another process would have. */
static void get_foreign(struct conform *c, struct conform_buffer *buf)
{
	int other = conform_reopen(c);

	if (other < 0)
		conform_fail(c, "the device opens only once: %s", strerror(-other));
	conform_get(c, c->granule + 1, buf);
	c->fd = other;
}

static int get_registered(struct conform *c, const struct conform_buffer *buf,
			  struct tee_ioctl_shm_register_fd_data *data)
{
	int reg = conform_register_fd(c, buf->fd, data);

	if (reg < 0)
		conform_fail(c, "registering fails: %s", strerror(-reg));
	return reg;
}

static void run_tells(struct conform *c)
{
	struct tee_ioctl_shm_register_fd_data data;
	struct conform_buffer buf;

	get_foreign(c, &buf);
	get_registered(c, &buf, &data);
	if (data.size != buf.size || data.flags || data.fd != buf.fd)
		conform_fail(c, "size %llu, flags 0x%x, fd %lld",
			     (unsigned long long)data.size, data.flags,
			     (long long)data.fd);
	if (data.id <= 0)
		conform_fail(c, "the id is %d", data.id);
}

static void run_works(struct conform *c)
{
	struct tee_ioctl_shm_register_fd_data data;
	struct conform_buffer buf;
	int reg;

	conform_need_ids(c);
	get_foreign(c, &buf);
	reg = get_registered(c, &buf, &data);
	if (!conform_id_works(c, data.id))
		conform_fail(c, "a memory reference with the id is refused");
	close(buf.fd);
	if (!conform_id_works(c, data.id))
		conform_fail(c, "it is refused when the dma-buf is closed");
	close(reg);
	if (conform_id_works(c, data.id))
		conform_fail(c, "the id works when the registration is closed");
}

static void run_again(struct conform *c)
{
	struct tee_ioctl_shm_register_fd_data one, two;
	struct conform_buffer buf;

	get_foreign(c, &buf);
	get_registered(c, &buf, &one);
	get_registered(c, &buf, &two);
	if (one.id == two.id)
		conform_fail(c, "both registrations have id %d", one.id);
}

static void run_descriptor(struct conform *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct conform_buffer buf;
	char byte = 0;
	int reg;

	get_foreign(c, &buf);
	reg = get_registered(c, &buf, NULL);
	if (!(fcntl(reg, F_GETFD) & FD_CLOEXEC))
		conform_fail(c, "FD_CLOEXEC is not set");
	if (mmap(NULL, page, PROT_READ, MAP_SHARED, reg, 0) != MAP_FAILED ||
	    mmap(NULL, page, PROT_READ, MAP_PRIVATE, reg, 0) != MAP_FAILED)
		conform_fail(c, "it can be mapped");
	if (read(reg, &byte, 1) != -1 || write(reg, &byte, 1) != -1)
		conform_fail(c, "it can be read or written");
	conform_expect_error(c, conform_register_fd(c, reg, NULL), EINVAL,
			     "registering it");
}

static void run_bad_descriptor(struct conform *c)
{
	static const int64_t bad[] = {
		-1, INT64_MIN, 1LL << 31, INT64_MAX, 1000000,
	};
	struct conform_buffer buf;
	unsigned int i;

	get_foreign(c, &buf);
	for (i = 0; i < CONFORM_COUNT(bad); i++)
		conform_expect_error(c, conform_register_fd(c, bad[i], NULL),
				     EBADF, "a descriptor that is not open");
	conform_expect_error(c, conform_register_fd(c, 1LL << 32 | buf.fd, NULL),
			     EBADF, "one that is, and 2^32");
}

static void run_no_dma_buf(struct conform *c)
{
	int root = open("/", O_RDONLY | O_CLOEXEC);

	conform_expect_error(c, conform_register_fd(c, root, NULL), EINVAL,
			     "a directory");
	conform_expect_error(c, conform_register_fd(c, c->fd, NULL), EINVAL,
			     "the TEE device");
}

static void run_flags(struct conform *c)
{
	struct conform_buffer buf;
	unsigned int bit;

	get_foreign(c, &buf);
	for (bit = 0; bit < 32; bit++) {
		struct tee_ioctl_shm_register_fd_data data = {
			.fd = buf.fd,
			.flags = 1u << bit,
		};
		int reg = ioctl(c->fd, TEE_IOC_SHM_REGISTER_FD, &data);

		conform_expect_error(c, reg < 0 ? -errno : reg, EINVAL, "a flag");
	}
}

static void run_fault(struct conform *c)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct tee_ioctl_shm_register_fd_data *data;
	unsigned int descriptors;
	struct conform_buffer buf;
	uint64_t room;
	int reg, next;

	room = conform_room(c);
	get_foreign(c, &buf);
	data = mmap(NULL, page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		conform_untested(c, "mmap: %s", strerror(errno));
	data->fd = buf.fd;
	mprotect(data, page, PROT_READ);
	descriptors = conform_descriptors();
	next = conform_next_descriptor();
	reg = ioctl(c->fd, TEE_IOC_SHM_REGISTER_FD, data);
	conform_expect_error(c, reg < 0 ? -errno : reg, EFAULT,
			     "memory that cannot be written");
	if (conform_descriptors() != descriptors ||
	    conform_next_descriptor() != next)
		conform_fail(c, "a descriptor is left");
	close(buf.fd);
	conform_expect_room(c, room, "with the dma-buf closed after that");
}

static void run_no_descriptor(struct conform *c)
{
	struct rlimit limit, none;
	struct conform_buffer buf;
	uint64_t room = conform_room(c);
	int reg;

	get_foreign(c, &buf);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = (rlim_t)conform_next_descriptor();
	if (setrlimit(RLIMIT_NOFILE, &none))
		conform_untested(c, "the limit of descriptors cannot be set");
	reg = conform_register_fd(c, buf.fd, NULL);
	setrlimit(RLIMIT_NOFILE, &limit);
	conform_expect_error(c, reg, EMFILE, "no descriptor left");
	close(buf.fd);
	conform_expect_room(c, room, "with the dma-buf closed after that");
}

static const struct conform_check checks[] = {
	{ "register.tells", CONFORM_MUST, CONFORM_TEE, "Registering",
	  "Registering writes back the size and an id above 0.", run_tells },
	{ "register.works", CONFORM_MUST, CONFORM_TEE, "Registering",
	  "The id of a registration names the buffer until the registration is closed, also after the dma-buf is.",
	  run_works },
	{ "register.again", CONFORM_MUST, CONFORM_TEE, "Registering",
	  "A buffer can be registered several times, each time with another id.",
	  run_again },
	{ "register.descriptor", CONFORM_MUST, CONFORM_TEE, "Registering",
	  "The descriptor of a registration has FD_CLOEXEC set; it cannot be mapped, read, written or registered.",
	  run_descriptor },
	{ "register.descriptor-bad", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "Registering a number that is no open descriptor fails with EBADF, for all 64 bits.",
	  run_bad_descriptor },
	{ "register.no-dma-buf", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "Registering a descriptor that is no dma-buf fails with EINVAL.", run_no_dma_buf },
	{ "register.flags-unknown", CONFORM_MUST_NOT, CONFORM_TEE, "Errors",
	  "Registering with a flag succeeds; it fails with EINVAL.", run_flags },
	{ "register.fault", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "Registering with an unwritable structure fails with EFAULT and leaves nothing.",
	  run_fault },
	{ "register.no-descriptor", CONFORM_MUST, CONFORM_TEE, "Errors",
	  "Registering without a free descriptor fails with EMFILE and leaves nothing.",
	  run_no_descriptor },
};

const struct conform_group conform_register = { checks, CONFORM_COUNT(checks) };
