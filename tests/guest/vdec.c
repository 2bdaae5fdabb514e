// SPDX-License-Identifier: GPL-2.0-only
/*
 * rstmem_vdec, a stateful decoder of V4L2 for restricted memory: its pictures are those of the
 * same decoder outside; it takes restricted dma-bufs and no other memory; it drains, stops and
 * goes on as V4L2 says; nothing is left of a program that is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../film/fwht_encode.h"
#include "../../kernel/softtee/fwht.h"
#include "../support/account.h"
#include "../support/content.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/services.h"
#include "../support/v4l2.h"

#define WIDTH		72
#define HEIGHT		44
#define PICTURE		(4 * WIDTH * HEIGHT)
#define ROOM		(64 * KIB)
#define BUFFERS		3
#define MOST_DECODING	8
#define OUT		V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE
#define CAP		V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE

static struct fwht_encoder enc;
static uint8_t *source;
static size_t planes_size;

static struct buffer {
	int fd, id;
	uint8_t expected[PICTURE];
} src[BUFFERS], dst[BUFFERS];

static int node;

/* Makes the next frame of a clip in a buffer, and remembers its picture. Returns its size. */
static size_t make_frame(struct buffer *buf, bool key)
{
	struct fwht_plane planes[FWHT_PLANES];
	static uint8_t frame[ROOM];
	static unsigned int time;
	size_t n, size;

	time++;
	for (n = 0; n < planes_size; n++)
		source[n] = n % WIDTH * 2 + time * 5 + n / 640 * 9 + svc_rnd() % 8;
	size = fwht_encode(&enc, source, key, frame);
	content_fill(svc.dev, buf->id, 0, frame, size);
	fwht_planes_init(planes, enc.planes, WIDTH, HEIGHT);
	for (n = 0; n < HEIGHT; n++)
		fwht_to_xrgb(planes, n, WIDTH, buf->expected + 4 * WIDTH * n);
	return size;
}

static int set_format(uint32_t type, uint32_t width, uint32_t height, struct v4l2_format *format)
{
	*format = (struct v4l2_format){
		.type = type, .fmt.pix_mp = { .width = width, .height = height },
	};
	return v4l2_call(node, VIDIOC_S_FMT, format);
}

/* Opens the decoder, with a format and empty queues. */
static void open_queues(uint32_t width, uint32_t height)
{
	static const uint32_t events[] = { V4L2_EVENT_EOS, V4L2_EVENT_SOURCE_CHANGE };
	struct v4l2_format format;
	unsigned int n;
	int rc;

	node = v4l2_open("rstmem_vdec");
	rc = set_format(OUT, width, height, &format);
	rc = rc ? rc : v4l2_request(node, OUT, V4L2_MEMORY_DMABUF, BUFFERS);
	rc = rc ? rc : v4l2_request(node, CAP, V4L2_MEMORY_DMABUF, BUFFERS);
	for (n = 0; n < 2; n++) {
		struct v4l2_event_subscription sub = { .type = events[n] };

		rc = rc ? rc : v4l2_call(node, VIDIOC_SUBSCRIBE_EVENT, &sub);
	}
	if (rc)
		ktap_bail("no queues: %s", strerror(-rc));
}

/* Opens the decoder and starts both queues. */
static void open_stream(void)
{
	open_queues(WIDTH, HEIGHT);
	if (v4l2_start(node, OUT) || v4l2_start(node, CAP))
		ktap_bail("no stream");
}

static int queue_frame(unsigned int n, bool key, long seconds)
{
	size_t size = make_frame(&src[n], key);

	return v4l2_queue(node, OUT, n, src[n].fd, ROOM, size, seconds);
}

static int queue_picture(unsigned int n)
{
	return v4l2_queue(node, CAP, n, dst[n].fd, ROOM, 0, 0);
}

/*
 * Gets a picture, and compares it with that of a frame. Returns its flags, or -errno: -EILSEQ
 * when the picture is another.
 */
static int get_picture(unsigned int n, long seconds)
{
	struct v4l2_buffer arg;
	struct v4l2_plane plane;
	int index = v4l2_dequeue(node, CAP, &arg, &plane);

	if (index < 0)
		return index;
	if (plane.bytesused != PICTURE || arg.timestamp.tv_sec != seconds ||
	    !svc_holds(dst[index].id, 0, src[n].expected, PICTURE))
		return -EILSEQ;
	return arg.flags & (V4L2_BUF_FLAG_LAST | V4L2_BUF_FLAG_ERROR);
}

