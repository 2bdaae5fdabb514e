// SPDX-License-Identifier: GPL-2.0-only
/* Conformance: operations on the dma-buf. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "conform.h"

/* Definitions of the kernel's <drm/drm.h>, which Debian has in another package. */
#define DRM_CAP_PRIME		0x5
#define DRM_PRIME_CAP_IMPORT	0x1

struct drm_get_cap {
	uint64_t capability;
	uint64_t value;
};

struct drm_prime_handle {
	uint32_t handle;
	uint32_t flags;
	int32_t fd;
};

struct drm_gem_close {
	uint32_t handle;
	uint32_t pad;
};

#define DRM_IOCTL_GEM_CLOSE	_IOW('d', 0x09, struct drm_gem_close)
#define DRM_IOCTL_GET_CAP	_IOWR('d', 0x0c, struct drm_get_cap)
#define DRM_IOCTL_PRIME_FD_TO_HANDLE \
				_IOWR('d', 0x2e, struct drm_prime_handle)

static void run_mmap(struct conform *c)
{
	static const struct {
		int protection, flags;
	} ways[] = {
		{ PROT_READ, MAP_SHARED },
		{ PROT_READ | PROT_WRITE, MAP_SHARED },
		{ PROT_READ, MAP_PRIVATE },
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE },
		{ PROT_NONE, MAP_SHARED },
	};
	struct conform_buffer buf;
	unsigned int i;

	conform_get(c, c->granule, &buf);
	for (i = 0; i < CONFORM_COUNT(ways); i++) {
		if (mmap(NULL, c->granule, ways[i].protection, ways[i].flags,
			 buf.fd, 0) != MAP_FAILED)
			conform_fail(c, "it can be mapped, protection %d, flags %d",
				     ways[i].protection, ways[i].flags);
	}
}

static void run_read_write(struct conform *c)
{
	struct conform_buffer buf;
	char byte = 0;

	conform_get(c, c->granule, &buf);
	if (read(buf.fd, &byte, 1) != -1 || pread(buf.fd, &byte, 1, 0) != -1)
		conform_fail(c, "it can be read");
	if (write(buf.fd, &byte, 1) != -1 || pwrite(buf.fd, &byte, 1, 0) != -1)
		conform_fail(c, "it can be written");
}

static void run_sync(struct conform *c)
{
	static const uint64_t flags[] = {
		DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW,
		DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW,
		DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ,
		DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ,
	};
	struct conform_buffer buf;
	unsigned int i;

	conform_get(c, c->granule, &buf);
	for (i = 0; i < CONFORM_COUNT(flags); i++) {
		struct dma_buf_sync sync = { .flags = flags[i] };

		if (ioctl(buf.fd, DMA_BUF_IOCTL_SYNC, &sync))
			conform_fail(c, "flags %llu: %s",
				     (unsigned long long)flags[i],
				     strerror(errno));
	}
}

/*
 * The exporter's name, from /proc/self/fdinfo; "" when there is none. Lines behind
 * it are the user's.
 */
static void read_exporter(int fd, char *name, size_t size)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	*name = 0;
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "exp_name:\t", 10))
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(name, size, "%s", line + 10);
		break;
	}
	fclose(file);
}

static void run_exporter(struct conform *c)
{
	char use_case[RSTMEM_USE_CASE_NAME_SIZE], want[64], name[256];
	struct conform_buffer buf;

	if (access("/proc/self/fdinfo", F_OK))
		conform_skip(c, "there is no /proc/self/fdinfo");
	conform_get(c, c->granule, &buf);
	rstmem_use_case_name(c->use_case, use_case, sizeof(use_case));
	snprintf(want, sizeof(want), "rstmem,%s", use_case);
	read_exporter(buf.fd, name, sizeof(name));
	if (strcmp(name, want))
		conform_fail(c, "exp_name is \"%s\", not \"%s\"", name, want);
}

/* A DRM device that imports dma-bufs, vgem for example. */
static int open_drm(struct conform *c)
{
	static const char *const nodes[] = {
		"/dev/dri/renderD128", "/dev/dri/renderD129", "/dev/dri/card0",
		"/dev/dri/card1",
	};
	unsigned int i;

	for (i = 0; i < CONFORM_COUNT(nodes); i++) {
		struct drm_get_cap cap = { .capability = DRM_CAP_PRIME };
		int drm = open(nodes[i], O_RDWR | O_CLOEXEC);

		if (drm < 0)
			continue;
		if (!ioctl(drm, DRM_IOCTL_GET_CAP, &cap) &&
		    cap.value & DRM_PRIME_CAP_IMPORT)
			return drm;
		close(drm);
	}
	conform_skip(c, "there is no DRM device that imports dma-bufs; vgem is one");
}

static void run_import(struct conform *c)
{
	uint64_t room = conform_room(c);
	struct drm_prime_handle prime = { 0 };
	struct drm_gem_close gem = { 0 };
	struct conform_buffer buf;
	int drm = open_drm(c);

	conform_get(c, c->granule, &buf);
	prime.fd = buf.fd;
	if (ioctl(drm, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime))
		conform_skip(c, "the DRM device does not import it: %s",
			     strerror(errno));
	close(buf.fd);
	conform_expect_room(c, room - buf.size,
			    "with the descriptor closed and a device importing");
	gem.handle = prime.handle;
	if (ioctl(drm, DRM_IOCTL_GEM_CLOSE, &gem))
		conform_skip(c, "the DRM device does not let go of it: %s",
			     strerror(errno));
	conform_expect_room(c, room, "with the device done");
}

static const struct conform_check checks[] = {
	{ "buffer.mmap", CONFORM_MUST_NOT, CONFORM_BOTH,
	  "What the dma-buf cannot do",
	  "The dma-buf can be mapped into a program.", run_mmap },
	{ "buffer.read-write", CONFORM_MUST_NOT, CONFORM_BOTH,
	  "What the dma-buf cannot do",
	  "The dma-buf can be read or written.", run_read_write },
	{ "buffer.sync", CONFORM_MUST, CONFORM_BOTH,
	  "What the dma-buf cannot do",
	  "DMA_BUF_IOCTL_SYNC succeeds without doing anything.", run_sync },
	{ "buffer.exporter", CONFORM_MUST, CONFORM_TEE,
	  "What is this descriptor?",
	  "exp_name in fdinfo names restricted memory and the use case of the dma-buf.",
	  run_exporter },
	{ "heap.exporter", CONFORM_SHOULD, CONFORM_HEAP,
	  "What is this descriptor?",
	  "exp_name in fdinfo names restricted memory and the use case of a heap's dma-buf.",
	  run_exporter },
	{ "buffer.import", CONFORM_MAY, CONFORM_BOTH, "Lifetime",
	  "A device imports the dma-buf and keeps the memory until it is done.",
	  run_import },
};

const struct conform_group conform_buffer = { checks, CONFORM_COUNT(checks) };
