/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef STUB_TEST_H_
#define STUB_TEST_H_

#include <check.h>

#include "stub.h"

/** SPIs of the stub */
#define TEST_SPI_I htobe64(0x0102030405060708ULL)
#define TEST_SPI_R htobe64(0x1112131415161718ULL)

/**
 * Make a stub with all there may be.
 *
 * @param spi_r		SPI of the gateway
 * @param lifetime	s until it expires
 * @return			stub, to be released
 */
stub_t *stub_test_create(uint64_t spi_r, int lifetime);

/**
 * Initialize libstrongswan and run a suite.  Unless the suite has one of its
 * own, charon can log, and nothing else.
 *
 * @param suite		suite
 * @param plugins	plugins to load
 * @return			exit code
 */
int stub_test_run(Suite *suite, char *plugins);

#endif /** STUB_TEST_H_ */
