/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ha_sync_option ha_sync_option
 * @{ @ingroup ha_sync
 */

#ifndef HA_SYNC_OPTION_H_
#define HA_SYNC_OPTION_H_

#include <library.h>

/**
 * Read an option that is a number with a range: <ns>.plugins.ha-sync.<name>.
 *
 * Logs one line if the value is no number, or out of range.  May be called by
 * any thread.
 *
 * @param name		name of the option
 * @param min		smallest number
 * @param max		largest number, below UINT64_MAX
 * @param def		number if the option is not set, or wrong
 * @return			number
 */
uint64_t ha_sync_option_number(char *name, uint64_t min, uint64_t max,
							   uint64_t def);

/**
 * Get the option margin: more packets than an SA sends, or gets, between two
 * reports and until the last one is here.
 *
 * @return				packets
 */
uint64_t ha_sync_option_margin();

#endif /** HA_SYNC_OPTION_H_ @}*/
