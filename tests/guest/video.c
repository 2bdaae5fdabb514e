// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stock V4L2 driver as importer: vivid's output with videobuf2-dma-contig streams
 * restricted buffers. Nothing of a buffer is left after any event of a stream, its
 * process, its driver or the importer list.
 *
 * Only output: vivid's capture writes through the CPU's address of a plane without
 * looking whether there is one.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/account.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/target.h"
#include "../support/tee.h"
#include "../support/v4l2.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define RECORD	TEE_IOC_UC_SECURE_VIDEO_RECORD
#define ACCOUNT	VIDEO_ACCOUNT
#define POOL	(64 * MIB)
#define SIZE	(1 * MIB)
#define TYPE	V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
#define BUFFERS	4

#define VIVID	"/sys/bus/platform/drivers/vivid/"

static int watch;
static unsigned int frame;	/* bytes */

struct stream {
	int node;
	int buf[BUFFERS];
};

/* Opens the node with an empty queue for dma-bufs. */
static int open_queue(void)
{
	struct v4l2_format format = { .type = TYPE };
	int node = v4l2_open("vivid");

	if (v4l2_call(node, VIDIOC_G_FMT, &format))
		ktap_bail("VIDIOC_G_FMT: %s", strerror(errno));
	format.fmt.pix_mp.width = 320;
	format.fmt.pix_mp.height = 180;
	if (v4l2_call(node, VIDIOC_S_FMT, &format) ||
	    v4l2_request(node, TYPE, V4L2_MEMORY_DMABUF, BUFFERS) ||
	    format.fmt.pix_mp.num_planes != 1 ||
	    format.fmt.pix_mp.plane_fmt[0].sizeimage > SIZE)
		ktap_bail("no queue: %s", strerror(errno));
	frame = format.fmt.pix_mp.plane_fmt[0].sizeimage;
	return node;
}

static int queue(int node, unsigned int index, int buf)
{
	return v4l2_queue(node, TYPE, index, buf, SIZE, frame, 0);
}

/* The index of the next frame that was shown, or -errno; not later than in 10 s. */
static int dequeue(int node)
{
	struct v4l2_buffer arg;
	struct v4l2_plane plane;

	return v4l2_dequeue(node, TYPE, &arg, &plane);
}

/* A stream of restricted buffers that runs; bails out otherwise. */
static void stream_begin(struct stream *s)
{
	unsigned int n;
	int rc;

	s->node = open_queue();
	for (n = 0; n < BUFFERS; n++) {
		s->buf[n] = tee_rstmem(watch, VIDEO, SIZE, NULL);
		rc = queue(s->node, n, s->buf[n]);
		if (rc)
			ktap_bail("buffer %u: %s", n, strerror(-rc));
	}
	rc = v4l2_start(s->node, TYPE);
	if (rc)
		ktap_bail("VIDIOC_STREAMON: %s", strerror(-rc));
}

/* Shows so many frames. Returns 0 or the first error. */
static int stream_run(struct stream *s, unsigned int frames)
{
	int n, rc;

	while (frames--) {
		n = dequeue(s->node);
		if (n < 0)
			return n;
		rc = queue(s->node, n, s->buf[n]);
		if (rc)
			return rc;
	}
	return 0;
}

static void stream_end(struct stream *s)
{
	unsigned int n;

	close(s->node);
	for (n = 0; n < BUFFERS; n++)
		close(s->buf[n]);
}

/* Nothing is in use, and the pool is whole: it can be had in one piece. */
static void check_nothing_left(const char *after)
{
	unsigned int tries = 0;
	int all;

	/* A closed file is released a moment later. */
	while (tee_used(watch, VIDEO) && tries++ < 200)
		usleep(10 * 1000);
	ktap_eq(tee_used(watch, VIDEO), 0, "%s: nothing is in use afterwards",
		after);
	all = tee_rstmem(watch, VIDEO, POOL, NULL);
	ktap(all >= 0, "%s: the pool is whole afterwards", after);
	if (all >= 0)
		close(all);
}

static void test_refused(void)
{
	int node = open_queue(), buf = tee_rstmem(watch, VIDEO, SIZE, NULL);
	int far = tee_rstmem(watch, RECORD, SIZE, NULL);
	uint64_t refused = account_number(ACCOUNT, "failures/importer");
	unsigned int n;

	account_write(ACCOUNT, "importers", "none");
	for (n = 0; n < 8; n++)
		if (queue(node, n % BUFFERS, buf) != -EINVAL)
			break;
	ktap_eq(n, 8, "refused: VIDIOC_QBUF gives EINVAL");
	ktap_eq(account_number(ACCOUNT, "failures/importer") - refused, 8,
		"refused: sysfs counts each refused buffer");
	account_write(ACCOUNT, "importers", "any");
	/* vivid has 32 address bits. */
	ktap_eq(queue(node, 0, far), -EINVAL,
		"refused: VIDIOC_QBUF gives EINVAL for a buffer beyond 4 GiB");
	close(buf);
	close(far);
	close(node);
	ktap_eq(tee_used(watch, RECORD), 0,
		"refused: nothing is in use beyond 4 GiB afterwards");
	check_nothing_left("refused");
}

