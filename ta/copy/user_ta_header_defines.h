/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties that OP-TEE's kit needs of the copy service. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* RSTMEM_SVC_COPY_UUID, in GlobalPlatform's form. */
#define TA_UUID		{ 0x6ae4c474, 0xdf22, 0x4146, \
			  { 0x96, 0x4e, 0xc1, 0x9c, 0x2d, 0xd6, 0x78, 0x42 } }

/* It may have restricted memory as a parameter, and write back its cache lines. */
#define TA_FLAGS	(TA_FLAG_EXEC_DDR | TA_FLAG_SECURE_DATA_PATH | \
			 TA_FLAG_CACHE_MAINTENANCE)

#define TA_STACK_SIZE	(8 * 1024)
#define TA_DATA_SIZE	(64 * 1024)

#define TA_VERSION	RSTMEM_VERSION
#define TA_DESCRIPTION	"rstmem: copy service"

#endif
