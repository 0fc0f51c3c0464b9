# The hosts' network, with strongSwan's names and addresses.
#
#   192.168.0.0/24 fec0::/16   moon carol dave sun winnetou alice(eth1)
#   10.1.0.0/16    fec1::/16   moon(eth1) alice venus sun(eth2)
#   10.2.0.0/16    fec2::/16   sun(eth1) bob

# host:interface:bridge:IPv4/len:IPv6/len
NETWORK_LINKS="
	moon:eth0:br0:192.168.0.1/24:fec0::1/16
	moon:eth1:br1:10.1.0.1/16:fec1::1/16
	alice:eth0:br1:10.1.0.10/16:fec1::10/16
	alice:eth1:br0:192.168.0.50/24:fec0::5/16
	venus:eth0:br1:10.1.0.20/16:fec1::20/16
	carol:eth0:br0:192.168.0.100/24:fec0::10/16
	dave:eth0:br0:192.168.0.200/24:fec0::20/16
	winnetou:eth0:br0:192.168.0.150/24:fec0::15/16
	sun:eth0:br0:192.168.0.2/24:fec0::2/16
	sun:eth1:br2:10.2.0.1/16:fec2::1/16
	sun:eth2:br1:10.1.0.30/16:fec1::30/16
	bob:eth0:br2:10.2.0.10/16:fec2::10/16"

# host:gateway for IPv4 and IPv6
NETWORK_ROUTES="
	venus:10.1.0.1:fec1::1
	bob:10.2.0.1:fec2::1"

# Addresses that scenarios name as PH_IP_<NAME> and PH_IP6_<NAME>.
NETWORK_NAMES="
	MOON:192.168.0.1:fec0::1 MOON1:10.1.0.1:fec1::1
	ALICE:10.1.0.10:fec1::10 ALICE1:192.168.0.50:fec0::5
	VENUS:10.1.0.20:fec1::20
	CAROL:192.168.0.100:fec0::10 CAROL1:10.3.0.1:fec3::1
	DAVE:192.168.0.200:fec0::20 DAVE1:10.3.0.2:fec3::2
	WINNETOU:192.168.0.150:fec0::15
	SUN:192.168.0.2:fec0::2 SUN1:10.2.0.1:fec2::1 SUN2:10.1.0.30:fec1::30
	BOB:10.2.0.10:fec2::10
	MARS:192.168.0.5:fec0::6 MARS1:10.1.0.5:fec1::6"

# Print the sed script that fills addresses in, the longer names first.
network_script() {
	local entry name ip4 ip6

	for entry in $(tr ' \t' '\n\n' <<<"$NETWORK_NAMES" |
				   awk '{ print length, $0 }' | sort -rn | cut -d' ' -f2-); do
		IFS=: read -r name ip4 ip6 <<<"$entry"
		ip6=${entry#"$name:$ip4:"}
		printf '%s' "s/PH_IP_$name\\b/$ip4/g;s/PH_IP6_$name\\b/$ip6/g;"
	done
}

# Replace PH_IP_<NAME> and PH_IP6_<NAME>.  The optional argument takes the place
# of "::" in addresses, where this has a meaning of its own.
network_substitute() {
	: "${NETWORK_SCRIPT:=$(network_script)}"
	sed "${NETWORK_SCRIPT//::/${1-::}}"
}

# Make the bridges and connect the namespaces of the given hosts.
network_up() {
	local link host iface bridge ip4 ip6 gw4 gw6 route hosts=" $* " batch=

	for bridge in br0 br1 br2; do
		batch+="link add $bridge type bridge forward_delay 0 mcast_snooping 0
			link set $bridge up
"
	done
	for link in $NETWORK_LINKS; do
		IFS=: read -r host iface bridge ip4 ip6 <<<"$link"
		[[ $hosts = *" $host "* ]] || continue
		batch+="link add $host-$iface type veth peer name $iface netns $host
			link set $host-$iface master $bridge up
"
	done
	ip -batch - <<<"$batch"
	for host in "$@"; do
		batch=
		for link in $NETWORK_LINKS; do
			[[ $link = "$host:"* ]] || continue
			IFS=: read -r host iface bridge ip4 ip6 <<<"$link"
			ip6=${link#"$host:$iface:$bridge:$ip4:"}
			batch+="link set $iface up
				addr add $ip4 dev $iface
				addr add $ip6 dev $iface nodad
"
		done
		for route in $NETWORK_ROUTES; do
			[[ $route = "$host:"* ]] || continue
			IFS=: read -r host gw4 gw6 <<<"$route"
			gw6=${route#"$host:$gw4:"}
			batch+="route add default via $gw4
				route add ::/0 via $gw6
"
		done
		ip -n "$host" -batch - <<<"$batch"
	done
}

# Remove the bridges, the rest goes with the namespaces.
network_down() {
	local bridge link host iface batch=

	# the kernel takes its time to remove a namespace, and would not let the next
	# scenario have links of these names
	for link in $NETWORK_LINKS; do
		IFS=: read -r host iface _ <<<"$link"
		batch+="link del $host-$iface
"
	done
	for bridge in br0 br1 br2; do
		batch+="link del $bridge
"
	done
	# most of them are not there
	ip -force -batch - <<<"$batch" 2>/dev/null
}
