/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>

#include <daemon.h>
#include <collections/array.h>
#include <threading/thread.h>

#include "redirect_lease.h"
#include "redirect_lease_message.h"
#include "redirect_route.h"
#include "fake_sa.h"

/** addresses of a pool, of the gateways, and a client's identity */
#define FIRST "10.3.0.1"
#define SECOND "10.3.0.2"
#define HERE "192.0.2.1"
#define THERE "192.0.2.9"
#define CLIENT "carol@strongswan.org"

/** what a client requests that wants any address */
#define ANY "0.0.0.0"

/**
 * An IKE_SA with virtual IPs.
 */
typedef struct {
	fake_sa_t fake;
	array_t *vips;
} vip_sa_t;

static vip_sa_t sa;

/** members: this one, and another */
static redirect_member_t self = { .name = "moon", .self = TRUE, .alive = TRUE };
static redirect_member_t other = { .name = "sun", .alive = TRUE };

/** number of IKE SAs deleted */
static u_int deleted;

/** gateway the client was redirected from, NULL if it was not */
static host_t *from;

/** address charon's pool offers next, and those given back, "" for none */
static char *offered, released[128];

/** messages to other members, as text */
static char said[256];

/** routes that are set, and calls that set one */
static u_int routes, added;

/** jobs that were queued or scheduled */
static linked_list_t *jobs;

/** octets the client's CHILD SA received; it is there until it is destroyed */
static uint64_t bytes;
static bool has_child;

/** where the plugin registers to be told of clients that leave */
static redirect_leaving_t leaving;
static void *leaving_user;

/** listener it adds to charon's bus */
static listener_t *listener;

static redirect_lease_t *lease;

METHOD(ike_sa_t, get_other_eap_id, identification_t*,
	fake_sa_t *this)
{
	return this->other_id;
}

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	vip_sa_t *this, bool local)
{
	ck_assert(!local);
	return array_create_enumerator(this->vips);
}

/** Implements task_t.get_type */
static task_type_t get_type(task_t *this)
{
	return TASK_CHILD_REKEY;
}

static task_t rekey = { .get_type = get_type };

/** task of charon's that is under way */
static task_t *task;

/** Implements child_sa_t.get_state */
static child_sa_state_t get_state(child_sa_t *this)
{
	return CHILD_INSTALLED;
}

/** Implements child_sa_t.get_usestats */
static void get_usestats(child_sa_t *this, bool inbound, time_t *time,
						 uint64_t *octets, uint64_t *packets)
{
	*octets = bytes;
}

/** Implements child_sa_t.get_protocol */
static protocol_id_t get_protocol(child_sa_t *this)
{
	return PROTO_ESP;
}

/** Implements child_sa_t.get_spi */
static uint32_t get_spi(child_sa_t *this, bool inbound)
{
	return 1;
}

static child_sa_t child_sa = {
	.get_usestats = get_usestats,
	.get_protocol = get_protocol,
	.get_state = get_state,
	.get_spi = get_spi,
};

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	fake_sa_t *this)
{
	return has_child ? enumerator_create_single(&child_sa, NULL)
					 : enumerator_create_empty();
}

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	fake_sa_t *this, task_queue_t queue)
{
	return task && queue == TASK_QUEUE_ACTIVE ?
		   enumerator_create_single(task, NULL) : enumerator_create_empty();
}

METHOD(ike_sa_t, destroy_child_sa, status_t,
	fake_sa_t *this, protocol_id_t protocol, uint32_t spi)
{
	has_child = FALSE;
	return SUCCESS;
}

/** Implements ike_sa_t.delete */
static status_t delete(ike_sa_t *this, bool force)
{
	deleted++;
	return SUCCESS;
}

/** Implements ike_sa_manager_t.create_enumerator */
static enumerator_t *create_enumerator(ike_sa_manager_t *this, bool wait)
{
	return enumerator_create_single(&sa, NULL);
}

/** Implements sync_channel_t.get_name */
static char *get_name(sync_channel_t *this)
{
	return self.name;
}

