/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "redirect_guard.h"
#include "redirect_edit.h"
#include "redirect_guard_config.h"
#include "redirect_history.h"
#include "redirect_judge.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <encoding/payloads/eap_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/notify_payload.h>
#include <processing/jobs/delete_ike_sa_job.h>
#include <threading/mutex.h>
#include <threading/thread_value.h>

typedef struct private_redirect_guard_t private_redirect_guard_t;
typedef struct entry_t entry_t;

/**
 * Private data.
 */
struct private_redirect_guard_t {

	/** public interface */
	redirect_guard_t public;

	/** the new IKE SA while one takes the place of another: charon's bus still
	 * has the old one then */
	thread_value_t *new;

	/** decides about REDIRECTs */
	redirect_judge_t *judge;

	/** protects all below */
	mutex_t *mutex;

	/** entry_t by ike_sa_t, of those this daemon initiated */
	hashtable_t *entries;

	/** REDIRECTs followed */
	uint64_t followed;
};

/**
 * An IKE SA this daemon initiates.
 */
struct entry_t {
	/** nonce of the IKE_SA_INIT request under way */
	chunk_t nonce;
	/** redirects that led to it */
	redirect_history_t history;
	/** the gateway was found by a redirect, that was authenticated */
	bool redirected, authenticated;
	/** charon follows an authenticated redirect of this IKE SA */
	bool following;
	/** an IKE_AUTH response was received */
	bool auth;
	/** port of the gateway that is next, 0 for the usual one */
	uint16_t port;
};

/**
 * Get what is known of an IKE SA, or add it; the caller has the lock.
 */
static entry_t *get_entry(private_redirect_guard_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;

	entry = this->entries->get(this->entries, ike_sa);
	if (!entry)
	{
		INIT(entry);
		this->entries->put(this->entries, ike_sa, entry);
	}
	return entry;
}

/**
 * Free what is known of an IKE SA.
 */
static void entry_destroy(entry_t *entry)
{
	if (entry)
	{
		chunk_free(&entry->nonce);
		free(entry);
	}
}

/**
 * Implements redirect_judge_count_t
 */
static bool count(private_redirect_guard_t *this, ike_sa_t *ike_sa,
				  const redirect_guard_config_t *config, uint16_t port,
				  bool init)
{
	entry_t *entry;
	bool good;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	good = redirect_history_add(&entry->history, time_monotonic(NULL),
								config->max_redirects, config->period);
	if (good)
	{
		entry->redirected = TRUE;
		entry->authenticated = !init;
		entry->following = !init;
		entry->port = port;
		this->followed++;
	}
	this->mutex->unlock(this->mutex);
	return good;
}

/**
 * Check if the nonce in a notify is the one we sent.
 */
static bool has_nonce(private_redirect_guard_t *this, ike_sa_t *ike_sa,
					  notify_payload_t *notify)
{
	ike_wire_gateway_t gateway;
	entry_t *entry;
	bool same;

	if (!ike_wire_gateway_parse(notify->get_notification_data(notify), FALSE,
								&gateway))
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, ike_sa);
	same = entry && entry->nonce.len &&
		   chunk_equals(entry->nonce, gateway.nonce);
	this->mutex->unlock(this->mutex);
	return same;
}

/**
 * An IKE_SA_INIT response was received.
 */
static void received_init(private_redirect_guard_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, REDIRECT);
	if (notify && (!has_nonce(this, ike_sa, notify) ||
			this->judge->judge(this->judge, ike_sa, message, notify,
							   TRUE) != REDIRECT_FOLLOW))
	{
		/* anybody may have sent it: go on waiting (RFC 5685, 3) */
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}

/**
 * Check if an IKE_AUTH response is the first, it is not from then on.
 */
static bool is_first(private_redirect_guard_t *this, ike_sa_t *ike_sa)
{
	entry_t *entry;
	bool first;

	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	first = !entry->auth;
	entry->auth = TRUE;
	this->mutex->unlock(this->mutex);
	return first;
}

/**
 * The first IKE_AUTH response is processed again.
 */
static void unset_first(private_redirect_guard_t *this, ike_sa_t *ike_sa)
{
	this->mutex->lock(this->mutex);
	get_entry(this, ike_sa)->auth = FALSE;
	this->mutex->unlock(this->mutex);
}

/**
 * An IKE_AUTH response was received.
 */
