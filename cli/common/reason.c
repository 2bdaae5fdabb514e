// SPDX-License-Identifier: GPL-2.0-only
/* Reasons of failures: one table of sentences and exit statuses for all verbs. */
#include <stddef.h>
#include <string.h>

#include "common.h"

/* Room for an explanation of the library. */
#define EXPLANATION_TEXT	256

#define LOAD	"{lack}"
#define CANNOT	"cannot allocate {size} of {use_case} on {path}: "
#define LIMIT	"/sys/class/rstmem/{account}/limits/"
#define SHOWS	"\"rstmem stat\" without options shows what there is"

/* Words in braces are members of struct reason, or in value_of(). */
static const struct {
	int status;
	const char *name;	/* in JSON, and in docs/json-schema.json */
	const char *text;
	const char *advice;	/* the next step, or NULL */
} reasons[REASONS] = {
	[REASON_NOTHING] = { EXIT_NO_DEVICE, "no-device",
		"no TEE device and no dma-heap has restricted memory",
		LOAD },
	[REASON_NO_TEE] = { EXIT_NO_DEVICE, "no-tee",
		"no TEE device has restricted memory",
		LOAD },
	[REASON_NO_HEAP] = { EXIT_NO_DEVICE, "no-heap",
		"no dma-heap has restricted memory",
		LOAD },
	[REASON_NO_NODE] = { EXIT_NO_DEVICE, "no-node",
		"{path}: {error}",
		"\"rstmem info\" lists the devices there are" },
	[REASON_NOT_RESTRICTED] = { EXIT_NO_DEVICE, "not-restricted",
		"{path}: this device has no restricted memory",
		"load a backend for it or choose another device" },
	[REASON_NOT_RESTRICTED_OPTEE] = { EXIT_NO_DEVICE, "not-restricted-optee",
		"{path}: this device has no restricted memory",
		LOAD },
	[REASON_NOT_TEE] = { EXIT_NO_DEVICE, "not-tee",
		"{path}: not a TEE device",
		"its path is /dev/tee0 or the like" },
	[REASON_NOT_HEAP] = { EXIT_NO_DEVICE, "not-heap",
		"{path}: not a dma-heap",
		"its path is /dev/dma_heap/protected,secure-video or the like" },
	[REASON_NEITHER] = { EXIT_NO_DEVICE, "not-a-device",
		"{path}: {explanation}",
		"{step}" },
	[REASON_DEVICE] = { EXIT_FAILED, "device-failed",
		"{path}: {explanation}",
		"{step}" },
	[REASON_CANNOT_OPEN] = { EXIT_FAILED, "cannot-open",
		"{path}: cannot open: {error}",
		NULL },

	[REASON_CLOSED] = { EXIT_FAILED, "closed",
		"{explanation}",
		"{step}" },
	[REASON_CLOSED_BY_POLICY] = { EXIT_FAILED, "closed-by-policy",
		"no permission to open {path} although its mode {mode} allows it: a container or a security policy forbids it",
		"let the device in there" },
	[REASON_CLOSED_BUT_FOR_GROUP] = { EXIT_FAILED, "closed-but-for-group",
		"no permission to open {path}: user {user} and group {group} may (mode {mode})",
		"join the group or run as root" },
	[REASON_CLOSED_BUT_FOR_USER] = { EXIT_FAILED, "closed-but-for-user",
		"no permission to open {path}: only user {user} may (mode {mode})",
		"run as root or let a group in with a udev rule" },
	[REASON_HEAP_CLOSED] = { EXIT_FAILED, "heap-closed",
		"no permission to open {path}: only user {user} may (mode {mode})",
		"the udev rule 60-rstmem.rules gives heaps to the group rstmem, see \"rstmem doctor\"" },

	[REASON_USE_CASE] = { EXIT_FAILED, "use-case",
		"{path} does not offer use case {use_case}; it offers {offered}",
		"\"rstmem info\" shows all devices" },
	[REASON_TOO_LARGE] = { EXIT_FAILED, "too-large",
		CANNOT "the size is more than any memory could have",
		"there is {total}, ask for at most {largest} now" },
	[REASON_TOO_LARGE_OR_GONE] = { EXIT_FAILED, "too-large-or-gone",
		CANNOT "the size is more than any memory could have, or the TEE behind the heap is gone",
		"ask for less or see \"rstmem info\"" },
	[REASON_FULL] = { EXIT_FAILED, "full",
		CANNOT "largest free {largest} ({used} used of {total})",
		"ask for less or release buffers" },
	[REASON_RACE] = { EXIT_FAILED, "race",
		CANNOT "another process was faster or the kernel is out of memory",
		"try again" },
	[REASON_ALLOC] = { EXIT_FAILED, "alloc-failed",
		CANNOT "{explanation}",
		"{step}" },
	[REASON_LIMIT_BUFFER] = { EXIT_FAILED, "limit-buffer",
		CANNOT "a buffer may have {limit}",
		"ask for less or have " LIMIT "buffer_bytes raised" },
	[REASON_LIMIT_BYTES] = { EXIT_FAILED, "limit-bytes",
		CANNOT "a user may have {limit} and your processes hold {held}",
		"release buffers or have " LIMIT "user_bytes raised" },
	[REASON_LIMIT_BUFFERS] = { EXIT_FAILED, "limit-buffers",
		CANNOT "a user may have {limit} buffers and your processes hold {held}",
		"release some or have " LIMIT "user_buffers raised" },
	[REASON_LIMIT_RESERVE] = { EXIT_FAILED, "limit-reserve",
		CANNOT "{free} are free and {limit} of that are reserved",
		"ask for less or have " LIMIT "reserve lowered" },
	[REASON_LIMIT] = { EXIT_FAILED, "limit-of-others",
		CANNOT "a limit is exceeded, by buffers that other processes hold for you or by the cgroup (dmem.max)",
		"\"rstmem stat\" shows the limits" },

	[REASON_FD_CLOSED] = { EXIT_FAILED, "fd-closed",
		"{path}: process {pid} has no such descriptor",
		"/proc/{pid}/fd lists those it has" },
	[REASON_FD_NOT_INHERITED] = { EXIT_FAILED, "fd-not-inherited",
		"{path}: not inherited from the calling process",
		"a descriptor of another process is written PID:FD" },
	[REASON_NO_PROCESS] = { EXIT_FAILED, "no-process",
		"{path}: no process {pid}",
		"it may have ended" },
	[REASON_PROCESS_CLOSED] = { EXIT_FAILED, "process-closed",
		"{path}: no permission to look into process {pid}: it takes the same as a debugger",
		"run as root, or as its user where kernel.yama.ptrace_scope allows that" },
	[REASON_NO_DMA_BUF] = { EXIT_NO_DEVICE, "no-dma-buf",
		"{path}: not a dma-buf",
		NULL },
	[REASON_OTHER_DMA_BUF] = { EXIT_NO_DEVICE, "other-dma-buf",
		"{path}: a dma-buf, but not restricted memory that rstmem knows",
		"exp_name in its fdinfo below /proc names its exporter" },
	[REASON_CANNOT_ASK] = { EXIT_FAILED, "cannot-ask",
		"{path}: no TEE device may be opened and there is no /proc",
		"mount that or run as root" },
	[REASON_CANNOT_INSPECT] = { EXIT_FAILED, "cannot-inspect",
		"{path}: cannot inspect: {error}",
		NULL },

	[REASON_NO_SYSFS] = { EXIT_FAILED, "no-sysfs",
		"there is no sysfs to ask",
		"mount it: mount -t sysfs sysfs /sys" },
	[REASON_CANNOT_READ] = { EXIT_FAILED, "cannot-read",
		"cannot read {path}: {error}",
		NULL },
	[REASON_NO_ACCOUNT] = { EXIT_NO_DEVICE, "no-account",
		"no device offers use case {use_case}",
		SHOWS },
	[REASON_NO_ACCOUNT_OF_DEVICE] = { EXIT_NO_DEVICE, "no-account-of-device",
		"{path} has no restricted memory",
		SHOWS },
	[REASON_NO_SUCH_ACCOUNT] = { EXIT_NO_DEVICE, "no-such-account",
		"{path} does not offer use case {use_case}",
		SHOWS },

	[REASON_ROOT_ONLY] = { EXIT_FAILED, "root-only",
		"only root may see the buffers and their owners, in debugfs",
		"run as root (sudo rstmem ...)" },
	[REASON_LOCKED_DOWN] = { EXIT_FAILED, "locked-down",
		"this kernel is locked down and closes debugfs, which lists the buffers",
		"only \"rstmem stat\" works here" },
	[REASON_NO_DEBUGFS] = { EXIT_FAILED, "no-debugfs",
		"debugfs is not mounted, which lists the buffers",
		"as root: mount -t debugfs debugfs {path}" },
	[REASON_NO_LIST] = { EXIT_FAILED, "no-list",
		"there is no {path}",
		"the kernel was built without debugfs" },

	[REASON_PROVE_CONSENT] = { EXIT_USAGE, "no-consent",
		"nothing is tried without consent, and there is no terminal to ask: it would allocate all free restricted memory, load the module rstmem_prove, and try to read patterns of the TEE through mappings, loads of the kernel, DMA, /dev/mem and /proc/kcore",
		"add --yes to allow it" },
	[REASON_PROVE_DECLINED] = { EXIT_USAGE, "declined",
		"nothing was tried",
		NULL },
	[REASON_PROVE_ROOT] = { EXIT_UNTESTED, "prove-root-only",
		"only root may try to read restricted memory",
		"run as root (sudo rstmem ...)" },
	[REASON_PROVE_MODULE] = { EXIT_UNTESTED, "no-prove-module",
		"the module rstmem_prove cannot be loaded, without which nothing can be tried",
		"see why: modprobe rstmem_prove" },
	[REASON_PROVE_LOCKED] = { EXIT_UNTESTED, "prove-locked-down",
		"this kernel is locked down, or the process lacks CAP_SYS_RAWIO, so nothing can be tried",
		"boot without lockdown to try" },
	[REASON_PROVE_FAILED] = { EXIT_UNTESTED, "prove-failed",
		"{path}: {error}",
		NULL },
};

