/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup genkey genkey
 * @{ @ingroup swancluster
 *
 * The cluster's secret.
 */

#ifndef GENKEY_H_
#define GENKEY_H_

/**
 * Make a new cluster secret and write it to a file only its owner can read.
 *
 * 48 random octets, base64 encoded, with a line break that does not count.  An
 * existing file is never overwritten.
 *
 * @param path		file to create, NULL to write to stdout
 * @return			NULL if done, or an allocated message that says what is
 *					wrong and what to do
 */
char *genkey(const char *path);

#endif /** GENKEY_H_ @}*/
