// SPDX-License-Identifier: GPL-2.0-only
/* rstmem doctor: report what works on this system and what does not, and the next command. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "verbs.h"

const char doctor_help[] =
"Usage: rstmem doctor [--prove[=abort] [-y]] [-j]\n"
"\n"
"Looks at the kernel, the modules, the TEE devices, the memory and the permissions of\n"
"this system. Says what works, what does not, and which commands to run next.\n"
"It changes nothing.\n"
"\n"
"With --prove, does what an attacker with the rights of root would do, to see if the\n"
"firewall is there: allocates all free restricted memory for a moment, has the TEE write\n"
"patterns to it, loads the module rstmem_prove, and looks for the patterns in every way\n"
"that it knows. The module is unloaded afterwards.\n"
"\n"
"      --prove[=abort]  try to read restricted memory; \"abort\" also where a refusal is a\n"
"                       fault of the kernel, which may stop the machine\n"
"  -y, --yes            allow that without being asked\n"
"  -j, --json           for programs: one JSON object\n"
"  -h, --help           show this help\n"
"\n"
"Exit status: 0 restricted memory can be used, 1 something does not work, 3 there is\n"
"no restricted memory. With --prove: 0 every way that was tried was refused, 1 a pattern\n"
"was found, 2 no consent, 3 there is no restricted memory, 4 nothing could be tried.\n";

/* Softtee's memory when nothing is set aside yet, as in softtee(7). */
#define POOL_SIZE	"64M"
#define POOL_ADDRESS	"0x10000000"

enum level {
	LEVEL_OK,
	LEVEL_NOTE,
	LEVEL_PROBLEM,
};

static const char *const level_names[] = { "ok", "note", "problem" };

struct exam {
	struct json *json;	/* NULL for text */
	struct utsname uts;
	struct accounts accounts;
	bool has_problem;
};

/* Where text begins on a line. */
#define TEXT_COLUMN	19

/* @commands: one a line, or NULL. */
static void __attribute__((format(printf, 5, 6)))
find(struct exam *exam, enum level level, const char *subject,
     const char *commands, const char *format, ...)
{
	char text[1024], clean[sizeof(text)], line[1024];
	va_list args;
	size_t len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	exam->has_problem |= level == LEVEL_PROBLEM;
	if (exam->json) {
		json_begin(exam->json, NULL, '{');
		json_string(exam->json, "subject", subject);
		json_string(exam->json, "level", level_names[level]);
		json_string(exam->json, "text", text);
		json_begin(exam->json, "commands", '[');
	} else {
		printf("%-7s %-10s ", level_names[level], subject);
		text_wrap(text_clean(text, clean, sizeof(clean)), TEXT_COLUMN);
	}
	for (; commands && *commands; commands += len + (commands[len] == '\n')) {
		len = strcspn(commands, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, commands);
		if (exam->json)
			json_string(exam->json, NULL, line);
		else
			printf("%*srun: %s\n", TEXT_COLUMN, "",
			       text_clean(line, clean, sizeof(clean)));
	}
	if (exam->json) {
		json_end(exam->json, ']');
		json_end(exam->json, '}');
	}
}

static unsigned int version_number(const char *text)
{
	unsigned int major = 0, minor = 0;

	sscanf(text, "%u.%u", &major, &minor);
	return major * 1000 + minor;
}

static void look_at_kernel(struct exam *exam)
{
	const char *release = exam->uts.release;
	bool is_old = version_number(release) < version_number(OLDEST_KERNEL);

	if (is_old)
		find(exam, LEVEL_PROBLEM, "kernel", NULL,
		     "%s is too old: rstmem needs " OLDEST_KERNEL " or later",
		     release);
	else
		find(exam, LEVEL_OK, "kernel", NULL,
		     "%s is " OLDEST_KERNEL " or later", release);

	if (!access("/sys/class/tee", F_OK)) {
		find(exam, LEVEL_OK, "TEE", NULL,
		     "the kernel's TEE subsystem runs");
		return;
	}
	switch (module_state("tee")) {
	case MODULE_ABSENT:
		find(exam, LEVEL_PROBLEM, "TEE", "grep CONFIG_TEE= /boot/config-$(uname -r)",
		     "this kernel has no TEE subsystem; use one with CONFIG_TEE");
		break;
	case MODULE_UNKNOWN:
		find(exam, LEVEL_NOTE, "TEE", NULL,
		     "cannot tell if the kernel has the TEE subsystem: there is no /lib/modules/%s/modules.dep",
		     release);
		break;
	default:
		find(exam, LEVEL_OK, "TEE", NULL,
		     "the kernel's TEE subsystem loads when it is needed");
	}
}

