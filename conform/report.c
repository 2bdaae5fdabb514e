// SPDX-License-Identifier: GPL-2.0-only
/* Output of the conformance suite: its checks, and the results of a device. */
#include <inttypes.h>

#include "conform.h"

const struct conform_group *const conform_groups[] = {
	&conform_query,
	&conform_alloc,
	&conform_refuse,
	&conform_fault,
	&conform_heap,
	&conform_buffer,
	&conform_info,
	&conform_id,
	&conform_register,
	&conform_memory,
	&conform_content,
};

const size_t conform_group_count = CONFORM_COUNT(conform_groups);

const char *conform_level_name(enum conform_level level)
{
	static const char *const names[] = {
		[CONFORM_MUST] = "must",
		[CONFORM_MUST_NOT] = "must not",
		[CONFORM_SHOULD] = "should",
		[CONFORM_MAY] = "may",
	};

	return names[level];
}

static bool is_required(const struct conform_check *check)
{
	return check->level == CONFORM_MUST || check->level == CONFORM_MUST_NOT;
}

/* The @n-th of those for @on, NULL behind the last. */
static const struct conform_check *nth(unsigned int on, size_t n)
{
	size_t g, i;

	for (g = 0; g < conform_group_count; g++) {
		for (i = 0; i < conform_groups[g]->count; i++) {
			const struct conform_check *check =
				&conform_groups[g]->checks[i];

			if (check->on & on && !n--)
				return check;
		}
	}
	return NULL;
}

static void describe(struct json *json, const struct conform_check *check)
{
	json_string(json, "id", check->id);
	json_string(json, "level", conform_level_name(check->level));
	json_string(json, "section", check->section);
	json_string(json, "sentence", check->sentence);
}

/* Return: the exit status. */
int conform_list(struct json *json)
{
	const struct conform_check *check;
	size_t n;

	if (json) {
		json_begin(json, NULL, '{');
		json_begin(json, "checks", '[');
	}
	for (n = 0; (check = nth(CONFORM_BOTH, n)); n++) {
		if (json) {
			json_begin(json, NULL, '{');
			describe(json, check);
			json_bool(json, "tee", check->on & CONFORM_TEE);
			json_bool(json, "heap", check->on & CONFORM_HEAP);
			json_end(json, '}');
			continue;
		}
		printf("%s (%s; %s; %s)\n\t%s\n", check->id,
		       conform_level_name(check->level),
		       check->on == CONFORM_BOTH ? "TEE device, heap" :
		       check->on == CONFORM_TEE ? "TEE device" : "heap",
		       check->section, check->sentence);
	}
	if (json) {
		json_end(json, ']');
		json_end(json, '}');
	}
	return EXIT_OK;
}

struct tally {
	unsigned int number, passed, failed, unmet, skipped, untested;
};

static void count(struct tally *tally, const struct conform_check *check,
		  const struct conform_result *result)
{
	tally->number++;
	if (result->verdict == CONFORM_PASS)
		tally->passed++;
	else if (result->verdict == CONFORM_SKIP)
		tally->skipped++;
	else if (result->verdict == CONFORM_UNTESTED)
		tally->untested++;
	else if (is_required(check))
		tally->failed++;
	else
		tally->unmet++;
}

static const char *verdict_name(enum conform_verdict verdict)
{
	static const char *const names[] = {
		[CONFORM_PASS] = "pass",
		[CONFORM_FAIL] = "fail",
		[CONFORM_SKIP] = "skip",
		[CONFORM_UNTESTED] = "untested",
	};

	return names[verdict];
}

/*
 * In KTAP, a "should" or "may" that a device does not meet is a "not ok" with TODO,
 * which does not count as a failure.
 */
static void print_result(const struct conform_check *check,
			 const struct conform_result *result, unsigned int number)
{
	char reason[CONFORM_REASON];

	text_clean(result->reason, reason, sizeof(reason));
	if (result->verdict == CONFORM_PASS) {
		printf("ok %u - %s\n", number, check->id);
	} else if (result->verdict == CONFORM_SKIP) {
		printf("ok %u - %s # SKIP %s\n", number, check->id, reason);
	} else if (result->verdict == CONFORM_UNTESTED) {
		printf("ok %u - %s # SKIP could not be tested: %s\n", number,
		       check->id, reason);
	} else {
		printf("# %s, tee_rstmem(7), \"%s\": %s\n# %s\n",
		       conform_level_name(check->level), check->section,
		       check->sentence, reason);
		if (is_required(check))
			printf("not ok %u - %s\n", number, check->id);
		else
			printf("not ok %u - %s # TODO %s\n", number, check->id,
			       conform_level_name(check->level));
	}
	fflush(stdout);
}

static void print_result_json(struct json *json, const struct conform_check *check,
			      const struct conform_result *result)
{
	json_begin(json, NULL, '{');
	describe(json, check);
	json_string(json, "result", verdict_name(result->verdict));
	if (result->verdict == CONFORM_PASS)
		json_null(json, "reason");
	else
		json_string(json, "reason", result->reason);
	json_end(json, '}');
}

static void print_target(struct json *json, const struct conform *c)
{
	char name[RSTMEM_USE_CASE_NAME_SIZE], path[PATH_MAX];

	rstmem_use_case_name(c->use_case, name, sizeof(name));
	if (json) {
		json_begin(json, NULL, '{');
		json_string(json, "path", c->path);
		json_string(json, "via", c->on == CONFORM_TEE ? "tee" : "heap");
		json_string(json, "use_case", name);
		json_begin(json, "checks", '[');
	} else {
		printf("KTAP version 1\n# %s %s, use case %s\n",
		       c->on == CONFORM_TEE ? "TEE device" : "heap",
		       text_clean(c->path, path, sizeof(path)), name);
	}
}

static void print_tally(struct json *json, const struct tally *tally)
{
	if (json) {
		json_end(json, ']');
		json_u64(json, "passed", tally->passed);
		json_u64(json, "failed", tally->failed);
		json_u64(json, "unmet", tally->unmet);
		json_u64(json, "skipped", tally->skipped);
		json_u64(json, "untested", tally->untested);
		if (tally->untested && !tally->failed)
			json_null(json, "conformant");
		else
			json_bool(json, "conformant", !tally->failed);
		json_end(json, '}');
	} else {
		printf("1..%u\n# %u passed, %u failed, %u unmet, %u skipped, %u could not be tested: %s\n",
		       tally->number, tally->passed, tally->failed, tally->unmet,
		       tally->skipped, tally->untested,
		       tally->failed ? "not conformant" :
		       tally->untested ? "not known" : "conformant");
	}
}

/* Run the checks for the front end of @c. Return: the exit status. */
int conform_report(struct conform *c, struct json *json)
{
	const struct conform_check *check;
	struct tally tally = { 0 };

	print_target(json, c);
	while ((check = nth(c->on, tally.number))) {
		struct conform_result result = conform_run(c, check);

		count(&tally, check, &result);
		if (json)
			print_result_json(json, check, &result);
		else
			print_result(check, &result, tally.number);
	}
	print_tally(json, &tally);
	if (tally.failed)
		return EXIT_FAILED;
	return tally.untested ? EXIT_UNTESTED : EXIT_OK;
}
