// SPDX-License-Identifier: GPL-2.0-only
/* Finds the display of the player, see show.h. */
#include <errno.h>
#include <stddef.h>

#include "show.h"

const struct show *show_open(void)
{
	const struct show *show = &show_screen;
	int rc = show->open();

	if (rc == -ENOENT) {
		show = &show_kms;
		rc = show->open();
	}
	errno = -rc;
	return rc ? NULL : show;
}
