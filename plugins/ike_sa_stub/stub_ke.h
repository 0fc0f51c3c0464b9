/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup stub_ke stub_ke
 * @{ @ingroup ike_sa_stub
 */

#ifndef STUB_KE_H_
#define STUB_KE_H_

#include <sa/ike_sa.h>

/**
 * Have the key exchanges of an IKE_SA shared: charon keeps that of IKE_SA_INIT
 * for itself, but a client with a stub needs it to derive keys.
 *
 * create_ke() of the IKE_SA's keymat is replaced, until stub_ke_forget().  A
 * mutex protects what is known, it's a leaf; may be called in hooks of charon's
 * bus.
 *
 * @param ike_sa	new IKE_SA, checked out by the caller
 * @return			FALSE if that's not possible
 */
bool stub_ke_share(ike_sa_t *ike_sa);

/**
 * Check if the key exchange of an IKE_SA is shared.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param method	method of our public value
 * @return			TRUE if so
 */
bool stub_ke_is_shared(ike_sa_t *ike_sa, key_exchange_method_t method);

/**
 * Get the shared secret of the key exchange that was created last for an
 * IKE_SA.
 *
 * @param ike_sa	IKE_SA, checked out by the caller
 * @param method	method of the other side's public value
 * @param value		public value of the other side
 * @param secret	receives secret, allocated
 * @return			FALSE on failure
 */
bool stub_ke_get_secret(ike_sa_t *ike_sa, key_exchange_method_t method,
						chunk_t value, chunk_t *secret);

/**
 * Forget the key exchange of an IKE_SA; charon's goes on.
 *
 * @param ike_sa	IKE_SA
 */
void stub_ke_forget(ike_sa_t *ike_sa);

/**
 * Initialize, when the plugin is loaded.
 */
void stub_ke_init();

/**
 * Clean up, when the plugin is unloaded.
 */
void stub_ke_deinit();

#endif /** STUB_KE_H_ @}*/
