// SPDX-License-Identifier: GPL-2.0-only
/* Tables of text, with columns as wide as their widest cell. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common.h"

#define GAP	"  "

/* Return: memory, never NULL: without any, the program ends. */
void *xrealloc(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count ? count : 1, size);

	if (!new) {
		error("out of memory");
		exit(EXIT_FAILED);
	}
	return new;
}

char *xstrdup(const char *text)
{
	return strcpy(xrealloc(NULL, strlen(text) + 1, 1), text);
}

static void widen(struct table *t, unsigned int column, const char *text)
{
	unsigned int width = text_width(text);

	if (width > t->width[column])
		t->width[column] = width;
}

/*
 * @columns has @count members, TABLE_COLUMNS at most, and outlives the table. All are
 * shown until table_show().
 */
void table_init(struct table *t, const struct column *columns,
		unsigned int count)
{
	unsigned int i;

	*t = (struct table){ .columns = columns, .count = count };
	for (i = 0; i < count; i++)
		t->shown[i] = i;
	t->shown_count = count;
}

static const struct column *find_column(const struct table *t, const char *name,
					size_t len)
{
	unsigned int i;

	for (i = 0; i < t->count; i++) {
		if (strlen(t->columns[i].title) == len &&
		    !strncasecmp(t->columns[i].title, name, len))
			return &t->columns[i];
	}
	return NULL;
}

/*
 * Show the columns of @list, titles in any case with commas between them, in that order
 * and nothing else. Return: NULL, or the rest of @list that begins with no column.
 */
const char *table_show(struct table *t, const char *list)
{
	const struct column *column;
	size_t len;

	for (t->shown_count = 0;; list += len + 1) {
		len = strcspn(list, ",");
		column = find_column(t, list, len);
		if (!column || t->shown_count == TABLE_COLUMNS)
			return list;
		t->shown[t->shown_count++] = (unsigned int)(column - t->columns);
		if (!list[len])
			return NULL;
	}
}

void table_deinit(struct table *t)
{
	size_t i;

	for (i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	t->cell = NULL;
	t->cells = 0;
}

/* The next cell, row by row. */
void table_add(struct table *t, const char *text)
{
	char clean[TABLE_LINE];

	text_clean(text, clean, sizeof(clean));
	widen(t, (unsigned int)(t->cells % t->count), clean);
	if (t->cells == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		t->cell = xrealloc(t->cell, t->room, sizeof(*t->cell));
	}
	t->cell[t->cells++] = xstrdup(clean);
}

void table_add_u64(struct table *t, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	table_add(t, text);
}

void table_add_size(struct table *t, uint64_t size)
{
	char text[SIZE_TEXT];

	if (t->is_bytes)
		table_add_u64(t, size);
	else
		table_add(t, size_format(size, text));
}

size_t table_rows(const struct table *t)
{
	return t->cells / t->count;
}

static size_t put(char *line, size_t at, const char *text, unsigned int spaces)
{
	/* Cut text and spaces that do not fit. */
	while (spaces-- && at < TABLE_LINE - 1)
		line[at++] = ' ';
	while (*text && at < TABLE_LINE - 1)
		line[at++] = *text++;
	line[at] = 0;
	return at;
}

/* The title of the @n-th column that is shown. */
static const char *title(const struct table *t, unsigned int n)
{
	return !n && t->first_title ? t->first_title :
				      t->columns[t->shown[n]].title;
}

static void put_line(const struct table *t, char *const *cell, char *line)
{
	unsigned int n, spaces = 0, pad, width;
	const char *text;
	size_t at = 0;

	*line = 0;
	for (n = 0; n < t->shown_count; n++) {
		unsigned int i = t->shown[n];

		width = t->no_headings ? 0 : text_width(title(t, n));
		if (width < t->width[i])
			width = t->width[i];
		text = cell ? cell[i] : title(t, n);
		pad = width - text_width(text);
		if (t->columns[i].right)
			spaces += pad;
		at = put(line, at, text, spaces);
		spaces = (unsigned int)strlen(GAP);
		if (!t->columns[i].right)
			spaces += pad;
	}
	while (at && line[at - 1] == ' ')
		line[--at] = 0;
}

/* No spaces end a line. */
void table_header(const struct table *t, char line[TABLE_LINE])
{
	put_line(t, NULL, line);
}

void table_row(const struct table *t, size_t row, char line[TABLE_LINE])
{
	put_line(t, t->cell + row * t->count, line);
}

void table_print(const struct table *t, const char *indent)
{
	char line[TABLE_LINE];
	size_t row;

	if (!t->no_headings) {
		table_header(t, line);
		printf("%s%s\n", indent, line);
	}
	for (row = 0; row < table_rows(t); row++) {
		table_row(t, row, line);
		printf("%s%s\n", indent, line);
	}
}
