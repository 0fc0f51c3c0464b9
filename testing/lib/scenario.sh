# Runs a scenario in strongSwan's format.

# stands for the "::" of IPv6 addresses while a command is split at "::"
COLONS=$'\x01'

# Print a line of the console log.
console() {
	local now=$EPOCHREALTIME

	printf '%(%T)T.%s %s\n' "${now%.*}" "${now: -6:3}" "$*" \
		>>"$RESULT/console.log"
}

# Print the last lines of a command's output there.
console_output() {
	local lines first

	mapfile -t lines <<<"$OUTPUT"
	first=$((${#lines[@]} > 200 ? ${#lines[@]} - 200 : 0))
	printf '    %s\n' "${lines[@]:first}" >>"$RESULT/console.log"
}

# Print the text of a host's capture, read from what tcpdump wrote: all of it, or
# what a filter lets pass.
capture_text() {
	host_exec "$1" "tcpdump -n -r /var/log/tcpdump.pcap $2 2>/dev/null |
		$TESTING_DIR/lib/guest/hostnames"
}

# End a host's capture, if it is running, with all packets so far.
capture_stop() {
	host_exec "$1" "! pidof -q tcpdump || {
		capture-settle
		killall -q tcpdump
		while pidof -q tcpdump; do sleep 0.05; done
	}"
}

# Run a command of a .dat file and check its output against the pattern.
# Returns 1 if the output is not as expected.
scenario_command() {
	local host=$1 command=$2 pattern=$3 expect=$4 status count ok=passed

	if [ "$command" = tcpdump ]; then
		capture_stop "$host"
		OUTPUT=$(capture_text "$host")
		status=0
	else
		host_run "$host" "$command"
		status=$?
	fi
	console "$host# $command"
	console_output
	[ $status = 0 ] || console "    exit status $status"
	[ -n "$expect" ] || return 0

	count=$(grep -Ec -- "$pattern" <<<"$OUTPUT")
	case "$expect" in
	YES)
		[ "$count" -gt 0 ] || ok=FAILED ;;
	NO)
		[ "$count" = 0 ] || ok=FAILED ;;
	*)
		[ "$count" = "$expect" ] || ok=FAILED ;;
	esac
	console "    expected '$pattern' [$expect]: found $count, $ok"
	if [ $ok = FAILED ]; then
		printf '%s: %s: expected "%s" [%s], found %s\n' "$host" \
			"${command:0:200}" "$pattern" "$expect" "$count" \
			>>"$RESULT/failures"
		# CI keeps nothing else
		uniq <<<"$OUTPUT" | tail -n 12 | cut -c -1000 | sed 's/^/    /' \
			>>"$RESULT/failures"
		return 1
	fi
}

