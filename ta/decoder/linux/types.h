/* SPDX-License-Identifier: GPL-2.0-only */
/* Outside the kernel: the types that the decoder uses. */
#ifndef TA_LINUX_TYPES_H
#define TA_LINUX_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef int16_t __s16;
typedef int32_t __s32;

#endif
