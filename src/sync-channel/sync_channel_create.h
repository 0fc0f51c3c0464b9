/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_channel_create sync_channel_create
 * @{ @ingroup cluster
 */

#ifndef SYNC_CHANNEL_CREATE_H_
#define SYNC_CHANNEL_CREATE_H_

#include "sync_channel.h"
#include "sync_config.h"

/**
 * Create a channel; sync_channel_get() does so for the daemon.
 *
 * @param config	options, adopted
 * @return			channel, NULL on failure (logged)
 */
sync_channel_t *sync_channel_create(sync_config_t *config);

/**
 * Say farewell to all members and destroy a channel.
 *
 * @param channel	channel, without subscribers
 */
void sync_channel_destroy(sync_channel_t *channel);

#endif /** SYNC_CHANNEL_CREATE_H_ @}*/