#define MEMBER(member)	{ #member, offsetof(struct reason, member) }

static const struct {
	const char *word;
	size_t at;
} members[] = {
	MEMBER(path), MEMBER(use_case), MEMBER(account), MEMBER(size),
	MEMBER(limit), MEMBER(held), MEMBER(free), MEMBER(largest), MEMBER(used),
	MEMBER(total), MEMBER(user), MEMBER(group), MEMBER(mode), MEMBER(offered),
};

/* Explanations of the library are "reason; next step" or only a reason. */
static const char *explanation(int err, char text[EXPLANATION_TEXT])
{
	snprintf(text, EXPLANATION_TEXT, "%s", rstmem_explain(err));
	if (strstr(text, "; "))
		*strstr(text, "; ") = 0;
	return text;
}

static const char *step(int err)
{
	const char *rest = strstr(rstmem_explain(err), "; ");

	return rest ? rest + 2 : "";
}

/* The text for a word, which has @len bytes. */
static const char *value_of(const struct reason *reason, const char *word,
			    size_t len, char text[EXPLANATION_TEXT])
{
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (strlen(members[i].word) == len &&
		    !memcmp(members[i].word, word, len))
			return (const char *)reason + members[i].at;
	}
	if (!strncmp(word, "error", len))
		return strerror(-reason->err);
	if (!strncmp(word, "explanation", len))
		return explanation(reason->err, text);
	if (!strncmp(word, "step", len))
		return step(reason->err);
	if (!strncmp(word, "lack", len))
		return lack_advice(backend_lack());
	snprintf(text, EXPLANATION_TEXT, "%d", reason->pid);
	return text;
}

