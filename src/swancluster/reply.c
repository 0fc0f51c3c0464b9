/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "reply.h"

#include <stdlib.h>

/*
 * Described in header.
 */
reply_t *reply_create()
{
	reply_t *root;

	INIT(root,
		.type = REPLY_SECTION,
	);
	return root;
}

/**
 * Append a node.
 */
static reply_t *append(reply_t *parent, reply_type_t type, const char *name)
{
	reply_t *node;

	INIT(node,
		.type = type,
		.name = name ? strdup(name) : NULL,
		.parent = parent,
	);
	array_insert_create(&parent->children, ARRAY_TAIL, node);
	return node;
}

/*
 * Described in header.
 */
reply_t *reply_add(reply_t *parent, reply_type_t type, const char *name)
{
	reply_t *node;
	int depth = 1;

	for (node = parent; node; node = node->parent)
	{
		depth++;
	}
	if (depth > REPLY_MAX_DEPTH)
	{
		return NULL;
	}
	return append(parent, type, name);
}

/*
 * Described in header.
 */
void reply_add_value(reply_t *parent, const char *name, chunk_t value)
{
	reply_t *node;

	node = append(parent, REPLY_VALUE, name);
	node->value = chunk_alloc(value.len + 1);
	if (value.len)
	{
		memcpy(node->value.ptr, value.ptr, value.len);
	}
	node->value.ptr[value.len] = '\0';
	node->value.len = value.len;
}

/*
 * Described in header.
 */
reply_t *reply_get(reply_t *section, const char *name)
{
	enumerator_t *enumerator;
	reply_t *node, *found = NULL;

	enumerator = reply_create_enumerator(section);
	while (enumerator->enumerate(enumerator, &node))
	{
		if (node->name && streq(node->name, name))
		{
			found = node;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
enumerator_t *reply_create_enumerator(reply_t *node)
{
	return array_create_enumerator(node ? node->children : NULL);
}

/*
 * Described in header.
 */
const char *reply_get_str(reply_t *section, const char *name, const char *def)
{
	reply_t *node;

	node = reply_get(section, name);
	if (!node || node->type != REPLY_VALUE)
	{
		return def;
	}
	return (char*)node->value.ptr;
}

/*
 * Described in header.
 */
uint64_t reply_get_uint(reply_t *section, const char *name)
{
	return strtoull(reply_get_str(section, name, "0"), NULL, 10);
}

/*
 * Described in header.
 */
bool reply_get_bool(reply_t *section, const char *name)
{
	return streq(reply_get_str(section, name, "no"), "yes");
}

/*
 * Described in header.
 */
void reply_destroy(reply_t *root)
{
	reply_t *child;

	while (root->children && array_remove(root->children, ARRAY_TAIL, &child))
	{
		reply_destroy(child);
	}
	array_destroy(root->children);
	chunk_free(&root->value);
	free(root->name);
	free(root);
}
