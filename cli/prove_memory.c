// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages with patterns: allocate what is free of a memory, and have the TEE write a pattern of
 * its own to the first, the middle and the last page of each buffer. All of the memory, since
 * a firewall may miss only the first or the last page of a range.
 *
 * The service "cipher" writes the patterns as samples without an encrypted byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <linux/tee_rstmem_services.h>

#include "prove.h"

/* Parts of the memory that is shared with the TEE. */
#define KEY		0
#define COUNTER		64
#define TABLE		128	/* a counter block and a subsample */
#define PATTERN		256
#define DIGEST		512	/* of the buffer, then of the pattern */
#define TABLE_SIZE	(RSTMEM_SVC_CIPHER_IV_SIZE + RSTMEM_SVC_CIPHER_SUBSAMPLE_SIZE)
#define DIGEST_SIZE	RSTMEM_SVC_DIGEST_SHA256_SIZE
#define SHARED_SIZE	4096

struct tee {
	struct rstmem_shm shm;
	struct rstmem_session cipher, digest;	/* without the latter nothing is verified */
};

static struct rstmem_param in(int32_t id, uint64_t offset, uint64_t size)
{
	return (struct rstmem_param){
		.type = RSTMEM_MEMREF_IN, .id = id, .offset = offset, .size = size,
	};
}

static struct rstmem_param out(int32_t id, uint64_t offset, uint64_t size)
{
	return (struct rstmem_param){
		.type = RSTMEM_MEMREF_OUT, .id = id, .offset = offset, .size = size,
	};
}

static const char *explain(int err, const struct rstmem_result *result)
{
	return err == -EREMOTEIO ? rstmem_explain_result(result->code) : rstmem_explain(err);
}

static void tee_deinit(struct tee *tee)
{
	rstmem_session_close(&tee->digest);
	rstmem_session_close(&tee->cipher);
	rstmem_shm_free(&tee->shm);
}

/* Return: 0, or -errno with the reason in @why. */
static int tee_init(struct tee *tee, struct rstmem *dev, char *why, size_t size)
{
	static const uint8_t cipher[16] = RSTMEM_SVC_CIPHER_UUID;
	static const uint8_t digest[16] = RSTMEM_SVC_DIGEST_UUID;
	struct rstmem_result result = { 0 };
	struct rstmem_param param[2];
	uint8_t *shared;
	int ret;

	*tee = (struct tee){ .shm.fd = -1, .cipher.tee = -1, .digest.tee = -1 };
	ret = rstmem_shm_alloc(dev, SHARED_SIZE, &tee->shm);
	if (ret) {
		snprintf(why, size, "the TEE shares no memory: %s", rstmem_explain(ret));
		return ret;
	}
	ret = rstmem_session_open(dev, cipher, &tee->cipher, &result);
	if (ret) {
		snprintf(why, size,
			 "the service \"cipher\" of the TEE, which writes the patterns, does not open: %s",
			 explain(ret, &result));
		goto err_deinit;
	}
	shared = tee->shm.addr;
	memset(shared, 0, SHARED_SIZE);
	/* A subsample is clear bytes, then encrypted ones; little endian. */
	shared[TABLE + RSTMEM_SVC_CIPHER_IV_SIZE] = RSTMEM_PROVE_PATTERN;
	param[0] = in(tee->shm.id, KEY, RSTMEM_SVC_CIPHER_KEY_SIZE);
	param[1] = in(tee->shm.id, COUNTER, RSTMEM_SVC_CIPHER_IV_SIZE);
	ret = rstmem_invoke(&tee->cipher, RSTMEM_SVC_CIPHER_SET_KEY, param, 2, &result);
	if (ret) {
		snprintf(why, size, "the service \"cipher\" of the TEE takes no key: %s",
			 explain(ret, &result));
		goto err_deinit;
	}
	rstmem_session_open(dev, digest, &tee->digest, NULL);
	return 0;

err_deinit:
	tee_deinit(tee);
	return ret;
}

/* Return: 0, or -errno with the reason in @why. */
static int tee_write(struct tee *tee, const struct rstmem_buffer *buf,
		     const struct place *place, char *why, size_t size)
{
	struct rstmem_result result = { 0 };
	struct rstmem_param param[3] = {
		in(tee->shm.id, PATTERN, RSTMEM_PROVE_PATTERN),
		out(buf->id, place->offset, RSTMEM_PROVE_PATTERN),
		in(tee->shm.id, TABLE, TABLE_SIZE),
	};
	uint8_t *shared = tee->shm.addr;
	int ret;

	memcpy(shared + PATTERN, place->pattern, RSTMEM_PROVE_PATTERN);
	ret = rstmem_invoke(&tee->cipher, RSTMEM_SVC_CIPHER_SAMPLE, param, 3, &result);
	if (ret)
		snprintf(why, size, "the TEE does not write: %s", explain(ret, &result));
	return ret;
}

