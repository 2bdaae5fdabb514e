// SPDX-License-Identifier: GPL-2.0-only
/*
 * rip PID PATTERN: tries, as root, to get at the film that process PID plays, in every way
 * that a program has. PATTERN is a file with bytes of the picture that is shown, each XORed
 * with 0x5a, so that the search does not find the pattern itself.
 *
 * Prints a table. Each method is tried on the film first and then on ordinary memory with
 * the same bytes, where it must succeed: a method that cannot work proves nothing. Status 0
 * when no method found the film and each found the ordinary memory. A method may also say
 * that the kernel has nothing of the kind, for both.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/tee.h>
#include <linux/tee_rstmem_services.h>
#include <linux/udmabuf.h>
#include <rstmem.h>

#include "../tests/modules/rstmem_edu.h"
#include "rip.h"

#define MASK		0x5a
#define PATTERN		64
#define STEP		(1 << 20)

static uint8_t pattern[PATTERN];	/* masked */
static uint8_t chunk[STEP + PATTERN];
static uint64_t pool_addr, pool_size, spare_addr;

/* Looks for the pattern in the chunk. Pixels have four bytes. */
static bool chunk_has(size_t size)
{
	uint64_t first, now;
	size_t n, i;

	memcpy(&first, pattern, 8);
	first ^= 0x0101010101010101ULL * MASK;
	for (n = 0; n + PATTERN <= size; n += 4) {
		memcpy(&now, chunk + n, 8);
		if (now != first)
			continue;
		for (i = 8; i < PATTERN && (chunk[n + i] ^ MASK) == pattern[i]; i++)
			;
		if (i == PATTERN)
			return true;
	}
	return false;
}

static int search_file(int fd, bool seek)
{
	ssize_t n;
	off_t at;

	for (at = 0;; at += n) {
		n = seek ? pread(fd, chunk, STEP, at) : read(fd, chunk, STEP);
		if (n < 0)
			return at ? 0 : -errno;
		if (chunk_has(n))
			return 1;
		if (!n)
			return 0;
	}
}

/* Tries a method on each file of a victim. Returns the worst result. */
static int each_file(const struct victim *v, int (*method)(int fd))
{
	unsigned int n;
	int rc, worst;

	if (v->file >= 0)
		return method(v->file);
	for (worst = -ENOENT, n = 0; n < v->num; n++) {
		rc = method(v->buffer[n]);
		if (rc > worst || worst == -ENOENT)
			worst = rc;
	}
	return worst;
}

static int read_one(int fd)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return search_file(fd, false);
}

static int pread_one(int fd)
{
	return search_file(fd, true);
}

static int splice_one(int fd)
{
	int pipes[2], rc = 0;
	off_t at = 0;
	ssize_t n;

	if (pipe(pipes))
		return -errno;
	while (!rc && (n = splice(fd, &at, pipes[1], NULL, 4096, 0)))
		rc = n < 0 ? -errno : read(pipes[0], chunk, n) == n && chunk_has(n);
	close(pipes[0]);
	close(pipes[1]);
	return rc;
}

static int sendfile_one(int fd)
{
	int copy = memfd_create("copy", MFD_CLOEXEC), rc;
	off_t at = 0;
	ssize_t n;

	while ((n = sendfile(copy, fd, &at, STEP)) > 0)
		;
	rc = n < 0 ? -errno : search_file(copy, true);
	close(copy);
	return rc;
}

/* Maps each buffer, and searches it with @look. */
int map_each(const struct victim *v, int prot, int (*look)(void *map, size_t size))
{
	int worst = -ENOENT, rc;
	unsigned int n;
	off_t size;
	void *map;

	for (n = 0; n < v->num; n++) {
		size = lseek(v->buffer[n], 0, SEEK_END);
		map = mmap(NULL, size, prot, MAP_SHARED, v->buffer[n], 0);
		rc = map == MAP_FAILED ? -errno : look(map, size);
		if (map != MAP_FAILED)
			munmap(map, size);
		if (rc > worst || worst == -ENOENT)
			worst = rc;
	}
	return worst;
}

int look_plain(void *map, size_t size)
{
	size_t at, n;

	for (at = 0; at < size; at += n) {
		n = size - at < STEP ? size - at : STEP;
		memcpy(chunk, (char *)map + at, n);
		if (chunk_has(n))
			return 1;
	}
	return 0;
}

