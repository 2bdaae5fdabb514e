// SPDX-License-Identifier: GPL-2.0-only
/* rstmem features: show what this kernel and the loaded modules can do, and why not. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs.h"

const char features_help[] =
"Usage: rstmem features [-o LIST] [--noheadings] [-j]\n"
"\n"
"Shows what this kernel and the loaded modules can do, and the reason if they cannot.\n"
"\n"
"  -o, --output LIST  these columns: FEATURE, WORKS, WHY\n"
"      --noheadings   no titles\n"
"  -j, --json         for programs: one JSON object\n"
"  -h, --help         show this help\n";

static const struct column columns[] = {
	{ "FEATURE", false }, { "WORKS", false }, { "WHY", false },
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

enum answer {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_UNKNOWN,
};

struct feature {
	const char *name;
	enum answer answer;
	char why[256];
};

/* Facts that all features look at, read once. */
struct facts {
	struct accounts accounts;
	bool has_module;	/* tee_rstmem */
	uint32_t caps;		/* of all use cases of all open devices */
	bool is_open;		/* a TEE device could be asked */
	int err;		/* the first error of a device that could not */
};

static void read_caps(struct facts *facts)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];
	struct rstmem_usage usage;
	struct rstmem *dev;
	uint64_t offered;
	uint32_t uc;
	int i = -1, ret;

	facts->caps = UINT32_MAX;
	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		ret = rstmem_open_via(path, RSTMEM_VIA_TEE, &dev);
		if (ret) {
			if (ret != -EOPNOTSUPP && !facts->err)
				facts->err = ret;
			continue;
		}
		if (rstmem_use_cases(dev, &offered))
			offered = 0;
		for (uc = 1; uc <= TEE_IOC_UC_MAX; uc++) {
			if (!(offered >> uc & 1) || rstmem_query(dev, uc, &usage))
				continue;
			facts->is_open = true;
			facts->caps &= usage.caps;
		}
		rstmem_close(dev);
	}
}

