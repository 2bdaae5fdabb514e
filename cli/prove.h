/* SPDX-License-Identifier: GPL-2.0-only */
/* rstmem doctor --prove: pages with patterns, and the ways to get at them. */
#ifndef RSTMEM_CLI_PROVE_H
#define RSTMEM_CLI_PROVE_H

#include <linux/tee_rstmem_prove.h>

#include "verbs.h"

#define PROVE_NODE	"/dev/rstmem_prove"

enum verdict {
	VERDICT_REFUSED,
	VERDICT_LEAKED,
	VERDICT_NOT_TRIED,
};

/* A page of a buffer. The TEE wrote the pattern to its beginning. */
struct place {
	int fd;			/* the dma-buf */
	uint64_t offset;	/* into it */
	uint64_t addr;
	uint8_t pattern[RSTMEM_PROVE_PATTERN];
};

/* The result of a way. */
struct row {
	char way[48];
	enum verdict verdict;
	char text[512];
	unsigned int tries;	/* addresses */
	unsigned int leaks;	/* those of them that have the pattern */
	uint64_t addr;		/* of the first leak, with the pattern */
	uint8_t data[16];	/* and what was read there */
};

#define PROVE_PLACES	64
#define PROVE_ROWS	32

/* The memory of an account: the pages with patterns, and the results of the ways. */
struct memory {
	const char *account;
	uint64_t start, end;	/* of the range that is claimed, both 0 if unknown */
	bool is_verified;	/* the TEE reads the patterns back */
	bool is_partial;	/* free memory is left without patterns */
	struct place place[PROVE_PLACES];	/* by address */
	unsigned int places;
	struct row row[PROVE_ROWS];
	unsigned int rows;
};

/* State that is the same for all memories. */
struct prove {
	bool may_abort;		/* the user takes the risk of a fault of the kernel */
	struct rstmem_prove_info info;
	uint8_t *page;		/* a page of this process, which begins with @pattern */
	uint64_t page_addr;
	uint8_t pattern[RSTMEM_PROVE_PATTERN];
};

/* prove_memory.c */
int memory_fill(struct memory *memory, struct rstmem *dev,
		const struct rstmem_account *account, struct rstmem_buffer *buf,
		unsigned int room, char *why, size_t size);

/* prove_range.c: /proc/iomem */
#define RANGE_RAM	"System RAM"
#define RANGE_CLAIM	"rstmem"
bool range_of(uint64_t addr, const char *name, uint64_t *start, uint64_t *end);
bool range_is_device(uint64_t addr);
bool range_find(const char *name, uint64_t *start);

/* prove_way.c */
int prove_init(struct prove *prove);
void prove_deinit(struct prove *prove);
int prove_address(int fd, uint64_t offset, uint64_t *addr);
struct row *row_add(struct memory *memory, const char *way, enum verdict verdict,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
void prove_ways(const struct prove *prove, struct memory *memory);

#endif /* RSTMEM_CLI_PROVE_H */
