/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_other.h"
#include "sync_connect.h"

#include <poll.h>
#include <stdio.h>

#include <threading/mutex.h>
#include <threading/thread.h>

/** time until a failed attempt to connect is repeated, in ms */
#define RETRY_MIN 200
#define RETRY_MAX 5000

typedef struct private_sync_other_t private_sync_other_t;

/**
 * Private data.
 */
struct private_sync_other_t {

	/** public interface */
	sync_other_t public;

	/** name of the member */
	char *name;

	/** name of the cluster, our name and incarnation, for the HELLO */
	char *cluster, *self;
	uint64_t incarnation;

	/** state of the protocol */
	sync_session_t *session;

	/** wakes the thread */
	sync_wake_t *wake;

	/** the thread */
	thread_t *thread;

	/** lock for all below */
	mutex_t *mutex;

	/** address of the member, and our own */
	host_t *address, *local;

	/** TLS for the next link */
	sync_tls_t *tls;

	/** link that waits for the thread, with its HELLO */
	sync_link_t *pending;
	sync_hello_t *hello;

	/** why there's no link, NULL if there is */
	char *error;
};

/**
 * Whether we connect to the member; else we wait for it.
 */
static bool is_connector(private_sync_other_t *this)
{
	return strcmp(this->self, this->name) < 0;
}

/**
 * Check if the thread shall end.
 */
static bool is_ending(private_sync_other_t *this)
{
	return this->wake->is_ended(this->wake);
}

/**
 * Forget why the last session had to end, with the lock held.
 */
static void forget_end(private_sync_other_t *this)
{
	if (!is_ending(this))
	{
		this->session->end(this->session, NULL, FALSE);
	}
}

/**
 * Set the error, TRUE if it's another one than before; adopts the string.
 */
static bool set_error(private_sync_other_t *this, char *error)
{
	bool news;

	this->mutex->lock(this->mutex);
	news = !streq(this->error, error);
	free(this->error);
	this->error = error;
	this->mutex->unlock(this->mutex);
	return news;
}

METHOD(sync_other_t, failed, void,
	private_sync_other_t *this, const char *why)
{
	bool up, news;

	this->mutex->lock(this->mutex);
	up = this->error == NULL;
	this->mutex->unlock(this->mutex);
	if (up)
	{	/* anybody at its address may try, the link has no problem */
		DBG2(DBG_NET, "cluster: ended another connection from the address of "
			 "member '%s': %s", this->name, why);
		return;
	}
	news = set_error(this, strdup(why));
	/* tried again every few seconds */
	dbg(DBG_NET, news ? 1 : 2, "cluster: no link to member '%s': %s",
		this->name, why);
}

/**
 * Wait until woken, or for some time; 0 for any time.
 */
static void pause_thread(private_sync_other_t *this, uint32_t ms)
{
	struct pollfd pfd = {
		.fd = this->wake->get_fd(this->wake),
		.events = POLLIN,
	};

	poll(&pfd, 1, ms ? (int)ms : -1);
	this->wake->reset(this->wake);
}

/**
 * Make our HELLO; the strings are ours.
 */
static sync_hello_t make_hello(private_sync_other_t *this)
{
	sync_hello_t hello = {
		.major = SYNC_VERSION_MAJOR,
		.minor = SYNC_VERSION_MINOR,
		.cluster = this->cluster,
		.member = this->self,
		.incarnation = this->incarnation,
	};

	this->session->fill_hello(this->session, &hello);
	return hello;
}

/**
 * Check the HELLO that answered ours.
 */
static bool check_answer(private_sync_other_t *this, sync_link_t *link,
						 sync_hello_t *hello, char **why)
{
	if (hello->major != SYNC_VERSION_MAJOR)
	{
		if (asprintf(why, "it speaks version %u of the protocol, we speak %u; "
					 "upgrade the older one", hello->major,
					 SYNC_VERSION_MAJOR) < 0)
		{
			*why = strdup("another version of the protocol");
		}
		return FALSE;
	}
	if (!streq(hello->cluster, this->cluster) ||
		!streq(hello->member, this->name) ||
		!link->is_member(link, this->name))
	{
		if (asprintf(why, "at its address is member '%s' of cluster '%s'%s",
					 hello->member, hello->cluster,
					 link->is_member(link, hello->member) ? "" :
					 ", whose certificate says another name") < 0)
		{
			*why = strdup("another member is at its address");
		}
		return FALSE;
	}
	return TRUE;
}

