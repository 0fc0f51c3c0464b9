/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_daemon.h"

#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/sa_payload.h>

static stub_daemon_t this;

static peer_cfg_t *get_by_name(backend_manager_t *backends, char *name)
{
	return streq(name, this.connection) ? this.peer_cfg->get_ref(this.peer_cfg)
										: NULL;
}

static void send_packet(sender_t *sender, packet_t *packet)
{
	DESTROY_IF(this.sent);
	this.sent = packet;
	this.packets++;
}

static void queue_job(processor_t *processor, job_t *job)
{
	this.jobs->insert_last(this.jobs, job);
}

static void schedule_job(scheduler_t *scheduler, job_t *job, uint32_t s)
{
	this.scheduled->insert_last(this.scheduled, job);
}

static ike_sa_t *checkout(ike_sa_manager_t *manager, ike_sa_id_t *id)
{
	ike_sa_id_t *mine;

	if (!this.sa || this.destroyed)
	{
		return NULL;
	}
	mine = this.sa->get_id(this.sa);
	return mine->equals(mine, id) ? this.sa : NULL;
}

static void checkin(ike_sa_manager_t *manager, ike_sa_t *ike_sa)
{
}

static void checkin_and_destroy(ike_sa_manager_t *manager, ike_sa_t *ike_sa)
{
	this.destroyed = TRUE;
}

static void track_init(ike_sa_manager_t *manager, host_t *ip)
{
	this.half_open++;
}

static bool new_initiator_spi(ike_sa_manager_t *manager, ike_sa_t *ike_sa)
{
	return TRUE;
}

static sender_t fake_sender = { .send = send_packet };
static ike_sa_manager_t fake_manager = {
	.checkout = checkout,
	.checkin = checkin,
	.checkin_and_destroy = checkin_and_destroy,
	.track_init = track_init,
	.new_initiator_spi = new_initiator_spi,
};

/**
 * Make the connection: any client, the proposal of the stub.
 */
static peer_cfg_t *create_connection()
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = GATEWAY_ADDRESS,
		.remote = "%any",
		.local_port = 500,
		.remote_port = 500,
	};
	peer_cfg_create_t data = {};
	proposal_t *proposal = this.stub->proposal;
	ike_cfg_t *ike_cfg;

	ike_cfg = ike_cfg_create(&ike);
	ike_cfg->add_proposal(ike_cfg, proposal->clone(proposal, 0));
	return peer_cfg_create("rw", ike_cfg, &data);
}

/*
 * Described in header.
 */
stub_daemon_t *stub_daemon_init()
{
	this = (stub_daemon_t){
		.connection = "rw",
		.jobs = linked_list_create(),
		.scheduled = linked_list_create(),
		.stub = stub_test_create(TEST_SPI_R, 100),
	};
	this.stub->pfs = FALSE;
	array_destroy_offset(this.stub->vips, offsetof(host_t, destroy));
	this.stub->vips = array_create(0, 0);
	this.peer_cfg = create_connection();

	charon = NULL;
	ck_assert(libcharon_init());
	charon->sender = &fake_sender;
	charon->ike_sa_manager = &fake_manager;
	charon->backends->get_peer_cfg_by_name = get_by_name;
	lib->processor->queue_job = queue_job;
	lib->scheduler->schedule_job = schedule_job;
	return &this;
}

/*
 * Described in header.
 */
void stub_daemon_create_sa(bool initiator)
{
	ike_sa_id_t *id;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, NEW_SPI_I,
						  initiator ? 0 : NEW_SPI_R, initiator);
	this.sa = ike_sa_create(id, initiator, IKEV2);
	id->destroy(id);
	if (initiator)
	{
		this.sa->set_peer_cfg(this.sa, this.peer_cfg);
	}
	this.sa->set_ike_cfg(this.sa, this.peer_cfg->get_ike_cfg(this.peer_cfg));
	this.sa->set_my_host(this.sa, host_create_from_string(
						initiator ? CLIENT_ADDRESS : GATEWAY_ADDRESS, 500));
	this.sa->set_other_host(this.sa, host_create_from_string(
						initiator ? GATEWAY_ADDRESS : CLIENT_ADDRESS, 500));
}

