/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup qcd_esp_tap qcd_esp_tap
 * @{ @ingroup qcd
 */

#ifndef QCD_ESP_TAP_H_
#define QCD_ESP_TAP_H_

#include <library.h>
#include <networking/host.h>

typedef struct qcd_esp_tap_t qcd_esp_tap_t;
typedef struct qcd_esp_packet_t qcd_esp_packet_t;

/** octets of a packet that are looked at: the longest headers and the SPI */
#define QCD_ESP_SNAP 96

/**
 * An ESP packet.
 */
struct qcd_esp_packet_t {
	/** SPI, in network order */
	uint32_t spi;
	/** TRUE if it is encapsulated in UDP */
	bool udp;
	/** ports are those of UDP, or IKE's */
	host_t *src, *dst;
};

/**
 * A tap of ESP packets that arrive at this host, also of those it only routes:
 * native and in UDP to the NAT-T port, over IPv4 and IPv6.
 *
 * Locking: none, used by one thread at a time.
 */
struct qcd_esp_tap_t {

	/**
	 * Get a packet if there is one, never waits.
	 *
	 * @param packet	receives packet, src and dst to be destroyed
	 * @return			FALSE if there's none
	 */
	bool (*read)(qcd_esp_tap_t *this, qcd_esp_packet_t *packet);

	/**
	 * Close the tap.
	 */
	void (*destroy)(qcd_esp_tap_t *this);
};

/**
 * Parse the start of an IP packet.
 *
 * @param data		packet from the IP header on, it may be cut off
 * @param nat_t		NAT-T port of this host
 * @param packet	receives packet, src and dst to be destroyed
 * @return			FALSE if it is no ESP packet with an SPI
 */
bool qcd_esp_parse(chunk_t data, uint16_t nat_t, qcd_esp_packet_t *packet);

/**
 * Open a tap.
 *
 * @param nat_t		NAT-T port of this host
 * @return			tap, NULL on failure, errno is set
 */
qcd_esp_tap_t *qcd_esp_tap_create(uint16_t nat_t);

#endif /** QCD_ESP_TAP_H_ @}*/
