// SPDX-License-Identifier: GPL-2.0-only
/* Operations of user space on a bound device. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/account.h"
#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "op.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define DEBUG	"/sys/kernel/debug/"

static const uint8_t cipher_uuid[] = RSTMEM_SVC_CIPHER_UUID;
static const uint8_t copy_uuid[] = RSTMEM_SVC_COPY_UUID;
static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;

struct made s;

static int *const fds[] = {
	&s.file, &s.edu, &s.mem.fd, &s.reg, &s.buf, &s.buf2, &s.heap, &s.other,
	&s.tee,
};

void forget(void)
{
	size_t n;

	for (n = 0; n < COUNT(fds); n++)
		*fds[n] = -1;
	s.mem.addr = NULL;
}

/* Closes what is open. Returns 0 or the first -errno. */
static int close_all(void)
{
	int rc = 0;
	size_t n;

	for (n = 0; n < COUNT(fds); n++) {
		if (*fds[n] >= 0 && close(*fds[n]) && !rc)
			rc = -errno;
		*fds[n] = -1;
	}
	return rc;
}

void undo(void)
{
	if (s.mem.addr) {
		tee_mem_free(&s.mem);
		s.mem.addr = NULL;
		s.mem.fd = -1;
	}
	close_all();
}

/* Turns the result of a call that returns -1 on failure into 0 or -errno. */
int result(int rc)
{
	return rc < 0 ? -errno : 0;
}

static int opened(int fd)
{
	return fd < 0 ? fd : 0;
}

void prepare_nothing(void)
{
}

static void prepare_tee(void)
{
	s.tee = target_open();
}

static int buffer_of(int tee, int *id)
{
	int buf = tee_rstmem(tee, VIDEO, SIZE, id);

	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	return buf;
}

/* A user without a buffer so far, with all capabilities of root. */
static void prepare_new_user(void)
{
	static uid_t uid = 20000;

	prepare_tee();
	if (setresuid(++uid, -1, -1))
		ktap_bail("setresuid: %s", strerror(errno));
}

static void undo_new_user(void)
{
	undo();
	if (setresuid(0, -1, -1))
		ktap_bail("setresuid: %s", strerror(errno));
}

static void prepare_buf(void)
{
	prepare_tee();
	s.buf = buffer_of(s.tee, &s.id);
}

static void prepare_two(void)
{
	prepare_buf();
	s.other = target_open();
}

static int run_open(void)
{
	s.tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	return result(s.tee);
}

static int run_version(void)
{
	struct tee_ioctl_version_data vers;

	return result(ioctl(s.tee, TEE_IOC_VERSION, &vers));
}

static int run_alloc(void)
{
	s.buf = tee_rstmem(s.tee, VIDEO, SIZE, NULL);
	return opened(s.buf);
}

static int run_query(void)
{
	struct tee_ioctl_rstmem_query query;

	return tee_query(s.tee, VIDEO, &query);
}

static int run_fd_info(void)
{
	struct tee_ioctl_rstmem_fd_info info;

	return tee_fd_info(s.tee, s.buf, &info);
}

static int run_register(void)
{
	s.reg = tee_register_fd(s.other, s.buf, NULL);
	return opened(s.reg);
}

static void prepare_registered(void)
{
	prepare_two();
	if (run_register())
		ktap_bail("registration");
}

static int run_deregister(void)
{
	int fd = s.reg;

	s.reg = -1;
	return result(close(fd));
}

static int run_session(const uint8_t *uuid)
{
	uint32_t ret = 0;
	int rc = tee_session(s.tee, uuid, &s.session, &ret, NULL);

	return rc ? rc : (int)ret;
}

static int run_session_cipher(void)
{
	return run_session(cipher_uuid);
}

static int run_session_copy(void)
{
	return run_session(copy_uuid);
}

static int run_session_digest(void)
{
	return run_session(digest_uuid);
}

/* A session and a page of normal memory for it. */
static void prepare_call(const uint8_t *uuid)
{
	prepare_buf();
	s.session = tee_service(s.tee, uuid);
	tee_mem_alloc(s.tee, 4 * KIB, &s.mem);
}

static int run_close_session(void)
{
	return tee_close_session(s.tee, s.session);
}

static void prepare_digest(void)
{
	prepare_call(digest_uuid);
}

