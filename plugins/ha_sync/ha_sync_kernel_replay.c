/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_kernel_replay.h"
#include "ha_sync_replay_state.h"

#include <daemon.h>
#include <threading/mutex.h>

#include <errno.h>
#include <linux/xfrm.h>
#include <libmnl/libmnl.h>

/**
 * Size of buffers for messages; the longest has a bitmap of 4096 bits.
 */
#define BUF_SIZE 4096

/**
 * Value written to XFRMA_ETIMER_THRESH to learn in which unit the kernel takes
 * it.
 */
#define TIMER_PROBE 10000

/**
 * Operations, to log errors once for each.
 */
enum {
	OP_GET,
	OP_SET,
	OP_THRESHOLDS,
};

static const char *op_names[] = {
	"reading counters",
	"setting counters",
	"setting event thresholds",
};

typedef struct private_ha_sync_kernel_replay_t private_ha_sync_kernel_replay_t;

/**
 * Private data.
 */
struct private_ha_sync_kernel_replay_t {

	/** public interface */
	ha_sync_kernel_replay_t public;

	/** socket */
	struct mnl_socket *socket;

	/** sequence number of the last request */
	uint32_t seq;

	/** what a timer of TIMER_PROBE is read back as, in 100 ms; 0 if unknown */
	uint32_t probed;

	/** bits are set for operations (OP_*) that have been logged */
	uint32_t logged;

	/** protects all of the above */
	mutex_t *mutex;
};

bool ha_sync_kernel_replay_parse(const struct nlmsghdr *hdr,
								 ha_sync_sa_id_t *id, ha_sync_replay_t *replay,
								 uint32_t *flags)
{
	ha_sync_replay_state_t state;
	chunk_t dst;

	if (!ha_sync_replay_state_parse(hdr, &state) ||
		(state.sa.family != AF_INET && state.sa.family != AF_INET6))
	{
		return FALSE;
	}
	dst = chunk_create((u_char*)&state.sa.daddr,
					   state.sa.family == AF_INET ? 4 : 16);
	*id = (ha_sync_sa_id_t){
		.dst = host_create_from_chunk(state.sa.family, dst, 0),
		.spi = state.sa.spi,
		.proto = state.sa.proto,
		.mark = {
			.value = state.mark.v,
			.mask = state.mark.m,
		},
	};
	ha_sync_replay_state_get(&state, replay);
	if (flags)
	{
		*flags = state.flags;
	}
	return TRUE;
}

/**
 * Start a request for an SA.
 */
static struct nlmsghdr *start_request(private_ha_sync_kernel_replay_t *this,
									  char *buf, uint16_t type, uint16_t flags,
									  const ha_sync_sa_id_t *sa,
									  uint32_t want)
{
	struct xfrm_aevent_id *id;
	struct nlmsghdr *hdr;
	chunk_t dst;

	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = type;
	hdr->nlmsg_flags = NLM_F_REQUEST | flags;
	hdr->nlmsg_seq = ++this->seq;
	id = mnl_nlmsg_put_extra_header(hdr, sizeof(*id));
	dst = sa->dst->get_address(sa->dst);
	memcpy(&id->sa_id.daddr, dst.ptr, min(dst.len, sizeof(id->sa_id.daddr)));
	id->sa_id.spi = sa->spi;
	id->sa_id.family = sa->dst->get_family(sa->dst);
	id->sa_id.proto = sa->proto;
	id->flags = want;
	if (sa->mark.value | sa->mark.mask)
	{
		struct xfrm_mark mark = {
			.v = sa->mark.value,
			.m = sa->mark.mask,
		};
		mnl_attr_put(hdr, XFRMA_MARK, sizeof(mark), &mark);
	}
	return hdr;
}

/**
 * Handle a message of the answer.
 */
static int got_message(const struct nlmsghdr *hdr, void *data)
{
	ha_sync_replay_state_t *state = data;

	if (state)
	{
		if (!ha_sync_replay_state_parse(hdr, state))
		{
			errno = EBADMSG;
			return MNL_CB_ERROR;
		}
		return MNL_CB_STOP;
	}
	return MNL_CB_OK;
}

