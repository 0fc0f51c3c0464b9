/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_client.h"
#include "stub_answer.h"
#include "stub_ke.h"
#include "stub_keys.h"
#include "stub_presented.h"
#include "stub_resume.h"
#include "stub_skipped.h"
#include "stub_spis.h"
#include "stub_syn.h"
#include "ike_wire_zero.h"

#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/callback_job.h>

/** how long to wait for a good answer after a bad one, in s */
#define BAD_ANSWER_TIMEOUT 4

typedef struct private_stub_client_t private_stub_client_t;
typedef struct task_data_t task_data_t;

/**
 * Private data.
 */
struct private_stub_client_t {

	/** public interface */
	stub_client_t public;

	/** options */
	stub_config_t *config;

	/** makes stubs */
	stub_capture_t *capture;

	/** stubs of IKE SAs before a restart, or NULL */
	stub_file_t *file;

	/** counters */
	stub_stats_t *stats;

	/** IKE_SAs that present a stub */
	stub_presented_t *presented;
};

/**
 * What a job works on.
 */
struct task_data_t {
	/** the client */
	private_stub_client_t *this;
	/** SPIs of the IKE_SA */
	stub_spis_t spis;
};

/**
 * Queue a job for an IKE_SA.
 */
static void queue(private_stub_client_t *this, ike_sa_t *ike_sa,
				  job_requeue_t (*function)(task_data_t*), uint32_t delay)
{
	task_data_t *data;
	job_t *job;

	INIT(data,
		.this = this,
		.spis = stub_spis_get(ike_sa),
	);
	job = (job_t*)callback_job_create_with_prio((void*)function, data, free,
												NULL, JOB_PRIO_HIGH);
	if (delay)
	{
		lib->scheduler->schedule_job(lib->scheduler, job, delay);
	}
	else
	{
		lib->processor->queue_job(lib->processor, job);
	}
}

/**
 * Make a new IKE_SA from a stub, which is adopted.
 */
static void present(private_stub_client_t *this, ike_sa_t *ike_sa, stub_t *stub)
{
	if (stub->pfs && !stub_ke_share(ike_sa))
	{
		stub_unref(stub);
		return;
	}
	this->presented->add(this->presented, ike_sa, stub);
}

/**
 * Check if the purpose is to authenticate again.  ha-sync sets up what failed
 * as it failed over on both sides at the same time as if to do that, but such
 * an IKE_SA is not in use anymore.
 */
static bool is_reauthentication(ike_sa_t *old)
{
	return old->has_condition(old, COND_REAUTHENTICATING) &&
		   old->get_state(old) != IKE_REKEYED;
}

METHOD(listener_t, ike_reestablish_pre, bool,
	private_stub_client_t *this, ike_sa_t *old, ike_sa_t *new)
{
	stub_t *stub;

	if (!this->config->client || old->get_version(old) != IKEV2 ||
		is_reauthentication(old))
	{
		return TRUE;
	}
	stub = this->capture->take(this->capture, old);
	if (stub)
	{
		present(this, new, stub);
	}
	return TRUE;
}

/**
 * A new IKE_SA is initiated: after a restart there may be a stub on disk.
 */
static void look_for_saved(private_stub_client_t *this, ike_sa_t *ike_sa)
{
	peer_cfg_t *cfg = ike_sa->get_peer_cfg(ike_sa);
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	stub_t *stub;

	if (!this->file || !this->config->client || !cfg ||
		!id->is_initiator(id) ||
		this->presented->find(this->presented, ike_sa) ||
		ike_sa->get_version(ike_sa) != IKEV2 ||
		ike_sa->get_state(ike_sa) != IKE_CREATED)
	{
		return;
	}
	stub = this->file->take(this->file, cfg->get_name(cfg));
	if (stub)
	{
		present(this, ike_sa, stub);
	}
}

/**
 * Check if we can use the key exchange that charon started.
 */
static bool is_shared(ike_sa_t *ike_sa, message_t *message)
{
	ke_payload_t *ke;

	ke = (ke_payload_t*)message->get_payload(message, PLV2_KEY_EXCHANGE);
	return ke && stub_ke_is_shared(ike_sa, ke->get_key_exchange_method(ke));
}

/**
 * Add SYN and proof to an IKE_SA_INIT request.
 */
