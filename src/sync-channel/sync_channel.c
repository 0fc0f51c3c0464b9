/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_channel_create.h"
#include "sync_flusher.h"
#include "sync_others.h"
#include "sync_states.h"

ENUM(sync_link_state_names, SYNC_LINK_DOWN, SYNC_LINK_UP,
	"down",
	"resync",
	"up",
);

/** messages sent until those all members have are dropped */
#define RELEASE_INTERVAL 64

typedef struct private_sync_channel_t private_sync_channel_t;

/**
 * Private data.
 */
struct private_sync_channel_t {

	/** public interface */
	sync_channel_t public;

	/** name of this member */
	char *name;

	/** random number of this start */
	uint64_t incarnation;

	/** frames for all members */
	sync_backlog_t *backlog;

	/** what of them members have processed */
	sync_commit_t *commit;

	/** states that wait */
	sync_states_t *states;

	/** flushes them */
	sync_flusher_t *flusher;

	/** subscribers */
	sync_subscribers_t *subscribers;

	/** accepts connections */
	sync_listener_t *listener;

	/** other members */
	sync_others_t *others;

	/** what a reload can't change */
	char *cluster;
	host_t *listen;

	/** messages wait for wake() */
	bool posted;

	/** last message when those all members have were dropped; atomic */
	uint64_t released;
};

/**
 * Flush states, by the flusher's thread.
 */
static void flush(private_sync_channel_t *this)
{
	this->states->flush(this->states);
	this->others->poke(this->others);
	this->others->release(this->others);
}

METHOD(sync_channel_t, post, uint64_t,
	private_sync_channel_t *this, sync_domain_t domain, uint8_t type,
	chunk_t body)
{
	uint64_t seq;

	seq = this->backlog->append(this->backlog, domain, type, body);
	if (seq)
	{
		cas_bool(&this->posted, FALSE, TRUE);
	}
	return seq;
}

/**
 * Tell the threads of all members that there are new frames.
 */
static void tell_others(private_sync_channel_t *this)
{
	uint64_t head = this->backlog->get_head(this->backlog);

	this->others->poke(this->others);
	/* flush() does it, too, but is not called without states; that two threads
	 * may do it at the same time does no harm */
	if (head >= __atomic_load_n(&this->released, __ATOMIC_RELAXED) +
				RELEASE_INTERVAL)
	{
		__atomic_store_n(&this->released, head, __ATOMIC_RELAXED);
		this->others->release(this->others);
	}
}

METHOD(sync_channel_t, wake_, void,
	private_sync_channel_t *this)
{
	if (cas_bool(&this->posted, TRUE, FALSE))
	{
		tell_others(this);
	}
}

METHOD(sync_channel_t, send_, uint64_t,
	private_sync_channel_t *this, sync_domain_t domain, uint8_t type,
	chunk_t body)
{
	uint64_t seq;

	seq = this->backlog->append(this->backlog, domain, type, body);
	if (seq)
	{
		tell_others(this);
	}
	return seq;
}

METHOD(sync_channel_t, on_commit, void,
	private_sync_channel_t *this, void (*changed)(void *user), void *user)
{
	this->commit->set_callback(this->commit, changed, user);
}

METHOD(sync_channel_t, get_committed, bool,
	private_sync_channel_t *this, uint64_t *seq)
{
	return this->commit->get(this->commit, seq);
}

METHOD(sync_channel_t, send_to, bool,
	private_sync_channel_t *this, char *member, sync_domain_t domain,
	uint8_t type, chunk_t body)
{
	sync_frame_t frame = {
		.domain = domain,
		.type = type,
		.body = body,
	};
	chunk_t data;

	data = sync_frame_encode(&frame);
	chunk_clear(&body);
	return data.len && this->others->send(this->others, member, data);
}

METHOD(sync_channel_t, set_state, void,
	private_sync_channel_t *this, sync_domain_t domain, uint8_t type,
	chunk_t key, chunk_t body)
{
	this->states->set(this->states, domain, type, key, body);
	this->flusher->trigger(this->flusher);
}

METHOD(sync_channel_t, cancel_state, void,
	private_sync_channel_t *this, sync_domain_t domain, chunk_t key)
{
	this->states->cancel(this->states, domain, key);
}

METHOD(sync_channel_t, request_resync, bool,
	private_sync_channel_t *this, char *member, sync_domain_t domain)
{
	return this->others->resync(this->others, member, 1 << domain, TRUE, FALSE);
}

METHOD(sync_channel_t, start_resync, bool,
	private_sync_channel_t *this, char *member, sync_domain_t domain)
{
	return this->others->resync(this->others, member, 1 << domain, FALSE, TRUE);
}

METHOD(sync_channel_t, subscribe, void,
	private_sync_channel_t *this, sync_domain_t domain,
	sync_subscriber_t *subscriber)
{
	if (!this->subscribers->add(this->subscribers, domain, subscriber))
	{
		DBG1(DBG_NET, "cluster: domain %N has a subscriber already",
			 sync_domain_names, domain);
		return;
	}
	this->others->subscribed(this->others);
	/* what we had said about the domain before was nothing */
	this->others->resync(this->others, NULL, 1 << domain, TRUE, TRUE);
}

