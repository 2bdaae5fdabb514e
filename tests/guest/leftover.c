// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data that earlier owners left in the memory of a TEE.
 *
 *	leftover mark SIZE	fills a buffer with a mark, and frees it
 *	leftover is mark|zero SIZE	allocates a buffer; the exit status is 0 when it
 *				holds the mark, or zeros, from its first byte to its last
 *	leftover stays COMMAND SIZE	fills a buffer, and has the shell run COMMAND; the
 *				exit status is 0 when the buffer still holds the mark
 *
 * SIZE is in bytes. With all memory of a pool in it, the two buffers are at one place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "", *what = argc == 4 ? argv[2] : "";
	size_t size = argc > 2 ? strtoul(argv[argc - 1], NULL, 0) : 0;
	uint8_t *data = calloc(1, size);
	int tee, buf, id;

	if (!data || !size || (!strcmp(mode, "mark") ? argc != 3 :
			       (strcmp(mode, "is") && strcmp(mode, "stays")) || argc != 4))
		ktap_bail("usage: leftover mark SIZE, leftover is mark|zero SIZE, or leftover stays COMMAND SIZE");
	if (strcmp(what, "zero"))
		content_make(data, size, 1);
	tee = tee_open(target()->impl_id);
	buf = tee_rstmem(tee, TEE_IOC_UC_SECURE_VIDEO_PLAY, size, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	if (strcmp(mode, "is"))
		content_fill(tee, id, 0, data, size);
	if (!strcmp(mode, "stays") && system(what))
		return 1;
	return !content_is(tee, id, 0, data, size);
}
