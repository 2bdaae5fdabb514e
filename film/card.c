// SPDX-License-Identifier: GPL-2.0-only
/* DRM devices, see card.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "card.h"

int card_call(int card, unsigned long nr, void *arg)
{
	int rc;

	do
		rc = ioctl(card, nr, arg);
	while (rc < 0 && (errno == EINTR || errno == EAGAIN));
	return rc < 0 ? -errno : 0;
}

int card_open(const char *driver)
{
	char path[32], name[16];
	unsigned int n;
	int card;

	for (n = 0; n < 16; n++) {
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/card%u", n);
		card = open(path, O_RDWR | O_CLOEXEC);
		if (card < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (!card_call(card, DRM_IOCTL_VERSION, &version) && !strcmp(name, driver))
			return card;
		close(card);
	}
	return -ENOENT;
}
