/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_wake.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/** shortest time slice of the kernel, in ns */
#define TIME_SLICE 100000

typedef struct private_sync_wake_t private_sync_wake_t;

/**
 * Private data.
 */
struct private_sync_wake_t {

	/** public interface */
	sync_wake_t public;

	/** descriptor */
	int fd;

	/** the thread was woken already */
	bool told;

	/** the thread shall end */
	bool ended;
};

METHOD(sync_wake_t, get_fd, int,
	private_sync_wake_t *this)
{
	return this->fd;
}

METHOD(sync_wake_t, wake, void,
	private_sync_wake_t *this)
{
	if (cas_bool(&this->told, FALSE, TRUE))
	{
		eventfd_write(this->fd, 1);
	}
}

METHOD(sync_wake_t, reset, void,
	private_sync_wake_t *this)
{
	eventfd_t count;

	/* first the descriptor: who comes between the two needs no new wake-up,
	 * as the thread looks for work after this */
	eventfd_read(this->fd, &count);
	cas_bool(&this->told, TRUE, FALSE);
}

METHOD(sync_wake_t, end, void,
	private_sync_wake_t *this)
{
	cas_bool(&this->ended, FALSE, TRUE);
	eventfd_write(this->fd, 1);
}

METHOD(sync_wake_t, is_ended, bool,
	private_sync_wake_t *this)
{
	/* a plain read might be moved out of a loop */
	return cas_bool(&this->ended, TRUE, TRUE);
}

METHOD(sync_wake_t, destroy, void,
	private_sync_wake_t *this)
{
	close(this->fd);
	free(this);
}

/*
 * Described in header.
 */
sync_wake_t *sync_wake_create()
{
	private_sync_wake_t *this;
	int fd;

	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
	{
		DBG1(DBG_NET, "cluster: creating an eventfd failed: %s",
			 strerror(errno));
		return NULL;
	}
	INIT(this,
		.public = {
			.get_fd = _get_fd,
			.wake = _wake,
			.reset = _reset,
			.end = _end,
			.is_ended = _is_ended,
			.destroy = _destroy,
		},
		.fd = fd,
	);
	return &this->public;
}

/*
 * Described in header.
 */
void sync_thread_setup()
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/*
 * Described in header.
 */
void sync_thread_prompt()
{
	/* struct sched_attr, which few C libraries have */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {
		.size = sizeof(attr),
		.policy = SCHED_OTHER,
		.nice = getpriority(PRIO_PROCESS, 0),
		.runtime = TIME_SLICE,
	};

	/* who runs charon with another policy has chosen that */
	if (sched_getscheduler(0) == SCHED_OTHER)
	{
		syscall(SYS_sched_setattr, 0, &attr, 0);
	}
}

/*
 * Described in header.
 */
uint64_t sync_now()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}
