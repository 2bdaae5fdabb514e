/* SPDX-License-Identifier: GPL-2.0-only */
/* A clip to look at: something moves, and each frame has its number in it. */
#ifndef FILM_CLIP_H
#define FILM_CLIP_H

#include <stdint.h>

/* Draws frame @number into the planes of YUV 4:2:0, rows without gaps, sides even. */
void clip_draw(uint8_t *planes, uint32_t width, uint32_t height, unsigned int number);

#endif