# Run the commands of a .dat file, up to the first check that fails: those after
# it would wait for what will not come.
scenario_phase() {
	local file=$1 line host rest command pattern expect

	[ -f "$file" ] || return 0
	console "--- ${file##*/}"
	while IFS= read -r line <&3; do
		case "$line" in
		''|'#'*)
			continue ;;
		esac
		host=${line%%::*}
		host=${host//[$' \t']/}
		rest=${line#*::}
		command=${rest%%::*}
		command=${command#"${command%%[! ]*}"}
		pattern= expect=
		if [ "$rest" != "${rest#*::}" ]; then
			expect=${rest##*::}
			pattern=${rest#*::}
			pattern=${pattern%::*}
		fi
		scenario_command "$host" "${command//$COLONS/::}" \
			"${pattern//$COLONS/::}" "$expect" || return 1
		[ -z "$expect" ] || echo "$host" >>"$RESULT/checks"
	done 3< <(network_substitute "$COLONS" <"$file")
	return 0
}

# Keep what a host's daemons and kernel have to say.
scenario_collect() {
	local host dir

	for host in $VIRTHOSTS; do
		dir=$RESULT/$host
		mkdir -p "$dir"
		host_exec "$host" "
			rm -f /var/log/{alternatives,bootstrap,dpkg}.log
			cp /var/log/*.log /var/log/*.pcap '$dir' 2>/dev/null
			ip addr >'$dir/ip-addr' 2>&1
			{ ip route show table all; ip -6 route; } >'$dir/ip-route' 2>&1
			ip -s xfrm state >'$dir/ip-xfrm-state' 2>&1
			ip -s xfrm policy >'$dir/ip-xfrm-policy' 2>&1
			cat /proc/net/xfrm_stat >'$dir/xfrm_stat' 2>&1
			if [ -S /run/charon.vici ]; then
				timeout 10 swanctl --list-sas >'$dir/list-sas' 2>&1
				timeout 10 swanctl --list-pools --leases >'$dir/list-pools' 2>&1
				timeout 10 swanctl --stats >'$dir/stats' 2>&1
			fi
			if [ -S /run/charon.cluster.vici ]; then
				timeout 10 swancluster status >'$dir/swancluster' 2>&1
			fi
			cp -r /etc/swanctl/swanctl.conf /etc/strongswan.conf '$dir' 2>/dev/null
			cp -r /etc/strongswan.d/cluster.conf '$dir' 2>/dev/null
			cp -r /etc/keepalived/keepalived.conf '$dir' 2>/dev/null
			true" >/dev/null 2>&1
		# without the traffic, which takes minutes to print
		[ -e "$dir/tcpdump.pcap" ] &&
			capture_text "$host" "'not esp and not udp port 9000'" \
				>"$dir/tcpdump.txt"
		if grep -qE 'AddressSanitizer|runtime error:|thread .* received (6|11)' \
			"$dir"/*.log 2>/dev/null; then
			echo "$host: a daemon crashed, see its log" >>"$RESULT/failures"
		fi
	done
}

# Boot the hosts of a scenario.
scenario_up() {
	local host

	for host in $VIRTHOSTS; do
		host_boot "$host"
	done
	for host in $VIRTHOSTS; do
		host_wait "$host"
	done
	network_up $VIRTHOSTS
	for host in $VIRTHOSTS; do
		host_configure "$host" "$1"
	done
	for host in $TCPDUMPHOSTS; do
		host_exec "$host" "setsid tcpdump -i any -U -B 8192 -s ${SNAPLEN:-256} \
			-w /var/log/tcpdump.pcap \
			'esp or udp port 500 or udp port 4500 or icmp or icmp6 or tcp or udp' \
			>/var/log/tcpdump.out 2>&1 &
			for i in \$(seq 300); do
				grep -qs listening /var/log/tcpdump.out && break; sleep 0.1
			done"
	done
}

# Remove the hosts.
scenario_down() {
	local host

	for host in $VIRTHOSTS; do
		host_halt "$host" 2>/dev/null
	done
	network_down
}

# Run a scenario, or a script in its place, and keep its results.
# Returns 0 if it passed.
scenario_run() {
	local dir=$1 script=$2 start=$SECONDS status=passed

	RESULT=$3
	mkdir -p "$RESULT"
	VIRTHOSTS= TCPDUMPHOSTS= IPSECHOSTS= SNAPLEN= TIMEOUT=$TESTING_TIMEOUT
	. "$dir/test.conf"
	scenario_up "$dir"
	(
		scenario_phase "$dir/pretest.dat" || exit 1
		if [ -n "$script" ]; then
			. "$script" || exit 1
		else
			scenario_phase "$dir/evaltest.dat" || exit 1
		fi
	) &
	local job=$! waited=0
	while kill -0 $job 2>/dev/null; do
		pause 0.2
		waited=$((waited + 1))
		if [ -z "$script" ] && [ $waited -gt $((TIMEOUT * 5)) ]; then
			echo "not done after $TIMEOUT s, killed" >>"$RESULT/failures"
			kill -9 $job
			break
		fi
	done
	wait $job || status=failed
	if [ -z "$script" ] && [ ! -s "$RESULT/checks" ]; then
		echo "nothing was checked" >>"$RESULT/failures"
	fi
	rm -f "$RESULT/checks"
	scenario_collect
	timeout 60 bash -c '. "$1"; . "$2"; . "$3"; RESULT=$4; . "$5"
		scenario_phase "$6/posttest.dat"' - "$TESTING_DIR/lib/common.sh" \
		"$TESTING_DIR/lib/network.sh" "$TESTING_DIR/lib/host.sh" \
		"$RESULT" "$TESTING_DIR/lib/scenario.sh" "$dir"
	scenario_down
	[ -s "$RESULT/failures" ] && status=failed
	echo "$status $((SECONDS - start))" >"$RESULT/status"
	[ $status = passed ]
}
