// SPDX-License-Identifier: GPL-2.0-only
/* The example of an importer, examples/importer, does what its header says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../examples/importer/rstmem_display.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI	TEE_IOC_UC_TRUSTED_UI
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define NODE	"/dev/rstmem_display"

static int display;

static int show(int fd)
{
	return ioctl(display, RSTMEM_DISPLAY_SHOW, &fd) ? -errno : 0;
}

static int blank(uint64_t size)
{
	return ioctl(display, RSTMEM_DISPLAY_BLANK, &size) ? -errno : 0;
}

static int shown(void)
{
	uint32_t use_case;

	return ioctl(display, RSTMEM_DISPLAY_SHOWN, &use_case) ? -errno :
								 (int)use_case;
}

int main(void)
{
	int tee, buf, foreign;

	ktap_start();
	if (system("modprobe rstmem_display"))
		ktap_bail("rstmem_display does not load");
	tee = tee_open(SOFTTEE_IMPL_ID);
	display = open(NODE, O_RDWR | O_CLOEXEC);
	if (display < 0)
		ktap_bail(NODE ": %s", strerror(errno));
	ktap_eq(shown(), -ENODATA, "nothing is shown");

	buf = tee_rstmem(tee, VIDEO, 8192, NULL);
	ktap(!show(buf) && shown() == VIDEO, "a buffer of a video is shown");
	close(buf);
	ktap_eq(tee_used(tee, VIDEO), 8192, "and kept by the display");
	buf = tee_rstmem(tee, UI, 4096, NULL);
	ktap(!show(buf) && shown() == UI, "one of trusted UI takes its place");
	close(buf);
	ktap(!tee_used(tee, VIDEO) && tee_used(tee, UI) == 4096,
	     "and the display lets go of the first");

	buf = tee_rstmem(tee, RECORD, 4096, NULL);
	ktap(show(buf) == -EACCES && shown() == UI,
	     "a recording is refused: EACCES, and what was shown stays");
	close(buf);
	foreign = guest_udmabuf();
	ktap(!show(foreign) && shown() == 0, "memory of another kind is shown");
	close(foreign);
	ktap_eq(tee_used(tee, UI), 0, "in the place of the last");

	ktap(!blank(5000) && shown() == VIDEO && tee_used(tee, VIDEO) == 8192,
	     "the driver allocates by itself");
	ktap_eq(blank(0), -EINVAL, "nothing of nothing: EINVAL");
	ktap_eq(blank(1ULL << 40), -ENOMEM, "nor too much: ENOMEM");
	ktap_eq(show(200), -EBADF, "a closed descriptor: EBADF");
	ktap_eq(show(tee), -EINVAL, "no dma-buf: EINVAL");

	close(tee);
	ktap_eq(target_remove(), 0, "the TEE goes");
	ktap(shown() == VIDEO, "what is shown stays");
	ktap_eq(blank(4096), -EOPNOTSUPP, "and no more can be had: EOPNOTSUPP");
	close(display);
	ktap_eq(target_return(), 0, "once it is closed the TEE comes back");
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap_eq(tee_used(tee, VIDEO), 0, "with an empty pool");
	close(tee);
	ktap(!system("rmmod rstmem_display"), "the driver can be unloaded");
	return ktap_end();
}