static void test_stream(void)
{
	struct account_buffer line;
	struct stream s;
	unsigned int n;

	stream_begin(&s);
	ktap_eq(stream_run(&s, 30), 0, "stream: shows 30 frames");
	ktap(account_find(s.buf[0], &line) && !strncmp(line.importers, "vivid", 5),
	     "stream: the list of buffers names the device");
	for (n = 0; n < BUFFERS; n++)
		close(s.buf[n]);
	ktap_eq(tee_used(watch, VIDEO), BUFFERS * SIZE,
		"stream: the queue keeps buffers without a descriptor");
	v4l2_stop(s.node, TYPE);
	ktap_eq(v4l2_request(s.node, TYPE, V4L2_MEMORY_DMABUF, 0), 0,
		"stream: the queue is emptied");
	check_nothing_left("stream");
	close(s.node);
}

static void test_lists(void)
{
	unsigned int n, admitted = 0, refused = 0, other = 0;
	int fresh, index, rc;
	struct stream s;

	stream_begin(&s);
	account_write(ACCOUNT, "importers", "none");
	ktap_eq(stream_run(&s, 8), 0,
		"list: a stream goes on when its device is no longer listed");
	fresh = tee_rstmem(watch, VIDEO, SIZE, NULL);
	index = dequeue(s.node);
	ktap_eq(queue(s.node, index, fresh), -EINVAL,
		"list: another buffer is refused to the stream: EINVAL");
	account_write(ACCOUNT, "importers", "driver:vivid");
	ktap_eq(queue(s.node, index, fresh), 0,
		"list: another buffer is admitted when the device is listed");
	close(fresh);

	/* Each frame is another buffer, while the list comes and goes. */
	for (n = 0; n < 60; n++) {
		account_write(ACCOUNT, "importers", n % 3 ? "any" : "none");
		index = dequeue(s.node);
		if (index < 0)
			break;
		fresh = tee_rstmem(watch, VIDEO, SIZE, NULL);
		rc = queue(s.node, index, fresh);
		close(fresh);
		if (rc) {
			account_write(ACCOUNT, "importers", "any");
			fresh = tee_rstmem(watch, VIDEO, SIZE, NULL);
			other += queue(s.node, index, fresh) != 0;
			close(fresh);
		}
		admitted += !rc;
		refused += rc == -EINVAL;
		other += rc && rc != -EINVAL;
	}
	ktap(n == 60 && admitted == 40 && refused == 20 && !other,
	     "list: each of 60 new lists applies to the next buffer of a stream");
	account_write(ACCOUNT, "importers", "any");
	stream_end(&s);
	check_nothing_left("list");
}

static void test_kill(void)
{
	int ready[2], status;
	struct stream s;
	pid_t pid;
	char c;

	if (pipe(ready))
		ktap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		stream_begin(&s);
		if (write(ready[1], "", 1) == 1)
			stream_run(&s, 100000);
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("the child does not stream");
	usleep(200 * 1000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	ktap(WIFSIGNALED(status), "kill: ends a process that streams");
	check_nothing_left("kill");
}

/* The driver goes. */
static void test_unbind(void)
{
	struct stream s;

	stream_begin(&s);
	ktap_eq(guest_write(VIVID "unbind", "vivid.0"), 0,
		"unbind: vivid's driver goes while it streams");
	ktap(stream_run(&s, 8) < 0, "unbind: the stream ends");
	stream_end(&s);
	check_nothing_left("unbind");
	ktap_eq(guest_write(VIVID "bind", "vivid.0"), 0, "unbind: the driver comes back");
}

/* The memory's owner goes. */
static void test_removal(void)
{
	struct stream s;

	stream_begin(&s);
	close(watch);
	ktap_eq(target_remove(), 0, "removal: the TEE goes while vivid streams");
	ktap_eq(stream_run(&s, 8), 0, "removal: the stream goes on");
	stream_end(&s);
	ktap_eq(target_return(), 0, "removal: the TEE comes back");
	watch = target_open();
	check_nothing_left("removal");
}

int main(void)
{
	ktap_start();
	watch = target_open();
	/*
	 * An output node with dma-contig and the multi-planar API, with one plane. With
	 * the other API videobuf2 takes no further buffer where it refused one.
	 */
	if (system("modprobe -q vivid n_devs=1 allocators=1 node_types=0x100 multiplanar=2"))
		ktap_bail("vivid does not load");
	test_refused();
	test_stream();
	test_lists();
	test_kill();
	test_unbind();
	test_removal();
	ktap_eq(system("modprobe -r vivid"), 0, "vivid: unloads in the end");
	close(watch);
	return ktap_end();
}
