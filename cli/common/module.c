// SPDX-License-Identifier: GPL-2.0-only
/* Kernel modules: loaded, installed for this kernel, or signed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common.h"

/* Return: true when @line begins with a path whose file is @name.ko, compressed or not. */
static bool is_module(const char *line, const char *name)
{
	size_t len = strcspn(line, ": \n"), i, last = 0;

	for (i = 0; i < len; i++) {
		if (line[i] == '/')
			last = i + 1;
	}
	for (line += last; *name; line++, name++) {
		/* A file may have "-" where the module has "_". */
		if (*line != *name && (*line != '-' || *name != '_'))
			return false;
	}
	return !strncmp(line, ".ko", 3);
}

/*
 * Look a module up in an index of this kernel's modules. Return: 0, with its path in
 * @path if that is not NULL; -ENOENT; -ENXIO when there is no such index.
 */
static int find(const char *index, const char *name, char *path)
{
	char file[PATH_MAX], *line = NULL;
	struct utsname uts;
	size_t size = 0;
	int ret = -ENOENT;
	FILE *f;

	uname(&uts);
	snprintf(file, sizeof(file), "/lib/modules/%s/%s", uts.release, index);
	f = fopen(file, "re");
	if (!f)
		return -ENXIO;
	while (ret && getline(&line, &size, f) > 0) {
		if (!is_module(line, name))
			continue;
		ret = 0;
		if (path)
			snprintf(path, PATH_MAX, "/lib/modules/%s/%.*s",
				 uts.release, (int)strcspn(line, ": \n"), line);
	}
	free(line);
	fclose(f);
	return ret;
}

enum module module_state(const char *name)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (!access(path, F_OK))
		return MODULE_LOADED;
	if (!find("modules.builtin", name, NULL))
		return MODULE_BUILTIN;
	ret = find("modules.dep", name, NULL);
	return !ret ? MODULE_INSTALLED :
	       ret == -ENOENT ? MODULE_ABSENT : MODULE_UNKNOWN;
}

/*
 * Return: 1 when the file of an installed module has a signature, 0 when it has none,
 * -ENXIO when that is not known, for example of a compressed file.
 */
int module_is_signed(const char *name)
{
	static const char mark[] = "~Module signature appended~\n";
	char path[PATH_MAX], end[sizeof(mark)] = "";
	size_t len;
	FILE *f;

	if (find("modules.dep", name, path))
		return -ENXIO;
	len = strlen(path);
	if (len < 3 || strcmp(path + len - 3, ".ko"))
		return -ENXIO;
	f = fopen(path, "re");
	if (!f)
		return -ENXIO;
	if (fseek(f, -(long)(sizeof(mark) - 1), SEEK_END) ||
	    fread(end, sizeof(mark) - 1, 1, f) != 1)
		*end = 0;
	fclose(f);
	return !strcmp(end, mark);
}
