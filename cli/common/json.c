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

/*
 * Return: bytes of the well-formed UTF-8 sequence at @s, 0 if there is none
 * (Unicode 15, table 3-7).
 */
static unsigned int utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	unsigned int len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;

	if (s[0] == 0xe0)
		low = 0xa0;	/* overlong */
	else if (s[0] == 0xed)
		high = 0x9f;	/* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;	/* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f;	/* above U+10FFFF */

	for (i = 1; i < len; i++, low = 0x80, high = 0xbf) {
		if (s[i] < low || s[i] > high)
			return 0;
	}
	return len;
}

static void put_string(FILE *out, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	unsigned int len;

	fputc('"', out);
	while (*s) {
		len = utf8_length(s);
		if (!len) {
			/* A path may be any bytes, JSON may not. */
			fputs("\\ufffd", out);
			len = 1;
		} else if (*s == '"' || *s == '\\') {
			fprintf(out, "\\%c", *s);
		} else if (*s < 0x20) {
			fprintf(out, "\\u%04x", *s);
		} else {
			fwrite(s, 1, len, out);
		}
		s += len;
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
