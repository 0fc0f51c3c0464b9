/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "cluster_control.h"
#include "cluster_control_uri.h"
#include "cluster_members.h"
#include "cluster_vici.h"

#include <collections/array.h>
#include <collections/linked_list.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

#include <pthread.h>
#include <stdio.h>

/**
 * Longest reply, in octets.  A vici socket drops longer messages without an
 * answer (VICI_MESSAGE_SIZE_MAX), the client would wait for ever.
 */
#define MAX_REPLY (512 * 1024 - 1)

typedef struct private_cluster_control_t private_cluster_control_t;
typedef struct command_t command_t;
typedef struct section_t section_t;

/**
 * Private data.
 */
struct private_cluster_control_t {

	/** public interface */
	cluster_control_t public;

	/** constructors of vici's objects */
	cluster_vici_t *vici;

	/** dispatcher on our socket */
	vici_dispatcher_t *dispatcher;

	/** protects commands and sections */
	mutex_t *mutex;

	/** signaled when the use of a section ends */
	condvar_t *unused;

	/** registered commands, as command_t */
	linked_list_t *commands;

	/** sections of the status, as section_t */
	linked_list_t *sections;
};

/**
 * A registered command.
 */
struct command_t {

	/** control socket */
	private_cluster_control_t *this;

	/** name */
	char *name;

	/** handler and its data */
	cluster_command_t handler;
	void *user;
};

/**
 * A section of the status.
 */
struct section_t {

	/** name */
	char *name;

	/** writer and its data */
	cluster_status_t provider;
	void *user;

	/** calls under way */
	u_int uses;
};

/**
 * Sections a status is being made of.
 */
typedef struct {

	/** control socket */
	private_cluster_control_t *this;

	/** used sections, as section_t */
	array_t *used;
} use_t;

/**
 * The daemon's control socket, and how many got it.  The lock is a static one:
 * there is no place that could create it before the first plugin asks.
 */
static private_cluster_control_t *instance;
static u_int users;
static pthread_mutex_t instance_lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * Make a reply that says nothing but what went wrong.
 */
static vici_message_t *create_error(private_cluster_control_t *this, char *msg)
{
	vici_builder_t *builder;

	builder = this->vici->create_builder();
	builder->add_kv(builder, "success", "no");
	builder->add_kv(builder, "errmsg", "%s", msg);
	return builder->finalize(builder);
}

/**
 * Complete a reply, msg is NULL if the command succeeded.
 */
static vici_message_t *finish(private_cluster_control_t *this, char *name,
							  vici_builder_t *builder, char *msg)
{
	vici_message_t *reply;

	builder->add_kv(builder, "success", msg ? "no" : "yes");
	if (msg)
	{
		builder->add_kv(builder, "errmsg", "%s", msg);
	}
	reply = builder->finalize(builder);
	if (!reply)
	{
		DBG1(DBG_CFG, "reply to control command '%s' is malformed, this is a "
			 "bug of the plugin that provides it", name);
		return create_error(this, msg ?: "the command was executed, but its "
							"reply is malformed: please report this");
	}
	if (reply->get_encoding(reply).len > MAX_REPLY)
	{
		reply->destroy(reply);
		return create_error(this, msg ?: "the command was executed, but its "
							"reply is too long to be sent");
	}
	return reply;
}

/**
 * Run a registered command.
 */
CALLBACK(run_command, vici_message_t*,
	command_t *command, char *name, u_int id, vici_message_t *request)
{
	vici_builder_t *builder;
	vici_message_t *reply;
	char *msg;

	builder = command->this->vici->create_builder();
	/* the daemon cancels threads when it goes down, handlers may wait */
	thread_cleanup_push((void*)builder->destroy, builder);
	msg = command->handler(command->user, request, builder);
	thread_cleanup_pop(FALSE);
	if (msg)
	{
		DBG1(DBG_CFG, "control command '%s' refused: %s", name, msg);
	}
	else
	{
		DBG1(DBG_CFG, "control command '%s' done", name);
	}
	reply = finish(command->this, name, builder, msg);
	free(msg);
	return reply;
}

/**
 * Mark all sections as used.
 */
