/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_answering.h"
#include "stub_keys.h"
#include "stub_resume.h"

#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <sa/ikev2/keymat_v2.h>

/** octets of our nonces */
#define NONCE_LEN 32

typedef struct private_stub_answering_t private_stub_answering_t;

/**
 * Private data.
 */
struct private_stub_answering_t {

	/** public interface */
	stub_answering_t public;

	/** IKE_SA */
	ike_sa_t *ike_sa;

	/** request */
	stub_request_t *request;

	/** charon's NAT detection, NULL once it's not needed anymore */
	ike_natd_t *natd;

	/** stub, or NULL */
	stub_t *stub;

	/** inner addresses, or NULL */
	stub_lease_t *lease;

	/** new key exchange, or NULL, and its secret */
	key_exchange_t *ke;
	chunk_t fresh;

	/** the answer */
	packet_t *packet;
};

METHOD(stub_answering_t, detect_nat, void,
	private_stub_answering_t *this, message_t *message)
{
	if (!this->natd)
	{
		this->natd = ike_natd_create(this->ike_sa, FALSE);
		this->natd->task.process(&this->natd->task, message);
	}
}

/**
 * Make the IKE_SA as it was, for charon to answer the request.
 */
static void undo(private_stub_answering_t *this, ike_cfg_t *ike_cfg)
{
	ike_sa_t *ike_sa = this->ike_sa;

	ike_sa->reset(ike_sa, FALSE);
	/* that's for initiators */
	ike_sa->flush_queue(ike_sa, TASK_QUEUE_QUEUED);
	ike_sa->set_ike_cfg(ike_sa, ike_cfg);
}

/**
 * Do the new key exchange.
 */
static bool exchange_keys(private_stub_answering_t *this)
{
	keymat_t *keymat = this->ike_sa->get_keymat(this->ike_sa);

	if (!this->stub->proposal->has_transform(this->stub->proposal,
								KEY_EXCHANGE_METHOD, this->request->ke_method))
	{
		return FALSE;
	}
	this->ke = keymat->create_ke(keymat, this->request->ke_method);
	return this->ke &&
		   this->ke->set_public_key(this->ke, this->request->ke) &&
		   this->ke->get_shared_secret(this->ke, &this->fresh);
}

/**
 * Add what is to be found on the way to the answer.
 */
static void add_notifies(private_stub_answering_t *this, message_t *message)
{
	ike_cfg_t *ike_cfg = this->ike_sa->get_ike_cfg(this->ike_sa);

	if (this->natd)
	{	/* charon only adds them to responses that have an SA */
		message->set_exchange_type(message, INFORMATIONAL);
		this->natd->task.build(&this->natd->task, message);
		message->set_exchange_type(message, IKE_SA_INIT);
	}
	if (this->request->fragmentation &&
		ike_cfg->fragmentation(ike_cfg) != FRAGMENTATION_NO)
	{
		this->ike_sa->enable_extension(this->ike_sa, EXT_IKE_FRAGMENTATION);
		message->add_notify(message, FALSE, FRAGMENTATION_SUPPORTED,
							chunk_empty);
	}
}

/**
 * Make the answer.
 */
static bool build(private_stub_answering_t *this, chunk_t nonce)
{
	ike_sa_id_t *id = this->ike_sa->get_id(this->ike_sa);
	host_t *me = this->ike_sa->get_my_host(this->ike_sa);
	host_t *other = this->ike_sa->get_other_host(this->ike_sa);
	nonce_payload_t *payload;
	message_t *message;
	chunk_t proof;
	bool ok;

	if (!stub_keys_proof_r(this->stub, id->get_initiator_spi(id),
						   id->get_responder_spi(id), this->request->nonce,
						   nonce, &proof))
	{
		return FALSE;
	}
	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, IKE_SA_INIT);
	message->set_request(message, FALSE);
	message->set_message_id(message, 0);
	message->set_source(message, me->clone(me));
	message->set_destination(message, other->clone(other));
	payload = nonce_payload_create(PLV2_NONCE);
	payload->set_nonce(payload, nonce);
	message->add_payload(message, &payload->payload_interface);
	if (this->ke)
	{
		message->add_payload(message, (payload_t*)
				ke_payload_create_from_key_exchange(PLV2_KEY_EXCHANGE,
													this->ke));
	}
	add_notifies(this, message);
	message->add_notify(message, FALSE, stub_types.proof, proof);
	chunk_clear(&proof);
	ok = this->ike_sa->generate_message(this->ike_sa, message,
										&this->packet) == SUCCESS;
	message->destroy(message);
	return ok;
}

/**
 * Make keys and the answer.
 */
