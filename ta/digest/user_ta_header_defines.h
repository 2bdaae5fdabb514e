/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties that OP-TEE's kit needs of the digest service. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* RSTMEM_SVC_DIGEST_UUID, in GlobalPlatform's form. */
#define TA_UUID		{ 0xac1dcabd, 0xe37f, 0x48c8, \
			  { 0x99, 0x34, 0xab, 0x9b, 0x19, 0xae, 0x12, 0xe2 } }

/* It may be given restricted memory; sessions are independent of each other. */
#define TA_FLAGS	(TA_FLAG_EXEC_DDR | TA_FLAG_SECURE_DATA_PATH)

#define TA_STACK_SIZE	(8 * 1024)
#define TA_DATA_SIZE	(64 * 1024)

#define TA_VERSION	RSTMEM_VERSION
#define TA_DESCRIPTION	"rstmem: digest service"

#endif
