// SPDX-License-Identifier: GPL-2.0-only
/* A kernel that follows this one by kexec, see kexec.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kexec.h"
#include "ktap.h"

#define KERNEL	"/root/vmlinuz"
#define INITRD	"/tmp/initrd"

/* The lab keeps its command in a file, each word with a 0 behind it. */
static void write_command(char *const argv[])
{
	FILE *f = fopen("/lab/argv", "we");

	for (; f && *argv; argv++)
		fwrite(*argv, strlen(*argv) + 1, 1, f);
	if (!f || fclose(f))
		ktap_bail("cannot write /lab/argv");
}

static void prepare(char *const argv[])
{
	write_command(argv);
	if (system("cd / && find . -xdev ! -path ." KERNEL " | cpio -o -H newc >" INITRD))
		ktap_bail("cannot make %s", INITRD);
}

#ifdef __x86_64__
static int load(bool on_crash, const char *more)
{
	char cmdline[4096] = "";
	int kernel = open(KERNEL, O_RDONLY | O_CLOEXEC);
	int initrd = open(INITRD, O_RDONLY | O_CLOEXEC);
	FILE *f = fopen("/proc/cmdline", "re");

	if (!f || !fgets(cmdline, sizeof(cmdline) - strlen(more), f))
		ktap_bail("cannot read /proc/cmdline");
	fclose(f);
	strcpy(cmdline + strcspn(cmdline, "\n"), more);
	return syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline,
		       on_crash ? KEXEC_FILE_ON_CRASH : 0);
}
#else
/* Debian's kernels for other architectures have the older call only. */
static int load(bool on_crash, const char *more)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "kexec -c %s --initrd=" INITRD " --reuse-cmdline --append='%s' " KERNEL,
		 on_crash ? "-p" : "-l", more);
	return system(command);
}
#endif

void kexec_on_crash(char *const argv[])
{
	prepare(argv);
	/* The other processors do not take part any more. */
	if (load(true, " nr_cpus=1"))
		ktap_bail("cannot load %s for a crash: %s", KERNEL, strerror(errno));
	unlink(INITRD);
}

void kexec_into(char *const argv[])
{
	prepare(argv);
	if (load(false, ""))
		ktap_bail("cannot load %s: %s", KERNEL, strerror(errno));
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	ktap_bail("kexec: %s", strerror(errno));
}
