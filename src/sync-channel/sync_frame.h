/*
 * Copyright (C) 2026 the strongSwan cluster plugin authors
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup sync_frame sync_frame
 * @{ @ingroup cluster
 *
 * Frames, the unit of transfer on a link, inside of TLS:
 *
 * @verbatim
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+---------------+---------------+
 * |        length of body         |    domain     |     type      |
 * +---------------+---------------+---------------+---------------+
 * |     flags     |  low 32 bits of sequence number, if flag SEQUENCED
 * +---------------+-----------------------------------------------+
 *                 |  body (TLV attributes) ...
 * @endverbatim
 *
 * Sequence numbers are 64 bits wide and increase by one, so the upper half is
 * known to the receiver.
 */

#ifndef SYNC_FRAME_H_
#define SYNC_FRAME_H_

#include "sync_channel.h"

typedef struct sync_frame_t sync_frame_t;
typedef enum sync_frame_flag_t sync_frame_flag_t;
typedef enum sync_control_t sync_control_t;

/** octets of the header, without sequence number */
#define SYNC_FRAME_HEADER 5

/** octets of the sequence number */
#define SYNC_FRAME_SEQ 4

/** longest frame, in octets */
#define SYNC_FRAME_MAX (SYNC_FRAME_HEADER + SYNC_FRAME_SEQ + SYNC_MAX_BODY)

/**
 * Flags of a frame, unknown ones are ignored.
 */
enum sync_frame_flag_t {
	/** frame has a sequence number */
	SYNC_FRAME_SEQUENCED = (1<<0),
};

/**
 * Types of frames of domain SYNC_CONTROL, unknown ones are skipped.
 */
enum sync_control_t {
	/** first frame of both sides, see sync_hello.h */
	SYNC_HELLO = 1,
	/** answer to an unacceptable HELLO, ends the link: SYNC_ATTR_REASON */
	SYNC_REFUSED = 2,
	/** sign of life: SYNC_ATTR_SEQUENCE is the last one processed */
	SYNC_HEARTBEAT = 3,
	/** snapshots are needed: SYNC_ATTR_DOMAIN for each */
	SYNC_RESYNC_REQUEST = 4,
	/** the snapshot of SYNC_ATTR_DOMAIN follows */
	SYNC_RESYNC_BEGIN = 5,
	/** the snapshot of SYNC_ATTR_DOMAIN is complete */
	SYNC_RESYNC_END = 6,
	/** the snapshot of SYNC_ATTR_DOMAIN won't be completed, forget it began */
	SYNC_RESYNC_ABORT = 7,
	/** sequenced frames follow, from SYNC_ATTR_SEQUENCE on */
	SYNC_START = 8,
	/** planned end of the link: SYNC_ATTR_REASON */
	SYNC_GOODBYE = 9,
	/** a HEARTBEAT is wanted once all before this is processed */
	SYNC_ACK_REQUEST = 10,
};

/**
 * Attributes of control frames other than HELLO.
 */
enum {
	/** sequence number, integer */
	SYNC_ATTR_SEQUENCE = 1,
	/** domain, integer */
	SYNC_ATTR_DOMAIN = 2,
	/** reason in plain words, string */
	SYNC_ATTR_REASON = 3,
};

/**
 * Names of control frames.
 */
extern enum_name_t *sync_control_names;

/**
 * Names of domains.
 */
extern enum_name_t *sync_domain_names;

/**
 * A decoded frame.
 */
struct sync_frame_t {
	/** domain, may be unknown */
	uint8_t domain;
	/** type */
	uint8_t type;
	/** flags */
	uint8_t flags;
	/** low half of the sequence number, if SYNC_FRAME_SEQUENCED */
	uint32_t seq;
	/** body, in the data that was decoded */
	chunk_t body;
};

/**
 * Encode a frame.
 *
 * @param frame		frame to encode
 * @return			allocated encoding, empty if the body is too long
 */
chunk_t sync_frame_encode(const sync_frame_t *frame);

/**
 * Decode the frame at the start of received data.
 *
 * @param data		received data
 * @param frame		receives the frame
 * @param len		receives the octets the frame takes
 * @return			SUCCESS, NEED_MORE if incomplete, FAILED if malformed
 */
status_t sync_frame_decode(chunk_t data, sync_frame_t *frame, size_t *len);

/**
 * Encode a control frame.
 *
 * @param type		type of frame
 * @param body		attributes, adopted and cleared
 * @return			allocated encoding
 */
chunk_t sync_frame_control(sync_control_t type, chunk_t body);

/**
 * Encode a control frame with one integer attribute.
 *
 * @param type		type of frame
 * @param attr		type of attribute
 * @param value		its value
 * @return			allocated encoding
 */
chunk_t sync_frame_control_int(sync_control_t type, uint8_t attr,
							   uint64_t value);

/**
 * Encode a control frame with a reason.
 *
 * @param type		type of frame
 * @param reason	reason
 * @return			allocated encoding
 */
chunk_t sync_frame_control_str(sync_control_t type, char *reason);

/**
 * Read the integer attribute of a control frame.
 *
 * @param body		attributes
 * @param attr		type of attribute
 * @param value		receives the value
 * @return			FALSE if missing or malformed
 */
bool sync_frame_get_int(chunk_t body, uint8_t attr, uint64_t *value);

/**
 * Read the domains of a control frame; unknown ones are skipped.
 *
 * @param body		attributes
 * @param domains	receives a mask: 1 << sync_domain_t
 * @return			FALSE if malformed
 */
bool sync_frame_get_domains(chunk_t body, u_int *domains);

/**
 * Read the reason of a control frame, made fit for the log.
 *
 * @param body		attributes
 * @return			allocated reason
 */
char *sync_frame_get_reason(chunk_t body);

#endif /** SYNC_FRAME_H_ @}*/
