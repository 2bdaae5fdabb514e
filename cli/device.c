// SPDX-License-Identifier: GPL-2.0-only
/* Devices that cannot be opened: who may, or what is missing. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* Room for a name, cut if need be, or a number. */
#define OWNER_TEXT	64

static const char *user_name(uid_t uid, char text[OWNER_TEXT])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, OWNER_TEXT, "%s", user->pw_name);
	else
		snprintf(text, OWNER_TEXT, "%" PRIu32, (uint32_t)uid);
	return text;
}

static const char *group_name(gid_t gid, char text[OWNER_TEXT])
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(text, OWNER_TEXT, "%s", group->gr_name);
	else
		snprintf(text, OWNER_TEXT, "%" PRIu32, (uint32_t)gid);
	return text;
}

static void explain_permission(const char *path)
{
	char node[RSTMEM_DEVICE_PATH_SIZE], user[OWNER_TEXT], group[OWNER_TEXT];
	struct stat st;
	int i = -1;

	/* Which one was it that the library was not let into? */
	while (!path && (i = rstmem_next_device(i, node, sizeof(node))) >= 0) {
		if (access(node, R_OK | W_OK))
			path = node;
	}

	if (!path || stat(path, &st))
		error("%s", rstmem_explain(EACCES));
	else if (!geteuid() || !access(path, R_OK | W_OK))
		error("no permission to open %s although its mode %04o allows it: a container or a security policy forbids it; let the device in there",
		      path, (unsigned int)st.st_mode & 07777);
	else if ((st.st_mode & 0060) == 0060 && st.st_gid)
		error("no permission to open %s: user %s and group %s may (mode %04o); join the group or run as root",
		      path, user_name(st.st_uid, user),
		      group_name(st.st_gid, group),
		      (unsigned int)st.st_mode & 07777);
	else
		error("no permission to open %s: only user %s may (mode %04o); run as root or let a group in with a udev rule",
		      path, user_name(st.st_uid, user),
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
	case -EISDIR:
		err = -ENOTTY;
		/* fall through */
	case -EOPNOTSUPP:
	case -ENOTTY:
		error("%s: %s", path, rstmem_explain(err));
		return EXIT_NO_DEVICE;
	case -ENODEV:
	case -EMFILE:
	case -ENFILE:
		error("%s: %s", path ? path : "TEE device", rstmem_explain(err));
		return EXIT_FAILED;
	default:
		error("%s: cannot open: %s", path ? path : "TEE device",
		      strerror(-err));
		return EXIT_FAILED;
	}
}
