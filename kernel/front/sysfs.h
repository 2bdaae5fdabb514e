/* SPDX-License-Identifier: GPL-2.0-only */
/* The sysfs front end: class rstmem. */
#ifndef _RSTMEM_SYSFS_H
#define _RSTMEM_SYSFS_H

struct tee_rstmem_device;

int rstmem_sysfs_init(void);
void rstmem_sysfs_exit(void);
int rstmem_sysfs_add(struct tee_rstmem_device *rdev);
void rstmem_sysfs_del(struct tee_rstmem_device *rdev);

#endif /* _RSTMEM_SYSFS_H */
