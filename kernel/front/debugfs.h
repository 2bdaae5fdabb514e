/* SPDX-License-Identifier: GPL-2.0-only */
/* The debugfs front end: a list of all buffers. */
#ifndef _RSTMEM_DEBUGFS_H
#define _RSTMEM_DEBUGFS_H

void rstmem_debugfs_init(void);
void rstmem_debugfs_exit(void);

#endif /* _RSTMEM_DEBUGFS_H */
