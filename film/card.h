/* SPDX-License-Identifier: GPL-2.0-only */
/* DRM devices. Functions return -errno on failure. */
#ifndef CARD_H
#define CARD_H

#include <drm/drm.h>
#include <drm/drm_mode.h>

#define CARD_XRGB8888	0x34325258

/* Opens the device of this driver. Returns a descriptor. */
int card_open(const char *driver);

/* An ioctl. Returns 0. */
int card_call(int card, unsigned long nr, void *arg);

#endif /* CARD_H */
