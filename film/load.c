// SPDX-License-Identifier: GPL-2.0-only
/* Files for programs, see load.h. */
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"

const uint8_t *load_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	*size = st.st_size;
	return data;
}

void load_film(const char *path, struct mp4 *film)
{
	size_t size;
	const uint8_t *data = load_file(path, &size);
	const char *why = mp4_read(film, data, size);

	if (why)
		errx(1, "%s: %s", path, why);
}
