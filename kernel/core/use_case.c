// SPDX-License-Identifier: GPL-2.0-only
/*
 * Use cases: what they are called. The names are those of mainline's protected
 * dma-heaps (drivers/tee/tee_heap.c).
 */
#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/tee_rstmem.h>

#include "use_case.h"

#define HEAP_PREFIX	"protected,"

static const char * const heaps[] = {
	[TEE_IOC_UC_SECURE_VIDEO_PLAY] = HEAP_PREFIX "secure-video",
	[TEE_IOC_UC_TRUSTED_UI] = HEAP_PREFIX "trusted-ui",
	[TEE_IOC_UC_SECURE_VIDEO_RECORD] = HEAP_PREFIX "secure-video-record",
};

/*
 * exp_name of dma-bufs, which keep the pointer. Filled in once, so that it is
 * there for as long as any of them, which pin this module.
 */
static char exporters[TEE_IOC_UC_MAX + 1][32];

/**
 * rstmem_use_case_heap() - the dma-heap of a use case
 * @use_case:	any number
 *
 * Return: the heap's name, constant, or NULL when it has none.
 */
const char *rstmem_use_case_heap(u32 use_case)
{
	return use_case < ARRAY_SIZE(heaps) ? heaps[use_case] : NULL;
}

/**
 * tee_rstmem_use_case_name() - what a use case is called
 * @use_case:	any number
 *
 * Return: a constant such as "secure-video", or NULL when it has only a number.
 */
const char *tee_rstmem_use_case_name(u32 use_case)
{
	const char *heap = rstmem_use_case_heap(use_case);

	return heap ? heap + strlen(HEAP_PREFIX) : NULL;
}
EXPORT_SYMBOL_GPL(tee_rstmem_use_case_name);

/**
 * tee_rstmem_parse_use_case() - the use case of a name
 * @name:	as tee_rstmem_use_case_name() has it
 * @len:	how much of @name it is
 * @use_case:	out: TEE_IOC_UC_*
 *
 * Return: 0 or -EINVAL.
 */
int tee_rstmem_parse_use_case(const char *name, size_t len, u32 *use_case)
{
	const char *known;
	u32 uc;

	for (uc = 0; uc <= TEE_IOC_UC_MAX; uc++) {
		known = tee_rstmem_use_case_name(uc);
		if (known && strlen(known) == len && !memcmp(name, known, len)) {
			*use_case = uc;
			return 0;
		}
	}
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(tee_rstmem_parse_use_case);

/**
 * rstmem_use_case_exporter() - the exporter's name of dma-bufs
 * @use_case:	up to TEE_IOC_UC_MAX
 *
 * Return: "rstmem," and the use case's name or number, constant.
 */
const char *rstmem_use_case_exporter(u32 use_case)
{
	return exporters[use_case];
}

/**
 * rstmem_use_case_init() - once, when the module is loaded
 */
void rstmem_use_case_init(void)
{
	const char *name;
	u32 uc;

	for (uc = 0; uc < ARRAY_SIZE(exporters); uc++) {
		name = tee_rstmem_use_case_name(uc);
		if (name)
			snprintf(exporters[uc], sizeof(exporters[uc]),
				 "rstmem,%s", name);
		else
			snprintf(exporters[uc], sizeof(exporters[uc]),
				 "rstmem,%u", uc);
	}
}
