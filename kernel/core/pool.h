/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _RSTMEM_POOL_H
#define _RSTMEM_POOL_H

int rstmem_pool_init(void);
void rstmem_pool_exit(void);

#endif /* _RSTMEM_POOL_H */
