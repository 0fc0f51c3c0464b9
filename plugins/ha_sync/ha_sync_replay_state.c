/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_replay_state.h"

/**
 * Parse bitmap state.
 */
static bool parse_esn(const struct nlattr *attr, ha_sync_replay_state_t *state)
{
	const struct xfrm_replay_state_esn *esn = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	if (len < sizeof(*esn) || esn->bmp_len > HA_SYNC_MAX_BITMAP ||
		len < sizeof(*esn) + esn->bmp_len * sizeof(uint32_t) ||
		esn->replay_window > esn->bmp_len * 32)
	{
		return FALSE;
	}
	memcpy(&state->esn, esn, sizeof(state->esn));
	memcpy(state->bitmap, esn->bmp, esn->bmp_len * sizeof(uint32_t));
	state->has_bitmap = TRUE;
	return TRUE;
}

/**
 * Copy a fixed size attribute, FALSE if too short.
 */
static bool copy_attr(const struct nlattr *attr, void *dst, size_t len)
{
	if (mnl_attr_get_payload_len(attr) < len)
	{
		return FALSE;
	}
	memcpy(dst, mnl_attr_get_payload(attr), len);
	return TRUE;
}

/*
 * Described in header.
 */
bool ha_sync_replay_state_parse(const struct nlmsghdr *hdr,
								ha_sync_replay_state_t *state)
{
	struct xfrm_aevent_id *id;
	struct nlattr *attr;
	bool good = TRUE;

	memset(state, 0, sizeof(*state));
	if (hdr->nlmsg_type != XFRM_MSG_NEWAE ||
		mnl_nlmsg_get_payload_len(hdr) < sizeof(*id))
	{
		return FALSE;
	}
	id = mnl_nlmsg_get_payload(hdr);
	state->sa = id->sa_id;
	state->src = id->saddr;
	state->flags = id->flags;
	mnl_attr_for_each(attr, hdr, sizeof(*id))
	{
		switch (mnl_attr_get_type(attr))
		{
			case XFRMA_REPLAY_VAL:
				good &= copy_attr(attr, &state->legacy, sizeof(state->legacy));
				break;
			case XFRMA_REPLAY_ESN_VAL:
				good &= parse_esn(attr, state);
				break;
			case XFRMA_LTIME_VAL:
				good &= copy_attr(attr, &state->use, sizeof(state->use));
				break;
			case XFRMA_MARK:
				good &= copy_attr(attr, &state->mark, sizeof(state->mark));
				break;
			case XFRMA_ETIMER_THRESH:
				good &= copy_attr(attr, &state->timer, sizeof(state->timer));
				break;
			default:
				break;
		}
	}
	return good;
}

/**
 * Get outbound and inbound sequence numbers of a state.
 */
static void get_numbers(const ha_sync_replay_state_t *state, uint64_t *oseq,
						uint64_t *seq)
{
	if (state->has_bitmap)
	{
		*oseq = (uint64_t)state->esn.oseq_hi << 32 | state->esn.oseq;
		*seq = (uint64_t)state->esn.seq_hi << 32 | state->esn.seq;
	}
	else
	{
		*oseq = state->legacy.oseq;
		*seq = state->legacy.seq;
	}
}

/*
 * Described in header.
 */
void ha_sync_replay_state_get(const ha_sync_replay_state_t *state,
							  ha_sync_replay_t *replay)
{
	*replay = (ha_sync_replay_t){
		.bytes = state->use.bytes,
		.packets = state->use.packets,
		.use_time = state->use.use_time,
	};
	get_numbers(state, &replay->oseq, &replay->seq);
}

/**
 * Mark the sequence number that lies age below the highest as received.
 *
 * In the ring the highest sequence number N has the bit (N - 1) % window.
 */
static void mark_received(ha_sync_replay_state_t *state, uint32_t age)
{
	uint32_t window = state->esn.replay_window, bit;

	bit = ((state->esn.seq - 1) % window + window - age) % window;
	state->bitmap[bit / 32] |= 1U << (bit % 32);
}

/**
 * Have an SA with a bitmap refuse everything up to seq.
 */
static bool refuse_bitmap(ha_sync_replay_state_t *state, uint64_t seq)
{
	uint64_t current = (uint64_t)state->esn.seq_hi << 32 | state->esn.seq;
	uint32_t window = state->esn.replay_window;

	if (!window)
	{
		return FALSE;
	}
	if (seq > current)
	{
		state->esn.seq = seq;
		state->esn.seq_hi = seq >> 32;
		memset(state->bitmap, 0xff, state->esn.bmp_len * sizeof(uint32_t));
		return TRUE;
	}
	if (current - seq >= window)
	{
		return FALSE;
	}
	for (uint32_t age = current - seq; age < window; age++)
	{
		mark_received(state, age);
	}
	return TRUE;
}

/**
 * Have an SA without ring refuse everything up to seq; bit 0 of its bitmap is
 * that of the highest sequence number.
 */
static bool refuse_legacy(ha_sync_replay_state_t *state, uint64_t seq)
{
	uint32_t current = state->legacy.seq;

	if (seq > current)
	{
		state->legacy.seq = seq;
		state->legacy.bitmap = ~0U;
		return TRUE;
	}
	if (current - seq >= 32)
	{
		return FALSE;
	}
	state->legacy.bitmap |= ~0U << (current - seq);
	return TRUE;
}

/*
 * Described in header.
 */
bool ha_sync_replay_state_set_numbers(ha_sync_replay_state_t *state,
									  const ha_sync_replay_t *replay,
									  ha_sync_replay_flag_t flags)
{
	uint64_t oseq, seq;
	bool changed = FALSE;

	get_numbers(state, &oseq, &seq);
	if ((flags & HA_SYNC_REPLAY_OSEQ) && replay->oseq > oseq)
	{
		if (state->has_bitmap)
		{
			state->esn.oseq = replay->oseq;
			state->esn.oseq_hi = replay->oseq >> 32;
		}
		else
		{
			state->legacy.oseq = replay->oseq;
		}
		changed = TRUE;
	}
	if ((flags & HA_SYNC_REPLAY_SEQ) && replay->seq)
	{
		changed |= state->has_bitmap ? refuse_bitmap(state, replay->seq)
									 : refuse_legacy(state, replay->seq);
	}
	return changed;
}

/*
 * Described in header.
 */
bool ha_sync_replay_state_set_use(ha_sync_replay_state_t *state,
								  const ha_sync_replay_t *replay)
{
	struct xfrm_lifetime_cur old = state->use;

	state->use.bytes = max(state->use.bytes, replay->bytes);
	state->use.packets = max(state->use.packets, replay->packets);
	if (replay->use_time &&
		(!state->use.use_time || replay->use_time < state->use.use_time))
	{
		state->use.use_time = replay->use_time;
	}
	return memcmp(&old, &state->use, sizeof(old)) != 0;
}