static use_t *use_sections(private_cluster_control_t *this)
{
	enumerator_t *enumerator;
	section_t *section;
	use_t *use;

	INIT(use,
		.this = this,
		.used = array_create(0, 0),
	);
	this->mutex->lock(this->mutex);
	enumerator = this->sections->create_enumerator(this->sections);
	while (enumerator->enumerate(enumerator, &section))
	{
		section->uses++;
		array_insert(use->used, ARRAY_TAIL, section);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return use;
}

/**
 * Mark sections as no longer used.
 */
static void release_sections(use_t *use)
{
	private_cluster_control_t *this = use->this;
	section_t *section;

	this->mutex->lock(this->mutex);
	while (array_remove(use->used, ARRAY_HEAD, &section))
	{
		section->uses--;
	}
	this->unused->broadcast(this->unused);
	this->mutex->unlock(this->mutex);
	array_destroy(use->used);
	free(use);
}

/**
 * Reply to the command "status".
 */
CALLBACK(status, vici_message_t*,
	private_cluster_control_t *this, char *name, u_int id,
	vici_message_t *request)
{
	enumerator_t *enumerator;
	vici_builder_t *builder;
	section_t *section;
	use_t *use;

	builder = this->vici->create_builder();
	use = use_sections(this);
	thread_cleanup_push((void*)builder->destroy, builder);
	thread_cleanup_push((void*)release_sections, use);
	cluster_members_status(builder);
	enumerator = array_create_enumerator(use->used);
	while (enumerator->enumerate(enumerator, &section))
	{
		builder->begin_section(builder, section->name);
		section->provider(section->user, builder);
		builder->end_section(builder);
	}
	enumerator->destroy(enumerator);
	thread_cleanup_pop(TRUE);
	thread_cleanup_pop(FALSE);
	return finish(this, name, builder, NULL);
}

METHOD(cluster_control_t, add_command, void,
	private_cluster_control_t *this, char *name, cluster_command_t handler,
	void *user)
{
	command_t *command;

	INIT(command,
		.this = this,
		.name = name,
		.handler = handler,
		.user = user,
	);
	this->mutex->lock(this->mutex);
	this->commands->insert_last(this->commands, command);
	this->mutex->unlock(this->mutex);
	this->dispatcher->manage_command(this->dispatcher, name, run_command,
									 command);
}

METHOD(cluster_control_t, remove_command, void,
	private_cluster_control_t *this, char *name)
{
	enumerator_t *enumerator;
	command_t *command, *found = NULL;

	this->mutex->lock(this->mutex);
	enumerator = this->commands->create_enumerator(this->commands);
	while (!found && enumerator->enumerate(enumerator, &command))
	{
		if (streq(command->name, name))
		{
			this->commands->remove_at(this->commands, enumerator);
			found = command;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	if (found)
	{
		/* waits for calls under way */
		this->dispatcher->manage_command(this->dispatcher, name, NULL, NULL);
		free(found);
	}
}

METHOD(cluster_control_t, add_status, void,
	private_cluster_control_t *this, char *name, cluster_status_t provider,
	void *user)
{
	section_t *section;

	INIT(section,
		.name = name,
		.provider = provider,
		.user = user,
	);
	this->mutex->lock(this->mutex);
	this->sections->insert_last(this->sections, section);
	this->mutex->unlock(this->mutex);
}

METHOD(cluster_control_t, remove_status, void,
	private_cluster_control_t *this, char *name)
{
	enumerator_t *enumerator;
	section_t *section, *found = NULL;

	this->mutex->lock(this->mutex);
	enumerator = this->sections->create_enumerator(this->sections);
	while (!found && enumerator->enumerate(enumerator, &section))
	{
		if (streq(section->name, name))
		{
			this->sections->remove_at(this->sections, enumerator);
			found = section;
		}
	}
	enumerator->destroy(enumerator);
	while (found && found->uses)
	{
		this->unused->wait(this->unused, this->mutex);
	}
	this->mutex->unlock(this->mutex);
	free(found);
}

/**
 * Close the socket, destroy.
 */
static void destroy(private_cluster_control_t *this)
{
	if (this->dispatcher)
	{
		this->dispatcher->manage_command(this->dispatcher, "status", NULL,
										 NULL);
		this->dispatcher->destroy(this->dispatcher);
	}
	DESTROY_IF(this->vici);
	this->commands->destroy_function(this->commands, free);
	this->sections->destroy_function(this->sections, free);
	this->unused->destroy(this->unused);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Open the socket.
 */
static bool open_socket(private_cluster_control_t *this)
{
	char *uri;

	this->vici = cluster_vici_create();
	if (!this->vici)
	{
		return FALSE;
	}
	uri = lib->settings->get_str(lib->settings, "%s.cluster.socket",
								 CLUSTER_CONTROL_URI, lib->ns);
	/* like vici's own socket, a UNIX one is not accessible by others than the
	 * user and group the daemon runs as: the stream service sees to it */
	this->dispatcher = this->vici->create_dispatcher(uri);
	if (!this->dispatcher)
	{
		DBG1(DBG_CFG, "no control socket for the cluster: opening '%s' failed; "
			 "correct %s.cluster.socket, or let the daemon write there "
			 "(directory, AppArmor profile)", uri, lib->ns);
		return FALSE;
	}
	this->dispatcher->manage_command(this->dispatcher, "status", status, this);
	return TRUE;
}

/**
 * Create the control socket.
 */
static private_cluster_control_t *create()
{
	private_cluster_control_t *this;

	INIT(this,
		.public = {
			.add_command = _add_command,
			.remove_command = _remove_command,
			.add_status = _add_status,
			.remove_status = _remove_status,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.unused = condvar_create(CONDVAR_TYPE_DEFAULT),
		.commands = linked_list_create(),
		.sections = linked_list_create(),
	);
	if (!open_socket(this))
	{
		destroy(this);
		return NULL;
	}
	return this;
}

/*
 * Described in header.
 */
cluster_control_t *cluster_control_get()
{
	cluster_control_t *public = NULL;

	pthread_mutex_lock(&instance_lock);
	if (!instance)
	{
		instance = create();
	}
	if (instance)
	{
		users++;
		public = &instance->public;
	}
	pthread_mutex_unlock(&instance_lock);
	return public;
}

/*
 * Described in header.
 */
void cluster_control_put()
{
	private_cluster_control_t *last = NULL;

	pthread_mutex_lock(&instance_lock);
	if (users && --users == 0)
	{
		last = instance;
		instance = NULL;
	}
	pthread_mutex_unlock(&instance_lock);
	if (last)
	{
		destroy(last);
	}
}
