# Builds the project in the image, against the stock charon.

# Files the build depends on.
project_files() {
	git -C "$TOP_DIR" ls-files -co --exclude-standard -- \
		':!testing/tests' ':!testing/scripts' ':!testing/hosts' \
		':!testing/lib' ':!*.md' ':!.ci'
}

# What the build depends on, as a hash.
project_key() {
	{
		image_key
		cat "$TESTING_DIR/lib/project.sh"
		cd "$TOP_DIR" && project_files | sort | while read -r file; do
			[ -f "$file" ] && echo "$file" && cat "$file"
		done
	} | sha256sum | cut -c 1-16
}

# Directory of the build.
project_dir() {
	echo "$TESTING_CACHE/project-$(project_key)"
}

# Headers of the strongSwan in the image, made once per image.
project_headers() {
	local root=$1 image=$2

	[ -d "$image/headers" ] && return
	chroot "$root" /src/scripts/get-strongswan-headers /headers &&
	cp -a "$root/headers" "$image/headers.new" &&
	mv "$image/headers.new" "$image/headers"
}

# Build and install the project in a root directory.
project_build() {
	chroot "$1" /bin/sh -ec '
		cd /src
		./autogen.sh
		mkdir -p /build && cd /build
		/src/configure --with-strongswan-headers=/headers \
			--sysconfdir=/etc --prefix=/usr --localstatedir=/var \
			CFLAGS="-O2 -g -Wall -Wextra -Werror"
		make -j2
		make install DESTDIR=/out'
}

# Build the tools of the scenarios, make the credentials of the hosts.
project_tools() {
	chroot "$1" /bin/sh -ec '
		mkdir -p /out/usr/local/bin
		for tool in /src/testing/tools/*.c; do
			name=$(basename "$tool" .c)
			gcc -O2 -Wall -Wextra -Werror -o "/out/usr/local/bin/$name" "$tool"
		done
		/src/testing/tools/make-credentials /out/etc/cluster'
}

# Run the unit tests, as built and with sanitizers; most of the time they wait.
# VERBOSE has make print what tests that fail wrote.
project_unit() {
	chroot "$1" /bin/sh -ec 'cd /build && make -j4 check VERBOSE=1'
}

project_unit_asan() {
	chroot "$1" /bin/sh -ec '
		mkdir -p /build-asan && cd /build-asan
		/src/configure --with-strongswan-headers=/headers --enable-sanitizers
		make -j2
		make -j4 check VERBOSE=1'
}

# Run a step, note its result and time in the directory of the build.
project_step() {
	local dir=$1 name=$2 start=$SECONDS status=passed

	shift 2
	"$@" >"$dir/$name.log" 2>&1 || status=failed
	echo "$status $((SECONDS - start))" >"$dir/$name.status"
	[ $status = passed ]
}

# Mount the image with a writable layer for the build.
project_mount() {
	local dir=$1 image=$2 root=$1/root

	mkdir -p "$root" "$dir/upper" "$dir/work"
	mount -t overlay -o \
		"lowerdir=$image/root,upperdir=$dir/upper,workdir=$dir/work" \
		overlay "$root" || die "mounting an overlay failed"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	mkdir -p "$root/src" "$root/headers"
}

# Make the project's layer unless it's there; its steps have a log and a status
# each.  With "quick" no unit tests are run.
project_make() {
	local quick=$1 dir image root old

	image=$(image_dir)
	dir=$(project_dir)
	[ -e "$dir/complete" ] && return
	[ "$quick" = quick ] && [ -e "$dir/project.tar" ] && return
	say "building the project"
	# not those of other work trees, they may be in use
	find "$TESTING_CACHE" -maxdepth 1 -name 'project-*' -mtime +1 |
		while read -r old; do
			unmount_below "$old/" && rm -rf "$old"
		done
	unmount_below "$dir/" && rm -rf "$dir"
	root=$dir/root
	trap 'unmount_below "'"$dir"'/"' EXIT
	project_mount "$dir" "$image"
	(cd "$TOP_DIR" && project_files | tar -c --ignore-failed-read -T - \
		2>/dev/null) | tar -x -C "$root/src"
	project_step "$dir" headers project_headers "$root" "$image" ||
		die "getting strongSwan's headers failed, see $dir/headers.log"
	mkdir -p "$root/headers"
	mount --bind "$image/headers" "$root/headers"
	project_step "$dir" tools project_tools "$root" ||
		die "building the tools failed, see $dir/tools.log"
	if project_step "$dir" build project_build "$root"; then
		tar -C "$root/out" -cf "$dir/project.tar" .
		if [ "$quick" != quick ]; then
			project_step "$dir" unit project_unit "$root"
			project_step "$dir" unit-asan project_unit_asan "$root"
		fi
	fi
	unmount_below "$dir/"
	trap - EXIT
	rm -rf "$root" "$dir/upper" "$dir/work"
	[ "$quick" = quick ] || touch "$dir/complete"
}