/**
 * Send a request and wait for its answer, returns 0 or an errno.
 */
static int transact(private_ha_sync_kernel_replay_t *this, struct nlmsghdr *hdr,
					ha_sync_replay_state_t *state)
{
	char buf[BUF_SIZE];
	ssize_t len;
	int done;

	if (mnl_socket_sendto(this->socket, hdr, hdr->nlmsg_len) < 0)
	{
		return errno;
	}
	while (TRUE)
	{
		len = mnl_socket_recvfrom(this->socket, buf, sizeof(buf));
		if (len < 0)
		{
			if (errno == EINTR)
			{
				continue;
			}
			return errno;
		}
		done = mnl_cb_run(buf, len, hdr->nlmsg_seq,
						  mnl_socket_get_portid(this->socket), got_message,
						  state);
		if (done == MNL_CB_STOP)
		{
			return 0;
		}
		/* a late answer to an earlier request that failed here */
		if (done == MNL_CB_ERROR && errno != EPROTO)
		{
			return errno;
		}
	}
}

/**
 * Read the state of an SA, mutex held.
 *
 * Until 2026 the kernel's estimate of the answer's size forgot the interface
 * ID, and it panics if the answer gets larger.  An answer without thresholds
 * always has the 8 octets to spare, so want (XFRM_AE_*) has one of them at
 * most.
 */
static int read_state(private_ha_sync_kernel_replay_t *this,
					  const ha_sync_sa_id_t *id, uint32_t want,
					  ha_sync_replay_state_t *state)
{
	char buf[BUF_SIZE];

	return transact(this, start_request(this, buf, XFRM_MSG_GETAE, 0, id, want),
					state);
}

/**
 * Log a failure, mutex held; returns TRUE if there was none.
 */
static bool succeeded(private_ha_sync_kernel_replay_t *this, int op,
					  const ha_sync_sa_id_t *id, int err)
{
	if (!err)
	{
		return TRUE;
	}
	if (err == ESRCH || (this->logged & (1 << op)))
	{
		DBG2(DBG_KNL, "%s of SA %.8x to %H failed: %s", op_names[op],
			 ntohl(id->spi), id->dst, strerror(err));
		return FALSE;
	}
	this->logged |= 1 << op;
	DBG1(DBG_KNL, "%s of SA %.8x to %H failed: %s (further failures of this "
		 "kind are logged at level 2)", op_names[op], ntohl(id->spi), id->dst,
		 strerror(err));
	return FALSE;
}

METHOD(ha_sync_kernel_replay_t, get, bool,
	private_ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
	ha_sync_replay_t *replay)
{
	ha_sync_replay_state_t state;
	bool good;

	this->mutex->lock(this->mutex);
	good = succeeded(this, OP_GET, id, read_state(this, id, 0, &state));
	this->mutex->unlock(this->mutex);
	if (good)
	{
		ha_sync_replay_state_get(&state, replay);
	}
	return good;
}

/**
 * Change a state and write it, mutex held.
 */
static int write_state(private_ha_sync_kernel_replay_t *this,
					   const ha_sync_sa_id_t *id, ha_sync_replay_state_t *state,
					   const ha_sync_replay_t *replay,
					   ha_sync_replay_flag_t flags)
{
	char buf[BUF_SIZE], esn[sizeof(state->esn) + sizeof(state->bitmap)];
	struct nlmsghdr *hdr;
	bool numbers, use;

	numbers = ha_sync_replay_state_set_numbers(state, replay, flags);
	use = (flags & HA_SYNC_REPLAY_USE) &&
		  ha_sync_replay_state_set_use(state, replay);
	if (!numbers && !use)
	{
		return 0;
	}
	hdr = start_request(this, buf, XFRM_MSG_NEWAE, NLM_F_ACK | NLM_F_REPLACE,
						id, 0);
	if (numbers && state->has_bitmap)
	{
		size_t len = state->esn.bmp_len * sizeof(uint32_t);

		memcpy(esn, &state->esn, sizeof(state->esn));
		memcpy(esn + sizeof(state->esn), state->bitmap, len);
		mnl_attr_put(hdr, XFRMA_REPLAY_ESN_VAL, sizeof(state->esn) + len, esn);
	}
	else if (numbers)
	{
		mnl_attr_put(hdr, XFRMA_REPLAY_VAL, sizeof(state->legacy),
					 &state->legacy);
	}
	if (use)
	{
		mnl_attr_put(hdr, XFRMA_LTIME_VAL, sizeof(state->use), &state->use);
	}
	return transact(this, hdr, NULL);
}

