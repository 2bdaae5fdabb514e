// SPDX-License-Identifier: GPL-2.0-only
/* Users: their names. */
#include <inttypes.h>
#include <pwd.h>
#include <string.h>

#include "common.h"

/* As many as are remembered; a name may be far away, and top asks all the time. */
#define REMEMBERED	64

/* Return: @text, with a number when there is no name. */
const char *user_name(uint32_t uid, char text[OWNER_TEXT])
{
	static struct {
		bool known;
		uint32_t uid;
		char name[OWNER_TEXT];
	} users[REMEMBERED];
	typeof(users[0]) *user = &users[uid % REMEMBERED];
	const struct passwd *entry;

	if (!user->known || user->uid != uid) {
		entry = getpwuid(uid);
		if (entry)
			snprintf(user->name, sizeof(user->name), "%s",
				 entry->pw_name);
		else
			snprintf(user->name, sizeof(user->name), "%" PRIu32,
				 uid);
		user->uid = uid;
		user->known = true;
	}
	memcpy(text, user->name, OWNER_TEXT);
	return text;
}
