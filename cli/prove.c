// SPDX-License-Identifier: GPL-2.0-only
/* rstmem doctor --prove: try to read restricted memory, and say what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prove.h"

#define MODULE	"rstmem_prove"

/* Where text begins on a line. */
#define TEXT_COLUMN	30

static const char *const verdict_names[] = { "refused", "leaked", "not tried" };
/* For people: the one that matters stands out. */
static const char *const verdict_words[] = { "refused", "LEAKED", "not tried" };

struct proof {
	struct json *json;	/* NULL for text */
	struct prove prove;
	unsigned int count[3];	/* of each verdict */
};

static const char question[] =
"This allocates all free restricted memory for a moment, writes patterns to it, and tries to\n"
"read them as an attacker with the rights of root would: through the module rstmem_prove,\n"
"which is loaded for that, through a DMA engine, /dev/mem and /proc/kcore, and at addresses\n"
"where the memory may show again. Loads at such addresses can disturb devices that the\n"
"kernel does not know.\n";

static const char risk[] =
"It also tries loads of the kernel that end in a fault of the kernel if they are refused. The\n"
"kernel may stop, so prepare the machine for that.\n";

/* Return: -1 to go on, else the exit status. */
static int ask(const struct consent *consent)
{
	struct reason reason = { .code = REASON_PROVE_CONSENT };
	char answer[16];

	if (consent->is_given)
		return -1;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return reason_print(&reason);
	fprintf(stderr, "%s%sType \"yes\" to go on: ", question, consent->may_abort ? risk : "");
	if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n"))
		return -1;
	reason.code = REASON_PROVE_DECLINED;
	return reason_print(&reason);
}

