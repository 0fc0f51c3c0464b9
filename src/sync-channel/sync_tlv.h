/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_tlv sync_tlv
 * @{ @ingroup cluster
 *
 * Attributes of messages on the sync channel: a type (one octet), a length
 * (two octets, network order) and a value.  Integers are sent in network order
 * without leading zero octets, zero has no octets.  Unknown types are skipped
 * by the reader's caller.
 */

#ifndef SYNC_TLV_H_
#define SYNC_TLV_H_

#include <library.h>
#include <bio/bio_reader.h>
#include <bio/bio_writer.h>
#include <networking/host.h>

/**
 * Append an attribute.
 *
 * @param writer	writer to append to
 * @param type		type of attribute
 * @param value		value, at most 65535 octets
 */
void sync_tlv_put(bio_writer_t *writer, uint8_t type, chunk_t value);

/**
 * Append an integer attribute.
 *
 * @param writer	writer to append to
 * @param type		type of attribute
 * @param value		value
 */
void sync_tlv_put_int(bio_writer_t *writer, uint8_t type, uint64_t value);

/**
 * Append a string attribute, nothing for NULL.
 *
 * @param writer	writer to append to
 * @param type		type of attribute
 * @param value		string, or NULL
 */
void sync_tlv_put_str(bio_writer_t *writer, uint8_t type, char *value);

/**
 * Append an address attribute: port (two octets) and 4 or 16 octets of
 * address; nothing for NULL.
 *
 * @param writer	writer to append to
 * @param type		type of attribute
 * @param host		address and port, or NULL
 */
void sync_tlv_put_host(bio_writer_t *writer, uint8_t type, host_t *host);

/**
 * Read the next attribute.
 *
 * @param reader	reader over the attributes
 * @param type		receives type of attribute
 * @param value		receives value, in the reader's data
 * @return			FALSE at the end, or if truncated (remaining() is not 0)
 */
bool sync_tlv_get(bio_reader_t *reader, uint8_t *type, chunk_t *value);

/**
 * Parse the value of an integer attribute.
 *
 * @param value		value of attribute
 * @param bytes		size of out: 1, 2, 4 or 8 octets
 * @param out		receives the integer
 * @return			FALSE if it does not fit
 */
bool sync_tlv_int(chunk_t value, size_t bytes, void *out);

/**
 * Parse the value of a string attribute.
 *
 * @param value		value of attribute
 * @param out		receives allocated string, an old one is freed
 * @return			FALSE if it is empty or contains a zero octet
 */
bool sync_tlv_str(chunk_t value, char **out);

/**
 * Parse the value of an address attribute.
 *
 * @param value		value of attribute
 * @param out		receives a new host, an old one is destroyed
 * @return			FALSE if malformed
 */
bool sync_tlv_host(chunk_t value, host_t **out);

#endif /** SYNC_TLV_H_ @}*/