static int look_vmsplice(void *map, size_t size)
{
	struct iovec vec = { map, size < 4096 ? size : 4096 };
	int pipes[2], rc;
	ssize_t n;

	if (pipe(pipes))
		return -errno;
	n = vmsplice(pipes[1], &vec, 1, 0);
	rc = n < 0 ? -errno : read(pipes[0], chunk, n) == n && chunk_has(n);
	close(pipes[0]);
	close(pipes[1]);
	return rc;
}

static int by_mmap(const struct victim *v)
{
	return map_each(v, PROT_READ, look_plain);
}

static int by_mmap_write(const struct victim *v)
{
	return map_each(v, PROT_READ | PROT_WRITE, look_plain);
}

static int by_vmsplice(const struct victim *v)
{
	struct victim file = { .num = 1, .buffer = { v->file } };

	/* The pages of a dma-buf cannot be spliced, ordinary ones included. */
	return map_each(v->file < 0 ? v : &file, PROT_READ, look_vmsplice);
}

static int by_read(const struct victim *v)
{
	return each_file(v, read_one);
}

static int by_pread(const struct victim *v)
{
	return each_file(v, pread_one);
}

static int by_splice(const struct victim *v)
{
	return each_file(v, splice_one);
}

static int by_sendfile(const struct victim *v)
{
	return each_file(v, sendfile_one);
}

/* Reads of all that a process has mapped, by @get. */
static int search_process(const struct victim *v,
			  ssize_t (*get)(const struct victim *v, uint64_t at, size_t size))
{
	unsigned long long from, to;
	char path[64], line[512], r;
	int rc = 0;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", v->pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!rc && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx %c", &from, &to, &r) != 3 || r != 'r')
			continue;
		for (; !rc && from < to; from += STEP) {
			n = get(v, from, to - from < STEP ? to - from : STEP);
			rc = n > 0 && chunk_has(n);
		}
	}
	fclose(f);
	return rc;
}

static ssize_t get_vm(const struct victim *v, uint64_t at, size_t size)
{
	struct iovec local = { chunk, size };
	struct iovec remote = { (void *)(uintptr_t)at, size };

	return process_vm_readv(v->pid, &local, 1, &remote, 1, 0);
}

static int by_vm_readv(const struct victim *v)
{
	return search_process(v, get_vm);
}

static int mem_of_process;

static ssize_t get_mem(const struct victim *v, uint64_t at, size_t size)
{
	(void)v;
	return pread(mem_of_process, chunk, size, at);
}

static int by_ptrace(const struct victim *v)
{
	char path[64];
	int rc;

	if (ptrace(PTRACE_ATTACH, v->pid, NULL, NULL))
		return -errno;
	waitpid(v->pid, NULL, __WALL);
	snprintf(path, sizeof(path), "/proc/%d/mem", v->pid);
	mem_of_process = open(path, O_RDONLY | O_CLOEXEC);
	rc = mem_of_process < 0 ? -errno : search_process(v, get_mem);
	close(mem_of_process);
	ptrace(PTRACE_DETACH, v->pid, NULL, NULL);
	return rc;
}

/* A mapping of /dev/mem, since reads of it are for lower memory on some kernels. */
static int by_dev_mem(const struct victim *v)
{
	int fd = open("/dev/mem", O_RDONLY | O_CLOEXEC), rc = -EIO;
	uint64_t at;
	void *map;

	if (fd < 0)
		return -errno;
	for (at = 0; at < v->size; at += PLAIN_SIZE) {
		map = mmap(NULL, PLAIN_SIZE, PROT_READ, MAP_SHARED, fd, v->addr + at);
		rc = map == MAP_FAILED ? -errno : look_plain(map, PLAIN_SIZE);
		if (map == MAP_FAILED)
			break;
		munmap(map, PLAIN_SIZE);
		if (rc)
			break;
	}
	close(fd);
	return rc;
}