static void received_auth(private_redirect_guard_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	notify_payload_t *notify;
	bool first;

	first = is_first(this, ike_sa);
	notify = message->get_notify(message, REDIRECT);
	if (!notify)
	{
		return;
	}
	if (message->get_payload(message, PLV2_EAP) ?
		!first : !first && !message->get_payload(message, PLV2_AUTH))
	{
		DBG1(DBG_IKE, "redirect: REDIRECT ignored, it is neither in the first "
			 "nor the last IKE_AUTH response");
		redirect_edit_strip(message);
		return;
	}
	switch (this->judge->judge(this->judge, ike_sa, message, notify, FALSE))
	{
		case REDIRECT_LATER:
			message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
			if (first)
			{
				unset_first(this, ike_sa);
			}
			break;
		case REDIRECT_REFUSE:
			/* there will be no CHILD SA, so the IKE SA is of no use */
			redirect_edit_strip(message);
			lib->processor->queue_job(lib->processor,
				(job_t*)delete_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE));
			break;
		case REDIRECT_FOLLOW:
			break;
	}
}

/**
 * An INFORMATIONAL request was received.
 */
static void received_informational(private_redirect_guard_t *this,
								   ike_sa_t *ike_sa, message_t *message)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, REDIRECT);
	if (!notify)
	{
		return;
	}
	if (!ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR))
	{	/* RFC 5685, 10 */
		DBG1(DBG_IKE, "redirect: REDIRECT of '%Y' ignored, only the original "
			 "responder may send one", ike_sa->get_other_id(ike_sa));
		redirect_edit_strip(message);
		return;
	}
	switch (this->judge->judge(this->judge, ike_sa, message, notify, FALSE))
	{
		case REDIRECT_LATER:
			message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
			break;
		case REDIRECT_REFUSE:
			redirect_edit_strip(message);
			break;
		case REDIRECT_FOLLOW:
			break;
	}
}

/**
 * Announce that ports are understood, if they are.
 */
static void add_vendor_id(ike_sa_t *ike_sa, message_t *message)
{
	redirect_guard_config_t config;

	redirect_guard_config_load(ike_sa->get_name(ike_sa), &config);
	if (config.ports && config.max_redirects)
	{
		redirect_edit_announce_ports(message);
	}
	redirect_guard_config_clear(&config);
}

/**
 * An IKE_SA_INIT request is sent.
 */
static void sent_init(private_redirect_guard_t *this, ike_sa_t *ike_sa,
					  message_t *message)
{
	nonce_payload_t *nonce;
	entry_t *entry;
	uint16_t port;

	nonce = (nonce_payload_t*)message->get_payload(message, PLV2_NONCE);
	if (!nonce)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	entry = get_entry(this, ike_sa);
	chunk_free(&entry->nonce);
	entry->nonce = nonce->get_nonce(nonce);
	entry->auth = FALSE;
	if (!ike_sa->get_redirected_from(ike_sa))
	{	/* charon starts anew with the original gateway */
		entry->port = 0;
	}
	port = entry->port;
	this->mutex->unlock(this->mutex);
	if (port)
	{
		redirect_edit_set_port(ike_sa, message, port);
	}
	add_vendor_id(ike_sa, message);
}

METHOD(listener_t, message_hook, bool,
	private_redirect_guard_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	bool request = message->get_request(message);

	if (!plain || message->get_major_version(message) != IKEV2_MAJOR_VERSION)
	{
		return TRUE;
	}
	switch (message->get_exchange_type(message))
	{
		case IKE_SA_INIT:
			if (incoming && !request)
			{
				received_init(this, ike_sa, message);
			}
			else if (!incoming && request)
			{
				sent_init(this, this->new->get(this->new) ?: (void*)ike_sa,
						  message);
			}
			break;
		case IKE_AUTH:
			if (incoming && !request)
			{
				received_auth(this, ike_sa, message);
			}
			break;
		case INFORMATIONAL:
			if (incoming && request)
			{
				received_informational(this, ike_sa, message);
			}
			break;
		default:
			break;
	}
	return TRUE;
}

/**
 * Ask for the inner addresses of the old IKE SA.
 */
static void keep_inner(ike_sa_t *old, ike_sa_t *new)
{
	redirect_guard_config_t config;
	enumerator_t *enumerator;
	host_t *vip, *host;

	redirect_guard_config_load(old->get_name(old), &config);
	if (config.keep_inner)
	{
		/* they are installed on the interface of that address, which charon
		 * sets later */
		host = old->get_my_host(old);
		new->set_my_host(new, host->clone(host));
		enumerator = old->create_virtual_ip_enumerator(old, TRUE);
		while (enumerator->enumerate(enumerator, &vip))
		{
			new->add_virtual_ip(new, TRUE, vip);
		}
		enumerator->destroy(enumerator);
	}
	redirect_guard_config_clear(&config);
}

