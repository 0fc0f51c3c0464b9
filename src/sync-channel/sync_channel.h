/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_channel sync_channel
 * @{ @ingroup cluster
 */

#ifndef SYNC_CHANNEL_H_
#define SYNC_CHANNEL_H_

#include <library.h>
#include <collections/enumerator.h>

typedef struct sync_channel_t sync_channel_t;
typedef struct sync_subscriber_t sync_subscriber_t;
typedef struct sync_sink_t sync_sink_t;
typedef struct sync_member_t sync_member_t;
typedef enum sync_domain_t sync_domain_t;
typedef enum sync_link_state_t sync_link_state_t;

/**
 * Who a message on the channel belongs to.  Sent as one octet, a domain
 * nobody subscribed to is skipped by the receiver (rolling upgrades).
 */
enum sync_domain_t {
	/** the channel itself: hello, heartbeats, resync marks */
	SYNC_CONTROL = 0,
	/** ha-sync */
	SYNC_HA = 1,
	/** redirect */
	SYNC_REDIRECT = 2,
	/** ike-sa-stub */
	SYNC_STUB = 3,
	/** sa-directory */
	SYNC_DIRECTORY = 4,
	/** qcd */
	SYNC_QCD = 5,
	/** number of domains */
	SYNC_DOMAIN_COUNT = 6,
};

/**
 * State of the link to another member.
 */
enum sync_link_state_t {
	/** no link, trying */
	SYNC_LINK_DOWN,
	/** link is up, a full resync is being received from the member */
	SYNC_LINK_RESYNC,
	/** link is up and in sync */
	SYNC_LINK_UP,
};

/**
 * Names for link states: "down", "resync", "up".
 */
extern enum_name_t *sync_link_state_names;

/**
 * What is known about another member, as returned by the member enumerator.
 * Valid until the enumerator moves on.
 */
struct sync_member_t {
	/** name of the member */
	char *name;
	/** configured address */
	char *address;
	/** state of the link */
	sync_link_state_t state;
	/** incarnation of the member's daemon, 0 if never connected */
	uint64_t incarnation;
	/** why the link is down or was refused, NULL if it is up */
	char *error;
	/** time_monotonic() of last change of the state, in s */
	time_t since;
	/** octets on the wire, TLS included, since the channel exists */
	uint64_t bytes_out, bytes_in;
	/** frames */
	uint64_t frames_out, frames_in;
	/** sequenced frames the member did not acknowledge yet */
	uint64_t lag;
	/** octets of the backlog these frames use */
	uint64_t backlog_used;
	/** links set up, catch-ups from the backlog, full resyncs to it and
	 * from it */
	uint32_t connects, catchups, resyncs_out, resyncs_in;
	/** full resyncs because the backlog did not reach back far enough */
	uint32_t overflows;
};

/**
 * Where a subscriber writes its snapshot to.
 */
struct sync_sink_t {

	/**
	 * Add a message to the snapshot.
	 *
	 * Waits while the link can't take more, so never call it with a lock
	 * held.
	 *
	 * @param type		message type, as for sync_channel_t.send()
	 * @param body		body, adopted, cleared when sent
	 * @return			FALSE if the link is gone, stop then
	 */
	bool (*add)(sync_sink_t *this, uint8_t type, chunk_t body);
};

/**
 * Receiver of the messages of one domain.
 *
 * All functions are called by threads of the channel, with no lock held.
 * For one member, receive(), resync_begin(), resync_end(), member_up() and
 * member_down() are called one after the other, in the order of events; for
 * different members they may be called at the same time.  They may take their
 * time: the member's sender is slowed down, its backlog grows, and finally it
 * does a full resync; other members are not affected.  All but receive() are
 * optional (NULL).
 */
struct sync_subscriber_t {

	/**
	 * A message arrived.
	 *
	 * @param member	name of sender
	 * @param type		message type
	 * @param body		body, cleared after the call
	 */
	void (*receive)(sync_subscriber_t *this, char *member, uint8_t type,
					chunk_t body);

	/**
	 * A member needs a full snapshot of what we send in this domain.
	 *
	 * Called by a thread of its own; receive() may be called meanwhile, and
	 * so may be send(): what is sent after the start of the snapshot reaches
	 * the member after the snapshot, so messages must be idempotent.
	 *
	 * @param member	name of the member that gets the snapshot
	 * @param sink		where to write it to
	 */
	void (*snapshot)(sync_subscriber_t *this, char *member, sync_sink_t *sink);

	/**
	 * A full snapshot from a member follows by receive().
	 */
	void (*resync_begin)(sync_subscriber_t *this, char *member);

	/**
	 * The snapshot is complete: what it did not mention is gone.
	 *
	 * Not called if the link breaks down before.
	 */
	void (*resync_end)(sync_subscriber_t *this, char *member);

	/**
	 * The link to a member is up; first call for a link, before any other.
	 *
	 * @param member		name of the member
	 * @param incarnation	random number of its daemon's start
	 */
	void (*member_up)(sync_subscriber_t *this, char *member,
					  uint64_t incarnation);

	/**
	 * The link to a member broke down; last call for a link.
	 */
	void (*member_down)(sync_subscriber_t *this, char *member);
};

/**
 * The cluster's message channel: a TLS 1.3 link to every other member.
 *
 * There is one for the daemon: the first sync_channel_get() makes it, the last
 * sync_channel_put() removes it.  It knows nothing about IKE.
 *
 * Locking: all functions are safe in any thread.  send(), post(), send_to(),
 * set_state(), cancel_state() and get_committed() only use queues in memory:
 * they never wait for the network, encrypt, or call subscribers, and so can be
 * used in hooks of charon's bus.  No lock of the channel is held while a
 * subscriber is called.
 */
struct sync_channel_t {

	/**
	 * Send a message to all other members, in order.
	 *
	 * Members that are not connected get it from the backlog, or a full
	 * resync in its place.
	 *
	 * @param domain	domain of the message
	 * @param type		type of message, defined by the domain
	 * @param body		body, at most SYNC_MAX_BODY octets, adopted, cleared
	 * @return			sequence number, 0 if refused (too long)
	 */
	uint64_t (*send)(sync_channel_t *this, sync_domain_t domain, uint8_t type,
					 chunk_t body);

	/**
	 * As send(), but don't wake the threads that send it: for hooks of charon's
	 * bus, as waking a thread may take longer than all else in a hook.
	 *
	 * The message leaves with the next wake(), other message or heartbeat.
	 *
	 * @param domain	domain of the message
	 * @param type		type of message, defined by the domain
	 * @param body		body, at most SYNC_MAX_BODY octets, adopted, cleared
	 * @return			sequence number, 0 if refused (too long)
	 */
	uint64_t (*post)(sync_channel_t *this, sync_domain_t domain, uint8_t type,
					 chunk_t body);

	/**
	 * Wake the threads that send what was given to post() since.
	 */
	void (*wake)(sync_channel_t *this);

	/**
	 * Ask to be told when members have processed what was sent to all.
	 *
	 * While somebody does, members acknowledge at once, else with their
	 * heartbeats.  Waits for calls under way of the function set before, so
	 * must not be called by it, nor with a lock it takes.
	 *
	 * @param changed	called by threads of the channel, with no lock held,
	 *					when get_committed() may have changed; NULL for none
	 * @param user		argument for it
	 */
	void (*on_commit)(sync_channel_t *this, void (*changed)(void *user),
					  void *user);

	/**
	 * Get what at least one other member has processed: its subscriber was
	 * called for it and returned.
	 *
	 * @param seq		receives the sequence number, see send(); it never gets
	 *					smaller
	 * @return			TRUE if any member is connected and up to date, so that
	 *					it's worth to wait for it
	 */
	bool (*get_committed)(sync_channel_t *this, uint64_t *seq);

	/**
	 * Send a message to one member only, if it is connected.
	 *
	 * Such a message is not kept in the backlog; it is delivered in order
	 * with others by send_to() and dropped if the link breaks down.
	 *
	 * @param member	name of the member
	 * @param domain	domain of the message
	 * @param type		type of message
	 * @param body		body, adopted, cleared
	 * @return			FALSE if not connected or its queue is full
	 */
	bool (*send_to)(sync_channel_t *this, char *member, sync_domain_t domain,
					uint8_t type, chunk_t body);

	/**
	 * Send a state to all other members: with the next flush, only the newest
	 * for a key goes out, after what was given to send() before the flush.
	 *
	 * @param domain	domain of the message
	 * @param type		type of message; states of different types don't replace
	 *					each other
	 * @param key		what the state is for, cloned
	 * @param body		body, adopted, cleared
	 */
	void (*set_state)(sync_channel_t *this, sync_domain_t domain, uint8_t type,
					  chunk_t key, chunk_t body);

	/**
	 * Drop states of any type not flushed yet (its object is gone).
	 *
	 * @param domain	domain of the state
	 * @param key		what the state is for
	 */
	void (*cancel_state)(sync_channel_t *this, sync_domain_t domain,
						 chunk_t key);

	/**
	 * Subscribe to a domain.
	 *
	 * For members that are connected already, member_up() is called and a
	 * full resync of the domain is requested.
	 *
	 * @param domain		domain, one subscriber each
	 * @param subscriber	subscriber, has to exist until unsubscribe() returns
	 */
	void (*subscribe)(sync_channel_t *this, sync_domain_t domain,
					  sync_subscriber_t *subscriber);

	/**
	 * End a subscription; waits for calls of the subscriber under way, so must
	 * not be called by them, nor with a lock they take.
	 *
	 * @param domain		domain
	 */
	void (*unsubscribe)(sync_channel_t *this, sync_domain_t domain);

	/**
	 * Ask members for a full snapshot of a domain.
	 *
	 * @param member	name of member, NULL for all
	 * @param domain	domain
	 * @return			FALSE if no such member is connected
	 */
	bool (*request_resync)(sync_channel_t *this, char *member,
						   sync_domain_t domain);

	/**
	 * Give members a full snapshot of a domain.
	 *
	 * @param member	name of member, NULL for all
	 * @param domain	domain
	 * @return			FALSE if no such member is connected
	 */
	bool (*start_resync)(sync_channel_t *this, char *member,
						 sync_domain_t domain);

	/**
	 * Get the name of this member.
	 *
	 * @return			name, internal data
	 */
	char* (*get_name)(sync_channel_t *this);

	/**
	 * Get the incarnation of this daemon.
	 *
	 * @return			random number, not 0
	 */
	uint64_t (*get_incarnation)(sync_channel_t *this);

	/**
	 * Enumerate the configured other members.
	 *
	 * @return			enumerator over sync_member_t*
	 */
	enumerator_t* (*create_member_enumerator)(sync_channel_t *this);

	/**
	 * Read the configuration again: new members, removed members, timers and
	 * the secret for links set up from now on.
	 *
	 * @return			FALSE if it's wrong; it was logged, the old one stays
	 */
	bool (*reload)(sync_channel_t *this);
};

/** longest body of a message, in octets */
#define SYNC_MAX_BODY (60 * 1024)

/**
 * Get the daemon's channel, make it if there is none.
 *
 * The configuration is read from <ns>.cluster.  A wrong configuration is
 * logged.
 *
 * @return			channel, NULL if the configuration is wrong; release it with
 *					sync_channel_put()
 */
sync_channel_t *sync_channel_get();

/**
 * Release the channel; the last one closes all links.
 */
void sync_channel_put();

#endif /** SYNC_CHANNEL_H_ @}*/