/* All segments of /proc/kcore, an ELF file: the kernel's whole view of memory. */
static int by_kcore(const struct victim *v)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), rc = 0;
	uint64_t at, offset, size;
	uint8_t head[64], segment[56];
	uint16_t n, num;
	ssize_t got;

	(void)v;
	if (fd < 0)
		return -errno;
	if (pread(fd, head, sizeof(head), 0) != sizeof(head))
		return -EIO;
	memcpy(&offset, head + 32, 8);
	memcpy(&num, head + 56, 2);
	for (n = 0; !rc && n < num; n++) {
		uint64_t place, start, phys;

		if (pread(fd, segment, sizeof(segment), offset + n * 56) != sizeof(segment))
			break;
		memcpy(&place, segment + 8, 8);
		memcpy(&start, segment + 16, 8);
		memcpy(&phys, segment + 24, 8);
		memcpy(&size, segment + 32, 8);
		/* Segments with a physical address are memory; others show it again. */
		if (segment[0] != 1 || phys == UINT64_MAX)
			continue;
		for (at = 0; !rc && at < size; at += got) {
			got = pread(fd, chunk, size - at < STEP ? size - at : STEP, place + at);
			if (got <= 0)
				break;
			rc = chunk_has(got);
		}
	}
	close(fd);
	return rc;
}

/* A device that is not on the list of importers reads by DMA. */
static int by_device(const struct victim *v)
{
	int edu = open("/dev/rstmem_edu", O_RDWR | O_CLOEXEC), rc = -ENOENT;
	struct rstmem_edu_map map = { .dir = RSTMEM_EDU_TO_DEVICE };
	struct rstmem_edu_copy copy = { .ptr = (uintptr_t)chunk, .size = 4096 };
	uint32_t bits = 40;
	unsigned int n;

	if (edu < 0 || ioctl(edu, RSTMEM_EDU_SET_MASK, &bits))
		return -errno;
	for (n = 0; n < v->num && rc <= 0; n++) {
		map.fd = v->buffer[n];
		rc = ioctl(edu, RSTMEM_EDU_MAP, &map) || ioctl(edu, RSTMEM_EDU_READ, &copy) ?
			-errno : chunk_has(copy.size);
		ioctl(edu, RSTMEM_EDU_UNMAP);
	}
	close(edu);
	return rc;
}

/* The services of the TEE, on buffers that belong to the film. */

static struct rstmem *dev;

static int call(const uint8_t *uuid, uint32_t command, struct rstmem_param *params,
		size_t count)
{
	struct rstmem_session session;
	int rc = rstmem_session_open(dev, uuid, &session, NULL);

	if (!rc)
		rc = rstmem_invoke(&session, command, params, count, NULL);
	rstmem_session_close(&session);
	return rc == -EREMOTEIO ? -EACCES : rc;
}

/* Copies with the copy service; ordinary memory stands for a restricted destination. */
static int by_copy(const struct victim *v)
{
	static const uint8_t uuid[] = RSTMEM_SVC_COPY_UUID;
	struct rstmem_param params[2] = {
		{ .type = RSTMEM_MEMREF_IN, .size = 4096 },
		{ .type = RSTMEM_MEMREF_OUT, .size = 4096 },
	};
	struct rstmem_registration reg = { .fd = -1 };
	struct rstmem_buffer restricted = { .fd = -1 };
	struct rstmem_shm shm;
	int rc = rstmem_shm_register(dev, chunk, 4096, &shm);

	params[1].id = shm.id;
	if (v->file < 0) {
		rc = rc ? rc : rstmem_register(dev, v->buffer[0], 0, &reg);
		params[0].id = reg.id;
	} else {
		/* The same call, but for the kind of its destination. */
		rc = rc ? rc : rstmem_alloc(dev, TEE_IOC_UC_SECURE_VIDEO_PLAY, 8192, 0,
					    &restricted);
		params[0].id = restricted.id;
		params[1].id = restricted.id;
		params[1].offset = 4096;
	}
	if (!rc)
		rc = call(uuid, RSTMEM_SVC_COPY_COPY, params, 2);
	if (!rc)
		rc = v->file >= 0 || chunk_has(4096);
	rstmem_unregister(&reg);
	rstmem_buffer_close(&restricted);
	rstmem_shm_free(&shm);
	return rc;
}

