// SPDX-License-Identifier: GPL-2.0-only
/* Backends: the one that this machine lacks, and the TEE devices that want one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/tee.h>

#include "common.h"

/*
 * Read the first line of a file of sysfs or procfs, without its newline. Return: 0, or
 * -errno with an empty @text.
 */
int line_read(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	int ret = 0;

	*text = 0;
	if (!f)
		return -errno;
	if (fgets(text, (int)size, f))
		text[strcspn(text, "\n")] = 0;
	else if (ferror(f))
		ret = -EIO;
	fclose(f);
	return ret;
}

/* Return: true for "tee0" or "/dev/tee0" when OP-TEE is behind it. */
bool tee_is_optee(const char *path)
{
	const char *last = strrchr(path, '/');
	char file[PATH_MAX + 64], text[16];

	snprintf(file, sizeof(file), "/sys/class/tee/%s/implementation_id",
		 last ? last + 1 : path);
	return !line_read(file, text, sizeof(text)) &&
	       strtoul(text, NULL, 10) == TEE_IMPL_ID_OPTEE;
}

static bool has_optee(void)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];
	int i = -1;

	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		if (tee_is_optee(path))
			return true;
	}
	return false;
}

/* Return: true when softtee was loaded without pool=. */
static bool softtee_is_empty(void)
{
	char pool[64];

	return !line_read("/sys/module/softtee/parameters/pool", pool,
			  sizeof(pool)) &&
	       (!*pool || !strcmp(pool, "(null)"));
}

/* Find out why this machine has no restricted memory. */
enum lack backend_lack(void)
{
	if (has_optee())
		return access("/sys/module/optee_rstmem", F_OK) ?
			LACK_OPTEE_MODULE : LACK_OPTEE_MEMORY;
	return softtee_is_empty() ? LACK_SOFTTEE_POOL : LACK_BACKEND;
}

/* The next step against it, as the end of a sentence. */
const char *lack_advice(enum lack lack)
{
	switch (lack) {
	case LACK_OPTEE_MODULE:
		return "OP-TEE is there, so run as root: modprobe optee_rstmem";
	case LACK_OPTEE_MEMORY:
		return "optee_rstmem is loaded but OP-TEE gave it none, and the kernel log says why: dmesg | grep optee_rstmem";
	case LACK_SOFTTEE_POOL:
		return "softtee is loaded without pool=; \"rstmem doctor\" shows how to set memory aside for it";
	default:
		return "load softtee or a backend (see tee_rstmem(7)); \"rstmem doctor\" says what is missing";
	}
}
