// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of lists of importers: what is read, written and matched. */
#include "../../kernel/core/importers.h"
#include "unit.h"

#define DRIVER		RSTMEM_IMPORTER_DRIVER
#define DEVICE		RSTMEM_IMPORTER_DEVICE
#define COMPATIBLE	RSTMEM_IMPORTER_COMPATIBLE

static struct rstmem_importers list;
static char text[RSTMEM_IMPORTERS_TEXT + 1];

static const struct {
	const char *text, *shown;
	int rc;
} texts[] = {
	{ "any", "any\n", 0 },
	{ "none\n", "none\n", 0 },
	{ "  any \n", "any\n", 0 },
	{ "driver:a", "driver:a\n", 0 },
	{ "driver:a\n", "driver:a\n", 0 },
	{ " driver:a\tdevice:0000:00:04.0\n\ncompatible:x,y* ",
	  "driver:a device:0000:00:04.0 compatible:x,y*\n", 0 },
	{ "", NULL, -EINVAL },
	{ " \n\t", NULL, -EINVAL },
	{ "a", NULL, -EINVAL },
	{ "driver", NULL, -EINVAL },
	{ "driver:", NULL, -EINVAL },
	{ ":a", NULL, -EINVAL },
	{ "driver:a x:b", NULL, -EINVAL },
	{ "Driver:a", NULL, -EINVAL },
	{ "any any", NULL, -EINVAL },
	{ "any none", NULL, -EINVAL },
	{ "any driver:a", NULL, -EINVAL },
	{ "driver:a none", NULL, -EINVAL },
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
		if (!ktap_eq(rc, texts[n].rc, "text %zu is %s", n,
			     texts[n].rc ? "refused" : "a list") || rc)
			continue;
		len = rstmem_importers_print(&list, text, sizeof(text));
		ktap(len == (int)strlen(text) && !strcmp(text, texts[n].shown),
		     "and shown as it is");
		ktap(!rstmem_importers_parse(&list, text), "and read again");
	}
}

static void test_matches(UNIT_ARG)
{
	size_t n;

	for (n = 0; n < sizeof(matches) / sizeof(*matches); n++) {
		if (rstmem_importers_parse(&list, matches[n].text))
			ktap_bail("%s", matches[n].text);
		ktap_eq(rstmem_importers_match(&list, matches[n].key,
					       matches[n].value),
			matches[n].matches, "\"%s\" and %s", matches[n].text,
			matches[n].value ?: "nothing");
	}
}

/* As many rules as there may be, and as long. */
static void test_size(UNIT_ARG)
{
	char *many = unit_alloc(2 * RSTMEM_IMPORTERS_TEXT);
	int n, len = 0;

	for (n = 0; n < RSTMEM_IMPORTERS_RULES; n++)
		len += sprintf(many + len, "driver:%d ", n);
	ktap_eq(rstmem_importers_parse(&list, many), 0, "%d rules", n);
	ktap(rstmem_importers_match(&list, DRIVER, "63"), "the last counts");
	strcat(many, "driver:x");
	ktap_eq(rstmem_importers_parse(&list, many), -E2BIG, "one more");

	memset(many, 'x', 2 * RSTMEM_IMPORTERS_TEXT);
	memcpy(many, "driver:", 7);
	many[RSTMEM_IMPORTERS_TEXT - 1] = 0;
	ktap_eq(rstmem_importers_parse(&list, many), 0, "the longest text");
	len = rstmem_importers_print(&list, text, sizeof(text));
	ktap(len == RSTMEM_IMPORTERS_TEXT && !strncmp(text, many, len - 1),
	     "is shown whole");
	ktap_eq(rstmem_importers_print(&list, text, 20), 19,
		"or as much of it as there is room for");
	many[RSTMEM_IMPORTERS_TEXT - 1] = 'x';
	many[RSTMEM_IMPORTERS_TEXT] = 0;
	ktap_eq(rstmem_importers_parse(&list, many), -E2BIG, "one more byte");
	unit_free(many);
}

UNIT_SUITE(importers, UNIT_CASE(test_texts), UNIT_CASE(test_matches),
	   UNIT_CASE(test_size));