static int get_frame(void)
{
	struct v4l2_buffer arg;
	struct v4l2_plane plane;

	return v4l2_dequeue(node, OUT, &arg, &plane);
}

/* Returns the type of the next event, 0 without one after a second. */
static uint32_t get_event(void)
{
	struct pollfd pfd = { .fd = node, .events = POLLPRI };
	struct v4l2_event event;

	if (poll(&pfd, 1, 1000) != 1 || v4l2_call(node, VIDIOC_DQEVENT, &event))
		return 0;
	return event.type;
}

static int command(uint32_t cmd)
{
	struct v4l2_decoder_cmd arg = { .cmd = cmd };

	return v4l2_call(node, VIDIOC_DECODER_CMD, &arg);
}

static void begin(void)
{
	unsigned int n;

	if (system("modprobe -q rstmem_vdec"))
		ktap_bail("rstmem_vdec does not load");
	if (fwht_encoder_init(&enc, WIDTH, HEIGHT))
		ktap_bail("encoder");
	planes_size = fwht_planes_size(WIDTH, HEIGHT);
	source = malloc(planes_size);
	for (n = 0; n < BUFFERS; n++) {
		src[n].fd = svc_buffer(VIDEO, ROOM, &src[n].id);
		dst[n].fd = svc_buffer(VIDEO, ROOM, &dst[n].id);
	}
}

static void test_formats(void)
{
	struct v4l2_format format;
	const struct v4l2_pix_format_mplane *mp = &format.fmt.pix_mp;

	node = v4l2_open("rstmem_vdec");
	ktap(!set_format(OUT, WIDTH + 1, HEIGHT + 1, &format) && mp->width == WIDTH &&
	     mp->height == HEIGHT && mp->pixelformat == V4L2_PIX_FMT_FWHT,
	     "format: frames are FWHT, with even sides");
	format = (struct v4l2_format){ .type = CAP };
	ktap(!v4l2_call(node, VIDIOC_G_FMT, &format) && mp->width == WIDTH &&
	     mp->height == HEIGHT && mp->pixelformat == V4L2_PIX_FMT_XBGR32 &&
	     mp->plane_fmt[0].bytesperline == 4 * WIDTH &&
	     mp->plane_fmt[0].sizeimage == PICTURE,
	     "format: pictures have the sides of the frames, and XRGB8888");
	ktap_eq(v4l2_request(node, OUT, V4L2_MEMORY_MMAP, BUFFERS), -EINVAL,
		"format: refuses frames in memory of the driver: EINVAL");
	ktap_eq(v4l2_request(node, CAP, V4L2_MEMORY_USERPTR, BUFFERS), -EINVAL,
		"format: refuses pictures in memory of the program: EINVAL");
	ktap_eq(v4l2_request(node, CAP, V4L2_MEMORY_DMABUF, BUFFERS), 0,
		"format: accepts pictures in dma-bufs");
	ktap_eq(set_format(OUT, 2 * WIDTH, HEIGHT, &format), -EBUSY,
		"format: refuses another while there are buffers: EBUSY");
	close(node);
}

static void test_memory(void)
{
	int plain = guest_udmabuf();

	/* A page is enough for these sides. */
	open_queues(16, 16);
	ktap_eq(v4l2_queue(node, OUT, 0, plain, PAGE, PAGE, 0), -EINVAL,
		"memory: refuses a frame in an ordinary dma-buf: EINVAL");
	ktap_eq(v4l2_queue(node, CAP, 0, plain, PAGE, 0, 0), -EINVAL,
		"memory: refuses a picture in an ordinary dma-buf: EINVAL");
	account_write(VIDEO_ACCOUNT, "importers", "none");
	ktap_eq(v4l2_queue(node, OUT, 1, src[0].fd, ROOM, PAGE, 0), -EINVAL,
		"memory: refuses a buffer that the device may not import: EINVAL");
	account_write(VIDEO_ACCOUNT, "importers", "device:rstmem_vdec");
	ktap_eq(v4l2_queue(node, OUT, 1, src[0].fd, ROOM, PAGE, 0), 0,
		"memory: accepts it when the device is on the list");
	account_write(VIDEO_ACCOUNT, "importers", "any");
	close(plain);
	close(node);
	/* videobuf2 forgets the dma-buf before. The end of the test sees what is left of it. */
	open_queues(16, 16);
	v4l2_queue(node, OUT, 0, src[0].fd, ROOM, PAGE, 0);
	v4l2_stop(node, OUT);
	ktap(v4l2_queue(node, OUT, 0, -1, ROOM, PAGE, 0) < 0,
	     "memory: refuses a descriptor that is not open after one that was");
	close(node);
	open_queues(2048, 2048);
	ktap_eq(queue_picture(0), -EINVAL, "memory: refuses a buffer that is too small: EINVAL");
	close(node);
}

