// SPDX-License-Identifier: GPL-2.0-only
/* Sizes: from and to text. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common.h"

static const char units[] = "KMGTPE";

/*
 * A decimal number of bytes, or of KiB, MiB, ... with K, M, G, T, P or E, which
 * may be followed by "iB" and, as size_format() writes it, preceded by a space.
 *
 * Return: 0, -EINVAL when it is not that, -ERANGE above 64 bits.
 */
int size_parse(const char *text, uint64_t *size)
{
	const char *unit;
	uint64_t number = 0;
	unsigned int shift;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			return -ERANGE;
	}

	if (*text) {
		if (*text == ' ')
			text++;
		unit = *text ? strchr(units, toupper((unsigned char)*text)) : NULL;
		if (!unit || (text[1] && strcmp(text + 1, "iB")))
			return -EINVAL;
		shift = 10 * ((unsigned int)(unit - units) + 1);
		if (number > UINT64_MAX >> shift)
			return -ERANGE;
		number <<= shift;
	}

	*size = number;
	return 0;
}

/*
 * For people: exact when there is no decimal point, else cut down to a tenth,
 * so that free memory is never overstated.
 *
 * Return: @text.
 */
const char *size_format(uint64_t size, char text[SIZE_TEXT])
{
	unsigned int unit = 0, shift, tenth;
	uint64_t whole, rest;

	while (unit < sizeof(units) - 1 && size >> (10 * (unit + 1)))
		unit++;
	if (!unit) {
		snprintf(text, SIZE_TEXT, "%" PRIu64 " B", size);
		return text;
	}

	shift = 10 * unit;
	whole = size >> shift;
	rest = size & ((UINT64_C(1) << shift) - 1);
	/* At most 60 bits are below the point; keep room to multiply by ten. */
	tenth = (unsigned int)(((rest >> (shift - 10)) * 10) >> 10);
	if (rest)
		snprintf(text, SIZE_TEXT, "%" PRIu64 ".%u %ciB", whole, tenth,
			 units[unit - 1]);
	else
		snprintf(text, SIZE_TEXT, "%" PRIu64 " %ciB", whole,
			 units[unit - 1]);
	return text;
}