METHOD(ha_sync_kernel_replay_t, set, bool,
	private_ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
	const ha_sync_replay_t *replay, ha_sync_replay_flag_t flags)
{
	ha_sync_replay_state_t state;
	bool good;
	int err;

	this->mutex->lock(this->mutex);
	if (!id->esn && (((flags & HA_SYNC_REPLAY_OSEQ) && replay->oseq >> 32) ||
					 ((flags & HA_SYNC_REPLAY_SEQ) && replay->seq >> 32)))
	{
		err = ERANGE;
	}
	else
	{
		err = read_state(this, id, 0, &state);
		if (!err)
		{
			err = write_state(this, id, &state, replay, flags);
		}
	}
	good = succeeded(this, OP_SET, id, err);
	this->mutex->unlock(this->mutex);
	return good;
}

/**
 * Write thresholds, mutex held.
 */
static int write_thresholds(private_ha_sync_kernel_replay_t *this,
							const ha_sync_sa_id_t *id, uint32_t packets,
							uint32_t timer)
{
	struct nlmsghdr *hdr;
	char buf[BUF_SIZE];

	hdr = start_request(this, buf, XFRM_MSG_NEWAE, NLM_F_ACK | NLM_F_REPLACE,
						id, 0);
	mnl_attr_put_u32(hdr, XFRMA_REPLAY_THRESH, packets);
	mnl_attr_put_u32(hdr, XFRMA_ETIMER_THRESH, timer);
	return transact(this, hdr, NULL);
}

/**
 * Learn in which unit the kernel takes the timer, mutex held.
 *
 * The kernel takes ticks (1/HZ s, and HZ is known to the kernel only), but
 * tells 100 ms units when asked, so it can be found out.
 */
static int probe_timer(private_ha_sync_kernel_replay_t *this,
					   const ha_sync_sa_id_t *id, uint32_t packets)
{
	ha_sync_replay_state_t state;
	int err;

	if (this->probed)
	{
		return 0;
	}
	err = write_thresholds(this, id, packets, TIMER_PROBE);
	if (!err)
	{
		err = read_state(this, id, XFRM_AE_ETHR, &state);
	}
	if (!err)
	{
		this->probed = state.timer ?: TIMER_PROBE;
	}
	return err;
}

METHOD(ha_sync_kernel_replay_t, set_thresholds, bool,
	private_ha_sync_kernel_replay_t *this, const ha_sync_sa_id_t *id,
	uint32_t packets, uint32_t ms)
{
	uint64_t timer;
	bool good;
	int err;

	this->mutex->lock(this->mutex);
	err = probe_timer(this, id, packets);
	if (!err)
	{
		timer = (uint64_t)ms * TIMER_PROBE / this->probed / 100;
		err = write_thresholds(this, id, packets,
							   max(1, min(timer, (uint64_t)INT32_MAX)));
	}
	good = succeeded(this, OP_THRESHOLDS, id, err);
	this->mutex->unlock(this->mutex);
	return good;
}

METHOD(ha_sync_kernel_replay_t, destroy, void,
	private_ha_sync_kernel_replay_t *this)
{
	if (this->socket)
	{
		mnl_socket_close(this->socket);
	}
	this->mutex->destroy(this->mutex);
	free(this);
}

ha_sync_kernel_replay_t *ha_sync_kernel_replay_create()
{
	private_ha_sync_kernel_replay_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.set = _set,
			.set_thresholds = _set_thresholds,
			.destroy = _destroy,
		},
		.socket = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);

	if (!this->socket || mnl_socket_bind(this->socket, 0, MNL_SOCKET_AUTOPID))
	{
		DBG1(DBG_KNL, "opening netlink socket to the kernel's IPsec failed: %s",
			 strerror(errno));
		destroy(this);
		return NULL;
	}
	return &this->public;
}
