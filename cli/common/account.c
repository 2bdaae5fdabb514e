// SPDX-License-Identifier: GPL-2.0-only
/* Accounts: the figures of each use case of a device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* Return: 0 or -errno. There may be none. */
int accounts_read(struct accounts *accounts, const struct filter *filter)
{
	struct rstmem_account account;
	int i = -1;

	*accounts = (struct accounts){ 0 };
	while ((i = rstmem_next_account(i, &account)) >= 0) {
		if (!filter_match(filter, account.device, account.use_case))
			continue;
		accounts->account = xrealloc(accounts->account,
						 accounts->count + 1,
						 sizeof(account));
		accounts->account[accounts->count++] = account;
	}
	if (i == -ENOENT)
		return 0;
	accounts_deinit(accounts);
	return i;
}

/* Say why accounts_read() returned @err. Return: the exit status. */
int accounts_error(int err)
{
	struct reason reason = { .code = REASON_CANNOT_READ, .err = err };

	reason_set_path(&reason, "/sys/class/rstmem");
	return reason_print(&reason);
}

void accounts_deinit(struct accounts *accounts)
{
	free(accounts->account);
	*accounts = (struct accounts){ 0 };
}

static void json_limit(struct json *json, const char *key, uint64_t value)
{
	if (value == RSTMEM_NO_LIMIT)
		json_null(json, key);
	else
		json_u64(json, key, value);
}

void account_print_json(struct json *json, const struct rstmem_account *account)
{
	char text[RSTMEM_IMPORTERS_SIZE], name[RSTMEM_USE_CASE_NAME_SIZE];

	rstmem_use_case_name(account->use_case, name, sizeof(name));
	snprintf(text, sizeof(text), "/dev/tee%d", account->device);
	json_begin(json, NULL, '{');
	json_string(json, "account", account->name);
	json_string(json, "device", text);
	json_u64(json, "use_case", account->use_case);
	json_string(json, "name", name);
	json_u64(json, "granule", account->granule);
	if (account->total) {
		json_u64(json, "total", account->total);
		json_u64(json, "free", account->free);
		json_u64(json, "largest_free", account->largest_free);
	} else {
		json_null(json, "total");
		json_null(json, "free");
		json_null(json, "largest_free");
	}
	json_u64(json, "floor", account->floor);
	json_u64(json, "most", account->most);
	json_u64(json, "out", account->out);
	json_u64(json, "wanted", account->wanted);
	json_u64(json, "poisoned", account->poisoned);
	json_u64(json, "failed_steps", account->failed_steps);
	json_u64(json, "used", account->used);
	json_u64(json, "peak", account->peak);
	json_u64(json, "buffers", account->buffers);
	json_u64(json, "lost", account->lost);
	json_begin(json, "limits", '{');
	json_limit(json, "user_bytes", account->max_user_bytes);
	json_limit(json, "user_buffers", account->max_user_buffers);
	json_limit(json, "buffer_bytes", account->max_buffer_bytes);
	json_u64(json, "reserve", account->reserve);
	json_end(json, '}');
	json_begin(json, "failures", '{');
	json_u64(json, "no_memory", account->failed_no_memory);
	json_u64(json, "limit", account->failed_limit);
	json_u64(json, "backend", account->failed_backend);
	json_u64(json, "importer", account->failed_importer);
	json_u64(json, "reach", account->failed_reach);
	json_end(json, '}');
	if (rstmem_account_importers(account, text, sizeof(text)))
		json_null(json, "importers");
	else
		json_string(json, "importers", text);
	json_end(json, '}');
}

void accounts_print_json(struct json *json, const struct accounts *accounts)
{
	size_t i;

	json_begin(json, "accounts", '[');
	for (i = 0; i < accounts->count; i++)
		account_print_json(json, &accounts->account[i]);
	json_end(json, ']');
}
