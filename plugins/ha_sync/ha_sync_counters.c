/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_counters.h"
#include "ha_sync_kernel_replay.h"
#include "ha_sync_option.h"
#include "ha_sync_replay_watch.h"
#include "sync_flusher.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>

/**
 * By how much outbound sequence numbers are kept ahead of the last report if
 * nothing is heard of the active anymore (RFC 6311, 5.2).
 */
#define LEAP (1ULL << 30)

/**
 * Delay until reports of new SAs start, in ms: wakes the thread once for many.
 */
#define CHANGE_DELAY 10

/**
 * Changes that are looked at to find out if one is undone.
 */
#define LOOK_AHEAD 32

/**
 * Highest sequence number without ESN; an SA this far is of no use.
 */
#define MAX_SEQ 0xffffffffULL

typedef struct private_ha_sync_counters_t private_ha_sync_counters_t;
typedef struct change_t change_t;

/**
 * Private data.
 */
struct private_ha_sync_counters_t {

	/** public interface */
	ha_sync_counters_t public;

	/** registry with all records */
	ha_sync_registry_t *registry;

	/** sends reports */
	ha_sync_sender_t *sender;

	/** access to the kernel */
	ha_sync_kernel_replay_t *kernel;

	/** reports counters of the active's SAs */
	ha_sync_replay_watch_t *watch;

	/** margin in packets */
	uint64_t margin;

	/** TRUE while flush() runs: reports are final */
	bool final;

	/** changes that wait, change_t* */
	array_t *changes;

	/** applies them: hooks of charon's bus must not talk to the kernel */
	sync_flusher_t *flusher;

	/** protects changes and margin */
	mutex_t *mutex;
};

/**
 * SAs to start or stop reporting for; this needs the kernel.
 */
struct change_t {
	/** TRUE to start */
	bool add;
	/** inbound and outbound SA, with own addresses */
	ha_sync_sa_id_t in, out;
	/** TRUE if there is an outbound SA */
	bool outbound;
};

/**
 * Fill the kernel's ID of an SA; dst is the caller's.
 */
static void fill_id(const ha_sync_child_t *child, host_t *dst, bool inbound,
					ha_sync_sa_id_t *id)
{
	uint16_t esn = NO_EXT_SEQ_NUMBERS;

	child->proposal->get_algorithm(child->proposal, EXTENDED_SEQUENCE_NUMBERS,
								   &esn, NULL);
	*id = (ha_sync_sa_id_t){
		.dst = dst,
		.spi = inbound ? child->id.spi_in : child->spi_out,
		.proto = child->protocol == PROTO_ESP ? IPPROTO_ESP : IPPROTO_AH,
		.mark = {
			.value = inbound ? 0 : child->mark_out,
			.mask = inbound ? 0 : child->mask_out,
		},
		.esn = esn == EXT_SEQ_NUMBERS,
		.child = child->id.spi_in,
		.inbound = inbound,
	};
}

/**
 * Get the margin.
 */
static uint64_t get_margin(private_ha_sync_counters_t *this)
{
	uint64_t margin;

	this->mutex->lock(this->mutex);
	margin = this->margin;
	this->mutex->unlock(this->mutex);
	return margin;
}

/**
 * Give a standby's kernel an outbound sequence number ahead of the reported one
 * (by the margin if 0), if the last one does not reach far enough anymore.
 */
static void give_oseq(private_ha_sync_counters_t *this,
					  const ha_sync_child_t *child, const ha_sync_ike_t *ike,
					  uint64_t ahead, bool fresh)
{
	uint64_t oseq = child->use.oseq;
	ha_sync_replay_t replay = {};
	ha_sync_sa_id_t id;

	if (child->outbound_pending)
	{
		return;
	}
	fill_id(child, ike->dynamic.remote, FALSE, &id);
	ahead = ahead ?: get_margin(this);
	replay.oseq = id.esn ? oseq + ahead : min(oseq + ahead, MAX_SEQ);
	if (this->registry->give(this->registry, &child->id,
							 fresh ? UINT64_MAX : oseq + ahead / 2,
							 replay.oseq))
	{
		if (!this->kernel->set(this->kernel, &id, &replay,
							   HA_SYNC_REPLAY_OSEQ) && ahead != LEAP)
		{	/* the SA is not there yet, or has other addresses: with the next
			 * report.  After a leap there are none, but the takeover sets it */
			this->registry->give(this->registry, &child->id, UINT64_MAX, 0);
		}
	}
}

