// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipeline of three processes. The allocator allocates a buffer from the TEE
 * device or from the heap and passes it over Unix sockets. The decoder registers it
 * in its own TEE context and has the TEE decrypt a file into it. The display has a
 * device read it. The allocator is killed in each round, at different moments:
 * content arrives intact, or the other processes end with a clear error.
 *
 *	handover [ROUNDS [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/dma-heap.h>
#include <linux/tee_rstmem_services.h>

#include "../decoder/decoder.h"
#include "../support/content.h"
#include "../support/edu.h"
#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/socket.h"
#include "../support/target.h"
#include "../support/tee.h"

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UNDISTURBED	1500000	/* us, in which it all comes to its end */
#define SIZE	(64 * KIB)
#define MOVIE	"/tmp/movie"

/* How a process of the pipeline ends. */
enum {
	INTACT = 0,	/* all went well */
	BROKEN = 10,	/* reported that another process ended */
	WRONG = 11,	/* anything else; the helpers exit with 1 */
};

/* The message of a process of the pipeline, in shared memory. */
struct report {
	char text[128];
};

/* A connection of two processes. end[0] belongs to the sender. */
struct line {
	int end[2];
};

static struct line to_decoder, to_display, ready;
static struct report *decoder_report, *display_report;
static uint8_t secret[48], content[SIZE], encrypted[SIZE];
static unsigned int seed = 1;

static unsigned int rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static _Noreturn void end(struct report *report, int how, const char *format,
			  ...) __attribute__((format(printf, 3, 4)));

static _Noreturn void end(struct report *report, int how, const char *format,
			  ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report->text, sizeof(report->text), format, args);
	va_end(args);
	_exit(how);
}

static void line_make(struct line *line)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line->end))
		ktap_bail("socketpair: %s", strerror(errno));
}

/* A process keeps its end of the lines it uses. */
static void line_keep(struct line *line, int end)
{
	close(line->end[!end]);
}

static void line_close(struct line *line)
{
	close(line->end[0]);
	close(line->end[1]);
}

static void allocator(bool by_heap)
{
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	struct dma_heap_allocation_data data = {
		.len = SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int tee, buf, id;
	uint32_t session;
	uint8_t digest[32];

	line_keep(&to_decoder, 0);
	line_keep(&to_display, 0);
	line_close(&ready);

	tee = target_open();
	session = tee_service(tee, uuid);
	if (by_heap) {
		int heap = open("/dev/dma_heap/protected,secure-video",
				O_RDWR | O_CLOEXEC);

		if (ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
			_exit(WRONG);
		buf = (int)data.fd;
		if (tee_register_fd(tee, buf, &id) < 0)
			_exit(WRONG);
	} else {
		buf = tee_rstmem(tee, VIDEO, SIZE, &id);
	}
	if (buf < 0 || socket_send_fd(to_decoder.end[0], buf) ||
	    socket_send_fd(to_display.end[0], buf))
		_exit(WRONG);
	/* Use the buffer in the TEE until killed. */
	for (;;)
		tee_digest(tee, session, id, 0, SIZE, digest);
}

static void decoder(void)
{
	struct report *report = decoder_report;
	static uint8_t data[SIZE];
	uint8_t got[32], want[32];
	const char *why;
	int buf, file;

	line_keep(&to_decoder, 1);
	line_keep(&ready, 0);
	line_close(&to_display);

	buf = socket_receive_fd(to_decoder.end[1]);
	if (buf == -EPIPE || buf == -ECONNRESET)
		end(report, BROKEN, "decoder: the allocator is gone");
	if (buf < 0)
		end(report, WRONG, "decoder: no buffer: %s", strerror(-buf));
	file = open(MOVIE, O_RDONLY | O_CLOEXEC);
	if (read(file, data, SIZE) != SIZE)
		end(report, WRONG, "decoder: no file");
	why = decoder_run(buf, secret, data, SIZE, got);
	if (why)
		end(report, WRONG, "decoder: %s", why);
	content_sha256(content, SIZE, want);
	if (memcmp(got, want, sizeof(want)))
		end(report, WRONG, "decoder: wrong digest");

	/* The display ends early when it got no buffer. */
	if (send(ready.end[0], "", 1, MSG_NOSIGNAL) != 1)
		end(report, BROKEN, "decoder: the display is gone");
	/* Its registration keeps the memory until the display has seen it. */
	if (read(ready.end[0], &file, 1) < 0) {
		/* It did not read what it was sent. */
		if (errno == ECONNRESET)
			end(report, BROKEN, "decoder: the display is gone");
		end(report, WRONG, "decoder: %s", strerror(errno));
	}
	_exit(INTACT);
}

static void display(size_t page)
{
	struct report *report = display_report;
	uint8_t seen[4096];
	int buf, edu, rc;
	char byte;

	line_keep(&to_display, 1);
	line_keep(&ready, 1);
	line_close(&to_decoder);

	buf = socket_receive_fd(to_display.end[1]);
	if (buf == -EPIPE || buf == -ECONNRESET)
		end(report, BROKEN, "display: the allocator is gone");
	if (buf < 0)
		end(report, WRONG, "display: no buffer: %s", strerror(-buf));
	if (read(ready.end[1], &byte, 1) != 1)
		end(report, BROKEN, "display: the decoder is gone");

	edu = edu_open();
	edu_mask(edu, 32);
	rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL);
	close(buf);
	if (!rc)
		rc = edu_read(edu, page * sizeof(seen), seen, sizeof(seen));
	if (rc)
		end(report, WRONG, "display: %s", strerror(-rc));
	/* A protecting TEE, OP-TEE, keeps this device out of the memory. */
	if (!memcmp(seen, content + page * sizeof(seen), sizeof(seen)) ==
	    target_protects())
		end(report, WRONG, target_protects() ?
		    "display: the device reads protected memory" :
		    "display: the device reads wrong content");
	_exit(INTACT);
}

/* Wait for a process and return how it ended. Kill it after 30 s. */
static int wait_for(pid_t pid, const char *name)
{
	int status, n;

	for (n = 0; n < 3000; n++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (WIFEXITED(status))
				return WEXITSTATUS(status);
			ktap_note("%s: signal %d", name, WTERMSIG(status));
			return WRONG;
		}
		usleep(10000);
	}
	ktap_note("%s hangs", name);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WRONG;
}

