// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device behind an IOMMU in its default, lazy mode: after an unmapping returned, the
 * device cannot reach the buffer, or what the next owner of its memory writes. The test
 * device starts a transfer 100 ms after the command; just before, the buffer is unmapped,
 * freed and allocated again.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/edu.h"
#include "../support/ktap.h"
#include "../support/tee.h"
#include <linux/tee_rstmem_services.h>

#define VIDEO	TEE_IOC_UC_SECURE_VIDEO_PLAY
#define TRIES	60

static const uint8_t cipher_uuid[16] = RSTMEM_SVC_CIPHER_UUID;
static int tee, late;
static uint32_t cipher;
static struct tee_mem mem;
static uint64_t iova;
static unsigned char got[32];
static int got_rc;
static pthread_barrier_t start;

static void *reader(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	got_rc = edu_read_raw(late, iova, got, sizeof(got));
	return NULL;
}

/* Have the TEE write a secret into a buffer. */
static void fill(int id)
{
	struct tee_ioctl_param params[4] = {
		tee_in(mem.id, 0, 4096), tee_out(id, 0, 4096), tee_value(0, 0),
		TEE_NONE,
	};

	if (tee_call(tee, cipher, RSTMEM_SVC_CIPHER_UPDATE, params, 4))
		ktap_bail("the cipher does not write");
}

int main(void)
{
	struct tee_ioctl_param key[4] = { TEE_NONE, TEE_NONE, TEE_NONE, TEE_NONE };
	int edu, buf, next, id, n, leaked = 0, reached = 0;
	unsigned char secret[32], first[32];
	struct rstmem_edu_map map;
	pthread_t thread;

	ktap_start();
	tee = tee_open(SOFTTEE_IMPL_ID);
	edu = edu_open();
	late = edu_open();
	edu_mask(edu, 40);
	cipher = tee_service(tee, cipher_uuid);
	tee_mem_alloc(tee, 4096, &mem);
	key[0] = tee_in(mem.id, 0, RSTMEM_SVC_CIPHER_KEY_SIZE);
	key[1] = tee_in(mem.id, 32, RSTMEM_SVC_CIPHER_IV_SIZE);
	tee_call(tee, cipher, RSTMEM_SVC_CIPHER_SET_KEY, key, 4);
	pthread_barrier_init(&start, NULL, 2);

	buf = tee_rstmem(tee, VIDEO, 4096, &id);
	fill(id);
	ktap(!edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, NULL) &&
	     !edu_read(edu, 0, secret, sizeof(secret)),
	     "stale: a device reads a buffer that is mapped for it");
	edu_unmap(edu);
	close(buf);

	for (n = 0; n < TRIES; n++) {
		buf = tee_rstmem(tee, VIDEO, 4096, NULL);
		if (edu_map(edu, buf, RSTMEM_EDU_TO_DEVICE, &map))
			ktap_bail("a buffer cannot be mapped");
		iova = map.addr;
		/* Brings the translation into the IOMMU's cache. */
		edu_read(edu, 0, first, sizeof(first));
		pthread_create(&thread, NULL, reader, NULL);
		pthread_barrier_wait(&start);
		usleep((84 + n % 14) * 1000);
		edu_unmap(edu);
		close(buf);
		next = tee_rstmem(tee, VIDEO, 4096, &id);
		fill(id);
		pthread_join(thread, NULL);
		leaked += !got_rc && !memcmp(got, secret, sizeof(secret));
		reached += !got_rc;
		close(next);
	}
	ktap_note("%d of %d reads reached memory at all", reached, TRIES);
	ktap_eq(leaked, 0,
		"stale: an unmapped device does not read what the next owner writes");
	tee_mem_free(&mem);
	close(edu);
	close(late);
	close(tee);
	return ktap_end();
}
