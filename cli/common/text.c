// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from outside, such as paths and names of processes: the one place that
 * decodes it, makes it fit to be shown and knows its width on a terminal.
 */
#define _XOPEN_SOURCE	700	/* wcwidth() */

#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "common.h"

/* Where a line of text ends. */
#define TERMINAL_COLUMNS	80

/*
 * The next character of @text, which is UTF-8, with its bytes in @len; TEXT_INVALID
 * and 1 byte when it is not well-formed (Unicode 15, table 3-7). 0 at the end.
 */
uint32_t text_decode(const char *text, size_t *len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	uint32_t c;
	size_t i;

	*len = 1;
	if (s[0] < 0x80)
		return s[0];
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return TEXT_INVALID;

	if (s[0] == 0xe0)
		low = 0xa0;	/* overlong */
	else if (s[0] == 0xed)
		high = 0x9f;	/* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;	/* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f;	/* above U+10FFFF */

	*len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	c = s[0] & (0x7fU >> *len);
	for (i = 1; i < *len; i++, low = 0x80, high = 0xbf) {
		if (s[i] < low || s[i] > high) {
			*len = 1;
			return TEXT_INVALID;
		}
		c = c << 6 | (s[i] & 0x3f);
	}
	return c;
}

/* True for the control characters C0, DEL and C1: a terminal may obey them. */
bool text_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/*
 * Columns of a character on the terminal, 0 when it must not be shown as it is. In
 * a locale that is not UTF-8, only ASCII can be shown.
 */
static int char_width(uint32_t c)
{
	int width;

	if (c == TEXT_INVALID || text_is_control(c))
		return 0;
	if (c < 0x80)
		return 1;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") || !iswprint((wint_t)c))
		return 0;
	width = wcwidth((wchar_t)c);
	return width > 0 ? width : 0;
}

/* The same for the next character of @text, with its bytes in @len; -1 at the end. */
static int next_width(const char *text, size_t *len)
{
	return *text ? char_width(text_decode(text, len)) : -1;
}

/*
 * Copy @text to @out, which may be the same, with "?" for all that must not be
 * shown. Return: @out.
 */
const char *text_clean(const char *text, char *out, size_t size)
{
	size_t len, n = 0;
	int width;

	while ((width = next_width(text, &len)) >= 0) {
		if (n + (width ? len : 1) >= size)
			break;
		if (width) {
			memmove(out + n, text, len);
			n += len;
		} else {
			out[n++] = '?';
		}
		text += len;
	}
	out[n] = 0;
	return out;
}

/* Print a line "LABEL TEXT" with clean text. */
void text_print(const char *label, const char *text)
{
	char clean[PATH_MAX];

	printf("%s%s\n", label, text_clean(text, clean, sizeof(clean)));
}

/* Columns that a clean text takes. */
unsigned int text_width(const char *text)
{
	unsigned int sum = 0;
	size_t len;
	int width;

	for (; (width = next_width(text, &len)) >= 0; text += len)
		sum += (unsigned int)width;
	return sum;
}

/* Cuts a clean text to @columns. */
void text_clip(char *text, unsigned int columns)
{
	unsigned int sum = 0;
	size_t len;
	int width;

	for (; (width = next_width(text, &len)) >= 0; text += len) {
		sum += (unsigned int)width;
		if (sum > columns) {
			*text = 0;
			return;
		}
	}
}

/* The rest of a clean text, after @columns. */
const char *text_skip(const char *text, unsigned int columns)
{
	unsigned int sum = 0;
	size_t len;
	int width;

	for (; sum < columns && (width = next_width(text, &len)) >= 0; text += len)
		sum += (unsigned int)width;
	return text;
}

/* An age, in the two largest units that it has. Return: @text. */
const char *age_format(uint64_t ms, char text[AGE_TEXT])
{
	uint64_t s = ms / 1000, m = s / 60, h = m / 60, d = h / 24;

	if (!m)
		snprintf(text, AGE_TEXT, "%" PRIu64 "s", s);
	else if (!h)
		snprintf(text, AGE_TEXT, "%" PRIu64 "m%02" PRIu64 "s", m, s % 60);
	else if (!d)
		snprintf(text, AGE_TEXT, "%" PRIu64 "h%02" PRIu64 "m", h, m % 60);
	else
		snprintf(text, AGE_TEXT, "%" PRIu64 "d%02" PRIu64 "h", d, h % 24);
	return text;
}

/* Print @text, which is clean, in lines that begin at a column. The first one has begun. */
void text_wrap(const char *text, unsigned int indent)
{
	unsigned int column = indent, width;
	char word[1024];
	size_t len;

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		width = text_width(word);
		if (column > indent && column + 1 + width > TERMINAL_COLUMNS) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		}
		if (column > indent) {
			putchar(' ');
			column++;
		}
		fputs(word, stdout);
		column += width;
	}
	putchar('\n');
}
