// SPDX-License-Identifier: GPL-2.0-only
/*
 * decrypt KEY FILE COMMAND [ARG]...
 *
 * Has the cipher service of a TEE decrypt FILE into restricted memory, and runs COMMAND with
 * the dma-buf on the descriptor $RSTMEM_FD. KEY is a file with the AES-256 key and the first
 * counter block, 48 bytes.
 *
 *	cc decrypt.c -o decrypt $(pkg-config --cflags --libs rstmem)
 *	./decrypt key film.enc sh -c 'rstmem inspect $RSTMEM_FD'
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>
#include <rstmem.h>

static void check(int ret, const char *what)
{
	if (ret)
		errx(1, "%s: %s", what, rstmem_explain(ret));
}

/* Let the TEE reach a copy of a file, of at least @size bytes. */
static struct rstmem_shm share(struct rstmem *dev, const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct rstmem_shm shm;
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", path);
	if (st.st_size < size)
		errx(1, "%s: has fewer than %ld bytes", path, (long)size);
	data = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	check(rstmem_shm_register(dev, data, st.st_size, &shm), path);
	return shm;
}

static void invoke(struct rstmem_session *session, uint32_t command,
		   struct rstmem_param *params, size_t count)
{
	struct rstmem_result result;
	int ret = rstmem_invoke(session, command, params, count, &result);

	if (result.code)
		errx(1, "cipher: %s", rstmem_explain_result(result.code));
	check(ret, "cipher");
}

static void set_key(struct rstmem_session *session, int32_t key)
{
	struct rstmem_param params[] = {
		{
			.type = RSTMEM_MEMREF_IN,
			.id = key,
			.size = RSTMEM_SVC_CIPHER_KEY_SIZE,
		}, {
			.type = RSTMEM_MEMREF_IN,
			.id = key,
			.offset = RSTMEM_SVC_CIPHER_KEY_SIZE,
			.size = RSTMEM_SVC_CIPHER_IV_SIZE,
		},
	};

	invoke(session, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
}

static void decrypt(struct rstmem_session *session, int32_t from, int32_t to, uint64_t size)
{
	struct rstmem_param params[] = {
		{ .type = RSTMEM_MEMREF_IN, .id = from, .size = size },
		{ .type = RSTMEM_MEMREF_OUT, .id = to, .size = size },
	};

	invoke(session, RSTMEM_SVC_CIPHER_UPDATE, params, 2);
}

int main(int argc, char **argv)
{
	static const unsigned char cipher[] = RSTMEM_SVC_CIPHER_UUID;
	struct rstmem_session session;
	struct rstmem_buffer buf;
	struct rstmem_shm key, in;
	struct rstmem *dev;
	char number[16];

	if (argc < 4)
		errx(2, "usage: decrypt KEY FILE COMMAND [ARG]...");

	check(rstmem_open_via(NULL, RSTMEM_VIA_TEE, &dev), "TEE");
	check(rstmem_session_open(dev, cipher, &session, NULL), "cipher");
	key = share(dev, argv[1], RSTMEM_SVC_CIPHER_KEY_SIZE + RSTMEM_SVC_CIPHER_IV_SIZE);
	in = share(dev, argv[2], 1);
	check(rstmem_alloc(dev, TEE_IOC_UC_SECURE_VIDEO_PLAY, in.size, 0, &buf), "buffer");
	set_key(&session, key.id);
	decrypt(&session, in.id, buf.id, in.size);

	/* The command gets the buffer, and nothing else. */
	fcntl(buf.fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", buf.fd);
	setenv("RSTMEM_FD", number, 1);
	execvp(argv[3], argv + 3);
	err(1, "%s", argv[3]);
}