/** Implements bus_t.child_updown */
static void child_updown(bus_t *this, child_sa_t *child_sa, bool up)
{
	ck_assert(!up);
}

/** Implements ike_sa_manager_t.checkout_by_id */
static ike_sa_t *checkout_by_id(ike_sa_manager_t *this, uint32_t id)
{
	ck_assert_uint_eq(id, sa.fake.unique_id);
	return &sa.fake.public;
}

/** Implements ike_sa_manager_t.checkin */
static void checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
}

/** Implements processor_t.queue_job */
static void queue_job(processor_t *this, job_t *job)
{
	jobs->insert_last(jobs, job);
}

/** Implements scheduler_t.schedule_job_ms */
static void schedule_job_ms(scheduler_t *this, job_t *job, uint32_t ms)
{
	jobs->insert_last(jobs, job);
}

/** Implements attribute_manager_t.acquire_address */
static host_t *acquire_address(attribute_manager_t *this, linked_list_t *pools,
							   ike_sa_t *ike_sa, host_t *requested)
{
	host_t *vip;

	if (requested->is_anyaddr(requested) || streq(offered, SECOND))
	{
		vip = host_create_from_string(offered, 0);
		/* the next one asks for another */
		offered = SECOND;
		return vip;
	}
	offered = SECOND;
	return host_create_from_string(SECOND, 0);
}

/** Implements attribute_manager_t.release_address */
static bool release_address(attribute_manager_t *this, linked_list_t *pools,
							host_t *address, ike_sa_t *ike_sa)
{
	size_t len = strlen(released);

	snprintf(released + len, sizeof(released) - len, "%H ", address);
	return TRUE;
}

/** Implements sync_channel_t.send */
static uint64_t say(sync_channel_t *this, sync_domain_t domain, uint8_t type,
					chunk_t body)
{
	size_t len = strlen(said);
	identification_t *id;
	host_t *vip, *gateway;

	ck_assert_int_eq(domain, SYNC_REDIRECT);
	ck_assert(redirect_lease_decode(body, &vip, &id, &gateway));
	snprintf(said + len, sizeof(said) - len, "%s %H ",
			 type == REDIRECT_MESSAGE_LEASE ? "has" :
			 type == REDIRECT_MESSAGE_LEASE_GONE ? "gone" : "used", vip);
	vip->destroy(vip);
	id->destroy(id);
	DESTROY_IF(gateway);
	chunk_free(&body);
	return 1;
}

/** Implements sync_sink_t.add */
static bool add(sync_sink_t *this, uint8_t type, chunk_t body)
{
	say(NULL, SYNC_REDIRECT, type, body);
	return TRUE;
}

/** Implements redirect_members_t.use */
static void use(redirect_members_t *this, redirect_members_cb_t cb, void *user)
{
	redirect_member_t *all[] = { &self, &other };

	cb(user, all, countof(all));
}

/** Implements redirect_gateway_t.get_from */
static host_t *get_from(redirect_gateway_t *this, ike_sa_t *ike_sa)
{
	return from ? from->clone(from) : NULL;
}

/** Implements redirect_gateway_t.on_leaving */
static void on_leaving(redirect_gateway_t *this, redirect_leaving_t cb,
					   void *user)
{
	leaving = cb;
	leaving_user = user;
}

/** Implements bus_t.add_listener */
static void add_listener(bus_t *this, listener_t *added)
{
	listener = added;
}

/** Implements bus_t.remove_listener */
static void remove_listener(bus_t *this, listener_t *removed)
{
	ck_assert(listener == removed);
	listener = NULL;
}

/** Implements kernel_interface_t.get_interface */
static bool get_interface(kernel_interface_t *this, host_t *host, char **name)
{
	*name = strdup("eth1");
	return TRUE;
}

/** Implements kernel_interface_t.add_route */
static status_t add_route(kernel_interface_t *this, chunk_t dst_net,
						  uint8_t prefixlen, host_t *gateway, host_t *src_ip,
						  char *if_name, bool pass)
{
	ck_assert_int_eq(prefixlen, 32);
	ck_assert(gateway->ip_equals(gateway, other.load.inner));
	routes++;
	added++;
	return SUCCESS;
}

