# Copyright (C) 2026 the strongSwan cluster plugin authors
#
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads "swanctl --list-sas --raw", prints the SAs in use, a line per CHILD SA:
#
#	<peer's identity> <IKE SA> <its SPIs> <CHILD SA> <SPI in> <SPI out>
#
# The SAs are given by their unique IDs.

{
	gsub(/[{}]/, " & ")
	depth = 0
	for (i = 1; i <= NF; i++) {
		if ($i == "{") {
			depth++
		} else if ($i == "}") {
			if (depth == 4)
				end_child()
			depth--
		} else if ((at = index($i, "=")) > 1) {
			value = substr($i, at + 1)
			if (depth == 2)
				ike[substr($i, 1, at - 1)] = value
			else if (depth == 4)
				child[substr($i, 1, at - 1)] = value
		}
	}
}

function end_child() {
	if (ike["state"] == "ESTABLISHED" && child["state"] == "INSTALLED")
		print ike["remote-id"], ike["uniqueid"], \
			ike["initiator-spi"] ":" ike["responder-spi"], \
			child["uniqueid"], child["spi-in"], child["spi-out"]
}
