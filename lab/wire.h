/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest's PID 1 (lab/init.c) and the host (lab/run.c) say to each other
 * through one virtio port: frames from the guest, of a head and that many bytes,
 * and one byte back when the last of them has been read.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include <stdint.h>

#define WIRE_PORT	"rstmem.lab"

enum wire_kind {
	WIRE_BEGIN = 1,		/* empty: user space is up, no module loaded yet */
	WIRE_STDOUT,		/* what the command wrote */
	WIRE_STDERR,
	WIRE_STATUS,		/* one byte, how it ended; nothing follows */
	WIRE_FAILURE,		/* text, why the lab gives up; nothing follows */
};

/* The byte order is the machines', which is little endian on all of them. */
struct wire_head {
	uint32_t kind;
	uint32_t size;
};

#endif /* LAB_WIRE_H */
