/* SPDX-License-Identifier: GPL-2.0-only */
/* Accounts in sysfs. */
#ifndef _RSTMEM_SYSFS_H
#define _RSTMEM_SYSFS_H

struct rstmem_account;

int rstmem_sysfs_name(struct rstmem_account *account);
int rstmem_sysfs_init(void);
void rstmem_sysfs_exit(void);

#endif /* _RSTMEM_SYSFS_H */
