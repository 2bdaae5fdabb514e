/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions and types that the verbs of rstmem(1) share. */
#ifndef RSTMEM_CLI_COMMON_H
#define RSTMEM_CLI_COMMON_H

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rstmem.h>

/* Exit statuses, documented in rstmem(1). */
enum {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,
	EXIT_USAGE	= 2,
	EXIT_NO_DEVICE	= 3,
	EXIT_UNTESTED	= 4,	/* rstmem conform, rstmem doctor --prove */
	EXIT_NOT_RUN	= 126,
	EXIT_NOT_FOUND	= 127,
	EXIT_SIGNAL	= 128,	/* plus the signal's number */
};

/* message.c */
struct json;
void error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void error_report(const char *reason, const char *text, const char *advice);
int usage_error(const char *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void error_use_json(void);
void error_forget(void);
void error_print_json(struct json *json);
int error_finish(int status);
int finish_output(int status);

/* option.c */
int option_next(int argc, char **argv, const char *letters,
		const struct option *options);
int option_error(int c, char **argv, const char *letters);

/* device.c */
int via_parse(const char *text, enum rstmem_via *via);
int device_error(const char *path, enum rstmem_via via, int err);
struct reason;
bool use_case_explain(struct rstmem *dev, uint32_t use_case,
		      struct reason *reason);

/* size.c: room for what size_format() writes */
#define SIZE_TEXT	24
int size_parse(const char *text, uint64_t *size);
const char *size_format(uint64_t size, char text[SIZE_TEXT]);

/* json.c */
struct json {
	FILE *out;
	bool one_line;
	unsigned int depth;
	bool has_members;
};

void json_begin(struct json *json, const char *key, char bracket);
void json_end(struct json *json, char bracket);
void json_string(struct json *json, const char *key, const char *value);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* text.c: room for what age_format() writes */
#define AGE_TEXT	32
/* No character. */
#define TEXT_INVALID	UINT32_MAX
uint32_t text_decode(const char *text, size_t *len);
bool text_is_control(uint32_t c);
void text_print(const char *label, const char *text);
void text_wrap(const char *text, unsigned int indent);
const char *text_clean(const char *text, char *out, size_t size);
unsigned int text_width(const char *text);
const char *text_skip(const char *text, unsigned int columns);
void text_clip(char *text, unsigned int columns);
const char *age_format(uint64_t ms, char text[AGE_TEXT]);

/* user.c: room for a name, cut if need be, or a number */
#define OWNER_TEXT	64
const char *user_name(uint32_t uid, char text[OWNER_TEXT]);

/* module.c */
enum module {
	MODULE_LOADED,
	MODULE_BUILTIN,
	MODULE_INSTALLED,	/* not loaded */
	MODULE_ABSENT,
	MODULE_UNKNOWN,		/* no index of modules */
};

enum module module_state(const char *name);
int module_is_signed(const char *name);

/* backend.c: the part that a machine without restricted memory lacks */
enum lack {
	LACK_BACKEND,
	LACK_OPTEE_MODULE,
	LACK_OPTEE_MEMORY,
	LACK_SOFTTEE_POOL,
};

int line_read(const char *path, char *text, size_t size);
bool tee_is_optee(const char *path);
enum lack backend_lack(void);
const char *lack_advice(enum lack lack);

/* reason.c */
enum reason_code {
	/* no device */
	REASON_NOTHING,
	REASON_NO_TEE,
	REASON_NO_HEAP,
	REASON_NO_NODE,
	REASON_NOT_RESTRICTED,
	REASON_NOT_RESTRICTED_OPTEE,
	REASON_NOT_TEE,
	REASON_NOT_HEAP,
	REASON_NEITHER,
	REASON_DEVICE,
	REASON_CANNOT_OPEN,
	/* no permission to open one */
	REASON_CLOSED,
	REASON_CLOSED_BY_POLICY,
	REASON_CLOSED_BUT_FOR_GROUP,
	REASON_CLOSED_BUT_FOR_USER,
	REASON_HEAP_CLOSED,
	/* no buffer */
	REASON_USE_CASE,
	REASON_TOO_LARGE,
	REASON_TOO_LARGE_OR_GONE,
	REASON_FULL,
	REASON_RACE,
	REASON_ALLOC,
	REASON_LIMIT_BUFFER,
	REASON_LIMIT_BYTES,
	REASON_LIMIT_BUFFERS,
	REASON_LIMIT_RESERVE,
	REASON_LIMIT,
	/* no descriptor of restricted memory */
	REASON_FD_CLOSED,
	REASON_FD_NOT_INHERITED,
	REASON_NO_PROCESS,
	REASON_PROCESS_CLOSED,
	REASON_NO_DMA_BUF,
	REASON_OTHER_DMA_BUF,
	REASON_CANNOT_ASK,
	REASON_CANNOT_INSPECT,
	/* no accounts */
	REASON_NO_SYSFS,
	REASON_CANNOT_READ,
	REASON_NO_ACCOUNT,
	REASON_NO_ACCOUNT_OF_DEVICE,
	REASON_NO_SUCH_ACCOUNT,
	/* no list of buffers */
	REASON_ROOT_ONLY,
	REASON_LOCKED_DOWN,
	REASON_NO_DEBUGFS,
	REASON_NO_LIST,
	/* no proof */
	REASON_PROVE_CONSENT,
	REASON_PROVE_DECLINED,
	REASON_PROVE_ROOT,
	REASON_PROVE_MODULE,
	REASON_PROVE_LOCKED,
	REASON_PROVE_FAILED,
	REASONS
};

/* A reason and the words of its sentence, of which it uses some. */
struct reason {
	enum reason_code code;
	int err;		/* -errno, for {error} and {explanation} */
	int pid;
	char path[PATH_MAX];	/* or another name of its subject */
	char use_case[RSTMEM_USE_CASE_NAME_SIZE];
	char account[RSTMEM_ACCOUNT_NAME_SIZE];
	char size[2 * SIZE_TEXT + 16];
	char limit[SIZE_TEXT];
	char held[SIZE_TEXT];
	char free[SIZE_TEXT];
	char largest[SIZE_TEXT];
	char used[SIZE_TEXT];
	char total[SIZE_TEXT];
	char user[OWNER_TEXT];
	char group[OWNER_TEXT];
	char mode[8];
	char offered[512];
};

/* Room for a sentence. */
#define REASON_TEXT	(PATH_MAX + 512)
const char *reason_text(const struct reason *reason, char text[REASON_TEXT]);
int reason_print(const struct reason *reason);
void reason_set_path(struct reason *reason, const char *path);

/* table.c */
#define TABLE_COLUMNS	32
/* Room for a line; a longer one is cut. */
#define TABLE_LINE	8192

struct column {
	const char *title;
	bool right;		/* aligned so */
};

struct table {
	const struct column *columns;
	unsigned int count;
	unsigned int width[TABLE_COLUMNS];	/* of the cells */
	unsigned int shown[TABLE_COLUMNS];	/* columns, from the left */
	unsigned int shown_count;
	const char *first_title;	/* of the first one, if not its own */
	bool no_headings;
	bool is_bytes;			/* sizes are plain numbers */
	char **cell;
	size_t cells, room;
};

void *xrealloc(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
void table_init(struct table *t, const struct column *columns,
		unsigned int count);
const char *table_show(struct table *t, const char *list);
void table_deinit(struct table *t);
void table_add(struct table *t, const char *text);
void table_add_u64(struct table *t, uint64_t value);
void table_add_size(struct table *t, uint64_t size);
size_t table_rows(const struct table *t);
void table_header(const struct table *t, char line[TABLE_LINE]);
void table_row(const struct table *t, size_t row, char line[TABLE_LINE]);
void table_print(const struct table *t, const char *indent);

/* output.c: options for the form of a verb's output; those without a letter */
enum {
	OPTION_NO_HEADINGS = UCHAR_MAX + 1,
	OPTION_VIA,
	OPTION_HEAP,
	OPTION_PROVE,
};

#define OPTION_JSON	{ "json", no_argument, NULL, 'j' }
#define OPTION_BYTES	{ "bytes", no_argument, NULL, 'b' }
#define OPTIONS_TABLE \
	{ "noheadings", no_argument, NULL, OPTION_NO_HEADINGS }, \
	{ "output", required_argument, NULL, 'o' }

struct output {
	bool is_json;
	bool is_bytes;
	bool no_headings;
	const char *columns;	/* of --output, or NULL */
};

bool output_option(struct output *output, int c);
int output_check(const struct output *output, const char *verb,
		 const struct column *columns, unsigned int count);
bool output_is_flat(const struct output *output);
void output_apply(const struct output *output, struct table *t);

/* filter.c */
struct filter {
	int device;		/* N of /dev/teeN, below 0 for all */
	uint32_t use_case;	/* TEE_IOC_UC_RESERVED for all */
};

#define FILTER_ALL	{ .device = -1 }

int filter_device(struct filter *filter, const char *path);
bool filter_match(const struct filter *filter, int device, uint32_t use_case);
int filter_option(struct filter *filter, int c, const char *verb);
void filter_explain(const struct filter *filter, struct reason *reason);
int filter_nothing(const struct filter *filter);

/* account.c */
struct accounts {
	struct rstmem_account *account;
	size_t count;
};

int accounts_read(struct accounts *accounts, const struct filter *filter);
int accounts_error(int err);
void accounts_deinit(struct accounts *accounts);
void account_print_json(struct json *json, const struct rstmem_account *account);
void accounts_print_json(struct json *json, const struct accounts *accounts);

/* process.c */
int process_started(int pid, int64_t *started);
bool process_is_older(int64_t started, uint64_t age_ms);

/* buffer_record.c: the process that asked for a buffer */
enum process {
	PROCESS_UNKNOWN,	/* cannot be told here */
	PROCESS_RUNS,
	PROCESS_ENDED,
};

/* A descriptor of a dma-buf in a process. */
struct holder {
	int pid;
	int fd;
	char comm[64];
};

struct buffer_record {
	char account[RSTMEM_ACCOUNT_NAME_SIZE];
	int device;		/* of the account; -1 if its name does not tell */
	uint32_t use_case;
	uint64_t count;		/* of buffers, more than 1 after buffers_group() */
	uint64_t size;
	uint64_t age_ms;
	bool by_kernel;		/* no user asked for it */
	uint32_t uid;
	int pid;
	enum process process;
	char comm[64];
	bool has_ino;
	uint64_t ino;
	uint64_t refs;
	char *importers;	/* for importer_next(), or NULL */
	bool gone;		/* the device is */
	struct holder *holders;	/* after holders_find() */
	size_t holder_count;
};

struct buffers {
	struct buffer_record *record;
	size_t count;
	bool has_holders;	/* holders_find() found those there are */
};

int buffers_read(struct buffers *list, const struct filter *filter);
void buffers_deinit(struct buffers *list);
void buffers_explain(int err, struct reason *reason);
const char *process_text(enum process process);
char *importer_next(const char **list);
void buffers_print_json(struct json *json, const struct buffers *list);

/* holder.c */
void holders_find(struct buffers *list);
char *holders_text(const struct buffer_record *record);
void holders_print_json(struct json *json, const struct buffer_record *record);

/* order.c */
enum order_key {
	ORDER_SIZE,
	ORDER_BUFFERS,
	ORDER_AGE,
	ORDER_USER,
	ORDER_PID,
	ORDER_COMMAND,
	ORDER_ACCOUNT,
	ORDER_KEYS
};

struct order {
	enum order_key key;
	bool reverse;
};

enum view {
	VIEW_PROCESSES,
	VIEW_USERS,
	VIEW_BUFFERS,
	VIEW_HOLDERS,		/* buffers with their holders; not of rstmem top */
};

const char *order_name(enum order_key key);
int order_parse(struct order *order, const char *name);
void buffers_sort(struct buffers *list, const struct order *order);
void buffers_group(struct buffers *list, enum view view);

/* view.c: room for what view_rules() writes */
#define RULES_TEXT	(RSTMEM_IMPORTERS_SIZE + 512)
const char *view_name(enum view view);
void view_accounts(struct table *t, const struct accounts *accounts,
		   unsigned int bar, bool all);
const char *view_rules(const struct rstmem_account *account,
		       char text[RULES_TEXT]);
#define HOLDERS_COLUMNS	11
extern const struct column holders_columns[HOLDERS_COLUMNS];
void view_buffers(struct table *t, const struct buffers *list, enum view view,
		  const struct accounts *accounts, const struct output *output);

/* limit.c */
uint64_t limit_round(const struct rstmem_account *a, uint64_t size);
enum reason_code limit_reason(const struct rstmem_account *a, uint64_t size,
			      uint64_t bytes, uint64_t count);
void limit_explain(struct reason *reason, const struct rstmem_account *a,
		   uint64_t size);

#endif /* RSTMEM_CLI_COMMON_H */
