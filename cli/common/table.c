// SPDX-License-Identifier: GPL-2.0-only
/* Tables of text, with columns as wide as their widest cell. */
#include <stdlib.h>
#include <string.h>

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

/* @columns has @count members, TABLE_COLUMNS at most, and outlives the table. */
void table_init(struct table *t, const struct column *columns,
		unsigned int count)
{
	unsigned int i;

	*t = (struct table){ .columns = columns, .count = count };
	for (i = 0; i < count; i++)
		widen(t, i, columns[i].title);
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

static void put_line(const struct table *t, char *const *cell, char *line)
{
	unsigned int i, spaces = 0, pad;
	const char *text;
	size_t at = 0;

	*line = 0;
	for (i = 0; i < t->count; i++) {
		text = cell ? cell[i] : t->columns[i].title;
		pad = t->width[i] - text_width(text);
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

	table_header(t, line);
	printf("%s%s\n", indent, line);
	for (row = 0; row < table_rows(t); row++) {
		table_row(t, row, line);
		printf("%s%s\n", indent, line);
	}
}