/* Maps the descriptor that a TEE gives for a buffer; ordinary: its shared memory. */
static int by_registration(const struct victim *v)
{
	struct rstmem_registration reg = { .fd = -1 };
	struct rstmem_shm shm = { .fd = -1 };
	int rc, fd;
	void *map;

	rc = v->file < 0 ? rstmem_register(dev, v->buffer[0], 0, &reg) :
			   rstmem_shm_alloc(dev, 4096, &shm);
	if (rc)
		return rc;
	fd = v->file < 0 ? reg.fd : shm.fd;
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	rc = map == MAP_FAILED ? -errno : v->file < 0 ? look_plain(map, 4096) : 1;
	if (map != MAP_FAILED)
		munmap(map, 4096);
	rstmem_unregister(&reg);
	rstmem_shm_free(&shm);
	return rc;
}

/* A session of its own with the player's licence decrypts to normal memory. */
static int by_decryption(const struct victim *v)
{
	static const uint8_t uuid[] = RSTMEM_SVC_CIPHER_UUID;
	struct rstmem_buffer restricted = { .fd = -1 };
	struct rstmem_session session;
	struct rstmem_shm shm;
	struct rstmem_param params[2] = {
		{ .type = RSTMEM_MEMREF_IN, .size = RSTMEM_SVC_CIPHER_LICENCE_SIZE },
		{ .type = RSTMEM_MEMREF_OUT, .offset = 2048, .size = 2048 },
	};
	int fd = open("/root/licence", O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0 || read(fd, chunk, sizeof(chunk)) < 0)
		return -errno;
	close(fd);
	rc = rstmem_shm_register(dev, chunk, 4096, &shm);
	if (!rc)
		rc = rstmem_session_open(dev, uuid, &session, NULL);
	if (rc)
		return rc;
	params[0].id = shm.id;
	params[1].id = shm.id;
	rc = rstmem_invoke(&session, RSTMEM_SVC_CIPHER_LICENCE, params, 1, NULL);
	if (!rc && v->file >= 0) {
		/* The same call, but for the kind of its output. */
		rc = rstmem_alloc(dev, TEE_IOC_UC_SECURE_VIDEO_PLAY, 4096, 0, &restricted);
		params[1].id = restricted.id;
	}
	if (!rc)
		rc = rstmem_invoke(&session, RSTMEM_SVC_CIPHER_UPDATE, params, 2, NULL);
	rstmem_session_close(&session);
	rstmem_buffer_close(&restricted);
	rstmem_shm_free(&shm);
	return rc == -EREMOTEIO ? -EACCES : rc ? rc : 1;
}

static const struct method methods[] = {
	{ "mmap of the dma-buf", by_mmap },
	{ "mmap of the dma-buf, to write", by_mmap_write },
	{ "mmap and vmsplice", by_vmsplice },
	{ "read", by_read },
	{ "pread", by_pread },
	{ "splice", by_splice },
	{ "sendfile", by_sendfile },
	{ "process_vm_readv of the player", by_vm_readv },
	{ "ptrace and /proc/PID/mem", by_ptrace },
	{ "/dev/mem", by_dev_mem },
	{ "/proc/kcore", by_kcore },
	{ "DMA of another device", by_device },
	{ "mmap of a registration", by_registration },
	{ "copy service, to normal memory", by_copy },
	{ "cipher service, to normal memory", by_decryption },
};

/* Gets a descriptor of another process, -1 if it is no dma-buf. */
static int steal(pid_t pid, int number)
{
	char path[64], link[64];
	int process, fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -1;
	link[n] = 0;
	if (strncmp(link, "/dmabuf:", 8) && strncmp(link, "/memfd:", 7))
		return -1;
	process = syscall(SYS_pidfd_open, pid, 0);
	fd = syscall(SYS_pidfd_getfd, process, number, 0);
	close(process);
	return fd;
}

/* Takes the dma-bufs of the player. */
static struct victim find_film(pid_t pid)
{
	struct victim v = { .pid = pid, .file = -1, .addr = pool_addr, .size = pool_size };
	int number, fd;

	for (number = 0; number < 256 && v.num < MOST_BUFFERS; number++) {
		fd = steal(pid, number);
		if (fd >= 0)
			v.buffer[v.num++] = fd;
	}
	if (!v.num)
		errx(1, "process %d has no dma-buf", pid);
	return v;
}

/* The pattern at the beginning of each page. */
void fill(uint8_t *p, size_t size)
{
	size_t at, n;

	for (at = 0; at < size; at += 4096)
		for (n = 0; n < PATTERN; n++)
			p[at + n] = pattern[n] ^ MASK;
}

