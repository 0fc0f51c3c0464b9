# A host: network, mount, PID and UTS namespaces with own /etc, /var, /run.

HOSTS_DIR=/hosts

# Run the first process of a host, which waits for orphans to end.
host_boot() {
	local host=$1 dir=$HOSTS_DIR/$1 d

	mkdir -p "$dir"
	mount -t tmpfs tmpfs "$dir"
	for d in etc var root; do
		mkdir -p "$dir/$d" "$dir/$d.work"
	done
	ip netns add "$host"
	ip netns exec "$host" unshare --mount --pid --uts --fork --propagation private \
		bash "$TESTING_DIR/lib/guest/host-init" "$host" "$dir" \
		>"$dir/init.log" 2>&1 </dev/null &
	echo $! >"$dir/unshare.pid"
	for d in $(seq 100); do
		[ -e "$dir/ready" ] && break
		sleep 0.05
	done
	pgrep -P "$(cat "$dir/unshare.pid")" >"$dir/pid"
}

# Run a command in a host.
host_exec() {
	local host=$1

	shift
	nsenter -t "$(cat "$HOSTS_DIR/$host/pid")" -m -p -u -n -r -- \
		env -i -C /root HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
		PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$TESTING_DIR/scripts/guest" \
		bash -c "$*" </dev/null
}

# Copy a directory tree to where a host's files are put together.
host_copy() {
	local host=$1 from=$2

	[ -d "$from" ] || return 0
	cp -r --preserve=mode "$from/." "$HOSTS_DIR/$host/copy/"
}

# Give a host its files: those of all hosts, its own, those of the scenario.
host_configure() {
	local host=$1 scenario=$2

	mkdir -p "$HOSTS_DIR/$host/copy"
	host_copy "$host" "$TESTING_DIR/hosts/default"
	host_copy "$host" "$TESTING_DIR/hosts/$host"
	host_copy "$host" "$scenario/hosts/$host"
	: "${NETWORK_SCRIPT:=$(network_script)}"
	grep -rlIZ PH_IP "$HOSTS_DIR/$host/copy" |
		xargs -0r sed -i "$NETWORK_SCRIPT"
	host_exec "$host" "cp -a $HOSTS_DIR/$host/copy/. /"
}

# End all processes of a host and remove it.
host_halt() {
	local host=$1 dir=$HOSTS_DIR/$1

	[ -e "$dir/pid" ] && kill -9 "$(cat "$dir/pid")" 2>/dev/null
	wait "$(cat "$dir/unshare.pid")" 2>/dev/null
	ip netns del "$host"
	umount -l "$dir"
	rmdir "$dir"
}
