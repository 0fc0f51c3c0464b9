/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_file stub_file
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_FILE_H_
#define STUB_FILE_H_

#include "stub_config.h"
#include "stub_stats.h"
#include "stub.h"

typedef struct stub_file_t stub_file_t;

/**
 * A client's stubs on disk, encrypted, so that it can use them after it was
 * restarted without having deleted its IKE SAs.
 *
 * The file is replaced a moment after something has changed; it is the old or
 * the new one at any time.
 *
 * Locking: a mutex inside, a leaf.  changed() and take() may be called in hooks
 * of charon's bus.
 */
struct stub_file_t {

	/**
	 * Set who knows the stubs of present IKE_SAs.
	 *
	 * @param get_all	returns stub_t*, each to be released; called by a job
	 * @param user		argument for it
	 */
	void (*set_source)(stub_file_t *this, array_t* (*get_all)(void *user),
					   void *user);

	/**
	 * Stubs were made or removed, the file is to be written.
	 */
	void (*changed)(stub_file_t *this);

	/**
	 * Take a stub that was in the file when the daemon started.
	 *
	 * @param peer_cfg	name of the connection
	 * @return			stub, to be released, NULL if there is no valid one
	 */
	stub_t *(*take)(stub_file_t *this, const char *peer_cfg);

	/**
	 * Destroy a stub_file_t.
	 */
	void (*destroy)(stub_file_t *this);
};

/**
 * Open the file, read what's in it.
 *
 * @param file		path
 * @param secret	path of the file with the secret
 * @param stats		counters
 * @return			object, NULL if the secret can't be used (logged)
 */
stub_file_t *stub_file_create(const char *file, const char *secret,
							  stub_stats_t *stats);

#endif /** STUB_FILE_H_ @}*/
