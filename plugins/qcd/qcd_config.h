/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_config qcd_config
 * @{ @ingroup qcd
 */

#ifndef QCD_CONFIG_H_
#define QCD_CONFIG_H_

#include <library.h>

typedef struct qcd_config_t qcd_config_t;

/**
 * The options, <ns>.plugins.qcd.
 *
 * Written by qcd_config_load() only, when the plugin is loaded and on a reload;
 * read without a lock: each is a word of its own.
 */
struct qcd_config_t {
	/** give tokens to peers, and answer with them */
	bool maker;
	/** take tokens of peers */
	bool taker;
	/** make the taker's address a part of tokens (RFC 6290, 5.2) */
	bool token_address;
	/** answer with tokens even if a member is not connected */
	bool answer_alone;
	/** answers per second, in total and to a source */
	uint32_t answers, answers_source;
	/** seconds after the start with the full rate, a tenth of it later */
	uint32_t answers_window;
	/** unprotected notifies processed per second, in total and of a source */
	uint32_t checks, checks_source;
	/** ms between liveness checks started by hints for an IKE SA */
	uint32_t hint_interval;
	/** watch for ESP packets with unknown SPIs */
	bool esp_watch;
	/** INVALID_SPI per second, in total and to a source */
	uint32_t esp_answers, esp_answers_source;
	/** keep a map of SPIs in this file, NULL for none */
	char *spi_map;
	/** SIR */
	bool sir;
	/** notify type of CHECK_SPI */
	uint16_t sir_notify;
	/** SIR: seconds a peer's hints are ignored after something was done */
	uint32_t sir_dampening;
};

/**
 * Read the options, log what is wrong with them; what is wrong has its default.
 *
 * @param config	receives options, strings are cloned
 */
void qcd_config_load(qcd_config_t *config);

/**
 * Free what the options have.
 *
 * @param config	options
 */
void qcd_config_clear(qcd_config_t *config);

#endif /** QCD_CONFIG_H_ @}*/
