// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of somebody else's, such as names of processes: made fit to be shown, and
 * how wide it is on a terminal. Other than in C's locale that is not its length.
 */
#define _XOPEN_SOURCE	700	/* wcwidth() */

#include <inttypes.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "common.h"

/*
 * The next character of @text, -1 at its end. Sets @len to its bytes and returns
 * how wide it is; what must not be shown as it is has width 0.
 */
static int next_width(const char *text, size_t *len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n;

	if (!*text)
		return -1;
	n = mbrtowc(&c, text, strlen(text), &state);
	if (n == (size_t)-1 || n == (size_t)-2) {
		*len = 1;
		return 0;
	}
	*len = n;
	return iswprint((wint_t)c) && wcwidth(c) > 0 ? wcwidth(c) : 0;
}

/* Return: @out, where all that could move a cursor has become "?". */
const char *text_clean(const char *text, char *out, size_t size)
{
	size_t len, n = 0;
	int width;

	while ((width = next_width(text, &len)) >= 0) {
		if (n + (width ? len : 1) >= size)
			break;
		if (width) {
			memcpy(out + n, text, len);
			n += len;
		} else {
			out[n++] = '?';
		}
		text += len;
	}
	out[n] = 0;
	return out;
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
