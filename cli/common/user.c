// SPDX-License-Identifier: GPL-2.0-only
/* Users: their names. */
#include <inttypes.h>
#include <pwd.h>
#include <string.h>

#include "common.h"

struct user {
	uint32_t uid;
	char name[OWNER_TEXT];
};

static void look_up(struct user *user, uint32_t uid)
{
	const struct passwd *entry = getpwuid(uid);

	user->uid = uid;
	if (entry)
		snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	else
		snprintf(user->name, sizeof(user->name), "%" PRIu32, uid);
}

/*
 * Each name is looked up once, since the list of users may be far away and a sort
 * asks often. Return: @text, with a number when there is no name.
 */
const char *user_name(uint32_t uid, char text[OWNER_TEXT])
{
	/* In the order of their uids. */
	static struct user *users;
	static size_t count, room;
	size_t low = 0, high = count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (users[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == count || users[low].uid != uid) {
		if (count == room) {
			room = room ? 2 * room : 64;
			users = xrealloc(users, room, sizeof(*users));
		}
		memmove(users + low + 1, users + low,
			(count - low) * sizeof(*users));
		count++;
		look_up(&users[low], uid);
	}
	memcpy(text, users[low].name, OWNER_TEXT);
	return text;
}
