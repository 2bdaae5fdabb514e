// SPDX-License-Identifier: GPL-2.0-only
/* Importers: lists of devices that may import, parsed, printed and matched. */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/glob.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "importers.h"

static const char white[] = " \t\n";

static const char * const keys[] = {
	[RSTMEM_IMPORTER_DRIVER] = "driver",
	[RSTMEM_IMPORTER_DEVICE] = "device",
	[RSTMEM_IMPORTER_COMPATIBLE] = "compatible",
};

/* Split @word, a rule, into key and glob. */
static int rule_parse(struct rstmem_importer_rule *rule, char *word)
{
	char *glob = strchr(word, ':');
	size_t n;

	if (!glob || !glob[1])
		return -EINVAL;
	*glob++ = '\0';
	for (n = 0; n < ARRAY_SIZE(keys); n++) {
		if (!strcmp(word, keys[n])) {
			rule->key = n;
			rule->glob = glob;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * rstmem_importers_parse() - read a list
 * @list:	filled in
 * @text:	the text
 *
 * Return: 0; -EINVAL when @text is empty or has a word that is no rule, or when
 * "any" or "none" is not alone; -E2BIG when it is too long or has too many rules.
 */
int rstmem_importers_parse(struct rstmem_importers *list, const char *text)
{
	bool alone = false;
	size_t words = 0, len = strlen(text);
	char *rest, *word;
	int rc;

	list->any = false;
	list->count = 0;
	if (len >= sizeof(list->words))
		return -E2BIG;
	memcpy(list->words, text, len + 1);

	rest = list->words;
	while ((word = strsep(&rest, white))) {
		if (!*word)
			continue;
		words++;
		if (!strcmp(word, "any") || !strcmp(word, "none")) {
			list->any = *word == 'a';
			alone = true;
			continue;
		}
		if (list->count == RSTMEM_IMPORTERS_RULES)
			return -E2BIG;
		rc = rule_parse(&list->rules[list->count], word);
		if (rc)
			return rc;
		list->count++;
	}
	return !words || (alone && words > 1) ? -EINVAL : 0;
}

/**
 * rstmem_importers_print() - write a list
 * @list:	the list
 * @text:	out: a text for rstmem_importers_parse(), with a line feed
 * @size:	bytes at @text, not 0; RSTMEM_IMPORTERS_TEXT + 1 are enough
 *
 * Return: bytes written, without the terminating 0.
 */
int rstmem_importers_print(const struct rstmem_importers *list, char *text,
			   size_t size)
{
	unsigned int n;
	int len = 0;

	if (!list->count)
		return scnprintf(text, size, list->any ? "any\n" : "none\n");
	for (n = 0; n < list->count; n++)
		len += scnprintf(text + len, size - len, "%s:%s%c",
				 keys[list->rules[n].key], list->rules[n].glob,
				 n + 1 < list->count ? ' ' : '\n');
	return len;
}

/**
 * rstmem_importers_match() - check whether a rule matches
 * @list:	the list
 * @key:	kind of @value
 * @value:	a name; NULL matches nothing
 *
 * Return: true when a rule matches, or any device may import.
 */
bool rstmem_importers_match(const struct rstmem_importers *list,
			    enum rstmem_importer_key key, const char *value)
{
	unsigned int n;

	if (list->any)
		return true;
	for (n = 0; value && n < list->count; n++)
		if (list->rules[n].key == key &&
		    glob_match(list->rules[n].glob, value))
			return true;
	return false;
}
