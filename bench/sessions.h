/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sessions: which buffers a device with a display allocates and frees, and when. The
 * same numbers make the same sessions, whatever the memory is.
 */
#ifndef _BENCH_SESSIONS_H
#define _BENCH_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct sessions_desc - description of sessions to create
 * @take:	allocates bytes. Returns the buffer, or NULL when there is no room
 * @give:	frees a buffer
 * @data:	for both
 * @seed:	chooses the sessions
 * @busy:	how often sessions open; 1 wants about 1.8 GiB on average
 * @evening:	sessions open as often in the evening only, and less at other hours
 * @limit:	bytes that sessions never ask for more than
 */
struct sessions_desc {
	void *(*take)(void *data, uint64_t size);
	void (*give)(void *data, void *buffer);
	void *data;
	uint64_t seed;
	double busy;
	bool evening;
	uint64_t limit;
};

/**
 * struct sessions_stat - work of the sessions so far
 * @live:	bytes of buffers that are allocated
 * @served:	bytes of all buffers that were allocated
 * @streams:	number of sessions that opened
 */
struct sessions_stat {
	uint64_t live;
	uint64_t served;
	uint64_t streams;
};

struct sessions;

struct sessions *sessions_create(const struct sessions_desc *desc);
/* Closes all sessions. */
void sessions_destroy(struct sessions *sessions);
/* When something happens next, in seconds. */
double sessions_next(const struct sessions *sessions);
/* It happens. Returns false when there was no room. */
bool sessions_step(struct sessions *sessions);
const struct sessions_stat *sessions_stat(const struct sessions *sessions);

#endif /* _BENCH_SESSIONS_H */
