// SPDX-License-Identifier: GPL-2.0-only
/* Devices: the ways to them, and why one cannot be opened. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

#define HEAPS	"/dev/dma_heap/protected,"

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

/* True when the library could not open a node. */
static bool is_closed(const char *path, enum rstmem_via via)
{
	return access(path, via == RSTMEM_VIA_HEAP ? R_OK : R_OK | W_OK);
}

static bool has_group(const struct stat *st)
{
	return (st->st_mode & 0060) == 0060 && st->st_gid;
}

/*
 * Find the node to name when a search found closed nodes only: the first that a group
 * may open, since the user can join the group, else the first. @via selects TEE
 * devices or heaps.
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

static void explain_permission(struct reason *reason, const char *path,
			       enum rstmem_via via)
{
	char node[RSTMEM_HEAP_PATH_SIZE] = "";
	struct stat st;

	/* Heaps are for groups of users. A TEE device runs trusted applications, too. */
	if (!path) {
		if (via != RSTMEM_VIA_TEE)
			find_closed(RSTMEM_VIA_HEAP, node);
		if (!*node && via != RSTMEM_VIA_HEAP)
			find_closed(RSTMEM_VIA_TEE, node);
		path = *node ? node : NULL;
	}
	if (!path || stat(path, &st)) {
		reason->code = REASON_CLOSED;
		return;
	}

	reason_set_path(reason, path);
	user_name(st.st_uid, reason->user);
	group_name(st.st_gid, reason->group);
	snprintf(reason->mode, sizeof(reason->mode), "%04o",
		 (unsigned int)st.st_mode & 07777);
	if (!geteuid() || !access(path, R_OK | W_OK))
		reason->code = REASON_CLOSED_BY_POLICY;
	else if (has_group(&st))
		reason->code = REASON_CLOSED_BUT_FOR_GROUP;
	else if (!strncmp(path, HEAPS, strlen(HEAPS)))
		reason->code = REASON_HEAP_CLOSED;
	else
		reason->code = REASON_CLOSED_BUT_FOR_USER;
}

/*
 * Explain why rstmem_open_via() returned @err for @path, which may be NULL. Return:
 * the exit status.
 */
int device_error(const char *path, enum rstmem_via via, int err)
{
	struct reason reason = { .code = REASON_CANNOT_OPEN, .err = err };

	reason_set_path(&reason, path ? path :
			via == RSTMEM_VIA_HEAP ? "dma-heap" : "TEE device");
	switch (err) {
	case -EACCES:
	case -EPERM:
		explain_permission(&reason, path, via);
		break;
	case -ENXIO:
	case -ENOENT:
	case -ENOTDIR:
		if (path)
			reason.code = REASON_NO_NODE;
		else
			reason.code = via == RSTMEM_VIA_TEE ? REASON_NO_TEE :
				      via == RSTMEM_VIA_HEAP ? REASON_NO_HEAP :
							       REASON_NOTHING;
		break;
	case -EOPNOTSUPP:
		reason.code = path && tee_is_optee(path) ?
			REASON_NOT_RESTRICTED_OPTEE : REASON_NOT_RESTRICTED;
		break;
	case -EISDIR:
	case -ENOTTY:
		reason.err = -ENOTTY;
		reason.code = via == RSTMEM_VIA_TEE ? REASON_NOT_TEE :
			      via == RSTMEM_VIA_HEAP ? REASON_NOT_HEAP :
						       REASON_NEITHER;
		break;
	case -ENODEV:
	case -EMFILE:
	case -ENFILE:
		reason.code = REASON_DEVICE;
		break;
	}
	return reason_print(&reason);
}

/* Return: true, with the reason, when a device does not offer a use case. */
bool use_case_explain(struct rstmem *dev, uint32_t use_case,
		      struct reason *reason)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE];
	uint64_t offered;
	size_t len = 0;
	uint32_t i;

	if (rstmem_use_cases(dev, &offered) ||
	    (use_case <= TEE_IOC_UC_MAX && offered >> use_case & 1))
		return false;

	for (i = 1; i <= TEE_IOC_UC_MAX; i++) {
		if (!(offered >> i & 1))
			continue;
		rstmem_use_case_name(i, name, sizeof(name));
		len += (size_t)snprintf(reason->offered + len,
					sizeof(reason->offered) - len, "%s%s",
					len ? ", " : "", name);
	}
	if (!len)
		strcpy(reason->offered, "none");
	reason->code = REASON_USE_CASE;
	reason_set_path(reason, rstmem_path(dev));
	rstmem_use_case_name(use_case, reason->use_case,
			     sizeof(reason->use_case));
	return true;
}
