/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the player shows its pictures. */
#ifndef FILM_SHOW_H
#define FILM_SHOW_H

#include <stdint.h>

/* Opens the display. Returns 0 or -errno. */
int show_open(void);

/*
 * Shows a picture in XRGB8888 without gaps between its rows, in a dma-buf. The picture must
 * stay until another is shown. Returns 0 or -errno.
 */
int show_picture(int fd, uint32_t width, uint32_t height);

void show_close(void);

#endif
