/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "stub_test.h"
#include "stub_members.h"
#include "stub_message.h"
#include "sync_channel.h"

#include <unistd.h>
#include <threading/mutex.h>

/** members, and how long to wait for what jobs do, in ms */
#define MEMBERS 3
#define PATIENCE 10000

/** octets of messages at most that are compared with secrets */
#define LOG_MAX (1024 * 1024)

typedef struct member_t member_t;

/**
 * A member: a store, and a channel that hands messages on to others at once, or
 * keeps them while the link is down.
 */
struct member_t {
	sync_channel_t channel;
	char *name;
	/** FALSE if it can't be reached */
	bool up;
	/** TRUE if it does not process anything */
	bool hangs;
	/** TRUE if too much waits to be sent to it alone */
	bool busy;
	/** called once before the first message of a snapshot for it, or NULL */
	void (*during_snapshot)();
	/** messages in the backlog of others for it (message_t*) */
	array_t *backlog;
	sync_subscriber_t *subscriber;
	stub_config_t config;
	stub_stats_t *stats;
	stub_store_t *store;
	/** calls of stub_gone_cb_t and stub_lost_cb_t */
	u_int gone, lost;
	uint64_t gone_index;
};

/**
 * A message under way.
 */
typedef struct {
	char *from;
	chunk_t body;
} message_entry_t;

static member_t members[MEMBERS];

/** who is created now */
static member_t *current;

/** messages between members so far */
static u_int count;

/** all octets of them */
static chunk_t sent;

/** protects all that is sent */
static mutex_t *mutex;

/** results of look-ups */
static u_int ended, found;

/** in the place of the channel of the daemon */
sync_channel_t *sync_channel_get()
{
	return &current->channel;
}

void sync_channel_put()
{
}

/**
 * Note a message.
 */
static void note(chunk_t body)
{
	mutex->lock(mutex);
	count++;
	if (sent.len < LOG_MAX)
	{
		sent = chunk_cat("mc", sent, body);
	}
	mutex->unlock(mutex);
}

/**
 * Hand a message to a member, adopted.
 */
static void deliver(member_t *to, char *from, uint8_t type, chunk_t body)
{
	if (to->subscriber && !to->hangs)
	{
		to->subscriber->receive(to->subscriber, from, type, body);
	}
	chunk_clear(&body);
}

METHOD(sync_channel_t, send_, uint64_t,
	member_t *this, sync_domain_t domain, uint8_t type, chunk_t body)
{
	message_entry_t *entry;
	u_int i;

	ck_assert_int_eq(domain, SYNC_STUB);
	note(body);
	for (i = 0; i < MEMBERS; i++)
	{
		if (&members[i] == this)
		{
			continue;
		}
		if (this->up && members[i].up)
		{
			deliver(&members[i], this->name, type, chunk_clone(body));
		}
		else
		{
			INIT(entry,
				.from = this->name,
				.body = chunk_clone(body),
			);
			mutex->lock(mutex);
			array_insert(members[i].backlog, ARRAY_TAIL, entry);
			mutex->unlock(mutex);
		}
	}
	chunk_clear(&body);
	return 1;
}

METHOD(sync_channel_t, send_to, bool,
	member_t *this, char *member, sync_domain_t domain, uint8_t type,
	chunk_t body)
{
	u_int i;

	ck_assert_int_eq(domain, SYNC_STUB);
	for (i = 0; i < MEMBERS; i++)
	{
		if (streq(members[i].name, member) && this->up && members[i].up &&
			!members[i].busy)
		{
			note(body);
			deliver(&members[i], this->name, type, body);
			return TRUE;
		}
	}
	chunk_clear(&body);
	return FALSE;
}

/**
 * Where a snapshot is written to.
 */
typedef struct {
	sync_sink_t public;
	member_t *from, *to;
} sink_t;

METHOD(sync_sink_t, sink_add, bool,
	sink_t *this, uint8_t type, chunk_t body)
{
	void (*call)() = this->to->during_snapshot;

	if (call)
	{
		this->to->during_snapshot = NULL;
		call();
	}
	note(body);
	deliver(this->to, this->from->name, type, body);
	return TRUE;
}

