/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_replay_policy.h"
#include "ha_sync_option.h"

#include <threading/mutex.h>

/**
 * Highest sequence number without ESN.
 */
#define MAX_SEQ 0xffffffffULL

/**
 * Sequence numbers without ESN after which a takeover is no reason to go on
 * with an SA: each takes some of them (RFC 6027, 3.4).
 */
#define USED_UP 0xc0000000ULL

/**
 * Sequence numbers with ESN above which two instances of an SA may use the same
 * IV with a probability of more than 2^-24, see doc/ha-sync.md.
 */
#define IV_LIMIT (1ULL << 40)

/**
 * How far the inbound number of an SA is raised that is of no use until it is
 * rekeyed: not even what the previous active got while it could not report, as
 * the channel was down, is accepted then.
 */
#define FAR_AHEAD (1 << 30)

typedef struct private_ha_sync_replay_policy_t private_ha_sync_replay_policy_t;

/**
 * Private data.
 */
struct private_ha_sync_replay_policy_t {

	/** public interface */
	ha_sync_replay_policy_t public;

	/** queue for rekeyings */
	ha_sync_rekey_t *rekey;

	/** what is configured */
	ha_sync_replay_rules_t rules;

	/** protects rules */
	mutex_t *mutex;
};

/**
 * Check if an SA has extended sequence numbers.
 */
static bool has_esn(const ha_sync_child_t *child)
{
	uint16_t esn = NO_EXT_SEQ_NUMBERS;

	child->proposal->get_algorithm(child->proposal, EXTENDED_SEQUENCE_NUMBERS,
								   &esn, NULL);
	return esn == EXT_SEQ_NUMBERS;
}

/**
 * Check if an IV that is used twice breaks an SA's cipher (RFC 6027, 3.7.1).
 */
static bool has_counter_mode(const ha_sync_child_t *child)
{
	uint16_t alg;

	return child->proposal->get_algorithm(child->proposal, ENCRYPTION_ALGORITHM,
										  &alg, NULL) &&
		   (encryption_algorithm_is_aead(alg) || alg == ENCR_AES_CTR ||
			alg == ENCR_CAMELLIA_CTR);
}

/**
 * Check if an SA has to be rekeyed whatever is configured.
 */
static bool is_used_up(const ha_sync_replay_rules_t *rules,
					   const ha_sync_child_t *child)
{
	/* what our kernel starts with at most */
	uint64_t oseq = child->use.oseq + rules->margin;

	if (has_esn(child))
	{
		return oseq > IV_LIMIT && has_counter_mode(child);
	}
	return oseq > USED_UP;
}

/*
 * Described in header.
 */
ha_sync_replay_action_t ha_sync_replay_decide(
									const ha_sync_replay_rules_t *rules,
									const ha_sync_child_t *child, bool planned,
									bool jumps)
{
	ha_sync_replay_action_t action = {
		.seq = child->use.seq,
		.rekey = rules->mode == HA_SYNC_REPLAY_REKEY ||
				 (rules->rekey && has_counter_mode(child)) ||
				 is_used_up(rules, child),
	};

	if (!planned && rules->mode != HA_SYNC_REPLAY_LEARN)
	{
		if (!jumps || rules->mode == HA_SYNC_REPLAY_REKEY)
		{
			action.seq += FAR_AHEAD;
			action.rekey = TRUE;
			/* not if nothing came with it until now */
			action.urgent = child->use.seq > 0;
		}
		else
		{
			action.seq += rules->margin;
		}
		if (!has_esn(child))
		{
			action.seq = min(action.seq, MAX_SEQ);
		}
	}
	return action;
}

METHOD(ha_sync_replay_policy_t, apply, uint32_t,
	private_ha_sync_replay_policy_t *this, array_t *children, bool planned,
	bool jumps)
{
	ha_sync_replay_action_t action;
	ha_sync_replay_rules_t rules;
	ha_sync_child_t *child;
	uint32_t delta = 0;
	int i;

	this->mutex->lock(this->mutex);
	rules = this->rules;
	this->mutex->unlock(this->mutex);
	jumps = jumps && rules.mode == HA_SYNC_REPLAY_ADVANCE;
	for (i = 0; i < array_count(children); i++)
	{
		array_get(children, i, &child);
		action = ha_sync_replay_decide(&rules, child, planned, jumps);
		child->use.seq = action.seq;
		if (action.rekey)
		{
			this->rekey->add(this->rekey, &child->id, action.urgent);
		}
		if (jumps && !planned)
		{
			delta = rules.margin;
		}
	}
	return delta;
}

METHOD(ha_sync_replay_policy_t, refused, void,
	private_ha_sync_replay_policy_t *this, array_t *children)
{
	ha_sync_child_t *child;
	int i;

	for (i = 0; i < array_count(children); i++)
	{
		array_get(children, i, &child);
		this->rekey->add(this->rekey, &child->id, TRUE);
	}
}

/**
 * Read a word that is one of a list, -1 if it's none of them.
 */
static int read_word(char *option, char *words[], int count)
{
	char *value;
	int i;

	value = lib->settings->get_str(lib->settings, "%s.plugins.ha-sync.%s",
								   words[0], lib->ns, option);
	for (i = 0; i < count; i++)
	{
		if (streq(value, words[i]))
		{
			return i;
		}
	}
	DBG1(DBG_CFG, "ha-sync: %s = '%s' is not known, use '%s'%s%s%s or '%s'",
		 option, value, words[0], count > 2 ? ", '" : "",
		 count > 2 ? words[1] : "", count > 2 ? "'" : "", words[count - 1]);
	return -1;
}

METHOD(ha_sync_replay_policy_t, reload, bool,
	private_ha_sync_replay_policy_t *this)
{
	/* in the order of ha_sync_replay_mode_t; the first is the default */
	char *modes[] = { "learn", "advance", "rekey" };
	char *rekeys[] = { "no", "paced" };
	int mode, rekey;

	mode = read_word("replay_policy", modes, countof(modes));
	rekey = read_word("rekey_after_failover", rekeys, countof(rekeys));
	if (mode < 0 || rekey < 0)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	this->rules = (ha_sync_replay_rules_t){
		.mode = mode,
		.rekey = rekey == 1,
		.margin = ha_sync_option_margin(),
	};
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(ha_sync_replay_policy_t, destroy, void,
	private_ha_sync_replay_policy_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
ha_sync_replay_policy_t *ha_sync_replay_policy_create(ha_sync_rekey_t *rekey)
{
	private_ha_sync_replay_policy_t *this;

	INIT(this,
		.public = {
			.apply = _apply,
			.refused = _refused,
			.reload = _reload,
			.destroy = _destroy,
		},
		.rekey = rekey,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	if (!reload(this))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
