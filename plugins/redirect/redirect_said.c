/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_said.h"

#include "ike_wire_redirect.h"

#include <collections/hashtable.h>
#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/vendor_id_payload.h>
#include <threading/mutex.h>

typedef struct private_redirect_said_t private_redirect_said_t;

/**
 * Private data.
 */
struct private_redirect_said_t {

	/** public interface */
	redirect_said_t public;

	/** protects all below */
	mutex_t *mutex;

	/** redirect_words_t by ike_sa_t, of those that said something special */
	hashtable_t *words;
};

/*
 * Described in header.
 */
bool redirect_words_read(message_t *message, redirect_words_t *words)
{
	notify_payload_t *notify;
	vendor_id_payload_t *vendor;
	ike_wire_gateway_t gateway;
	enumerator_t *enumerator;
	payload_t *payload;
	bool supported = FALSE;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_VENDOR_ID)
		{
			vendor = (vendor_id_payload_t*)payload;
			words->ports |= chunk_equals(vendor->get_data(vendor),
									chunk_from_str(IKE_WIRE_REDIRECT_VENDOR));
		}
		if (payload->get_type(payload) != PLV2_NOTIFY)
		{
			continue;
		}
		notify = (notify_payload_t*)payload;
		switch (notify->get_notify_type(notify))
		{
			case REDIRECT_SUPPORTED:
				supported = TRUE;
				break;
			case REDIRECTED_FROM:
				if (!words->from && ike_wire_gateway_parse(
						notify->get_notification_data(notify), TRUE, &gateway))
				{
					words->from = ike_wire_gateway_to_host(&gateway);
					/* RFC 5685, 3: stands for the other one, too */
					supported = TRUE;
				}
				break;
			default:
				break;
		}
	}
	enumerator->destroy(enumerator);
	return supported;
}

/*
 * Described in header.
 */
void redirect_words_destroy(redirect_words_t *words)
{
	if (words)
	{
		DESTROY_IF(words->from);
		redirect_decision_clear(&words->decision);
		free(words);
	}
}

METHOD(redirect_said_t, put, void,
	private_redirect_said_t *this, ike_sa_t *ike_sa, redirect_words_t *words)
{
	this->mutex->lock(this->mutex);
	words = this->words->put(this->words, ike_sa, words);
	this->mutex->unlock(this->mutex);
	redirect_words_destroy(words);
}

METHOD(redirect_said_t, remove_, void,
	private_redirect_said_t *this, ike_sa_t *ike_sa)
{
	redirect_words_t *words;

	this->mutex->lock(this->mutex);
	words = this->words->remove(this->words, ike_sa);
	this->mutex->unlock(this->mutex);
	redirect_words_destroy(words);
}

METHOD(redirect_said_t, move, void,
	private_redirect_said_t *this, ike_sa_t *old, ike_sa_t *new)
{
	redirect_words_t *words, *before = NULL;

	this->mutex->lock(this->mutex);
	words = this->words->remove(this->words, old);
	if (words)
	{
		before = this->words->put(this->words, new, words);
	}
	this->mutex->unlock(this->mutex);
	redirect_words_destroy(before);
}

METHOD(redirect_said_t, get_from, host_t*,
	private_redirect_said_t *this, ike_sa_t *ike_sa, bool *ports)
{
	redirect_words_t *words;
	host_t *from = NULL;

	this->mutex->lock(this->mutex);
	words = this->words->get(this->words, ike_sa);
	if (words && words->from)
	{
		from = words->from->clone(words->from);
	}
	if (ports)
	{
		*ports = words && words->ports;
	}
	this->mutex->unlock(this->mutex);
	return from;
}

METHOD(redirect_said_t, get_gateway, identification_t*,
	private_redirect_said_t *this, ike_sa_t *ike_sa)
{
	identification_t *gateway = NULL;
	redirect_words_t *words;

	this->mutex->lock(this->mutex);
	words = this->words->get(this->words, ike_sa);
	if (words && words->decision.gateway)
	{
		gateway = words->decision.gateway->clone(words->decision.gateway);
	}
	this->mutex->unlock(this->mutex);
	return gateway;
}

METHOD(redirect_said_t, get_port, uint16_t,
	private_redirect_said_t *this, ike_sa_t *ike_sa)
{
	redirect_words_t *words;
	uint16_t port;

	this->mutex->lock(this->mutex);
	words = this->words->get(this->words, ike_sa);
	port = words ? words->decision.port : 0;
	this->mutex->unlock(this->mutex);
	return port;
}

METHOD(redirect_said_t, set_port, void,
	private_redirect_said_t *this, ike_sa_t *ike_sa, uint16_t port)
{
	redirect_words_t *words;

	this->mutex->lock(this->mutex);
	words = this->words->get(this->words, ike_sa);
	if (words)
	{
		words->decision.port = port;
	}
	this->mutex->unlock(this->mutex);
}

METHOD(redirect_said_t, destroy, void,
	private_redirect_said_t *this)
{
	enumerator_t *enumerator;
	redirect_words_t *words;
	void *ike_sa;

	enumerator = this->words->create_enumerator(this->words);
	while (enumerator->enumerate(enumerator, &ike_sa, &words))
	{
		redirect_words_destroy(words);
	}
	enumerator->destroy(enumerator);
	this->words->destroy(this->words);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_said_t *redirect_said_create()
{
	private_redirect_said_t *this;

	INIT(this,
		.public = {
			.put = _put,
			.remove = _remove_,
			.move = _move,
			.get_from = _get_from,
			.get_gateway = _get_gateway,
			.get_port = _get_port,
			.set_port = _set_port,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.words = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
								  64),
	);
	return &this->public;
}
