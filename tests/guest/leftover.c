// SPDX-License-Identifier: GPL-2.0-only
/*
 * What earlier owners left in the memory of a TEE.
 *
 *	leftover mark SIZE	fills a buffer with a mark, and frees it
 *	leftover is mark|zero SIZE	allocates a buffer; the exit status is 0 when it
 *				holds the mark, or zeros, from its first byte to its last
 *
 * SIZE is in bytes. With all memory of a pool in it, the two buffers are at one place.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/content.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"

int main(int argc, char **argv)
{
	size_t size = argc > 2 ? strtoul(argv[argc - 1], NULL, 0) : 0;
	bool mark = argc == 3 && !strcmp(argv[1], "mark");
	uint8_t *data = calloc(1, size);
	int tee, buf, id;

	if (!data || !size || (!mark && (argc != 4 || strcmp(argv[1], "is"))))
		ktap_bail("usage: leftover mark SIZE, or leftover is mark|zero SIZE");
	if (mark || !strcmp(argv[2], "mark"))
		content_make(data, size, 1);
	tee = tee_open(target()->impl_id);
	buf = tee_rstmem(tee, TEE_IOC_UC_SECURE_VIDEO_PLAY, size, &id);
	if (buf < 0)
		ktap_bail("allocation: %s", strerror(-buf));
	if (!mark)
		return !content_is(tee, id, 0, data, size);
	content_fill(tee, id, 0, data, size);
	return !content_is(tee, id, 0, data, size);
}
