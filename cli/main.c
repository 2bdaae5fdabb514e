// SPDX-License-Identifier: GPL-2.0-only
/* rstmem: restricted memory on the command line. */
#include <locale.h>
#include <string.h>

#include "verbs.h"

static const char main_help[] =
"Usage: rstmem VERB [OPTION...]\n"
"\n"
"Restricted memory of TEE devices: buffers that the CPU cannot read.\n"
"\n"
"  rstmem info           show devices, heaps and how full they are\n"
"  rstmem stat           show limits, peaks and refusals\n"
"  rstmem buffers        list buffers and the processes they are charged to, for root\n"
"  rstmem top            watch which processes use how much\n"
"  rstmem alloc -s SIZE  allocate a buffer, for a time or for a command\n"
"  rstmem inspect FD     describe a dma-buf; PID:FD for one of another process\n"
"  rstmem conform        check a device against the manual\n"
"  rstmem doctor         say what works on this system and what to do next\n"
"  rstmem features       show what the kernel and the modules can do, and why not\n"
"  rstmem help [VERB]    show help, the same as VERB --help\n"
"  rstmem version        show the version\n"
"\n"
"Exit status: 0 done, 1 failed, 2 wrong usage, 3 no device with restricted memory\n"
"or a descriptor of something else; 4 conform could not make all checks.\n"
"See rstmem(1), and tee_rstmem(7) about restricted memory.\n";

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "info", cmd_info, info_help },
	{ "stat", cmd_stat, stat_help },
	{ "buffers", cmd_buffers, buffers_help },
	{ "top", cmd_top, top_help },
	{ "alloc", cmd_alloc, alloc_help },
	{ "inspect", cmd_inspect, inspect_help },
	{ "conform", cmd_conform, conform_help },
	{ "doctor", cmd_doctor, doctor_help },
	{ "features", cmd_features, features_help },
	{ "help", cmd_help, main_help },
	{ "version", cmd_version, main_help },
};

static const struct verb *find_verb(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(name, verbs[i].name))
			return &verbs[i];
	}
	return NULL;
}

/* For the verbs without options of their own. Return: as main(). */
static int only_help(int argc, char **argv, int max_args)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(main_help, stdout);
		return finish_output(EXIT_OK);
	}
	if (argc > 1 + max_args)
		return usage_error(NULL, "unexpected \"%s\"", argv[1 + max_args]);
	return -1;
}

static int cmd_help(int argc, char **argv)
{
	const struct verb *verb = NULL;
	int status = only_help(argc, argv, 1);

	if (status >= 0)
		return status;
	if (argc > 1) {
		verb = find_verb(argv[1]);
		if (!verb)
			return usage_error(NULL, "unknown verb \"%s\"", argv[1]);
	}

	fputs(verb ? verb->help : main_help, stdout);
	return finish_output(EXIT_OK);
}

static int cmd_version(int argc, char **argv)
{
	int status = only_help(argc, argv, 0);

	if (status >= 0)
		return status;
	printf("rstmem %s\n", rstmem_version());
	return finish_output(EXIT_OK);
}

int main(int argc, char **argv)
{
	const struct verb *verb;
	const char *name;

	opterr = 0;
	/* For the characters of names. Messages stay English. */
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		fputs(main_help, stderr);
		return EXIT_USAGE;
	}

	name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	verb = find_verb(name);
	if (!verb)
		return usage_error(NULL, "unknown verb \"%s\"", name);

	return error_finish(verb->run(argc - 1, argv + 1));
}
