// SPDX-License-Identifier: GPL-2.0-only
/* rstmem info: what there is. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"

const char info_help[] =
"Usage: rstmem info [-d PATH] [-j]\n"
"\n"
"Shows the restricted memory of every TEE device, for each use case.\n"
"\n"
"  -d, --device PATH  only this device, such as /dev/tee0\n"
"  -j, --json         for programs: one JSON object, sizes in bytes\n"
"  -h, --help         show this help\n";

/* The most use cases that fit the mask. */
#define MAX_USE_CASES	64

struct use_case {
	uint32_t number;
	char name[RSTMEM_USE_CASE_NAME_SIZE];
	struct rstmem_usage usage;
};

struct device {
	const char *path;
	int err;			/* of rstmem_open() or a query */
	unsigned int count;
	struct use_case use_cases[MAX_USE_CASES];
};

static void read_device(struct device *dev, const char *path)
{
	struct rstmem *handle;
	uint64_t offered;
	uint32_t i;

	*dev = (struct device){ .path = path };
	dev->err = rstmem_open(path, &handle);
	if (dev->err)
		return;

	dev->err = rstmem_use_cases(handle, &offered);
	for (i = 0; !dev->err && i < MAX_USE_CASES; i++) {
		struct use_case *uc = &dev->use_cases[dev->count];

		if (!(offered >> i & 1) || i == TEE_IOC_UC_RESERVED)
			continue;
		uc->number = i;
		rstmem_use_case_name(i, uc->name, sizeof(uc->name));
		dev->err = rstmem_query(handle, i, &uc->usage);
		if (!dev->err)
			dev->count++;
	}

	rstmem_close(handle);
}

static bool is_protected(const struct device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->count; i++) {
		if (!(dev->use_cases[i].usage.caps & TEE_RSTMEM_CAP_PROTECTED))
			return false;
	}
	return true;
}

static void print_text(const struct device *dev, bool first)
{
	char granule[SIZE_TEXT], total[SIZE_TEXT], used[SIZE_TEXT], largest[SIZE_TEXT];
	unsigned int i;

	if (dev->err && dev->err != -EOPNOTSUPP)
		return;
	if (!first)
		putchar('\n');
	if (dev->err) {
		printf("%s: no restricted memory\n", dev->path);
		return;
	}

	printf("%s\n", dev->path);
	if (!is_protected(dev))
		printf("  NOT PROTECTED: imitates restricted memory for development; the CPU can read it\n");
	printf("  %-19s %8s %10s %10s %12s %7s  %s\n", "USE CASE", "GRANULE",
	       "TOTAL", "USED", "LARGEST FREE", "BUFFERS", "CAPABILITIES");
	for (i = 0; i < dev->count; i++) {
		const struct use_case *uc = &dev->use_cases[i];
		const struct rstmem_usage *u = &uc->usage;

		printf("  %-19s %8s %10s %10s %12s %7" PRIu32 "  %s, %s\n",
		       uc->name, size_format(u->granule, granule),
		       size_format(u->total, total), size_format(u->used, used),
		       size_format(u->largest_free, largest), u->buffers,
		       u->caps & TEE_RSTMEM_CAP_PROTECTED ?
				"protected" : "NOT PROTECTED",
		       u->caps & TEE_RSTMEM_CAP_SCRUBS ?
				"scrubs" : "does not scrub");
	}
}

static void print_json(struct json *json, const struct device *dev)
{
	unsigned int i;

	json_begin(json, NULL, '{');
	json_string(json, "path", dev->path);
	if (!dev->err || dev->err == -EOPNOTSUPP)
		json_bool(json, "restricted_memory", !dev->err);
	else
		json_null(json, "restricted_memory");
	if (dev->err && dev->err != -EOPNOTSUPP)
		json_string(json, "error", strerror(-dev->err));

	json_begin(json, "use_cases", '[');
	for (i = 0; i < dev->count; i++) {
		const struct use_case *uc = &dev->use_cases[i];
		const struct rstmem_usage *u = &uc->usage;

		json_begin(json, NULL, '{');
		json_u64(json, "use_case", uc->number);
		json_string(json, "name", uc->name);
		json_u64(json, "granule", u->granule);
		json_u64(json, "total", u->total);
		json_u64(json, "used", u->used);
		json_u64(json, "largest_free", u->largest_free);
		json_u64(json, "buffers", u->buffers);
		json_bool(json, "protected", u->caps & TEE_RSTMEM_CAP_PROTECTED);
		json_bool(json, "scrubs", u->caps & TEE_RSTMEM_CAP_SCRUBS);
		json_u64(json, "caps", u->caps);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_end(json, '}');
}

/* Of several statuses the one to end with: a failure, then success. */
static int worse(int a, int b)
{
	if (a == EXIT_FAILED || b == EXIT_FAILED)
		return EXIT_FAILED;
	return a == EXIT_OK ? a : b;
}

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":d:jh";
	static struct device dev;
	char node[RSTMEM_DEVICE_PATH_SIZE];
	struct json json = { .out = stdout };
	const char *path = NULL;
	bool is_json = false, first = true;
	int c, i = -1, status = EXIT_NO_DEVICE;

	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		switch (c) {
		case 'd':
			path = optarg;
			break;
		case 'j':
			is_json = true;
			break;
		case 'h':
			fputs(info_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);

	if (is_json) {
		json_begin(&json, NULL, '{');
		json_begin(&json, "devices", '[');
	}

	while (path || (i = rstmem_next_device(i, node, sizeof(node))) >= 0) {
		read_device(&dev, path ? path : node);

		/* Without --device, a node with nothing behind it is no device. */
		if (!path && (dev.err == -ENXIO || dev.err == -ENOENT))
			continue;

		if (is_json) {
			print_json(&json, &dev);
		} else if (!path || !dev.err) {
			print_text(&dev, first);
			first = first && dev.err && dev.err != -EOPNOTSUPP;
		}

		if (!dev.err)
			status = worse(status, EXIT_OK);
		else if (path || dev.err != -EOPNOTSUPP)
			status = worse(status, device_error(dev.path, dev.err));
		if (path)
			break;
	}

	if (is_json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	if (status == EXIT_NO_DEVICE && !path)
		device_error(NULL, -ENXIO);
	return finish_output(status);
}
