/* SPDX-License-Identifier: GPL-2.0-only */
/* The verbs of rstmem(1), and functions that those of several files share. */
#ifndef RSTMEM_CLI_VERBS_H
#define RSTMEM_CLI_VERBS_H

#include "common.h"

/* Verbs: argv[0] is the verb. Return the exit status. */
int cmd_alloc(int argc, char **argv);
int cmd_buffers(int argc, char **argv);
int cmd_conform(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_features(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_top(int argc, char **argv);
extern const char alloc_help[];
extern const char buffers_help[];
extern const char conform_help[];
extern const char doctor_help[];
extern const char features_help[];
extern const char info_help[];
extern const char inspect_help[];
extern const char stat_help[];
extern const char top_help[];

/* info_heap.c */
enum heap_origin {
	HEAP_OF_ANYBODY,	/* rstmem's or the kernel's own */
	HEAP_OF_RSTMEM,
	HEAP_OF_KERNEL,
};

struct heap {
	const char *path;
	int err;		/* of rstmem_open_via() */
	uint32_t use_case;
	char name[RSTMEM_USE_CASE_NAME_SIZE];
	enum heap_origin origin;
};

void heap_read(struct heap *heap, const char *path, uint32_t use_case);
void heap_add(struct table *t, const struct heap *heap);
void heap_print_json(struct json *json, const struct heap *heap);

/* top.c */
#define TOP_INTERVAL_MS	1000
#define TOP_LEAST_MS	100
#define TOP_MOST_MS	3600000

struct top {
	struct filter filter;
	struct order order;
	enum view view;
	unsigned int interval_ms;
	uint64_t rounds;	/* 0: no end */
	struct accounts accounts;
	struct buffers buffers;
	int buffers_err;		/* of buffers_read() */
};

int top_read(struct top *top);
int top_parse_interval(const char *text, unsigned int *ms);

/* top_screen.c */
bool screen_works(void);
int screen_run(struct top *top);

/* prove.c */
struct consent {
	bool is_given;
	bool may_abort;		/* also to what may stop the machine */
};

int prove(const struct consent *consent, bool is_json);

/* alloc_hold.c */
int hold(bool has_limit, uint32_t seconds);

/* alloc_command.c */
int run(struct rstmem *dev, const struct rstmem_buffer *buf, char **argv);

#endif /* RSTMEM_CLI_VERBS_H */
