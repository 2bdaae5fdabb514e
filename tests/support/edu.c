// SPDX-License-Identifier: GPL-2.0-only
/* /dev/rstmem_edu for test programs, see edu.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "edu.h"
#include "ktap.h"

static int edu_call(int edu, unsigned long cmd, void *arg)
{
	int rc = ioctl(edu, cmd, arg);

	return rc < 0 ? -errno : rc;
}

int edu_open(void)
{
	int fd = open("/dev/rstmem_edu", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		ktap_bail("/dev/rstmem_edu: %s", strerror(errno));
	return fd;
}

int edu_mask(int edu, uint32_t bits)
{
	return edu_call(edu, RSTMEM_EDU_SET_MASK, &bits);
}

uint32_t edu_least_mask(int edu)
{
	uint32_t bits;

	for (bits = 28; bits <= 64; bits++)
		if (!edu_mask(edu, bits))
			return bits;
	ktap_bail("no mask reaches memory");
}

int edu_map(int edu, int buf, uint32_t dir, struct rstmem_edu_map *map)
{
	struct rstmem_edu_map mine;

	if (!map)
		map = &mine;
	memset(map, 0, sizeof(*map));
	map->fd = buf;
	map->dir = dir;
	return edu_call(edu, RSTMEM_EDU_MAP, map);
}

int edu_unmap(int edu)
{
	return edu_call(edu, RSTMEM_EDU_UNMAP, NULL);
}

static int edu_copy(int edu, unsigned long cmd, uint64_t offset, uint64_t ptr,
		    size_t size)
{
	struct rstmem_edu_copy copy = {
		.offset = offset,
		.ptr = ptr,
		.size = size,
	};

	return edu_call(edu, cmd, &copy);
}

int edu_read(int edu, uint64_t offset, void *data, size_t size)
{
	return edu_copy(edu, RSTMEM_EDU_READ, offset, (uintptr_t)data, size);
}

int edu_write(int edu, uint64_t offset, const void *data, size_t size)
{
	return edu_copy(edu, RSTMEM_EDU_WRITE, offset, (uintptr_t)data, size);
}

int edu_read_raw(int edu, uint64_t addr, void *data, size_t size)
{
	return edu_copy(edu, RSTMEM_EDU_READ_RAW, addr, (uintptr_t)data, size);
}

int edu_info(int edu, int buf, uint32_t *use_case, uint64_t *size)
{
	struct rstmem_edu_info info = { .fd = buf };
	int rc = edu_call(edu, RSTMEM_EDU_INFO, &info);

	if (use_case)
		*use_case = info.use_case;
	if (size)
		*size = info.size;
	return rc;
}

int edu_vmap(int edu, int buf)
{
	__s32 fd = buf;

	return edu_call(edu, RSTMEM_EDU_VMAP, &fd);
}

int edu_map_of(int edu, int buf, const char *compatible)
{
	struct rstmem_edu_of as = { .fd = buf };

	snprintf(as.compatible, sizeof(as.compatible), "%s", compatible);
	return edu_call(edu, RSTMEM_EDU_MAP_OF, &as);
}