static void add_syn(private_stub_client_t *this, message_t *message,
					stub_presented_entry_t *entry)
{
	ike_sa_id_t *id = message->get_ike_sa_id(message);
	stub_t *stub = entry->stub;
	nonce_payload_t *nonce;
	chunk_t body, proof;

	nonce = (nonce_payload_t*)message->get_payload(message, PLV2_NONCE);
	if (!nonce || !stub_is_valid(stub) ||
		(stub->pfs && !is_shared(entry->ike_sa, message)))
	{
		this->presented->remove(this->presented, entry->ike_sa);
		return;
	}
	chunk_free(&entry->nonce);
	entry->nonce = nonce->get_nonce(nonce);
	body = stub_syn_encode(stub_get_gateway_spi(stub), stub->gateway);
	if (stub_keys_proof_i(stub, id->get_initiator_spi(id), entry->nonce, body,
						  &proof))
	{
		message->add_payload(message, stub_syn_create(body));
		message->add_notify(message, FALSE, stub_types.proof, proof);
		chunk_clear(&proof);
		this->stats->add(this->stats, STUB_SYN_SENT, 1);
	}
	chunk_free(&body);
}

/**
 * Check the proof in an answer.
 */
static bool check_proof(private_stub_client_t *this,
						stub_presented_entry_t *entry, stub_answer_t *answer)
{
	chunk_t received, proof;
	bool good;

	if (!stub_answer_notify(answer, stub_types.proof, &received))
	{
		return !this->config->proof;
	}
	if (!stub_keys_proof_r(entry->stub, answer->spi_i, answer->spi_r,
						   entry->nonce, answer->nonce, &proof))
	{
		return FALSE;
	}
	good = chunk_equals_const(proof, received);
	chunk_clear(&proof);
	return good;
}

/**
 * When to rekey, at random so that not all clients do at the same time.
 */
static uint32_t get_rekey_time(private_stub_client_t *this, chunk_t fresh)
{
	uint32_t after = this->config->rekey_after;

	if (!after || fresh.len)
	{
		return 0;
	}
	return max(1, after - random() % (after / 2 + 1));
}

/**
 * Job: establish an IKE_SA that has its keys.
 */
