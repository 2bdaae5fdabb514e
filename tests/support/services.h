/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The services of a TEE for test programs: sessions, memory, a key, and a copy of the
 * expected content of restricted memory to compare with. svc_run() sets them up, and
 * checks in the end that nothing is left.
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
/* The size of softtee's chunks. */
#define CHUNK		(32 * KIB)

#define SVC_SIZE	(256 * KIB)
/* The stream position of an update without one. */
#define SVC_NEXT	UINT64_MAX

extern const uint8_t svc_cipher_uuid[16];
extern const uint8_t svc_copy_uuid[16];
extern const uint8_t svc_digest_uuid[16];

/* The objects that nearly every test needs. */
extern struct svc {
	int dev;
	uint32_t cipher, copy, digest;	/* sessions */
	struct tee_mem small;		/* a page: key, counter block, results */
	struct tee_mem mem;		/* SVC_SIZE, normal: the input */
	int buf, buf_id;		/* SVC_SIZE, restricted */
	uint8_t shadow[SVC_SIZE];	/* expected content of buf */
	uint8_t key[32], iv[16];
} svc;

struct svc_test {
	const char *name;
	void (*run)(void);
};

/*
 * Runs a whole program: sets up svc, runs the tests, and checks that no memory, session or
 * user of the module is left and that the module can be unloaded. Returns the exit status.
 * A test finds svc as the one before left it; most begin with svc_refill().
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

/* Returns whether the service answers a command with @want. Prints a difference. */
bool svc_gives(uint32_t session, uint32_t func, struct tee_ioctl_param *params,
	       unsigned int num_params, uint32_t want);

/* Allocates a restricted buffer. Bails out on failure. */
int svc_buffer(uint32_t use_case, size_t size, int *id);

/* Fills mem and buf with new content, and sets a new key. */
void svc_refill(void);

/* svc_set_key() sets the key of svc; bails out on failure. */
uint32_t svc_set_key_of(uint32_t session, const uint8_t *new_key,
			const uint8_t *new_iv);
void svc_set_key(void);

/*
 * Ciphers @len bytes at @from of mem to @to of buf, at position @pos of the stream. A
 * wrong size of the output is an error.
 */
uint32_t svc_update_of(uint32_t session, uint64_t pos, size_t from, size_t to,
		       size_t len);
uint32_t svc_update(uint64_t pos, size_t from, size_t to, size_t len);
/* Changes shadow as such an update should change buf. */
void svc_expect(uint64_t pos, size_t from, size_t to, size_t len);

/* Returns whether the digest service finds @data at @offset of a buffer. */
bool svc_holds(int id, size_t offset, const void *data, size_t len);
/* Compares buf with shadow in a range and a little around it. */
bool svc_matches(size_t offset, size_t len);
/* Compares all of buf with shadow. */
bool svc_unchanged(void);

#endif
