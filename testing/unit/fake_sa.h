/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * An IKE_SA for tests, and charon's bus without listeners.
 */

#ifndef FAKE_SA_H_
#define FAKE_SA_H_

#include <bus/bus.h>
#include <sa/ike_sa.h>

#include "fake_keymat.h"

/** its SPIs */
#define FAKE_SPI_I 0x1111111111111111ULL
#define FAKE_SPI_R 0x2222222222222222ULL

typedef struct fake_sa_t fake_sa_t;

/**
 * An IKE_SA that gives what it was given. A test may change members at any
 * time, and replace functions; it has the first member of a larger struct if
 * these need more.
 *
 * No locking: a test whose jobs use it locks its own mutex when it is checked
 * out.
 */
struct fake_sa_t {
	ike_sa_t public;
	/** owned, NULL or not */
	ike_sa_id_t *id;
	uint32_t unique_id;
	char *name;
	ike_sa_state_t state;
	/** extensions and conditions: bits that are set */
	uint32_t extensions, conditions;
	/** message IDs: of the next request of ours, of the peer's */
	uint32_t send, recv;
	/** owned, NULL or not */
	host_t *me, *other;
	identification_t *my_id, *other_id;
	/** keys of messages, of our side */
	fake_keymat_t keymat;
	/** the only task under way, not owned; set_message_id() puts it off */
	task_t *active;
	/** the task queued last, owned, or NULL */
	task_t *task;
	/** number of calls to queue_task(), set_message_id() and initiate() */
	u_int queued, resets, initiated;
};

/**
 * Make an established IKE_SA between 192.0.2.1 and 192.0.2.2, port 4500, with
 * no identities, message IDs of 0, and the unique ID 1.
 *
 * @param this		IKE_SA, all of it is overwritten
 * @param initiator	TRUE if ours is the original initiator; conditions don't
 *					say so
 * @param in		key of what is received
 * @param out		key of what is sent
 */
void fake_sa_init(fake_sa_t *this, bool initiator, u_char in, u_char out);

/**
 * Destroy what an IKE_SA owns.
 *
 * @param this		IKE_SA, all zero afterwards
 */
void fake_sa_deinit(fake_sa_t *this);

/**
 * charon's bus: ignores what is logged, and can do no more unless a test sets
 * other functions.
 */
extern bus_t fake_bus;

#endif /** FAKE_SA_H_ */
