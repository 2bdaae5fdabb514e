// SPDX-License-Identifier: GPL-2.0-only
/* See state.h. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../support/guest.h"
#include "../support/ktap.h"
#include "../support/tee.h"
#include "state.h"

const char *const accounts[ACCOUNTS] = {
	VIDEO_ACCOUNT, "tee0,trusted-ui", "tee0,secure-video-record",
};

static const char *const modules[MODULES] = {
	"tee", "tee_rstmem", "softtee", "rstmem_heap", "rstmem_edu", "rstmem_fake",
	"rstmem_host",
};

static bool account_is_there(unsigned int n)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/rstmem/%s", accounts[n]);
	return !access(path, F_OK);
}

bool softtee_is_there(void)
{
	return account_is_there(0);
}

void look(struct state *state)
{
	char path[64];
	size_t n;
	int fd;

	state->fds = 0;
	for (fd = 0; fd < 64; fd++)
		state->fds += fcntl(fd, F_GETFD) >= 0;
	state->crypto = guest_crypto_users();
	for (n = 0; n < MODULES; n++) {
		snprintf(path, sizeof(path), "/sys/module/%s/refcnt", modules[n]);
		state->refs[n] = guest_number(path);
	}
}

/* Returns whether every source says that all pools are empty. @say prints why not. */
static bool empty(bool say)
{
	struct tee_ioctl_rstmem_query query;
	uint64_t used, buffers;
	bool ok = true;
	uint32_t uc;
	int tee;

	if (!softtee_is_there())
		return true;
	tee = open("/dev/tee0", O_RDWR | O_CLOEXEC);
	for (uc = 1; uc <= 3; uc++) {
		if (!account_is_there(uc - 1))
			continue;
		used = account_number(accounts[uc - 1], "used");
		buffers = account_number(accounts[uc - 1], "buffers");
		/* The node is missing if devtmpfs had no memory for it. */
		if (tee < 0 || tee_query(tee, uc, &query))
			memset(&query, 0, sizeof(query));
		if (used || buffers || query.used || query.buffers) {
			ok = false;
			if (say)
				ktap_note("%s: %llu bytes, %llu buffers; the backend: %llu, %u",
					  accounts[uc - 1],
					  (unsigned long long)used,
					  (unsigned long long)buffers,
					  (unsigned long long)query.used,
					  query.buffers);
		}
	}
	if (tee >= 0)
		close(tee);
	if (account_buffers(NULL, NULL)) {
		ok = false;
		if (say)
			ktap_note("debugfs lists a buffer");
	}
	return ok;
}

static bool same(const struct state *was, bool say)
{
	struct state is;
	bool ok = true;
	size_t n;

	look(&is);
	if (is.fds != was->fds || is.crypto != was->crypto) {
		ok = false;
		if (say)
			ktap_note("%d descriptors, were %d; %d users of cryptography, were %d",
				  is.fds, was->fds, is.crypto, was->crypto);
	}
	for (n = 0; n < MODULES; n++) {
		if (is.refs[n] == was->refs[n])
			continue;
		ok = false;
		if (say)
			ktap_note("references to %s: %d, were %d", modules[n],
				  is.refs[n], was->refs[n]);
	}
	return ok;
}

/* A dropped object may end a moment later. */
bool settled(const struct state *was)
{
	int n;

	for (n = 0; n < 100; n++) {
		if (empty(false) && same(was, false))
			return true;
		usleep(10000);
	}
	return empty(true) & same(was, true);
}
