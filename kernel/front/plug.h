/* SPDX-License-Identifier: GPL-2.0-only */
/* Plugging: a device made visible in every front end, and taken away. */
#ifndef _RSTMEM_PLUG_H
#define _RSTMEM_PLUG_H

struct tee_rstmem_device;

int rstmem_plug(struct tee_rstmem_device *rdev);
void rstmem_unplug(struct tee_rstmem_device *rdev);

#endif /* _RSTMEM_PLUG_H */
