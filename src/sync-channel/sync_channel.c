/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_channel_create.h"
#include "sync_flusher.h"
#include "sync_listener.h"
#include "sync_other.h"
#include "sync_snapshot.h"
#include "sync_states.h"

#include <stdio.h>

#include <threading/mutex.h>
#include <threading/rwlock.h>

ENUM(sync_link_state_names, SYNC_LINK_DOWN, SYNC_LINK_UP,
	"down",
	"resync",
	"up",
);

/** interval in which the same complaint about connections is logged, in s */
#define COMPLAINT_INTERVAL 10

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

	/** states that wait */
	sync_states_t *states;

	/** flushes them */
	sync_flusher_t *flusher;

	/** subscribers */
	sync_subscribers_t *subscribers;

	/** accepts connections */
	sync_listener_t *listener;

	/** lock for all below, not held while a member is destroyed */
	rwlock_t *lock;

	/** options */
	sync_config_t *config;

	/** TLS for new links */
	sync_tls_t *tls;

	/** other members, sync_other_t */
	linked_list_t *others;

	/** messages wait for wake() */
	bool posted;

	/** time of the last complaint about strangers, used by the listener */
	time_t complained;
};

/**
 * Tell all members that there are new frames.
 */
static void poke_all(private_sync_channel_t *this)
{
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		session = other->get_session(other);
		session->poke(session);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
}

/**
 * Drop frames all members have.
 */
static void release_backlog(private_sync_channel_t *this)
{
	uint64_t acked = this->backlog->get_head(this->backlog);
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		session = other->get_session(other);
		acked = min(acked, session->get_acked(session));
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	this->backlog->release(this->backlog, acked);
}

/**
 * Flush states, by the flusher's thread.
 */
static void flush(private_sync_channel_t *this)
{
	this->states->flush(this->states);
	poke_all(this);
	release_backlog(this);
}

/**
 * Find a member by name, or by address; with the lock held.
 */