static void set(struct feature *f, enum answer answer, const char *why)
{
	f->answer = answer;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

/* Without restricted memory, a feature that needs it has one reason. */
static bool lacks_memory(struct feature *f, const struct facts *facts)
{
	if (facts->accounts.count)
		return false;
	set(f, ANSWER_NO, "no restricted memory; \"rstmem doctor\" says why");
	return true;
}

static void allocation(struct feature *f, const struct facts *facts)
{
	if (lacks_memory(f, facts))
		return;
	f->answer = ANSWER_YES;
	snprintf(f->why, sizeof(f->why), "from /dev/tee%d",
		 facts->accounts.account[0].device);
}

static void heaps(struct feature *f, const struct facts *facts)
{
	char path[RSTMEM_HEAP_PATH_SIZE];

	if (lacks_memory(f, facts))
		return;
	if (rstmem_next_heap(-1, path, sizeof(path)) < 0)
		set(f, ANSWER_NO, "run as root: modprobe rstmem_heap");
	else if (!access("/sys/class/rstmem_heap", F_OK))
		set(f, ANSWER_YES, "in a class of their own, rstmem_heap");
	else
		set(f, ANSWER_YES, "in the kernel's class dma_heap");
}

static void by_capability(struct feature *f, const struct facts *facts,
			  uint32_t cap, const char *yes, const char *no)
{
	if (lacks_memory(f, facts))
		return;
	if (!facts->is_open) {
		f->answer = ANSWER_UNKNOWN;
		snprintf(f->why, sizeof(f->why), "cannot ask a TEE device: %s",
			 facts->err ? strerror(-facts->err) : "none is open");
	} else if (facts->caps & cap) {
		set(f, ANSWER_YES, yes);
	} else {
		set(f, ANSWER_NO, no);
	}
}

static void protection(struct feature *f, const struct facts *facts)
{
	by_capability(f, facts, TEE_RSTMEM_CAP_PROTECTED,
		      "something outside the kernel keeps the CPU out",
		      "a device only imitates restricted memory, for development");
}

static void scrubbing(struct feature *f, const struct facts *facts)
{
	by_capability(f, facts, TEE_RSTMEM_CAP_SCRUBS,
		      "released memory is cleared before its next use",
		      "a backend cannot clear memory before its next use");
}

/* A file that every account has with modules that know the feature. */
static void by_file(struct feature *f, const struct facts *facts,
		    const char *file, const char *yes)
{
	char path[PATH_MAX];

	if (lacks_memory(f, facts))
		return;
	snprintf(path, sizeof(path), "/sys/class/rstmem/%s/%s",
		 facts->accounts.account[0].name, file);
	if (!access(path, F_OK))
		set(f, ANSWER_YES, yes);
	else
		set(f, ANSWER_NO, "the loaded modules are too old for it");
}

static void limits(struct feature *f, const struct facts *facts)
{
	by_file(f, facts, "limits/user_bytes",
		"/sys/class/rstmem/*/limits, for each user");
}

static void importers(struct feature *f, const struct facts *facts)
{
	by_file(f, facts, "importers", "/sys/class/rstmem/*/importers");
}

static void cgroup(struct feature *f, const struct facts *facts)
{
	char *line = NULL;
	size_t size = 0;
	bool has_region = false;
	FILE *list;

	if (lacks_memory(f, facts))
		return;
	list = fopen("/sys/fs/cgroup/dmem.capacity", "re");
	if (!list) {
		set(f, ANSWER_NO, "no controller dmem in cgroup v2; Linux 6.14 brought it");
		return;
	}
	while (!has_region && getline(&line, &size, list) > 0)
		has_region = !strncmp(line, "rstmem/", 7);
	free(line);
	fclose(list);
	if (has_region)
		set(f, ANSWER_YES, "dmem.max of a cgroup bounds allocation");
	else
		set(f, ANSWER_NO, "the controller dmem has no region of rstmem");
}

static void buffer_list(struct feature *f, const struct facts *facts)
{
	if (lacks_memory(f, facts))
		return;
	if (!access("/sys/kernel/debug/rstmem/buffers", R_OK))
		set(f, ANSWER_YES, "rstmem buffers, rstmem top");
	else if (geteuid())
		set(f, ANSWER_UNKNOWN, "only root may look into debugfs");
	else
		set(f, ANSWER_NO, "\"rstmem buffers\" says why");
}

static void tracepoints(struct feature *f, const struct facts *facts)
{
	if (!facts->has_module)
		set(f, ANSWER_NO, "tee_rstmem is not loaded");
	else if (!access("/sys/kernel/tracing/events/rstmem", F_OK))
		set(f, ANSWER_YES, "rstmem:*, for trace-cmd and perf");
	else if (geteuid())
		set(f, ANSWER_UNKNOWN, "only root may look into /sys/kernel/tracing");
	else
		set(f, ANSWER_NO, "tracefs is not mounted, or the kernel has no tracepoints");
}

static void iommu(struct feature *f, const struct facts *facts)
{
	DIR *dir = opendir("/sys/class/iommu");
	const struct dirent *entry;
	int count = 0;

	(void)facts;
	while (dir && (entry = readdir(dir)))
		count += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	if (count)
		set(f, ANSWER_YES, "devices behind an IOMMU map buffers wherever these are");
	else
		set(f, ANSWER_NO, "no IOMMU; a device must reach the memory itself");
}

static const struct {
	const char *name;
	void (*ask)(struct feature *f, const struct facts *facts);
} features[] = {
	{ "allocation", allocation },
	{ "heaps", heaps },
	{ "protection", protection },
	{ "scrubbing", scrubbing },
	{ "limits", limits },
	{ "importers", importers },
	{ "cgroup", cgroup },
	{ "buffer-list", buffer_list },
	{ "tracepoints", tracepoints },
	{ "iommu", iommu },
};

static const char *const answer_names[] = { "no", "yes", "unknown" };

static void print_json(const struct feature *f, size_t count)
{
	struct json json = { .out = stdout };
	size_t i;

	json_begin(&json, NULL, '{');
	json_begin(&json, "features", '[');
	for (i = 0; i < count; i++, f++) {
		json_begin(&json, NULL, '{');
		json_string(&json, "name", f->name);
		if (f->answer == ANSWER_UNKNOWN)
			json_null(&json, "works");
		else
			json_bool(&json, "works", f->answer == ANSWER_YES);
		json_string(&json, "why", f->why);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_end(&json, '}');
}

static void print_text(const struct feature *f, size_t count,
		       const struct output *output)
{
	struct table t;
	size_t i;

	table_init(&t, columns, COLUMNS);
	output_apply(output, &t);
	for (i = 0; i < count; i++, f++) {
		table_add(&t, f->name);
		table_add(&t, answer_names[f->answer]);
		table_add(&t, f->why);
	}
	table_print(&t, "");
	table_deinit(&t);
}

/* Return: below 0 to go on, else the exit status. */
static int parse(int argc, char **argv, struct output *output)
{
	static const struct option options[] = {
		OPTION_JSON, OPTIONS_TABLE,
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":jo:h";
	int c, ret;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		if (output_option(output, c))
			continue;
		if (c != 'h')
			return option_error(c, argv, letters);
		fputs(features_help, stdout);
		return finish_output(EXIT_OK);
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	ret = output_check(output, argv[0], columns, COLUMNS);
	return ret ? ret : -1;
}

int cmd_features(int argc, char **argv)
{
	struct feature all[sizeof(features) / sizeof(features[0])] = { 0 };
	size_t i, count = sizeof(all) / sizeof(all[0]);
	struct filter filter = FILTER_ALL;
	struct facts facts = { 0 };
	struct output output = { 0 };
	int ret;

	ret = parse(argc, argv, &output);
	if (ret >= 0)
		return ret;

	ret = accounts_read(&facts.accounts, &filter);
	if (ret && ret != -ENOENT && ret != -ENXIO)
		return accounts_error(ret);
	facts.has_module = !access("/sys/class/rstmem", F_OK);
	read_caps(&facts);
	for (i = 0; i < count; i++) {
		all[i].name = features[i].name;
		features[i].ask(&all[i], &facts);
	}
	if (output.is_json)
		print_json(all, count);
	else
		print_text(all, count, &output);
	accounts_deinit(&facts.accounts);
	return finish_output(EXIT_OK);
}
