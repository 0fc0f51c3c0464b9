/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <daemon.h>
#include <encoding/message.h>
#include <threading/mutex.h>

#include "ha_sync_mid_guard.h"

/** SPIs of the IKE SA */
#define SPI_I 0x1111111111111111ULL
#define SPI_R 0x2222222222222222ULL

/** message IDs of the IKE SA: of our next request, of the peer's next one */
#define SEND 5
#define RECV 3

/** how long to wait for what jobs do, in ms */
#define PATIENCE 5000

/**
 * An IKE_SA that was taken over.
 */
typedef struct {
	ike_sa_t public;
	ike_sa_id_t *id;
	bool usable;
} fake_sa_t;

static fake_sa_t sa;
static ha_sync_mid_guard_t *guard;
static daemon_t fake_charon;

/** protects all that jobs change, held while the IKE_SA is checked out */
static mutex_t *mutex;

/** what was started */
static u_int starts;
static uint32_t start_send, start_recv;

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	fake_sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, get_message_id, uint32_t,
	fake_sa_t *this, bool initiate)
{
	return initiate ? SEND : RECV;
}

static ike_sa_t *fake_checkout(ike_sa_manager_t *this, ike_sa_id_t *id)
{
	ck_assert(id->equals(id, sa.id));
	mutex->lock(mutex);
	return &sa.public;
}

static void fake_checkin(ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	mutex->unlock(mutex);
}

static bool fake_get_mids(ha_sync_registry_t *this, const ha_sync_spis_t *spis,
						  ha_sync_mids_t *mids)
{
	*mids = (ha_sync_mids_t){
		.send = SEND,
		.recv = RECV,
	};
	return TRUE;
}

static bool fake_usable(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa, char **why)
{
	*why = "fake";
	return sa.usable;
}

static void fake_start(ha_sync_mid_sync_t *this, ike_sa_t *ike_sa,
					   uint32_t send, uint32_t recv)
{
	ck_assert_ptr_eq(ike_sa, &sa.public);
	starts++;
	start_send = send;
	start_recv = recv;
}

static void fake_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
}

static bus_t fake_bus = { .log = fake_log };
static ike_sa_manager_t fake_manager = {
	.checkout = fake_checkout,
	.checkin = fake_checkin,
};
static ha_sync_registry_t fake_registry = { .get_mids = fake_get_mids };
static ha_sync_mid_sync_t fake_mid_sync = {
	.usable = fake_usable,
	.start = fake_start,
};

static void setup()
{
	ck_assert(library_init("", "test_ha_sync_mid_guard"));
	lib->processor->set_threads(lib->processor, 4);
	fake_charon.bus = &fake_bus;
	fake_charon.ike_sa_manager = &fake_manager;
	charon = &fake_charon;
	mutex = mutex_create(MUTEX_TYPE_RECURSIVE);
	starts = 0;
	sa = (fake_sa_t){
		.public = {
			.get_id = _get_id,
			.get_message_id = _get_message_id,
		},
		.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, SPI_I, SPI_R, FALSE),
		.usable = TRUE,
	};
	guard = ha_sync_mid_guard_create(&fake_registry, &fake_mid_sync);
}

static void teardown()
{
	lib->processor->cancel(lib->processor);
	guard->destroy(guard);
	mutex->destroy(mutex);
	sa.id->destroy(sa.id);
	charon = NULL;
	library_deinit();
}

#define assert_counts(u, q) ({ \
	uint32_t _unproven, _queued; \
	guard->get_counts(guard, &_unproven, &_queued); \
	ck_assert_uint_eq(_unproven, u); \
	ck_assert_uint_eq(_queued, q); \
})

/**
 * Wait until a number of syncs were started, no more, and let jobs end.
 */
static void assert_starts(u_int number)
{
	u_int ms;

	for (ms = 0; ms < PATIENCE; ms++)
	{
		mutex->lock(mutex);
		if (starts >= number)
		{
			mutex->unlock(mutex);
			break;
		}
		mutex->unlock(mutex);
		usleep(1000);
	}
	usleep(50000);
	mutex->lock(mutex);
	ck_assert_uint_eq(starts, number);
	mutex->unlock(mutex);
}

/**
 * Pass a packet of ours, or one of another IKE SA.
 */