/** Implements kernel_interface_t.del_route */
static status_t del_route(kernel_interface_t *this, chunk_t dst_net,
						  uint8_t prefixlen, host_t *gateway, host_t *src_ip,
						  char *if_name, bool pass)
{
	routes--;
	return SUCCESS;
}

static attribute_manager_t attributes;
static kernel_interface_t kernel = {
	.get_interface = get_interface,
	.add_route = add_route,
	.del_route = del_route,
};
static ike_sa_manager_t manager = {
	.create_enumerator = create_enumerator,
	.checkout_by_id = checkout_by_id,
	.checkin = checkin,
};
static daemon_t fake_charon = {
	.bus = &fake_bus,
	.ike_sa_manager = &manager,
	.attributes = &attributes,
	.kernel = &kernel,
};
static sync_channel_t channel = { .send = say, .get_name = get_name };
static redirect_members_t members = { .use = use };
static redirect_gateway_t gateway = {
	.get_from = get_from,
	.on_leaving = on_leaving,
};

static void setup()
{
	attributes.acquire_address = acquire_address;
	attributes.release_address = release_address;
	fake_bus.add_listener = add_listener;
	fake_bus.remove_listener = remove_listener;
	fake_bus.child_updown = child_updown;
	charon = &fake_charon;
	self.load.inner = host_create_from_string("10.1.0.1", 0);
	other.load.inner = host_create_from_string("10.1.0.2", 0);
	other.load.ipv4 = host_create_from_string(THERE, 0);
	other.alive = TRUE;
	fake_sa_init(&sa.fake, FALSE, 1, 2);
	sa.fake.public.get_other_eap_id = _get_other_eap_id;
	sa.fake.public.create_child_sa_enumerator = _create_child_sa_enumerator;
	sa.fake.public.create_task_enumerator = _create_task_enumerator;
	sa.fake.public.delete = delete;
	sa.fake.public.destroy_child_sa = _destroy_child_sa;
	sa.fake.public.create_virtual_ip_enumerator =
									(void*)_create_virtual_ip_enumerator;
	sa.fake.other_id = identification_create_from_string(CLIENT);
	sa.vips = array_create(0, 0);
	jobs = linked_list_create();
	lib->processor->queue_job = queue_job;
	lib->scheduler->schedule_job_ms = schedule_job_ms;
	bytes = 0;
	deleted = 0;
	other.name = "sun";
	offered = FIRST;
	released[0] = said[0] = '\0';
	added = 0;
	lease = redirect_lease_create(&channel, &members, &gateway);
}

static void teardown()
{
	job_t *job;

	lease->destroy(lease);
	ck_assert_uint_eq(routes, 0);
	ck_assert(!listener && !leaving);
	ck_assert(attributes.acquire_address == acquire_address);
	DESTROY_IF(from);
	from = NULL;
	array_destroy_offset(sa.vips, offsetof(host_t, destroy));
	fake_sa_deinit(&sa.fake);
	self.load.inner->destroy(self.load.inner);
	other.load.inner->destroy(other.load.inner);
	other.load.ipv4->destroy(other.load.ipv4);
	while (jobs->remove_first(jobs, (void**)&job) == SUCCESS)
	{
		job->destroy(job);
	}
	jobs->destroy(jobs);
	charon = NULL;
}

/**
 * Have charon give the client an address, check which it is.
 */
static void acquire(char *requested, char *expected)
{
	linked_list_t *pools = linked_list_create_with_items("pool", NULL);
	host_t *vip, *request = host_create_from_string(requested, 0);
	char text[64];

	vip = attributes.acquire_address(&attributes, pools, &sa.fake.public,
									 request);
	ck_assert(vip);
	snprintf(text, sizeof(text), "%H", vip);
	ck_assert_str_eq(text, expected);
	array_insert(sa.vips, ARRAY_TAIL, vip);
	request->destroy(request);
	pools->destroy(pools);
}

/**
 * Have charon release the client's addresses.
 */
