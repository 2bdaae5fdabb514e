// SPDX-License-Identifier: GPL-2.0-only
/* rstmem alloc: one buffer, for a moment, for a time or for a command. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "verbs.h"

const char alloc_help[] =
"Usage: rstmem alloc -s SIZE [-u NAME|N] [-d PATH] [--via tee|heap] [-j]\n"
"                    [-H [SECONDS] | -- COMMAND [ARG...]]\n"
"\n"
"Allocates a buffer of restricted memory, shows it and releases it. Keeps it for a\n"
"time with -H, and while COMMAND runs.\n"
"\n"
"  -s, --size SIZE       bytes, or with K, M, G: KiB, MiB, GiB\n"
"  -u, --use-case NAME   secure-video (default), trusted-ui, secure-video-record,\n"
"                        or a number; with -d and a heap, that of the heap\n"
"  -d, --device PATH     from this TEE device or dma-heap; by default from the first\n"
"                        TEE device with restricted memory, else from a heap\n"
"      --via tee|heap    only from a TEE device, only from a dma-heap\n"
"  -H, --hold [SECONDS]  keep it for SECONDS; without a number, until a signal or\n"
"                        until stdin ends (a pipe, a socket or a terminal)\n"
"  -j, --json            for programs: one JSON object, size in bytes\n"
"  -h, --help            show this help\n"
"\n"
"COMMAND inherits the dma-buf and the open TEE device. RSTMEM_FD and RSTMEM_TEE_FD\n"
"have their descriptors; RSTMEM_ID, RSTMEM_SIZE and RSTMEM_USE_CASE describe the\n"
"buffer. A buffer from a heap has no TEE device and no id. rstmem exits with the\n"
"status of COMMAND.\n";

struct request {
	const char *path;
	enum rstmem_via via;
	uint32_t use_case;
	uint64_t size;
	bool has_use_case;
	bool has_size;
	bool is_json;
	bool hold;
	bool has_limit;
	uint32_t seconds;
	char **command;
};

static int parse_seconds(const char *text, uint32_t *seconds)
{
	uint64_t number = 0;
	const char *c;

	for (c = text; *c >= '0' && *c <= '9'; c++) {
		number = number * 10 + (uint64_t)(*c - '0');
		if (number > UINT32_MAX)
			return -ERANGE;
	}
	if (c == text || *c)
		return -EINVAL;

	*seconds = (uint32_t)number;
	return 0;
}

/* Return: 0 to go on, else 1 with @status set. */
static int parse(int argc, char **argv, struct request *req, int *status)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "hold", optional_argument, NULL, 'H' },
		{ "json", no_argument, NULL, 'j' },
		{ "size", required_argument, NULL, 's' },
		{ "use-case", required_argument, NULL, 'u' },
		{ "via", required_argument, NULL, OPTION_VIA },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = "+:d:H::js:u:h";
	const char *verb = argv[0];
	int c, ret;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		switch (c) {
		case 'd':
			req->path = optarg;
			break;
		case 'H':
			req->hold = true;
			/* A word that follows can only be the seconds. */
			if (!optarg && optind < argc && argv[optind][0] != '-')
				optarg = argv[optind++];
			req->has_limit = optarg;
			if (optarg && parse_seconds(optarg, &req->seconds)) {
				*status = usage_error(verb, "--hold takes whole seconds, not \"%s\"",
						      optarg);
				return 1;
			}
			break;
		case 'j':
			req->is_json = true;
			break;
		case 's':
			ret = size_parse(optarg, &req->size);
			if (ret == -ERANGE) {
				*status = usage_error(verb, "size \"%s\" is too large",
						      optarg);
				return 1;
			}
			if (ret || !req->size) {
				*status = usage_error(verb, "\"%s\" is not a size; write bytes or for example 64M",
						      optarg);
				return 1;
			}
			req->has_size = true;
			break;
		case 'u':
			if (rstmem_use_case_parse(optarg, &req->use_case)) {
				*status = usage_error(verb, "\"%s\" is not a use case",
						      optarg);
				return 1;
			}
			req->has_use_case = true;
			break;
		case OPTION_VIA:
			if (via_parse(optarg, &req->via)) {
				*status = usage_error(verb, "--via takes tee or heap, not \"%s\"",
						      optarg);
				return 1;
			}
			break;
		case 'h':
			fputs(alloc_help, stdout);
			*status = finish_output(EXIT_OK);
			return 1;
		default:
			*status = option_error(c, argv, letters);
			return 1;
		}
	}

	if (!strcmp(argv[optind - 1], "--")) {
		if (optind == argc) {
			*status = usage_error(verb, "no command after --");
			return 1;
		}
		req->command = argv + optind;
	} else if (optind < argc) {
		*status = usage_error(verb, "unexpected \"%s\"; a command goes after --",
				      argv[optind]);
		return 1;
	}
	if (!req->has_size) {
		*status = usage_error(verb, "no size given, for example -s 64M");
		return 1;
	}
	if (req->hold && req->command) {
		*status = usage_error(verb, "--hold and a command exclude each other");
		return 1;
	}

	return 0;
}

/* The node that a buffer is from, or was to be from. */
static const char *source(const struct rstmem *dev, uint32_t use_case,
			  char path[RSTMEM_HEAP_PATH_SIZE])
{
	if (rstmem_fd(dev) < 0 && use_case <= TEE_IOC_UC_MAX &&
	    rstmem_next_heap((int)use_case - 1, path, RSTMEM_HEAP_PATH_SIZE) ==
		    (int)use_case)
		return path;
	return rstmem_path(dev);
}

