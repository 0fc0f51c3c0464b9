/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_syn.h"
#include "stub.h"

#include <stddef.h>

#include <encoding/payloads/notify_payload.h>
#include <encoding/payloads/unknown_payload.h>

/** flags in a lifetime */
#define FLAG_HARDENED 0x80000000
#define FLAG_PFS 0x40000000

stub_types_t stub_types = {
	.syn = STUB_PAYLOAD_SYN_DEFAULT,
	.proof = STUB_NOTIFY_PROOF_DEFAULT,
	.lifetime = STUB_NOTIFY_LIFETIME_DEFAULT,
};

typedef struct private_syn_t private_syn_t;

/**
 * A SYN payload to be sent.
 */
struct private_syn_t {

	/** implements payload_t */
	payload_t public;

	/** type of the next payload */
	uint8_t next_payload;

	/** the draft's C bit is IKEv2's critical bit, so it's not set: a gateway
	 * that does not know the payload would refuse the message */
	bool critical;

	/** reserved bits */
	bool reserved[7];

	/** length of the payload */
	uint16_t length;

	/** SPI and address */
	chunk_t body;
};

/*
 * Described in header.
 */
chunk_t stub_syn_encode(uint64_t spi, host_t *gateway)
{
	return chunk_cat("cc", chunk_from_thing(spi),
					 gateway->get_address(gateway));
}

/*
 * Described in header.
 */
bool stub_syn_parse(chunk_t body, stub_syn_t *syn)
{
	if (body.len != STUB_SPI_LEN + 4 && body.len != STUB_SPI_LEN + 16)
	{
		return FALSE;
	}
	memcpy(&syn->spi, body.ptr, STUB_SPI_LEN);
	syn->address = chunk_skip(body, STUB_SPI_LEN);
	syn->body = body;
	return syn->spi != 0;
}

METHOD(payload_t, verify, status_t,
	private_syn_t *this)
{
	return SUCCESS;
}

METHOD(payload_t, get_encoding_rules, int,
	private_syn_t *this, encoding_rule_t **rules)
{
	static encoding_rule_t encodings[] = {
		{ U_INT_8,			offsetof(private_syn_t, next_payload)	},
		{ FLAG,				offsetof(private_syn_t, critical)		},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[0])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[1])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[2])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[3])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[4])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[5])	},
		{ RESERVED_BIT,		offsetof(private_syn_t, reserved[6])	},
		{ PAYLOAD_LENGTH,	offsetof(private_syn_t, length)			},
		{ CHUNK_DATA,		offsetof(private_syn_t, body)			},
	};

	*rules = encodings;
	return countof(encodings);
}

METHOD(payload_t, get_header_length, int,
	private_syn_t *this)
{
	return 4;
}

METHOD(payload_t, get_type, payload_type_t,
	private_syn_t *this)
{
	return stub_types.syn;
}

METHOD(payload_t, get_next_type, payload_type_t,
	private_syn_t *this)
{
	return this->next_payload;
}

METHOD(payload_t, set_next_type, void,
	private_syn_t *this, payload_type_t type)
{
	this->next_payload = type;
}

METHOD(payload_t, get_length, size_t,
	private_syn_t *this)
{
	return this->length;
}

METHOD(payload_t, destroy, void,
	private_syn_t *this)
{
	free(this->body.ptr);
	free(this);
}

/*
 * Described in header.
 */
payload_t *stub_syn_create(chunk_t body)
{
	private_syn_t *this;

	INIT(this,
		.public = {
			.get_encoding_rules = _get_encoding_rules,
			.get_header_length = _get_header_length,
			.get_type = _get_type,
			.get_next_type = _get_next_type,
			.set_next_type = _set_next_type,
			.get_length = _get_length,
			.verify = _verify,
			.destroy = _destroy,
		},
		.next_payload = PL_NONE,
		.length = get_header_length(NULL) + body.len,
		.body = chunk_clone(body),
	);
	return &this->public;
}

/*
 * Described in header.
 */
bool stub_syn_find(message_t *message, stub_syn_t *syn)
{
	unknown_payload_t *unknown;
	enumerator_t *enumerator;
	payload_t *payload;
	u_int count = 0;
	bool good = FALSE;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) != PL_UNKNOWN)
		{
			continue;
		}
		unknown = (unknown_payload_t*)payload;
		if (unknown->get_type(unknown) == stub_types.syn)
		{
			good = stub_syn_parse(unknown->get_data(unknown), syn);
			count++;
		}
	}
	enumerator->destroy(enumerator);
	return good && count == 1;
}

/*
 * Described in header.
 */
void stub_offer_encode(const stub_offer_t *offer, uint8_t data[4])
{
	uint32_t value = min(offer->lifetime, STUB_LIFETIME_MAX);

	value |= offer->hardened ? FLAG_HARDENED : 0;
	value |= offer->pfs ? FLAG_PFS : 0;
	htoun32(data, value);
}

/*
 * Described in header.
 */
bool stub_offer_parse(chunk_t data, stub_offer_t *offer)
{
	uint32_t value;

	if (data.len != sizeof(value))
	{
		return FALSE;
	}
	value = untoh32(data.ptr);
	offer->hardened = (value & FLAG_HARDENED) != 0;
	offer->pfs = (value & FLAG_PFS) != 0;
	offer->lifetime = value & STUB_LIFETIME_MAX;
	return offer->lifetime > 0;
}

/*
 * Described in header.
 */
void stub_offer_add(message_t *message, const stub_offer_t *offer)
{
	uint8_t data[sizeof(uint32_t)];

	stub_offer_encode(offer, data);
	message->add_notify(message, FALSE, stub_types.lifetime,
						chunk_from_thing(data));
}

/*
 * Described in header.
 */
bool stub_offer_find(message_t *message, stub_offer_t *offer)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, stub_types.lifetime);
	return notify && stub_offer_parse(notify->get_notification_data(notify),
									  offer);
}