/*
 * Described in header.
 */
message_t *stub_daemon_message(exchange_type_t exchange, bool request,
							   uint32_t mid)
{
	host_t *client = host_create_from_string(CLIENT_ADDRESS, 500);
	host_t *gateway = host_create_from_string(GATEWAY_ADDRESS, 500);
	message_t *message;
	ike_sa_id_t *id;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, NEW_SPI_I,
						  request && !mid ? 0 : NEW_SPI_R, request);
	message->set_ike_sa_id(message, id);
	id->destroy(id);
	message->set_exchange_type(message, exchange);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, request ? client : gateway);
	message->set_destination(message, request ? gateway : client);
	return message;
}

/*
 * Described in header.
 */
void stub_daemon_add_ordinary(message_t *message)
{
	linked_list_t *proposals = linked_list_create();
	proposal_t *proposal = this.stub->proposal;
	key_exchange_t *ke;

	proposals->insert_last(proposals, proposal->clone(proposal, 0));
	message->add_payload(message, (payload_t*)
						 sa_payload_create_from_proposals_v2(proposals));
	proposals->destroy_offset(proposals, offsetof(proposal_t, destroy));
	ke = lib->crypto->create_ke(lib->crypto, CURVE_25519);
	ck_assert(ke);
	message->add_payload(message, (payload_t*)
					ke_payload_create_from_key_exchange(PLV2_KEY_EXCHANGE, ke));
	ke->destroy(ke);
}

/*
 * Described in header.
 */
void stub_daemon_add_nonce(message_t *message, chunk_t nonce)
{
	nonce_payload_t *payload;

	payload = nonce_payload_create(PLV2_NONCE);
	payload->set_nonce(payload, nonce);
	message->add_payload(message, (payload_t*)payload);
}

/*
 * Described in header.
 */
bool stub_daemon_receive(listener_t *listener, packet_t *packet)
{
	message_t *message = message_create_from_packet(packet->clone(packet));
	exchange_type_t exchange;
	uint32_t mid;
	bool mine;

	ck_assert(message->parse_header(message) == SUCCESS);
	exchange = message->get_exchange_type(message);
	mid = message->get_message_id(message);
	listener->message(listener, this.sa, message, TRUE, FALSE);
	mine = message->get_exchange_type(message) == exchange &&
		   message->get_message_id(message) == mid &&
		   /* as charon's reject_request() */
		   (exchange != IKE_SA_INIT || !message->get_request(message) ||
			this.sa->get_state(this.sa) == IKE_CREATED);
	if (mine && message->parse_body(message, NULL) == SUCCESS)
	{
		listener->message(listener, this.sa, message, TRUE, TRUE);
		mine = message->get_exchange_type(message) == exchange;
	}
	message->destroy(message);
	return mine;
}

/*
 * Described in header.
 */
void stub_daemon_run(linked_list_t *list)
{
	job_t *job;

	ck_assert(list->remove_first(list, (void**)&job) == SUCCESS);
	job->execute(job);
	job->destroy(job);
}

/*
 * Described in header.
 */
void stub_daemon_clear()
{
	DESTROY_IF(this.sa);
	this.jobs->destroy_offset(this.jobs, offsetof(job_t, destroy));
	this.scheduled->destroy_offset(this.scheduled, offsetof(job_t, destroy));
}

/*
 * Described in header.
 */
void stub_daemon_deinit()
{
	stub_unref(this.stub);
	this.peer_cfg->destroy(this.peer_cfg);
	DESTROY_IF(this.sent);
	charon->sender = NULL;
	charon->ike_sa_manager = NULL;
	libcharon_deinit();
}