/* A heap has one use case, which is its default. */
static void default_use_case(struct rstmem *dev, struct request *req)
{
	uint64_t offered;

	if (req->has_use_case || rstmem_via(dev) != RSTMEM_VIA_HEAP ||
	    rstmem_fd(dev) < 0 || rstmem_use_cases(dev, &offered) || !offered)
		return;
	for (req->use_case = 0; !(offered >> req->use_case & 1);)
		req->use_case++;
}

/* As asked for, and as the device rounds it. */
static void describe_size(char *text, size_t room, uint64_t size, uint64_t rounded)
{
	char asked[SIZE_TEXT], whole[SIZE_TEXT];

	size_format(size, asked);
	if (rounded == size)
		snprintf(text, room, "%s", asked);
	else
		snprintf(text, room, "%s, rounded up to %s,", asked,
			 size_format(rounded, whole));
}

/* Return: the exit status. */
static int alloc_error(struct rstmem *dev, const struct request *req, int err)
{
	struct reason reason = { .code = REASON_ALLOC, .err = err };
	struct rstmem_account account = { 0 };
	char node[RSTMEM_HEAP_PATH_SIZE];
	struct rstmem_usage usage;
	uint64_t size;

	/* Other heaps could be opened. */
	if (err == -EACCES)
		return device_error(source(dev, req->use_case, node),
				    RSTMEM_VIA_HEAP, err);

	if (err == -EINVAL && use_case_explain(dev, req->use_case, &reason))
		return reason_print(&reason);

	reason_set_path(&reason, source(dev, req->use_case, node));
	rstmem_use_case_name(req->use_case, reason.use_case,
			     sizeof(reason.use_case));
	rstmem_account_of(dev, req->use_case, &account);
	size = limit_round(&account, req->size);
	describe_size(reason.size, sizeof(reason.size), req->size, size);
	if (err == -EINVAL && rstmem_via(dev) == RSTMEM_VIA_HEAP) {
		reason.code = REASON_TOO_LARGE_OR_GONE;
	} else if (err == -EDQUOT && *account.name) {
		limit_explain(&reason, &account, size);
	} else if ((err == -ENOMEM || err == -EINVAL) &&
		   !rstmem_query(dev, req->use_case, &usage)) {
		size_format(usage.largest_free, reason.largest);
		size_format(usage.total, reason.total);
		size_format(usage.used, reason.used);
		reason.code = err == -EINVAL ? REASON_TOO_LARGE :
			      usage.largest_free >= size ? REASON_RACE :
							   REASON_FULL;
	}
	return reason_print(&reason);
}

static void print_buffer(struct rstmem *dev, const struct rstmem_buffer *buf,
			 bool is_json)
{
	char size[SIZE_TEXT], name[RSTMEM_USE_CASE_NAME_SIZE];
	char node[RSTMEM_HEAP_PATH_SIZE];
	const char *path = source(dev, buf->use_case, node);
	struct json json = { .out = stdout };

	rstmem_use_case_name(buf->use_case, name, sizeof(name));
	if (is_json) {
		json_begin(&json, NULL, '{');
		json_string(&json, "device", path);
		json_string(&json, "via", rstmem_via(dev) == RSTMEM_VIA_HEAP ?
					  "heap" : "tee");
		json_u64(&json, "use_case", buf->use_case);
		json_string(&json, "name", name);
		json_u64(&json, "size", buf->size);
		json_u64(&json, "flags", buf->flags);
		if (buf->id)
			json_u64(&json, "id", (uint64_t)buf->id);
		else
			json_null(&json, "id");
		json_u64(&json, "fd", (uint64_t)buf->fd);
		json_end(&json, '}');
		return;
	}

	text_print("device    ", path);
	printf("use case  %s\n", name);
	printf("size      %s (%" PRIu64 " bytes)\n",
	       size_format(buf->size, size), buf->size);
	if (buf->id)
		printf("id        %" PRId32 "\n", buf->id);
	else
		printf("id        none, it is from a heap\n");
	printf("fd        %d\n", buf->fd);
}

int cmd_alloc(int argc, char **argv)
{
	struct request req = { .use_case = TEE_IOC_UC_SECURE_VIDEO_PLAY };
	struct rstmem_buffer buf;
	struct rstmem *dev;
	int ret, status;

	if (parse(argc, argv, &req, &status))
		return status;

	ret = rstmem_open_via(req.path, req.via, &dev);
	if (ret)
		return device_error(req.path, req.via, ret);

	default_use_case(dev, &req);
	ret = rstmem_alloc(dev, req.use_case, req.size, 0, &buf);
	if (ret) {
		status = alloc_error(dev, &req, ret);
		goto out_close;
	}

	/* With a command, stdout is the command's. */
	if (!req.command || req.is_json)
		print_buffer(dev, &buf, req.is_json);
	status = finish_output(EXIT_OK);
	if (status == EXIT_OK && req.command)
		status = run(dev, &buf, req.command);
	else if (status == EXIT_OK && req.hold)
		status = hold(req.has_limit, req.seconds);

	rstmem_buffer_close(&buf);
out_close:
	rstmem_close(dev);
	return status;
}
