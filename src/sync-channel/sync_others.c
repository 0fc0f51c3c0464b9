/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_others.h"

#include <stdio.h>

#include <threading/rwlock.h>

/** interval in which complaints about strangers are logged, in s */
#define COMPLAINT_INTERVAL 10

typedef struct private_sync_others_t private_sync_others_t;

/**
 * Private data.
 */
struct private_sync_others_t {

	/** public interface */
	sync_others_t public;

	/** our incarnation */
	uint64_t incarnation;

	/** frames for all members */
	sync_backlog_t *backlog;

	/** told what members processed */
	sync_commit_t *commit;

	/** subscribers */
	sync_subscribers_t *subscribers;

	/** time of the last complaint about strangers, used by the listener */
	time_t complained;

	/** lock for all below */
	rwlock_t *lock;

	/** options, NULL before the first */
	sync_config_t *config;

	/** TLS for new links */
	sync_tls_t *tls;

	/** members, sync_other_t */
	linked_list_t *others;
};

METHOD(sync_others_t, poke, void,
	private_sync_others_t *this)
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

METHOD(sync_others_t, release, void,
	private_sync_others_t *this)
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
 * Find a member by name, or by address; with the lock held.
 */
static sync_other_t *find(private_sync_others_t *this, char *name,
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
static bool is_welcome(private_sync_others_t *this, host_t *host)
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
static sync_tls_t *get_tls(private_sync_others_t *this)
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
static void connection_failed(private_sync_others_t *this, host_t *host,
							  const char *why)
{
	time_t now = time_monotonic(NULL);
	sync_other_t *other;
	bool news;

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
		news = now >= this->complained + COMPLAINT_INTERVAL;
		dbg(DBG_NET, news ? 1 : 2,
			"cluster: refused a connection from %#H: %s", host, why);
		if (news)
		{
			this->complained = now;
		}
	}
}

/**
 * Describe why a HELLO is refused, NULL if it isn't; with the lock held.
 */
static char *check_hello(private_sync_others_t *this, sync_link_t *link,
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
static char *accept_hello(private_sync_others_t *this, sync_link_t *link,
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

METHOD(sync_others_t, get_listener_cb, void,
	private_sync_others_t *this, sync_listener_cb_t *cb)
{
	*cb = (sync_listener_cb_t){
		.is_welcome = (void*)is_welcome,
		.get_tls = (void*)get_tls,
		.hello = (void*)accept_hello,
		.failed = (void*)connection_failed,
		.user = this,
	};
}

METHOD(sync_others_t, send_, bool,
	private_sync_others_t *this, char *member, chunk_t frame)
{
	sync_session_t *session;
	sync_other_t *other;
	bool sent = FALSE;

	this->lock->read_lock(this->lock);
	other = find(this, member, NULL);
	if (other)
	{
		session = other->get_session(other);
		sent = session->send(session, frame);
		frame = chunk_empty;
	}
	this->lock->unlock(this->lock);
	chunk_clear(&frame);
	return sent;
}

METHOD(sync_others_t, resync, bool,
	private_sync_others_t *this, char *member, u_int domains, bool ask,
	bool give)
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
			if (ask)
			{
				connected |= session->request(session, domains);
			}
			if (give)
			{
				connected |= session->give(session, domains);
			}
		}
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	return connected;
}

METHOD(sync_others_t, subscribed, void,
	private_sync_others_t *this)
{
	enumerator_t *enumerator;
	sync_session_t *session;
	sync_other_t *other;

	this->lock->read_lock(this->lock);
	enumerator = this->others->create_enumerator(this->others);
	while (enumerator->enumerate(enumerator, &other))
	{
		session = other->get_session(other);
		session->subscribed(session);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
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

METHOD(sync_others_t, create_enumerator_, enumerator_t*,
	private_sync_others_t *this)
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
static void update_others(private_sync_others_t *this, linked_list_t *gone)
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
static bool add_others(private_sync_others_t *this)
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
									  this->commit, this->subscribers);
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
 * Destroy members that were stopped.
 */
static void destroy_others(linked_list_t *others)
{
	others->destroy_offset(others, offsetof(sync_other_t, destroy));
}

METHOD(sync_others_t, set_config, bool,
	private_sync_others_t *this, sync_config_t *config)
{
	linked_list_t *gone;
	sync_config_t *old;
	sync_tls_t *tls;
	bool ok;

	tls = sync_tls_create(config);
	if (!tls)
	{
		return FALSE;
	}
	gone = linked_list_create();
	this->lock->write_lock(this->lock);
	old = this->config;
	this->config = config;
	DESTROY_IF(this->tls);
	this->tls = tls;
	update_others(this, gone);
	ok = add_others(this);
	this->lock->unlock(this->lock);
	if (!ok)
	{
		DBG1(DBG_NET, "cluster: some members could not be added, there are no "
			 "file descriptors left");
	}
	destroy_others(gone);
	sync_config_destroy(old);
	return TRUE;
}

METHOD(sync_others_t, destroy, void,
	private_sync_others_t *this)
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
	this->lock->destroy(this->lock);
	DESTROY_IF(this->tls);
	sync_config_destroy(this->config);
	free(this);
}

/*
 * Described in header.
 */
sync_others_t *sync_others_create(uint64_t incarnation,
								  sync_backlog_t *backlog,
								  sync_commit_t *commit,
								  sync_subscribers_t *subscribers)
{
	private_sync_others_t *this;

	INIT(this,
		.public = {
			.set_config = _set_config,
			.get_listener_cb = _get_listener_cb,
			.poke = _poke,
			.release = _release,
			.send = _send_,
			.resync = _resync,
			.subscribed = _subscribed,
			.create_enumerator = _create_enumerator_,
			.destroy = _destroy,
		},
		.incarnation = incarnation,
		.backlog = backlog,
		.commit = commit,
		.subscribers = subscribers,
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
		.others = linked_list_create(),
	);
	return &this->public;
}