METHOD(sync_channel_t, unsubscribe, void,
	private_sync_channel_t *this, sync_domain_t domain)
{
	this->subscribers->remove(this->subscribers, domain);
}

METHOD(sync_channel_t, get_name, char*,
	private_sync_channel_t *this)
{
	return this->name;
}

METHOD(sync_channel_t, get_incarnation, uint64_t,
	private_sync_channel_t *this)
{
	return this->incarnation;
}

METHOD(sync_channel_t, create_member_enumerator, enumerator_t*,
	private_sync_channel_t *this)
{
	return this->others->create_enumerator(this->others);
}

/**
 * Check that options that can't be changed were not.
 */
static bool check_same(private_sync_channel_t *this, sync_config_t *config)
{
	char *changed = NULL;

	if (!streq(this->cluster, config->cluster))
	{
		changed = "name";
	}
	else if (!streq(this->name, config->member))
	{
		changed = "member";
	}
	else if (!this->listen->equals(this->listen, config->listen))
	{
		changed = "listen";
	}
	if (changed)
	{
		DBG1(DBG_CFG, "cluster: '%s' can't be changed by a reload, restart the "
			 "daemon; the present configuration stays", changed);
	}
	return changed == NULL;
}

METHOD(sync_channel_t, reload, bool,
	private_sync_channel_t *this)
{
	sync_config_t *config = sync_config_load();
	uint32_t flush_interval;
	uint64_t backlog;

	if (!config || !check_same(this, config))
	{
		sync_config_destroy(config);
		return FALSE;
	}
	backlog = config->backlog;
	flush_interval = config->flush_interval;
	if (!this->others->set_config(this->others, config))
	{
		sync_config_destroy(config);
		return FALSE;
	}
	this->backlog->set_limit(this->backlog, backlog);
	this->flusher->set_delay(this->flusher, flush_interval);
	DBG1(DBG_CFG, "cluster: configuration loaded again");
	return TRUE;
}

/*
 * Described in header.
 */
void sync_channel_destroy(sync_channel_t *public)
{
	private_sync_channel_t *this = (private_sync_channel_t*)public;

	DESTROY_IF(this->listener);
	DESTROY_IF(this->flusher);
	DESTROY_IF(this->others);
	this->states->destroy(this->states);
	this->commit->destroy(this->commit);
	this->backlog->destroy(this->backlog);
	this->subscribers->destroy(this->subscribers);
	this->listen->destroy(this->listen);
	free(this->cluster);
	free(this->name);
	free(this);
}

/**
 * Choose the incarnation.
 */
static bool choose_incarnation(private_sync_channel_t *this)
{
	rng_t *rng;
	bool ok;

	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ok = rng && rng->get_bytes(rng, sizeof(this->incarnation),
							   (void*)&this->incarnation);
	DESTROY_IF(rng);
	if (!ok)
	{
		DBG1(DBG_LIB, "cluster: no random numbers, load a plugin for them");
	}
	this->incarnation |= 1;
	return ok;
}

/**
 * Start what has threads; the options are adopted.
 */
static bool start(private_sync_channel_t *this, sync_config_t *config)
{
	sync_listener_cb_t cb;

	if (!choose_incarnation(this))
	{
		sync_config_destroy(config);
		return FALSE;
	}
	this->flusher = sync_flusher_create((void*)flush, this,
										config->flush_interval);
	this->others = sync_others_create(this->incarnation, this->backlog,
									  this->commit, this->subscribers);
	if (!this->others->set_config(this->others, config))
	{
		sync_config_destroy(config);
		return FALSE;
	}
	this->others->get_listener_cb(this->others, &cb);
	this->listener = sync_listener_create(this->listen, &cb);
	return this->listener != NULL;
}

/*
 * Described in header.
 */
sync_channel_t *sync_channel_create(sync_config_t *config)
{
	private_sync_channel_t *this;

	INIT(this,
		.public = {
			.send = _send_,
			.post = _post,
			.wake = _wake_,
			.on_commit = _on_commit,
			.get_committed = _get_committed,
			.send_to = _send_to,
			.set_state = _set_state,
			.cancel_state = _cancel_state,
			.subscribe = _subscribe,
			.unsubscribe = _unsubscribe,
			.request_resync = _request_resync,
			.start_resync = _start_resync,
			.get_name = _get_name,
			.get_incarnation = _get_incarnation,
			.create_member_enumerator = _create_member_enumerator,
			.reload = _reload,
		},
		.name = strdup(config->member),
		.cluster = strdup(config->cluster),
		.listen = config->listen->clone(config->listen),
		.backlog = sync_backlog_create(config->backlog),
		.commit = sync_commit_create(),
		.subscribers = sync_subscribers_create(),
	);
	this->states = sync_states_create(this->backlog);
	if (!start(this, config))
	{
		sync_channel_destroy(&this->public);
		return NULL;
	}
	DBG1(DBG_NET, "cluster: member '%s' of cluster '%s', listening on %#H",
		 this->name, this->cluster, this->listen);
	return &this->public;
}
