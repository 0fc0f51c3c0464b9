/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_redis_link.h"
#include "stub_redis_tls.h"

/** port of servers */
#define DEFAULT_PORT 6379

/** how long a step may take */
static const struct timeval timeout = { .tv_sec = 1 };

typedef struct private_stub_redis_link_t private_stub_redis_link_t;

/**
 * Private data.
 */
struct private_stub_redis_link_t {

	/** public interface */
	stub_redis_link_t public;

	/** TLS, or NULL */
	stub_redis_tls_t *tls;

	/** connection, or NULL */
	redisContext *context;

	/** port of the server */
	uint16_t port;

	/** TRUE if the failure was logged */
	bool logged;

	/** TRUE if the server refused commands */
	bool refused;
};

/**
 * Get an option.
 */
static char *get_str(const char *name, char *def)
{
	return lib->settings->get_str(lib->settings,
						"%s.plugins.ike-sa-stub.redis.%s", def, lib->ns, name);
}

METHOD(stub_redis_link_t, fail, void,
	private_stub_redis_link_t *this, const char *reason, bool refused)
{
	this->refused |= refused;
	if (!this->logged)
	{
		DBG1(DBG_CFG, "ike-sa-stub: server '%s' can't be used: %s; IKE SAs are "
			 "set up without stubs meanwhile", get_str("host", "?"), reason);
		this->logged = TRUE;
	}
	if (this->context)
	{
		redisFree(this->context);
		this->context = NULL;
	}
}

/**
 * Run a command whose reply is OK.
 */
static bool run(private_stub_redis_link_t *this, int argc, const char **argv)
{
	redisReply *reply;
	bool ok;

	reply = redisCommandArgv(this->context, argc, argv, NULL);
	ok = reply && reply->type == REDIS_REPLY_STATUS;
	if (!ok)
	{
		fail(this, reply && reply->type == REDIS_REPLY_ERROR ? reply->str
															 : "no answer",
			 FALSE);
	}
	if (reply)
	{
		freeReplyObject(reply);
	}
	return ok;
}

/**
 * Log in, if there is a password.
 */
static bool login(private_stub_redis_link_t *this)
{
	const char *argv[3] = { "AUTH" };
	int argc = 1;

	if (!get_str("password", NULL))
	{
		return TRUE;
	}
	if (get_str("username", NULL))
	{
		argv[argc++] = get_str("username", NULL);
	}
	argv[argc++] = get_str("password", NULL);
	return run(this, argc, argv);
}

METHOD(stub_redis_link_t, works, void,
	private_stub_redis_link_t *this)
{
	if (this->logged)
	{
		DBG1(DBG_CFG, "ike-sa-stub: server '%s' can be used again",
			 get_str("host", "?"));
	}
	this->logged = FALSE;
	this->refused = FALSE;
}

METHOD(stub_redis_link_t, connect_, redisContext*,
	private_stub_redis_link_t *this)
{
	const char *reason;

	if (this->context)
	{
		return this->context;
	}
	this->context = redisConnectWithTimeout(get_str("host", NULL),
											this->port, timeout);
	if (!this->context || this->context->err)
	{
		fail(this, this->context ? this->context->errstr : "out of memory",
			 FALSE);
		return NULL;
	}
	redisSetTimeout(this->context, timeout);
	reason = this->tls ? this->tls->start(this->tls, this->context) : NULL;
	if (reason)
	{
		fail(this, reason, FALSE);
		return NULL;
	}
	if (!login(this))
	{
		return NULL;
	}
	if (!this->refused)
	{
		works(this);
	}
	return this->context;
}

METHOD(stub_redis_link_t, destroy, void,
	private_stub_redis_link_t *this)
{
	if (this->context)
	{
		redisFree(this->context);
	}
	DESTROY_IF(this->tls);
	free(this);
}

/**
 * Log a line for each option there is not.
 */
static void check_options()
{
	const char *known[] = {
		"host", "port", "tls", "ca", "cert", "key", "server_name", "username",
		"password", "prefix",
	};
	enumerator_t *enumerator;
	char *name, *value;
	u_int i;

	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
									"%s.plugins.ike-sa-stub.redis", lib->ns);
	while (enumerator->enumerate(enumerator, &name, &value))
	{
		for (i = 0; i < countof(known) && !streq(name, known[i]); i++);
		if (i == countof(known))
		{
			DBG1(DBG_CFG, "ike-sa-stub: there is no option '%s' in section "
				 "redis, it is ignored; correct its name", name);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Get the server's port.
 */
static uint16_t get_port()
{
	char *value = get_str("port", NULL);
	uint64_t port;

	if (!value)
	{
		return DEFAULT_PORT;
	}
	/* a negative number becomes a huge one */
	port = settings_value_as_uint64(value, 0);
	if (!port || port > UINT16_MAX)
	{
		DBG1(DBG_CFG, "ike-sa-stub: port = %s of section redis is wrong, it's "
			 "a number from 1 to %u; using %u", value, UINT16_MAX,
			 DEFAULT_PORT);
		return DEFAULT_PORT;
	}
	return port;
}

/**
 * Read the options of TLS.
 */
static bool load_tls(private_stub_redis_link_t *this)
{
	if (!lib->settings->get_bool(lib->settings,
						"%s.plugins.ike-sa-stub.redis.tls", TRUE, lib->ns))
	{
		return TRUE;
	}
	this->tls = stub_redis_tls_create(get_str("ca", NULL),
							get_str("cert", NULL), get_str("key", NULL),
							get_str("server_name", NULL) ?:
							get_str("host", NULL));
	return this->tls != NULL;
}

/*
 * Described in header.
 */
stub_redis_link_t *stub_redis_link_create()
{
	private_stub_redis_link_t *this;

	INIT(this,
		.public = {
			.connect = _connect_,
			.fail = _fail,
			.works = _works,
			.destroy = _destroy,
		},
		.port = get_port(),
	);
	check_options();
	if (!get_str("host", NULL))
	{
		DBG1(DBG_CFG, "ike-sa-stub: store = redis needs the option host in "
			 "section redis");
		destroy(this);
		return NULL;
	}
	if (!load_tls(this))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
