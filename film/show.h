/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the player shows its pictures. */
#ifndef FILM_SHOW_H
#define FILM_SHOW_H

#include <stdint.h>

/*
 * A way to a display. Functions return 0 or -errno.
 *
 * @open:	opens the display; -ENOENT when there is none of the kind
 * @picture:	shows a picture in XRGB8888 without gaps between its rows, in a dma-buf. It
 *		must stay as it is until the call for the next picture has returned
 * @close:	ends it; the display is blank then
 */
struct show {
	int (*open)(void);
	int (*picture)(int fd, uint32_t width, uint32_t height);
	void (*close)(void);
};

/* On kernels without DRM, and with. */
extern const struct show show_screen, show_kms;

/* Opens the one that is there. Returns NULL with errno. */
const struct show *show_open(void);

#endif
