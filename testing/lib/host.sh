# A host: network, mount, PID and UTS namespaces with own /etc, /var, /run.

HOSTS_DIR=/hosts

# A host's commands are found here.
HOST_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$TESTING_DIR/scripts/guest

# where shells of hosts take commands and tell exit statuses, by host
declare -A SHELL_COMMAND SHELL_STATUS

# Wait for some seconds, without a process: in an emulated guest it would cost as
# much as a short wait.
pause() {
	[ -n "$PAUSE" ] || exec {PAUSE}<> <(:)
	read -rt "$1" -u "$PAUSE"
}

# Run the first process of a host, which waits for orphans to end.
host_boot() {
	local host=$1 dir=$HOSTS_DIR/$1

	mkdir -p "$dir"
	mount -t tmpfs tmpfs "$dir"
	mkdir "$dir"/{etc,var,root,local,copy}{,.work}
	ip netns add "$host"
	ip netns exec "$host" unshare --mount --pid --uts --fork --propagation private \
		bash "$TESTING_DIR/lib/guest/host-init" "$host" "$dir" \
		>"$dir/init.log" 2>&1 </dev/null &
	echo $! >"$dir/unshare.pid"
}

# Wait until a host is up.
host_wait() {
	local dir=$HOSTS_DIR/$1 pid i

	for i in {1..1200}; do
		[ -e "$dir/ready" ] && break
		pause 0.05
	done
	[ -e "$dir/ready" ] || echo "$1: the host did not boot within a minute" \
		>>"$RESULT/failures"
	read -r pid <"$dir/unshare.pid"
	pgrep -P "$pid" >"$dir/pid"
}

# Run a program in a host.
host_enter() {
	local pid

	read -r pid <"$HOSTS_DIR/$1/pid"
	shift
	nsenter -t "$pid" -m -p -u -n -r -- \
		env -i -C /root HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
		PATH="$HOST_PATH" "$@"
}

# Run a command in a host.
host_exec() {
	local host=$1

	shift
	host_enter "$host" bash -c "$*" </dev/null
}

# Run a shell in a host that takes commands as long as this process lives.
host_shell() {
	local host=$1 dir=$HOSTS_DIR/$1 fd

	rm -f "$dir"/shell.*
	mkfifo "$dir/shell.command" "$dir/shell.status"
	(
		for fd in "${SHELL_COMMAND[@]}" "${SHELL_STATUS[@]}"; do
			exec {fd}>&-
		done
		host_enter "$host" bash "$TESTING_DIR/lib/guest/host-shell" \
			"$dir/shell.output" <"$dir/shell.command" >"$dir/shell.status"
	) &
	exec {fd}>"$dir/shell.command"
	SHELL_COMMAND[$host]=$fd
	exec {fd}<"$dir/shell.status"
	SHELL_STATUS[$host]=$fd
}

# Run a command in a host's shell, as scenarios have many of them; sets OUTPUT.
# Returns the exit status of the command.
host_run() {
	local host=$1 status

	[ -n "${SHELL_COMMAND[$host]}" ] || host_shell "$host"
	printf '%s\0' "$2" >&"${SHELL_COMMAND[$host]}"
	read -r -u "${SHELL_STATUS[$host]}" status
	OUTPUT=$(<"$HOSTS_DIR/$host/shell.output")
	return "${status:-255}"
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