/* Return: true when the TEE sees the pattern, which it wrote last, in the buffer. */
static bool tee_sees(struct tee *tee, const struct rstmem_buffer *buf,
		     const struct place *place)
{
	struct rstmem_param buffer[2] = {
		in(buf->id, place->offset, RSTMEM_PROVE_PATTERN),
		out(tee->shm.id, DIGEST, DIGEST_SIZE),
	};
	struct rstmem_param pattern[2] = {
		in(tee->shm.id, PATTERN, RSTMEM_PROVE_PATTERN),
		out(tee->shm.id, DIGEST + DIGEST_SIZE, DIGEST_SIZE),
	};
	const uint8_t *shared = tee->shm.addr;

	return !rstmem_invoke(&tee->digest, RSTMEM_SVC_DIGEST_SHA256, buffer, 2, NULL) &&
	       !rstmem_invoke(&tee->digest, RSTMEM_SVC_DIGEST_SHA256, pattern, 2, NULL) &&
	       !memcmp(shared + DIGEST, shared + DIGEST + DIGEST_SIZE, DIGEST_SIZE);
}

/* Mark a page of a buffer. Return: 0, or -errno with the reason in @why. */
static int mark(struct memory *memory, struct tee *tee, const struct rstmem_buffer *buf,
		uint64_t offset, char *why, size_t size)
{
	struct place *place = &memory->place[memory->places];
	int ret;

	*place = (struct place){ .fd = buf->fd, .offset = offset };
	if (getrandom(place->pattern, sizeof(place->pattern), 0) !=
	    (ssize_t)sizeof(place->pattern)) {
		snprintf(why, size, "there are no random numbers");
		return -EIO;
	}
	ret = prove_address(buf->fd, offset, &place->addr);
	if (ret) {
		snprintf(why, size, "a buffer has no address: %s", strerror(-ret));
		return ret;
	}
	ret = tee_write(tee, buf, place, why, size);
	if (ret)
		return ret;
	if (tee->digest.tee < 0) {
		memory->is_verified = false;
	} else if (!tee_sees(tee, buf, place)) {
		snprintf(why, size, "the TEE does not find in the buffer what it wrote");
		return -EIO;
	}
	memory->places++;
	return 0;
}

/* Return: the number of buffers, of all that is free. */
static unsigned int take_all(struct rstmem *dev, uint32_t use_case,
			     struct rstmem_buffer *buf, unsigned int room, int *err)
{
	struct rstmem_usage usage;
	unsigned int count = 0;
	uint64_t size;

	*err = 0;
	while (count < room && !*err) {
		*err = rstmem_query(dev, use_case, &usage);
		if (*err)
			break;
		/* Memory that can grow does so once. */
		size = usage.largest_free;
		if (!size && (count || usage.total >= usage.most))
			break;
		if (!size)
			size = usage.granule;
		*err = rstmem_alloc(dev, use_case, size, 0, &buf[count]);
		/* A limit may allow less. */
		while (*err && size > usage.granule) {
			size = size / 2 / usage.granule * usage.granule;
			if (!size)
				size = usage.granule;
			*err = rstmem_alloc(dev, use_case, size, 0, &buf[count]);
		}
		if (!*err)
			count++;
	}
	return count;
}

static int by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/*
 * Fill a memory with patterns. @buf gets the buffers, @room at most, and is zeroed before.
 * Return: 0, or -errno with the reason in @why.
 */
int memory_fill(struct memory *memory, struct rstmem *dev,
		const struct rstmem_account *account, struct rstmem_buffer *buf,
		unsigned int room, char *why, size_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rstmem_usage usage;
	unsigned int count, i;
	struct tee tee;
	int ret;

	memory->is_verified = true;
	if (room > PROVE_PLACES / 3)
		room = PROVE_PLACES / 3;
	count = take_all(dev, account->use_case, buf, room, &ret);
	if (!count) {
		snprintf(why, size, "no buffer can be allocated: %s",
			 ret ? rstmem_explain(ret) : "no memory is free");
		return ret ? ret : -ENOMEM;
	}
	memory->is_partial = rstmem_query(dev, account->use_case, &usage) ||
			     usage.largest_free;
	ret = tee_init(&tee, dev, why, size);
	if (ret)
		return ret;
	for (i = 0; !ret && i < count; i++) {
		uint64_t last = buf[i].size - page, middle = last / 2 / page * page;

		ret = mark(memory, &tee, &buf[i], 0, why, size);
		if (!ret && middle)
			ret = mark(memory, &tee, &buf[i], middle, why, size);
		if (!ret && last)
			ret = mark(memory, &tee, &buf[i], last, why, size);
	}
	tee_deinit(&tee);
	qsort(memory->place, memory->places, sizeof(memory->place[0]), by_address);
	return ret;
}
