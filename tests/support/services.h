/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services of a TEE for test programs: sessions, memory and a key to use them
 * with, a record of what restricted memory should hold, and a way to see that
 * it does. svc_run() sets them up, and checks in the end that nothing is left.
 */
#ifndef _TESTS_SERVICES_H
#define _TESTS_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tee.h"

#define VIDEO		TEE_IOC_UC_SECURE_VIDEO_PLAY
#define UI		TEE_IOC_UC_TRUSTED_UI
#define RECORD		TEE_IOC_UC_SECURE_VIDEO_RECORD

#define PAGE		(4 * KIB)
/* softtee works in chunks of this. */
#define CHUNK		(32 * KIB)

#define SVC_SIZE	(256 * KIB)
/* Stream position of an update that leaves it out. */
#define SVC_NEXT	UINT64_MAX

extern const uint8_t svc_cipher_uuid[16];
extern const uint8_t svc_copy_uuid[16];
extern const uint8_t svc_digest_uuid[16];

/* What nearly every test needs. */
extern struct svc {
	int dev;
	uint32_t cipher, copy, digest;	/* sessions */
	struct tee_mem small;		/* a page: key, counter block, results */
	struct tee_mem mem;		/* SVC_SIZE, normal: the input */
	int buf, buf_id;		/* SVC_SIZE, restricted, and */
	uint8_t shadow[SVC_SIZE];	/* what should be in it */
	uint8_t key[32], iv[16];
} svc;

struct svc_test {
	const char *name;
	void (*run)(void);
};

/*
 * A whole program: sets up svc, runs the tests, and checks that no memory,
 * session or user of the module is left, and that it can be unloaded. Returns
 * the exit status. A test finds svc as it was left by the one before; most begin
 * with svc_refill().
 */
int svc_run(const struct svc_test *tests, unsigned int num);

/* Pseudorandom, the same in every run. */
uint32_t svc_rnd(void);
uint64_t svc_rnd64(void);

unsigned int svc_now_ms(void);

/* TEE_IOC_OPEN_SESSION, TEE_IOC_CANCEL: 0 or -errno. @session may be NULL. */
int svc_open(int fd, const uint8_t *uuid, uint32_t login, uint32_t login_data,
	     const struct tee_ioctl_param *params, unsigned int num_params,
	     uint32_t *session, uint32_t *ret, uint32_t *origin);
int svc_cancel(int fd, uint32_t session, uint32_t cancel_id);

/* Whether a command gives @want, from the service. Says so if not. */
bool svc_gives(uint32_t session, uint32_t func, struct tee_ioctl_param *params,
	       unsigned int num_params, uint32_t want);

/* A restricted buffer; bails out when there is none. */
int svc_buffer(uint32_t use_case, size_t size, int *id);

/* Fills mem and buf with something new, and sets a new key. */
void svc_refill(void);

/* svc_set_key() sets the key of svc; bails out on failure. */
uint32_t svc_set_key_of(uint32_t session, const uint8_t *new_key,
			const uint8_t *new_iv);
void svc_set_key(void);

/*
 * Ciphers @len bytes from @from of mem to @to of buf, @pos being the position in
 * the stream. A wrong size of the output is an error.
 */
uint32_t svc_update_of(uint32_t session, uint64_t pos, size_t from, size_t to,
		       size_t len);
uint32_t svc_update(uint64_t pos, size_t from, size_t to, size_t len);
/* Does to shadow what such an update should do to buf. */
void svc_expect(uint64_t pos, size_t from, size_t to, size_t len);

/* Whether a buffer has @data at @offset, as the digest service sees it. */
bool svc_holds(int id, size_t offset, const void *data, size_t len);
/* Whether buf is like shadow in a range and a little around it. */
bool svc_matches(size_t offset, size_t len);
/* Whether all of buf is like shadow. */
bool svc_unchanged(void);

#endif
