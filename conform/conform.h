/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rstmem conform: shared by the files of the conformance suite.
 *
 * A check is a function that runs in a process of its own, on a device that was
 * opened for it. It returns when the device behaves; conform_fail(), conform_skip()
 * and conform_untested() do not return, so a check's descriptors end with its
 * process. A check follows tee_rstmem(7) and no kernel's source.
 */
#ifndef RSTMEM_CONFORM_H
#define RSTMEM_CONFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/tee_rstmem.h>

#include "common.h"

#define CONFORM_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

enum conform_level {
	CONFORM_MUST,
	CONFORM_MUST_NOT,
	CONFORM_SHOULD,		/* says something, decides nothing */
	CONFORM_MAY,
};

/* Front ends that a check is for. */
#define CONFORM_TEE	(1 << 0)
#define CONFORM_HEAP	(1 << 1)
#define CONFORM_BOTH	(CONFORM_TEE | CONFORM_HEAP)

struct conform;

/**
 * struct conform_check - one behaviour
 * @id:		stable name, for scripts
 * @level:	must, must not, should or may
 * @on:		mask of front ends
 * @section:	of tee_rstmem(7) that says so
 * @sentence:	the behaviour, in one sentence
 * @run:	see above
 */
struct conform_check {
	const char *id;
	enum conform_level level;
	unsigned int on;
	const char *section;
	const char *sentence;
	void (*run)(struct conform *c);
};

struct conform_group {
	const struct conform_check *checks;
	size_t count;
};

/* In the order in which they run. */
extern const struct conform_group conform_query;
extern const struct conform_group conform_alloc;
extern const struct conform_group conform_fault;
extern const struct conform_group conform_refuse;
extern const struct conform_group conform_heap;
extern const struct conform_group conform_buffer;
extern const struct conform_group conform_info;
extern const struct conform_group conform_id;
extern const struct conform_group conform_register;
extern const struct conform_group conform_memory;
extern const struct conform_group conform_content;

enum conform_verdict {
	CONFORM_PASS,
	CONFORM_FAIL,
	CONFORM_SKIP,		/* nothing to test on this device or kernel */
	CONFORM_UNTESTED,	/* the surroundings kept it from being tested */
};

#define CONFORM_REASON	256

struct conform_result {
	enum conform_verdict verdict;
	char reason[CONFORM_REASON];
};

/**
 * struct conform - a device under test
 * @path:	its node
 * @on:		CONFORM_TEE or CONFORM_HEAP
 * @use_case:	the one that is tested
 * @use_cases:	mask of those offered; of a heap, its own
 * @granule:	bytes; of a heap, and when the device does not tell, the page size
 * @total:	bytes; 0 when the device does not tell, as heaps do not
 * @room:	bytes that could be had when the suite began; 0 when the device does not tell
 * @largest:	bytes of the largest buffer that could be had when the suite began
 * @taken:	bytes that the check has allocated with conform_get(), at most
 * @fd:		open; in each check another one
 * @check:	the one that runs
 * @answer:	where its result goes
 */
struct conform {
	const char *path;
	unsigned int on;
	uint32_t use_case;
	uint64_t use_cases;
	uint64_t granule;
	uint64_t total;
	uint64_t room;
	uint64_t largest;
	uint64_t taken;
	int fd;
	const struct conform_check *check;
	int answer;
};

/* run.c */
struct conform_result conform_run(struct conform *c,
				  const struct conform_check *check);
void conform_fail(struct conform *c, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void conform_skip(struct conform *c, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void conform_untested(struct conform *c, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* report.c */
extern const struct conform_group *const conform_groups[];
extern const size_t conform_group_count;
const char *conform_level_name(enum conform_level level);
int conform_list(struct json *json);
int conform_report(struct conform *c, struct json *json);

/* target.c */

/* Both commands that allocate have arguments of this size. */
#define CONFORM_REQUEST	24

struct conform_buffer {
	int fd;
	uint64_t size;		/* of the dma-buf */
	int32_t id;		/* 0 from a heap */
};

int conform_target_open(struct conform *c);
int conform_reopen(struct conform *c);
void conform_write_request(const struct conform *c, void *request, uint64_t size);
int conform_send_request(const struct conform *c, void *request);
int conform_ask(const struct conform *c, uint32_t use_case,
		struct tee_ioctl_rstmem_query *query);
int conform_register_fd(const struct conform *c, int64_t fd,
			struct tee_ioctl_shm_register_fd_data *data);
uint64_t conform_room(struct conform *c);
void conform_settle(struct conform *c);
void conform_expect_room(struct conform *c, uint64_t room, const char *when);
void conform_expect_error(struct conform *c, int got, int want, const char *what);
unsigned int conform_descriptors(void);
int conform_next_descriptor(void);

/* attempt.c */

/* Where the search for the largest buffer begins. */
#define CONFORM_LARGEST	(UINT64_C(1) << 38)

void conform_cannot_for(struct conform *c, uint32_t use_case, uint64_t size,
			int err) __attribute__((noreturn));
void conform_cannot(struct conform *c, uint64_t size, int err)
	__attribute__((noreturn));
int conform_try(const struct conform *c, uint64_t size,
		struct conform_buffer *buf);
void conform_get(struct conform *c, uint64_t size, struct conform_buffer *buf);
void conform_need(struct conform *c, uint64_t size);
void conform_expect_refused(struct conform *c, int got, int want,
			    const char *what);
uint64_t conform_find_largest(const struct conform *c);

/* tee.c: the TEE, by way of memory references */

struct conform_memory {
	void *addr;
	size_t size;
	int fd;
	int32_t id;
};

bool conform_id_works(const struct conform *c, int32_t id);
bool conform_opens_sessions(const struct conform *c);
void conform_need_ids(struct conform *c);
void conform_need_services(struct conform *c);
void conform_fill(struct conform *c, int32_t id, uint64_t offset, unsigned char seed);
void conform_digest(struct conform *c, int32_t id, uint64_t offset,
		    unsigned char digest[32]);
/* Bytes that these two work on. */
#define CONFORM_MARK	4096

#endif /* RSTMEM_CONFORM_H */
