/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "reply_print.h"

/**
 * Digits of the largest integer a double holds exactly, 2^53 - 1.
 */
static const char max_exact[] = "9007199254740991";

/**
 * Check if a value can be a JSON number without loss.
 */
static bool is_integer(chunk_t value)
{
	size_t i;

	if (value.len && value.ptr[0] == '-')
	{
		value = chunk_skip(value, 1);
		if (value.len == 1 && value.ptr[0] == '0')
		{
			return FALSE;
		}
	}
	if (!value.len || value.len >= sizeof(max_exact) ||
		(value.ptr[0] == '0' && value.len > 1))
	{
		return FALSE;
	}
	for (i = 0; i < value.len; i++)
	{
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
		{
			return FALSE;
		}
	}
	return value.len < sizeof(max_exact) - 1 ||
		   memcmp(value.ptr, max_exact, value.len) <= 0;
}

/**
 * Get the length of the UTF-8 character at the start of data, 0 if it is none
 * (RFC 3629, 4).
 */
static size_t utf8_len(chunk_t data)
{
	u_char c = data.ptr[0], low = 0x80, high = 0xbf;
	size_t len, i;

	if (c < 0x80)
	{
		return 1;
	}
	if (c < 0xc2 || c > 0xf4)
	{
		return 0;
	}
	len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (data.len < len)
	{
		return 0;
	}
	/* overlong forms, surrogates, and what is above U+10FFFF */
	switch (c)
	{
		case 0xe0:
			low = 0xa0;
			break;
		case 0xed:
			high = 0x9f;
			break;
		case 0xf0:
			low = 0x90;
			break;
		case 0xf4:
			high = 0x8f;
			break;
	}
	for (i = 1; i < len; i++, low = 0x80, high = 0xbf)
	{
		if (data.ptr[i] < low || data.ptr[i] > high)
		{
			return 0;
		}
	}
	return len;
}

/**
 * Write a JSON string.
 */
static void print_json_string(chunk_t data, FILE *out)
{
	size_t len;

	fputc('"', out);
	while (data.len)
	{
		len = utf8_len(data);
		if (!len)
		{
			fputs("\\ufffd", out);
			len = 1;
		}
		else if (data.ptr[0] == '"' || data.ptr[0] == '\\')
		{
			fputc('\\', out);
			fputc(data.ptr[0], out);
		}
		else if (data.ptr[0] < 0x20 || data.ptr[0] == 0x7f)
		{
			fprintf(out, "\\u%04x", data.ptr[0]);
		}
		else
		{
			fwrite(data.ptr, len, 1, out);
		}
		data = chunk_skip(data, len);
	}
	fputc('"', out);
}

/**
 * Start a line.
 */
static void indent(int depth, FILE *out)
{
	fprintf(out, "\n%*s", depth * 2, "");
}

/**
 * Write a node as a JSON value.
 */
static void print_json_node(reply_t *node, int depth, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *child;
	bool first = TRUE;

	if (node->type == REPLY_VALUE)
	{
		if (is_integer(node->value))
		{
			fwrite(node->value.ptr, node->value.len, 1, out);
		}
		else
		{
			print_json_string(node->value, out);
		}
		return;
	}
	fputc(node->type == REPLY_LIST ? '[' : '{', out);
	enumerator = reply_create_enumerator(node);
	while (enumerator->enumerate(enumerator, &child))
	{
		if (!first)
		{
			fputc(',', out);
		}
		first = FALSE;
		indent(depth + 1, out);
		if (node->type == REPLY_SECTION)
		{
			print_json_string(chunk_from_str(child->name), out);
			fputs(": ", out);
		}
		print_json_node(child, depth + 1, out);
	}
	enumerator->destroy(enumerator);
	if (!first)
	{
		indent(depth, out);
	}
	fputc(node->type == REPLY_LIST ? ']' : '}', out);
}

/*
 * Described in header.
 */
void reply_print_json(reply_t *root, FILE *out)
{
	print_json_node(root, 0, out);
	fputc('\n', out);
}

/**
 * Write the children of a node as text.
 */
static void print_raw_children(reply_t *node, int depth, FILE *out)
{
	enumerator_t *enumerator;
	reply_t *child;

	enumerator = reply_create_enumerator(node);
	while (enumerator->enumerate(enumerator, &child))
	{
		fprintf(out, "%*s", depth * 2, "");
		if (child->name)
		{
			reply_print_str(child->name, out);
			fputs(child->type == REPLY_VALUE ? " = " : ":", out);
		}
		if (child->type == REPLY_VALUE)
		{
			reply_print_str((char*)child->value.ptr, out);
		}
		fputc('\n', out);
		print_raw_children(child, depth + 1, out);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void reply_print_raw(reply_t *root, FILE *out)
{
	print_raw_children(root, 0, out);
}

/*
 * Described in header.
 */
void reply_print_str(const char *string, FILE *out)
{
	chunk_t data = chunk_from_str((char*)string);
	size_t len;

	while (data.len)
	{
		len = utf8_len(data);
		/* C1 control characters are 0xc2 0x80 to 0xc2 0x9f */
		if (!len || data.ptr[0] < 0x20 || data.ptr[0] == 0x7f ||
			(data.ptr[0] == 0xc2 && data.ptr[1] < 0xa0))
		{
			fputc('?', out);
			len = max(len, 1);
		}
		else
		{
			fwrite(data.ptr, len, 1, out);
		}
		data = chunk_skip(data, len);
	}
}