static void release()
{
	linked_list_t *pools = linked_list_create_with_items("pool", NULL);
	host_t *vip;

	while (array_remove(sa.vips, ARRAY_HEAD, &vip))
	{
		ck_assert(attributes.release_address(&attributes, pools, vip,
											 &sa.fake.public));
		vip->destroy(vip);
	}
	pools->destroy(pools);
}

/**
 * Let the other member tell of a client, by default ours.
 */
static void tell(uint8_t type, char *address, char *client)
{
	identification_t *id;
	host_t *vip, *at;
	chunk_t body;

	vip = host_create_from_string(address, 0);
	at = host_create_from_string(THERE, 0);
	id = identification_create_from_string(client ?: CLIENT);
	body = redirect_lease_encode(vip, id, at);
	lease->subscriber.receive(&lease->subscriber, other.name, type, body);
	chunk_free(&body);
	id->destroy(id);
	at->destroy(at);
	vip->destroy(vip);
}

/**
 * Change the state of the IKE_SA, as charon does.
 */
static void set_state(ike_sa_state_t state)
{
	listener->ike_state_change(listener, &sa.fake.public, state);
	sa.fake.state = state;
}

/**
 * Run the job that waits, returns TRUE if it is to be run again.
 */
static bool run_job()
{
	job_requeue_t requeue;
	job_t *job;

	ck_assert_int_eq(jobs->get_count(jobs), 1);
	jobs->get_first(jobs, (void**)&job);
	requeue = job->execute(job);
	if (requeue.type == JOB_REQUEUE_TYPE_SCHEDULE)
	{
		return TRUE;
	}
	jobs->remove_first(jobs, (void**)&job);
	job->destroy(job);
	return FALSE;
}

START_TEST(test_pool)
{
	acquire(ANY, FIRST);
	ck_assert_str_eq(said, "has " FIRST " ");
	release();
	ck_assert_str_eq(said, "has " FIRST " gone " FIRST " ");
	ck_assert_str_eq(released, FIRST " ");
}
END_TEST

/** the address of another member's client is not given to ours */
START_TEST(test_taken)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, "dave@strongswan.org");
	acquire(ANY, SECOND);
	/* it is free for the pool again */
	ck_assert_str_eq(released, FIRST " ");
	ck_assert_str_eq(said, "has " SECOND " ");
}
END_TEST

/** our client's address at another member, that it was not sent from */
START_TEST(test_not_moved)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	acquire(FIRST, SECOND);
}
END_TEST

START_TEST(test_moved)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	ck_assert_uint_eq(routes, 1);
	from = host_create_from_string(THERE, 0);
	acquire(ANY, FIRST);
	ck_assert_str_eq(said, "has " FIRST " ");
	/* what comes for it is not passed on any more */
	ck_assert_uint_eq(routes, 0);

	/* it's not the pool's, that must not have it back */
	release();
	ck_assert_str_eq(released, "");
	ck_assert_str_eq(said, "has " FIRST " gone " FIRST " ");
}
END_TEST

/** a client that comes by itself, as its gateway is dead */
START_TEST(test_dead)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	other.alive = FALSE;
	acquire(FIRST, FIRST);
	/* another one does not get it */
	sa.fake.other_id->destroy(sa.fake.other_id);
	sa.fake.other_id = identification_create_from_string("mallory");
	acquire(FIRST, SECOND);
}
END_TEST

/** a client that moved reauthenticates, make-before-break */
START_TEST(test_reauth)
{
	host_t *old;

	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	from = host_create_from_string(THERE, 0);
	acquire(ANY, FIRST);
	from->destroy(from);
	from = NULL;
	acquire(FIRST, FIRST);
	ck_assert_str_eq(said, "has " FIRST " ");

	/* the old IKE SA goes, the new one keeps it */
	array_remove(sa.vips, ARRAY_TAIL, &old);
	release();
	ck_assert_str_eq(said, "has " FIRST " ");
	array_insert(sa.vips, ARRAY_TAIL, old);
	release();
	ck_assert_str_eq(said, "has " FIRST " gone " FIRST " ");
	ck_assert_str_eq(released, "");
}
END_TEST