/* The commands that install the modules. */
static void install_commands(const struct exam *exam, char text[512])
{
	const char *release = exam->uts.release;
	char path[PATH_MAX];
	int n = 0;

	snprintf(path, sizeof(path), "/lib/modules/%s/build", release);
	if (access(path, F_OK))
		n = snprintf(text, 512, "apt install linux-headers-%s\n", release);
	snprintf(text + n, 512 - (size_t)n, "%s",
		 access("/var/lib/dkms/rstmem", F_OK) ?
			"apt install ./rstmem-dkms_*.deb" : "dkms autoinstall");
}

static void look_at_modules(struct exam *exam)
{
	enum module state = module_state("tee_rstmem");
	char commands[512];

	if (state != MODULE_LOADED && state != MODULE_BUILTIN &&
	    !access("/sys/class/rstmem", F_OK)) {
		find(exam, LEVEL_OK, "modules", NULL,
		     "the kernel's TEE core has restricted memory itself");
		return;
	}
	switch (state) {
	case MODULE_LOADED:
	case MODULE_BUILTIN:
		find(exam, LEVEL_OK, "modules", NULL, "tee_rstmem is loaded");
		break;
	case MODULE_INSTALLED:
		find(exam, LEVEL_OK, "modules", NULL,
		     "the modules are installed; a backend loads them");
		break;
	case MODULE_ABSENT:
		install_commands(exam, commands);
		find(exam, LEVEL_PROBLEM, "modules", commands,
		     "rstmem's modules are not installed for kernel %s",
		     exam->uts.release);
		break;
	case MODULE_UNKNOWN:
		find(exam, LEVEL_NOTE, "modules", NULL,
		     "tee_rstmem is not loaded, and there is no /lib/modules/%s/modules.dep",
		     exam->uts.release);
	}
}

/* Return: the setting that makes the kernel refuse unsigned modules, or NULL. */
static const char *signatures_needed(void)
{
	char text[128];

	if (!line_read("/sys/module/module/parameters/sig_enforce", text,
		       sizeof(text)) && *text == 'Y')
		return "module.sig_enforce";
	if (!line_read("/sys/kernel/security/lockdown", text, sizeof(text)) &&
	    strchr(text, '[') && !strstr(text, "[none]"))
		return "lockdown";
	return NULL;
}

static void look_at_signatures(struct exam *exam)
{
	static const char enrol[] =
		"mokutil --import /var/lib/dkms/mok.pub\nreboot";
	static const char sign[] =
		"dkms build --force rstmem/" RSTMEM_VERSION "\n"
		"dkms install --force rstmem/" RSTMEM_VERSION;
	const char *cause = signatures_needed();
	enum module state = module_state("tee_rstmem");

	if (!cause || state == MODULE_ABSENT)
		return;
	if (state == MODULE_LOADED || state == MODULE_BUILTIN)
		find(exam, LEVEL_OK, "signatures", NULL,
		     "the kernel needs signed modules (%s), and takes rstmem's",
		     cause);
	else if (!module_is_signed("tee_rstmem"))
		find(exam, LEVEL_PROBLEM, "signatures", sign,
		     "the kernel refuses unsigned modules (%s), and tee_rstmem is unsigned; have DKMS sign it",
		     cause);
	else
		find(exam, LEVEL_NOTE, "signatures", enrol,
		     "the kernel needs signed modules (%s); if modprobe says \"Key was rejected by service\", enrol the key that signed them",
		     cause);
}

/*
 * Find a range that the kernel command line sets aside as "memmap=SIZE$ADDRESS", for
 * pool=. Return: true when there is one.
 */
static bool find_memmap(char pool[64])
{
	char line[4096], *word, *save, *dollar;

	if (line_read("/proc/cmdline", line, sizeof(line)))
		return false;
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (strncmp(word, "memmap=", 7))
			continue;
		word[strcspn(word, ",")] = 0;
		dollar = strchr(word, '$');
		if (!dollar)
			continue;
		*dollar = 0;
		snprintf(pool, 64, "%s@%s", word + 7, dollar + 1);
		return true;
	}
	return false;
}

