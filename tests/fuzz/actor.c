// SPDX-License-Identifier: GPL-2.0-only
/* The fuzzer's processes, see actor.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem_services.h>

#include "../support/content.h"
#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"
#include "actor.h"
#include "cover.h"

#define MAX_FDS		64
#define PAGE		4096
/* Larger than any argument. */
#define ARGUMENT	512

static const char * const use_cases[] = {
	"secure-video", "trusted-ui", "secure-video-record",
};

/* Sockets for requests and replies, and for descriptors. The driver has [0] of each. */
static struct {
	int ask[2], pass[2];
} pipes[ACTORS];
static bool covered;

/* State of the calling process. */
static int fds[SLOTS];
/* A read-only page, followed by an unmapped one. */
static uint8_t *pages;

void actors_init(bool cover)
{
	unsigned int n;

	covered = cover;
	for (n = 0; n < ACTORS; n++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			       pipes[n].ask) ||
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			       pipes[n].pass))
			ktap_bail("socketpair: %s", strerror(errno));
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		ktap_bail("mmap: %s", strerror(errno));
}

static unsigned int count_fds(void)
{
	unsigned int n, count = 0;

	for (n = 0; n < MAX_FDS; n++)
		count += fcntl(n, F_GETFD) >= 0;
	return count;
}

/* Copies an argument to its place. */
static void *place(enum place where, const void *argument, size_t size)
{
	switch (where) {
	case PLACE_NULL:
		return NULL;
	case PLACE_UNMAPPED:
		/* The last byte is unmapped. */
		mprotect(pages, PAGE, PROT_READ | PROT_WRITE);
		mprotect(pages + PAGE, PAGE, PROT_NONE);
		memcpy(pages + PAGE - size + 1, argument, size - 1);
		return pages + PAGE - size + 1;
	default:
		mprotect(pages, PAGE, PROT_READ | PROT_WRITE);
		memcpy(pages, argument, size);
		if (where == PLACE_READ_ONLY)
			mprotect(pages, PAGE, PROT_READ);
		return pages;
	}
}

static int call(int fd, unsigned long cmd, void *argument)
{
	int rc = ioctl(fd, cmd, argument);

	return rc < 0 ? -errno : rc;
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void do_open_heap(const struct request *r, struct reply *reply)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/dma_heap/protected,%s",
		 use_cases[r->use_case - 1]);
	reply->rc = open_file(path);
}

static void do_alloc(const struct request *r, struct reply *reply)
{
	struct tee_ioctl_rstmem_alloc_data data = {
		.size = r->size,
		.flags = r->flags,
		.use_case = r->use_case,
		.id = -1,
		.pad = r->pad,
	}, *there = place(r->place, &data, sizeof(data));

	reply->rc = call(fds[r->slot], TEE_IOC_RSTMEM_ALLOC, there);
	if (r->place != PLACE_GOOD)
		return;
	reply->size = there->size;
	reply->flags = there->flags;
	reply->id = there->id;
}

static void do_alloc_heap(const struct request *r, struct reply *reply)
{
	struct dma_heap_allocation_data data = {
		.len = r->size,
		.fd_flags = r->flags,
		.heap_flags = r->pad,
	}, *there = place(r->place, &data, sizeof(data));

	reply->rc = call(fds[r->slot], DMA_HEAP_IOCTL_ALLOC, there);
	if (!reply->rc)
		reply->rc = there->fd;
}

static void do_register(const struct request *r, struct reply *reply)
{
	struct tee_ioctl_shm_register_fd_data data = {
		.fd = fds[r->other],
		.flags = r->flags,
	}, *there = place(r->place, &data, sizeof(data));

	reply->rc = call(fds[r->slot], TEE_IOC_SHM_REGISTER_FD, there);
	if (r->place != PLACE_GOOD)
		return;
	reply->size = there->size;
	reply->id = there->id;
}

static void content_of(uint32_t seed, void *data, size_t size)
{
	if (seed)
		content_make(data, size, seed);
	else
		memset(data, 0, size);
}

static void do_check(const struct request *r, struct reply *reply)
{
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	uint8_t data[PAGE], want[32], got[32] = {};
	struct tee_ioctl_param params[2];
	uint32_t session, ret, origin;
	struct tee_mem mem;

	reply->rc = tee_session(fds[r->slot], uuid, &session, &ret, &origin);
	if (reply->rc)
		return;
	tee_mem_alloc(fds[r->slot], PAGE, &mem);
	/* An id that ended may name this memory now. */
	if (mem.id == r->id) {
		tee_mem_free(&mem);
		tee_close_session(fds[r->slot], session);
		reply->rc = -EINVAL;
		return;
	}
	params[0] = tee_in(r->id, 0, PAGE);
	params[1] = tee_out(mem.id, 0, sizeof(got));
	reply->rc = tee_invoke(fds[r->slot], session, RSTMEM_SVC_DIGEST_SHA256, 0,
			       params, 2, &ret, &origin);
	memcpy(got, mem.addr, sizeof(got));
	tee_mem_free(&mem);
	tee_close_session(fds[r->slot], session);
	if (reply->rc)
		return;
	content_of(r->seed, data, sizeof(data));
	content_sha256(data, sizeof(data), want);
	/* 1 says that the content differs. */
	reply->rc = ret ? -EPROTO : memcmp(got, want, sizeof(got)) != 0;
}