/** a copy that becomes active, and passive again */
START_TEST(test_copy)
{
	array_insert(sa.vips, ARRAY_TAIL, host_create_from_string(FIRST, 0));
	sa.fake.state = IKE_PASSIVE;
	set_state(IKE_ESTABLISHED);
	ck_assert_str_eq(said, "has " FIRST " ");
	set_state(IKE_PASSIVE);
	ck_assert_str_eq(said, "has " FIRST " gone " FIRST " ");

	ck_assert_int_eq(jobs->get_count(jobs), 2);

	/* a copy is removed: that says nothing about the client */
	set_state(IKE_DESTROYING);
	release();
	ck_assert_str_eq(said, "has " FIRST " gone " FIRST " ");
	ck_assert_str_eq(released, FIRST " ");
}
END_TEST

/** a client that came here sends: its old gateway may let it go */
START_TEST(test_used)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	from = host_create_from_string(THERE, 0);
	acquire(ANY, FIRST);
	has_child = TRUE;
	ck_assert(run_job());
	ck_assert_str_eq(said, "has " FIRST " ");
	bytes = 1;
	ck_assert(!run_job());
	ck_assert_str_eq(said, "has " FIRST " used " FIRST " ");
}
END_TEST

/** a client that was told to leave sends at the other member */
START_TEST(test_leaves)
{
	acquire(ANY, FIRST);
	has_child = TRUE;
	leaving(leaving_user, &sa.fake.public);
	sa.fake.conditions = COND_REDIRECTED;
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	/* as long as it is still here */
	ck_assert_uint_eq(routes, 0);
	tell(REDIRECT_MESSAGE_LEASE_USED, FIRST, NULL);
	/* charon's task has pointers to the CHILD_SA */
	task = &rekey;
	ck_assert(run_job());
	ck_assert(has_child);
	task = NULL;
	ck_assert(!run_job());
	ck_assert(!has_child);
	ck_assert_uint_eq(routes, 1);

	/* it stays a client of that one if this IKE SA goes */
	release();
	ck_assert_str_eq(released, FIRST " ");
	ck_assert_uint_eq(routes, 1);
	tell(REDIRECT_MESSAGE_LEASE_GONE, FIRST, NULL);
	ck_assert_uint_eq(routes, 0);
}
END_TEST

/** another member can't end the SAs of a client that was not told to leave, nor
 * of another one */
START_TEST(test_stays)
{
	acquire(ANY, FIRST);
	has_child = TRUE;
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	tell(REDIRECT_MESSAGE_LEASE_USED, FIRST, NULL);
	ck_assert_int_eq(jobs->get_count(jobs), 0);
	leaving(leaving_user, &sa.fake.public);
	tell(REDIRECT_MESSAGE_LEASE_USED, FIRST, "mallory");
	ck_assert_int_eq(jobs->get_count(jobs), 0);

	/* the REDIRECT was not sent in the end */
	tell(REDIRECT_MESSAGE_LEASE_USED, FIRST, NULL);
	ck_assert(!run_job());
	ck_assert(has_child);
	ck_assert_uint_eq(routes, 0);
}
END_TEST

/** two members give an address to two clients at the same time: one gives way,
 * by the order of their names */
START_TEST(test_rivals)
{
	other.name = _i ? "sun" : "alice";
	acquire(ANY, FIRST);
	tell(REDIRECT_MESSAGE_LEASE, FIRST, "dave@strongswan.org");
	if (_i)
	{
		ck_assert_int_eq(jobs->get_count(jobs), 0);
		return;
	}
	ck_assert(!run_job());
	ck_assert_uint_eq(deleted, 1);
	/* it's one IKE SA of the client, with that address */
	release();
	acquire(ANY, SECOND);
	tell(REDIRECT_MESSAGE_LEASE, FIRST, "dave@strongswan.org");
	ck_assert_int_eq(jobs->get_count(jobs), 0);
}
END_TEST

/** a client with several devices: which one comes is not known, if it does not
 * say which address it had */