/* Say how to give softtee memory; it is loaded if @is_loaded. */
static void advise_softtee(struct exam *exam, bool is_loaded)
{
	const char *unload = is_loaded ? "modprobe -r softtee\n" : "";
	const char *what = is_loaded ?
		"softtee is loaded without pool= and has no memory" :
		"there is no TEE device; for development, softtee imitates one";
	char pool[64], commands[512];

	if (find_memmap(pool)) {
		snprintf(commands, sizeof(commands),
			 "%smodprobe softtee pool=%s:secure-video", unload, pool);
		find(exam, LEVEL_PROBLEM, "devices", commands,
		     "%s; the kernel command line sets %s aside", what, pool);
	} else if (!strcmp(exam->uts.machine, "x86_64")) {
		/*
		 * The shell that reads the file turns three backslashes into one, which
		 * GRUB removes. Some shells' echo would take more.
		 */
		find(exam, LEVEL_PROBLEM, "devices",
		     "printf '%s\\n' 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX memmap=" POOL_SIZE "\\\\\\$" POOL_ADDRESS "\"' >/etc/default/grub.d/rstmem.cfg\n"
		     "update-grub\n"
		     "reboot\n"
		     "modprobe softtee pool=" POOL_SIZE "@" POOL_ADDRESS ":secure-video",
		     "%s; set memory aside for it", what);
	} else {
		find(exam, LEVEL_PROBLEM, "devices", "man softtee",
		     "%s; set memory aside for it with a reserved-memory node with no-map in the device tree",
		     what);
	}
}

static bool has_account(const struct exam *exam, int device)
{
	size_t i;

	for (i = 0; i < exam->accounts.count; i++) {
		if (exam->accounts.account[i].device == device)
			return true;
	}
	return false;
}

static void look_at_devices(struct exam *exam)
{
	char path[RSTMEM_DEVICE_PATH_SIZE];
	int i = -1;

	while ((i = rstmem_next_device(i, path, sizeof(path))) >= 0) {
		const char *kind = tee_is_optee(path) ? " (OP-TEE)" : "";

		if (has_account(exam, i))
			find(exam, LEVEL_OK, "devices", NULL,
			     "%s%s has restricted memory", path, kind);
		else
			find(exam, LEVEL_NOTE, "devices", NULL,
			     "%s%s has no restricted memory", path, kind);
	}
	if (exam->accounts.count)
		return;

	switch (backend_lack()) {
	case LACK_OPTEE_MODULE:
		find(exam, LEVEL_PROBLEM, "backend", "modprobe optee_rstmem",
		     "OP-TEE is there, and its backend optee_rstmem is not loaded");
		break;
	case LACK_OPTEE_MEMORY:
		find(exam, LEVEL_PROBLEM, "backend", "dmesg | grep optee_rstmem",
		     "optee_rstmem is loaded but OP-TEE gave it no memory; the kernel log says why");
		break;
	case LACK_SOFTTEE_POOL:
		advise_softtee(exam, true);
		break;
	case LACK_BACKEND:
		if (access("/sys/module/softtee", F_OK))
			advise_softtee(exam, false);
		else
			find(exam, LEVEL_PROBLEM, "backend", "dmesg | grep softtee",
			     "softtee is loaded, and its restricted memory is gone or its device is unbound");
	}
}

static void look_at_memory(struct exam *exam)
{
	char total[SIZE_TEXT], free_text[SIZE_TEXT], lost[SIZE_TEXT];
	size_t i;

	for (i = 0; i < exam->accounts.count; i++) {
		const struct rstmem_account *a = &exam->accounts.account[i];

		if (a->lost)
			find(exam, LEVEL_NOTE, "memory", NULL,
			     "%s: %s could not be cleared and stay out of use until the next reboot",
			     a->name, size_format(a->lost, lost));
		if (a->total && !a->largest_free)
			find(exam, LEVEL_NOTE, "memory", "rstmem buffers",
			     "%s: none of %s is free", a->name,
			     size_format(a->total, total));
		else if (a->total)
			find(exam, LEVEL_OK, "memory", NULL, "%s: %s of %s free",
			     a->name, size_format(a->free, free_text),
			     size_format(a->total, total));
		else
			find(exam, LEVEL_OK, "memory", NULL,
			     "%s: the device does not tell how much it has",
			     a->name);
	}
	if (exam->accounts.count && !access("/sys/module/softtee", F_OK))
		find(exam, LEVEL_NOTE, "protection", NULL,
		     "softtee protects nothing; it is for development");
}