/**
 * Set inbound counters and the use of both directions, and the number the
 * kernel was given once more, as it must never send with a lower one.
 */
static void give_all(private_ha_sync_counters_t *this,
					 const ha_sync_child_t *child, const ha_sync_ike_t *ike)
{
	ha_sync_replay_t replay = {
		.seq = child->use.seq,
		.bytes = child->use.bytes_in,
		.packets = child->use.packets_in,
	};
	ha_sync_sa_id_t id;

	fill_id(child, ike->dynamic.local, TRUE, &id);
	this->kernel->set(this->kernel, &id, &replay, HA_SYNC_REPLAY_USE |
					  (child->use.seq ? HA_SYNC_REPLAY_SEQ : 0));
	if (!child->outbound_pending)
	{
		replay.bytes = child->use.bytes_out;
		replay.packets = child->use.packets_out;
		replay.oseq = this->registry->get_given(this->registry, &child->id);
		fill_id(child, ike->dynamic.remote, FALSE, &id);
		if (!this->kernel->set(this->kernel, &id, &replay,
							   HA_SYNC_REPLAY_USE | HA_SYNC_REPLAY_OSEQ))
		{
			DBG1(DBG_CFG, "ha-sync: the outbound sequence number of SA %.8x "
				 "could not be set, the peer may refuse its packets: rekey it",
				 ntohl(child->spi_out));
		}
	}
}

/**
 * The kernel's counters of an SA moved.
 */
static void moved(private_ha_sync_counters_t *this, const ha_sync_sa_id_t *id,
				  const ha_sync_replay_t *replay)
{
	ha_sync_child_id_t child_id;
	ha_sync_child_t *child;
	ha_sync_use_t use;

	if (!this->registry->find_child(this->registry, id->child, TRUE, &child_id))
	{
		return;
	}
	child = this->registry->get_child(this->registry, &child_id);
	if (!child)
	{
		return;
	}
	use = child->use;
	ha_sync_child_destroy(child);
	if (id->inbound)
	{
		use.seq = max(use.seq, replay->seq);
		use.bytes_in = replay->bytes;
		use.packets_in = replay->packets;
	}
	else
	{
		use.oseq = max(use.oseq, replay->oseq);
		use.bytes_out = replay->bytes;
		use.packets_out = replay->packets;
	}
	this->registry->put_use(this->registry, &child_id, &use);
	if (this->final)
	{
		this->sender->child_use_now(this->sender, &child_id, &use);
	}
	else
	{
		this->sender->child_use(this->sender, &child_id, &use);
	}
}

/**
 * Destroy a change.
 */
static void change_destroy(change_t *change)
{
	change->in.dst->destroy(change->in.dst);
	change->out.dst->destroy(change->out.dst);
	free(change);
}

/**
 * Start or stop to report.
 */
static void apply_change(ha_sync_replay_watch_t *watch, change_t *change)
{
	if (change->add)
	{
		watch->add(watch, &change->in);
		if (change->outbound)
		{
			watch->add(watch, &change->out);
		}
	}
	else
	{
		watch->remove(watch, &change->in);
		watch->remove(watch, &change->out);
	}
}

/**
 * Check if an SA to be reported is gone already: one of the next changes stops
 * that.  So what lives only for a moment costs no system calls.
 */
