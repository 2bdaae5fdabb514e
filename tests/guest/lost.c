// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lost memory: softtee cannot clear a buffer. Its memory stays out of use and is
 * counted, other buffers do not overlap, and the pool stays claimed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/tee.h"
#include <linux/tee_rstmem_services.h>

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE	(64 * KIB)
#define BUFFERS	16

static const uint8_t digest_uuid[16] = RSTMEM_SVC_DIGEST_UUID;

static void set_fail(const char *value)
{
	if (guest_write("/sys/module/rstmem_unmappable/parameters/fail", value))
		ktap_bail("rstmem_unmappable is not there");
}

int main(void)
{
	struct tee_ioctl_rstmem_query before, after;
	int tee, buf[BUFFERS], id[BUFFERS], lost, n, same = 0;
	uint8_t zero[32], digest[32];
	uint32_t session;

	ktap_start();
	if (system("modprobe rstmem_unmappable"))
		ktap_bail("rstmem_unmappable does not load");
	tee = tee_open(SOFTTEE_IMPL_ID);
	session = tee_service(tee, digest_uuid);
	tee_query(tee, VIDEO, &before);

	lost = tee_rstmem(tee, VIDEO, SIZE, NULL);
	set_fail("1");
	close(lost);
	set_fail("0");
	tee_query(tee, VIDEO, &after);
	ktap_eq(after.used - before.used, SIZE,
		"lost: memory that cannot be cleared stays used");
	ktap_eq(account_number(VIDEO_ACCOUNT, "lost"), SIZE,
		"lost: sysfs counts the bytes");
	ktap_eq(account_number(VIDEO_ACCOUNT, "used"), 0,
		"lost: no user is charged any more");

	/* The slab object of the lost buffer is another buffer's by now. */
	for (n = 0; n < BUFFERS; n++)
		buf[n] = tee_rstmem(tee, VIDEO, SIZE, &id[n]);
	tee_query(tee, VIDEO, &after);
	ktap_eq(after.used - before.used, (BUFFERS + 1) * SIZE,
		"lost: buffers allocated afterwards take other memory");
	tee_digest(tee, session, id[0], 0, SIZE, zero);
	for (n = 1; n < BUFFERS; n++) {
		tee_digest(tee, session, id[n], 0, SIZE, digest);
		same += !memcmp(zero, digest, sizeof(zero));
	}
	ktap_eq(same, BUFFERS - 1, "lost: buffers allocated afterwards are clear");
	for (n = 0; n < BUFFERS; n++)
		close(buf[n]);
	tee_query(tee, VIDEO, &after);
	ktap_eq(after.used - before.used, SIZE,
		"lost: all other memory comes back");
	close(tee);
	ktap(system("rmmod softtee 2>/dev/null"),
	     "lost: the module that claims the memory stays loaded");
	guest_keep_modules();
	return ktap_end();
}
