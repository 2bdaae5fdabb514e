// SPDX-License-Identifier: GPL-2.0-only
/*
 * The display of the film on a kernel without DRM: which pictures it accepts, what it
 * keeps, and what it releases. tests/film looks at the pictures.
 *
 *	screen
 *	screen white	shows ordinary memory, for tests/film
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../film/module/rstmem_screen.h"
#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define NODE	"/dev/rstmem_screen"
#define WIDTH	64U
#define HEIGHT	32U
#define PAGE	4096
#define SIZE	(4 * WIDTH * HEIGHT)		/* two pages */

static int screen, dev;

static int show(struct rstmem_screen_frame frame)
{
	return ioctl(screen, RSTMEM_SCREEN_SHOW, &frame) ? -errno : 0;
}

static struct rstmem_screen_frame frame_of(int fd)
{
	return (struct rstmem_screen_frame){
		.fd = fd, .width = WIDTH, .height = HEIGHT, .stride = 4 * WIDTH,
	};
}

static int open_screen(void)
{
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		ktap_bail(NODE ": %s", strerror(errno));
	return fd;
}

static void test_pictures(int buf)
{
	const struct {
		const char *name;
		struct rstmem_screen_frame frame;
	} wrong[] = {
		{ "a width of 15", { buf, 15, 32, 256, 0, 0 } },
		{ "a height of 15", { buf, 64, 15, 256, 0, 0 } },
		{ "a width of 4097", { buf, 4097, 16, 4 * 4097, 0, 0 } },
		{ "a height of 4097", { buf, 16, 4097, 64, 0, 0 } },
		{ "a stride below the width", { buf, 64, 16, 252, 0, 0 } },
		{ "an odd stride", { buf, 64, 16, 258, 0, 0 } },
		{ "a picture longer than the buffer", { buf, 64, 33, 256, 0, 0 } },
		{ "a stride that makes it longer", { buf, 64, 32, 260, 0, 0 } },
		{ "an offset that makes it longer", { buf, 64, 32, 256, 4, 0 } },
		{ "an odd offset", { buf, 64, 16, 256, 2, 0 } },
		{ "a size beyond 32 bits", { buf, 16, 4096, 0xfffffffc, 0, 0 } },
		{ "an offset beyond all", { buf, 64, 32, 256, 0xfffffffc, 0 } },
		{ "a reserved number", { buf, 64, 32, 256, 0, 1 } },
	};
	unsigned int n;

	ktap_eq(show(frame_of(buf)), 0, "picture: accepts one that fills its buffer");
	for (n = 0; n < sizeof(wrong) / sizeof(*wrong); n++)
		ktap_eq(show(wrong[n].frame), -EINVAL, "picture: refuses %s: EINVAL",
			wrong[n].name);
	ktap_eq(show((struct rstmem_screen_frame){ buf, 16, 16, 64, SIZE - 1024, 0 }), 0,
		"picture: accepts one at the end of its buffer");
	ktap_eq(show(frame_of(-1)), -EBADF, "picture: refuses a descriptor that is not open: EBADF");
	ktap_eq(show(frame_of(dev)), -EINVAL, "picture: refuses a descriptor of another file: EINVAL");
}

static void test_buffers(void)
{
	int buf, other;

	buf = tee_rstmem(dev, VIDEO, SIZE, NULL);
	ktap_eq(show(frame_of(buf)), 0, "buffer: shows secure video");
	close(buf);
	ktap_eq(tee_used(dev, VIDEO), SIZE, "buffer: the one that is shown stays");
	buf = tee_rstmem(dev, UI, SIZE, NULL);
	ktap_eq(show(frame_of(buf)), 0, "buffer: shows a trusted UI");
	close(buf);
	ktap_eq(tee_used(dev, VIDEO), 0, "buffer: the one before is released");
	buf = tee_rstmem(dev, RECORD, SIZE, NULL);
	ktap_eq(show(frame_of(buf)), -EACCES, "buffer: refuses a recording: EACCES");
	close(buf);
	ktap_eq(tee_used(dev, UI), SIZE, "buffer: a refused one leaves the one that is shown");

	account_write(VIDEO_ACCOUNT, "importers", "driver:edu");
	buf = tee_rstmem(dev, VIDEO, SIZE, NULL);
	ktap_eq(show(frame_of(buf)), -EPERM,
		"buffer: refused when the display is not on the list of importers: EPERM");
	account_write(VIDEO_ACCOUNT, "importers", "device:rstmem_ramfb");
	ktap_eq(show(frame_of(buf)), 0, "buffer: shown when the display is on the list");
	account_write(VIDEO_ACCOUNT, "importers", "any");
	close(buf);
	other = guest_udmabuf();
	ktap_eq(show((struct rstmem_screen_frame){ other, 32, 32, 128, 0, 0 }), 0,
		"buffer: shows normal memory");
	close(other);
	ktap_eq(tee_used(dev, VIDEO), 0, "buffer: normal memory takes its place");
}

static void test_end(void)
{
	int buf = tee_rstmem(dev, VIDEO, SIZE, NULL), status, second;
	pid_t pid;

	ktap_eq(show(frame_of(buf)), 0, "end: the screen shows a picture");
	ktap_eq(ioctl(screen, RSTMEM_SCREEN_BLANK), 0, "end: the screen can be made blank");
	close(buf);
	ktap_eq(tee_used(dev, VIDEO), 0, "end: a blank screen keeps no buffer");

	buf = tee_rstmem(dev, VIDEO, SIZE, NULL);
	show(frame_of(buf));
	close(buf);
	second = open_screen();
	close(screen);
	ktap_eq(tee_used(dev, VIDEO), SIZE, "end: the picture stays while a file is open");
	close(second);
	ktap_eq(tee_used(dev, VIDEO), 0, "end: the last close releases the buffer");

	pid = fork();
	if (!pid) {
		screen = open_screen();
		buf = tee_rstmem(dev, VIDEO, SIZE, NULL);
		if (!show(frame_of(buf)))
			raise(SIGKILL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	ktap(WIFSIGNALED(status) && !tee_used(dev, VIDEO),
	     "end: a killed program leaves no buffer");
}

/* Shows ordinary memory, all white, until it is killed. Goes on in the background. */
static void show_white(void)
{
	struct rstmem_screen_frame frame = {
		.fd = guest_udmabuf(), .width = 32, .height = 32, .stride = 128,
	};
	void *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, frame.fd, 0);

	if (mem == MAP_FAILED)
		ktap_bail("mmap: %s", strerror(errno));
	memset(mem, 0xff, PAGE);
	screen = open_screen();
	if (show(frame))
		ktap_bail("the display takes no ordinary memory");
	if (daemon(0, 1))
		ktap_bail("daemon: %s", strerror(errno));
	pause();
}

int main(int argc, char **argv)
{
	int buf;

	if (argc > 1 && !strcmp(argv[1], "white")) {
		show_white();
		return 0;
	}
	ktap_start();
	if (system("modprobe rstmem_ramfb"))
		ktap_bail("rstmem_ramfb does not load");
	dev = tee_open(SOFTTEE_IMPL_ID);
	screen = open_screen();
	buf = tee_rstmem(dev, VIDEO, SIZE, NULL);
	test_pictures(buf);
	close(buf);
	test_buffers();
	test_end();
	ktap_eq(system("rmmod rstmem_ramfb"), 0, "end: the module unloads");
	close(dev);
	return ktap_end();
}
