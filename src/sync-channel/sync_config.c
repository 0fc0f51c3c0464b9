/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sync_config.h"
#include "sync_frame.h"
#include "sync_hello.h"
#include "sync_option.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/** defaults and limits of the options */
#define HEARTBEAT_DEFAULT 500
#define HEARTBEAT_MIN 50
#define TIMEOUT_DEFAULT 2000
#define TIMEOUT_MAX 60000
#define FLUSH_DEFAULT 100
#define FLUSH_MIN 5
#define FLUSH_MAX 5000
#define BACKLOG_DEFAULT (64 * 1024 * 1024)
#define BACKLOG_MIN (64 * 1024)

/**
 * Get a string option.
 */
static char *get_str(const char *option)
{
	return lib->settings->get_str(lib->settings, "%s.cluster.%s", NULL,
								  lib->ns, option);
}

/**
 * Parse a number, bounded.
 */
static bool parse_number(const char *option, char *str, uint64_t min,
						 uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(str, &end, 10);
	if (errno || *end || end == str || *str == '-' || *value < min ||
		*value > max)
	{
		DBG1(DBG_CFG, "cluster: %s = '%s' is not a number from %llu to %llu",
			 option, str, (unsigned long long)min, (unsigned long long)max);
		return FALSE;
	}
	return TRUE;
}

/**
 * Get a numeric option, bounded.
 */
static bool get_number(const char *option, uint64_t def, uint64_t min,
					   uint64_t max, uint64_t *value)
{
	char *str = get_str(option);

	*value = def;
	return !str || parse_number(option, str, min, max, value);
}

/**
 * Get the port of a member, unchanged if it has none of its own.
 */
static bool get_port(const char *name, uint16_t *port)
{
	uint64_t number = *port;
	char *str;

	str = lib->settings->get_str(lib->settings, "%s.cluster.members.%s.port",
								 NULL, lib->ns, name);
	if (str && !parse_number("port of a member", str, 1, 65535, &number))
	{
		return FALSE;
	}
	*port = number;
	return TRUE;
}

/**
 * Read the timers and limits.
 */
static bool load_numbers(sync_config_t *this, uint16_t *port)
{
	uint64_t heartbeat, timeout, flush, number;

	if (!get_number("heartbeat", HEARTBEAT_DEFAULT, HEARTBEAT_MIN,
					SYNC_HEARTBEAT_MAX, &heartbeat) ||
		!get_number("timeout", max(TIMEOUT_DEFAULT, 3 * heartbeat),
					2 * heartbeat, TIMEOUT_MAX, &timeout) ||
		!get_number("flush_interval", FLUSH_DEFAULT, FLUSH_MIN, FLUSH_MAX,
					&flush) ||
		!get_number("backlog", BACKLOG_DEFAULT, BACKLOG_MIN, SIZE_MAX / 2,
					&this->backlog) ||
		!get_number("port", SYNC_PORT, 1, 65535, &number))
	{
		return FALSE;
	}
	this->heartbeat = heartbeat;
	this->timeout = timeout;
	this->flush_interval = flush;
	*port = number;
	return TRUE;
}

/**
 * Open the secret's file, if others can't read it.
 */
static int open_secret(const char *file)
{
	struct stat st;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
	{
		DBG1(DBG_CFG, "cluster: secret_file '%s' can't be read: %s; "
			 "'swancluster genkey %s' writes one", file, strerror(errno), file);
	}
	else if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO)))
	{
		DBG1(DBG_CFG, "cluster: secret_file '%s' is open to others, not used; "
			 "'chmod 600 %s', and make a new secret if somebody may have "
			 "read it", file, file);
	}
	else
	{
		return fd;
	}
	if (fd >= 0)
	{
		close(fd);
	}
	return -1;
}

/*
 * Described in header.
 */
bool sync_config_load_secret(const char *file, chunk_t *secret)
{
	u_char buf[SYNC_SECRET_MAX + 2];
	size_t len = 0;
	ssize_t got = 0;
	int fd;

	fd = open_secret(file);
	if (fd < 0)
	{
		return FALSE;
	}
	do
	{
		len += got;
		got = read(fd, buf + len, sizeof(buf) - len);
	}
	while (got > 0);
	close(fd);
	while (len && strchr(" \t\r\n", buf[len - 1]))
	{
		len--;
	}
	if (got == 0 && len >= SYNC_SECRET_MIN && len <= SYNC_SECRET_MAX)
	{
		*secret = chunk_clone(chunk_create(buf, len));
	}
	else
	{
		*secret = chunk_empty;
		DBG1(DBG_CFG, "cluster: secret_file '%s' has to have %d to %d octets; "
			 "'swancluster genkey' writes a good one", file, SYNC_SECRET_MIN,
			 SYNC_SECRET_MAX);
	}
	memwipe(buf, sizeof(buf));
	return secret->len > 0;
}

/**
 * Read what authenticates us and the others.
 */
