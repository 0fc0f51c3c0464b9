/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_resume_task.h"
#include "ha_sync_import.h"

#include <daemon.h>
#include <encoding/payloads/delete_payload.h>
#include <processing/jobs/rekey_child_sa_job.h>

typedef struct private_resume_task_t private_resume_task_t;
typedef struct close_task_t close_task_t;

/**
 * Private data.
 */
struct private_resume_task_t {

	/** implements the interface */
	task_t public;

	/** IKE_SA */
	ike_sa_t *ike_sa;

	/** its name, as the table knows it */
	ha_sync_spis_t spis;

	/** message ID and exchange type of the request */
	uint32_t mid;
	exchange_type_t type;

	/** what it asks for */
	ha_sync_request_t request;

	/** TRUE if the IKE_SA was rekeyed: no events when it is deleted */
	bool rekeyed;

	/** called at the end, with its data */
	ha_sync_resume_done_t done;
	void *user;
};

/**
 * A task that deletes a CHILD SA that only the peer has.
 */
struct close_task_t {

	/** implements the interface */
	task_t public;

	/** IKE_SA */
	ike_sa_t *ike_sa;

	/** CHILD SA, and the one it was to replace */
	protocol_id_t protocol;
	uint32_t spi, rekey_spi;
};

METHOD(task_t, close_get_type, task_type_t,
	close_task_t *this)
{
	/* this type goes before rekeyings: a stock peer may not survive that the
	 * replaced CHILD_SA is rekeyed again as long as it has the replacement */
	return TASK_IKE_DELETE;
}

METHOD(task_t, close_build, status_t,
	close_task_t *this, message_t *message)
{
	delete_payload_t *delete;

	DBG1(DBG_IKE, "ha-sync: deleting the %N CHILD_SA with SPI %.8x the peer "
		 "made for the previous active", protocol_id_names, this->protocol,
		 ntohl(this->spi));
	delete = delete_payload_create(PLV2_DELETE, this->protocol);
	delete->add_spi(delete, this->spi);
	message->add_payload(message, (payload_t*)delete);
	return NEED_MORE;
}

METHOD(task_t, close_process, status_t,
	close_task_t *this, message_t *message)
{
	if (this->rekey_spi &&
		ha_sync_import_find_child(this->ike_sa, this->rekey_spi))
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)rekey_child_sa_job_create(this->protocol, this->rekey_spi,
								this->ike_sa->get_my_host(this->ike_sa)));
	}
	return SUCCESS;
}

METHOD(task_t, close_migrate, void,
	close_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(task_t, close_destroy, void,
	close_task_t *this)
{
	free(this);
}

/**
 * Create a task that deletes a CHILD SA that only the peer has.
 */
static task_t *close_task_create(ike_sa_t *ike_sa,
								 const ha_sync_request_t *request)
{
	close_task_t *this;

	INIT(this,
		.public = {
			.get_type = _close_get_type,
			.build = _close_build,
			.process = _close_process,
			.migrate = _close_migrate,
			.destroy = _close_destroy,
		},
		.ike_sa = ike_sa,
		.protocol = request->protocol,
		.spi = request->spi,
		.rekey_spi = request->rekey_spi,
	);
	return &this->public;
}

METHOD(task_t, get_type, task_type_t,
	private_resume_task_t *this)
{
	/* with a rekeyed IKE_SA, only tasks of the first type are started */
	return this->request.kind == HA_REQUEST_IKE_DELETE ? TASK_IKE_DELETE
													   : TASK_IKE_DPD;
}

METHOD(task_t, build, status_t,
	private_resume_task_t *this, message_t *message)
{
	if (message->get_message_id(message) != this->mid)
	{	/* the message IDs were set, the old request is obsolete */
		DBG1(DBG_IKE, "ha-sync: request %u of the previous active is obsolete",
			 this->mid);
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		return SUCCESS;
	}
	message->set_exchange_type(message, this->type);
	if (this->request.kind == HA_REQUEST_IKE_DELETE)
	{
		this->rekeyed = this->ike_sa->get_state(this->ike_sa) == IKE_REKEYED;
		this->ike_sa->set_state(this->ike_sa, IKE_DELETING);
	}
	return NEED_MORE;
}

/**
 * Remove CHILD_SAs that the peer has deleted.
 */
static void delete_children(private_resume_task_t *this)
{
	child_sa_t *child_sa;
	uint32_t spi;

	while (array_remove(this->request.deleted, ARRAY_HEAD, &spi))
	{
		child_sa = ha_sync_import_find_child(this->ike_sa, spi);
		if (child_sa)
		{
			if (child_sa->get_state(child_sa) == CHILD_INSTALLED)
			{
				child_sa->set_state(child_sa, CHILD_DELETED);
				charon->bus->child_updown(charon->bus, child_sa, FALSE);
			}
			DBG1(DBG_IKE, "CHILD_SA %s{%u} closed",
				 child_sa->get_name(child_sa),
				 child_sa->get_unique_id(child_sa));
			this->ike_sa->destroy_child_sa(this->ike_sa,
										   this->request.protocol, spi);
		}
	}
}

METHOD(task_t, process, status_t,
	private_resume_task_t *this, message_t *message)
{
	switch (this->request.kind)
	{
		case HA_REQUEST_IKE_DELETE:
			if (!this->rekeyed)
			{
				charon->bus->ike_updown(charon->bus, this->ike_sa, FALSE);
			}
			return DESTROY_ME;
		case HA_REQUEST_CHILD_DELETE:
			delete_children(this);
			return SUCCESS;
		case HA_REQUEST_CHILD_CREATE:
			if (message->get_payload(message, PLV2_SECURITY_ASSOCIATION))
			{
				this->ike_sa->queue_task(this->ike_sa,
							close_task_create(this->ike_sa, &this->request));
			}
			/* if it was refused, rekeying is due again by its timer */
			return SUCCESS;
		default:
			return SUCCESS;
	}
}

METHOD(task_t, migrate, void,
	private_resume_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
}

METHOD(task_t, destroy, void,
	private_resume_task_t *this)
{
	this->done(this->user, &this->spis);
	ha_sync_request_clear(&this->request);
	free(this);
}

/*
 * Described in header.
 */
task_t *ha_sync_resume_task_create(ike_sa_t *ike_sa,
								   const ha_sync_spis_t *spis, uint32_t mid,
								   exchange_type_t type,
								   ha_sync_request_t *request,
								   ha_sync_resume_done_t done, void *user)
{
	private_resume_task_t *this;

	INIT(this,
		.public = {
			.get_type = _get_type,
			.build = _build,
			.process = _process,
			.migrate = _migrate,
			.destroy = _destroy,
		},
		.ike_sa = ike_sa,
		.spis = *spis,
		.mid = mid,
		.type = type,
		.request = *request,
		.done = done,
		.user = user,
	);
	request->deleted = NULL;
	return &this->public;
}
