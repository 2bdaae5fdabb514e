// SPDX-License-Identifier: GPL-2.0-only
/* Decryption by the TEE, see decrypt.h. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/tee_rstmem_services.h>

#include "decrypt.h"

#define INFO_SIZE	(RSTMEM_SVC_CIPHER_IV_SIZE + \
			 RSTMEM_SVC_CIPHER_SUBSAMPLES * RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE)

static const char *invoke(struct decrypter *d, uint32_t command, struct rstmem_param *params,
			  size_t count)
{
	struct rstmem_result result;
	int rc = rstmem_invoke(&d->cipher, command, params, count, &result);

	if (result.code)
		return rstmem_explain_result(result.code);
	return rc ? rstmem_explain(rc) : NULL;
}

/* A film without encryption gets a key that nothing is encrypted with. */
static const char *set_key(struct decrypter *d, const uint8_t *licence, size_t size)
{
	struct rstmem_param params[2] = {
		{ .type = RSTMEM_MEMREF_IN, .id = d->info.id,
		  .size = RSTMEM_SVC_CIPHER_KEY_128_SIZE },
		{ .type = RSTMEM_MEMREF_IN, .id = d->info.id,
		  .size = RSTMEM_SVC_CIPHER_IV_SIZE },
	};

	if (!d->film->encrypted)
		return invoke(d, RSTMEM_SVC_CIPHER_SET_KEY, params, 2);
	if (!licence)
		return "the film is encrypted, so it needs a licence";
	if (size != RSTMEM_SVC_CIPHER_LICENCE_SIZE)
		return "not a licence";
	memcpy(d->info.addr, licence, size);
	params[0].size = size;
	return invoke(d, RSTMEM_SVC_CIPHER_LICENCE, params, 1);
}

static int share(struct rstmem *dev, size_t size, struct rstmem_shm *shm)
{
	void *memory = calloc(1, size);
	int rc = memory ? rstmem_shm_register(dev, memory, size, shm) : -ENOMEM;

	if (rc)
		free(memory);
	return rc;
}

static void unshare(struct rstmem_shm *shm)
{
	void *memory = shm->addr;

	if (!memory)
		return;
	rstmem_shm_free(shm);
	free(memory);
}

const char *decrypter_open(struct decrypter *d, struct rstmem *dev, const struct mp4 *film,
			   const uint8_t *licence, size_t licence_size)
{
	static const uint8_t uuid[] = RSTMEM_SVC_CIPHER_UUID;
	unsigned int n;
	int rc;

	memset(d, 0, sizeof(*d));
	d->film = film;
	d->largest = 1;
	for (n = 0; n < film->count; n++)
		if (film->samples[n].size > d->largest)
			d->largest = film->samples[n].size;
	rc = rstmem_session_open(dev, uuid, &d->cipher, NULL);
	if (!rc)
		rc = share(dev, d->largest, &d->sample);
	if (!rc)
		rc = share(dev, INFO_SIZE, &d->info);
	return rc ? rstmem_explain(rc) : set_key(d, licence, licence_size);
}

void decrypter_close(struct decrypter *d)
{
	rstmem_session_close(&d->cipher);
	unshare(&d->sample);
	unshare(&d->info);
	memset(d, 0, sizeof(*d));
}

static void put_32(uint8_t *p, uint32_t value)
{
	value = htole32(value);
	memcpy(p, &value, sizeof(value));
}

/* Describes how a sample is encrypted. Returns the size of the description, 0 if it has none. */
static size_t describe(struct decrypter *d, const struct mp4_sample *s)
{
	const struct mp4_subsample clear = { s->size, 0 }, *sub = s->subsamples;
	unsigned int n, num = s->num_subsamples;
	uint8_t *p = (uint8_t *)d->info.addr + RSTMEM_SVC_CIPHER_IV_SIZE;

	if (!d->film->encrypted) {
		sub = &clear;
		num = 1;
	}
	if (num > RSTMEM_SVC_CIPHER_SUBSAMPLES)
		return 0;
	memcpy(d->info.addr, s->iv, RSTMEM_SVC_CIPHER_IV_SIZE);
	for (n = 0; n < num; n++, p += RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE) {
		put_32(p, sub[n].clear);
		put_32(p + 4, sub[n].encrypted);
	}
	return p - (uint8_t *)d->info.addr;
}

const char *decrypter_frame(struct decrypter *d, unsigned int number, int32_t to,
			    uint64_t room)
{
	const struct mp4_sample *s = &d->film->samples[number];
	struct rstmem_param params[] = {
		{ .type = RSTMEM_MEMREF_IN, .id = d->sample.id, .size = s->size },
		{ .type = RSTMEM_MEMREF_OUT, .id = to, .size = room },
		{ .type = RSTMEM_MEMREF_IN, .id = d->info.id, .size = describe(d, s) },
	};

	if (!params[2].size)
		return "a frame of too many parts";
	memcpy(d->sample.addr, s->data, s->size);
	return invoke(d, RSTMEM_SVC_CIPHER_SAMPLE, params, 3);
}
