/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup redirect_said redirect_said
 * @{ @ingroup redirect
 */

#ifndef REDIRECT_SAID_H_
#define REDIRECT_SAID_H_

#include "redirect_policy.h"

#include <encoding/message.h>
#include <sa/ike_sa.h>

typedef struct redirect_said_t redirect_said_t;
typedef struct redirect_words_t redirect_words_t;

/**
 * What an IKE_SA_INIT request said about redirects, and what came of it.
 */
struct redirect_words_t {
	/** gateway the client was redirected from, NULL if it was not */
	host_t *from;
	/** it understands ports */
	bool ports;
	/** where it is redirected to, in moment init; later its port only */
	redirect_decision_t decision;
};

/**
 * Read what an IKE_SA_INIT request says.
 *
 * @param message	request
 * @param words		receives what it says, empty before
 * @return			FALSE if the client does not support redirects (RFC 5685, 3)
 */
bool redirect_words_read(message_t *message, redirect_words_t *words);

/**
 * Free what a client said.
 *
 * @param words		to be freed, may be NULL
 */
void redirect_words_destroy(redirect_words_t *words);

/**
 * What clients of IKE_SAs that live said.
 *
 * Locking: a mutex, a leaf.
 */
struct redirect_said_t {

	/**
	 * Remember what a client said.
	 *
	 * @param ike_sa	IKE_SA
	 * @param words		what it said, adopted
	 */
	void (*put)(redirect_said_t *this, ike_sa_t *ike_sa,
				redirect_words_t *words);

	/**
	 * An IKE_SA is gone.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*remove)(redirect_said_t *this, ike_sa_t *ike_sa);

	/**
	 * An IKE_SA was rekeyed.
	 *
	 * @param old		IKE_SA
	 * @param new		its replacement
	 */
	void (*move)(redirect_said_t *this, ike_sa_t *old, ike_sa_t *new);

	/**
	 * Get the gateway a client was redirected from.
	 *
	 * @param ike_sa	IKE_SA
	 * @param ports		receives TRUE if it understands ports, may be NULL
	 * @return			gateway, allocated; NULL if it was not redirected
	 */
	host_t *(*get_from)(redirect_said_t *this, ike_sa_t *ike_sa, bool *ports);

	/**
	 * Get where a client is redirected to, in moment init.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			gateway, allocated; NULL if it is not
	 */
	identification_t *(*get_gateway)(redirect_said_t *this, ike_sa_t *ike_sa);

	/**
	 * Get the port for the notify that is sent next.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			port, 0 for none
	 */
	uint16_t (*get_port)(redirect_said_t *this, ike_sa_t *ike_sa);

	/**
	 * Set that port, for a client that understands it.
	 *
	 * @param ike_sa	IKE_SA
	 * @param port		port, 0 for none
	 */
	void (*set_port)(redirect_said_t *this, ike_sa_t *ike_sa, uint16_t port);

	/**
	 * Destroy a redirect_said_t.
	 */
	void (*destroy)(redirect_said_t *this);
};

/**
 * Create an empty table.
 *
 * @return			table
 */
redirect_said_t *redirect_said_create();

#endif /** REDIRECT_SAID_H_ @}*/