/**
 * Set up a link to the member.
 */
static sync_link_t *connect_link(private_sync_other_t *this,
								 sync_hello_t **hello, char **why)
{
	host_t *from, *to;
	sync_hello_t own;
	sync_link_t *link;
	sync_tls_t *tls;

	this->mutex->lock(this->mutex);
	from = this->local->clone(this->local);
	to = this->address->clone(this->address);
	tls = this->tls->get_ref(this->tls);
	forget_end(this);
	this->mutex->unlock(this->mutex);

	*hello = NULL;
	link = sync_connect(tls, from, to, this->wake, why);
	if (link)
	{
		own = make_hello(this);
		*hello = sync_connect_hello(link, &own, this->wake, why);
		if (!*hello || !check_answer(this, link, *hello, why))
		{
			sync_hello_destroy(*hello);
			link->destroy(link);
			link = NULL;
		}
	}
	tls->destroy(tls);
	from->destroy(from);
	to->destroy(to);
	return link;
}

/**
 * Take the link the member has set up, NULL if there's none.
 */
static sync_link_t *take_link(private_sync_other_t *this, sync_hello_t **hello)
{
	sync_hello_t own;
	sync_link_t *link;

	this->mutex->lock(this->mutex);
	link = this->pending;
	*hello = this->hello;
	this->pending = NULL;
	this->hello = NULL;
	if (link)
	{
		forget_end(this);
	}
	this->mutex->unlock(this->mutex);
	if (link)
	{
		own = make_hello(this);
		sync_connect_send(link, sync_frame_control(SYNC_HELLO,
												   sync_hello_encode(&own)));
	}
	return link;
}

/**
 * Get a link, wait for it as long as it takes; NULL if the thread shall end.
 */
static sync_link_t *get_link(private_sync_other_t *this, sync_hello_t **hello)
{
	uint32_t retry = RETRY_MIN;
	sync_link_t *link = NULL;
	char *why = NULL;

	while (!is_ending(this))
	{
		if (!is_connector(this))
		{
			link = take_link(this, hello);
			if (link)
			{
				break;
			}
			pause_thread(this, 0);
			continue;
		}
		link = connect_link(this, hello, &why);
		if (link)
		{
			break;
		}
		if (!is_ending(this))
		{
			_failed(this, why);
			pause_thread(this, retry + random() % retry);
			retry = min(retry * 2, RETRY_MAX);
		}
		free(why);
		why = NULL;
	}
	return link;
}

/**
 * Main function of the thread.
 */
static void *run_thread(private_sync_other_t *this)
{
	sync_hello_t *hello = NULL;
	sync_link_t *link;
	char *why;

	sync_thread_setup();
	sync_thread_prompt();
	while ((link = get_link(this, &hello)))
	{
		set_error(this, NULL);
		DBG1(DBG_NET, "cluster: link to member '%s' (%#H) is up", this->name,
			 link->get_peer(link));
		why = this->session->run(this->session, link, hello);
		DBG1(DBG_NET, "cluster: link to member '%s' is down: %s", this->name,
			 why);
		set_error(this, why);
		link->destroy(link);
		sync_hello_destroy(hello);
		if (is_connector(this) && !is_ending(this))
		{	/* what ends links right away must not do so all the time */
			pause_thread(this, RETRY_MIN);
		}
	}
	return NULL;
}

METHOD(sync_other_t, get_name, char*,
	private_sync_other_t *this)
{
	return this->name;
}

METHOD(sync_other_t, get_session, sync_session_t*,
	private_sync_other_t *this)
{
	return this->session;
}

METHOD(sync_other_t, has_address, bool,
	private_sync_other_t *this, host_t *host)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = host->ip_equals(host, this->address);
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Check if a new link may take the place of the present one.
 */
static char *check_replace(private_sync_other_t *this, sync_link_t *link,
						   sync_hello_t *hello)
{
	uint64_t incarnation;
	char *why;

	if (is_connector(this))
	{
		return strdup("the member whose name sorts first connects, that's not "
					  "you");
	}
	/* a daemon that was started again, and whose old link still seems to be
	 * there, tries again in a moment */
	if (this->session->is_alive(this->session, 2 * hello->heartbeat,
								&incarnation) &&
		incarnation != hello->incarnation)
	{
		DBG1(DBG_NET, "cluster: two hosts say that they are member '%s', "
			 "refused the second, at %#H; correct 'member' in the "
			 "configuration of one of them", this->name, link->get_peer(link));
		if (asprintf(&why, "another host that is connected says that it is "
					 "member '%s'; correct 'member' in the configuration of "
					 "one of them", this->name) < 0)
		{
			why = strdup("name in use");
		}
		return why;
	}
	return NULL;
}