static sync_other_t *find(private_sync_channel_t *this, char *name,
						  host_t *address)
{
	enumerator_t *enumerator;
	sync_other_t *other, *found = NULL;

	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		if ((name && streq(other->get_name(other), name)) ||
			(address && other->has_address(other, address)))
		{
			found = other;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Implementation of sync_listener_cb_t.is_welcome.
 */
static bool is_welcome(private_sync_channel_t *this, host_t *host)
{
	bool welcome;

	this->lock->read_lock(this->lock);
	welcome = find(this, NULL, host) != NULL;
	this->lock->unlock(this->lock);
	return welcome;
}

/**
 * Implementation of sync_listener_cb_t.get_tls.
 */
static sync_tls_t *get_tls(private_sync_channel_t *this)
{
	sync_tls_t *tls;

	this->lock->read_lock(this->lock);
	tls = this->tls->get_ref(this->tls);
	this->lock->unlock(this->lock);
	return tls;
}

/**
 * Implementation of sync_listener_cb_t.failed.
 */
static void connection_failed(private_sync_channel_t *this, host_t *host,
							  const char *why)
{
	time_t now = time_monotonic(NULL);
	sync_other_t *other;

	this->lock->read_lock(this->lock);
	other = find(this, NULL, host);
	if (other)
	{
		other->failed(other, why);
	}
	this->lock->unlock(this->lock);
	if (!other)
	{
		/* anybody can connect as often as he likes */
		dbg(DBG_NET, now >= this->complained + COMPLAINT_INTERVAL ? 1 : 2,
			"cluster: refused a connection from %#H: %s", host, why);
		this->complained = now;
	}
}

/**
 * Describe why a HELLO is refused, NULL if it isn't; with the lock held.
 */
static char *check_hello(private_sync_channel_t *this, sync_link_t *link,
						 sync_hello_t *hello)
{
	char *why;
	int len = 0;

	if (hello->major != SYNC_VERSION_MAJOR)
	{
		len = asprintf(&why, "version %u of the protocol was offered, this "
					   "member speaks %u; upgrade the older one", hello->major,
					   SYNC_VERSION_MAJOR);
	}
	else if (!streq(hello->cluster, this->config->cluster))
	{
		len = asprintf(&why, "cluster '%s' is not ours, '%s'; correct 'name' "
					   "in the configuration", hello->cluster,
					   this->config->cluster);
	}
	else if (streq(hello->member, this->config->member))
	{
		len = asprintf(&why, "two hosts say that they are member '%s'; correct "
					   "'member' in the configuration of one of them",
					   hello->member);
	}
	else if (!find(this, hello->member, NULL))
	{
		len = asprintf(&why, "member '%s' is not in the list of members of "
					   "'%s'; it has to be the same on all", hello->member,
					   this->config->member);
	}
	else if (!link->is_member(link, hello->member))
	{
		len = asprintf(&why, "the certificate is not for member '%s'",
					   hello->member);
	}
	else
	{
		return NULL;
	}
	return len < 0 ? strdup("refused") : why;
}

/**
 * Implementation of sync_listener_cb_t.hello.
 */
static char *accept_hello(private_sync_channel_t *this, sync_link_t *link,
						  sync_hello_t *hello)
{
	sync_other_t *other;
	char *why;

	this->lock->read_lock(this->lock);
	why = check_hello(this, link, hello);
	if (!why)
	{
		other = find(this, hello->member, NULL);
		why = other->adopt(other, link, hello);
	}
	this->lock->unlock(this->lock);
	return why;
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

METHOD(sync_channel_t, wake_, void,
	private_sync_channel_t *this)
{
	if (cas_bool(&this->posted, TRUE, FALSE))
	{
		poke_all(this);
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
		poke_all(this);
		/* flush() does it, too, but is not called without states */
		if (seq % RELEASE_INTERVAL == 0)
		{
			release_backlog(this);
		}
	}
	return seq;
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
	sync_session_t *session;
	sync_other_t *other;
	chunk_t data;
	bool sent = FALSE;

	data = sync_frame_encode(&frame);
	chunk_clear(&body);
	this->lock->read_lock(this->lock);
	other = find(this, member, NULL);
	if (other && data.len)
	{
		session = other->get_session(other);
		sent = session->send(session, data);
		data = chunk_empty;
	}
	this->lock->unlock(this->lock);
	chunk_clear(&data);
	return sent;
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
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;
	bool connected = FALSE;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (!member || streq(other->get_name(other), member))
		{
			session = other->get_session(other);
			connected |= session->request(session, 1 << domain);
		}
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	return connected;
}

METHOD(sync_channel_t, start_resync, bool,
	private_sync_channel_t *this, char *member, sync_domain_t domain)
{
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;
	bool connected = FALSE;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (!member || streq(other->get_name(other), member))
		{
			session = other->get_session(other);
			connected |= session->give(session, 1 << domain);
		}
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	return connected;
}

METHOD(sync_channel_t, subscribe, void,
	private_sync_channel_t *this, sync_domain_t domain,
	sync_subscriber_t *subscriber)
{
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;

	if (!this->subscribers->add(this->subscribers, domain, subscriber))
	{
		DBG1(DBG_NET, "cluster: domain %N has a subscriber already",
			 sync_domain_names, domain);
		return;
	}
	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		session = other->get_session(other);
		session->subscribed(session);
		/* what we had said about the domain before was nothing */
		session->request(session, 1 << domain);
		session->give(session, 1 << domain);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
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

/**
 * Destroy an entry of the member enumerator.
 */
static void info_destroy(sync_member_t *this)
{
	free(this->name);
	free(this->address);
	free(this->error);
	free(this);
}

/**
 * Destroy the list of the member enumerator.
 */
static void infos_destroy(linked_list_t *infos)
{
	infos->destroy_function(infos, (void*)info_destroy);
}

METHOD(sync_channel_t, create_member_enumerator, enumerator_t*,
	private_sync_channel_t *this)
{
	linked_list_t *infos = linked_list_create();
	enumerator_t *enumerator;
	sync_member_t *info;
	sync_other_t *other;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		INIT(info);
		other->get_info(other, info);
		infos->insert_last(infos, info);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	return enumerator_create_cleaner(infos->create_enumerator(infos),
									 (void*)infos_destroy, infos);
}

/**
 * Get the options of a member.
 */
static sync_peer_config_t *find_peer(sync_config_t *config, char *name)
{
	sync_peer_config_t *peer, *found = NULL;
	enumerator_t *enumerator;

	enumerator = config->peers->create_enumerator(config->peers);
	while (enumerator->enumerate(enumerator, &peer))
	{
		if (streq(peer->name, name))
		{
			found = peer;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Update present members, take out those that are not configured anymore;
 * with the lock held.
 */
static void update_others(private_sync_channel_t *this, linked_list_t *gone)
{
	enumerator_t *enumerator;
	sync_peer_config_t *peer;
	sync_other_t *other;

	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		peer = find_peer(this->config, other->get_name(other));
		if (peer)
		{
			other->configure(other, this->config, peer, this->tls);
			continue;
		}
		this->others->remove_at(this->others, enumerator);
		other->stop(other, "removed from the configuration");
		gone->insert_last(gone, other);
	}
	enumerator->destroy(enumerator);
}

/**
 * Add members that are new in the configuration; with the lock held.
 */
static bool add_others(private_sync_channel_t *this)
{
	enumerator_t *enumerator;
	sync_peer_config_t *peer;
	sync_other_t *other;
	bool ok = TRUE;

	enumerator = this->config->peers->create_enumerator(this->config->peers);
	while (ok && enumerator->enumerate(enumerator, &peer))
	{
		if (!find(this, peer->name, NULL))
		{
			other = sync_other_create(this->config, peer, this->tls,
									  this->incarnation, this->backlog,
									  this->subscribers);
			if (other)
			{
				this->others->insert_last(this->others, other);
			}
			ok = other != NULL;
		}
	}
	enumerator->destroy(enumerator);
	return ok;
}

/**
 * Check that options that can't be changed were not.
 */
static bool check_same(sync_config_t *old, sync_config_t *new)
{
	char *changed = NULL;

	if (!streq(old->cluster, new->cluster))
	{
		changed = "name";
	}
	else if (!streq(old->member, new->member))
	{
		changed = "member";
	}
	else if (!old->listen->equals(old->listen, new->listen))
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

/**
 * Destroy members that were stopped.
 */
static void destroy_others(linked_list_t *others)
{
	others->destroy_offset(others, offsetof(sync_other_t, destroy));
}

METHOD(sync_channel_t, reload, bool,
	private_sync_channel_t *this)
{
	sync_config_t *config = sync_config_load(), *old;
	linked_list_t *gone;
	sync_tls_t *tls;

	if (!config || !check_same(this->config, config))
	{
		sync_config_destroy(config);
		return FALSE;
	}
	tls = sync_tls_create(config);
	if (!tls)
	{
		sync_config_destroy(config);
		return FALSE;
	}
	gone = linked_list_create();
	this->lock->write_lock(this->lock);
	old = this->config;
	this->config = config;
	this->tls->destroy(this->tls);
	this->tls = tls;
	update_others(this, gone);
	add_others(this);
	this->lock->unlock(this->lock);
	this->backlog->set_limit(this->backlog, config->backlog);
	this->flusher->set_delay(this->flusher, config->flush_interval);
	destroy_others(gone);
	sync_config_destroy(old);
	DBG1(DBG_CFG, "cluster: configuration loaded again");
	return TRUE;
}

/**
 * Say farewell to all members, all at the same time.
 */
static void stop_others(private_sync_channel_t *this)
{
	enumerator_t *enumerator;
	sync_other_t *other;

	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		other->stop(other, "its daemon ends");
	}
	enumerator->destroy(enumerator);
	destroy_others(this->others);
}

/*
 * Described in header.
 */
void sync_channel_destroy(sync_channel_t *public)
{
	private_sync_channel_t *this = (private_sync_channel_t*)public;

	DESTROY_IF(this->listener);
	DESTROY_IF(this->flusher);
	stop_others(this);
	this->states->destroy(this->states);
	this->backlog->destroy(this->backlog);
	this->subscribers->destroy(this->subscribers);
	this->lock->destroy(this->lock);
	DESTROY_IF(this->tls);
	sync_config_destroy(this->config);
	free(this->name);
	free(this);
}

/**
 * Start what has threads.
 */
static bool start(private_sync_channel_t *this)
{
	sync_listener_cb_t cb = {
		.is_welcome = (void*)is_welcome,
		.get_tls = (void*)get_tls,
		.hello = (void*)accept_hello,
		.failed = (void*)connection_failed,
		.user = this,
	};
	rng_t *rng;
	bool ok;

	rng = lib->crypto->create_rng(lib->crypto, RNG_WEAK);
	ok = rng && rng->get_bytes(rng, sizeof(this->incarnation),
							   (void*)&this->incarnation);
	DESTROY_IF(rng);
	if (!ok)
	{
		DBG1(DBG_LIB, "cluster: no random numbers, load a plugin for them");
		return FALSE;
	}
	this->incarnation |= 1;
	this->tls = sync_tls_create(this->config);
	if (!this->tls)
	{
		return FALSE;
	}
	this->flusher = sync_flusher_create((void*)flush, this,
										this->config->flush_interval);
	this->lock->write_lock(this->lock);
	ok = add_others(this);
	this->lock->unlock(this->lock);
	this->listener = ok ? sync_listener_create(this->config->listen, &cb)
						: NULL;
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
		.config = config,
		.backlog = sync_backlog_create(config->backlog),
		.subscribers = sync_subscribers_create(),
		.others = linked_list_create(),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	this->states = sync_states_create(this->backlog);
	if (!start(this))
	{
		sync_channel_destroy(&this->public);
		return NULL;
	}
	DBG1(DBG_NET, "cluster: member '%s' of cluster '%s', listening on %#H",
		 config->member, config->cluster, config->listen);
	return &this->public;
}
