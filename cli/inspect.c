// SPDX-License-Identifier: GPL-2.0-only
/* rstmem inspect: describe a descriptor. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "verbs.h"

const char inspect_help[] =
"Usage: rstmem inspect [-j] FD|PID:FD\n"
"\n"
"Describes a dma-buf of restricted memory: size, use case, flags, and its TEE device.\n"
"FD is a descriptor that this command inherits. PID:FD is one of another process; it\n"
"takes the permission to attach a debugger to that.\n"
"\n"
"  -j, --json  for programs: one JSON object, size in bytes\n"
"  -h, --help  show this help\n"
"\n"
"Only a TEE device knows flags and device. Without permission to open one, the rest\n"
"is shown.\n";

struct target {
	int pid;	/* 0 for this process */
	int fd;
};

/* Return: the text after the number, or NULL without a number up to INT_MAX. */
static const char *parse_number(const char *text, int *number)
{
	uint64_t value = 0;
	const char *c;

	for (c = text; *c >= '0' && *c <= '9'; c++) {
		value = value * 10 + (uint64_t)(*c - '0');
		if (value > INT_MAX)
			return NULL;
	}
	*number = (int)value;
	return c == text ? NULL : c;
}

static int parse_target(const char *text, struct target *target)
{
	const char *rest;

	*target = (struct target){ 0 };
	rest = parse_number(text, &target->fd);
	if (rest && *rest == ':') {
		target->pid = target->fd;
		rest = parse_number(rest + 1, &target->fd);
		if (!target->pid)
			return -EINVAL;
	}
	return rest && !*rest ? 0 : -EINVAL;
}

/* Return: the exit status. */
static int inspect_error(const char *name, const struct target *target, int err)
{
	struct reason reason = {
		.code = REASON_CANNOT_INSPECT,
		.err = err,
		.pid = target->pid,
	};

	reason_set_path(&reason, name);
	switch (err) {
	case -EBADF:
		reason.code = target->pid ? REASON_FD_CLOSED :
					    REASON_FD_NOT_INHERITED;
		break;
	case -ESRCH:
		reason.code = REASON_NO_PROCESS;
		break;
	case -EPERM:
		reason.code = REASON_PROCESS_CLOSED;
		break;
	case -EINVAL:
		reason.code = REASON_NO_DMA_BUF;
		break;
	case -EOPNOTSUPP:
		reason.code = REASON_OTHER_DMA_BUF;
		break;
	case -ENXIO:
		reason.code = REASON_CANNOT_ASK;
		break;
	}
	return reason_print(&reason);
}

static void print_text(const struct rstmem_info *info)
{
	static const char unknown[] = "unknown, no TEE device could be asked";
	char size[SIZE_TEXT], name[RSTMEM_USE_CASE_NAME_SIZE];

	rstmem_use_case_name(info->use_case, name, sizeof(name));
	printf("use case  %s\n",
	       info->known & RSTMEM_INFO_USE_CASE ? name : "unknown");
	if (info->known & RSTMEM_INFO_SIZE)
		printf("size      %s (%" PRIu64 " bytes)\n",
		       size_format(info->size, size), info->size);
	else
		printf("size      unknown\n");
	if (info->known & RSTMEM_INFO_FLAGS)
		printf("flags     0x%" PRIx32 "\n", info->flags);
	else
		printf("flags     %s\n", unknown);
	if (!(info->known & RSTMEM_INFO_DEVICE))
		printf("device    %s\n", unknown);
	else if (info->device < 0)
		printf("device    gone; the memory stays until the last reference ends\n");
	else
		printf("device    %s\n", info->path);
}

static void json_known(struct json *json, const char *key, bool known,
		       uint64_t value)
{
	if (known)
		json_u64(json, key, value);
	else
		json_null(json, key);
}

/* Unknown members are null. */
static void print_json(const struct target *target, const struct rstmem_info *info)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE];
	struct json json = { .out = stdout };

	json_begin(&json, NULL, '{');
	json_known(&json, "pid", target->pid, (uint64_t)target->pid);
	json_u64(&json, "fd", (uint64_t)target->fd);
	json_known(&json, "use_case", info->known & RSTMEM_INFO_USE_CASE,
		   info->use_case);
	rstmem_use_case_name(info->use_case, name, sizeof(name));
	if (info->known & RSTMEM_INFO_USE_CASE)
		json_string(&json, "name", name);
	else
		json_null(&json, "name");
	json_known(&json, "size", info->known & RSTMEM_INFO_SIZE, info->size);
	json_known(&json, "flags", info->known & RSTMEM_INFO_FLAGS, info->flags);
	if (info->device >= 0)
		json_string(&json, "device", info->path);
	else
		json_null(&json, "device");
	if (info->known & RSTMEM_INFO_DEVICE)
		json_bool(&json, "device_gone", info->device < 0);
	else
		json_null(&json, "device_gone");
	json_end(&json, '}');
}

int cmd_inspect(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":jh";
	struct rstmem_info info;
	struct target target;
	bool is_json = false;
	int c, ret;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		switch (c) {
		case 'j':
			is_json = true;
			break;
		case 'h':
			fputs(inspect_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind == argc)
		return usage_error(argv[0], "no descriptor given, FD or PID:FD");
	if (optind + 1 < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind + 1]);
	if (parse_target(argv[optind], &target))
		return usage_error(argv[0], "\"%s\" is not a descriptor; write FD or PID:FD",
				   argv[optind]);

	ret = target.pid ? rstmem_inspect_process(target.pid, target.fd, &info) :
			   rstmem_inspect(target.fd, &info);
	if (ret)
		return inspect_error(argv[optind], &target, ret);

	if (is_json)
		print_json(&target, &info);
	else
		print_text(&info);
	return finish_output(EXIT_OK);
}
