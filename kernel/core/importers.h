/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Importers: lists of rules for the devices that may import buffers. Pure.
 *
 * A use case has a list. A device may import buffers of the use case if a rule matches.
 * The text of a list, in sysfs, consists of words separated by white space:
 *
 *	driver:GLOB		name of the device's driver
 *	device:GLOB		name of the device on its bus
 *	compatible:GLOB		a "compatible" string of the device in the device tree
 *	any			every device, as without a list; must be the only rule
 *	none			no device; must be the only rule
 *
 * In a GLOB, * matches any characters, ? matches one, and [a-z] matches one of a range.
 */
#ifndef _RSTMEM_IMPORTERS_H
#define _RSTMEM_IMPORTERS_H

#include <linux/types.h>

/* Longest text with its terminating 0. A file of sysfs holds as much, or more. */
#define RSTMEM_IMPORTERS_TEXT	4096
#define RSTMEM_IMPORTERS_RULES	64

enum rstmem_importer_key {
	RSTMEM_IMPORTER_DRIVER,
	RSTMEM_IMPORTER_DEVICE,
	RSTMEM_IMPORTER_COMPATIBLE,
};

/**
 * struct rstmem_importer_rule - one rule
 * @key:	property of the device
 * @glob:	pattern that it must match
 */
struct rstmem_importer_rule {
	enum rstmem_importer_key key;
	const char *glob;
};

/**
 * struct rstmem_importers - a list of rules, constant once parsed
 * @any:	no restriction, and no rules
 * @count:	number of rules
 * @rules:	the rules; their strings are in @words
 * @words:	the text, split into words
 */
struct rstmem_importers {
	bool any;
	unsigned int count;
	struct rstmem_importer_rule rules[RSTMEM_IMPORTERS_RULES];
	char words[RSTMEM_IMPORTERS_TEXT];
};

int rstmem_importers_parse(struct rstmem_importers *list, const char *text);
int rstmem_importers_print(const struct rstmem_importers *list, char *text,
			   size_t size);
bool rstmem_importers_match(const struct rstmem_importers *list,
			    enum rstmem_importer_key key, const char *value);

#endif /* _RSTMEM_IMPORTERS_H */
