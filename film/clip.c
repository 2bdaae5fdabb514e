// SPDX-License-Identifier: GPL-2.0-only
/* Draws the clip, see clip.h: hills that pass by, a sun, a ball, and a counter. */
#include <stddef.h>
#include <string.h>

#include "clip.h"

/* A picture in work. */
struct canvas {
	uint8_t *y, *u, *v;
	int width, height;
};

struct colour {
	uint8_t y, u, v;
};

static const struct colour sun_colour = { 210, 60, 150 };
static const struct colour ball_colour = { 90, 100, 220 };
static const struct colour ink = { 235, 128, 128 };
static const struct colour paper = { 30, 128, 128 };

/* Digits, five columns of seven rows, a bit a pixel, the left one the highest. */
static const uint8_t digits[10][7] = {
	{ 14, 17, 19, 21, 25, 17, 14 }, { 4, 12, 4, 4, 4, 4, 14 },
	{ 14, 17, 1, 2, 4, 8, 31 }, { 31, 2, 4, 2, 1, 17, 14 },
	{ 2, 6, 10, 18, 31, 2, 2 }, { 31, 16, 30, 1, 1, 17, 14 },
	{ 6, 8, 16, 30, 17, 17, 14 }, { 31, 1, 2, 4, 8, 8, 8 },
	{ 14, 17, 17, 14, 17, 17, 14 }, { 14, 17, 17, 15, 1, 2, 12 },
};

static void dot(struct canvas *c, int x, int y, struct colour colour)
{
	if (x < 0 || y < 0 || x >= c->width || y >= c->height)
		return;
	c->y[y * c->width + x] = colour.y;
	c->u[y / 2 * (c->width / 2) + x / 2] = colour.u;
	c->v[y / 2 * (c->width / 2) + x / 2] = colour.v;
}

static void box(struct canvas *c, int x, int y, int w, int h, struct colour colour)
{
	int i, j;

	for (j = y; j < y + h; j++)
		for (i = x; i < x + w; i++)
			dot(c, i, j, colour);
}

static void disc(struct canvas *c, int x, int y, int radius, struct colour colour)
{
	int i, j;

	for (j = -radius; j <= radius; j++)
		for (i = -radius; i <= radius; i++)
			if (i * i + j * j <= radius * radius)
				dot(c, x + i, y + j, colour);
}

/* A wave of parabolas, -256 to 256, with a period of 1024. */
static int wave(int phase)
{
	int x = phase & 511, height = x * (512 - x) / 256;

	return phase & 512 ? -height : height;
}

static void sky(struct canvas *c)
{
	int y, half = c->width / 2;

	for (y = 0; y < c->height; y++)
		memset(c->y + y * c->width, 70 + 110 * y / c->height, c->width);
	for (y = 0; y < c->height / 2; y++) {
		memset(c->u + y * half, 160 - 40 * y / c->height, half);
		memset(c->v + y * half, 110 + 30 * y / c->height, half);
	}
}

/* Nearer hills are darker, and pass by faster. */
static void hills(struct canvas *c, int time)
{
	int layer, x, y, top;

	for (layer = 1; layer <= 3; layer++) {
		const struct colour green = { 150 - 35 * layer, 110, 110 - 6 * layer };

		for (x = 0; x < c->width; x++) {
			top = c->height * (5 + layer) / 10 +
			      wave((x + time * layer) * 1024 * layer / c->width / 2 +
				   layer * 300) * c->height / 256 / 14;
			for (y = top; y < c->height; y++)
				dot(c, x, y, green);
		}
	}
}

static void counter(struct canvas *c, unsigned int number)
{
	int scale = c->height / 60 + 1, place, x, y;

	box(c, scale, scale, 26 * scale, 10 * scale, paper);
	for (place = 3; place >= 0; place--, number /= 10)
		for (y = 0; y < 7; y++)
			for (x = 0; x < 5; x++)
				if (digits[number % 10][y] >> (4 - x) & 1)
					box(c, (2 + 6 * place + x + 1) * scale,
					    (2 + y) * scale + scale / 2, scale, scale, ink);
}

void clip_draw(uint8_t *planes, uint32_t width, uint32_t height, unsigned int number)
{
	struct canvas c = { .y = planes, .width = width, .height = height };
	int time = number, bounce = time * 16 % 1024, across = time * 3 % (width + 60);

	c.u = c.y + (size_t)width * height;
	c.v = c.u + (size_t)(width / 2) * (height / 2);
	sky(&c);
	disc(&c, width * 3 / 4, height / 4 + wave(time * 4) * (int)height / 256 / 10,
	     height / 10, sun_colour);
	hills(&c, time);
	disc(&c, across - 30,
	     height - height / 12 - (wave(bounce & 511) * (int)height / 256 / 2),
	     height / 14, ball_colour);
	counter(&c, number);
}