static int run_call(uint32_t func, struct tee_ioctl_param *params,
		    unsigned int num)
{
	uint32_t ret = 0;
	int rc = tee_invoke(s.tee, s.session, func, 0, params, num, &ret, NULL);

	return rc ? rc : (int)ret;
}

/* With an id that the stock core does not know yet. */
static int run_digest(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.id, 0, SIZE), tee_out(s.mem.id, 0, 32),
	};

	return run_call(RSTMEM_SVC_DIGEST_SHA256, params, 2);
}

static void prepare_copy(void)
{
	prepare_call(copy_uuid);
}

static int run_copy(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.id, 0, SIZE / 2), tee_out(s.id, SIZE / 2, SIZE / 2),
	};

	return run_call(RSTMEM_SVC_COPY_COPY, params, 2);
}

static void prepare_cipher(void)
{
	prepare_call(cipher_uuid);
}

static int run_set_key(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.mem.id, 0, 32), tee_in(s.mem.id, 32, 16),
	};

	return run_call(RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
}

static void prepare_update(void)
{
	prepare_cipher();
	if (run_set_key())
		ktap_bail("no key");
}

static int run_update(void)
{
	struct tee_ioctl_param params[] = {
		tee_in(s.mem.id, 0, 4 * KIB), tee_out(s.id, 0, 4 * KIB),
	};

	return run_call(RSTMEM_SVC_CIPHER_UPDATE, params, 2);
}

static int run_shm_alloc(void)
{
	struct tee_ioctl_shm_alloc_data data = { .size = SIZE };

	s.mem.fd = ioctl(s.tee, TEE_IOC_SHM_ALLOC, &data);
	return result(s.mem.fd);
}

static int run_shm_register(void)
{
	static char mem[8 * KIB];
	struct tee_ioctl_shm_register_data data = {
		.addr = (uintptr_t)mem,
		.length = sizeof(mem),
	};

	s.mem.fd = ioctl(s.tee, TEE_IOC_SHM_REGISTER, &data);
	return result(s.mem.fd);
}

#define HEAP	"/dev/dma_heap/protected,secure-video"

static int run_heap_open(void)
{
	s.heap = open(HEAP, O_RDWR | O_CLOEXEC);
	return result(s.heap);
}

static void prepare_heap(void)
{
	if (run_heap_open())
		ktap_bail(HEAP ": %s", strerror(errno));
}

