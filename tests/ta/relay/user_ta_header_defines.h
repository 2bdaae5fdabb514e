/* SPDX-License-Identifier: GPL-2.0-only */
/* The properties of the test application "relay", for OP-TEE's kit. */
#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

/* RELAY_UUID, in GlobalPlatform's form. */
#define TA_UUID		{ 0x1e8d6a3c, 0x52f4, 0x4b0f, \
			  { 0x9f, 0x63, 0x7c, 0x6d, 0x0a, 0xb5, 0xe9, 0x21 } }

/* It may be given restricted memory. Each session has an instance, so it can call itself. */
#define TA_FLAGS	(TA_FLAG_EXEC_DDR | TA_FLAG_SECURE_DATA_PATH)

#define TA_STACK_SIZE	(8 * 1024)
#define TA_DATA_SIZE	(32 * 1024)

#define TA_DESCRIPTION	"rstmem: test application that passes memory on"

#endif
