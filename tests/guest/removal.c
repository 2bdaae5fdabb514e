// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removal of the device: calls that fail at once, objects that live on, waiting, and
 * the conditions for the device to come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../../include/tee_gp.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define SIZE	(8 * KIB)

static const uint8_t digest_uuid[] = RSTMEM_SVC_DIGEST_UUID;

static pid_t unbind_in_background(void)
{
	pid_t pid = fork();

	if (!pid) {
		/*
		 * Drop inherited mappings, and descriptors of shared memory,
		 * which the stock core opens without O_CLOEXEC: removal would
		 * wait for them.
		 */
		closefrom(3);
		execlp("sh", "sh", "-c",
		       "echo softtee >/sys/bus/platform/drivers/softtee/unbind",
		       NULL);
		_exit(1);
	}
	return pid;
}

/* Returns whether a process ends with status 0 within some seconds. */
static bool ended(pid_t pid, unsigned int seconds)
{
	time_t end = time(NULL) + seconds;
	int status;

	while (time(NULL) <= end) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status == 0;
		usleep(10000);
	}
	return false;
}

static bool in_log(const char *what)
{
	static char log[1 << 16];
	FILE *f = popen("dmesg | tail -n 20", "r");
	size_t n = f ? fread(log, 1, sizeof(log) - 1, f) : 0;

	if (f)
		pclose(f);
	log[n] = 0;
	return strstr(log, what);
}

int main(void)
{
	uint8_t *content = malloc(SIZE), *seen = malloc(SIZE);
	struct tee_ioctl_rstmem_query query;
	struct tee_ioctl_version_data vers;
	struct tee_ioctl_param params[2];
	struct rstmem_edu_map map;
	int tee, edu, buf, id, n;
	struct tee_mem out;
	uint32_t session;
	pid_t pid;

	ktap_start();
	tee = target_open();
	edu = edu_open();
	edu_mask(edu, 32);
	buf = tee_rstmem(tee, VIDEO, SIZE, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	session = tee_service(tee, digest_uuid);
	tee_mem_alloc(tee, 32, &out);
	content_make(content, SIZE, 4);
	content_fill(tee, id, 0, content, SIZE);
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), 0,
		"buffer: a device maps it");

	pid = unbind_in_background();
	for (n = 0; n < 500; n++) {
		if (tee_query(tee, 0, &query) == -ENODEV)
			break;
		usleep(10000);
	}
	ktap_eq(tee_rstmem(tee, VIDEO, SIZE, NULL), -ENODEV,
		"removal: allocation through an open file fails: ENODEV");
	ktap_eq(tee_query(tee, VIDEO, &query), -ENODEV,
		"removal: a query through an open file fails: ENODEV");
	/* Ids end after the allocations that were under way. */
	while (!in_log("removal waits until"))
		usleep(10000);
	ktap(!ioctl(tee, TEE_IOC_VERSION, &vers) &&
	     !(vers.gen_caps & TEE_GEN_CAP_RSTMEM),
	     "removal: TEE_IOC_VERSION loses TEE_GEN_CAP_RSTMEM");
	params[0] = tee_in(id, 0, SIZE);
	params[1] = tee_out(out.id, 0, 32);
	ktap_eq(tee_invoke(tee, session, 0, 0, params, 2, NULL, NULL), -EINVAL,
		"removal: ids are unknown: EINVAL");
	params[0] = tee_in(out.id, 0, 16);
	ktap_eq(tee_invoke(tee, session, 0, 0, params, 2, NULL, NULL), 0,
		"removal: shared memory of the TEE core still works");
	ktap(!ended(pid, 0), "removal: waits for the open file and logs it");
	ktap(!edu_read(edu, 0, seen, SIZE) && !memcmp(seen, content, SIZE),
	     "removal: a device still reads the buffer meanwhile");

	tee_mem_free(&out);
	close(tee);
	ktap(ended(pid, 10), "removal: ends when the file is closed");
	ktap(access("/dev/tee0", F_OK) != 0,
	     "removal: the device file is gone afterwards");
	ktap(!edu_read(edu, 0, seen, SIZE) && !memcmp(seen, content, SIZE),
	     "removed: a device still reads the buffer");
	ktap_eq(edu_unmap(edu), 0, "removed: a device unmaps the buffer");
	ktap_eq(edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map), 0,
		"removed: a device maps the buffer anew");
	ktap(!edu_info(edu, buf, NULL, NULL),
	     "removed: an importer still knows the buffer as restricted");

	ktap(system("rmmod softtee 2>/dev/null") != 0,
	     "removed: the module does not unload while a buffer is alive");
	target_return();
	ktap(access("/dev/tee0", F_OK) != 0 && in_log("busy"),
	     "return: fails while a buffer is alive, and logs that the range is busy");
	close(buf);
	target_return();
	ktap(access("/dev/tee0", F_OK) != 0,
	     "return: fails while only a mapping is alive");
	edu_unmap(edu);
	ktap(!edu_read_raw(edu, map.addr, seen, 16) &&
	     !memcmp(seen, (uint8_t[16]){}, 16),
	     "removed: the buffer is scrubbed when the last mapping ends");
	ktap_eq(target_return(), 0,
		"return: succeeds when the last mapping ended");
	tee = tee_open(SOFTTEE_IMPL_ID);
	ktap(!tee_query(tee, VIDEO, &query) && query.total == 64 * MIB &&
	     !query.used, "return: the pool is empty");
	buf = tee_rstmem(tee, VIDEO, query.total, NULL);
	ktap(buf >= 0, "return: the whole pool can be allocated");
	close(buf);
	ktap(system("rmmod softtee 2>/dev/null") != 0,
	     "unload: is refused while a file is open");
	tee_mem_alloc(tee, SIZE, &out);
	close(tee);
	ktap(system("rmmod softtee 2>/dev/null") != 0,
	     "unload: is refused while shared memory of a closed file exists");
	tee_mem_free(&out);
	ktap_eq(system("rmmod softtee"), 0,
		"unload: succeeds with no file and no buffer");
	close(edu);
	return ktap_end();
}