static bool pass(uint64_t spi_i, uint32_t mid, bool request)
{
	ike_sa_id_t *id;
	message_t *message;
	packet_t *packet;
	bool passed;

	id = ike_sa_id_create(IKEV2_MAJOR_VERSION, spi_i, SPI_R, FALSE);
	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_ike_sa_id(message, id);
	/* not encrypted */
	message->set_exchange_type(message, IKE_SA_INIT);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	message->set_source(message, host_create_any(AF_INET));
	message->set_destination(message, host_create_any(AF_INET));
	ck_assert_int_eq(message->generate(message, NULL, &packet), SUCCESS);
	passed = guard->pass(guard, packet);
	packet->destroy(packet);
	message->destroy(message);
	id->destroy(id);
	return passed;
}

/**
 * Receive a message, return FALSE if charon is to ignore it.
 */
static bool receive(bool request, uint32_t mid, bool plain)
{
	message_t *message;
	bool process;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_request(message, request);
	message->set_message_id(message, mid);
	mutex->lock(mutex);
	ck_assert(guard->listener.message(&guard->listener, &sa.public, message,
									  TRUE, plain));
	mutex->unlock(mutex);
	process = message->get_exchange_type(message) == INFORMATIONAL;
	message->destroy(message);
	return process;
}

/**
 * Take the IKE SA over.
 */
static void take_over()
{
	mutex->lock(mutex);
	guard->add(guard, &sa.public);
	mutex->unlock(mutex);
}

/**
 * Q12: our first request waits for a sync, also with message ID 0; everything
 * else leaves.
 */
START_TEST(test_first_request)
{
	ck_assert(pass(SPI_I, SEND, TRUE));
	take_over();
	assert_counts(1, 0);
	ck_assert(pass(SPI_I, RECV, FALSE));
	ck_assert(pass(SPI_I + 1, SEND, TRUE));
	assert_starts(0);
	mutex->lock(mutex);
	ck_assert(!pass(SPI_I, _i ? SEND : 0, TRUE));
	assert_counts(0, 1);
	/* sent again before the sync is started */
	ck_assert(!pass(SPI_I, _i ? SEND : 0, TRUE));
	mutex->unlock(mutex);
	assert_starts(1);
	ck_assert_uint_eq(start_send, SEND);
	ck_assert_uint_eq(start_recv, RECV);
	assert_counts(0, 0);
	/* from now on they leave */
	ck_assert(pass(SPI_I, SEND, TRUE));
	assert_starts(1);
}
END_TEST

/**
 * Too short for a header.
 */
START_TEST(test_short)
{
	packet_t *packet;

	take_over();
	packet = packet_create_from_data(host_create_any(AF_INET),
									 host_create_any(AF_INET),
									 chunk_clone(chunk_from_str("\xff")));
	ck_assert(guard->pass(guard, packet));
	packet->destroy(packet);
	assert_counts(1, 0);
}
END_TEST

/**
 * Messages of the peer that cause a sync, and those that don't.
 */
static struct {
	bool request;
	uint32_t mid;
	bool plain;
	u_int starts;
	bool process;
} received[] = {
	/* as expected */
	{ TRUE, RECV, FALSE, 0, TRUE },
	{ TRUE, RECV, TRUE, 0, TRUE },
	/* an old one, replayed by somebody */
	{ TRUE, RECV - 2, FALSE, 0, TRUE },
	/* the peer is ahead */
	{ TRUE, RECV + 1, FALSE, 1, TRUE },
	{ TRUE, UINT32_MAX, FALSE, 1, TRUE },
	/* to requests the previous active told us of */
	{ FALSE, SEND - 1, FALSE, 0, TRUE },
	{ FALSE, 0, FALSE, 0, TRUE },
	/* to one that it didn't: charon would verify and process it */
	{ FALSE, SEND, FALSE, 0, TRUE },
	{ FALSE, SEND, TRUE, 1, FALSE },
	/* to later ones */
	{ FALSE, SEND + 1, FALSE, 1, TRUE },
};

START_TEST(test_received)
{
	take_over();
	ck_assert(receive(received[_i].request, received[_i].mid,
					  received[_i].plain) == received[_i].process);
	assert_starts(received[_i].starts);
	assert_counts(!received[_i].starts, 0);
}
END_TEST