METHOD(listener_t, ike_reestablish_pre, bool,
	private_redirect_guard_t *this, ike_sa_t *old, ike_sa_t *new)
{
	entry_t *before, *entry;
	bool following;

	this->new->set(this->new, new);
	this->mutex->lock(this->mutex);
	before = this->entries->get(this->entries, old);
	following = before && before->following;
	if (following)
	{
		before->following = FALSE;
		entry = get_entry(this, new);
		entry->history = before->history;
		entry->port = before->port;
		entry->redirected = entry->authenticated = TRUE;
	}
	this->mutex->unlock(this->mutex);
	if (following)
	{
		keep_inner(old, new);
	}
	return TRUE;
}

METHOD(listener_t, ike_reestablish_post, bool,
	private_redirect_guard_t *this, ike_sa_t *old, ike_sa_t *new,
	bool initiated)
{
	this->new->set(this->new, NULL);
	return TRUE;
}

METHOD(listener_t, authorize, bool,
	private_redirect_guard_t *this, ike_sa_t *ike_sa, bool final,
	bool *success)
{
	redirect_guard_config_t config;
	identification_t *id = ike_sa->get_other_id(ike_sa);
	entry_t *entry;
	bool listed;

	if (!final || !ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR))
	{
		return TRUE;
	}
	this->mutex->lock(this->mutex);
	entry = this->entries->get(this->entries, ike_sa);
	/* while it's in an IKE_AUTH response that redirects, the gateway is still
	 * the one that was there before */
	listed = entry && entry->redirected && entry->authenticated &&
			 !entry->following;
	this->mutex->unlock(this->mutex);
	redirect_guard_config_load(ike_sa->get_name(ike_sa), &config);
	if (!redirect_guard_config_trusts(&config, id, listed))
	{
		DBG1(DBG_IKE, "redirect: gateway at %H authenticated as '%Y', which is "
			 "none of guard.identity%s", ike_sa->get_other_host(ike_sa), id,
			 listed ? " and guard.identities" : "");
		*success = FALSE;
	}
	redirect_guard_config_clear(&config);
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	private_redirect_guard_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	entry_t *entry = NULL;

	if (state == IKE_DESTROYING)
	{
		this->mutex->lock(this->mutex);
		entry = this->entries->remove(this->entries, ike_sa);
		this->mutex->unlock(this->mutex);
		entry_destroy(entry);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_redirect_guard_t *this, ike_sa_t *old, ike_sa_t *new)
{
	entry_t *entry, *before = NULL;

	this->mutex->lock(this->mutex);
	entry = this->entries->remove(this->entries, old);
	if (entry)
	{
		before = this->entries->put(this->entries, new, entry);
	}
	this->mutex->unlock(this->mutex);
	entry_destroy(before);
	return TRUE;
}

METHOD(redirect_guard_t, get_counts, void,
	private_redirect_guard_t *this, uint64_t *followed, uint64_t *refused)
{
	this->mutex->lock(this->mutex);
	*followed = this->followed;
	this->mutex->unlock(this->mutex);
	*refused = this->judge->get_refused(this->judge);
}

METHOD(redirect_guard_t, destroy, void,
	private_redirect_guard_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;
	void *ike_sa;

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &ike_sa, &entry))
	{
		entry_destroy(entry);
	}
	enumerator->destroy(enumerator);
	this->entries->destroy(this->entries);
	this->judge->destroy(this->judge);
	this->new->destroy(this->new);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
redirect_guard_t *redirect_guard_create()
{
	private_redirect_guard_t *this;

	INIT(this,
		.public = {
			.listener = {
				.message = _message_hook,
				.ike_reestablish_pre = _ike_reestablish_pre,
				.ike_reestablish_post = _ike_reestablish_post,
				.authorize = _authorize,
				.ike_state_change = _ike_state_change,
				.ike_rekey = _ike_rekey,
			},
			.get_counts = _get_counts,
			.destroy = _destroy,
		},
		.new = thread_value_create(NULL),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.entries = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr,
									64),
	);
	this->judge = redirect_judge_create((redirect_judge_count_t)count, this);
	return &this->public;
}
