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
 * Get the number of decimal digits at the start of data.
 */
static size_t count_digits(chunk_t data)
{
	size_t count = 0;

	while (count < data.len && data.ptr[count] >= '0' && data.ptr[count] <= '9')
	{
		count++;
	}
	return count;
}

/**
 * Check if a value can be a JSON number without loss (RFC 8259, 6).
 */
static bool is_number(chunk_t value)
{
	size_t len, decimals;

	if (value.len > 1 && value.ptr[0] == '-' && value.ptr[1] != '0')
	{
		value = chunk_skip(value, 1);
	}
	len = count_digits(value);
	if (!len || (value.ptr[0] == '0' && len > 1))
	{
		return FALSE;
	}
	if (len == value.len)
	{
		return len < sizeof(max_exact) - 1 ||
			   (len == sizeof(max_exact) - 1 &&
				memcmp(value.ptr, max_exact, len) <= 0);
	}
	decimals = count_digits(chunk_skip(value, len + 1));
	return value.ptr[len] == '.' && decimals &&
		   len + 1 + decimals == value.len && value.len < sizeof(max_exact) - 1;
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
		if (is_number(node->value))
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
