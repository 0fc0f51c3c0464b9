/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_banks.h"

#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** after how many s a bank gets all again, if it could not be told something:
 * not more often, as ha-sync's updates for it wait meanwhile */
#define RESYNC_DELAY 5

typedef struct private_stub_banks_t private_stub_banks_t;
typedef struct missed_t missed_t;

/**
 * Private data.
 */
struct private_stub_banks_t {

	/** public interface */
	stub_banks_t public;

	/** options */
	stub_config_t *config;

	/** counters */
	stub_stats_t *stats;

	/** channel */
	sync_channel_t *channel;

	/** names of banks that get all again soon, char* */
	array_t *missed;

	/** protects missed */
	mutex_t *mutex;
};

/**
 * A bank that could not be told something.
 */
struct missed_t {
	/** the object */
	private_stub_banks_t *this;
	/** its name */
	char *name;
};

/**
 * Free a job's data.
 */
static void missed_free(missed_t *missed)
{
	free(missed->name);
	free(missed);
}

/**
 * Look for a name among those of banks that get all again; mutex held.
 */
static int find_missed(private_stub_banks_t *this, char *name)
{
	char *other;
	int i;

	for (i = 0; i < array_count(this->missed); i++)
	{
		array_get(this->missed, i, &other);
		if (streq(other, name))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Job: give a bank all again.
 */
static job_requeue_t resync(missed_t *missed)
{
	private_stub_banks_t *this = missed->this;
	char *name = NULL;
	int i;

	this->mutex->lock(this->mutex);
	i = find_missed(this, missed->name);
	if (i >= 0)
	{
		array_get(this->missed, i, &name);
		array_remove(this->missed, i, NULL);
	}
	this->mutex->unlock(this->mutex);
	free(name);
	/* if the link is down, it's done when it's up again */
	this->channel->start_resync(this->channel, missed->name, SYNC_STUB);
	return JOB_REQUEUE_NONE;
}

/**
 * A bank could not be told something: its link is down, or too much waits to be
 * sent.  It gets all again, but not for each message: that takes up the same
 * space.
 */
static void miss(private_stub_banks_t *this, char *name)
{
	missed_t *missed;
	bool news;

	this->stats->add(this->stats, STUB_UPDATES_MISSED, 1);
	this->mutex->lock(this->mutex);
	news = find_missed(this, name) < 0;
	if (news)
	{
		array_insert(this->missed, ARRAY_TAIL, strdup(name));
	}
	this->mutex->unlock(this->mutex);
	if (news)
	{
		DBG1(DBG_CFG, "ike-sa-stub: bank '%s' missed updates, it gets all "
			 "stubs again", name);
		INIT(missed,
			.this = this,
			.name = strdup(name),
		);
		lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)callback_job_create((void*)resync, missed,
										(void*)missed_free, NULL),
			RESYNC_DELAY);
	}
}

METHOD(stub_banks_t, is_bank, bool,
	private_stub_banks_t *this, const char *member)
{
	enumerator_t *enumerator;
	char *name;
	bool found = FALSE;

	enumerator = enumerator_create_token(this->config->banks, " ", " \t");
	while (!found && enumerator->enumerate(enumerator, &name))
	{
		found = streq(name, member);
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(stub_banks_t, is_keeper, bool,
	private_stub_banks_t *this, const char *member)
{
	return this->config->store == STUB_STORE_MEMBERS || is_bank(this, member);
}

METHOD(stub_banks_t, get_connected, array_t*,
	private_stub_banks_t *this)
{
	enumerator_t *enumerator;
	sync_member_t *member;
	array_t *names = array_create(0, 0);

	enumerator = this->channel->create_member_enumerator(this->channel);
	while (enumerator->enumerate(enumerator, &member))
	{
		if (member->state != SYNC_LINK_DOWN && is_keeper(this, member->name))
		{
			array_insert(names, ARRAY_TAIL, strdup(member->name));
		}
	}
	enumerator->destroy(enumerator);
	return names;
}

METHOD(stub_banks_t, send_, void,
	private_stub_banks_t *this, chunk_t message)
{
	array_t *names;
	char *name;

	if (this->config->store == STUB_STORE_MEMBERS)
	{
		this->channel->send(this->channel, SYNC_STUB, STUB_BANKS_MESSAGE,
							message);
		return;
	}
	names = get_connected(this);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		if (!this->channel->send_to(this->channel, name, SYNC_STUB,
									STUB_BANKS_MESSAGE, chunk_clone(message)))
		{
			miss(this, name);
		}
		free(name);
	}
	array_destroy(names);
	chunk_free(&message);
}

METHOD(stub_banks_t, destroy, void,
	private_stub_banks_t *this)
{
	array_destroy_function(this->missed, (void*)free, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Log names of banks that are no members.
 */
static void check_names(private_stub_banks_t *this)
{
	enumerator_t *enumerator, *members;
	sync_member_t *member;
	char *name;
	bool found;

	enumerator = enumerator_create_token(this->config->banks, " ", " \t");
	while (enumerator->enumerate(enumerator, &name))
	{
		found = streq(name, this->channel->get_name(this->channel));
		members = this->channel->create_member_enumerator(this->channel);
		while (!found && members->enumerate(members, &member))
		{
			found = streq(name, member->name);
		}
		members->destroy(members);
		if (!found)
		{
			DBG1(DBG_CFG, "ike-sa-stub: '%s' in 'banks' is no member of the "
				 "cluster; correct one of them", name);
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
stub_banks_t *stub_banks_create(stub_config_t *config, stub_stats_t *stats,
								sync_channel_t *channel)
{
	private_stub_banks_t *this;

	INIT(this,
		.public = {
			.is_bank = _is_bank,
			.is_keeper = _is_keeper,
			.get_connected = _get_connected,
			.send = _send_,
			.destroy = _destroy,
		},
		.config = config,
		.stats = stats,
		.channel = channel,
		.missed = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	if (config->store == STUB_STORE_BANK)
	{
		check_names(this);
	}
	return &this->public;
}
