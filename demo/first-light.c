// SPDX-License-Identifier: GPL-2.0-only
/*
 * first-light CIPHERTEXT KEY OUT: the guest's part of `make demo`.
 *
 * Decrypts CIPHERTEXT with KEY (the AES-256 key and the first counter block) into
 * restricted memory, tries to get at it with the CPU, has a device read it by DMA
 * into OUT, frees it and looks at what is left. Every step prints what was seen;
 * the first that is not as it should be ends the program with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "../include/tee_gp.h"
#include "../tests/support/edu.h"
#include "../tests/support/tee.h"
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

static void *slurp(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		fail("%s: %s", path, strerror(errno));
	data = malloc(st.st_size);
	if (!data || read(fd, data, st.st_size) != st.st_size)
		fail("%s: cannot be read", path);
	close(fd);
	*size = st.st_size;
	return data;
}

static void print_hex(const char *what, const uint8_t *data, size_t size)
{
	size_t n;

	printf("    %s ", what);
	for (n = 0; n < size; n++)
		printf("%02x", data[n]);
	putchar('\n');
}

static void decrypt(int tee, int id, const char *cipher_path,
		    const char *key_path, size_t *size)
{
	static const uint8_t uuid[] = RSTMEM_SVC_CIPHER_UUID;
	uint32_t session = tee_service(tee, uuid), ret;
	struct tee_ioctl_param params[3];
	struct tee_mem in, key;
	size_t key_size;
	void *data;

	data = slurp(key_path, &key_size);
	tee_mem_alloc(tee, key_size, &key);
	memcpy(key.addr, data, key_size);
	free(data);
	params[0] = tee_in(key.id, 0, RSTMEM_SVC_CIPHER_KEY_SIZE);
	params[1] = tee_in(key.id, RSTMEM_SVC_CIPHER_KEY_SIZE,
			   RSTMEM_SVC_CIPHER_IV_SIZE);
	ret = tee_call(tee, session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
	if (ret)
		fail("the TEE does not take the key: 0x%x", ret);

	data = slurp(cipher_path, size);
	tee_mem_alloc(tee, *size, &in);
	memcpy(in.addr, data, *size);
	free(data);
	params[0] = tee_in(in.id, 0, *size);
	params[1] = tee_out(id, 0, *size);
	params[2] = tee_value(0, 0);
	ret = tee_call(tee, session, RSTMEM_SVC_CIPHER_UPDATE, params, 3);
	if (ret)
		fail("the TEE does not decrypt: 0x%x", ret);
	tee_mem_free(&in);
	tee_mem_free(&key);
	tee_close_session(tee, session);
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
	static const uint8_t uuid[] = RSTMEM_SVC_DIGEST_UUID;
	struct rstmem_buffer buf;
	struct rstmem_usage usage;
	struct rstmem_edu_map map;
	uint8_t digest[32], *seen;
	size_t size, n;
	struct rstmem *dev;
	struct stat st;
	int edu, out, rc;

	if (argc != 4)
		return 2;
	if (stat(argv[1], &st))
		fail("%s: %s", argv[1], strerror(errno));

	rc = rstmem_open(NULL, &dev);
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

	rc = rstmem_alloc(dev, USE_CASE, st.st_size, 0, &buf);
	if (rc)
		fail("%s", rstmem_explain(rc));
	say("allocated %llu bytes: dma-buf fd %d, id %d",
	    (unsigned long long)buf.size, buf.fd, buf.id);

	decrypt(rstmem_fd(dev), buf.id, argv[1], argv[2], &size);
	say("the TEE decrypted %zu bytes into it", size);
	if (tee_digest(rstmem_fd(dev), tee_service(rstmem_fd(dev), uuid), buf.id,
		       0, size, digest))
		fail("the TEE does not digest");
	print_hex("its SHA-256 as the TEE sees it:", digest, sizeof(digest));

	if (mmap(NULL, buf.size, PROT_READ, MAP_SHARED, buf.fd, 0) !=
	    MAP_FAILED)
		fail("mmap works");
	say("mmap of the dma-buf: refused (%s)", strerror(errno));

	edu = edu_open();
	edu_mask(edu, 28);
	rc = edu_map(edu, buf.fd, RSTMEM_EDU_TO_DEVICE, &map);
	if (!rc)
		fail("a device that cannot reach the buffer was let in");
	say("a PCI device with a DMA mask of 28 bits: refused (%s)",
	    strerror(-rc));
	edu_mask(edu, 32);
	rc = edu_map(edu, buf.fd, RSTMEM_EDU_TO_DEVICE, &map);
	if (rc)
		fail("a device that can is refused: %s", strerror(-rc));
	try_devmem(map.addr);

	seen = malloc(size);
	rc = edu_read(edu, 0, seen, size);
	if (rc)
		fail("the device does not read: %s", strerror(-rc));
	out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (out < 0 || write(out, seen, size) != (ssize_t)size || close(out))
		fail("%s: %s", argv[3], strerror(errno));
	say("the same device with a mask of 32 bits read %zu bytes by DMA", size);
	edu_unmap(edu);

	rstmem_buffer_close(&buf);
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
