// SPDX-License-Identifier: GPL-2.0-only
/* rstmem info: devices and heaps. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "verbs.h"

const char info_help[] =
"Usage: rstmem info [-d PATH] [-o LIST] [--noheadings] [-b] [-j]\n"
"\n"
"Shows the restricted memory of every TEE device for each use case, and the dma-heaps\n"
"for restricted memory.\n"
"\n"
"  -d, --device PATH  only this device, such as /dev/tee0, or this heap\n"
"  -o, --output LIST  one table with these columns: DEVICE, USE-CASE, GRANULE, FLOOR,\n"
"                     TOTAL, MOST, USED, LARGEST-FREE, BUFFERS, CAPABILITIES, MEMORY\n"
"      --noheadings   one table without titles\n"
"  -b, --bytes        sizes in bytes\n"
"  -j, --json         for programs: one JSON object, sizes in bytes\n"
"  -h, --help         show this help\n";

/* A row is a use case of a TEE device, or a heap. */
static const struct column columns[] = {
	{ "DEVICE", false }, { "USE-CASE", false }, { "GRANULE", true },
	{ "FLOOR", true }, { "TOTAL", true }, { "MOST", true }, { "USED", true },
	{ "LARGEST-FREE", true }, { "BUFFERS", true }, { "CAPABILITIES", false }, { "MEMORY", false },
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

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

static void read_device(struct device *dev, const char *path,
			enum rstmem_via via)
{
	struct rstmem *handle;
	uint64_t offered;
	uint32_t i;

	*dev = (struct device){ .path = path };
	dev->err = rstmem_open_via(path, via, &handle);
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

static bool grows(const struct device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->count; i++) {
		if (dev->use_cases[i].usage.most > dev->use_cases[i].usage.floor)
			return true;
	}
	return false;
}

static void add_rows(struct table *t, const struct device *dev)
{
	char caps[80];
	unsigned int i;

	for (i = 0; i < dev->count; i++) {
		const struct rstmem_usage *u = &dev->use_cases[i].usage;

		table_add(t, dev->path);
		table_add(t, dev->use_cases[i].name);
		table_add_size(t, u->granule);
		table_add_size(t, u->floor);
		table_add_size(t, u->total);
		table_add_size(t, u->most);
		table_add_size(t, u->used);
		table_add_size(t, u->largest_free);
		table_add_u64(t, u->buffers);
		snprintf(caps, sizeof(caps), "%s, %s%s",
			 u->caps & TEE_RSTMEM_CAP_PROTECTED ?
				"protected" : "NOT PROTECTED",
			 u->caps & TEE_RSTMEM_CAP_SCRUBS ?
				"scrubs" : "does not scrub",
			 u->caps & TEE_RSTMEM_CAP_KEEPS_MAPPING ?
				", keeps the mapping" : "");
		table_add(t, caps);
		table_add(t, "-");
	}
}

/* Lines that fit 80 columns. */
static void print_text(const struct device *dev, const struct output *output)
{
	struct table t;

	text_print("", dev->path);
	if (!is_protected(dev))
		printf("  NOT PROTECTED: imitates restricted memory for development; the CPU can read it\n");
	table_init(&t, columns, COLUMNS);
	output_apply(output, &t);
	add_rows(&t, dev);
	table_show(&t, "USE-CASE,GRANULE,TOTAL,USED,LARGEST-FREE,BUFFERS");
	table_print(&t, "  ");
	putchar('\n');
	if (grows(dev)) {
		table_show(&t, "USE-CASE,FLOOR,TOTAL,MOST");
		table_print(&t, "  ");
		putchar('\n');
	}
	table_show(&t, "USE-CASE,CAPABILITIES");
	table_print(&t, "  ");
	table_deinit(&t);
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
		json_u64(json, "floor", u->floor);
		json_u64(json, "total", u->total);
		json_u64(json, "most", u->most);
		json_u64(json, "used", u->used);
		json_u64(json, "largest_free", u->largest_free);
		json_u64(json, "buffers", u->buffers);
		json_bool(json, "protected", u->caps & TEE_RSTMEM_CAP_PROTECTED);
		json_bool(json, "scrubs", u->caps & TEE_RSTMEM_CAP_SCRUBS);
		json_bool(json, "keeps_mapping", u->caps & TEE_RSTMEM_CAP_KEEPS_MAPPING);
		json_u64(json, "caps", u->caps);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_end(json, '}');
}

/* The status for two devices: a failure wins, then success. */
static int worse(int a, int b)
{
	if (a == EXIT_FAILED || b == EXIT_FAILED)
		return EXIT_FAILED;
	return a == EXIT_OK ? a : b;
}

struct report {
	struct json *json;	/* NULL for text */
	struct output output;
	struct table table;	/* of heaps, and with --output of all */
	const char *path;	/* of --device, or NULL for all */
	bool first;		/* nothing is printed yet */
	int closed;		/* the error of a TEE device that may not be opened */
	int status;
};

/* Begin a paragraph. */
static void separate(struct report *report)
{
	if (!report->first)
		putchar('\n');
	report->first = false;
}

static void report_text(struct report *report, const struct device *dev)
{
	char path[PATH_MAX];

	if (output_is_flat(&report->output)) {
		add_rows(&report->table, dev);
	} else if (!dev->err) {
		separate(report);
		print_text(dev, &report->output);
	} else if (dev->err == -EOPNOTSUPP && !report->path) {
		separate(report);
		printf("%s: no restricted memory\n",
		       text_clean(dev->path, path, sizeof(path)));
	}
}

static void report_device(struct report *report, const char *path)
{
	/* A path that is no heap of ours may still be another heap. */
	enum rstmem_via via = report->path ? RSTMEM_VIA_ANY : RSTMEM_VIA_TEE;
	static struct device dev;

	read_device(&dev, path, via);
	/* Without --device, a node with nothing behind it is no device. */
	if (!report->path && (dev.err == -ENXIO || dev.err == -ENOENT))
		return;

	if (report->json)
		print_json(report->json, &dev);
	else
		report_text(report, &dev);

	if (!dev.err)
		report->status = worse(report->status, EXIT_OK);
	else if (!report->path && (dev.err == -EACCES || dev.err == -EPERM))
		report->closed = dev.err;
	else if (report->path || dev.err != -EOPNOTSUPP)
		report->status = worse(report->status,
				       device_error(path, via, dev.err));
}

static void report_devices(struct report *report)
{
	char node[RSTMEM_DEVICE_PATH_SIZE];
	int i = -1;

	while ((i = rstmem_next_device(i, node, sizeof(node))) >= 0)
		report_device(report, node);
}

/* Return: the error of the heap. */
static int report_heap(struct report *report, const char *path,
		       uint32_t use_case)
{
	struct heap heap;

	heap_read(&heap, path, use_case);
	if (!report->path && (heap.err == -ENXIO || heap.err == -ENOTTY))
		return heap.err;

	if (report->json)
		heap_print_json(report->json, &heap);
	else if (!report->path || !heap.err)
		heap_add(&report->table, &heap);

	if (!heap.err)
		report->status = worse(report->status, EXIT_OK);
	return heap.err;
}

/*
 * A heap that may not be opened is shown as such, since it has no figures anyway. It
 * is a failure only if there are no other devices and heaps. A TEE device is one always.
 * One message is for all of them.
 */
static void report_heaps(struct report *report)
{
	char node[RSTMEM_HEAP_PATH_SIZE];
	int i = 0, err, closed = 0;

	while ((i = rstmem_next_heap(i, node, sizeof(node))) >= 0) {
		err = report_heap(report, node, (uint32_t)i);
		if (err == -EACCES || err == -EPERM)
			closed = err;
	}
	if (report->closed)
		report->status = device_error(NULL, RSTMEM_VIA_ANY,
					      report->closed);
	else if (report->status == EXIT_NO_DEVICE && closed)
		report->status = device_error(NULL, RSTMEM_VIA_HEAP, closed);
}

/* Return: true when @path is a heap, with @use_case set when it is known. */
static bool is_heap(const char *path, uint32_t *use_case)
{
	char node[RSTMEM_HEAP_PATH_SIZE];
	struct rstmem *dev;
	int i = 0;

	*use_case = 0;
	while ((i = rstmem_next_heap(i, node, sizeof(node))) >= 0) {
		if (!strcmp(path, node)) {
			*use_case = (uint32_t)i;
			return true;
		}
	}

	if (rstmem_open_via(path, RSTMEM_VIA_HEAP, &dev))
		return false;
	rstmem_close(dev);
	return true;
}

static void begin(struct report *report, const char *key)
{
	if (report->json)
		json_begin(report->json, key, '[');
}

static void end(struct report *report)
{
	if (report->json)
		json_end(report->json, ']');
}

static void report_all(struct report *report)
{
	begin(report, "devices");
	report_devices(report);
	end(report);
	begin(report, "heaps");
	report_heaps(report);
	end(report);
	if (report->status == EXIT_NO_DEVICE)
		device_error(NULL, RSTMEM_VIA_ANY, -ENXIO);
}

static void report_one(struct report *report)
{
	uint32_t use_case;
	bool heap;
	int err;

	heap = is_heap(report->path, &use_case);
	begin(report, "devices");
	if (!heap)
		report_device(report, report->path);
	end(report);
	begin(report, "heaps");
	if (heap) {
		err = report_heap(report, report->path, use_case);
		if (err)
			report->status = device_error(report->path,
						      RSTMEM_VIA_HEAP, err);
	}
	end(report);
}

/* Print the table that the devices and heaps have filled. */
static void print_table(struct report *report)
{
	struct table *t = &report->table;

	if (!table_rows(t))
		return;
	if (output_is_flat(&report->output)) {
		table_print(t, "");
		return;
	}
	separate(report);
	puts("/dev/dma_heap");
	t->first_title = "HEAP";
	table_show(t, "DEVICE,MEMORY");
	table_print(t, "  ");
}

int cmd_info(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		OPTION_JSON, OPTION_BYTES, OPTIONS_TABLE,
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":bd:jo:h";
	struct report report = { .first = true, .status = EXIT_NO_DEVICE };
	struct json json = { .out = stdout };
	int c, ret;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		if (output_option(&report.output, c))
			continue;
		switch (c) {
		case 'd':
			report.path = optarg;
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
	ret = output_check(&report.output, argv[0], columns, COLUMNS);
	if (ret)
		return ret;

	table_init(&report.table, columns, COLUMNS);
	output_apply(&report.output, &report.table);
	if (report.output.is_json) {
		report.json = &json;
		json_begin(report.json, NULL, '{');
	}
	if (report.path)
		report_one(&report);
	else
		report_all(&report);
	if (report.json) {
		error_print_json(report.json);
		json_end(report.json, '}');
	} else {
		print_table(&report);
	}
	table_deinit(&report.table);
	return finish_output(report.status);
}
