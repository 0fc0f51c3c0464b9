/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "genkey.h"

#include <library.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * Random octets in a secret: 384 bits, 64 characters in base64.
 */
#define SECRET_LEN 48

/**
 * Make a message of an error.
 */
static char *describe(const char *what, const char *path, const char *hint)
{
	char *msg;

	if (asprintf(&msg, "%s '%s' failed: %s%s", what, path, strerror(errno),
				 hint) < 0)
	{
		return strdup("out of memory");
	}
	return msg;
}

/**
 * Write all of data, as descriptors may take less.
 */
static bool write_all(int fd, chunk_t data)
{
	ssize_t len;

	while (data.len)
	{
		len = write(fd, data.ptr, data.len);
		if (len < 0 && errno != EINTR)
		{
			return FALSE;
		}
		data = chunk_skip(data, max(len, 0));
	}
	return TRUE;
}

/**
 * Write a secret to a new file.
 */
static char *write_file(const char *path, chunk_t secret)
{
	char *msg = NULL;
	int fd;

	/* O_EXCL does not follow symbolic links, too */
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
	{
		return describe("creating", path, errno == EEXIST ? "; a secret in use "
						"is not overwritten: remove the file first, and copy "
						"the new one to all members" : "");
	}
	/* the umask may have taken too much */
	if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || !write_all(fd, secret) ||
		fsync(fd) != 0)
	{
		msg = describe("writing", path, "");
	}
	if (close(fd) != 0 && !msg)
	{
		msg = describe("writing", path, "");
	}
	if (msg)
	{
		unlink(path);
	}
	return msg;
}

/*
 * Described in header.
 */
char *genkey(const char *path)
{
	u_char random[SECRET_LEN];
	chunk_t base64, line;
	char *msg = NULL;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
	{
		return describe("reading", "the kernel's random numbers", "");
	}
	base64 = chunk_to_base64(chunk_from_thing(random), NULL);
	line = chunk_cat("sc", base64, chunk_from_chars('\n'));
	memwipe(random, sizeof(random));
	if (path)
	{
		msg = write_file(path, line);
	}
	else if (!write_all(STDOUT_FILENO, line))
	{
		msg = describe("writing to", "stdout", "");
	}
	chunk_clear(&line);
	return msg;
}
