/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <library.h>

#include "qcd_esp_tap.h"
#include "qcd_spi_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

/**
 * The input is an IP packet, and a file with a map of SPIs.
 */
int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	chunk_t data = chunk_create((u_char*)buf, len), again;
	qcd_spi_map_entry_t *entries;
	qcd_esp_packet_t packet;
	int count;

	if (qcd_esp_parse(data, 4500, &packet))
	{
		if (ntohl(packet.spi) < 256)
		{
			abort();
		}
		packet.src->destroy(packet.src);
		packet.dst->destroy(packet.dst);
	}
	count = qcd_spi_map_parse(data, &entries);
	if (count >= 0)
	{
		again = qcd_spi_map_encode(entries, count);
		if (!chunk_equals(again, data))
		{
			abort();
		}
		chunk_free(&again);
		free(entries);
	}
	return 0;
}