static bool load_auth(sync_config_t *this)
{
	char *secret = get_str("secret_file"), *cert = get_str("cert");
	char *key = get_str("key"), *ca = get_str("ca");

	if (secret && !cert && !key && !ca)
	{
		return sync_config_load_secret(secret, &this->secret);
	}
	if (!secret && cert && key && ca)
	{
		this->cert = strdup(cert);
		this->key = strdup(key);
		this->ca = strdup(ca);
		return TRUE;
	}
	DBG1(DBG_CFG, "cluster: either secret_file, or cert, key and ca have to "
		 "be configured in %s.cluster, there is no link in clear", lib->ns);
	return FALSE;
}

/**
 * Add another member.
 */
static bool add_peer(sync_config_t *this, char *name, uint16_t port)
{
	sync_peer_config_t *peer;
	host_t *host = NULL;
	char *address;

	if (!get_port(name, &port))
	{
		return FALSE;
	}
	address = lib->settings->get_str(lib->settings,
							"%s.cluster.members.%s.address", NULL, lib->ns,
							name);
	if (address)
	{
		host = host_create_from_string(address, port);
	}
	if (!host || host->is_anyaddr(host) || !sync_name_valid(name))
	{
		DBG1(DBG_CFG, "cluster: member '%s' needs an 'address' that is an IP "
			 "address, has '%s'", name, address ?: "none");
		DESTROY_IF(host);
		return FALSE;
	}
	INIT(peer,
		.name = strdup(name),
		.address = host,
	);
	this->peers->insert_last(this->peers, peer);
	return TRUE;
}

/**
 * Read the list of members, find us in it.
 */
static bool load_members(sync_config_t *this, uint16_t port)
{
	enumerator_t *enumerator;
	bool ok = TRUE, self = FALSE;
	char *name;

	enumerator = lib->settings->create_section_enumerator(lib->settings,
											"%s.cluster.members", lib->ns);
	while (ok && enumerator->enumerate(enumerator, &name))
	{
		if (streq(name, this->member))
		{
			self = TRUE;
		}
		else
		{
			ok = add_peer(this, name, port);
		}
	}
	enumerator->destroy(enumerator);
	if (ok && !self)
	{
		DBG1(DBG_CFG, "cluster: this member, '%s', is not in %s.cluster."
			 "members; list all members there, or correct 'member'",
			 this->member, lib->ns);
		return FALSE;
	}
	if (this->peers->get_count(this->peers) > SYNC_PEERS_MAX)
	{
		DBG1(DBG_CFG, "cluster: more than %d members", SYNC_PEERS_MAX + 1);
		return FALSE;
	}
	return ok;
}

/**
 * Read one of the names.
 */
static bool load_name(const char *option, char **name)
{
	char *value = get_str(option);

	if (!value || !sync_name_valid(value))
	{
		DBG1(DBG_CFG, "cluster: '%s' has to be set in %s.cluster: at most %d "
			 "letters, digits, '-', '_' and '.'", option, lib->ns,
			 SYNC_NAME_MAX);
		return FALSE;
	}
	*name = strdup(value);
	return TRUE;
}

/**
 * Read the address to listen on, by default our own in the list of members.
 */
static bool load_listen(sync_config_t *this, uint16_t port)
{
	char *listen = get_str("listen");

	if (!get_port(this->member, &port))
	{
		return FALSE;
	}
	if (!listen)
	{
		listen = lib->settings->get_str(lib->settings,
							"%s.cluster.members.%s.address", "::", lib->ns,
							this->member);
	}
	this->listen = host_create_from_string(listen, port);
	if (!this->listen)
	{
		DBG1(DBG_CFG, "cluster: address to listen on, '%s', is not an IP "
			 "address", listen);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
sync_config_t *sync_config_load()
{
	const char *known[] = {
		"name", "member", "listen", "port", "secret_file", "cert", "key", "ca",
		"heartbeat", "timeout", "backlog", "flush_interval", "socket", NULL,
	};
	sync_config_t *this;
	uint16_t port;

	sync_option_check(NULL, known);
	INIT(this,
		.peers = linked_list_create(),
	);
	if (!load_name("name", &this->cluster) ||
		!load_name("member", &this->member) ||
		!load_numbers(this, &port) ||
		!load_auth(this) ||
		!load_members(this, port) ||
		!load_listen(this, port))
	{
		sync_config_destroy(this);
		return NULL;
	}
	return this;
}

/**
 * Destroy a member's options.
 */
static void peer_destroy(sync_peer_config_t *this)
{
	this->address->destroy(this->address);
	free(this->name);
	free(this);
}

/*
 * Described in header.
 */
void sync_config_destroy(sync_config_t *this)
{
	if (this)
	{
		this->peers->destroy_function(this->peers, (void*)peer_destroy);
		DESTROY_IF(this->listen);
		chunk_clear(&this->secret);
		free(this->cluster);
		free(this->member);
		free(this->cert);
		free(this->key);
		free(this->ca);
		free(this);
	}
}
