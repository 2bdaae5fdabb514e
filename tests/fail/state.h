/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that an operation must leave unchanged. */
#ifndef _FAIL_STATE_H
#define _FAIL_STATE_H

#include <stdbool.h>

#include "../support/account.h"

#define ACCOUNTS	3
#define MODULES		7

extern const char *const accounts[ACCOUNTS];

struct state {
	int fds, crypto;
	int refs[MODULES];
};

bool softtee_is_there(void);
void look(struct state *state);
bool settled(const struct state *was);

#endif
