// SPDX-License-Identifier: GPL-2.0-only
/*
 * first-light SIZE OUT: the guest's part of `make demo`.
 *
 * Gets a buffer on $RSTMEM_FD, into which examples/decrypt had the TEE decrypt SIZE bytes.
 * Tries to get at them with the CPU, has a device read them by DMA into OUT, frees the
 * buffer and looks at what is left. Every step prints what was seen; the first that is not
 * as it should be ends the program with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../tests/support/edu.h"
#include "rstmem.h"

#define USE_CASE	TEE_IOC_UC_SECURE_VIDEO_PLAY

static unsigned int step;

static void say(const char *fmt, ...)
{
	va_list args;

	printf("%2u. ", ++step);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static _Noreturn void fail(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "first-light: step %u: ", step + 1);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void print_hex(const char *what, const uint8_t *data, size_t size)
{
	size_t n;

	printf("    %s ", what);
	for (n = 0; n < size; n++)
		printf("%02x", data[n]);
	putchar('\n');
}

static void print_digest(struct rstmem *dev, int32_t id, size_t size)
{
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	uint8_t digest[RSTMEM_SVC_DIGEST_SHA256_SIZE];
	struct rstmem_session session;
	struct rstmem_shm out;
	int rc = rstmem_session_open(dev, uuid, &session, NULL);

	if (!rc)
		rc = rstmem_shm_register(dev, digest, sizeof(digest), &out);
	if (!rc)
		rc = rstmem_invoke(&session, RSTMEM_SVC_DIGEST_SHA256, (struct rstmem_param[]){
			{ .type = RSTMEM_MEMREF_IN, .id = id, .size = size },
			{ .type = RSTMEM_MEMREF_OUT, .id = out.id, .size = out.size },
		}, 2, NULL);
	if (rc)
		fail("the TEE does not digest: %s", rstmem_explain(rc));
	print_hex("its SHA-256 as the TEE sees it:", digest, sizeof(digest));
	rstmem_shm_free(&out);
	rstmem_session_close(&session);
}

static void try_devmem(uint64_t addr)
{
	int fd = open("/dev/mem", O_RDONLY);
	char byte;

	if (fd < 0)
		fail("/dev/mem: %s", strerror(errno));
	if (pread(fd, &byte, 1, addr) >= 0)
		fail("/dev/mem gave a byte of the buffer");
	say("root reads /dev/mem at its address 0x%llx: refused (%s)",
	    (unsigned long long)addr, strerror(errno));
	close(fd);
}

int main(int argc, char **argv)
{
	const char *number = getenv("RSTMEM_FD");
	struct rstmem_registration reg;
	struct rstmem_usage usage;
	struct rstmem_edu_map map;
	struct rstmem *dev;
	int edu, out, rc, buf;
	size_t size, n;
	uint8_t *seen;

	if (argc != 3 || !number)
		return 2;
	size = strtoul(argv[1], NULL, 10);
	buf = atoi(number);

	rc = rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev);
	if (rc)
		fail("%s", rstmem_explain(rc));
	rc = rstmem_query(dev, USE_CASE, &usage);
	if (rc)
		fail("%s", rstmem_explain(rc));
	say("%s has %llu MiB for secure video, %llu bytes used%s",
	    rstmem_path(dev), (unsigned long long)usage.total >> 20,
	    (unsigned long long)usage.used,
	    usage.caps & TEE_RSTMEM_CAP_PROTECTED ? "" :
	    "\n    (a software TEE: it imitates protection)");

	rc = rstmem_register(dev, buf, 0, &reg);
	if (rc)
		fail("%s", rstmem_explain(rc));
	say("the TEE decrypted %zu bytes into a buffer: dma-buf fd %d, id %d", size, buf,
	    reg.id);
	print_digest(dev, reg.id, size);
	rstmem_unregister(&reg);

	if (mmap(NULL, reg.size, PROT_READ, MAP_SHARED, buf, 0) !=
	    MAP_FAILED)
		fail("mmap works");
	say("mmap of the dma-buf: refused (%s)", strerror(errno));

	edu = edu_open();
	edu_mask(edu, 28);
	rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);
	if (!rc)
		fail("a device that cannot reach the buffer was let in");
	say("a PCI device with a DMA mask of 28 bits: refused (%s)",
	    strerror(-rc));
	edu_mask(edu, 32);
	rc = edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map);
	if (rc)
		fail("a device that can is refused: %s", strerror(-rc));
	try_devmem(map.addr);

	seen = malloc(size);
	rc = edu_read(edu, 0, seen, size);
	if (rc)
		fail("the device does not read: %s", strerror(-rc));
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (out < 0 || write(out, seen, size) != (ssize_t)size || close(out))
		fail("%s: %s", argv[2], strerror(errno));
	say("the same device with a mask of 32 bits read %zu bytes by DMA", size);
	edu_unmap(edu);

	close(buf);
	rc = rstmem_query(dev, USE_CASE, &usage);
	if (rc || usage.used || usage.buffers)
		fail("%llu bytes are still in use",
		     (unsigned long long)usage.used);
	say("freed: %llu bytes used", (unsigned long long)usage.used);

	rc = edu_read_raw(edu, map.addr, seen, size);
	if (rc)
		fail("the device does not read: %s", strerror(-rc));
	for (n = 0; n < size; n++)
		if (seen[n])
			fail("a byte of the content is left at %zu", n);
	say("where the content was, the device reads %zu zeros", size);

	close(edu);
	rstmem_close(dev);
	return 0;
}
