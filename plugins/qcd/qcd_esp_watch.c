/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_esp_watch.h"
#include "qcd_esp_count.h"
#include "qcd_limit.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

#include <errno.h>

/** interval of readings, in ms */
#define INTERVAL 100

/** interval while a tap is open, in ms */
#define TAP_INTERVAL 20

/** interval while connections are waited for with packets to answer, in ms */
#define EARLY_INTERVAL 40

/** how often an open tap is read, if there's nothing in it */
#define TAP_READINGS 10

/** packets processed in a reading at most */
#define PACKETS_MAX 256

/** readings for which there's no tap after one that was full */
#define PAUSE 4

/** the same after one in which nobody was answered */
#define PAUSE_LIMITED 2

/** packets kept for the time connections are loaded */
#define EARLY_MAX 64

typedef struct private_qcd_esp_watch_t private_qcd_esp_watch_t;

/**
 * Private data.
 */
struct private_qcd_esp_watch_t {

	/** public interface */
	qcd_esp_watch_t public;

	/** options */
	qcd_config_t *config;

	/** known SPIs */
	qcd_children_t *children;

	/** called for unknown ones */
	qcd_esp_unknown_t cb;

	/** data for it */
	void *user;

	/** counters */
	qcd_stats_t *stats;

	/** limit of packets that are answered */
	qcd_limit_t *limit;

	/** the kernel's counter, NULL if it has none */
	qcd_esp_count_t *counter;

	/** what was read last */
	uint64_t count;

	/** TRUE if connections were seen: who has none can't answer */
	bool ready;

	/** tap, NULL if it is closed */
	qcd_esp_tap_t *tap;

	/** how often it is read, still */
	u_int readings;

	/** readings to go without a tap */
	u_int pause;

	/** packets seen before connections are loaded, each with another SPI */
	qcd_esp_packet_t early[EARLY_MAX];

	/** number of them */
	u_int early_count;

	/** TRUE if it was logged that no tap can be opened */
	bool failed;
};

/**
 * Check if a packet is for this host and has an SPI nobody has: the tap sees
 * all, also what is only routed here, which is not ours to answer.
 */
static bool is_unknown(private_qcd_esp_watch_t *this, qcd_esp_packet_t *packet)
{
	return !this->children->has_inbound(this->children, packet->spi) &&
		   charon->kernel->get_interface(charon->kernel, packet->dst, NULL);
}

/**
 * Process a packet, returns TRUE if its SPI is unknown; sets answered if that
 * is not above the limits.
 */
static bool process(private_qcd_esp_watch_t *this, qcd_esp_packet_t *packet,
					bool *answered)
{
	if (!is_unknown(this, packet))
	{
		return FALSE;
	}
	this->stats->count(this->stats, QCD_ESP_UNKNOWN);
	if (!this->limit->allow(this->limit, packet->src))
	{
		this->stats->count(this->stats, QCD_ESP_LIMITED);
		return TRUE;
	}
	*answered = TRUE;
	if (!this->children->had_inbound(this->children, packet->spi))
	{
		this->cb(this->user, packet);
	}
	return TRUE;
}

/**
 * Destroy the addresses of a packet.
 */
static void clear_packet(qcd_esp_packet_t *packet)
{
	packet->src->destroy(packet->src);
	packet->dst->destroy(packet->dst);
}

/**
 * Keep a packet until connections are loaded: to wait for its sender's next one
 * then would take as long as that.  Returns FALSE if it is not kept.
 */
static bool keep_early(private_qcd_esp_watch_t *this, qcd_esp_packet_t *packet)
{
	u_int i;

	if (this->early_count == EARLY_MAX)
	{
		return FALSE;
	}
	for (i = 0; i < this->early_count; i++)
	{
		if (this->early[i].spi == packet->spi)
		{
			return FALSE;
		}
	}
	this->early[this->early_count++] = *packet;
	return TRUE;
}

/**
 * Process the packets kept.
 */
static void process_early(private_qcd_esp_watch_t *this)
{
	bool answered;

	while (this->early_count)
	{
		process(this, &this->early[--this->early_count], &answered);
		clear_packet(&this->early[this->early_count]);
	}
}

/**
 * Close the tap.
 */
static void close_tap(private_qcd_esp_watch_t *this)
{
	this->tap->destroy(this->tap);
	this->tap = NULL;
}

/**
 * Process what the tap got; close it if that's what it was opened for, if it is
 * too much, or if nothing comes.
 */
