# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads a client's capture, as text of "tcpdump -tt -n -e -vv", and prints what
# happened after the active was killed, times in milliseconds since 1970:
#
#	back <time> <MAC>			first ESP packet of another gateway
#	sequence <SPI> <last before> <first after>
#								of each SA to the client, at that time
#	init <number>				IKE SAs begun after the kill
#	auth <number>				IKE_AUTH exchanges after the kill
#	sync <requests> <answered>	INFORMATIONALs of the gateway with message ID 0
#								after the kill: message-ID syncs (RFC 6311)
#
# Set "gateway" to the service address and "kill" to the time of the kill.

function hex(text,    i, n) {
	n = 0
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n
}

# the part of a line that follows a word, up to one of the characters
function after(word, characters,    text) {
	text = substr($0, index($0, word) + length(word))
	return substr(text, 1, match(text "]", "[]" characters "]") - 1)
}

BEGIN {
	back = auths = inits = requests = answers = 0
}

# the head of a packet; its addresses follow in the same or in the next line
/^[0-9]+\.[0-9]+ / {
	time = $1 * 1000
	mac = $6
}

!index($0, gateway " > ") && !index($0, gateway ".") && \
		!index($0, "> " gateway) {
	next
}

# names and ports around the ">" tell the direction
{
	inbound = match($0, "(^| )" gateway "[.0-9]* > ") > 0
}

/ESP\(spi=0x/ && inbound {
	spi = after("spi=0x", ",")
	seq = hex(after("seq=0x", ")"))
	if (time <= kill) {
		active = mac
	} else if (mac != active && active != "") {
		if (!back) {
			back = time
			back_mac = mac
		}
		if (spi in highest && !(spi in jumped)) {
			jumped[spi] = 1
			jump[++jumps] = spi " " highest[spi] " " seq
		}
	}
	if (!(spi in highest) || seq > highest[spi])
		highest[spi] = seq
}

/isakmp 2\.0 msgid/ && time > kill {
	id = after("msgid ", " ")
	cookies = after("cookie ", ":")
	response = match($0, /ikev2_[a-z]+\[I?R\]|inf2\[I?R\]/) > 0
	if (index($0, "ikev2_init[") && !response) {
		sub(/->.*/, "", cookies)
		if (!seen["init " cookies]++)
			inits++
	} else if (index($0, "ikev2_auth[") && !response) {
		if (!seen["auth " cookies " " id]++)
			auths++
	} else if (match($0, / inf2(\[|:)/) && id == "00000000") {
		if (inbound && !response) {
			if (!seen["sync " cookies]++)
				requests++
		} else if (!inbound && response && seen["sync " cookies]) {
			if (!seen["answer " cookies]++)
				answers++
		}
	}
}

END {
	if (back)
		printf "back %.0f %s\n", back, back_mac
	for (i = 1; i <= jumps; i++)
		print "sequence", jump[i]
	print "init", inits
	print "auth", auths
	print "sync", requests, answers
}
