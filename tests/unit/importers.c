// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of importer lists: parsing, printing and matching. */
#include "../../kernel/core/importers.h"
#include "unit.h"

#define DRIVER		RSTMEM_IMPORTER_DRIVER
#define DEVICE		RSTMEM_IMPORTER_DEVICE
#define COMPATIBLE	RSTMEM_IMPORTER_COMPATIBLE

static struct rstmem_importers list;
static char text[RSTMEM_IMPORTERS_TEXT + 1];

static const struct {
	const char *name, *text, *shown;
	int rc;
} texts[] = {
	{ "any", "any", "any\n", 0 },
	{ "none and a newline", "none\n", "none\n", 0 },
	{ "any between spaces", "  any \n", "any\n", 0 },
	{ "a rule", "driver:a", "driver:a\n", 0 },
	{ "a rule and a newline", "driver:a\n", "driver:a\n", 0 },
	{ "three rules between space of all kinds",
	  " driver:a\tdevice:0000:00:04.0\n\ncompatible:x,y* ",
	  "driver:a device:0000:00:04.0 compatible:x,y*\n", 0 },
	{ "an empty text", "", NULL, -EINVAL },
	{ "white space only", " \n\t", NULL, -EINVAL },
	{ "a word", "a", NULL, -EINVAL },
	{ "a key without a colon", "driver", NULL, -EINVAL },
	{ "a key without a pattern", "driver:", NULL, -EINVAL },
	{ "a pattern without a key", ":a", NULL, -EINVAL },
	{ "an unknown key", "driver:a x:b", NULL, -EINVAL },
	{ "a key in upper case", "Driver:a", NULL, -EINVAL },
	{ "any twice", "any any", NULL, -EINVAL },
	{ "any and none", "any none", NULL, -EINVAL },
	{ "any and a rule", "any driver:a", NULL, -EINVAL },
	{ "a rule and none", "driver:a none", NULL, -EINVAL },
};

static const struct {
	const char *text, *value;
	enum rstmem_importer_key key;
	bool matches;
} matches[] = {
	{ "any", "x", DRIVER, true },
	{ "any", NULL, DRIVER, true },
	{ "none", "x", DRIVER, false },
	{ "none", NULL, DRIVER, false },
	{ "driver:a", "a", DRIVER, true },
	{ "driver:a", "ab", DRIVER, false },
	{ "driver:a", "", DRIVER, false },
	{ "driver:a", NULL, DRIVER, false },
	{ "driver:a", "a", DEVICE, false },
	{ "driver:a", "a", COMPATIBLE, false },
	{ "driver:a*", "abc", DRIVER, true },
	{ "driver:?b", "ab", DRIVER, true },
	{ "driver:[a-c]x", "bx", DRIVER, true },
	{ "driver:[a-c]x", "dx", DRIVER, false },
	{ "device:0000:00:0?.0", "0000:00:04.0", DEVICE, true },
	{ "compatible:arm,*", "arm,mali", COMPATIBLE, true },
	{ "driver:a device:b", "b", DEVICE, true },
	{ "driver:a device:b", "b", DRIVER, false },
	{ "driver:a driver:b driver:c", "c", DRIVER, true },
};

static void test_texts(UNIT_ARG)
{
	size_t n;
	int rc, len;

	for (n = 0; n < sizeof(texts) / sizeof(*texts); n++) {
		rc = rstmem_importers_parse(&list, texts[n].text);
		if (!ktap_eq(rc, texts[n].rc, "parse: %s is %s", texts[n].name,
			     texts[n].rc ? "refused" : "accepted") || rc)
			continue;
		len = rstmem_importers_print(&list, text, sizeof(text));
		ktap(len == (int)strlen(text) && !strcmp(text, texts[n].shown),
		     "print: writes %s in its normal form", texts[n].name);
		ktap(!rstmem_importers_parse(&list, text),
		     "parse: accepts the printed form of %s", texts[n].name);
	}
}

static void test_matches(UNIT_ARG)
{
	static const char * const keys[] = {
		[DRIVER] = "driver",
		[DEVICE] = "device",
		[COMPATIBLE] = "compatible",
	};
	size_t n;

	for (n = 0; n < sizeof(matches) / sizeof(*matches); n++) {
		if (rstmem_importers_parse(&list, matches[n].text))
			ktap_bail("%s", matches[n].text);
		ktap_eq(rstmem_importers_match(&list, matches[n].key,
					       matches[n].value),
			matches[n].matches, "match: %s \"%s\" %s \"%s\"",
			keys[matches[n].key], matches[n].value ?: "(none)",
			matches[n].matches ? "matches" : "does not match",
			matches[n].text);
	}
}

/* The largest number of rules, and the longest text. */
static void test_size(UNIT_ARG)
{
	char *many = unit_alloc(2 * RSTMEM_IMPORTERS_TEXT);
	int n, len = 0;

	for (n = 0; n < RSTMEM_IMPORTERS_RULES; n++)
		len += sprintf(many + len, "driver:%d ", n);
	ktap_eq(rstmem_importers_parse(&list, many), 0,
		"parse: accepts %d rules", n);
	ktap(rstmem_importers_match(&list, DRIVER, "63"),
	     "match: the last of 64 rules matches");
	strcat(many, "driver:x");
	ktap_eq(rstmem_importers_parse(&list, many), -E2BIG,
		"parse: refuses 65 rules: E2BIG");

	memset(many, 'x', 2 * RSTMEM_IMPORTERS_TEXT);
	memcpy(many, "driver:", 7);
	many[RSTMEM_IMPORTERS_TEXT - 1] = 0;
	ktap_eq(rstmem_importers_parse(&list, many), 0,
		"parse: accepts a text of the greatest length");
	len = rstmem_importers_print(&list, text, sizeof(text));
	ktap(len == RSTMEM_IMPORTERS_TEXT && !strncmp(text, many, len - 1),
	     "print: writes a text of the greatest length whole");
	ktap_eq(rstmem_importers_print(&list, text, 20), 19,
		"print: cuts a text that does not fit the buffer");
	many[RSTMEM_IMPORTERS_TEXT - 1] = 'x';
	many[RSTMEM_IMPORTERS_TEXT] = 0;
	ktap_eq(rstmem_importers_parse(&list, many), -E2BIG,
		"parse: refuses a text one byte too long: E2BIG");
	unit_free(many);
}

UNIT_SUITE(importers, UNIT_CASE(test_texts), UNIT_CASE(test_matches),
	   UNIT_CASE(test_size));
