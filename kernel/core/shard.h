/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shards: what would be one list, tree or sum is several, each with a lock of its
 * own and for some of the CPUs, so that these need not wait for each other nor take
 * cache lines from each other.
 */
#ifndef _RSTMEM_SHARD_H
#define _RSTMEM_SHARD_H

#include <linux/smp.h>

#define RSTMEM_SHARDS	8

/**
 * rstmem_shard() - which one is this CPU's
 *
 * A hint: the caller may be on another CPU when it uses it.
 *
 * Return: a number below RSTMEM_SHARDS.
 */
static inline unsigned int rstmem_shard(void)
{
	return (unsigned int)raw_smp_processor_id() % RSTMEM_SHARDS;
}

#endif /* _RSTMEM_SHARD_H */
