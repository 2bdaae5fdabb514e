// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: when the memory of a buffer comes back, and when not yet. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform.h"

static void run_close(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer bufs[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		conform_get(c, (1 + i) * c->granule, &bufs[i]);
	conform_expect_room(c, room - bufs[0].size - bufs[1].size - bufs[2].size,
			    "with three buffers");
	/* Not in the order in which they came. */
	close(bufs[1].fd);
	conform_expect_room(c, room - bufs[0].size - bufs[2].size,
			    "with one of them closed");
	close(bufs[0].fd);
	close(bufs[2].fd);
	conform_expect_room(c, room, "with all of them closed");
}

static void run_dup(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	int second;

	conform_get(c, 2 * c->granule, &buf);
	second = dup(buf.fd);
	close(buf.fd);
	conform_expect_room(c, room - buf.size,
			    "with one of two descriptors closed");
	close(second);
	conform_expect_room(c, room, "with both closed");
}

/* Sends a descriptor, as programs pass buffers to each other. */
static void send_descriptor(struct conform *c, int socket, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} u = { 0 };
	struct iovec byte = { .iov_base = (char[1]){ 0 }, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u.room),
	};

	u.header.cmsg_level = SOL_SOCKET;
	u.header.cmsg_type = SCM_RIGHTS;
	u.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&u.header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		conform_untested(c, "a descriptor cannot be sent: %s", strerror(errno));
}

/* Takes the descriptor, says so, and keeps it until the socket is closed. */
static void __attribute__((noreturn)) receiver(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} u = { 0 };
	char text[1] = { 0 };
	struct iovec byte = { .iov_base = text, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = &u,
		.msg_controllen = sizeof(u.room),
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (recvmsg(socket, &message, 0) != 1 ||
	    write(socket, text, 1) != 1)
		_exit(EXIT_FAILURE);
	while (read(socket, text, 1) == 1)
		;
	_exit(EXIT_SUCCESS);
}

static void run_passed(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	int ends[2], status;
	char byte;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		conform_untested(c, "there are no sockets: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		conform_untested(c, "fork: %s", strerror(errno));
	if (!pid) {
		close(ends[0]);
		receiver(ends[1]);
	}
	close(ends[1]);

	conform_get(c, 2 * c->granule, &buf);
	send_descriptor(c, ends[0], buf.fd);
	if (read(ends[0], &byte, 1) != 1)
		conform_untested(c, "the other process did not get the descriptor");
	close(buf.fd);
	conform_expect_room(c, room - buf.size,
			    "with the dma-buf in another process");
	close(ends[0]);
	waitpid(pid, &status, 0);
	conform_expect_room(c, room, "with that process gone");
}

/* Allocates in an open file of its own, says how that went, and waits. */
static void __attribute__((noreturn)) victim(struct conform *c, int to)
{
	struct conform_buffer buf;
	int ret;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	c->fd = conform_reopen(c);
	ret = c->fd < 0 ? c->fd : conform_try(c, 2 * c->granule, &buf);
	if (write(to, &ret, sizeof(ret)) == sizeof(ret))
		pause();
	_exit(EXIT_FAILURE);
}

static void run_killed(struct conform *c)
{
	uint64_t room = conform_room(c);
	int ends[2], status, ret;
	pid_t pid;

	if (pipe(ends))
		conform_untested(c, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		conform_untested(c, "fork: %s", strerror(errno));
	if (!pid)
		victim(c, ends[1]);
	close(ends[1]);

	if (read(ends[0], &ret, sizeof(ret)) != sizeof(ret))
		conform_fail(c, "another process ended while it allocated");
	if (ret < 0)
		conform_cannot(c, 2 * c->granule, ret);
	conform_expect_room(c, room - 2 * c->granule, "while it lives");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	conform_expect_room(c, room, "after it was killed");
}

static void run_device_closed(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	int old = c->fd;

	conform_get(c, 2 * c->granule, &buf);
	close(old);
	c->fd = conform_reopen(c);
	if (c->fd < 0)
		conform_fail(c, "the device does not open again: %s",
			     strerror(-c->fd));
	if (lseek(buf.fd, 0, SEEK_END) != (off_t)buf.size)
		conform_fail(c, "the dma-buf needs the open file of the device");
	conform_expect_room(c, room - buf.size, "with the device closed");
	close(buf.fd);
	conform_expect_room(c, room, "with the dma-buf closed, too");
}

/* A registered buffer, in an open file of its own. */
static int get_registered(struct conform *c, struct conform_buffer *buf,
			  struct conform *other)
{
	int reg;

	*other = *c;
	other->fd = conform_reopen(c);
	if (other->fd < 0)
		conform_fail(c, "the device opens only once: %s",
			     strerror(-other->fd));
	conform_get(c, 2 * c->granule, buf);
	reg = conform_register_fd(other, buf->fd, NULL);
	if (reg < 0)
		conform_fail(c, "registering fails: %s", strerror(-reg));
	return reg;
}

static void run_registration_last(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	struct conform other;
	int reg = get_registered(c, &buf, &other);

	close(buf.fd);
	conform_expect_room(c, room - buf.size,
			    "with the dma-buf closed and a registration left");
	close(reg);
	conform_expect_room(c, room, "with the registration closed, too");
}

static void run_dma_buf_last(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	struct conform other;
	int reg = get_registered(c, &buf, &other);

	close(reg);
	conform_expect_room(c, room - buf.size,
			    "with the registration closed and the dma-buf left");
	close(buf.fd);
	conform_expect_room(c, room, "with the dma-buf closed, too");
}

static void run_registered_in(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct conform_buffer buf;
	struct conform other;

	get_registered(c, &buf, &other);
	close(buf.fd);
	conform_expect_room(c, room - buf.size,
			    "with the dma-buf closed and a registration left");
	close(other.fd);
	conform_expect_room(c, room, "with the file it was registered in closed");
}

static const struct conform_check checks[] = {
	{ "memory.close", CONFORM_MUST, CONFORM_BOTH, "Lifetime",
	  "Memory is in use while its dma-buf is open and comes back after the close.",
	  run_close },
	{ "memory.dup", CONFORM_MUST, CONFORM_BOTH, "Lifetime",
	  "Memory stays in use until the last of several descriptors is closed.",
	  run_dup },
	{ "memory.passed", CONFORM_MUST, CONFORM_BOTH, "Lifetime",
	  "Memory stays in use while another process has the dma-buf.",
	  run_passed },
	{ "memory.killed", CONFORM_MUST, CONFORM_BOTH, "Lifetime",
	  "Memory comes back from a process that is killed.", run_killed },
	{ "memory.device-closed", CONFORM_MUST, CONFORM_BOTH, "Lifetime",
	  "The dma-buf stays when the device is closed.",
	  run_device_closed },
	{ "memory.registration-last", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "A registration keeps the memory after the dma-buf is closed.",
	  run_registration_last },
	{ "memory.dma-buf-last", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "A dma-buf keeps the memory after the registration is closed.",
	  run_dma_buf_last },
	{ "memory.registered-in", CONFORM_MUST, CONFORM_TEE, "Lifetime",
	  "A registration ends with its open file.",
	  run_registered_in },
};

const struct conform_group conform_memory = { checks, CONFORM_COUNT(checks) };
