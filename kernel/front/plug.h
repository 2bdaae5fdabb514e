/* SPDX-License-Identifier: GPL-2.0-only */
/* Plugging: show a device in every front end, and hide it. */
#ifndef _RSTMEM_PLUG_H
#define _RSTMEM_PLUG_H

struct tee_rstmem_device;

int rstmem_init(void);
void rstmem_exit(void);

int rstmem_plug(struct tee_rstmem_device *rdev);
void rstmem_unplug(struct tee_rstmem_device *rdev);

#endif /* _RSTMEM_PLUG_H */