static void test_film(void)
{
	unsigned int n, time, good = 0;
	int flags;

	open_stream();
	for (time = 0; time < 24; time += BUFFERS) {
		for (n = 0; n < BUFFERS; n++)
			if (queue_frame(n, time == 0 && n == 0, time + n) || queue_picture(n))
				ktap_bail("frame %u is refused", time + n);
		for (n = 0; n < BUFFERS; n++) {
			flags = get_picture(n, time + n);
			good += get_frame() == (int)n && !flags;
		}
	}
	ktap_eq(good, 24, "film: 24 frames give the pictures of the decoder outside, in order");
	close(node);
}

static void test_source_change(void)
{
	open_queues(WIDTH, HEIGHT);
	v4l2_start(node, OUT);
	queue_frame(0, true, 1);
	ktap_eq(get_event(), V4L2_EVENT_SOURCE_CHANGE,
		"source change: the first frame tells that the format of pictures is known");
	queue_picture(0);
	v4l2_start(node, CAP);
	ktap_eq(get_picture(0, 1), 0, "source change: the frame is decoded when pictures can be");
	ktap_eq(get_event(), 0, "source change: there is no other event");
	close(node);
}

static void test_drain(void)
{
	struct v4l2_buffer arg;
	struct v4l2_plane plane;
	unsigned int n;

	open_stream();
	for (n = 0; n < BUFFERS; n++)
		queue_frame(n, n == 0, n);
	ktap_eq(command(V4L2_DEC_CMD_STOP), 0, "drain: begins with frames that wait");
	ktap_eq(command(V4L2_DEC_CMD_STOP), -EBUSY, "drain: does not begin again: EBUSY");
	ktap_eq(command(V4L2_DEC_CMD_START), -EBUSY, "drain: cannot be broken off: EBUSY");
	for (n = 0; n < BUFFERS; n++)
		queue_picture(n);
	ktap(!get_picture(0, 0) && !get_picture(1, 1) &&
	     get_picture(2, 2) == V4L2_BUF_FLAG_LAST,
	     "drain: all pictures come, and the last is marked");
	ktap_eq(get_event(), V4L2_EVENT_EOS, "drain: the end of the stream is an event");
	ktap_eq(v4l2_dequeue(node, CAP, &arg, &plane), -EPIPE,
		"drain: there is no picture after the last: EPIPE");
	for (n = 0; n < BUFFERS; n++)
		get_frame();

	queue_frame(0, false, 5);
	queue_picture(0);
	ktap_eq(get_event(), 0, "drain: a frame waits while the decoder is stopped");
	ktap_eq(command(V4L2_DEC_CMD_START), 0, "drain: the decoder starts again");
	ktap_eq(get_picture(0, 5), 0, "drain: it goes on with a difference to the frame before");

	ktap_eq(command(V4L2_DEC_CMD_STOP), 0, "drain: begins without a frame");
	queue_picture(1);
	ktap(v4l2_dequeue(node, CAP, &arg, &plane) == 1 && !plane.bytesused &&
	     arg.flags & V4L2_BUF_FLAG_LAST, "drain: an empty picture is the last then");
	ktap_eq(get_event(), V4L2_EVENT_EOS, "drain: the end of the stream is an event then, too");
	close(node);
}

