/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocol of the guest's PID 1 (lab/init.c) and the host (lab/run.c) on one
 * virtio port: frames of a head and that many bytes, both ways.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include <stdint.h>

#define WIRE_PORT	"rstmem.lab"

enum wire_kind {
	/* From the guest. */
	WIRE_BEGIN = 1,		/* empty: user space is up, no module loaded yet */
	WIRE_STDOUT,		/* output of the command */
	WIRE_STDERR,
	WIRE_STATUS,		/* one byte, how it ended; nothing follows */
	WIRE_FAILURE,		/* text, why the lab gives up; nothing follows */
	/* From the host. */
	WIRE_INPUT,		/* typed input, for a command with a terminal */
	WIRE_SIZE,		/* struct wire_size: the terminal's, changed */
	WIRE_DONE,		/* empty: the last frame of the guest was read */
};

struct wire_size {
	uint16_t rows;
	uint16_t columns;
};

/* The byte order is the machines', which is little endian on all of them. */
struct wire_head {
	uint32_t kind;
	uint32_t size;
};

#endif /* LAB_WIRE_H */
