// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names of use cases, which mainline's protected dma-heaps have with a prefix
 * (drivers/tee/tee_heap.c).
 */
#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/tee_rstmem.h>

static const char * const names[] = {
	[TEE_IOC_UC_SECURE_VIDEO_PLAY] = "secure-video",
	[TEE_IOC_UC_TRUSTED_UI] = "trusted-ui",
	[TEE_IOC_UC_SECURE_VIDEO_RECORD] = "secure-video-record",
};

/**
 * tee_rstmem_use_case_name() - name a use case
 * @use_case:	any number
 *
 * Return: a constant such as "secure-video", or NULL for a use case without a name.
 */
const char *tee_rstmem_use_case_name(u32 use_case)
{
	return use_case < ARRAY_SIZE(names) ? names[use_case] : NULL;
}
EXPORT_SYMBOL_GPL(tee_rstmem_use_case_name);