START_TEST(test_devices)
{
	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	tell(REDIRECT_MESSAGE_LEASE, SECOND, NULL);
	from = host_create_from_string(THERE, 0);
	offered = "10.3.0.3";
	acquire(ANY, "10.3.0.3");
	acquire(SECOND, SECOND);
}
END_TEST

/** leases a member does not tell again are gone */
START_TEST(test_resync)
{
	sync_subscriber_t *subscriber = &lease->subscriber;
	u_int own, others;

	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	tell(REDIRECT_MESSAGE_LEASE, SECOND, NULL);
	ck_assert_uint_eq(routes, 2);
	subscriber->resync_begin(subscriber, other.name);
	tell(REDIRECT_MESSAGE_LEASE, SECOND, NULL);
	subscriber->resync_end(subscriber, other.name);
	lease->table->count(lease->table, &own, &others);
	ck_assert_uint_eq(others, 1);
	ck_assert_uint_eq(routes, 1);
}
END_TEST

START_TEST(test_snapshot)
{
	sync_subscriber_t *subscriber = &lease->subscriber;
	sync_sink_t sink = { .add = add };

	acquire(ANY, FIRST);
	tell(REDIRECT_MESSAGE_LEASE, SECOND, NULL);
	said[0] = '\0';
	subscriber->snapshot(subscriber, other.name, &sink);
	ck_assert_str_eq(said, "has " FIRST " ");
}
END_TEST

START_TEST(test_malformed)
{
	sync_subscriber_t *subscriber = &lease->subscriber;
	u_int own, others;

	subscriber->receive(subscriber, other.name, REDIRECT_MESSAGE_LEASE,
						chunk_from_str("\x04\x0a\x03"));
	subscriber->receive(subscriber, other.name, REDIRECT_MESSAGE_LEASE_USED,
						chunk_empty);
	lease->table->count(lease->table, &own, &others);
	ck_assert_uint_eq(others, 0);
}
END_TEST

/** members of a route, where another thread may be at the same time */
static bool inside, twice;

/** Implements redirect_members_t.use: takes its time */
static void use_slowly(redirect_members_t *this, redirect_members_cb_t cb,
					   void *user)
{
	twice |= inside;
	inside = TRUE;
	usleep(20000);
	inside = FALSE;
	use(this, cb, user);
}

/**
 * Thread: set a route.
 */
static void *update(redirect_route_t *route)
{
	host_t *vip = host_create_from_string(FIRST, 0);

	route->update(route, vip);
	vip->destroy(vip);
	return NULL;
}

/** who finds where an address is, and then sets the route, does both before
 * another thread does it: else the older finding might be set last */
START_TEST(test_route_order)
{
	redirect_members_t slow = { .use = use_slowly };
	redirect_route_t *route;
	thread_t *threads[4];
	u_int i;

	tell(REDIRECT_MESSAGE_LEASE, FIRST, NULL);
	route = redirect_route_create(lease->table, &slow);
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create((thread_main_t)update, route);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	ck_assert(!twice);
	/* that of the plugin, and this one */
	ck_assert_uint_eq(added, 2);
	route->destroy(route);
}
END_TEST

static Suite *lease_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("redirect_lease");
	tc = tcase_create("redirect_lease");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_pool);
	tcase_add_test(tc, test_taken);
	tcase_add_test(tc, test_not_moved);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_dead);
	tcase_add_test(tc, test_reauth);
	tcase_add_test(tc, test_copy);
	tcase_add_test(tc, test_used);
	tcase_add_test(tc, test_leaves);
	tcase_add_test(tc, test_stays);
	tcase_add_loop_test(tc, test_rivals, 0, 2);
	tcase_add_test(tc, test_devices);
	tcase_add_test(tc, test_resync);
	tcase_add_test(tc, test_snapshot);
	tcase_add_test(tc, test_malformed);
	tcase_add_test(tc, test_route_order);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	/* no configuration */
	if (!library_init("", "test_redirect_lease"))
	{
		return 1;
	}
	sr = srunner_create(lease_suite());
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	library_deinit();
	return failed ? 1 : 0;
}