static void do_fill(const struct request *r, struct reply *reply)
{
	uint8_t data[PAGE];

	/* An invalid one would end the process. */
	do_check(r, reply);
	if (reply->rc < 0)
		return;
	content_of(r->seed, data, sizeof(data));
	content_fill(fds[r->slot], r->id, 0, data, sizeof(data));
	reply->rc = 0;
}

static void do_info(const struct request *r, struct reply *reply)
{
	struct tee_ioctl_rstmem_fd_info data = {
		.fd = fds[r->other],
		.flags = r->flags,
		.pad = r->pad,
	}, *there = place(r->place, &data, sizeof(data));

	reply->rc = call(fds[r->slot], TEE_IOC_RSTMEM_FD_INFO, there);
	if (r->place != PLACE_GOOD)
		return;
	reply->size = there->size;
	reply->use_case = there->use_case;
}

/* Queries like a program of another version: @size is that of its structure. */
static void do_query(const struct request *r, struct reply *reply)
{
	struct {
		struct tee_ioctl_rstmem_query query;
		uint8_t more[ARGUMENT];
	} data = {
		.query.use_case = r->use_case,
		.query.flags = r->flags,
		.more[0] = r->pad,
	}, *there = place(r->place, &data, sizeof(data));

	reply->rc = call(fds[r->slot],
			 _IOC(_IOC_READ | _IOC_WRITE, TEE_IOC_MAGIC,
			      _IOC_NR(TEE_IOC_RSTMEM_QUERY), r->size), there);
}

/* Counts the ways in which the CPU gets at the buffer. */
static void do_cpu(const struct request *r, struct reply *reply)
{
	struct dma_buf_sync sync = {
		.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW,
	};
	int fd = fds[r->slot], got = 0;
	char byte = 0;
	void *map;

	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED) {
		got++;
		munmap(map, PAGE);
	}
	got += read(fd, &byte, 1) >= 0;
	got += write(fd, &byte, 1) >= 0;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	reply->size = lseek(fd, 0, SEEK_END);
	reply->rc = got;
}

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = 0;
	while (n > 0)
		n = read(fd, (char [4096]){}, 4096);
	if (fd >= 0)
		close(fd);
}

/*
 * Reads all files, writes a limit, and returns the number in "used". No limit applies to
 * root.
 */
static void do_read(const struct request *r, struct reply *reply)
{
	static const char * const names[] = {
		"granule", "total", "largest_free", "free", "peak", "buffers", "freeing",
		"importers", "failures/limit", "user_bytes", "user_buffers",
		"buffer_bytes", "reserve", "used",
	}, * const texts[] = {
		"max", "0", "1", "4096", "-1", "1M", "18446744073709551615", "", "x",
		"99999999999999999999",
	};
	char path[96], text[64] = "";
	unsigned int n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/rstmem/tee0,%s/%s",
		 use_cases[r->use_case - 1], names[8 + r->pad % 4]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		const char *what = texts[r->flags %
					 (sizeof(texts) / sizeof(texts[0]))];

		if (write(fd, what, strlen(what)) < 0)
			reply->flags = errno;
		close(fd);
	}
	read_file("/sys/kernel/debug/rstmem/buffers", text, sizeof(text));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fds[r->slot]);
	read_file(path, text, sizeof(text));
	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		snprintf(path, sizeof(path), "/sys/class/rstmem/tee0,%s/%s",
			 use_cases[r->use_case - 1], names[n]);
		read_file(path, text, sizeof(text));
	}
	reply->size = strtoull(text, NULL, 0);
	reply->rc = text[0] ? 0 : -ENOENT;
}

static void do_open_edu(struct reply *reply)
{
	reply->rc = open_file("/dev/rstmem_edu");
	if (reply->rc >= 0)
		edu_mask(reply->rc, 40);
}

/* Closes a descriptor that the ioctl opened by chance. */
static void do_garbage(const struct request *r, struct reply *reply)
{
	unsigned int before = count_fds(), n;
	uint8_t data[ARGUMENT];
	unsigned long cmd;

	content_make(data, sizeof(data), r->seed);
	/* Sometimes a valid pointer. */
	if (r->seed & 1)
		memcpy(data, &(void *){ pages }, sizeof(void *));
	if (r->seed & 2)
		data[8 + r->seed % 8] = 0;
	cmd = _IOC(r->flags & 3, TEE_IOC_MAGIC, r->pad % 80, r->size);
	reply->rc = call(fds[r->slot], cmd, place(r->place, data, sizeof(data)));
	if (count_fds() == before)
		return;
	for (n = MAX_FDS - 1; count_fds() > before; n--) {
		unsigned int s;

		for (s = 0; s < SLOTS && fds[s] != (int)n; s++)
			;
		if (s == SLOTS)
			close(n);
	}
}

