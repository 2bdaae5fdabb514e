// SPDX-License-Identifier: LGPL-2.1-or-later
/* Use cases: names and numbers. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The names that dma-heaps of the same purpose have after "protected,". */
static const char *const names[] = {
	[TEE_IOC_UC_SECURE_VIDEO_PLAY]	 = "secure-video",
	[TEE_IOC_UC_TRUSTED_UI]		 = "trusted-ui",
	[TEE_IOC_UC_SECURE_VIDEO_RECORD] = "secure-video-record",
};

int rstmem_use_case_name(uint32_t use_case, char *name, size_t size)
{
	int len;

	if (use_case < ARRAY_SIZE(names) && names[use_case])
		len = snprintf(name, size, "%s", names[use_case]);
	else
		len = snprintf(name, size, "%" PRIu32, use_case);

	return len < 0 || (size_t)len >= size ? -ENOSPC : 0;
}

int rstmem_use_case_parse(const char *name, uint32_t *use_case)
{
	uint32_t i, number = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i] && !strcmp(name, names[i])) {
			*use_case = i;
			return 0;
		}
	}

	for (i = 0; name[i] >= '0' && name[i] <= '9'; i++) {
		number = number * 10 + (uint32_t)(name[i] - '0');
		if (number > TEE_IOC_UC_MAX)
			return -EINVAL;
	}
	/* 0 also stands for a string without digits. */
	if (name[i] || number == TEE_IOC_UC_RESERVED)
		return -EINVAL;

	*use_case = number;
	return 0;
}
