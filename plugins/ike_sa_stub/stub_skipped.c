/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_skipped.h"

#include <sa/ikev2/tasks/ike_dpd.h>
#include <sa/ikev2/tasks/ike_natd.h>

/*
 * Described in header.
 */
void stub_skipped_natd(ike_sa_t *ike_sa, message_t *message,
					   stub_answer_t *answer)
{
	const notify_type_t types[] = {
		NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP,
	};
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	host_t *src = message->get_source(message);
	host_t *dst = message->get_destination(message);
	message_t *copy;
	ike_natd_t *natd;
	chunk_t data;
	u_int i;

	copy = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	copy->set_exchange_type(copy, IKE_SA_INIT);
	copy->set_request(copy, FALSE);
	copy->set_ike_sa_id(copy, id);
	copy->set_source(copy, src->clone(src));
	copy->set_destination(copy, dst->clone(dst));
	for (i = 0; i < countof(types); i++)
	{
		if (stub_answer_notify(answer, types[i], &data))
		{
			copy->add_notify(copy, FALSE, types[i], data);
		}
	}
	natd = ike_natd_create(ike_sa, TRUE);
	natd->task.process(&natd->task, copy);
	natd->task.destroy(&natd->task);
	copy->destroy(copy);
}

/*
 * Described in header.
 */
void stub_skipped_remove(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_QUEUED);
	while (enumerator->enumerate(enumerator, &task))
	{
		switch (task->get_type(task))
		{
			case TASK_IKE_INIT:
			case TASK_IKE_NATD:
			case TASK_IKE_AUTH:
			case TASK_IKE_AUTH_LIFETIME:
			case TASK_IKE_CERT_PRE:
			case TASK_IKE_CERT_POST:
			case TASK_IKE_CONFIG:
			case TASK_IKE_ESTABLISH:
			case TASK_IKE_MOBIKE:
			case TASK_IKE_VENDOR:
#ifdef ME
			case TASK_IKE_ME:
#endif
				ike_sa->remove_task(ike_sa, enumerator);
				task->destroy(task);
				break;
			default:
				break;
		}
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void stub_skipped_config(ike_sa_t *ike_sa, stub_t *stub)
{
	attribute_handler_t *handler;
	enumerator_t *enumerator;
	stub_attr_t *attr;
	host_t *vip;
	bool found;
	int i;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	found = enumerator->enumerate(enumerator, &vip);
	enumerator->destroy(enumerator);
	for (i = 0; !found && i < array_count(stub->vips); i++)
	{
		array_get(stub->vips, i, &vip);
		ike_sa->add_virtual_ip(ike_sa, TRUE, vip);
	}
	for (i = 0; i < array_count(stub->attrs); i++)
	{
		array_get(stub->attrs, i, &attr);
		handler = charon->attributes->handle(charon->attributes, ike_sa, NULL,
											 attr->type, attr->value);
		ike_sa->add_configuration_attribute(ike_sa, handler, attr->type,
											attr->value);
	}
	if (array_count(stub->vips))
	{
		charon->bus->handle_vips(charon->bus, ike_sa, TRUE);
	}
}

/*
 * Described in header.
 */
status_t stub_skipped_initiate(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;
	bool found;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_QUEUED);
	found = enumerator->enumerate(enumerator, &task);
	enumerator->destroy(enumerator);
	if (!found)
	{
		ike_sa->queue_task(ike_sa, (task_t*)ike_dpd_create(TRUE));
	}
	return ike_sa->initiate(ike_sa, NULL, NULL);
}
