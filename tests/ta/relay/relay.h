/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test application "relay" passes a command on to another application of OP-TEE's, with the
 * memory that it got.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdint.h>

#define RELAY_UUID { 0x1e, 0x8d, 0x6a, 0x3c, 0x52, 0xf4, 0x4b, 0x0f, \
		     0x9f, 0x63, 0x7c, 0x6d, 0x0a, 0xb5, 0xe9, 0x21 }

/**
 * RELAY_INVOKE - invoke a command in a session of its own
 *
 * [0]		in	struct relay_call, in normal memory
 * [1] to [3]		parameters 0 to 2 of the command
 *
 * The result is that of the command, and the sizes of [1] to [3] are written back.
 */
#define RELAY_INVOKE	0

/**
 * struct relay_call - where a command goes
 * @uuid:	the application, in the order of RFC 4122
 * @command:	the command
 * @types:	TEE_PARAM_TYPES() of its parameters
 */
struct relay_call {
	uint8_t uuid[16];
	uint32_t command;
	uint32_t types;
};

#endif