/* A heap that this user cannot open. */
static void look_at_closed_heap(struct exam *exam, const char *path,
				const struct stat *st)
{
	const struct group *group = getgrnam("rstmem");
	char user[OWNER_TEXT], commands[256];

	if (!group) {
		find(exam, LEVEL_PROBLEM, "permission",
		     "systemd-sysusers\nudevadm control --reload\nudevadm trigger",
		     "only root may allocate from %s: the group rstmem is missing",
		     path);
	} else if (st->st_gid != group->gr_gid) {
		find(exam, LEVEL_PROBLEM, "permission",
		     "udevadm control --reload\nudevadm trigger",
		     "%s does not belong to the group rstmem: the udev rule 60-rstmem.rules is not installed or did not run",
		     path);
	} else {
		snprintf(commands, sizeof(commands), "usermod -aG rstmem %s",
			 user_name(getuid(), user));
		find(exam, LEVEL_PROBLEM, "permission", commands,
		     "you are not in the group rstmem, which may allocate from %s; join it as root and log in again",
		     path);
	}
}

static void look_at_heaps(struct exam *exam)
{
	char path[RSTMEM_HEAP_PATH_SIZE];
	struct stat st;
	int i = -1, count = 0;

	while ((i = rstmem_next_heap(i, path, sizeof(path))) >= 0) {
		if (stat(path, &st))
			continue;
		count++;
		if (access(path, R_OK)) {
			look_at_closed_heap(exam, path, &st);
			return;
		}
	}
	if (!exam->accounts.count)
		return;
	if (!count)
		find(exam, LEVEL_PROBLEM, "heaps", "modprobe rstmem_heap",
		     "there is no dma-heap for restricted memory");
	else
		find(exam, LEVEL_OK, "heaps", NULL,
		     "you may allocate from %d dma-heap%s", count,
		     count == 1 ? "" : "s");
}

static void look_at_debugfs(struct exam *exam)
{
	if (geteuid() || !exam->accounts.count ||
	    !access("/sys/kernel/debug/rstmem/buffers", R_OK))
		return;
	find(exam, LEVEL_NOTE, "debugfs", "mount -t debugfs debugfs /sys/kernel/debug",
	     "\"rstmem buffers\" cannot list buffers: debugfs is not mounted, or the kernel lacks it or is locked down");
}

/* Return: below 0 to go on, else the exit status. */
static int parse(int argc, char **argv, bool *is_json, bool *prove, struct consent *consent)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "prove", optional_argument, NULL, OPTION_PROVE },
		{ "yes", no_argument, NULL, 'y' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	static const char letters[] = ":jyh";
	int c;

	while ((c = option_next(argc, argv, letters, options)) != -1) {
		switch (c) {
		case 'j':
			*is_json = true;
			break;
		case 'y':
			consent->is_given = true;
			break;
		case OPTION_PROVE:
			*prove = true;
			if (optarg && strcmp(optarg, "abort"))
				return usage_error(argv[0], "--prove takes abort or nothing, not \"%s\"",
						   optarg);
			consent->may_abort |= optarg != NULL;
			break;
		case 'h':
			fputs(doctor_help, stdout);
			return finish_output(EXIT_OK);
		default:
			return option_error(c, argv, letters);
		}
	}
	if (optind < argc)
		return usage_error(argv[0], "unexpected \"%s\"", argv[optind]);
	if (consent->is_given && !*prove)
		return usage_error(argv[0], "--yes is for --prove");
	return -1;
}

int cmd_doctor(int argc, char **argv)
{
	struct json json = { .out = stdout };
	struct consent consent = { 0 };
	struct exam exam = { 0 };
	struct filter all = FILTER_ALL;
	bool is_json = false, is_proof = false;
	int ret, status = EXIT_OK;

	ret = parse(argc, argv, &is_json, &is_proof, &consent);
	if (ret >= 0)
		return ret;
	if (is_proof)
		return prove(&consent, is_json);

	if (is_json) {
		exam.json = &json;
		json_begin(&json, NULL, '{');
		json_begin(&json, "findings", '[');
	}
	uname(&exam.uts);
	ret = accounts_read(&exam.accounts, &all);
	if (ret && ret != -ENOENT && ret != -ENXIO)
		find(&exam, LEVEL_PROBLEM, "sysfs", NULL,
		     "cannot read /sys/class/rstmem: %s", strerror(-ret));

	look_at_kernel(&exam);
	look_at_modules(&exam);
	look_at_signatures(&exam);
	look_at_devices(&exam);
	look_at_memory(&exam);
	look_at_heaps(&exam);
	look_at_debugfs(&exam);

	if (!exam.accounts.count)
		status = EXIT_NO_DEVICE;
	else if (exam.has_problem)
		status = EXIT_FAILED;
	if (is_json) {
		json_end(&json, ']');
		json_bool(&json, "works", status == EXIT_OK);
		json_end(&json, '}');
	}
	accounts_deinit(&exam.accounts);
	return finish_output(status);
}
