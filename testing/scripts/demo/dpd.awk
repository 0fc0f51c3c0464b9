# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads what a charon logs, prints the unique IDs of the IKE SAs with a liveness
# check that was answered, one that was begun before included.

match($0, /<[^>|]*\|[0-9]+>/) {
	sa = substr($0, RSTART, RLENGTH)
	sub(/.*\|/, "", sa)
	sub(/>/, "", sa)
}
/sending DPD request/ || /retransmit [0-9]+ of request/ {
	sent[sa] = 1
}
/parsed INFORMATIONAL response/ && sent[sa] {
	sent[sa] = 0
	if (!answered[sa]++)
		print sa
}
