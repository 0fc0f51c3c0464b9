/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Runs a fuzz target without libFuzzer: every file of its corpus (the directory
 * $FUZZ_CORPUS/<name of program>), then mutations of them for a bounded time
 * and number of rounds ($FUZZ_ROUNDS).  The mutations depend on $FUZZ_SEED
 * only, so a failure can be had again.
 *
 * With files as arguments only these are run, as libFuzzer does it.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <time.h>
#include <limits.h>
#include <errno.h>

/** mutations to run, unless $FUZZ_ROUNDS says something else */
#define ROUNDS 50000

/** longest time to run mutations, in s */
#define MAX_TIME 10

/** longest input, in octets */
#define MAX_LEN 8192

/** files of a corpus that are mutated */
#define MAX_SEEDS 1024

/** most changes by one mutation */
#define MAX_CHANGES 8

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * An input.
 */
typedef struct {
	uint8_t *buf;
	size_t len;
} input_t;

/**
 * Inputs mutations start from.
 */
static input_t seeds[MAX_SEEDS];
static size_t seed_count;

/**
 * State of the random numbers.
 */
static uint64_t state;

/**
 * Random number (xorshift64*).
 */
static uint64_t next_random(uint64_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545F4914F6CDD1DULL) % limit;
}

/**
 * Read a number from the environment.
 */
static uint64_t get_number(const char *name, uint64_t def)
{
	char *value = getenv(name);

	return value && *value ? strtoull(value, NULL, 10) : def;
}

/**
 * Run the target, in memory of exactly the input's length, so that a sanitizer
 * sees what is read behind its end.
 */
static void run(const uint8_t *buf, size_t len)
{
	uint8_t *copy;

	copy = malloc(len ? len : 1);
	if (!copy)
	{
		abort();
	}
	memcpy(copy, buf, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

/**
 * Run a file, keep it as seed.
 */
static int run_file(const char *path)
{
	uint8_t buf[MAX_LEN];
	size_t len;
	FILE *file;

	file = fopen(path, "rb");
	if (!file)
	{
		fprintf(stderr, "opening %s failed: %s\n", path, strerror(errno));
		return 0;
	}
	len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	run(buf, len);
	if (seed_count < MAX_SEEDS)
	{
		seeds[seed_count].buf = malloc(len ? len : 1);
		if (!seeds[seed_count].buf)
		{
			abort();
		}
		memcpy(seeds[seed_count].buf, buf, len);
		seeds[seed_count++].len = len;
	}
	return 1;
}

/**
 * Run all files of a directory, returns FALSE if one can't be read.
 */
static int run_directory(const char *path)
{
	struct dirent *entry;
	char file[PATH_MAX];
	int ok = 1;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
	{	/* a target without corpus */
		return 1;
	}
	while ((entry = readdir(dir)))
	{
		if (entry->d_name[0] != '.')
		{
			snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
			ok = run_file(file) && ok;
		}
	}
	closedir(dir);
	return ok;
}

/**
 * Change an input at a random position.
 */
static size_t change(uint8_t *buf, size_t len)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
	size_t pos, run;

	pos = len ? next_random(len) : 0;
	run = 1 + next_random(16);
	switch (next_random(6))
	{
		case 0: /* flip a bit */
			if (len)
			{
				buf[pos] ^= 1 << next_random(8);
			}
			return len;
		case 1: /* an edge value */
			if (len)
			{
				buf[pos] = edges[next_random(sizeof(edges))];
			}
			return len;
		case 2: /* cut */
			return len ? pos : 0;
		case 3: /* remove */
			run = len - pos < run ? len - pos : run;
			memmove(buf + pos, buf + pos + run, len - pos - run);
			return len - run;
		case 4: /* insert, zero or what follows again */
			if (len + run > MAX_LEN)
			{
				return len;
			}
			memmove(buf + pos + run, buf + pos, len - pos);
			if (len - pos < run || next_random(2))
			{
				memset(buf + pos, 0, run);
			}
			return len + run;
		default: /* append random */
			while (run-- && len < MAX_LEN)
			{
				buf[len++] = next_random(256);
			}
			return len;
	}
}

/**
 * Run mutations.
 */
static uint64_t run_mutations()
{
	uint64_t round, rounds;
	uint8_t buf[MAX_LEN];
	input_t *seed;
	size_t len, i;
	time_t end;

	rounds = get_number("FUZZ_ROUNDS", ROUNDS);
	end = time(NULL) + MAX_TIME;
	for (round = 0; round < rounds && time(NULL) < end; round++)
	{
		len = 0;
		if (seed_count)
		{
			seed = &seeds[next_random(seed_count)];
			memcpy(buf, seed->buf, seed->len);
			len = seed->len;
		}
		for (i = seed_count ? 1 + next_random(MAX_CHANGES) : 64; i; i--)
		{
			len = change(buf, len);
		}
		run(buf, len);
	}
	return round;
}

int main(int argc, char *argv[])
{
	char path[PATH_MAX], *corpus, *name;
	int i, ok = 1;

	state = get_number("FUZZ_SEED", 1) ?: 1;
	if (argc > 1)
	{
		for (i = 1; i < argc; i++)
		{
			ok = run_file(argv[i]) && ok;
		}
	}
	else
	{
		/* libtool runs lt-<name> in the build tree */
		name = strrchr(argv[0], '/');
		name = name ? name + 1 : argv[0];
		name += strncmp(name, "lt-", 3) ? 0 : 3;
		corpus = getenv("FUZZ_CORPUS");
		snprintf(path, sizeof(path), "%s/%s", corpus ?: "corpus", name);
		ok = run_directory(path);
		i = seed_count;
		printf("%s: %d inputs, %llu mutations\n", name, i,
			   (unsigned long long)run_mutations());
	}
	while (seed_count)
	{
		free(seeds[--seed_count].buf);
	}
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