/**
 * Q11: a flood of old and of unexpected messages gets one sync.
 */
START_TEST(test_flood)
{
	u_int i;

	take_over();
	for (i = 0; i < 1000; i++)
	{
		receive(TRUE, i % 20, FALSE);
		receive(FALSE, i % 20, FALSE);
	}
	assert_starts(1);
	for (i = 0; i < 1000; i++)
	{
		receive(TRUE, i % 20, FALSE);
		receive(FALSE, i % 20, FALSE);
	}
	assert_starts(1);
	/* the next takeover may need another one */
	take_over();
	receive(TRUE, RECV + 1, FALSE);
	assert_starts(2);
}
END_TEST

/**
 * The peer repeats a request the previous active answered.
 */
START_TEST(test_repeated)
{
	take_over();
	receive(TRUE, RECV - 1, FALSE);
	/* fragments, or duplicated by the network */
	receive(TRUE, RECV - 1, FALSE);
	assert_starts(0);
	sleep(3);
	receive(TRUE, RECV - 1, FALSE);
	assert_starts(1);
}
END_TEST

/**
 * N2: not with peers that can't.
 */
START_TEST(test_not_usable)
{
	sa.usable = FALSE;
	take_over();
	assert_counts(0, 0);
	ck_assert(pass(SPI_I, SEND, TRUE));
	receive(TRUE, RECV + 1, FALSE);
	ck_assert(receive(FALSE, SEND, TRUE));
	assert_starts(0);
}
END_TEST

/**
 * States in which an IKE SA doesn't need a sync anymore.
 */
static struct {
	ike_sa_state_t state;
	bool kept;
} states[] = {
	{ IKE_ESTABLISHED, TRUE },
	{ IKE_REKEYING, TRUE },
	{ IKE_REKEYED, FALSE },
	{ IKE_PASSIVE, FALSE },
	{ IKE_DELETING, FALSE },
	{ IKE_DESTROYING, FALSE },
};

START_TEST(test_gone)
{
	take_over();
	guard->listener.ike_state_change(&guard->listener, &sa.public,
									 states[_i].state);
	assert_counts(states[_i].kept, 0);
	ck_assert(pass(SPI_I, SEND, TRUE) != states[_i].kept);
	assert_starts(states[_i].kept);
}
END_TEST

/**
 * It's gone after its sync was queued.
 */
START_TEST(test_gone_queued)
{
	take_over();
	mutex->lock(mutex);
	ck_assert(!pass(SPI_I, SEND, TRUE));
	guard->listener.ike_state_change(&guard->listener, &sa.public,
									 IKE_DELETING);
	assert_counts(0, 0);
	mutex->unlock(mutex);
	assert_starts(0);
}
END_TEST

static void set_option(char *value)
{
	lib->settings->set_str(lib->settings, "%s.plugins.ha-sync.sync", value,
						   lib->ns);
}

START_TEST(test_eager)
{
	set_option("eager");
	ck_assert(guard->reload(guard));
	mutex->lock(mutex);
	take_over();
	assert_counts(0, 1);
	/* nothing leaves with a message ID that may be wrong */
	ck_assert(!pass(SPI_I, SEND, TRUE));
	mutex->unlock(mutex);
	assert_starts(1);
	assert_counts(0, 0);

	/* what was set last remains */
	set_option("soon");
	ck_assert(!guard->reload(guard));
	take_over();
	assert_starts(2);
	set_option("lazy");
	ck_assert(guard->reload(guard));
	take_over();
	assert_starts(2);
	assert_counts(1, 0);
}
END_TEST

static Suite *mid_guard_suite()
{
	Suite *s;
	TCase *tc;

	s = suite_create("ha_sync_mid_guard");
	tc = tcase_create("guard");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_first_request, 0, 2);
	tcase_add_test(tc, test_short);
	tcase_add_loop_test(tc, test_received, 0, countof(received));
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_repeated);
	tcase_add_test(tc, test_not_usable);
	tcase_add_loop_test(tc, test_gone, 0, countof(states));
	tcase_add_test(tc, test_gone_queued);
	tcase_add_test(tc, test_eager);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	SRunner *sr;
	int failed;

	sr = srunner_create(mid_guard_suite());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
