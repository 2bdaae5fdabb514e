// SPDX-License-Identifier: GPL-2.0-only
/* The TEE under test, see target.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"
#include "target.h"
#include "tee.h"

static const struct target targets[] = {
	{
		.impl_id = SOFTTEE_IMPL_ID,
		.name = "softtee",
		.use_cases = 1 << 1 | 1 << 2 | 1 << 3,
		.total = 64 * MIB,
		.caps = TEE_RSTMEM_CAP_SCRUBS,
		.open = 0xf0000,
		.driver = "softtee",
		.device = "softtee",
		.soft = true,
	},
	{
		.impl_id = TEE_IMPL_ID_OPTEE,
		.name = "OP-TEE",
		.use_cases = 1 << 1,
		.total = 4 * MIB,
		.caps = TEE_RSTMEM_CAP_PROTECTED | TEE_RSTMEM_CAP_SCRUBS,
		.open = 0x42000000,
		.death = SIGBUS,
		.devices = true,
		.driver = "optee",
		.device = "firmware:optee",
	},
	/* The emulator of this board lets devices read everything. */
	{
		.impl_id = TEE_IMPL_ID_OPTEE,
		.name = "OP-TEE, with memory that is lent",
		.use_cases = 1 << 1,
		.caps = TEE_RSTMEM_CAP_PROTECTED | TEE_RSTMEM_CAP_SCRUBS,
		.open = 0x42000000,
		.death = SIGKILL,
		.driver = "optee",
		.device = "firmware:optee",
	},
};

/* Whether optee_rstmem has memory to lend. Such memory is not there when it is idle. */
static bool lends(void)
{
	FILE *f = fopen("/sys/module/optee_rstmem/parameters/dynamic", "r");
	char text[64] = "";

	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	return strchr(text, '@');
}

static const struct target *find(void)
{
	struct tee_ioctl_version_data vers;
	size_t n;
	int fd;

	fd = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TEE_IOC_VERSION, &vers))
		ktap_bail("no /dev/tee0");
	close(fd);
	for (n = 0; n < sizeof(targets) / sizeof(*targets); n++)
		if (targets[n].impl_id == vers.impl_id && !targets[n].total == lends())
			return &targets[n];
	ktap_bail("/dev/tee0 has implementation id 0x%x", vers.impl_id);
}

const struct target *target(void)
{
	static const struct target *found;

	if (!found)
		found = find();
	return found;
}

int target_open(void)
{
	return tee_open(target()->impl_id);
}

bool target_offers(uint32_t use_case)
{
	return target()->use_cases >> use_case & 1;
}

uint32_t target_use_case(unsigned int n)
{
	uint64_t left = target()->use_cases;

	for (n %= __builtin_popcountll(left); n; n--)
		left &= left - 1;
	return __builtin_ctzll(left);
}

bool target_protects(void)
{
	return target()->caps & TEE_RSTMEM_CAP_PROTECTED;
}

static int write_driver(const char *what)
{
	const struct target *t = target();
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/%s/%s", t->driver,
		 what);
	return guest_write(path, t->device);
}

/* The supplicant ends at once, but its file is closed a moment later. */
static int stop_supplicant(void)
{
	if (system("killall tee-supplicant"))
		return -ESRCH;
	return system("while killall -q -0 tee-supplicant; do usleep 1000; done") ? -ESRCH : 0;
}

static int start_supplicant(void)
{
	return system("tee-supplicant -d") ? -EIO : 0;
}

int target_remove(void)
{
	int rc = target()->soft ? 0 : stop_supplicant();

	return rc ? rc : write_driver("unbind");
}

int target_return(void)
{
	int rc = write_driver("bind");

	return rc || target()->soft ? rc : start_supplicant();
}

int target_restart(void)
{
	int rc = stop_supplicant();

	return rc ? rc : start_supplicant();
}
