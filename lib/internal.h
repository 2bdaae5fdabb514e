/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library's files share. Names begin with rstmem__. */
#ifndef RSTMEM_INTERNAL_H
#define RSTMEM_INTERNAL_H

#include "rstmem.h"

/* Never changes between rstmem_open() and rstmem_close(), so needs no lock. */
struct rstmem {
	int fd;
	char path[];
};

int rstmem__ioctl(int fd, unsigned long cmd, void *arg);
int rstmem__above_stdio(int fd);

#endif /* RSTMEM_INTERNAL_H */
