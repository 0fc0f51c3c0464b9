/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qcd_esp_count.h"

#include <daemon.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/** file with the kernel's counters, and the one that counts */
#define STAT_FILE "/proc/thread-self/net/xfrm_stat"
#define STAT_NAME "XfrmInNoStates"

typedef struct private_qcd_esp_count_t private_qcd_esp_count_t;

/**
 * Private data.
 */
struct private_qcd_esp_count_t {

	/** public interface */
	qcd_esp_count_t public;

	/** file with the counters */
	int fd;
};

METHOD(qcd_esp_count_t, read_, bool,
	private_qcd_esp_count_t *this, uint64_t *count)
{
	char buf[4096], *pos;
	ssize_t len;

	len = pread(this->fd, buf, sizeof(buf) - 1, 0);
	if (len <= 0)
	{
		return FALSE;
	}
	buf[len] = '\0';
	pos = strstr(buf, STAT_NAME);
	if (!pos)
	{
		return FALSE;
	}
	*count = strtoull(pos + strlen(STAT_NAME), NULL, 10);
	return TRUE;
}

METHOD(qcd_esp_count_t, destroy, void,
	private_qcd_esp_count_t *this)
{
	close(this->fd);
	free(this);
}

/*
 * Described in header.
 */
qcd_esp_count_t *qcd_esp_count_create()
{
	private_qcd_esp_count_t *this;
	int fd;

	fd = open(STAT_FILE, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
	{
		DBG1(DBG_NET, "qcd: " STAT_FILE " can't be read: %s; packets with "
			 "unknown SPIs are not noticed, the kernel needs "
			 "CONFIG_XFRM_STATISTICS", strerror(errno));
		return NULL;
	}
	INIT(this,
		.public = {
			.read = _read_,
			.destroy = _destroy,
		},
		.fd = fd,
	);
	return &this->public;
}