/* Write @template with its words filled in. Return: @text. */
static const char *fill(const struct reason *reason, const char *template,
			char text[REASON_TEXT])
{
	char value[EXPLANATION_TEXT];
	const char *c = template;
	size_t n = 0, len;

	while (*c && n < REASON_TEXT - 1) {
		if (*c != '{') {
			text[n++] = *c++;
			continue;
		}
		len = strcspn(++c, "}");
		n += (size_t)snprintf(text + n, REASON_TEXT - n, "%s",
				      value_of(reason, c, len, value));
		c += len + 1;
	}
	if (n > REASON_TEXT - 1)
		n = REASON_TEXT - 1;
	text[n] = 0;
	return text;
}

/* Write the advice, which may be "", to @text. Return: @text. */
static const char *fill_advice(const struct reason *reason, char text[REASON_TEXT])
{
	const char *advice = reasons[reason->code].advice;

	return fill(reason, advice ? advice : "", text);
}

/* Write the sentence and the advice to @text. Return: @text. */
const char *reason_text(const struct reason *reason, char text[REASON_TEXT])
{
	char advice[REASON_TEXT];
	size_t len;

	fill(reason, reasons[reason->code].text, text);
	fill_advice(reason, advice);
	len = strlen(text);
	if (*advice)
		snprintf(text + len, REASON_TEXT - len, "; %s", advice);
	return text;
}

/* Print the sentence on stderr, and keep it for JSON. Return: the exit status. */
int reason_print(const struct reason *reason)
{
	char text[REASON_TEXT], advice[REASON_TEXT];

	error_report(reasons[reason->code].name,
		     fill(reason, reasons[reason->code].text, text),
		     fill_advice(reason, advice));
	return reasons[reason->code].status;
}

void reason_set_path(struct reason *reason, const char *path)
{
	snprintf(reason->path, sizeof(reason->path), "%s", path);
}