static bool is_undone(array_t *changes, change_t *change)
{
	change_t *next;
	int i;

	for (i = 0; i < LOOK_AHEAD && array_get(changes, i, &next); i++)
	{
		if (!next->add && next->in.spi == change->in.spi &&
			next->in.dst->ip_equals(next->in.dst, change->in.dst))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Apply the changes that wait, in order; by the flusher's thread.
 */
static void apply_changes(private_ha_sync_counters_t *this)
{
	array_t *changes;
	change_t *change;

	this->mutex->lock(this->mutex);
	changes = this->changes;
	this->changes = array_create(0, 0);
	this->mutex->unlock(this->mutex);
	while (array_remove(changes, ARRAY_HEAD, &change))
	{
		if (!change->add || !is_undone(changes, change))
		{
			apply_change(this->watch, change);
		}
		change_destroy(change);
	}
	array_destroy(changes);
}

/**
 * Queue a change for both directions of a CHILD SA.
 */
static void queue_change(private_ha_sync_counters_t *this,
						 const ha_sync_child_t *child, bool add)
{
	host_t *local, *remote;
	change_t *change;

	if (!this->registry->get_hosts(this->registry, &child->id.ike, &local,
								   &remote))
	{
		return;
	}
	INIT(change,
		.add = add,
		.outbound = !child->outbound_pending,
	);
	fill_id(child, local, TRUE, &change->in);
	fill_id(child, remote, FALSE, &change->out);
	this->mutex->lock(this->mutex);
	array_insert(this->changes, ARRAY_TAIL, change);
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_counters_t, wake, void,
	private_ha_sync_counters_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = array_count(this->changes);
	this->mutex->unlock(this->mutex);
	if (count)
	{
		this->flusher->trigger(this->flusher);
	}
}

METHOD(ha_sync_counters_t, watch_, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child)
{
	queue_change(this, child, TRUE);
}

METHOD(ha_sync_counters_t, unwatch, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child)
{
	queue_change(this, child, FALSE);
}

METHOD(ha_sync_counters_t, flush, void,
	private_ha_sync_counters_t *this)
{
	this->final = TRUE;
	this->watch->flush(this->watch);
	this->final = FALSE;
}

METHOD(ha_sync_counters_t, import_, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	give_oseq(this, child, ike, 0, TRUE);
}

METHOD(ha_sync_counters_t, leap, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	give_oseq(this, child, ike, LEAP, TRUE);
}

METHOD(ha_sync_counters_t, leaped, bool,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child)
{
	return this->registry->get_given(this->registry, &child->id) >
		   child->use.oseq + get_margin(this);
}

METHOD(ha_sync_counters_t, reported, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child)
{
	ha_sync_ike_t *ike;

	ike = this->registry->get_ike(this->registry, &child->id.ike);
	if (ike)
	{
		give_oseq(this, child, ike, 0, FALSE);
		ha_sync_ike_destroy(ike);
	}
}

/**
 * Tell the other members that we start with the sequence number our kernel was
 * given: who takes over next must be ahead of it, even if it is right now.
 */
static void tell_given(private_ha_sync_counters_t *this,
					   const ha_sync_child_t *child)
{
	ha_sync_use_t use = child->use;

	use.oseq = max(use.oseq,
				   this->registry->get_given(this->registry, &child->id));
	if (use.oseq != child->use.oseq)
	{
		this->registry->put_use(this->registry, &child->id, &use);
		this->sender->child_use(this->sender, &child->id, &use);
	}
}

METHOD(ha_sync_counters_t, activate, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	give_oseq(this, child, ike, 0, FALSE);
	tell_given(this, child);
	give_all(this, child, ike);
	queue_change(this, child, TRUE);
	this->flusher->trigger(this->flusher);
}

METHOD(ha_sync_counters_t, demote, void,
	private_ha_sync_counters_t *this, const ha_sync_child_t *child,
	const ha_sync_ike_t *ike)
{
	ha_sync_sa_id_t in, out;

	/* before the kernel's number moves, that is not to be reported */
	fill_id(child, ike->dynamic.local, TRUE, &in);
	fill_id(child, ike->dynamic.remote, FALSE, &out);
	this->watch->remove(this->watch, &in);
	this->watch->remove(this->watch, &out);
	import_(this, child, ike);
}

METHOD(ha_sync_counters_t, reload, void,
	private_ha_sync_counters_t *this)
{
	uint64_t margin = ha_sync_option_margin();

	this->mutex->lock(this->mutex);
	this->margin = margin;
	this->mutex->unlock(this->mutex);
}

METHOD(ha_sync_counters_t, destroy, void,
	private_ha_sync_counters_t *this)
{
	DESTROY_IF(this->flusher);
	DESTROY_IF(this->watch);
	DESTROY_IF(this->kernel);
	array_destroy_function(this->changes, (void*)change_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_counters_t *ha_sync_counters_create(ha_sync_registry_t *registry,
											ha_sync_sender_t *sender)
{
	private_ha_sync_counters_t *this;

	INIT(this,
		.public = {
			.watch = _watch_,
			.unwatch = _unwatch,
			.wake = _wake,
			.flush = _flush,
			.import = _import_,
			.leap = _leap,
			.leaped = _leaped,
			.reported = _reported,
			.activate = _activate,
			.demote = _demote,
			.reload = _reload,
			.destroy = _destroy,
		},
		.registry = registry,
		.sender = sender,
		.changes = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	reload(this);
	this->kernel = ha_sync_kernel_replay_create();
	if (this->kernel)
	{
		this->watch = ha_sync_replay_watch_create(this->kernel, (void*)moved,
												  this);
	}
	if (!this->watch)
	{
		destroy(this);
		return NULL;
	}
	this->flusher = sync_flusher_create((void*)apply_changes, this,
										CHANGE_DELAY);
	return &this->public;
}