static bool make(private_stub_answering_t *this)
{
	nonce_gen_t *gen;
	keymat_t *keymat = this->ike_sa->get_keymat(this->ike_sa);
	chunk_t nonce = chunk_empty;
	bool ok;

	gen = keymat->create_nonce_gen(keymat);
	ok = gen && gen->allocate_nonce(gen, NONCE_LEN, &nonce) &&
		 (!this->stub->pfs || exchange_keys(this)) &&
		 stub_keys_derive(this->stub, this->ike_sa, this->request->nonce, nonce,
						  this->fresh) &&
		 build(this, nonce);
	DESTROY_IF(gen);
	chunk_free(&nonce);
	return ok;
}

METHOD(stub_answering_t, answer, bool,
	private_stub_answering_t *this, stub_t *stub, peer_cfg_t *cfg,
	stub_lease_t *lease)
{
	ike_sa_t *ike_sa = this->ike_sa;
	ike_cfg_t *ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	bool ok;

	ike_cfg->get_ref(ike_cfg);
	this->stub = stub_ref(stub);
	this->lease = lease;
	ike_sa->set_peer_cfg(ike_sa, cfg);
	stub_resume_prepare(stub, ike_sa);
	/* as at the end of authentication rounds */
	ok = charon->bus->authorize(charon->bus, FALSE) &&
		 charon->bus->authorize(charon->bus, TRUE);
	if (ok)
	{
		/* half open until the client has confirmed that it has the keys */
		ike_sa->set_state(ike_sa, IKE_CONNECTING);
		ok = make(this);
	}
	if (ok)
	{
		ike_sa->set_message_id(ike_sa, FALSE, 1);
		DBG0(DBG_IKE, "resuming IKE_SA %s[%d] with %H[%Y] from a stub",
			 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
			 ike_sa->get_other_host(ike_sa), ike_sa->get_other_id(ike_sa));
		charon->sender->send(charon->sender,
							 this->packet->clone(this->packet));
	}
	else
	{
		undo(this, ike_cfg);
	}
	ike_cfg->destroy(ike_cfg);
	return ok;
}

METHOD(stub_answering_t, answer_again, void,
	private_stub_answering_t *this, message_t *message)
{
	host_t *src = message->get_destination(message);
	host_t *dst = message->get_source(message);
	packet_t *packet;

	packet = this->packet->clone(this->packet);
	packet->set_source(packet, src->clone(src));
	packet->set_destination(packet, dst->clone(dst));
	charon->sender->send(charon->sender, packet);
}

METHOD(stub_answering_t, confirm, void,
	private_stub_answering_t *this, message_t *message, uint32_t rekey_after)
{
	ike_sa_t *ike_sa = this->ike_sa;

	/* charon does this only for peers without MOBIKE: the client may use port
	 * 4500 from now on, and came from some address in the first place */
	ike_sa->update_hosts(ike_sa, message->get_destination(message),
						 message->get_source(message),
						 UPDATE_HOSTS_FORCE_ADDRS);
	if (this->request->redirection)
	{
		ike_sa->enable_extension(ike_sa, EXT_IKE_REDIRECTION);
	}
	if (this->lease)
	{
		this->lease->assign(this->lease, ike_sa);
	}
	stub_resume_establish(this->stub, ike_sa, rekey_after);
	DBG0(DBG_IKE, "IKE_SA %s[%d] established between %H[%Y]...%H[%Y]",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
		 ike_sa->get_my_host(ike_sa), ike_sa->get_my_id(ike_sa),
		 ike_sa->get_other_host(ike_sa), ike_sa->get_other_id(ike_sa));
}

METHOD(stub_answering_t, get_stub, stub_t*,
	private_stub_answering_t *this)
{
	return this->packet ? this->stub : NULL;
}

METHOD(stub_answering_t, get_fresh, chunk_t,
	private_stub_answering_t *this)
{
	return this->fresh;
}

METHOD(stub_answering_t, has_lease, bool,
	private_stub_answering_t *this)
{
	return this->lease != NULL;
}

METHOD(stub_answering_t, destroy, void,
	private_stub_answering_t *this)
{
	if (this->natd)
	{
		this->natd->task.destroy(&this->natd->task);
	}
	DESTROY_IF(this->lease);
	DESTROY_IF(this->ke);
	DESTROY_IF(this->packet);
	chunk_clear(&this->fresh);
	stub_unref(this->stub);
	stub_request_destroy(this->request);
	free(this);
}

/*
 * Described in header.
 */
stub_answering_t *stub_answering_create(ike_sa_t *ike_sa,
										stub_request_t *request)
{
	private_stub_answering_t *this;

	INIT(this,
		.public = {
			.detect_nat = _detect_nat,
			.answer = _answer,
			.answer_again = _answer_again,
			.confirm = _confirm,
			.get_stub = _get_stub,
			.get_fresh = _get_fresh,
			.has_lease = _has_lease,
			.destroy = _destroy,
		},
		.ike_sa = ike_sa,
		.request = request,
	);
	return &this->public;
}
