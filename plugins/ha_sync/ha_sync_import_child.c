/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ha_sync_import.h"
#include "compat.h"

#include <daemon.h>

child_sa_t *ha_sync_import_find_child(ike_sa_t *ike_sa, uint32_t spi_in)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa, *found = NULL;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (child_sa->get_spi(child_sa, TRUE) == spi_in)
		{
			found = child_sa;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find the configuration of a CHILD_SA.
 */
static child_cfg_t *find_config(ike_sa_t *ike_sa, char *name)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	child_cfg_t *child_cfg, *found = NULL;
	enumerator_t *enumerator;

	enumerator = peer_cfg->create_child_cfg_enumerator(peer_cfg);
	while (enumerator->enumerate(enumerator, &child_cfg))
	{
		if (streq(child_cfg->get_name(child_cfg), name))
		{
			found = child_cfg->get_ref(child_cfg);
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Create the object, not yet installed.
 */
static child_sa_t *create_child(ike_sa_t *ike_sa, const ha_sync_child_t *record,
								child_cfg_t *config, child_sa_t *old)
{
	child_sa_create_t data = {
		CLUSTER_CHILD_SA_CREATE_DEFAULTS
		.reqid = old ? old->get_reqid_ref(old) : 0,
		.mark_in = record->mark_in,
		.mark_out = record->mark_out,
		.if_id_in = record->if_id_in,
		.if_id_out = record->if_id_out,
		.encap = record->encap,
	};
	linked_list_t *local, *remote;
	child_sa_t *child_sa;

	if (record->label)
	{
		data.label = sec_label_from_string(record->label);
	}
	child_sa = child_sa_create(ike_sa->get_my_host(ike_sa),
							   ike_sa->get_other_host(ike_sa), config, &data);
	DESTROY_IF(data.label);
	child_sa->set_protocol(child_sa, record->protocol);
	child_sa->set_mode(child_sa, record->mode);
	child_sa->set_ipcomp(child_sa, record->ipcomp);
	child_sa->set_proposal(child_sa, record->proposal);
	child_sa->set_close_action(child_sa, record->close_action);
	child_sa->set_dpd_action(child_sa, record->dpd_action);
	child_sa->set_state(child_sa, CHILD_INSTALLING);

	local = linked_list_create_from_enumerator(
								array_create_enumerator(record->local_ts));
	remote = linked_list_create_from_enumerator(
								array_create_enumerator(record->remote_ts));
	child_sa->set_policies(child_sa, local, remote);
	local->destroy(local);
	remote->destroy(remote);
	return child_sa;
}

/**
 * Remove an outbound SA from the kernel that a daemon before us left there; an
 * inbound one is removed when the CHILD_SA is destroyed.
 */
static void remove_leftover(ike_sa_t *ike_sa, const ha_sync_child_t *record)
{
	kernel_ipsec_sa_id_t id = {
		.src = ike_sa->get_my_host(ike_sa),
		.dst = ike_sa->get_other_host(ike_sa),
		.spi = record->spi_out,
		.proto = record->protocol == PROTO_ESP ? IPPROTO_ESP : IPPROTO_AH,
		.mark = {
			.value = record->mark_out,
			.mask = record->mask_out,
		},
		.if_id = record->if_id_out,
	};
	kernel_ipsec_del_sa_t del = {
		.cpi = record->cpi_out,
	};

	charon->kernel->del_sa(charon->kernel, &id, &del);
}

/**
 * Install one direction.
 */
static status_t install_sa(child_sa_t *child_sa, const ha_sync_child_t *record,
						   bool inbound)
{
	bool from_initiator = inbound != record->initiator;
	chunk_t encr = from_initiator ? record->encr_i : record->encr_r;
	chunk_t integ = from_initiator ? record->integ_i : record->integ_r;

	if (inbound)
	{
		return child_sa->install(child_sa, encr, integ, record->id.spi_in,
								 record->cpi_in, record->initiator, TRUE,
								 FALSE);
	}
	if (record->outbound_pending)
	{
		return child_sa->register_outbound(child_sa, encr, integ,
								 record->spi_out, record->cpi_out,
								 record->initiator, FALSE);
	}
	return child_sa->install(child_sa, encr, integ, record->spi_out,
							 record->cpi_out, record->initiator, FALSE, FALSE);
}

/**
 * Create the object and install its SAs, again if an old one is in the way.
 */
static child_sa_t *install_child(ike_sa_t *ike_sa,
								 const ha_sync_child_t *record,
								 child_cfg_t *config, child_sa_t *old)
{
	child_sa_t *child_sa;
	int try;

	for (try = 0; try < 2; try++)
	{
		child_sa = create_child(ike_sa, record, config, old);
		if (install_sa(child_sa, record, TRUE) == SUCCESS &&
			install_sa(child_sa, record, FALSE) == SUCCESS)
		{
			return child_sa;
		}
		child_sa->destroy(child_sa);
		remove_leftover(ike_sa, record);
	}
	return NULL;
}

/**
 * Link a CHILD_SA with the one it replaced, as charon does to install the
 * outbound SA when the old one is deleted.
 */
static void link_rekeyed(child_sa_t *child_sa, child_sa_t *old)
{
	child_sa->set_rekey_sa(child_sa, old);
	old->set_rekey_sa(old, child_sa);
}

/**
 * Apply changes to a CHILD_SA that exists.
 */
static char *update_child(child_sa_t *child_sa, const ha_sync_child_t *record,
						  const ha_sync_ike_t *ike,
						  ha_sync_counters_t *counters)
{
	if (!record->outbound_pending &&
		(child_sa->get_outbound_state(child_sa) & CHILD_OUTBOUND_REGISTERED))
	{
		if (child_sa->install_outbound(child_sa) != SUCCESS)
		{
			return strdup("installing the outbound SA failed");
		}
		counters->import(counters, record, ike);
	}
	if (record->rekeyed && child_sa->get_state(child_sa) == CHILD_INSTALLED)
	{
		child_sa->set_state(child_sa, CHILD_REKEYED);
	}
	return NULL;
}

char *ha_sync_import_child(ike_sa_t *ike_sa, const ha_sync_child_t *record,
						   const ha_sync_ike_t *ike,
						   ha_sync_counters_t *counters)
{
	child_sa_t *child_sa, *old = NULL;
	child_cfg_t *config;
	char *reason;

	child_sa = ha_sync_import_find_child(ike_sa, record->id.spi_in);
	if (child_sa)
	{
		return update_child(child_sa, record, ike, counters);
	}
	config = find_config(ike_sa, record->name);
	if (!config)
	{
		if (asprintf(&reason, "child '%s' is not configured on this member, "
					 "add it to swanctl.conf", record->name) < 0)
		{
			reason = strdup("child is not configured");
		}
		return reason;
	}
	if (record->rekey_spi)
	{
		old = ha_sync_import_find_child(ike_sa, record->rekey_spi);
	}
	child_sa = install_child(ike_sa, record, config, old);
	config->destroy(config);
	if (!child_sa)
	{
		return strdup("installing the SAs in the kernel failed, see the log");
	}
	/* the policies that make the kernel use the SA come after the counters: no
	 * packet leaves with a low sequence number */
	counters->import(counters, record, ike);
	if (child_sa->install_policies(child_sa) != SUCCESS)
	{
		child_sa->destroy(child_sa);
		return strdup("installing the policies in the kernel failed, see the "
					  "log");
	}
	child_sa->set_state(child_sa, CHILD_INSTALLED);
	if (record->rekeyed)
	{
		child_sa->set_state(child_sa, CHILD_REKEYED);
	}
	ike_sa->add_child_sa(ike_sa, child_sa);
	if (old)
	{
		link_rekeyed(child_sa, old);
	}
	return NULL;
}