static void test_seek(void)
{
	open_stream();
	queue_frame(0, true, 1);
	queue_picture(0);
	get_picture(0, 1);
	queue_frame(1, false, 2);
	ktap_eq(v4l2_stop(node, OUT), 0, "seek: frames are dropped");
	ktap_eq(v4l2_start(node, OUT), 0, "seek: the stream begins again");
	queue_picture(1);
	queue_frame(2, true, 9);
	ktap_eq(get_picture(2, 9), 0, "seek: the next picture is that of the frame afterwards");
	ktap_eq(v4l2_stop(node, CAP), 0, "seek: pictures are dropped");
	close(node);
}

static void test_use_cases(void)
{
	struct v4l2_buffer arg;
	struct v4l2_plane plane;
	int id, other = svc_buffer(UI, ROOM, &id);

	open_stream();
	v4l2_queue(node, CAP, 0, other, ROOM, 0, 0);
	queue_frame(0, true, 1);
	ktap(v4l2_dequeue(node, CAP, &arg, &plane) == 0 && arg.flags & V4L2_BUF_FLAG_ERROR &&
	     !plane.bytesused,
	     "use case: a frame is not decoded into memory of another: an error");
	ktap(v4l2_dequeue(node, OUT, &arg, &plane) == 0 && arg.flags & V4L2_BUF_FLAG_ERROR,
	     "use case: the frame has the error, too");
	close(node);
	close(other);
}

/* A dma-buf that the driver closes, and a closed file, are released a moment later. */
static void wait_used(uint64_t size)
{
	unsigned int tries = 0;

	while (tee_used(svc.dev, VIDEO) != size && tries++ < 200)
		usleep(10 * 1000);
}

static void test_kill(void)
{
	const uint64_t own = SVC_SIZE + 2 * BUFFERS * ROOM;
	int ready[2], status;
	pid_t pid;
	char c;

	wait_used(own);
	if (pipe(ready))
		ktap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		open_stream();
		queue_picture(0);
		queue_frame(0, true, 1);
		get_picture(0, 1);
		queue_frame(1, false, 2);
		if (write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		ktap_bail("the child does not decode");
	close(ready[0]);
	ktap(tee_used(svc.dev, VIDEO) > own, "kill: the frame before has memory");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	wait_used(own);
	ktap_eq(tee_used(svc.dev, VIDEO), own, "kill: nothing is left of a program that decoded");
}

static void test_many(void)
{
	int nodes[MOST_DECODING + 1], n, good = 0;

	for (n = 0; n < MOST_DECODING; n++) {
		open_queues(WIDTH, HEIGHT);
		nodes[n] = node;
		good += !v4l2_start(node, OUT);
	}
	open_queues(WIDTH, HEIGHT);
	nodes[MOST_DECODING] = node;
	ktap_eq(good, MOST_DECODING, "many: %d programs decode at a time", MOST_DECODING);
	ktap_eq(v4l2_start(node, OUT), -EBUSY, "many: one program more cannot decode: EBUSY");
	v4l2_stop(nodes[0], OUT);
	ktap_eq(v4l2_start(node, OUT), 0, "many: one program more decodes when another stops");
	for (n = 0; n <= MOST_DECODING; n++)
		close(nodes[n]);
}

static void finish(void)
{
	unsigned int n;
	int users;

	for (n = 0; n < BUFFERS; n++) {
		close(src[n].fd);
		close(dst[n].fd);
	}
	open_stream();
	users = guest_number("/sys/module/softtee/refcnt");
	close(node);
	usleep(100 * 1000);
	ktap(users > guest_number("/sys/module/softtee/refcnt"),
	     "end: an open decoder keeps softtee loaded");
	ktap_eq(syscall(SYS_delete_module, "rstmem_vdec", O_NONBLOCK), 0,
		"end: rstmem_vdec unloads");
	fwht_encoder_deinit(&enc);
	free(source);
}

int main(void)
{
	static const struct svc_test tests[] = {
		{ "set up", begin },
		{ "format", test_formats },
		{ "memory", test_memory },
		{ "film", test_film },
		{ "source change", test_source_change },
		{ "drain", test_drain },
		{ "seek", test_seek },
		{ "use case", test_use_cases },
		{ "kill", test_kill },
		{ "many", test_many },
		{ "clean up", finish },
	};

	return svc_run(tests, sizeof(tests) / sizeof(*tests));
}
