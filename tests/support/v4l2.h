/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * V4L2 devices that import dma-bufs, with the multi-planar API and one plane, for test
 * programs. Functions return -errno on failure.
 */
#ifndef _TESTS_V4L2_H
#define _TESTS_V4L2_H

#include <stddef.h>
#include <stdint.h>
#include <linux/videodev2.h>

/* An ioctl. Returns 0. */
int v4l2_call(int node, unsigned long nr, void *arg);

/* Opens the first node of this driver. Bails out without one. */
int v4l2_open(const char *driver);

/* Returns 0 if the queue has @count empty buffers now, for memory of this kind. */
int v4l2_request(int node, uint32_t type, uint32_t memory, unsigned int count);

/* Queues @length bytes of a dma-buf, @used of them with content, and a time in seconds. */
int v4l2_queue(int node, uint32_t type, unsigned int index, int buf, size_t length,
	       size_t used, long seconds);

/* Waits at most 10 s for a buffer. Returns its index; @arg and @plane describe it. */
int v4l2_dequeue(int node, uint32_t type, struct v4l2_buffer *arg, struct v4l2_plane *plane);

/* VIDIOC_STREAMON and VIDIOC_STREAMOFF. Return 0. */
int v4l2_start(int node, uint32_t type);
int v4l2_stop(int node, uint32_t type);

#endif
