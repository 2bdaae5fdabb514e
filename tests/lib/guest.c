// SPDX-License-Identifier: GPL-2.0-only
/* What the guest's kernel tells of itself, see guest.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest.h"
#include "ktap.h"

bool guest_since(int version, int patchlevel)
{
	struct utsname uts;
	int v, p;

	if (uname(&uts) || sscanf(uts.release, "%d.%d", &v, &p) != 2)
		ktap_bail("no kernel release");
	return v > version || (v == version && p >= patchlevel);
}

int guest_number(const char *path)
{
	FILE *f = fopen(path, "r");
	int n;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &n) != 1)
		n = -EINVAL;
	fclose(f);
	return n;
}

int guest_crypto_users(void)
{
	FILE *f = fopen("/proc/crypto", "r");
	char line[256];
	int n, sum = 0;

	if (!f)
		ktap_bail("/proc/crypto: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "refcnt : %d", &n) == 1)
			sum += n;
	fclose(f);
	return sum;
}

uint64_t guest_carveout(void)
{
	FILE *f = fopen("/sys/module/softtee/parameters/pool", "r");
	unsigned long long addr;

	if (!f || fscanf(f, "%*[^@]@%llx", &addr) != 1)
		ktap_bail("softtee has no pool");
	fclose(f);
	return addr;
}

int guest_softtee(const char *what)
{
	char path[64];
	int fd, rc;

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/softtee/%s",
		 what);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = write(fd, "softtee", 7) == 7 ? 0 : -errno;
	close(fd);
	return rc;
}