static int run_heap_alloc(void)
{
	struct dma_heap_allocation_data data = {
		.len = SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int rc = result(ioctl(s.heap, DMA_HEAP_IOCTL_ALLOC, &data));

	if (!rc)
		s.buf = data.fd;
	return rc;
}

static int run_edu_open(void)
{
	s.edu = open("/dev/rstmem_edu", O_RDWR | O_CLOEXEC);
	return result(s.edu);
}

/* The importer and a buffer that it may map. */
static void prepare_edu(void)
{
	prepare_buf();
	s.edu = edu_open();
	edu_mask(s.edu, 40);
}

static int run_map(void)
{
	return edu_map(s.edu, s.buf, RSTMEM_EDU_TO_DEVICE, NULL);
}

static void prepare_mapped(void)
{
	prepare_edu();
	if (run_map())
		ktap_bail("no mapping");
}

static int run_unmap(void)
{
	return edu_unmap(s.edu);
}

static int run_edu_info(void)
{
	return edu_info(s.edu, s.buf, NULL, NULL);
}

/* A backend with a list of pages, which an importer maps in many pieces. */
static void prepare_pages(void)
{
	s.tee = tee_open(FAKE_IMPL_ID);
	s.edu = edu_open();
	edu_mask(s.edu, 40);
}

static void prepare_edu_pages(void)
{
	prepare_pages();
	s.buf = buffer_of(s.tee, NULL);
}

static void prepare_mapped_pages(void)
{
	prepare_edu_pages();
	if (run_map())
		ktap_bail("no mapping");
}

/* Reads a file to its end. */
static int read_all(const char *path)
{
	char text[512];
	ssize_t n;

	s.file = open(path, O_RDONLY | O_CLOEXEC);
	if (s.file < 0)
		return -errno;
	do {
		n = read(s.file, text, sizeof(text));
	} while (n > 0);
	return result(n);
}

static int write_all(const char *path, const char *text)
{
	s.file = open(path, O_WRONLY | O_CLOEXEC);
	return s.file < 0 ? -errno : result(write(s.file, text, strlen(text)));
}

#define CLASS	"/sys/class/rstmem/" VIDEO_ACCOUNT "/"

static int run_read_used(void)
{
	return read_all(CLASS "used");
}

static int run_read_importers(void)
{
	return read_all(CLASS "importers");
}

static int run_read_buffers(void)
{
	return read_all(DEBUG "rstmem/buffers");
}

static int run_write_limit(void)
{
	return write_all(CLASS "limits/buffer_bytes", "max");
}

static int run_write_importers(void)
{
	return write_all(CLASS "importers", "driver:rstmem_*");
}

static void undo_importers(void)
{
	undo();
	if (account_write(VIDEO_ACCOUNT, "importers", "any"))
		ktap_bail("importers");
}

/* Every kind of object at once. */
static void prepare_everything(void)
{
	prepare_digest();
	if (run_digest())
		ktap_bail("digest");
	tee_mem_free(&s.mem);
	s.mem.addr = NULL;
	s.mem.fd = -1;
	s.other = target_open();
	s.edu = edu_open();
	edu_mask(s.edu, 40);
	s.buf2 = buffer_of(s.other, NULL);
	if (run_register() || run_map())
		ktap_bail("no mapping, or no registration");
}

const struct op calls[] = {
	OP("open the TEE", prepare_nothing, run_open),
	OP("TEE_IOC_VERSION", prepare_tee, run_version),
	OP("TEE_IOC_RSTMEM_ALLOC", prepare_tee, run_alloc),
	OP("TEE_IOC_RSTMEM_ALLOC by a new user", prepare_new_user, run_alloc,
	   .undo = undo_new_user),
	OP("TEE_IOC_RSTMEM_QUERY", prepare_tee, run_query),
	OP("TEE_IOC_RSTMEM_FD_INFO", prepare_buf, run_fd_info),
	OP("TEE_IOC_SHM_REGISTER_FD in another context", prepare_two, run_register),
	OP("close of a registration", prepare_registered, run_deregister,
	   .works = true, .no_site = true),
	OP("TEE_IOC_SHM_ALLOC", prepare_tee, run_shm_alloc),
	OP("TEE_IOC_SHM_REGISTER", prepare_tee, run_shm_register),
	OP("open a session: cipher", prepare_tee, run_session_cipher),
	OP("open a session: copy", prepare_tee, run_session_copy),
	OP("open a session: digest", prepare_tee, run_session_digest),
	OP("close a session", prepare_digest, run_close_session),
	OP("invoke with a new id: digest", prepare_digest, run_digest),
	OP("invoke with a new id: copy", prepare_copy, run_copy),
	OP("invoke: set a key", prepare_cipher, run_set_key),
	OP("invoke: decrypt", prepare_update, run_update),
	OP("open a heap", prepare_nothing, run_heap_open),
	OP("DMA_HEAP_IOCTL_ALLOC", prepare_heap, run_heap_alloc),
	OP("open the importer", prepare_nothing, run_edu_open),
	OP("attach and map", prepare_edu, run_map),
	OP("unmap and detach", prepare_mapped, run_unmap, .works = true,
	   .no_site = true),
	OP("importer: ask about a buffer", prepare_edu, run_edu_info),
	OP("read sysfs: used", prepare_buf, run_read_used),
	OP("read sysfs: importers", prepare_buf, run_read_importers),
	OP("read debugfs: buffers", prepare_registered, run_read_buffers),
	OP("write sysfs: a limit", prepare_nothing, run_write_limit),
	OP("write sysfs: importers", prepare_nothing, run_write_importers,
	   .undo = undo_importers),
	OP("close everything", prepare_everything, close_all, .works = true,
	   .no_site = true),
};

const struct op page_calls[] = {
	OP("allocate a list of pages", prepare_pages, run_alloc),
	OP("attach and map a list of pages", prepare_edu_pages, run_map),
	OP("unmap and detach a list of pages", prepare_mapped_pages, run_unmap,
	   .works = true, .no_site = true),
	OP("close a list of pages", prepare_mapped_pages, close_all, .works = true,
	   .no_site = true),
};

const size_t num_calls = COUNT(calls);
const size_t num_page_calls = COUNT(page_calls);
