/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties that OP-TEE's kit needs of the cipher service. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* RSTMEM_SVC_CIPHER_UUID, in GlobalPlatform's form. */
#define TA_UUID		{ 0x6dc95beb, 0x5572, 0x435f, \
			  { 0x93, 0x5d, 0x64, 0xd5, 0xbe, 0x7e, 0x94, 0x3e } }

/* It may be given restricted memory; sessions are independent of each other. */
#define TA_FLAGS	(TA_FLAG_EXEC_DDR | TA_FLAG_SECURE_DATA_PATH)

#define TA_STACK_SIZE	(8 * 1024)
#define TA_DATA_SIZE	(64 * 1024)

#define TA_VERSION	RSTMEM_VERSION
#define TA_DESCRIPTION	"rstmem: cipher service"

#endif
