# Runs a queue of scenarios, in guests or on this machine's own kernel.

# Check if this machine's kernel can do ESP.
runner_host_has_esp() {
	unshare -n sh -c 'ip link set lo up && ip xfrm state add src 127.0.0.1 \
		dst 127.0.0.1 proto esp spi 1 mode tunnel aead "rfc4106(gcm(aes))" \
		0x000102030405060708090a0b0c0d0e0f10111213 128' 2>/dev/null
}

# Fill the directory that guests share.
runner_prepare() {
	local share=$1 project=$2

	mkdir -p "$share"/{queue,taken,done,results}
	cp -a "$TESTING_DIR/lib" "$TESTING_DIR/scripts" "$TESTING_DIR/hosts" \
		"$TESTING_DIR/tests" "$share/"
	cp "$project/project.tar" "$share/" || die "the project's build is gone"
}

# Run the queue in a chroot on this machine's kernel; number: that of this one.
runner_native() {
	local share=$1 image=$2 number=$3 root tmpfs

	root=$share.root.$number
	tmpfs=$share.tmpfs.$number
	mkdir -p "$root" "$tmpfs"
	mount -t tmpfs tmpfs "$tmpfs"
	mkdir -p "$tmpfs/upper" "$tmpfs/work"
	unshare --mount --net --pid --fork --kill-child \
		--propagation private bash -ec "
		mount -t overlay -o lowerdir=$image/root,upperdir=$tmpfs/upper,workdir=$tmpfs/work overlay $root
		mkdir -p $root/share
		mount --bind $share $root/share
		mount -t proc proc $root/proc
		mount --rbind /sys $root/sys
		mount --rbind /dev $root/dev
		# hosts of a scenario share it, those of others don't
		mount -t tmpfs tmpfs $root/dev/shm
		if [ -d /lib/modules ]; then
			mkdir -p $root/lib/modules
			mount --bind /lib/modules $root/lib/modules
		fi
		NATIVE=$number exec chroot $root bash /share/lib/guest/main" </dev/null
	umount -l "$tmpfs"
	rmdir "$tmpfs" "$root"
	runner_check_taken "$share" "$number"
}

# A guest, or a native runner, that ends with a scenario taken has died: report it.
runner_check_taken() {
	local share=$1 number=$2 file name result

	for file in "$share/taken/$number."*; do
		[ -e "$file" ] || continue
		name=${file##*/"$number."}
		result=$share/results/$(sed 's/^[^.]*\.//; s/\./\//' <<<"$name")
		mkdir -p "$result"
		echo "what ran it died" >>"$result/failures"
		[ -e "$share.$number.console" ] && tail -n 40 "$share.$number.console" \
			>"$result/guest-console.log"
		echo "failed 0" >"$result/status"
		mv "$file" "$share/done/$name"
	done
}

# Keep one guest working until the queue is empty.
runner_guest() {
	local share=$1 image=$2 accel=$3 number=$4 tries=0 waited

	while [ -n "$(ls "$share/queue")" ] && [ $tries -lt 3 ]; do
		tries=$((tries + 1))
		rm -f "$share/guest.$number"
		qemu_start "$number" "$image" "$share" "$accel"
		trap 'kill '"$QEMU_PID $VIRTIOFSD_PID"' 2>/dev/null' EXIT
		trap 'exit 1' TERM INT
		waited=0
		while [ ! -e "$share/guest.$number" ] && kill -0 $QEMU_PID 2>/dev/null &&
			  [ $waited -lt "$TESTING_BOOT_TIMEOUT" ]; do
			sleep 1
			waited=$((waited + 1))
		done
		if [ ! -e "$share/guest.$number" ]; then
			say "guest $number did not boot, its console says:"
			tail -n 5 "$share.$number.console"
			kill $QEMU_PID 2>/dev/null
		fi
		wait $QEMU_PID
		kill $VIRTIOFSD_PID 2>/dev/null
		wait $VIRTIOFSD_PID 2>/dev/null
		trap - EXIT
		runner_check_taken "$share" "$number"
	done
}

# Run a command a number of times side by side, with the number of each.
runner_side_by_side() {
	local count=$1 number pids=()

	shift
	for number in $(seq "$count"); do
		"$@" "$number" &
		pids+=($!)
	done
	trap 'kill '"${pids[*]}"' 2>/dev/null; wait; exit 1' INT TERM
	wait "${pids[@]}"
	trap - INT TERM
}

# Run all of the queue on this machine's kernel.
runner_natives() {
	runner_side_by_side "$TESTING_NATIVES" runner_native "$1" "$2"
}

# Run all of the queue in guests, or without if this machine's kernel can do it.
runner_run() {
	if runner_host_has_esp; then
		runner_native "$1" "$2" 1
	else
		runner_side_by_side "$TESTING_GUESTS" runner_guest "$1" "$2" \
			"$(qemu_accel "$2")"
	fi
}