METHOD(sync_channel_t, start_resync, bool,
	member_t *this, char *member, sync_domain_t domain)
{
	sink_t sink = {
		.public = {
			.add = _sink_add,
		},
		.from = this,
	};
	u_int i;

	ck_assert_int_eq(domain, SYNC_STUB);
	for (i = 0; i < MEMBERS; i++)
	{
		if (streq(members[i].name, member) && this->up && members[i].up)
		{
			sink.to = &members[i];
			this->subscriber->snapshot(this->subscriber, member, &sink.public);
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(sync_channel_t, get_name, char*,
	member_t *this)
{
	return this->name;
}

METHOD(sync_channel_t, subscribe, void,
	member_t *this, sync_domain_t domain, sync_subscriber_t *subscriber)
{
	this->subscriber = subscriber;
}

METHOD(sync_channel_t, unsubscribe, void,
	member_t *this, sync_domain_t domain)
{
	this->subscriber = NULL;
}

/**
 * Enumerator over other members.
 */
typedef struct {
	enumerator_t public;
	member_t *this;
	u_int i;
	sync_member_t info;
} member_enumerator_t;

METHOD(enumerator_t, enumerate_members, bool,
	member_enumerator_t *this, va_list args)
{
	sync_member_t **info;
	member_t *member;

	VA_ARGS_VGET(args, info);
	while (this->i < MEMBERS)
	{
		member = &members[this->i++];
		if (member != this->this)
		{
			this->info = (sync_member_t){
				.name = member->name,
				.state = this->this->up && member->up ? SYNC_LINK_UP
													  : SYNC_LINK_DOWN,
			};
			*info = &this->info;
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(sync_channel_t, create_member_enumerator, enumerator_t*,
	member_t *this)
{
	member_enumerator_t *enumerator;

	INIT(enumerator,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _enumerate_members,
			.destroy = (void*)free,
		},
		.this = this,
	);
	return &enumerator->public;
}

/**
 * Implements stub_gone_cb_t
 */
static void gone(member_t *this, uint64_t index)
{
	this->gone++;
	this->gone_index = index;
}

/**
 * Implements stub_lost_cb_t
 */
static void lost(member_t **user)
{
	(*user)->lost++;
}

/**
 * Implements stub_lookup_cb_t
 */
static void lookup_done(void *user, stub_t *stub)
{
	mutex->lock(mutex);
	ended++;
	found += stub ? 1 : 0;
	mutex->unlock(mutex);
	stub_unref(stub);
}

/**
 * Create the members, with a store each.
 */
static void create_members(stub_store_type_t type, char *banks, char *secret)
{
	char *names[] = { "moon", "alice", "sun" };
	member_t *this;
	u_int i;

	for (i = 0; i < MEMBERS; i++)
	{
		current = this = &members[i];
		*this = (member_t){
			.channel = {
				.send = _send_,
				.send_to = _send_to,
				.start_resync = _start_resync,
				.get_name = _get_name,
				.subscribe = _subscribe,
				.unsubscribe = _unsubscribe,
				.create_member_enumerator = _create_member_enumerator,
			},
			.name = names[i],
			.up = TRUE,
			.backlog = array_create(0, 0),
			.config = {
				.store = type,
				.banks = banks,
				.lookup_timeout = 100,
				.max_stubs = 10000,
			},
			.stats = stub_stats_create(),
		};
		this->store = stub_members_create(&this->config, this->stats,
						stub_seal_create(chunk_from_str(i == 2 && secret
														? secret : "secret")),
						(stub_gone_cb_t)gone, this);
		ck_assert(this->store);
	}
}

/**
 * Link to a member breaks down, or is up again.
 */
static void set_link(member_t *this, bool up)
{
	message_entry_t *entry;
	u_int i;

	this->up = up;
	for (i = 0; up && i < MEMBERS; i++)
	{
		while (array_remove(members[i].backlog, ARRAY_HEAD, &entry))
		{
			deliver(&members[i], entry->from, 1, entry->body);
			free(entry);
		}
		if (&members[i] != this)
		{
			members[i].subscriber->member_up(members[i].subscriber, this->name,
											 1);
			this->subscriber->member_up(this->subscriber, members[i].name, 1);
		}
	}
}

/**
 * Wait until no changes are collected anymore.
 */
static void settle()
{
	usleep(100000);
}

/**
 * Check if a member has a stub in its memory.
 */
static bool has(member_t *this, uint64_t index)
{
	stub_t *stub;

	stub = this->store->get(this->store, index);
	stub_unref(stub);
	return stub != NULL;
}

/**
 * Wait until a member has a stub, or does not.
 */
static void await(member_t *this, uint64_t index, bool there)
{
	u_int i;

	for (i = 0; i < PATIENCE / 10 && has(this, index) != there; i++)
	{
		usleep(10000);
	}
	ck_assert(has(this, index) == there);
}

/**
 * Wait until a callback was called.
 */
static void await_call(u_int *calls)
{
	u_int i;

	for (i = 0; i < PATIENCE / 10 && !__atomic_load_n(calls, __ATOMIC_SEQ_CST);
		 i++)
	{
		usleep(10000);
	}
	ck_assert_int_eq(*calls, 1);
}

/**
 * Look a stub up and wait for the result: -1 if it's not worth it, else if
 * there is one.
 */
static int lookup(member_t *this, uint64_t index)
{
	u_int i, ended_before, found_before;
	bool waits;

	mutex->lock(mutex);
	ended_before = ended;
	found_before = found;
	mutex->unlock(mutex);
	waits = this->store->lookup(this->store, index,
								chunk_from_chars(192, 168, 0, 1), lookup_done,
								NULL);
	for (i = 0; waits && i < PATIENCE / 5 && ended == ended_before; i++)
	{
		usleep(5000);
	}
	ck_assert_int_eq(ended, ended_before + (waits ? 1 : 0));
	return waits ? (int)(found - found_before) : -1;
}

/**
 * Use a stub up on a member.
 */
static void claim(member_t *this, uint64_t index)
{
	member_t **user = malloc_thing(member_t*);

	*user = this;
	this->store->claim(this->store, index, (stub_lost_cb_t)lost, user);
}

static void setup()
{
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	sent = chunk_empty;
	count = ended = found = 0;
	lib->processor->set_threads(lib->processor, 4);
}

static void teardown()
{
	message_entry_t *entry;
	u_int i;

	lib->processor->cancel(lib->processor);
	for (i = 0; i < MEMBERS; i++)
	{
		members[i].store->destroy(members[i].store);
		members[i].stats->destroy(members[i].stats);
		while (array_remove(members[i].backlog, ARRAY_HEAD, &entry))
		{
			chunk_free(&entry->body);
			free(entry);
		}
		array_destroy(members[i].backlog);
	}
	chunk_free(&sent);
	mutex->destroy(mutex);
}

/**
 * X11, X13: with store = members all have a stub until it's removed by anybody;
 * G5: nothing of it is to be seen on the way.
 */
START_TEST(test_distributed)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);
	uint64_t index = TEST_SPI_R;
	char *secrets[] = { "carol", "strongswan", "0123456789abcdef",
						"first secret", "second secret" };
	u_int i;

	create_members(STUB_STORE_MEMBERS, "", NULL);
	moon->store->put(moon->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	await(sun, TEST_SPI_R, TRUE);
	ck_assert_int_gt(sent.len, STUB_SEAL_OVERHEAD + 200);
	for (i = 0; i < countof(secrets); i++)
	{
		ck_assert(!memmem(sent.ptr, sent.len, secrets[i], strlen(secrets[i])));
	}
	ck_assert(!memmem(sent.ptr, sent.len, &index, sizeof(index)));
	/* that of one who does not have it is asked from others, for a SYN */
	ck_assert_int_eq(lookup(alice, TEST_SPI_I), 0);

	alice->store->remove(alice->store, TEST_SPI_R);
	await(moon, TEST_SPI_R, FALSE);
	await(sun, TEST_SPI_R, FALSE);
	await_call(&moon->gone);
	ck_assert(moon->gone_index == TEST_SPI_R);
	ck_assert_int_eq(sun->gone, 0);
	stub_unref(stub);
}
END_TEST

/**
 * X12: many stubs go out in few messages.
 */
START_TEST(test_bundle)
{
	member_t *moon = &members[0], *alice = &members[1];
	stub_t *stub;
	u_int i;

	create_members(STUB_STORE_MEMBERS, "", NULL);
	for (i = 1; i <= 1000; i++)
	{
		stub = stub_test_create(htobe64(i), 100);
		moon->store->put(moon->store, stub);
		stub_unref(stub);
	}
	await(alice, htobe64(1000), TRUE);
	/* in the order in which they were put */
	ck_assert(has(alice, htobe64(1)));
	ck_assert_int_le(count, 40);
}
END_TEST

/**
 * G8: of two that use a stub at once while they can't talk to each other, the
 * one whose name comes first keeps its IKE SA; it's used up then for all.
 */
START_TEST(test_used_twice)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(STUB_STORE_MEMBERS, "", NULL);
	moon->store->put(moon->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	await(sun, TEST_SPI_R, TRUE);
	set_link(moon, FALSE);
	claim(moon, TEST_SPI_R);
	claim(alice, TEST_SPI_R);
	await(sun, TEST_SPI_R, FALSE);
	settle();
	ck_assert_int_eq(moon->lost + alice->lost, 0);
	set_link(moon, TRUE);
	await_call(&moon->lost);
	ck_assert_int_eq(alice->lost, 0);
	/* it does not come back */
	sun->store->put(sun->store, stub);
	settle();
	ck_assert(!has(alice, TEST_SPI_R));
	ck_assert(!has(moon, TEST_SPI_R));
	stub_unref(stub);
}
END_TEST

/**
 * X10, X11: with store = bank, only banks have stubs, others ask them; a bank
 * that hangs is waited for no longer than lookup_timeout, none at all if it's
 * down.  One that comes back gets what it missed.
 */
START_TEST(test_bank)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);
	stub_t *other = stub_test_create(htobe64(5), 100);
	timeval_t start, end;
	uint64_t ms;

	create_members(STUB_STORE_BANK, "sun", NULL);
	moon->store->put(moon->store, stub);
	await(sun, TEST_SPI_R, TRUE);
	ck_assert(!has(alice, TEST_SPI_R));
	ck_assert_int_eq(lookup(alice, TEST_SPI_R), 1);
	ck_assert_int_eq(lookup(alice, TEST_SPI_I), 0);

	sun->hangs = TRUE;
	time_monotonic(&start);
	ck_assert_int_eq(lookup(alice, TEST_SPI_R), 0);
	time_monotonic(&end);
	timersub(&end, &start, &end);
	ms = end.tv_sec * 1000 + end.tv_usec / 1000;
	ck_assert_int_ge(ms, 90);
	ck_assert_int_lt(ms, 1000);
	ck_assert_int_eq(alice->stats->get(alice->stats, STUB_LOOKUPS_LATE), 1);
	sun->hangs = FALSE;

	set_link(sun, FALSE);
	moon->store->put(moon->store, other);
	settle();
	ck_assert_int_eq(lookup(alice, TEST_SPI_R), -1);
	ck_assert(!has(sun, htobe64(5)));
	set_link(sun, TRUE);
	await(sun, htobe64(5), TRUE);
	ck_assert_int_eq(lookup(alice, htobe64(5)), 1);
	stub_unref(stub);
	stub_unref(other);
}
END_TEST

/**
 * G8: two that use a stub at once learn it by the bank.
 */
START_TEST(test_bank_used_twice)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(STUB_STORE_BANK, "sun", NULL);
	moon->store->put(moon->store, stub);
	await(sun, TEST_SPI_R, TRUE);
	claim(alice, TEST_SPI_R);
	claim(moon, TEST_SPI_R);
	await(sun, TEST_SPI_R, FALSE);
	await_call(&moon->lost);
	settle();
	ck_assert_int_eq(alice->lost, 0);
	stub_unref(stub);
}
END_TEST

/**
 * G8: who claims a stub after another one told that it was used loses, whatever
 * its name is; also one that has answered with it before.
 */
START_TEST(test_used_before)
{
	member_t *first = &members[_i % 2], *second = &members[1 - _i % 2];
	member_t *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(_i < 2 ? STUB_STORE_MEMBERS : STUB_STORE_BANK, "sun", NULL);
	sun->store->put(sun->store, stub);
	settle();
	claim(first, TEST_SPI_R);
	await(sun, TEST_SPI_R, FALSE);
	settle();
	ck_assert_int_eq(second->lost, 0);
	claim(second, TEST_SPI_R);
	ck_assert_int_eq(second->lost, 1);
	settle();
	ck_assert_int_eq(first->lost, 0);
	ck_assert_int_eq(second->lost, 1);
	stub_unref(stub);
}
END_TEST

/**
 * G8: a bank that is a gateway, too, and used a stub first tells who did so
 * later.
 */
START_TEST(test_bank_used_itself)
{
	member_t *moon = &members[0], *alice = &members[1];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(STUB_STORE_BANK, "alice", NULL);
	moon->store->put(moon->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	claim(alice, TEST_SPI_R);
	settle();
	claim(moon, TEST_SPI_R);
	await_call(&moon->lost);
	settle();
	ck_assert_int_eq(alice->lost, 0);
	stub_unref(stub);
}
END_TEST

/**
 * X13: a bank learns afterwards what was removed or used up while its link was
 * down, or too much waited to be sent to it.
 */
START_TEST(test_bank_missed)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *a = stub_test_create(htobe64(1), 100);
	stub_t *b = stub_test_create(htobe64(2), 100);
	stub_t *c = stub_test_create(htobe64(3), 100);

	create_members(STUB_STORE_BANK, "sun", NULL);
	moon->store->put(moon->store, a);
	alice->store->put(alice->store, b);
	await(sun, htobe64(1), TRUE);
	await(sun, htobe64(2), TRUE);
	if (_i)
	{
		sun->busy = TRUE;
	}
	else
	{
		set_link(sun, FALSE);
	}
	moon->store->remove(moon->store, htobe64(1));
	moon->store->put(moon->store, c);
	claim(moon, htobe64(2));
	settle();
	ck_assert(has(sun, htobe64(1)));
	ck_assert(has(sun, htobe64(2)));
	if (_i)
	{
		ck_assert_int_ge(moon->stats->get(moon->stats, STUB_UPDATES_MISSED), 1);
	}
	else
	{
		set_link(sun, TRUE);
	}
	await(sun, htobe64(3), TRUE);
	await(sun, htobe64(1), FALSE);
	await(sun, htobe64(2), FALSE);
	/* used up, also if its owner tells of it again */
	sun->busy = FALSE;
	alice->store->put(alice->store, b);
	settle();
	ck_assert(!has(sun, htobe64(2)));
	stub_unref(a);
	stub_unref(b);
	stub_unref(c);
}
END_TEST

/**
 * Remove a stub of moon, wait until banks know.
 */
static void remove_one()
{
	members[0].store->remove(members[0].store, TEST_SPI_R);
	settle();
}

/**
 * A stub that is removed while a snapshot is being written does not come back
 * by that.
 */
START_TEST(test_bank_snapshot)
{
	member_t *moon = &members[0], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(STUB_STORE_BANK, "sun", NULL);
	moon->store->put(moon->store, stub);
	await(sun, TEST_SPI_R, TRUE);
	sun->during_snapshot = remove_one;
	_start_resync(moon, "sun", SYNC_STUB);
	ck_assert(!sun->during_snapshot);
	ck_assert(!has(sun, TEST_SPI_R));
	stub_unref(stub);
}
END_TEST

/**
 * With two banks, each has all stubs, and one is enough for a look-up.
 */
START_TEST(test_two_banks)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);

	create_members(STUB_STORE_BANK, "alice sun", NULL);
	moon->store->put(moon->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	await(sun, TEST_SPI_R, TRUE);
	moon->store->remove(moon->store, TEST_SPI_R);
	await(alice, TEST_SPI_R, FALSE);
	await(sun, TEST_SPI_R, FALSE);
	sun->store->put(sun->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	sun->hangs = TRUE;
	ck_assert_int_eq(lookup(moon, TEST_SPI_R), 1);
	stub_unref(stub);
}
END_TEST

/**
 * G5: a member with another secret can't use what it has, nor can what it sends
 * be used; nonsense is counted.
 */
START_TEST(test_nonsense)
{
	member_t *moon = &members[0], *alice = &members[1], *sun = &members[2];
	stub_t *stub = stub_test_create(TEST_SPI_R, 100);
	chunk_t body;
	u_int i;

	create_members(STUB_STORE_MEMBERS, "", "another secret");
	moon->store->put(moon->store, stub);
	await(alice, TEST_SPI_R, TRUE);
	ck_assert(!has(sun, TEST_SPI_R));
	sun->store->remove(sun->store, TEST_SPI_R);
	settle();
	ck_assert(has(alice, TEST_SPI_R));
	for (i = 0; i < 64; i++)
	{
		body = chunk_alloc(i);
		memset(body.ptr, i, body.len);
		alice->subscriber->receive(alice->subscriber, "moon", 1, body);
		chunk_free(&body);
	}
	ck_assert(alice->stats->get(alice->stats, STUB_BAD_RECORD) > 0);
	ck_assert(has(alice, TEST_SPI_R));
	stub_unref(stub);
}
END_TEST

static Suite *stub_members_suite()
{
	Suite *s = suite_create("stub members");
	TCase *tc;

	tc = tcase_create("members");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_distributed);
	tcase_add_test(tc, test_bundle);
	tcase_add_test(tc, test_used_twice);
	tcase_add_test(tc, test_bank);
	tcase_add_test(tc, test_bank_used_twice);
	tcase_add_loop_test(tc, test_used_before, 0, 4);
	tcase_add_test(tc, test_bank_used_itself);
	tcase_add_loop_test(tc, test_bank_missed, 0, 2);
	tcase_add_test(tc, test_bank_snapshot);
	tcase_add_test(tc, test_two_banks);
	tcase_add_test(tc, test_nonsense);
	suite_add_tcase(s, tc);
	return s;
}

int main()
{
	return stub_test_run(stub_members_suite(), "random nonce openssl");
}
