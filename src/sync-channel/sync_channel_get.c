/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_channel_create.h"

#include <pthread.h>

/** the daemon's channel, its users and their lock; there is no place in the
 * daemon where plugins could share an object */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sync_channel_t *channel;
static u_int users;

/*
 * Described in header.
 */
sync_channel_t *sync_channel_get()
{
	sync_config_t *config;

	pthread_mutex_lock(&lock);
	if (!channel)
	{
		config = sync_config_load();
		channel = config ? sync_channel_create(config) : NULL;
	}
	if (channel)
	{
		users++;
	}
	pthread_mutex_unlock(&lock);
	return channel;
}

/*
 * Described in header.
 */
void sync_channel_put()
{
	pthread_mutex_lock(&lock);
	if (users && --users == 0)
	{
		sync_channel_destroy(channel);
		channel = NULL;
	}
	pthread_mutex_unlock(&lock);
}
