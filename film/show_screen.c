// SPDX-License-Identifier: GPL-2.0-only
/* Shows pictures on /dev/rstmem_screen, see show.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "module/rstmem_screen.h"
#include "show.h"

static int screen = -1;

static int screen_open(void)
{
	screen = open("/dev/rstmem_screen", O_RDWR | O_CLOEXEC);
	return screen < 0 ? -errno : 0;
}

static int screen_picture(int fd, uint32_t width, uint32_t height)
{
	struct rstmem_screen_frame frame = {
		.fd = fd, .width = width, .height = height, .stride = 4 * width,
	};

	return ioctl(screen, RSTMEM_SCREEN_SHOW, &frame) ? -errno : 0;
}

static void screen_close(void)
{
	close(screen);
}

const struct show show_screen = { screen_open, screen_picture, screen_close };