static void drain(private_qcd_esp_watch_t *this)
{
	qcd_esp_packet_t packet;
	bool found = FALSE, answered = FALSE;
	u_int i;

	for (i = 0; i < PACKETS_MAX && this->tap->read(this->tap, &packet); i++)
	{
		if (this->ready)
		{
			found = process(this, &packet, &answered) || found;
		}
		else if (is_unknown(this, &packet) && keep_early(this, &packet))
		{
			found = answered = TRUE;
			continue;
		}
		clear_packet(&packet);
	}
	if (found || i == PACKETS_MAX || --this->readings == 0)
	{
		close_tap(this);
	}
	this->pause = i == PACKETS_MAX ? PAUSE :
				  found && !answered ? PAUSE_LIMITED : 0;
}

/**
 * Open the tap.
 */
static void open_tap(private_qcd_esp_watch_t *this)
{
	this->tap = qcd_esp_tap_create(charon->socket->get_port(charon->socket,
															TRUE));
	if (this->tap)
	{
		this->readings = TAP_READINGS;
		this->stats->count(this->stats, QCD_TAPS);
	}
	else if (!this->failed)
	{
		DBG1(DBG_NET, "qcd: packets with unknown SPIs can't be seen: %s; the "
			 "daemon needs CAP_NET_RAW", strerror(errno));
		this->failed = TRUE;
	}
}

/**
 * Check if connections are loaded, which are some time after the start.
 */
static bool is_ready(private_qcd_esp_watch_t *this)
{
	enumerator_t *enumerator;
	ike_cfg_t *config;

	if (!this->ready)
	{
		enumerator = charon->backends->create_ike_cfg_enumerator(
										charon->backends, NULL, NULL, IKEV2);
		this->ready = enumerator->enumerate(enumerator, &config);
		enumerator->destroy(enumerator);
	}
	return this->ready;
}

/**
 * When to look again: soon if something waits.
 */
static job_requeue_t next_reading(private_qcd_esp_watch_t *this)
{
	if (this->tap)
	{
		return JOB_RESCHEDULE_MS(TAP_INTERVAL);
	}
	return JOB_RESCHEDULE_MS(this->early_count ? EARLY_INTERVAL : INTERVAL);
}

/**
 * Job: one reading.
 */
static job_requeue_t watch(private_qcd_esp_watch_t *this)
{
	uint64_t count;

	if (is_ready(this))
	{
		process_early(this);
	}
	if (this->tap)
	{
		drain(this);
		return next_reading(this);
	}
	if (!this->config->esp_watch ||
		!this->counter->read(this->counter, &count))
	{
		return JOB_RESCHEDULE_MS(10 * INTERVAL);
	}
	if (this->pause)
	{
		this->pause--;
		return next_reading(this);
	}
	if (count != this->count && this->early_count < EARLY_MAX)
	{
		open_tap(this);
	}
	this->count = count;
	return next_reading(this);
}

METHOD(qcd_esp_watch_t, reload, void,
	private_qcd_esp_watch_t *this)
{
	this->limit->set(this->limit, this->config->esp_answers,
					 this->config->esp_answers_source);
}

METHOD(qcd_esp_watch_t, destroy, void,
	private_qcd_esp_watch_t *this)
{
	DESTROY_IF(this->tap);
	while (this->early_count)
	{
		clear_packet(&this->early[--this->early_count]);
	}
	DESTROY_IF(this->counter);
	this->limit->destroy(this->limit);
	free(this);
}

/*
 * Described in header.
 */
qcd_esp_watch_t *qcd_esp_watch_create(qcd_config_t *config,
									  qcd_children_t *children,
									  qcd_esp_unknown_t cb, void *user,
									  qcd_stats_t *stats)
{
	private_qcd_esp_watch_t *this;

	INIT(this,
		.public = {
			.reload = _reload,
			.destroy = _destroy,
		},
		.config = config,
		.children = children,
		.cb = cb,
		.user = user,
		.stats = stats,
		.limit = qcd_limit_create(config->esp_answers,
								  config->esp_answers_source),
		.counter = qcd_esp_count_create(),
	);
	if (this->counter)
	{
		lib->scheduler->schedule_job_ms(lib->scheduler,
			(job_t*)callback_job_create_with_prio((callback_job_cb_t)watch,
							this, NULL, NULL, JOB_PRIO_HIGH), INTERVAL);
	}
	return &this->public;
}
