/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_print stub_print
 * @{ @ingroup swancluster
 */

#ifndef STUB_PRINT_H_
#define STUB_PRINT_H_

#include "reply.h"

#include <stdio.h>

/**
 * Print the reply to "stubs" for a human.
 *
 * @param reply		reply
 * @param out		where to print it to
 */
void stub_print(reply_t *reply, FILE *out);

#endif /** STUB_PRINT_H_ @}*/