static void write_movie(uint32_t number)
{
	int fd = open(MOVIE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	content_make(secret, sizeof(secret), ~number);
	content_make(content, SIZE, number);
	content_encrypt(secret, secret + 32, 0, content, encrypted, SIZE);
	if (write(fd, encrypted, SIZE) != SIZE)
		ktap_bail(MOVIE ": %s", strerror(errno));
	close(fd);
}

struct tally {
	unsigned int intact, broken, wrong, early;
};

static void round_of(unsigned int n, useconds_t delay, struct tally *tally)
{
	size_t page = rnd() % (SIZE / 4096);
	pid_t pids[3];
	int how[2], status;

	write_movie(n + 1);
	line_make(&to_decoder);
	line_make(&to_display);
	line_make(&ready);
	memset(decoder_report, 0, sizeof(*decoder_report));
	memset(display_report, 0, sizeof(*display_report));

	pids[1] = fork();
	if (!pids[1])
		decoder();
	pids[2] = fork();
	if (!pids[2])
		display(page);
	pids[0] = fork();
	if (!pids[0])
		allocator(n & 1);
	line_close(&to_decoder);
	line_close(&to_display);
	line_close(&ready);

	usleep(delay);
	kill(pids[0], SIGKILL);
	waitpid(pids[0], &status, 0);
	if (!WIFSIGNALED(status)) {
		ktap_note("round %u: the allocator ended by itself, with %d", n,
			  WEXITSTATUS(status));
		tally->wrong++;
	}
	how[0] = wait_for(pids[1], "decoder");
	how[1] = wait_for(pids[2], "display");

	if ((how[0] != INTACT && how[0] != BROKEN) ||
	    (how[1] != INTACT && how[1] != BROKEN)) {
		ktap_note("round %u, killed after %u us: %s; %s", n, delay,
			  decoder_report->text, display_report->text);
		tally->wrong++;
	} else if (how[1] == INTACT) {
		tally->intact++;
	} else {
		/* A process that ends early must report why. */
		if (!display_report->text[0])
			tally->wrong++;
		tally->broken++;
		tally->early += how[0] == BROKEN;
	}
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? atoi(argv[1]) : 300, n, leaks = 0;
	unsigned int late = 64000, delay, intact;
	int watch, before, users;
	struct tally tally = {};

	ktap_start();
	if (argc > 2)
		seed = atoi(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	decoder_report = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	display_report = decoder_report + 1;
	ktap_note("%u rounds, seed %u", rounds, seed);

	/* One undisturbed round. It makes the crypto API's objects of first use. */
	round_of(0, UNDISTURBED, &tally);
	ktap(tally.intact == 1 && !tally.wrong,
	     "handover: content arrives intact when no process is killed");
	watch = target_open();
	before = guest_crypto_users();

	for (n = 1; n < rounds; n++) {
		/*
		 * From 0.5 ms, the time to start, to 64 ms, or as long as this
		 * machine needs for a whole round.
		 */
		delay = n % 8 == 7 ? late / 2 + rnd() % (late / 2) :
				     rnd() % (late >> (7 - n % 8));
		intact = tally.intact;
		round_of(n, delay, &tally);
		if (n % 8 == 7 && tally.intact == intact && late < UNDISTURBED)
			late *= 2;
		users = guest_crypto_users();
		if (users != before || tee_used(watch, VIDEO)) {
			ktap_note("round %u: %d crypto users, not %d; %llu bytes used",
				  n, users, before,
				  (unsigned long long)tee_used(watch, VIDEO));
			leaks++;
		}
	}
	ktap_note("killed %u times: %u intact, %u ended early (%u before the decoder had it)",
		  rounds, tally.intact, tally.broken, tally.early);
	ktap_eq(tally.wrong, 0,
		"handover: content arrives intact or the pipeline ends with a clear error");
	ktap(tally.intact > rounds / 10 && tally.broken > rounds / 10,
	     "handover: kills hit the pipeline before and after the content arrived");
	ktap_eq(leaks, 0, "handover: no round leaves a session or memory");
	ktap_eq(tee_buffers(watch, VIDEO), 0,
		"pool: has no buffers at the end");
	close(watch);
	return ktap_end();
}
