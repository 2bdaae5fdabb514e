// SPDX-License-Identifier: GPL-2.0-only
/* V4L2 devices for test programs, see v4l2.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ktap.h"
#include "v4l2.h"

int v4l2_call(int node, unsigned long nr, void *arg)
{
	return ioctl(node, nr, arg) < 0 ? -errno : 0;
}

int v4l2_open(const char *driver)
{
	struct v4l2_capability cap;
	char path[32];
	int n, node;

	for (n = 0; n < 16; n++) {
		snprintf(path, sizeof(path), "/dev/video%d", n);
		node = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (node >= 0 && !v4l2_call(node, VIDIOC_QUERYCAP, &cap) &&
		    !strcmp((char *)cap.driver, driver))
			return node;
		if (node >= 0)
			close(node);
	}
	ktap_bail("no node of %s", driver);
}

int v4l2_request(int node, uint32_t type, uint32_t memory, unsigned int count)
{
	struct v4l2_requestbuffers request = {
		.count = count, .type = type, .memory = memory,
	};
	int rc = v4l2_call(node, VIDIOC_REQBUFS, &request);

	return rc ? rc : request.count == count ? 0 : -ENOMEM;
}

int v4l2_queue(int node, uint32_t type, unsigned int index, int buf, size_t length,
	       size_t used, long seconds)
{
	struct v4l2_plane plane = { .m.fd = buf, .length = length, .bytesused = used };
	struct v4l2_buffer arg = {
		.index = index, .type = type, .memory = V4L2_MEMORY_DMABUF,
		.m.planes = &plane, .length = 1, .field = V4L2_FIELD_NONE,
		.timestamp.tv_sec = seconds,
	};

	return v4l2_call(node, VIDIOC_QBUF, &arg);
}

int v4l2_dequeue(int node, uint32_t type, struct v4l2_buffer *arg, struct v4l2_plane *plane)
{
	struct pollfd pfd = { .fd = node, .events = V4L2_TYPE_IS_OUTPUT(type) ? POLLOUT : POLLIN };
	int rc;

	*arg = (struct v4l2_buffer){
		.type = type, .memory = V4L2_MEMORY_DMABUF, .m.planes = plane, .length = 1,
	};
	if (poll(&pfd, 1, 10000) != 1)
		return -ETIMEDOUT;
	rc = v4l2_call(node, VIDIOC_DQBUF, arg);
	return rc ? rc : (int)arg->index;
}

int v4l2_start(int node, uint32_t type)
{
	int arg = type;

	return v4l2_call(node, VIDIOC_STREAMON, &arg);
}

int v4l2_stop(int node, uint32_t type)
{
	int arg = type;

	return v4l2_call(node, VIDIOC_STREAMOFF, &arg);
}
