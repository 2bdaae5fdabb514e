/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alloc_contig_range(), whose third argument was a migrate type before it became a set of
 * flags (acr_flags_t).
 */
#ifndef _COMPAT_CONTIG_H
#define _COMPAT_CONTIG_H

#include <linux/gfp.h>

#ifndef ACR_FLAGS_NONE
#include <linux/mmzone.h>
#define ACR_FLAGS_NONE	MIGRATE_MOVABLE
#endif

#endif /* _COMPAT_CONTIG_H */