static void do_one(const struct request *r, struct reply *reply)
{
	int *to = NULL;

	switch (r->kind) {
	case OP_OPEN:
		reply->rc = open_file("/dev/tee0");
		to = &fds[r->to];
		break;
	case OP_OPEN_HEAP:
		do_open_heap(r, reply);
		to = &fds[r->to];
		break;
	case OP_OPEN_EDU:
		do_open_edu(reply);
		to = &fds[r->to];
		break;
	case OP_CLOSE:
		reply->rc = close(fds[r->slot]) ? -errno : 0;
		fds[r->slot] = -1;
		break;
	case OP_ALLOC:
		do_alloc(r, reply);
		to = &fds[r->to];
		break;
	case OP_ALLOC_HEAP:
		do_alloc_heap(r, reply);
		to = &fds[r->to];
		break;
	case OP_DUP:
		reply->rc = fcntl(fds[r->slot], F_DUPFD_CLOEXEC, 0);
		reply->rc = reply->rc < 0 ? -errno : reply->rc;
		to = &fds[r->to];
		break;
	case OP_REGISTER:
		do_register(r, reply);
		to = &fds[r->to];
		break;
	case OP_FILL:
		do_fill(r, reply);
		break;
	case OP_CHECK:
		do_check(r, reply);
		break;
	case OP_INFO:
		do_info(r, reply);
		break;
	case OP_QUERY:
		do_query(r, reply);
		break;
	case OP_CPU:
		do_cpu(r, reply);
		break;
	case OP_READ:
		do_read(r, reply);
		break;
	case OP_ATTACH:
		reply->rc = edu_map(fds[r->slot], fds[r->other],
				    RSTMEM_EDU_TO_DEVICE, NULL);
		break;
	case OP_DETACH:
		reply->rc = edu_unmap(fds[r->slot]);
		break;
	case OP_GARBAGE:
		do_garbage(r, reply);
		break;
	default:
		break;
	}
	if (to && reply->rc >= 0)
		*to = reply->rc;
}

static _Noreturn void serve(unsigned int which)
{
	struct request r;
	int fd;

	for (;;) {
		struct reply reply = {};
		pid_t pid;

		if (recv(pipes[which].ask[1], &r, sizeof(r), 0) != sizeof(r))
			_exit(1);
		if (covered)
			cover_begin();
		switch (r.kind) {
		case OP_PASS:
			/* A descriptor to the driver, or from it. */
			if (r.pad) {
				fd = socket_receive_fd(pipes[which].pass[1]);
				reply.rc = fd;
				if (fd >= 0)
					fds[r.to] = fd;
			} else {
				reply.rc = socket_send_fd(pipes[which].pass[1],
							  fds[r.slot]);
			}
			break;
		case OP_FORK:
			/* Fork twice: the copy becomes a child of the driver. */
			pid = fork();
			if (!pid) {
				pid = fork();
				if (pid)
					_exit(pid < 0);
				which = r.pad;
				if (covered)
					cover_start();
				reply.rc = getpid();
				break;
			}
			waitpid(pid, NULL, 0);
			continue;
		default:
			do_one(&r, &reply);
		}
		if (covered)
			cover_end();
		reply.fds = count_fds();
		if (send(pipes[which].ask[1], &reply, sizeof(reply), 0) !=
		    sizeof(reply))
			_exit(1);
	}
}

pid_t actor_start(unsigned int which)
{
	pid_t pid = fork();
	unsigned int n;

	if (pid)
		return pid;
	for (n = 0; n < SLOTS; n++)
		fds[n] = -1;
	if (covered)
		cover_start();
	serve(which);
}

/* A process that bails out dies, but others keep its end of the socket open. */
static bool receive(unsigned int which, struct reply *reply)
{
	struct timeval tv = { .tv_sec = 60 };

	setsockopt(pipes[which].ask[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return recv(pipes[which].ask[0], reply, sizeof(*reply), 0) ==
	       sizeof(*reply);
}

bool actor_ask(unsigned int which, const struct request *request,
	       struct reply *reply)
{
	return send(pipes[which].ask[0], request, sizeof(*request), 0) ==
		       sizeof(*request) && receive(which, reply);
}

bool actor_pass(unsigned int from, unsigned int slot, unsigned int to,
		unsigned int to_slot, struct reply *reply)
{
	struct request r = { .kind = OP_PASS, .slot = slot };
	int fd;

	if (!actor_ask(from, &r, reply))
		return false;
	if (reply->rc)
		return true;
	fd = socket_receive_fd(pipes[from].pass[0]);
	if (fd < 0 || socket_send_fd(pipes[to].pass[0], fd))
		return false;
	close(fd);
	r.pad = 1;
	r.to = to_slot;
	return actor_ask(to, &r, reply);
}

pid_t actor_fork(unsigned int which, unsigned int copy, struct reply *reply)
{
	struct request r = { .kind = OP_FORK, .pad = copy };

	if (send(pipes[which].ask[0], &r, sizeof(r), 0) != sizeof(r) ||
	    !receive(copy, reply))
		return -1;
	return reply->rc;
}
