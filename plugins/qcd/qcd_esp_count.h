/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_esp_count qcd_esp_count
 * @{ @ingroup qcd
 */

#ifndef QCD_ESP_COUNT_H_
#define QCD_ESP_COUNT_H_

#include <library.h>

typedef struct qcd_esp_count_t qcd_esp_count_t;

/**
 * The kernel's counter of packets with unknown SPIs to this host:
 * XfrmInNoStates in /proc/net/xfrm_stat of the daemon's network namespace.
 *
 * Locking: none, used by one thread at a time.
 */
struct qcd_esp_count_t {

	/**
	 * Read the counter.
	 *
	 * @param count		receives the number of packets since the start
	 * @return			FALSE if it can't be read
	 */
	bool (*read)(qcd_esp_count_t *this, uint64_t *count);

	/**
	 * Destroy a qcd_esp_count_t.
	 */
	void (*destroy)(qcd_esp_count_t *this);
};

/**
 * Open the counter.
 *
 * @return			counter, NULL if the kernel has none (logged)
 */
qcd_esp_count_t *qcd_esp_count_create();

#endif /** QCD_ESP_COUNT_H_ @}*/
