// SPDX-License-Identifier: GPL-2.0-only
/* Devices that cannot be opened: who may, or what is missing. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static void explain_permission(const char *path)
{
	char node[RSTMEM_DEVICE_PATH_SIZE];
	struct passwd *user;
	struct group *group;
	struct stat st;
	int i = -1;

	/* Which one was it that the library was not let into? */
	while (!path && (i = rstmem_next_device(i, node, sizeof(node))) >= 0) {
		if (access(node, R_OK | W_OK))
			path = node;
	}

	if (!path || stat(path, &st)) {
		error("%s", rstmem_explain(EACCES));
		return;
	}

	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	if ((st.st_mode & 0060) == 0060 && st.st_gid)
		error("no permission to open %s: user %s and group %s may (mode %04o); join the group or run as root",
		      path, user ? user->pw_name : "of its owner",
		      group ? group->gr_name : "of its node",
		      (unsigned int)st.st_mode & 07777);
	else
		error("no permission to open %s: only user %s may (mode %04o); run as root or let a group in with a udev rule",
		      path, user ? user->pw_name : "root",
		      (unsigned int)st.st_mode & 07777);
}

/*
 * Says why rstmem_open() of @path, or of any device if that is NULL, returned
 * @err and what to do about it. Return: the exit status.
 */
int device_error(const char *path, int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		explain_permission(path);
		return EXIT_FAILED;
	case -ENXIO:
	case -ENOENT:
	case -ENOTDIR:
		if (path)
			error("%s: %s; \"rstmem info\" lists the devices there are",
			      path, strerror(-err));
		else
			error("%s", rstmem_explain(err));
		return EXIT_NO_DEVICE;
	case -EOPNOTSUPP:
	case -ENOTTY:
		error("%s: %s", path, rstmem_explain(err));
		return EXIT_NO_DEVICE;
	case -ENODEV:
		error("%s: %s", path ? path : "TEE device", rstmem_explain(err));
		return EXIT_FAILED;
	default:
		error("%s: cannot open: %s", path ? path : "TEE device",
		      strerror(-err));
		return EXIT_FAILED;
	}
}