METHOD(sync_other_t, adopt, char*,
	private_sync_other_t *this, sync_link_t *link, sync_hello_t *hello)
{
	sync_link_t *old_link;
	sync_hello_t *old_hello;
	char *why;

	why = check_replace(this, link, hello);
	if (why)
	{
		return why;
	}
	this->mutex->lock(this->mutex);
	old_link = this->pending;
	old_hello = this->hello;
	this->pending = link;
	this->hello = hello;
	this->session->end(this->session, "replaced by a new link", FALSE);
	this->mutex->unlock(this->mutex);
	DESTROY_IF(old_link);
	sync_hello_destroy(old_hello);
	return NULL;
}

METHOD(sync_other_t, configure, void,
	private_sync_other_t *this, sync_config_t *config,
	sync_peer_config_t *peer, sync_tls_t *tls)
{
	bool moved;

	this->mutex->lock(this->mutex);
	moved = this->address && !this->address->equals(this->address,
													peer->address);
	DESTROY_IF(this->address);
	DESTROY_IF(this->local);
	DESTROY_IF(this->tls);
	this->address = peer->address->clone(peer->address);
	this->local = config->listen->clone(config->listen);
	this->tls = tls->get_ref(tls);
	if (moved)
	{
		this->session->end(this->session, "its address has changed", FALSE);
	}
	this->mutex->unlock(this->mutex);
	this->session->set_timers(this->session, config->heartbeat,
							  config->timeout);
}

METHOD(sync_other_t, get_info, void,
	private_sync_other_t *this, sync_member_t *member)
{
	this->session->get_info(this->session, member);
	this->mutex->lock(this->mutex);
	member->name = strdup(this->name);
	if (asprintf(&member->address, "%#H", this->address) < 0)
	{
		member->address = strdup("");
	}
	member->error = strdupnull(this->error);
	this->mutex->unlock(this->mutex);
}

METHOD(sync_other_t, stop, void,
	private_sync_other_t *this, char *why)
{
	this->mutex->lock(this->mutex);
	this->session->end(this->session, why, TRUE);
	this->wake->end(this->wake);
	this->mutex->unlock(this->mutex);
}

METHOD(sync_other_t, destroy, void,
	private_sync_other_t *this)
{
	this->thread->join(this->thread);
	this->session->destroy(this->session);
	DESTROY_IF(this->pending);
	sync_hello_destroy(this->hello);
	this->wake->destroy(this->wake);
	this->mutex->destroy(this->mutex);
	this->address->destroy(this->address);
	this->local->destroy(this->local);
	this->tls->destroy(this->tls);
	free(this->cluster);
	free(this->self);
	free(this->name);
	free(this->error);
	free(this);
}

/*
 * Described in header.
 */
sync_other_t *sync_other_create(sync_config_t *config,
						sync_peer_config_t *peer, sync_tls_t *tls,
						uint64_t incarnation, sync_backlog_t *backlog,
						sync_commit_t *commit,
						sync_subscribers_t *subscribers)
{
	private_sync_other_t *this;
	sync_wake_t *wake;

	wake = sync_wake_create();
	if (!wake)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.get_name = _get_name,
			.get_session = _get_session,
			.has_address = _has_address,
			.adopt = _adopt,
			.failed = _failed,
			.configure = _configure,
			.get_info = _get_info,
			.stop = _stop,
			.destroy = _destroy,
		},
		.name = strdup(peer->name),
		.cluster = strdup(config->cluster),
		.self = strdup(config->member),
		.incarnation = incarnation,
		.wake = wake,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->session = sync_session_create(peer->name, incarnation, backlog,
										commit, subscribers, wake);
	_configure(this, config, peer, tls);
	this->error = strdup(is_connector(this) ? "not connected yet" :
								"it has not connected to us yet");
	this->thread = thread_create((thread_main_t)run_thread, this);
	return &this->public;
}