static job_requeue_t establish(task_data_t *data)
{
	private_stub_client_t *this = data->this;
	stub_presented_entry_t *entry;
	ike_sa_t *ike_sa;
	status_t status = SUCCESS;

	ike_sa = stub_spis_checkout(data->spis);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	entry = this->presented->take(this->presented, ike_sa);
	if (entry)
	{
		stub_skipped_config(ike_sa, entry->stub);
		stub_resume_establish(entry->stub, ike_sa,
							  get_rekey_time(this, entry->fresh));
		DBG0(DBG_IKE, "IKE_SA %s[%d] established between %H[%Y]...%H[%Y]",
			 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
			 ike_sa->get_my_host(ike_sa), ike_sa->get_my_id(ike_sa),
			 ike_sa->get_other_host(ike_sa), ike_sa->get_other_id(ike_sa));
		this->capture->resumed(this->capture, ike_sa, entry->stub,
							   entry->fresh);
		charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
		this->stats->add(this->stats, STUB_RESUMED, 1);
		stub_presented_entry_destroy(entry);
		status = stub_skipped_initiate(ike_sa);
	}
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Job: after a bad answer no good one came, start again without SYN.
 */
static job_requeue_t start_again(task_data_t *data)
{
	private_stub_client_t *this = data->this;
	stub_presented_entry_t *entry;
	ike_sa_t *ike_sa;
	status_t status = SUCCESS;

	ike_sa = stub_spis_checkout(data->spis);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	entry = this->presented->find(this->presented, ike_sa);
	if (entry && !entry->answered)
	{
		DBG1(DBG_IKE, "ike-sa-stub: no good answer from %H, trying without a "
			 "stub", ike_sa->get_other_host(ike_sa));
		this->presented->remove(this->presented, ike_sa);
		this->stats->add(this->stats, STUB_FELL_BACK, 1);
		ike_sa->reset(ike_sa, TRUE);
		status = ike_sa->initiate(ike_sa, NULL, NULL);
	}
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Get the keys after a good answer.
 */
static bool derive(ike_sa_t *ike_sa, stub_presented_entry_t *entry,
				   stub_answer_t *answer)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	if (entry->stub->pfs &&
		(!answer->ke.len ||
		 !stub_ke_get_secret(ike_sa, answer->ke_method, answer->ke,
							 &entry->fresh)))
	{
		return FALSE;
	}
	id->set_responder_spi(id, answer->spi_r);
	return stub_keys_derive(entry->stub, ike_sa, entry->nonce, answer->nonce,
							entry->fresh);
}

/**
 * An answer to a SYN.
 */
static void process_answer(private_stub_client_t *this, ike_sa_t *ike_sa,
						   message_t *message, stub_presented_entry_t *entry,
						   stub_answer_t *answer)
{
	ike_cfg_t *ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	chunk_t data;

	if (!check_proof(this, entry, answer) || !derive(ike_sa, entry, answer))
	{
		this->stats->add(this->stats, STUB_BAD_ANSWER, 1);
		DBG1(DBG_IKE, "ike-sa-stub: answer of %H to a stub is not authentic, "
			 "ignored", message->get_source(message));
		ike_wire_ignore(ike_sa, message);
		/* charon took it from the message, and would not recognize others */
		id->set_responder_spi(id, 0);
		if (!entry->suspicious)
		{
			entry->suspicious = TRUE;
			queue(this, ike_sa, start_again, BAD_ANSWER_TIMEOUT);
		}
		return;
	}
	DBG0(DBG_IKE, "resuming IKE_SA %s[%d] with %H from a stub",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
		 ike_sa->get_other_host(ike_sa));
	stub_resume_prepare(entry->stub, ike_sa);
	if (ike_cfg->fragmentation(ike_cfg) != FRAGMENTATION_NO &&
		stub_answer_notify(answer, FRAGMENTATION_SUPPORTED, &data))
	{
		ike_sa->enable_extension(ike_sa, EXT_IKE_FRAGMENTATION);
	}
	ike_sa->update_hosts(ike_sa, message->get_destination(message),
						 message->get_source(message),
						 UPDATE_HOSTS_FORCE_LOCAL);
	stub_skipped_natd(ike_sa, message, answer);
	/* ends the exchange, charon then ignores the message for its ID */
	ike_sa->set_message_id(ike_sa, TRUE, 1);
	stub_skipped_remove(ike_sa);
	if (entry->stub->pfs)
	{
		stub_ke_forget(ike_sa);
	}
	entry->answered = TRUE;
	queue(this, ike_sa, establish, 0);
}

/**
 * An IKE_SA_INIT response that was not parsed yet.
 */
static void process_response(private_stub_client_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	stub_answer_t answer;
	stub_presented_entry_t *entry;

	entry = this->presented->find(this->presented, ike_sa);
	if (entry && !entry->answered && entry->nonce.len &&
		ike_sa->get_state(ike_sa) == IKE_CONNECTING &&
		message->get_message_id(message) == 0 &&
		stub_answer_parse(message->get_packet_data(message), &answer) &&
		answer.spi_i == id->get_initiator_spi(id))
	{
		process_answer(this, ike_sa, message, entry, &answer);
	}
}

/**
 * An IKE_SA_INIT response that is charon's: if it's not about a retry it's the
 * ordinary response.
 */
static void process_ordinary(private_stub_client_t *this, ike_sa_t *ike_sa,
							 message_t *message)
{
	stub_presented_entry_t *entry;

	entry = this->presented->find(this->presented, ike_sa);
	if (entry && !entry->answered &&
		message->get_payload(message, PLV2_SECURITY_ASSOCIATION))
	{
		DBG1(DBG_IKE, "ike-sa-stub: %H does not use the stub of %s[%d]",
			 message->get_source(message), ike_sa->get_name(ike_sa),
			 ike_sa->get_unique_id(ike_sa));
		this->stats->add(this->stats, STUB_FELL_BACK, 1);
		this->presented->remove(this->presented, ike_sa);
	}
}

METHOD(listener_t, message, bool,
	private_stub_client_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	stub_presented_entry_t *entry;

	if (!ike_sa || message->get_exchange_type(message) != IKE_SA_INIT ||
		ike_sa->get_version(ike_sa) != IKEV2)
	{
		return TRUE;
	}
	if (incoming)
	{
		if (!message->get_request(message))
		{
			if (plain)
			{
				process_ordinary(this, ike_sa, message);
			}
			else
			{
				process_response(this, ike_sa, message);
			}
		}
	}
	else if (plain && message->get_request(message))
	{
		entry = this->presented->find_request(this->presented, ike_sa, message);
		if (entry && !entry->answered)
		{
			add_syn(this, message, entry);
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_stub_client_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	switch (state)
	{
		case IKE_CONNECTING:
			look_for_saved(this, ike_sa);
			break;
		case IKE_DESTROYING:
			this->presented->remove(this->presented, ike_sa);
			break;
		default:
			break;
	}
	return TRUE;
}

METHOD(stub_client_t, count_, u_int,
	private_stub_client_t *this)
{
	return this->presented->count(this->presented);
}

METHOD(stub_client_t, destroy, void,
	private_stub_client_t *this)
{
	this->presented->destroy(this->presented);
	free(this);
}

/*
 * Described in header.
 */
stub_client_t *stub_client_create(stub_config_t *config,
								  stub_capture_t *capture, stub_file_t *file,
								  stub_stats_t *stats)
{
	private_stub_client_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message,
				.ike_reestablish_pre = _ike_reestablish_pre,
				.ike_state_change = _ike_state_change,
			},
			.count = _count_,
			.destroy = _destroy,
		},
		.config = config,
		.capture = capture,
		.file = file,
		.stats = stats,
		.presented = stub_presented_create(),
	);
	return &this->public;
}
