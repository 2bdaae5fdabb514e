/* SPDX-License-Identifier: GPL-2.0-only */
/* Properties that OP-TEE's kit needs of the decoder service. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* RSTMEM_SVC_DECODER_UUID, in GlobalPlatform's form. */
#define TA_UUID		{ 0x7f1f431a, 0x168c, 0x4a2b, \
			  { 0x94, 0x69, 0x9a, 0x57, 0x1d, 0xef, 0x6c, 0x10 } }

/* It may have restricted memory as a parameter; sessions are independent of each other. */
#define TA_FLAGS	(TA_FLAG_EXEC_DDR | TA_FLAG_SECURE_DATA_PATH)

#define TA_STACK_SIZE	(8 * 1024)
/* A frame is copied to it. */
#define TA_DATA_SIZE	(1024 * 1024)

#define TA_VERSION	RSTMEM_VERSION
#define TA_DESCRIPTION	"rstmem: decoder service"

#endif
