// SPDX-License-Identifier: GPL-2.0-only
/* Devices: the ways to them, and who may open them or what is missing. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* Return: 0, or -EINVAL when @text is no way to a device. */
int via_parse(const char *text, enum rstmem_via *via)
{
	if (!strcmp(text, "tee"))
		*via = RSTMEM_VIA_TEE;
	else if (!strcmp(text, "heap"))
		*via = RSTMEM_VIA_HEAP;
	else
		return -EINVAL;
	return 0;
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

/* Whether a node is one that the library was not let into. */
static bool is_closed(const char *path, enum rstmem_via via)
{
	return access(path, via == RSTMEM_VIA_HEAP ? R_OK : R_OK | W_OK);
}

static bool has_group(const struct stat *st)
{
	return (st->st_mode & 0060) == 0060 && st->st_gid;
}

/*
 * The node to talk about when a search found closed ones only: the first that a
 * group may open, since joining that is the way in, or just the first. Devices are
 * TEE devices or heaps, as @via says.
 */
static void find_closed(enum rstmem_via via, char path[RSTMEM_HEAP_PATH_SIZE])
{
	char node[RSTMEM_HEAP_PATH_SIZE];
	struct stat best, st;
	int i = -1;

	if (*path && stat(path, &best))
		*path = 0;

	for (;;) {
		i = via == RSTMEM_VIA_HEAP ?
			rstmem_next_heap(i, node, sizeof(node)) :
			rstmem_next_device(i, node, sizeof(node));
		if (i < 0)
			return;
		if (!is_closed(node, via) || stat(node, &st))
			continue;
		if (!*path || (!has_group(&best) && has_group(&st))) {
			snprintf(path, RSTMEM_HEAP_PATH_SIZE, "%s", node);
			best = st;
		}
	}
}

static void explain_permission(const char *path, enum rstmem_via via)
{
	char node[RSTMEM_HEAP_PATH_SIZE] = "", user[OWNER_TEXT], group[OWNER_TEXT];
	struct stat st;

	if (!path) {
		if (via != RSTMEM_VIA_HEAP)
			find_closed(RSTMEM_VIA_TEE, node);
		if (via != RSTMEM_VIA_TEE)
			find_closed(RSTMEM_VIA_HEAP, node);
		path = *node ? node : NULL;
	}

	if (!path || stat(path, &st))
		error("%s", rstmem_explain(EACCES));
	else if (!geteuid() || !access(path, R_OK | W_OK))
		error("no permission to open %s although its mode %04o allows it: a container or a security policy forbids it; let the device in there",
		      path, (unsigned int)st.st_mode & 07777);
	else if (has_group(&st))
		error("no permission to open %s: user %s and group %s may (mode %04o); join the group or run as root",
		      path, user_name(st.st_uid, user),
		      group_name(st.st_gid, group),
		      (unsigned int)st.st_mode & 07777);
	else
		error("no permission to open %s: only user %s may (mode %04o); run as root or let a group in with a udev rule",
		      path, user_name(st.st_uid, user),
		      (unsigned int)st.st_mode & 07777);
}

/* What there is none of, when nobody named one. */
static const char *nothing(enum rstmem_via via)
{
	switch (via) {
	case RSTMEM_VIA_TEE:
		return "no TEE device with restricted memory; load softtee or a backend (see tee_rstmem(7))";
	case RSTMEM_VIA_HEAP:
		return "no dma-heap with restricted memory; load softtee or a backend (see tee_rstmem(7))";
	default:
		return rstmem_explain(ENXIO);
	}
}

static const char *not_one(enum rstmem_via via)
{
	switch (via) {
	case RSTMEM_VIA_TEE:
		return "not a TEE device; its path is /dev/tee0 or the like";
	case RSTMEM_VIA_HEAP:
		return "not a dma-heap; its path is /dev/dma_heap/protected,secure-video or the like";
	default:
		return rstmem_explain(ENOTTY);
	}
}

/*
 * Says why rstmem_open_via() of @path, or of what there is if that is NULL,
 * returned @err and what to do about it. Return: the exit status.
 */
int device_error(const char *path, enum rstmem_via via, int err)
{
	const char *what = via == RSTMEM_VIA_HEAP ? "dma-heap" : "TEE device";

	switch (err) {
	case -EACCES:
	case -EPERM:
		explain_permission(path, via);
		return EXIT_FAILED;
	case -ENXIO:
	case -ENOENT:
	case -ENOTDIR:
		if (path)
			error("%s: %s; \"rstmem info\" lists the devices there are",
			      path, strerror(-err));
		else
			error("%s", nothing(via));
		return EXIT_NO_DEVICE;
	case -EOPNOTSUPP:
		error("%s: this device has no restricted memory; load a backend for it or choose another device",
		      path);
		return EXIT_NO_DEVICE;
	case -EISDIR:
	case -ENOTTY:
		error("%s: %s", path, not_one(via));
		return EXIT_NO_DEVICE;
	case -ENODEV:
	case -EMFILE:
	case -ENFILE:
		error("%s: %s", path ? path : what, rstmem_explain(err));
		return EXIT_FAILED;
	default:
		error("%s: cannot open: %s", path ? path : what, strerror(-err));
		return EXIT_FAILED;
	}
}
