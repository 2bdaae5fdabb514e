// SPDX-License-Identifier: GPL-2.0-only
/* rstmem conform: check a device against tee_rstmem(7). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"
#include "verbs.h"

const char conform_help[] =
"Usage: rstmem conform [-d PATH | --heap NAME] [-u USE-CASE] [-j]\n"
"       rstmem conform -l [-j]\n"
"\n"
"Checks a TEE device or a dma-heap against tee_rstmem(7). Takes all of its memory for\n"
"moments; other programs should not use it meanwhile. Prints KTAP.\n"
"\n"
"  -d, --device PATH    test this TEE device, by default the first with restricted\n"
"                       memory\n"
"      --heap NAME      test a dma-heap, such as protected,secure-video, or its path\n"
"  -u, --use-case NAME  test this use case of the TEE device, a name or a number; by\n"
"                       default the first that it offers\n"
"  -l, --list           list the checks, run none\n"
"  -j, --json           for programs: one JSON object\n"
"  -h, --help           show this help\n"
"\n"
"Exit status: 0 conformant, 1 not conformant, 4 some checks could not be made; or as\n"
"with the other verbs.\n";

struct choice {
	const char *device;
	const char *heap;
	uint32_t use_case;	/* TEE_IOC_UC_RESERVED for the first */
};

/* Return: 0, or -ENAMETOOLONG when a path would be cut. */
static int heap_path(const char *name, char path[PATH_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s%s",
			   strchr(name, '/') ? "" : "/dev/dma_heap/", name);

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/*
 * Find the device to test, by the library. Return: the exit status.
 */
static int find(const struct choice *choice, struct conform *c, char path[PATH_MAX])
{
	enum rstmem_via via = choice->heap ? RSTMEM_VIA_HEAP : RSTMEM_VIA_TEE;
	const char *node = choice->device;
	struct reason reason = { .code = REASON_CANNOT_OPEN };
	struct rstmem *dev;
	int ret;

	if (choice->heap) {
		if (heap_path(choice->heap, path))
			return device_error(choice->heap, via, -ENAMETOOLONG);
		node = path;
	}
	ret = rstmem_open_via(node, via, &dev);
	if (ret)
		return device_error(node, via, ret);
	/* A path that could be opened fits. */
	if (node != path)
		snprintf(path, PATH_MAX, "%s", rstmem_path(dev));
	c->path = path;
	c->on = choice->heap ? CONFORM_HEAP : CONFORM_TEE;
	ret = rstmem_use_cases(dev, &c->use_cases);
	c->use_case = choice->use_case;
	if (!ret && c->use_case == TEE_IOC_UC_RESERVED)
		c->use_case = (uint32_t)__builtin_ctzll(c->use_cases);
	if (!ret && use_case_explain(dev, c->use_case, &reason)) {
		rstmem_close(dev);
		return reason_print(&reason);
	}
	rstmem_close(dev);
	if (!ret)
		ret = conform_target_open(c);
	return ret ? device_error(path, via, ret) : EXIT_OK;
}

int cmd_conform(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "heap", required_argument, NULL, OPTION_HEAP },
		{ "use-case", required_argument, NULL, 'u' },
		{ "list", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":d:u:ljh";
	struct json json = { .out = stdout }, *out = NULL;
	char path[PATH_MAX];
	struct choice choice = { 0 };
	struct conform c = { 0 };
	bool list = false;
	int letter, status;

	while ((letter = option_next(argc, argv, letters, options)) != -1) {
		switch (letter) {
		case 'd':
			choice.device = optarg;
			break;
		case OPTION_HEAP:
			choice.heap = optarg;
			break;
		case 'u':
			if (rstmem_use_case_parse(optarg, &choice.use_case))
				return usage_error(argv[0], "unknown use case \"%s\"",
						   optarg);
			break;
		case 'l':
			list = true;
			break;
		case 'j':
			out = &json;
			break;
		case 'h':
			fputs(conform_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(letter, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	if (choice.device && choice.heap)
		return usage_error(argv[0], "--device and --heap exclude each other");
	if (choice.heap && choice.use_case)
		return usage_error(argv[0], "a heap has one use case, that of its name");

	if (list)
		return finish_output(conform_list(out));
	status = find(&choice, &c, path);
	if (status != EXIT_OK)
		return status;
	status = conform_report(&c, out);
	close(c.fd);
	return finish_output(status);
}
