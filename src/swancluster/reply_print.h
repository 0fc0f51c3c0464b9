/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup reply_print reply_print
 * @{ @ingroup swancluster
 *
 * Replies as they are, complete, for programs; strings for terminals.
 */

#ifndef REPLY_PRINT_H_
#define REPLY_PRINT_H_

#include "reply.h"

#include <stdio.h>

/**
 * Write a reply as a JSON object.
 *
 * Sections get objects, lists arrays.  Values are strings, but decimal numbers
 * that every JSON parser keeps (integers up to 2^53 - 1, fractions of up to 15
 * characters, no leading zeros) are numbers.  Octets that are not UTF-8 are
 * replaced by U+FFFD.
 *
 * @param root		reply
 * @param out		where to write it to, a line break ends it
 */
void reply_print_json(reply_t *root, FILE *out);

/**
 * Write a string, with everything but printable characters replaced: names
 * come from configurations and peers, and must not control a terminal.
 *
 * @param string	string
 * @param out		where to write it to
 */
void reply_print_str(const char *string, FILE *out);

#endif /** REPLY_PRINT_H_ @}*/
