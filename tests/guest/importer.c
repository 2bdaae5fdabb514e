// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the example importer, examples/importer, against its header. */
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
	ktap_eq(shown(), -ENODATA, "display: shows nothing at first: ENODATA");

	buf = tee_rstmem(tee, VIDEO, 8192, NULL);
	ktap(!show(buf) && shown() == VIDEO,
	     "display: shows a buffer of secure video");
	close(buf);
	ktap_eq(tee_used(tee, VIDEO), 8192,
		"display: keeps the buffer that it shows");
	buf = tee_rstmem(tee, UI, 4096, NULL);
	ktap(!show(buf) && shown() == UI,
	     "display: shows a buffer of trusted UI instead");
	close(buf);
	ktap(!tee_used(tee, VIDEO) && tee_used(tee, UI) == 4096,
	     "display: drops the buffer that it no longer shows");

	buf = tee_rstmem(tee, RECORD, 4096, NULL);
	ktap(show(buf) == -EACCES && shown() == UI,
	     "display: refuses a recording and still shows the old buffer: EACCES");
	close(buf);
	foreign = guest_udmabuf();
	ktap(!show(foreign) && shown() == 0,
	     "display: shows normal memory of another exporter");
	close(foreign);
	ktap_eq(tee_used(tee, UI), 0,
		"display: drops the trusted UI buffer for normal memory");

	ktap(!blank(5000) && shown() == VIDEO && tee_used(tee, VIDEO) == 8192,
	     "blank: allocates and shows a buffer");
	ktap_eq(blank(0), -EINVAL, "blank: refuses size 0: EINVAL");
	ktap_eq(blank(1ULL << 40), -ENOMEM,
		"blank: fails for more than the pool: ENOMEM");
	ktap_eq(show(200), -EBADF,
		"display: refuses a closed descriptor: EBADF");
	ktap_eq(show(tee), -EINVAL,
		"display: refuses a file that is no dma-buf: EINVAL");

	close(tee);
	ktap_eq(target_remove(), 0,
		"removal: succeeds while a buffer is shown");
	ktap(shown() == VIDEO, "removal: the display still shows its buffer");
	ktap_eq(blank(4096), -EOPNOTSUPP,
		"removal: blank fails without a device: EOPNOTSUPP");
	close(display);
	ktap_eq(target_return(), 0,
		"removal: the TEE device comes back when the display is closed");
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap_eq(tee_used(tee, VIDEO), 0,
		"removal: the pool is empty when the device is back");
	close(tee);
	ktap(!system("rmmod rstmem_display"), "display: the driver unloads");
	return ktap_end();
}
