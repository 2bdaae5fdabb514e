// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON, one value a line, or all in one line if @one_line. In an object every member
 * has a key, in an array key is NULL. Errors stay in the stream, for finish_output().
 */
#include <inttypes.h>

#include "common.h"

static void indent(struct json *json)
{
	unsigned int i;

	if (json->one_line)
		return;
	fputc('\n', json->out);
	for (i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

/* JSON takes no bytes that are not UTF-8, and a terminal may obey controls. */
static void put_string(FILE *out, const char *value)
{
	size_t len;

	fputc('"', out);
	for (; *value; value += len) {
		uint32_t c = text_decode(value, &len);

		if (c == TEXT_INVALID)
			fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (text_is_control(c))
			fprintf(out, "\\u%04" PRIx32, c);
		else
			fwrite(value, 1, len, out);
	}
	fputc('"', out);
}

static void begin_member(struct json *json, const char *key)
{
	if (json->has_members)
		fputc(',', json->out);
	if (json->depth)
		indent(json);
	if (key) {
		put_string(json->out, key);
		fputs(": ", json->out);
	}
	json->has_members = true;
}

/* @bracket is '{' or '['; json_end() takes the other one. */
void json_begin(struct json *json, const char *key, char bracket)
{
	begin_member(json, key);
	fputc(bracket, json->out);
	json->depth++;
	json->has_members = false;
}

void json_end(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_members)
		indent(json);
	fputc(bracket, json->out);
	json->has_members = true;
	if (!json->depth)
		fputc('\n', json->out);
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin_member(json, key);
	put_string(json->out, value);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	begin_member(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	begin_member(json, key);
	fputs("null", json->out);
}
