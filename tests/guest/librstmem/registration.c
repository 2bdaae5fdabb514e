// SPDX-License-Identifier: GPL-2.0-only
/* librstmem and registrations: ids for buffers that came from elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../support/guest.h"
#include "common.h"

bool unregistrable(struct rstmem *dev, int fd, uint32_t flags, int error)
{
	static const struct rstmem_registration none = { .fd = -1 };
	struct rstmem_registration reg;
	int ret;

	memset(&reg, 0xff, sizeof(reg));
	ret = rstmem_register(dev, fd, flags, &reg);
	if (ret != -error)
		ktap_note("rstmem_register() is %d, not %d", ret, -error);
	if (!ret) {
		rstmem_unregister(&reg);
		return false;
	}
	if (memcmp(&reg, &none, sizeof(reg)))
		return false;
	rstmem_unregister(&reg);
	return ret == -error && reg.fd == -1;
}

/* Returns whether a TEE call accepts an id. */
static bool id_works(struct rstmem *dev, int32_t id)
{
	uint8_t digest[32];

	return !session_digest(dev, id, 4096, digest);
}

/* The descriptor of @dev is the highest, but for that of the buffer. */
static int register_without_fds(struct rstmem *dev)
{
	struct rlimit limit = { 0, 64 };
	struct rstmem_buffer buf;
	int fd;

	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf))
		return 1;
	while ((fd = dup(1)) >= 0 && fd < buf.fd)
		;
	for (fd = buf.fd + 1; fd < 64; fd++)
		close(fd);
	limit.rlim_cur = (rlim_t)buf.fd + 1;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (!unregistrable(dev, buf.fd, 0, EMFILE))
		return 2;
	close(0);
	if (!unregistrable(dev, buf.fd, 0, EMFILE) || fcntl(0, F_GETFD) != -1)
		return 3;
	rstmem_buffer_close(&buf);
	/* No failed registration keeps the buffer. */
	return used(dev) ? 4 : 0;
}

void test_register(struct rstmem *dev)
{
	static const struct rstmem_registration zero;
	struct rstmem *heaps = open_via(NULL, RSTMEM_VIA_HEAP), *other;
	struct rstmem_registration reg, second;
	int fds = count_fds(), fd;
	struct rstmem_buffer buf;
	int32_t id;

	if (rstmem_alloc(heaps, VIDEO, 5000, 0, &buf))
		ktap_bail("rstmem_alloc");
	memset(&reg, 0xff, sizeof(reg));
	ktap_eq(rstmem_register(dev, buf.fd, 0, &reg), 0,
		"register: accepts a buffer from a heap");
	ktap(reg.fd > 2 && reg.fd != buf.fd &&
	     fcntl(reg.fd, F_GETFD) == FD_CLOEXEC,
	     "register: the descriptor has FD_CLOEXEC");
	ktap(reg.id > 0 && reg.size == 8192 && reg.flags == 0,
	     "register: gives an id, the size and flags of 0");
	ktap(!memcmp(reg.reserved, zero.reserved, sizeof(zero.reserved)),
	     "register: reserved members are 0");
	ktap(id_works(dev, reg.id), "register: the id serves TEE calls");
	ktap(!rstmem_register(dev, buf.fd, 0, &second) &&
	     second.id != reg.id && second.fd != reg.fd,
	     "register: a second registration has another id and descriptor");
	rstmem_unregister(&second);
	ktap(second.fd == -1 && second.id == 0,
	     "unregister: resets descriptor and id");
	ktap(id_works(dev, reg.id),
	     "unregister: leaves the id of another registration");
	rstmem_buffer_close(&buf);
	ktap(used(dev) == 8192 && id_works(dev, reg.id),
	     "register: keeps the memory when the buffer is closed");
	id = reg.id;
	rstmem_unregister(&reg);
	ktap_eq(used(dev), 0, "unregister: releases the memory");
	ktap(!id_works(dev, id), "unregister: ends the id");
	rstmem_unregister(&reg);
	rstmem_unregister(NULL);
	second = zero;
	rstmem_unregister(&second);
	ktap(fcntl(0, F_GETFD) >= 0 && second.fd == -1,
	     "unregister: does not close stdin for a registration of zeroes");

	/* A buffer that one program passes to another. */
	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf))
		ktap_bail("rstmem_alloc");
	other = open_device(NULL);
	ktap(!id_works(other, buf.id), "id: means nothing in another context");
	ktap(!rstmem_register(other, buf.fd, 0, &reg) &&
	     id_works(other, reg.id),
	     "register: accepts the buffer of another context");
	rstmem_close(other);
	rstmem_buffer_close(&buf);
	ktap_eq(used(dev), 0, "close: ends the registrations of the device");
	rstmem_unregister(&reg);

	ktap(unregistrable(dev, -1, 0, EBADF),
	     "register: refuses descriptor -1: EBADF");
	ktap(unregistrable(dev, INT_MIN, 0, EBADF),
	     "register: refuses descriptor INT_MIN: EBADF");
	ktap(unregistrable(dev, INT_MAX, 0, EBADF),
	     "register: refuses descriptor INT_MAX: EBADF");
	ktap(unregistrable(dev, 200, 0, EBADF),
	     "register: refuses a closed descriptor: EBADF");
	ktap(unregistrable(dev, 0, 0, EINVAL),
	     "register: refuses /dev/null: EINVAL");
	ktap(unregistrable(dev, rstmem_fd(dev), 0, EINVAL),
	     "register: refuses the TEE device: EINVAL");
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	ktap(unregistrable(dev, fd, 0, EINVAL),
	     "register: refuses a file: EINVAL");
	close(fd);
	fd = guest_udmabuf();
	/* From 6.18 on the stock ioctl handles foreign dma-bufs. */
	ktap(unregistrable(dev, fd, 0, guest_since(6, 18) ? EINVAL : EOPNOTSUPP),
	     "register: refuses a dma-buf of normal memory");
	close(fd);
	if (rstmem_alloc(dev, VIDEO, 4096, 0, &buf) ||
	    rstmem_register(dev, buf.fd, 0, &reg))
		ktap_bail("rstmem_register");
	ktap(unregistrable(dev, buf.fd, 1, EINVAL),
	     "register: refuses flag 1: EINVAL");
	ktap(unregistrable(dev, buf.fd, 1u << 31, EINVAL),
	     "register: refuses flag 2^31: EINVAL");
	ktap(unregistrable(dev, reg.fd, 0, EINVAL),
	     "register: refuses a registration: EINVAL");
	ktap(unregistrable(heaps, buf.fd, 0, EOPNOTSUPP) &&
	     unregistrable(heaps, -1, 0, EOPNOTSUPP),
	     "register: heaps have no ids: EOPNOTSUPP");
	rstmem_unregister(&reg);
	rstmem_buffer_close(&buf);
	ktap_eq(count_fds(), fds, "register: no descriptor stays open");
	ktap_eq(in_child(register_without_fds, dev), 0,
		"register: fails without a free descriptor and keeps nothing: EMFILE");
	rstmem_close(heaps);
	ktap_eq(used(dev), 0, "register: nothing stays in use");
}