/* Has the content in ordinary memory until it is killed. */
static void run_decoy(int ready)
{
	int mem = memfd_create("plain", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = { .memfd = mem, .size = PLAIN_SIZE };
	int fds[2] = { mem, -1 };
	uint8_t *map;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ftruncate(mem, PLAIN_SIZE) || fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK))
		_exit(1);
	map = mmap(NULL, PLAIN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	fill(map, PLAIN_SIZE);
	fds[1] = ioctl(udmabuf, UDMABUF_CREATE, &create);
	if (fds[1] < 0 || write(ready, fds, sizeof(fds)) != sizeof(fds))
		_exit(1);
	for (;;)
		pause();
}

static struct victim make_plain(void)
{
	struct victim v = { .num = 1, .addr = spare_addr, .size = PLAIN_SIZE };
	int pipes[2], fds[2], mem = open("/dev/mem", O_RDWR | O_CLOEXEC);
	uint8_t *map;

	if (pipe(pipes))
		err(1, "pipe");
	v.pid = fork();
	if (!v.pid)
		run_decoy(pipes[1]);
	close(pipes[1]);
	if (read(pipes[0], fds, sizeof(fds)) != sizeof(fds))
		errx(1, "no ordinary dma-buf: is there /dev/udmabuf?");
	close(pipes[0]);
	v.file = steal(v.pid, fds[0]);
	v.buffer[0] = steal(v.pid, fds[1]);
	/* Memory beside the pools, which no driver claims. */
	map = mmap(NULL, PLAIN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, spare_addr);
	if (map == MAP_FAILED)
		err(1, "/dev/mem");
	fill(map, PLAIN_SIZE);
	munmap(map, PLAIN_SIZE);
	close(mem);
	return v;
}

/* softtee's first pool, and memory behind all pools that the lab leaves unused. */
static void find_pool(void)
{
	FILE *f = fopen("/sys/module/softtee/parameters/pool", "re");
	unsigned long long size, addr;

	if (!f || fscanf(f, "%lluM@%llx", &size, &addr) != 2)
		errx(1, "softtee has no pool");
	fclose(f);
	pool_addr = addr;
	pool_size = size << 20;
	spare_addr = addr + (80 << 20);
}

static const unsigned int common_count = sizeof(methods) / sizeof(*methods);

static const struct method *method(unsigned int n)
{
	return n < common_count ? &methods[n] : &kms_methods[n - common_count];
}

/* No method finds what another left behind. */
static int try(unsigned int n, const struct victim *v)
{
	memset(chunk, 0, sizeof(chunk));
	return method(n)->run(v);
}

static const char *result(int rc)
{
	if (rc == NO_SUCH_THING)
		return "does not exist";
	return rc > 0 ? "GOT IT" : rc ? strerrorname_np(-rc) : "other bytes";
}

/* Tries all methods and prints the table. Returns whether all is as it should be. */
static bool try_all(pid_t pid)
{
	bool kms = kms_open(), good = true;
	unsigned int n, count = common_count + (kms ? kms_count : 0);
	int *rc = calloc(count, sizeof(*rc)), plain;
	struct victim v = find_film(pid);

	/* The film first: later its bytes are in ordinary memory. */
	if (kms)
		v.fb = kms_shown();
	for (n = 0; n < count; n++)
		rc[n] = try(n, &v);
	v = make_plain();
	if (kms)
		v.fb = kms_plain();
	printf("rip: %-34s %-14s %s\n", "method", "the film", "ordinary memory");
	for (n = 0; n < count; n++) {
		plain = try(n, &v);
		good = good && rc[n] <= 0 &&
		       (rc[n] == NO_SUCH_THING ? plain == NO_SUCH_THING : plain > 0);
		printf("rip: %-34s %-14s %s\n", method(n)->name, result(rc[n]), result(plain));
		fflush(stdout);
	}
	kill(v.pid, SIGKILL);
	free(rc);
	return good;
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		errx(2, "usage: rip PID PATTERN");
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, pattern, PATTERN) != PATTERN)
		errx(1, "%s: not %u bytes", argv[2], PATTERN);
	close(fd);
	if (rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev))
		errx(1, "no TEE");
	find_pool();
	return !try_all(atoi(argv[1]));
}