/* Return: true when modprobe succeeds. Its messages are not about the verb. */
static bool load_module(void)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
			execlp("modprobe", "modprobe", MODULE, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static void print_row(struct proof *proof, const struct row *row)
{
	char text[sizeof(row->text)], data[2 * sizeof(row->data) + 1];
	static const uint8_t nothing[sizeof(row->data)];
	size_t i;

	proof->count[row->verdict]++;
	if (!proof->json) {
		printf("%-9s %-19s ", verdict_words[row->verdict], row->way);
		text_wrap(text_clean(row->text, text, sizeof(text)), TEXT_COLUMN);
		return;
	}
	for (i = 0; i < sizeof(row->data); i++)
		sprintf(data + 2 * i, "%02x", row->data[i]);
	json_begin(proof->json, NULL, '{');
	json_string(proof->json, "way", row->way);
	json_string(proof->json, "result", verdict_names[row->verdict]);
	json_string(proof->json, "text", row->text);
	json_u64(proof->json, "tries", row->tries);
	json_u64(proof->json, "leaks", row->leaks);
	if (row->leaks)
		json_u64(proof->json, "address", row->addr);
	else
		json_null(proof->json, "address");
	if (row->leaks && memcmp(row->data, nothing, sizeof(nothing)))
		json_string(proof->json, "data", data);
	else
		json_null(proof->json, "data");
	json_end(proof->json, '}');
}

static void print_memory(struct proof *proof, const struct memory *memory)
{
	unsigned int i;

	if (proof->json) {
		json_begin(proof->json, NULL, '{');
		json_string(proof->json, "account", memory->account);
		if (memory->end) {
			json_u64(proof->json, "start", memory->start);
			json_u64(proof->json, "end", memory->end);
		} else {
			json_null(proof->json, "start");
			json_null(proof->json, "end");
		}
		json_u64(proof->json, "pages", memory->places);
		json_bool(proof->json, "verified", memory->places && memory->is_verified);
		json_begin(proof->json, "ways", '[');
	} else {
		printf("%s: patterns in %u page%s", memory->account, memory->places,
		       memory->places == 1 ? "" : "s");
		if (memory->end)
			printf(" of 0x%" PRIx64 " to 0x%" PRIx64, memory->start, memory->end);
		if (memory->places && !memory->is_verified)
			printf(", not read back");
		putchar('\n');
	}
	for (i = 0; i < memory->rows; i++)
		print_row(proof, &memory->row[i]);
	if (proof->json) {
		json_end(proof->json, ']');
		json_end(proof->json, '}');
	}
}

static void prove_account(struct proof *proof, const struct rstmem_account *account)
{
	struct rstmem_buffer buf[PROVE_PLACES / 3] = { 0 };
	struct memory *memory = xrealloc(NULL, 1, sizeof(*memory));
	char path[RSTMEM_DEVICE_PATH_SIZE], why[512];
	struct rstmem *dev = NULL;
	size_t i;
	int ret;

	memset(memory, 0, sizeof(*memory));
	memory->account = account->name;
	snprintf(path, sizeof(path), "/dev/tee%d", account->device);
	ret = rstmem_open_via(path, RSTMEM_VIA_TEE, &dev);
	if (ret)
		snprintf(why, sizeof(why), "%s: %s", path, rstmem_explain(ret));
	else
		ret = memory_fill(memory, dev, account, buf, PROVE_PLACES / 3, why, sizeof(why));
	if (ret)
		row_add(memory, "all", VERDICT_NOT_TRIED, "%s", why);
	else
		prove_ways(&proof->prove, memory);
	for (i = 0; i < sizeof(buf) / sizeof(buf[0]); i++)
		rstmem_buffer_close(&buf[i]);
	rstmem_close(dev);
	print_memory(proof, memory);
	free(memory);
}

/* Return: the exit status. */
static int conclude(struct proof *proof)
{
	unsigned int leaked = proof->count[VERDICT_LEAKED];
	unsigned int refused = proof->count[VERDICT_REFUSED];
	unsigned int not_tried = proof->count[VERDICT_NOT_TRIED];

	if (proof->json) {
		json_end(proof->json, ']');
		json_u64(proof->json, "leaked", leaked);
		json_u64(proof->json, "refused", refused);
		json_u64(proof->json, "not_tried", not_tried);
		if (leaked || refused)
			json_bool(proof->json, "holds", !leaked);
		else
			json_null(proof->json, "holds");
		json_end(proof->json, '}');
	} else {
		printf("%u leaked, %u refused, %u not tried\n", leaked, refused, not_tried);
	}
	return leaked ? EXIT_FAILED : refused ? EXIT_OK : EXIT_UNTESTED;
}

static int prove_all(struct proof *proof, const struct accounts *accounts)
{
	struct reason reason = { .code = REASON_PROVE_FAILED };
	int ret = prove_init(&proof->prove);
	size_t i;

	if (ret) {
		if (ret == -EPERM)
			reason.code = REASON_PROVE_LOCKED;
		reason.err = ret;
		reason_set_path(&reason, PROVE_NODE);
		return reason_print(&reason);
	}
	if (proof->json) {
		json_begin(proof->json, NULL, '{');
		json_begin(proof->json, "memories", '[');
	}
	for (i = 0; i < accounts->count; i++)
		prove_account(proof, &accounts->account[i]);
	prove_deinit(&proof->prove);
	return conclude(proof);
}

/* Return: the exit status. */
int prove(const struct consent *consent, bool is_json)
{
	struct reason reason = { .code = REASON_PROVE_ROOT };
	struct json json = { .out = stdout };
	struct filter all = FILTER_ALL;
	struct accounts accounts;
	struct proof proof = {
		.json = is_json ? &json : NULL, .prove.may_abort = consent->may_abort,
	};
	bool was_loaded;
	sigset_t signals;
	int status;

	if (geteuid())
		return reason_print(&reason);
	status = accounts_read(&accounts, &all);
	if (status && status != -ENOENT && status != -ENXIO)
		return accounts_error(status);
	if (!accounts.count)
		return filter_nothing(&all);
	status = ask(consent);
	if (status >= 0)
		goto out_deinit;

	/* With SIGCHLD ignored, no child can be waited for. */
	signal(SIGCHLD, SIG_DFL);
	/* These would leave the module behind. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	was_loaded = module_state(MODULE) == MODULE_LOADED;
	if (was_loaded || load_module()) {
		status = prove_all(&proof, &accounts);
		if (!was_loaded && syscall(SYS_delete_module, MODULE, O_NONBLOCK))
			error("the module " MODULE " stays loaded: %s", strerror(errno));
	} else {
		reason.code = REASON_PROVE_MODULE;
		status = reason_print(&reason);
	}
	status = finish_output(status);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
out_deinit:
	accounts_deinit(&accounts);
	return status;
}
