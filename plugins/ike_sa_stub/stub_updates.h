/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_updates stub_updates
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_UPDATES_H_
#define STUB_UPDATES_H_

#include "stub_banks.h"
#include "stub_message.h"
#include "stub_records.h"
#include "stub_seal.h"

typedef struct stub_updates_t stub_updates_t;

/**
 * What other members are to be told of a gateway's stubs.  Changes of 20 ms go
 * out together, in as few Updates as they fit in; records are encrypted by the
 * job that sends them.
 *
 * Locking: a mutex for what is to be sent, a leaf.
 */
struct stub_updates_t {

	/**
	 * Note a change.  May be called in hooks of charon's bus.
	 *
	 * @param kind		what it is
	 * @param index		SPI of the gateway, in network order
	 * @param stub		new stub, a reference is taken; or NULL
	 */
	void (*note)(stub_updates_t *this, stub_item_kind_t kind, uint64_t index,
				 stub_t *stub);

	/**
	 * Destroy a stub_updates_t; what was not sent is lost.
	 */
	void (*destroy)(stub_updates_t *this);
};

/**
 * Create a stub_updates_t.
 *
 * @param banks		members that keep stubs
 * @param name		name of this member
 * @param records	records, those of this gateway are kept in it
 * @param seal		encrypts records
 * @return			object
 */
stub_updates_t *stub_updates_create(stub_banks_t *banks, const char *name,
									stub_records_t *records,
									stub_seal_t *seal);

#endif /** STUB_UPDATES_H_ @}*/
