/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup reply reply
 * @{ @ingroup swancluster
 *
 * A reply of the daemon as a tree.  Single threaded.
 */

#ifndef REPLY_H_
#define REPLY_H_

#include <library.h>
#include <collections/array.h>

typedef enum reply_type_t reply_type_t;
typedef struct reply_t reply_t;

/**
 * Deepest nesting of sections and lists accepted.
 */
#define REPLY_MAX_DEPTH 16

/**
 * Kind of a node.
 */
enum reply_type_t {
	/** named nodes, the root is one */
	REPLY_SECTION,
	/** values without names */
	REPLY_LIST,
	/** a value */
	REPLY_VALUE,
};

/**
 * Node of the tree, owns all below.
 */
struct reply_t {

	/** kind of node */
	reply_type_t type;

	/** name, NULL for the root and for items of lists */
	char *name;

	/** value, any octets; a NUL that is not counted follows */
	chunk_t value;

	/** children in the order received, as reply_t*; NULL if none */
	array_t *children;

	/** node this one is in, NULL for the root */
	reply_t *parent;
};

/**
 * Create an empty reply.
 *
 * @return			root, a section
 */
reply_t *reply_create();

/**
 * Add a section or list.
 *
 * @param parent	section to add it to
 * @param type		REPLY_SECTION or REPLY_LIST
 * @param name		name, cloned
 * @return			new node, NULL if nested too deep
 */
reply_t *reply_add(reply_t *parent, reply_type_t type, const char *name);

/**
 * Add a value.
 *
 * @param parent	section or list to add it to
 * @param name		name, cloned; NULL in a list
 * @param value		value, cloned
 */
void reply_add_value(reply_t *parent, const char *name, chunk_t value);

/**
 * Find a child by name.
 *
 * @param section	section, may be NULL
 * @param name		name
 * @return			node, NULL if there is none
 */
reply_t *reply_get(reply_t *section, const char *name);

/**
 * Enumerate the children.
 *
 * @param node		section or list, may be NULL
 * @return			enumerator over reply_t*
 */
enumerator_t *reply_create_enumerator(reply_t *node);

/**
 * Get the string of a value.
 *
 * @param section	section, may be NULL
 * @param name		name of value
 * @param def		default
 * @return			string in the reply, or def
 */
const char *reply_get_str(reply_t *section, const char *name, const char *def);

/**
 * Get a number.
 *
 * @param section	section, may be NULL
 * @param name		name of value
 * @return			number, 0 if there is none, or it is none
 */
uint64_t reply_get_uint(reply_t *section, const char *name);

/**
 * Check if a value is "yes".
 *
 * @param section	section, may be NULL
 * @param name		name of value
 * @return			TRUE if so
 */
bool reply_get_bool(reply_t *section, const char *name);

/**
 * Destroy the tree a node is root of.
 *
 * @param root		root
 */
void reply_destroy(reply_t *root);

#endif /** REPLY_H_ @}*/
