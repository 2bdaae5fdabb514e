/* SPDX-License-Identifier: GPL-2.0-only */
/* The backend for OP-TEE: declarations that its files share. */
#ifndef _RSTMEM_OPTEE_H
#define _RSTMEM_OPTEE_H

#include <linux/types.h>

struct device;
struct tee_rstmem_pool;

/**
 * struct optee_range - the range that OP-TEE reserves for restricted memory
 * @start:	physical address of its first byte
 * @size:	bytes; 0 for none
 */
struct optee_range {
	phys_addr_t start;
	u64 size;
};

/* smc.c: calls of the secure world */
int optee_smc_protmem(struct device *dev, struct optee_range *range);

/* range.c: the place of the memory */
int optee_range_parse(const char *pool);
int optee_range_find(struct device *dev, struct optee_range *range);

#endif /* _RSTMEM_OPTEE_H */
